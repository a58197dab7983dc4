"""Graded answers in every output format.

One format is one module of this folder, ``results_json.py`` the format ``results-json``: it defines
``render(grading, feedback, screen) -> str``.  Nothing else names it.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import NamedTuple

from cnncalc.grading.records import Grading


class Screen(NamedTuple):
    """What the table is made for: columns, whether colours may be used, whose answers are shown one by one."""

    width: int = 80
    colour: bool = False
    student: str | None = None


def formats() -> list[str]:
    """The names of the formats, the table first."""
    names = (name for name in os.listdir(os.path.dirname(os.path.abspath(__file__))) if name.endswith(".py"))
    found = sorted(name[:-3].replace("_", "-") for name in names if not name.startswith("_"))
    return sorted(found, key=lambda name: name != "table")


def render(grading: Grading, name: str = "table", feedback: str = "full", screen: Screen = Screen()) -> str:  # noqa: B008
    """A graded class in one format, with as much feedback as ``feedback`` says."""
    module = import_module(f"cnncalc.render.grades.{name.replace('-', '_')}")
    text: str = module.render(grading, feedback, screen)
    return text
