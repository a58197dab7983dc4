"""The version, in a file of its own so that nobody has to ask the package metadata (a slow question) for it."""

__version__ = "0.1.0"
