"""Two networks side by side as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.difference import ADDED, CHANGED, EQUAL, REMOVED, RENAMED, Difference
from cnncalc.analysis.report import CONVENTION
from cnncalc.render.ansi import Line, painted
from cnncalc.render.difference_words import counted, differences, equal_words, layer_name, title, total_rows
from cnncalc.units import grouped

MARKS = {ADDED: "+", REMOVED: "-", CHANGED: "~", RENAMED: ">", EQUAL: " "}
STYLES = {
    "title": "bold",
    "heading": "bold",
    ADDED: "green",
    REMOVED: "red",
    CHANGED: "yellow",
    RENAMED: "cyan",
    EQUAL: "dim",
    "dim": "dim",
    "": "",
}
NAMES, WORDS = 24, 56
"""The widest name that has its differences beside it, where that leaves less than so much room for them; behind a wider
one they begin in the next line."""


def text(found: Sequence[Difference], width: int = 80, every: bool = False) -> str:
    """Plain text, no line wider than ``width`` where its words allow that; ``every`` shows equal layers too."""
    return "".join(f"{line.rstrip()}\n" for _, line in lines(found, width, every))


def coloured(found: Sequence[Difference], width: int, every: bool = False) -> str:
    """The same with the colours of a terminal, through rich."""
    return painted(lines(found, width, every), STYLES, width)


def lines(found: Sequence[Difference], width: int, every: bool) -> Iterator[Line]:
    for number, difference in enumerate(found):
        if number:
            yield "", ""
        yield "title", title(difference)
        if difference.equal:
            yield "dim", equal_words(difference)
            if not every:
                continue
        else:
            yield from total_lines(difference, width)
            yield "", ""
            yield from wrapped("heading", "", counted(difference), 0, width)
        yield from change_lines(difference, width, every)
    yield from wrapped("dim", "", CONVENTION, 2, width)


def total_lines(difference: Difference, width: int) -> Iterator[Line]:
    """The totals in columns; several inputs or outputs, which are no figures, in lines of their own."""
    every = [("", "A", "B", "change", ""), *total_rows(difference)]
    rows = [row for row in every if max(map(len, row)) <= NAMES]
    sizes = [max(len(row[column]) for row in rows) for column in range(5)]
    for number, (name, *values) in enumerate(rows):
        cells = [name.ljust(sizes[0]), *(value.rjust(size) for value, size in zip(values, sizes[1:], strict=True))]
        yield "heading" if number == 0 else "dim" if values[2] == "=" else "", "  ".join(cells).rstrip()
    for name, before, after, change, _ in every:
        if max(len(before), len(after)) > NAMES:
            both = [f"A: {before}", f"B: {after}"]
            if before == after:
                both = [before if change == "=" else f"{before} ({change})"]
            for number, words in enumerate(both):
                head = "" if number else name
                margin = sizes[0] + 2
                yield from wrapped("dim" if change == "=" else "", f"{head:<{margin}}", words, margin, width)


def change_lines(difference: Difference, width: int, every: bool) -> Iterator[Line]:
    """A line or more per change; equal layers in between as a count."""
    shown_changes = [each for each in difference.changes if every or each.status != EQUAL]
    most = max(NAMES, width - WORDS)
    column = max((len(layer_name(each)) for each in shown_changes if len(layer_name(each)) <= most), default=0)
    equal = 0
    for each in difference.changes:
        if each.status == EQUAL and not every:
            equal += 1
            continue
        if equal:
            yield EQUAL, folded(equal)
            equal = 0
        name, words = layer_name(each), together(differences(each), width - column - 4)
        head = f"{MARKS[each.status]} {name:<{column}}"
        if not words:
            yield each.status, head
        elif len(name) > column:
            yield each.status, head
            yield from wrapped(each.status, " " * (column + 4), words, column + 4, width)
        else:
            yield from wrapped(each.status, f"{head}  ", words, column + 4, width)
    if equal and equal < len(difference.changes):
        yield EQUAL, folded(equal)


def together(parts: Sequence[str], room: int) -> str:
    """The parts with commas between; one that fits a line is not broken."""
    return ", ".join(each.replace(" ", "\xa0") if len(each) < room else each for each in parts)


def folded(count: int) -> str:
    return f"  ... {grouped(count)} equal"


def wrapped(style: str, head: str, words: str, margin: int, width: int) -> Iterator[Line]:
    """``head`` and words, broken at blanks; further lines begin at ``margin``."""
    line, empty = head, True
    for word in words.split(" "):
        if not empty and len(line) + 1 + len(word) > width:
            yield style, line.replace("\xa0", " ")
            line, empty = " " * margin, True
        line += word if empty else f" {word}"
        empty = False
    yield style, line.replace("\xa0", " ")
