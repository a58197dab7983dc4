"""Homework: answers against a report: right, wrong, and which mistake."""
