"""Timing on the device: what is measured, how, and the record that is kept of it.

``timer``, ``record`` and ``compare`` know no torch, so that a record can be read and compared without it.
"""
