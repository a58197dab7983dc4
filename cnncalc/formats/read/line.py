"""The one-line language: the lines of an architecture file, joined by ``;``.

``d(c): (conv c 3 p1 | relu)*2; 3x128x128 | d 64; out: conv 1 1`` gives the tree that a YAML file with ``blocks:`` and
``layers:`` (a list) would give.  Line breaks are blanks here, and ``#`` after a blank hides the rest of its line.
"""

from __future__ import annotations

import re

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*")
_NAME = re.compile(r"\s*([A-Za-z_]\w*)")
_COLON = re.compile(r"\s*:")
_PARENTHESIS = re.compile(r"[()]")


def read(source: Source) -> Mapping:
    """The tree of a one-liner: ``layers`` and, where it defines any, ``blocks``.

    Raises :class:`SpecError`: Y004 (nothing there), Y102 (a block defined twice), Y201 (nothing between two ``;``).
    """
    text = source.text
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    text = _COMMENT.sub(lambda found: " " * len(found[0]), text)  # every other character keeps its place
    if not text.strip():
        raise SpecError(
            Diagnostic(
                "Y004", f"{source.name} is empty", Mark(source, 0, 0), help=("try `3x32x32 | conv 16 3 | relu`",)
            )
        )
    blocks: list[tuple[Scalar, Tree]] = []
    layers: list[Tree] = []
    found: list[Diagnostic] = []
    start = 0
    while start <= len(text):
        end = text.find(";", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            _statement(source, text, start, end, blocks, layers)
        elif end < len(text):
            found.append(Diagnostic("Y201", "there is nothing in front of this ';'", Mark(source, end, end + 1)))
        start = end + 1
    found += _duplicates(blocks)
    if found:
        raise SpecError(sorted(found, key=lambda one: one.mark.start if one.mark else 0))
    items: list[tuple[Scalar, Tree]] = [(_key(source, "layers"), Items(source, layers, *_span(text)))]
    if blocks:
        items.insert(0, (_key(source, "blocks"), Mapping(source, blocks, blocks[0][0].start, blocks[-1][1].end)))
    return Mapping(source, items, *_span(text))


def _statement(
    source: Source,
    text: str,
    start: int,
    end: int,
    blocks: list[tuple[Scalar, Tree]],
    layers: list[Tree],
) -> None:
    """Sort one statement in: a definition, a named line or a chain."""
    name = _NAME.match(text, start, end)
    if name:
        colon = _COLON.match(text, name.end(), end)
        if colon:
            line = (_slice(source, text, name.start(1), name.end()), _slice(source, text, colon.end(), end))
            layers.append(Mapping(source, [line], line[0].start, line[1].end))
            return
        close = _closing(text, name.end(), end)
        colon = _COLON.match(text, close, end) if close else None
        if colon:
            blocks.append((_slice(source, text, name.start(1), close), _slice(source, text, colon.end(), end)))
            return
    layers.append(_slice(source, text, start, end))


def _closing(text: str, start: int, end: int) -> int:
    """The place behind the ``)`` that closes the ``(`` at ``start``; 0 where there is none."""
    if text[start : start + 1] != "(":
        return 0
    depth = 0
    for found in _PARENTHESIS.finditer(text, start, end):
        depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return found.end()
    return 0


def _slice(source: Source, text: str, start: int, end: int) -> Scalar:
    """The stretch without the blanks around it; an empty one stays at its start."""
    piece = text[start:end]
    inner = piece.strip()
    if inner:
        start += len(piece) - len(piece.lstrip())
    return Scalar(source, inner, start, start + len(inner), start)


def _key(source: Source, name: str) -> Scalar:
    """A key that the text does not hold: it points to the beginning."""
    return Scalar(source, name, 0, 0, 0, offsets=(0,) * len(name))


def _span(text: str) -> tuple[int, int]:
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _duplicates(blocks: list[tuple[Scalar, Tree]]) -> list[Diagnostic]:
    first: dict[str, Scalar] = {}
    return [
        Diagnostic(
            "Y102",
            f"{key.value!r} stands twice",
            key.mark,
            notes=(f"first on line {first[key.text].mark.line}, column {first[key.text].mark.column}",),
        )
        for key, _ in blocks
        if first.setdefault(key.text, key) is not key
    ]
