"""Diagnostics for people (a source line with a caret) and for programs (a dictionary).

:func:`segments` gives styled pieces, so that a terminal may colour them; :func:`text` joins them.  Whatever comes
from a file is made printable first: no text can send codes to a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from cnncalc.errors import Diagnostic
from cnncalc.render.ansi import pieced
from cnncalc.source import Mark

VERSION = 1
WIDTH = 160
"""A source line wider than this, or than the terminal, is shown in part, around the caret."""
NARROWEST = 40
LABEL = 24
"""A label that has less room than this beside its caret stands below it."""

_TAB = 4
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_COMBINING = frozenset({"Mn", "Me"})

Segment: TypeAlias = tuple[str, str]
"""A style (``error``, ``warning`` or ``info``; ``path gutter caret label help plain``) and a text."""


def text(diagnostics: Iterable[Diagnostic], named: bool = False, width: int | None = None) -> str:
    """The diagnostics as plain text, an empty line between two; no line break at the end.

    ``named``: the name of a code stands beside it.  ``width`` is that of a terminal, which would break lines anywhere
    and put carets below the wrong place; where there is none, each remark stays on its line."""
    return "".join(piece for _, piece in segments(diagnostics, named, width))


def segments(diagnostics: Iterable[Diagnostic], named: bool = False, width: int | None = None) -> Iterator[Segment]:
    """The pieces of :func:`text`, each with its style."""
    first = True
    for each in diagnostics:
        if not first:
            yield "plain", "\n\n"
        first = False
        yield from _one(each, named, None if width is None else max(width, NARROWEST))


STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "path": "cyan",
    "gutter": "bright_blue",  # plain blue is hardly seen on black
    "caret": "bold red",
    "label": "red",
    "help": "green",
    "plain": "",
}


def coloured(diagnostics: Iterable[Diagnostic], named: bool = False, width: int | None = None) -> str:
    """The diagnostics with the colours of a terminal, through rich."""
    return pieced([segments(diagnostics, named, width)], STYLES, width)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic as plain data; columns count code points from 1, ``end_column`` is one past the end.

    ``file``, ``line``, ``column`` and ``end_column`` are None where a fault has no place in a text.
    """
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": _encodable(diagnostic.message),
        **_place(diagnostic.mark),
        "layer": _encodable(diagnostic.layer) if diagnostic.layer is not None else None,
        "label": _encodable(diagnostic.label),
        "notes": [_encodable(each) for each in diagnostic.notes],
        "help": [_encodable(each) for each in diagnostic.help],
        "related": [{"message": _encodable(each.message), **_place(each.mark)} for each in diagnostic.related],
    }


def as_document(diagnostics: Iterable[Diagnostic]) -> str:
    """``{"version", "errors"}``: what a command writes as JSON when it could not begin."""
    import json

    document = {"version": VERSION, "errors": [as_json(each) for each in diagnostics]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _place(mark: Mark | None) -> dict[str, Any]:
    if mark is None:
        return {"file": None, "line": None, "column": None, "end_column": None}
    return {
        "file": _encodable(mark.source.name),
        "line": mark.line,
        "column": mark.column,
        "end_column": mark.end_column,
    }


def _encodable(words: str) -> str:
    """The text with lone surrogates spelt out, so that it can be written as UTF-8."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def _one(diagnostic: Diagnostic, named: bool, width: int | None) -> Iterator[Segment]:
    name = f" {diagnostic.name}" if named else ""
    head = f"{diagnostic.severity}[{diagnostic.code}{name}]"
    yield diagnostic.severity, head
    yield "plain", f": {_folded(diagnostic.message, width, len(head) + 2, '  ')}"
    mark = diagnostic.mark
    margin = ""
    if mark is not None:
        line, column = mark.line, mark.column
        margin = " " * len(str(line))
        yield "gutter", f"\n{margin}--> "
        yield "path", f"{_printable(mark.source.name)}:{line}:{column}"
        room = WIDTH if width is None else min(WIDTH, width - len(margin) - 3)
        shown, indent, length = _excerpt(mark, room)
        yield "gutter", f"\n{margin} |\n{line} |"
        yield "plain", f" {shown}".rstrip()
        yield "gutter", f"\n{margin} | "
        yield "caret", " " * indent + "^" * length
        if diagnostic.label:
            yield from _label(diagnostic.label, margin, indent, length, width)
    for note in diagnostic.notes:
        yield from _remark(margin, "", note, "plain", width)
    for related in diagnostic.related:
        message = related.message.removesuffix(" at")
        yield from _remark(margin, "", f"{message} at {related.mark}", "plain", width)
    for help in diagnostic.help:
        yield from _remark(margin, "help: ", help, "help", width)


def _label(words: str, margin: str, indent: int, length: int, width: int | None) -> Iterator[Segment]:
    """What the caret says: beside it, or below where that leaves no room for words."""
    gutter = f"\n{margin} | "
    start = len(margin) + 3 + indent + length + 1
    if width is None or start + _columns(words) <= width:
        yield "label", f" {_printable(words)}"
        return
    beside = width - start >= LABEL
    column = indent + length + 1 if beside else max(min(indent, width - len(margin) - 3 - 2 * LABEL), 0)
    first, *rest = _lines(words, width - len(margin) - 3 - column)
    if beside:
        yield "label", f" {first}"
    else:
        rest = [first, *rest]
    for line in rest:
        yield "gutter", gutter
        yield "label", " " * column + line


def _remark(margin: str, title: str, words: str, style: str, width: int | None) -> Iterator[Segment]:
    """`` = help: ...``; further lines of it stand further right."""
    first, *rest = words.split("\n")
    start = len(margin) + 3 + len(title)
    yield "gutter", f"\n{margin} = "
    yield style, title + _folded(first, width, start, " " * start)
    for line in rest:
        start = len(margin) + 6
        further = " " * (start + len(line) - len(line.lstrip()) + 2)
        yield style, f"\n{margin}      {_folded(line, width, start, further)}"


def _folded(words: str, width: int | None, start: int, indent: str) -> str:
    """Words that begin at a column, in lines that fit a terminal."""
    shown = _printable(words)
    if width is None or start + _columns(shown) <= width:
        return shown
    return f"\n{indent}".join(_lines(words, width - len(indent), width - start))


def _lines(words: str, width: int, first: int | None = None) -> list[str]:
    """Lines of at most ``width`` columns (the first of at most ``first``), broken at blanks; other blanks stay."""
    found, room = [""], width if first is None else first
    for word in re.findall(r"\s*\S+", _printable(words)):
        if found[-1] and _columns(word) > room:
            word = word.lstrip()
            found.append(word)
            room = width - _columns(word)
        else:
            found[-1] += word
            room -= _columns(word)
    return found


def _columns(words: str) -> int:
    """The columns that words take on a terminal."""
    return len(words) if words.isascii() else sum(width for _, width in _cells(words))


def _printable(words: str) -> str:
    """The text with control characters and the like spelt out: ``\\x1b``."""
    if words.isprintable():
        return words
    return "".join(_spelt(each) for each in words)


def _spelt(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def _excerpt(mark: Mark, room: int) -> tuple[str, int, int]:
    """The marked line as it is shown in ``room`` columns, the columns before the caret, and the caret's length."""
    line = mark.source.line(mark.line)
    begin, end = mark.column - 1, mark.end_column - 1
    if mark.end > mark.start + end - begin:  # the mark goes on below: do not underline the blanks at the line's end
        end = max(len(line.rstrip()), begin + 1)
    # only what can come into the window is worked out: a line may hold millions of characters
    left = max(begin - 2 * WIDTH, 0)
    right = min(end, begin + WIDTH) + 2 * WIDTH
    cells = _cells(line[left:right])
    begin, end = begin - left, end - left
    widths = [width for _, width in cells]
    before, below = left > 0, right < len(line)
    if sum(widths) <= room and not before and not below:
        first, last = 0, len(cells)
    else:
        first, last = _window(widths, begin, end, room - 2)  # the two ellipses
        before, below = before or first > 0, below or last < len(cells)
    shown = ("…" if before else "") + "".join(piece for piece, _ in cells[first:last]) + ("…" if below else "")
    indent = sum(widths[first:begin]) + before + max(begin - len(cells), 0)
    length = sum(widths[begin : min(end, last)])
    return shown, indent, max(length, 1)


def _window(widths: list[int], begin: int, end: int, room: int) -> tuple[int, int]:
    """The first and last cell to show, so that the caret's start and what can be had of its end are seen."""
    marked = min(sum(widths[begin:end]), room)
    first, used = begin, 0
    lead = min((room - marked) // 2, room // 2)
    while first > 0 and used + widths[first - 1] <= lead:
        first -= 1
        used += widths[first]
    last = begin
    while last < len(widths) and used + widths[last] <= room:
        used += widths[last]
        last += 1
    while first > 0 and used + widths[first - 1] <= room:
        first -= 1
        used += widths[first]
    return first, last


def _cells(line: str) -> list[tuple[str, int]]:
    """Each character as it is shown, with the columns it takes on a terminal."""
    cells: list[tuple[str, int]] = []
    column = 0
    for character in line:
        if " " <= character <= "~":
            cell = character, 1
        elif character == "\t":
            width = _TAB - column % _TAB
            cell = " " * width, width
        else:
            category = unicodedata.category(character)
            if category in _UNSEEN:
                cell = "·", 1
            elif category in _COMBINING:
                cell = character, 0
            else:
                cell = character, 2 if unicodedata.east_asian_width(character) in "WF" else 1
        cells.append(cell)
        column += cell[1]
    return cells
