"""Worksheets on paper and in files: one format is one module of this folder, found by its name.

A module defines ``SUFFIX``, the ending of its files, and ``render(worksheet, key)``: the sheet with blanks, or with the
answers and their formulas.
"""

from __future__ import annotations

import os
from importlib import import_module

from cnncalc.grading.worksheet import Worksheet

FOLDER = os.path.dirname(os.path.abspath(__file__))


def names() -> list[str]:
    """The formats, in alphabetical order."""
    return sorted(name[:-3] for name in os.listdir(FOLDER) if name.endswith(".py") and not name.startswith("_"))


def render(worksheet: Worksheet, format: str, key: bool = False) -> str:
    """A worksheet in a format; with ``key`` the solution."""
    text: str = import_module(f"{__name__}.{format}").render(worksheet, key)
    return text


def suffix(format: str) -> str:
    """``.md``"""
    ending: str = import_module(f"{__name__}.{format}").SUFFIX
    return ending
