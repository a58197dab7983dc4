"""Explanations as text, Markdown and JSON (version 1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from cnncalc.analysis.derivation import Derivation
from cnncalc.analysis.explain import Explanation
from cnncalc.analysis.steps import NOTE, NUMBERS, RESULT, SYMBOLS, Section, Step
from cnncalc.errors import Diagnostic
from cnncalc.library import told
from cnncalc.render.ansi import Line, pieced
from cnncalc.render.diagnostics import as_json
from cnncalc.shape import show

VERSION = 1
LABEL = 15
"""The widest label that has the steps beside it; behind a wider one the text goes on in the same line."""
NAMES = 16
"""The same for the names of a brief explanation."""

_OPERATOR = re.compile(r"(?<=[\w)']) ([-+=]|->) (?=[\w(])")

Pieces: TypeAlias = list[Line]
"""Pieces of a line, each with its style: ``title heading label words symbols numbers result note dim``."""

STYLES = {
    "title": "bold",
    "heading": "bold cyan",
    "label": "cyan",
    "words": "",
    SYMBOLS: "italic",
    NUMBERS: "",
    RESULT: "bold",
    NOTE: "yellow",
    "dim": "dim",
}


# -- text -------------------------------------------------------------------------------------------------------------


def text(explanations: Sequence[Explanation], width: int = 80) -> str:
    """Plain text, no line wider than ``width`` where its words allow that."""
    return "".join("".join(piece for _, piece in line).rstrip() + "\n" for line in lines(explanations, width))


def coloured(explanations: Sequence[Explanation], width: int) -> str:
    """The same with the colours of a terminal, through rich."""
    return pieced(lines(explanations, width), STYLES, width)


def lines(explanations: Sequence[Explanation], width: int) -> Iterator[Pieces]:
    """All lines of some explanations."""
    width = max(width, 40)
    for number, explanation in enumerate(explanations):
        if number:
            yield []
        yield from brief_lines(explanation, width) if explanation.brief else full_lines(explanation, width)


def brief_lines(explanation: Explanation, width: int) -> Iterator[Pieces]:
    """A line or two per layer, then the sums."""
    inputs = ", ".join(f"{name} {show(shape)}" for name, shape in explanation.report.inputs)
    yield [("title", explanation.name), ("dim", f"   {inputs}")]
    column = min(max((len(layer.name) for layer in explanation.layers), default=0), max(NAMES, width // 4))
    for layer in explanation.layers:
        kind = f"{layer.kind} {layer.settings}".rstrip()
        steps = [step for section in layer.sections for step in section.steps]
        first = Step(f"{kind}: {steps[0].text}", steps[0].kind, layer.name)
        for step in (first, *steps[1:]):
            yield from step_lines(step, column, width, "")
    name = "in total" if explanation.report.complete else "so far"
    yield from step_lines(Step(explanation.totals, RESULT, name), column, width, "")
    for line in wrapped(explanation.report.convention, width):
        yield [("dim", line)]


def full_lines(explanation: Explanation, width: int) -> Iterator[Pieces]:
    """The derivations of all layers, section by section."""
    for number, layer in enumerate(explanation.layers):
        if number:
            yield []
        title = f"   {layer.kind} {layer.settings}".rstrip()
        where = f"{explanation.name}, {told(layer.source)}"
        fits = len(layer.name) + len(title) + 3 + len(where) <= width
        yield [("title", layer.name), ("words", title), ("dim", f"   {where}" if fits else "")]
        if not fits:
            yield [("dim", where)]
        for line in wrapped(layer.about, width):
            yield [("dim", line)]
        for section in layer.sections:
            yield []
            yield [("heading", section.title)]
            column = min(max(len(step.label) for step in section.steps), max(LABEL, width // 4))
            for step in section.steps:
                yield from step_lines(step, column, width, "  ")


def step_lines(step: Step, column: int, width: int, indent: str) -> Iterator[Pieces]:
    """A step: its label in a column of its own, its text wrapped beside it."""
    label = step.label
    before = f"{label:<{column}}  " if column else ""
    if len(label) > column:
        before = f"{label}  "
    room = width - len(indent) - (column + 2 if column else 0)
    first = room - max(len(label) - column, 0)
    for number, line in enumerate(wrapped(step.text, room, first)):
        if number:
            before = " " * (column + 2 if column else 0)
        yield [("label", indent + before), (step.kind, line)]


def wrapped(words: str, width: int, first: int | None = None) -> list[str]:
    """Lines of at most ``width`` columns (the first of at most ``first``), broken at blanks.

    A formula is broken only where it does not fit into a line.
    """
    found = [""]
    room = width if first is None else first
    for word in chunks(words, width):
        if found[-1] and len(found[-1]) + 1 + len(word) > room:
            found.append("")
            room = width
        found[-1] += f" {word}" if found[-1] else word
    return found


def chunks(words: str, width: int) -> Iterator[str]:
    """The words, formulas such as ``(227 - 11)/4 + 1 = 55`` as one of them unless they are wider than ``width``."""
    for chunk in _OPERATOR.sub(r"\0\1\0", words).split():
        shown = chunk.replace("\0", " ")
        if len(shown) <= width:
            yield shown
        else:
            yield from shown.split()


# -- Markdown ---------------------------------------------------------------------------------------------------------


def markdown(explanations: Sequence[Explanation]) -> str:
    """A heading per layer and per section, a list item per step."""
    parts: list[str] = []
    for explanation in explanations:
        parts += [f"## {escaped(explanation.name)}", ""]
        for layer in explanation.layers:
            if explanation.brief:
                steps = [step for section in layer.sections for step in section.steps]
                kind = f"{layer.kind} {layer.settings}".rstrip()
                parts.append(f"- `{layer.name}`, {escaped(kind)}: {'; '.join(f'`{step.text}`' for step in steps)}")
                continue
            parts += [f"### `{layer.name}`: {escaped(f'{layer.kind} {layer.settings}'.rstrip())}", ""]
            parts += [escaped(layer.about), ""]
            for section in layer.sections:
                parts += [f"#### {section.title}", "", *(f"- {item(step)}" for step in section.steps), ""]
        if explanation.brief:
            parts += ["", f"**{explanation.totals}.** {explanation.report.convention}.", ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def item(step: Step) -> str:
    words = f"`{step.text}`" if step.kind in (SYMBOLS, NUMBERS) else escaped(step.text)
    if step.kind == RESULT:
        words = f"**{words}**"
    return f"{escaped(step.label)}: {words}" if step.label else words


def escaped(words: str) -> str:
    """Text in which Markdown sees no markup."""
    return "".join(f"\\{each}" if each in "\\`*_<>[]#|" else each for each in words)


# -- JSON -------------------------------------------------------------------------------------------------------------


def as_document(explanations: Sequence[Explanation], errors: Sequence[Diagnostic] = ()) -> str:
    """The JSON document: ``{"version", "networks": [{"name", ..., "layers": [...]}], "errors"}``."""
    document = {
        "version": VERSION,
        "networks": [network(each) for each in explanations],
        "errors": [as_json(each) for each in errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def network(explanation: Explanation) -> dict[str, Any]:
    report = explanation.report
    return {
        "name": explanation.name,
        "source": report.graph.network.source.name,
        "net": report.graph.net.name,
        "batch": report.batch,
        "dtype": report.dtype,
        "convention": report.convention,
        "brief": explanation.brief,
        "layers": [layer_data(each) for each in explanation.layers],
    }


def layer_data(layer: Derivation) -> dict[str, Any]:
    return {
        "name": layer.name,
        "line": layer.line,
        "kind": layer.kind,
        "settings": layer.settings,
        "about": layer.about,
        "output": list(layer.output),
        "sections": [section_data(each) for each in layer.sections],
    }


def section_data(section: Section) -> dict[str, Any]:
    steps = [{"kind": step.kind, "label": step.label, "text": step.text} for step in section.steps]
    return {"name": section.name, "title": section.title, "steps": steps, "figures": dict(section.figures)}
