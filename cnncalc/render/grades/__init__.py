"""Graded answers in every output format.

One format is one module of this folder, ``results_json.py`` the format ``results-json``: it defines
``render(grading, feedback, screen) -> str``, ``SUFFIX``, the ending of its files, and ``SINGLE`` where a file of it
holds one submission.  Nothing else names it.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import NamedTuple

from cnncalc.grading.records import Grading
from cnncalc.grading.roster import file_names


class Screen(NamedTuple):
    """What the output is made for: columns, whether colours may be used, whose answers are shown one by one; for
    Gradescope also when students see the tests, and how long the grading took."""

    width: int = 80
    colour: bool = False
    student: str | None = None
    visibility: str = "visible"
    seconds: float | None = None


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


def single(name: str) -> bool:
    """Whether a file of this format holds one submission."""
    return bool(getattr(import_module(f"cnncalc.render.grades.{name.replace('-', '_')}"), "SINGLE", False))


def files(grading: Grading, name: str, feedback: str, screen: Screen) -> dict[str, str]:
    """A file for every submission, by its name, which the student's id makes."""
    module = import_module(f"cnncalc.render.grades.{name.replace('-', '_')}")
    names = file_names(each.student for each in grading.submissions)
    return {
        f"{stem}{module.SUFFIX}": module.render(grading._replace(submissions=(each,)), feedback, screen)
        for each, (_, stem) in zip(grading.submissions, names, strict=True)
    }
