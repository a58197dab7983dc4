"""Colours change nothing but colours: without its escape codes every output is the plain one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnncalc.cli._group import group

CODES = re.compile(r"\x1b\[[0-9;]*m")
GRADING = Path(__file__).parent.parent / "docs" / "examples" / "grading"
WRONG = "3x8x8 | conv 8 30"

COMMANDS = [
    ("list",),
    ("list", "--layers"),
    ("summarize", "alexnet"),
    ("summarize", WRONG),
    ("explain", "alexnet", "conv1"),
    ("explain", "alexnet"),
    ("diff", "vgg11", "vgg13"),
    ("compare", "alexnet", "vgg16"),
    ("solve", "--input", "224", "--output", "112"),
    ("solve", "--input", "1", "--output", "4", "--transposed"),
    ("lint", WRONG),
    ("memory", "alexnet"),
    ("grade", str(GRADING / "lecture_exercise.yaml"), str(GRADING / "lecture_exercise_solution.yaml")),
]


def printed(arguments: tuple[str, ...], **environment: str) -> str:
    none = {"NO_COLOR": "", "FORCE_COLOR": "", "COLUMNS": "80", "TERM": "xterm-256color"}
    result = CliRunner().invoke(group, list(arguments), env={**none, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def lines(text: str) -> list[str]:
    """Lines without the blanks at their ends, and without rules: the table of a terminal needs none."""
    return [line.rstrip() for line in text.rstrip().splitlines() if line.strip("─")]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_its_codes_it_is_the_plain_text(arguments: tuple[str, ...]) -> None:
    plain = printed(arguments)
    coloured = printed(arguments, FORCE_COLOR="1")
    assert not CODES.search(plain)
    assert lines(CODES.sub("", coloured)) == lines(plain)
    assert CODES.search(coloured)


def test_a_page_has_the_same_words() -> None:
    plain, coloured = (printed(("explain", "S101"), FORCE_COLOR=colour) for colour in ("", "1"))
    words = re.findall(r"\w+", CODES.sub("", coloured))
    assert CODES.search(coloured)
    assert set(words) <= set(re.findall(r"\w+", plain))
    assert len(words) > 50


def test_no_color_wins() -> None:
    assert not CODES.search(printed(("summarize", "alexnet"), FORCE_COLOR="1", NO_COLOR="1"))
