"""Figures of a graph: parameters, work, bytes, receptive fields, and what the file expects of them."""
