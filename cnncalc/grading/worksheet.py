"""Worksheets: an assignment as a student gets it, with the solution beside it.

A :class:`Worksheet` holds both; a renderer writes the blanks, or the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Group, Row
from cnncalc.grading.records import Assignment, Question
from cnncalc.grading.sheet import Item, Sheet, sheet_of
from cnncalc.grading.subject import subject
from cnncalc.grading.variants import Variant, Variants
from cnncalc.grading.wording import answered, asked, conventions, worked
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import show

BLANK = "?"
"""What stands where an answer belongs."""


class LayerLine(NamedTuple):
    """One layer as the sheet shows it: name, kind, settings with ``?`` for what is asked, and where its input is from
    (empty: the layer above)."""

    name: str
    kind: str
    settings: str
    inputs: tuple[str, ...]


class Line(NamedTuple):
    """One question of a worksheet.  ``notes`` are its conventions, ``answer`` and ``formula`` belong to the key."""

    question: Question
    asked: str
    notes: tuple[str, ...]
    answer: str
    formula: str
    item: Item

    @property
    def id(self) -> str:
        return self.question.id

    @property
    def text(self) -> str:
        """The question with its conventions: ``How many ...? (biases not counted)``."""
        return f"{self.asked} ({'; '.join(self.notes)})" if self.notes else self.asked

    @property
    def points(self) -> str:
        """``1``, ``0.5``, ``1/3``."""
        points = self.question.points
        if points.denominator == 1:
            return str(points.numerator)
        decimal = f"{float(points):.4f}".rstrip("0")
        return decimal if float(decimal) == points else str(points)


class Worksheet(NamedTuple):
    """One student's sheet, or everybody's where ``student`` is empty."""

    assignment: Assignment
    student: str
    variant: Variant
    inputs: tuple[tuple[str, str], ...]
    layers: tuple[LayerLine, ...]
    lines: tuple[Line, ...]
    sheet: Sheet

    @property
    def title(self) -> str:
        return self.assignment.title

    @property
    def network(self) -> list[str]:
        """The network as lines of plain text with aligned columns: inputs, then layers."""
        rows = [(name, "input", shape, "") for name, shape in self.inputs]
        for layer in self.layers:
            origin = f"from {', '.join(layer.inputs)}" if layer.inputs else ""
            rows.append((layer.name, layer.kind, layer.settings, origin))
        wide = (*(max((len(row[at]) for row in rows), default=0) for at in range(3)), 0)
        return ["  ".join(map(str.ljust, row, wide)).rstrip() for row in rows]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the teacher should know about this student's numbers."""
        found = []
        if self.variant.hidden:
            found.append(f"no answer shows these mistakes: {', '.join(self.variant.hidden)}")
        found += [f"these mistakes give the same answers: {', '.join(group)}" for group in self.variant.alike]
        if found:
            found.append(f"the best of {self.variant.tries} draws")
        return tuple(found)


def worksheet_of(assignment: Assignment, student: str = "", variants: Variants | None = None) -> Worksheet:
    """The worksheet of a student; ``variants`` are shared by the students of a class.

    Raises :class:`SpecError` where the network cannot be built with the student's numbers.
    """
    variant = (variants or Variants(assignment)).of(student) if student else Variant({})
    sheet = sheet_of(assignment, variant.values)
    return Worksheet(
        assignment,
        student,
        variant,
        tuple((name, show(shape)) for name, shape in sheet.report.inputs),
        tuple(layer_lines(sheet.report, [item.question for item in sheet.items])),
        tuple(line_of(item, sheet) for item in sheet.items),
        sheet,
    )


def line_of(item: Item, sheet: Sheet) -> Line:
    question = item.question
    row = blank_row(question, sheet.report)
    return Line(
        question,
        asked(question, row, question.layer in dict(sheet.report.inputs)),
        tuple(conventions(item, sheet.assignment.dtype)),
        answered(item),
        worked(item, row),
        item,
    )


def blank_row(question: Question, report: Report) -> Row | None:
    """The row whose hyperparameter is asked for."""
    if question.blank is None:
        return None
    rows = subject(question, report).rows
    layers = ((row, row.node.layer) for row in rows)
    return next((row for row, layer in layers if layer and question.blank in type(layer).model_fields), None)


def layer_lines(report: Report, questions: list[Question]) -> Iterator[LayerLine]:
    """The layers of the network, with nothing filled in that a question asks for."""
    blanks: dict[str, list[str]] = {}
    for question in questions:
        row = blank_row(question, report)
        if row is not None and question.blank is not None:
            blanks.setdefault(row.name, []).append(question.blank)
    names = {row.name: short(row, report) for row in report.rows} | called(questions, report)
    before = report.inputs[0][0] if report.inputs else ""
    for row in report.rows:
        inputs = () if row.inputs == (before,) else tuple(names.get(each, each) for each in row.inputs)
        yield LayerLine(names[row.name], row.kind, settings(row, blanks.get(row.name, [])), inputs)
        before = row.name


def called(questions: list[Question], report: Report) -> dict[str, str]:
    """The layers that questions call by another name, such as a label: both names where both are used."""
    found: dict[str, dict[str, None]] = {}
    for question in questions:
        one = report.find(question.layer) if question.layer else None
        rows = one.rows if isinstance(one, Group) else (one,) if one else ()
        if len(rows) == 1 and question.layer:
            found.setdefault(rows[0].name, {})[question.layer] = None
    return {name: ", ".join(words) for name, words in found.items()}


def short(row: Row, report: Report) -> str:
    """The line's name where the layer is all of the line."""
    found = report.find(row.line) if row.line else None
    return str(row.line) if isinstance(found, Group) and len(found.rows) == 1 else row.name


def settings(row: Row, blanks: list[str]) -> str:
    """``96 11x11 /4 p?``: the settings of a layer, with ``?`` for those that are asked for."""
    words = row.kernel.split()
    channels = getattr(row.node.layer, "channels", None)
    if isinstance(row.node.layer, Windowed) and isinstance(channels, int):
        words = [BLANK if "channels" in blanks else str(channels), *words]
    for name in blanks:
        words = blanked(words, name, row)
    return " ".join(words)


def blanked(words: list[str], name: str, row: Row) -> list[str]:
    """The words of a layer's settings without the value of one of them."""
    letters = {"stride": "/", "pad": "p", "dilation": "d", "groups": "g"}
    if name == "channels":
        return words if BLANK in words else [BLANK, *words]
    if name in letters and isinstance(row.node.layer, Windowed):
        letter = letters[name]
        kept = [
            word for word in words if not (word.startswith(letter) and word[len(letter) : len(letter) + 1].isdigit())
        ]
        return [*kept, letter + BLANK]
    value = str(getattr(row.node.layer, name))
    if name == "kernel" and isinstance(row.node.layer, Windowed):
        at = next((at for at, word in enumerate(words) if "x" in word or word == value), 0)
        return [*words[:at], BLANK, *words[at + 1 :]]
    if value in words and not isinstance(row.node.layer, Windowed):
        return [BLANK if word == value else word for word in words]
    return [*(word for word in words if not word.startswith(f"{name}=")), f"{name}={BLANK}"]


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return " ".join("".join(each if each.isprintable() or each.isspace() else "?" for each in text).split())


def printable(text: str) -> str:
    """A line as long as it was, with blanks for what does not print."""
    return "".join(each if each.isprintable() else " " for each in text)
