"""The library: what every command does, as functions.

>>> import cnncalc
>>> net = cnncalc.load("3x227x227 | conv 96 11x11 /4")
>>> report = cnncalc.analyse(net)
>>> report.rows[0].formulas["output"]
'(227 - 11 + 2*0)/4 + 1 = 55'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cnncalc.analysis.rows import Group, Row, Totals
from cnncalc.api.figures import Report, analyse, analyse_all, explain, memory, memory_all
from cnncalc.graph import Graph
from cnncalc.loading import load, parse, read_network
from cnncalc.spec.network import Network

if TYPE_CHECKING:
    from cnncalc.api.classroom import grade, grade_answer, quiz, read_assignment, read_students, worksheet, worksheets
    from cnncalc.api.comparison import compare, diff, diff_all
    from cnncalc.api.linter import lint
    from cnncalc.api.twin import build, verify

__all__ = [
    "Graph",
    "Group",
    "Network",
    "Report",
    "Row",
    "Totals",
    "analyse",
    "analyse_all",
    "build",
    "compare",
    "diff",
    "diff_all",
    "explain",
    "grade",
    "grade_answer",
    "lint",
    "load",
    "memory",
    "memory_all",
    "parse",
    "quiz",
    "read_assignment",
    "read_network",
    "read_students",
    "verify",
    "worksheet",
    "worksheets",
]

_PARTS = {
    "classroom": ("grade", "grade_answer", "quiz", "read_assignment", "read_students", "worksheet", "worksheets"),
    "comparison": ("compare", "diff", "diff_all"),
    "linter": ("lint",),
    "twin": ("build", "verify"),
}
"""What is imported when it is first used: most runs want figures and nothing else."""

if not TYPE_CHECKING:  # a type checker would take every misspelt name for an object

    def __getattr__(name: str) -> object:
        for part, names in _PARTS.items():
            if name in names:
                found = globals()[name] = getattr(import_module(f"{__name__}.{part}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
