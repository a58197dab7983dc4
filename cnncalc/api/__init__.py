"""The library: what every command does, as functions.

>>> import cnncalc
>>> net = cnncalc.load("3x227x227 | conv 96 11x11 /4")
>>> report = cnncalc.analyse(net)
>>> report.rows[0].formulas["output"]
'(227 - 11 + 2*0)/4 + 1 = 55'
"""

from __future__ import annotations

from cnncalc.analysis.rows import Group, Row, Totals
from cnncalc.api.classroom import grade, grade_answer, quiz, read_assignment, read_students, worksheet, worksheets
from cnncalc.api.comparison import compare, diff, diff_all
from cnncalc.api.figures import Report, analyse, analyse_all, explain, memory, memory_all
from cnncalc.api.linter import lint
from cnncalc.api.twin import build, verify
from cnncalc.graph import Graph
from cnncalc.loading import load, parse, read_network
from cnncalc.spec.network import Network

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
