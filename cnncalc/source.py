"""Where text came from: sources, marks, and the plain tree that a reader makes of a text.

A reader (``cnncalc.formats.read``) turns a text into a :class:`Tree` and knows no layers.  Positions are offsets in
code points into ``Source.text``; lines and columns, counted from 1, are worked out only when somebody asks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Source:
    """One text and the name it is known by (a path as the user wrote it, ``<stdin>``, ``<line>``).

    ``folder`` is where relative imports are looked up (None: imports are refused).
    """

    __slots__ = ("_starts", "folder", "name", "text")

    def __init__(self, name: str, text: str, folder: str | None = None) -> None:
        self.name = name
        self.text = text
        self.folder = folder
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1) without its line break; empty beyond the end."""
        starts = self._line_starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


class Mark(NamedTuple):
    """A stretch of a source: offsets ``start`` (inclusive) and ``end`` (exclusive)."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_column(self) -> int:
        """One past the last column, on the mark's first line (a mark never reaches over a line end)."""
        line, column = self.source.position(self.start)
        last, end = self.source.position(max(self.end, self.start))
        stop = end if last == line else len(self.source.line(line)) + 1
        return max(stop, column + 1)

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"


class Scalar:
    """A scalar of the tree: always text, never typed.

    ``start`` and ``end`` span the value in the source (quotes and block header included).  ``text`` is what phrases
    are lexed from: the source's own characters, line breaks and all, so that an offset in ``text`` is ``base`` plus
    that offset in the source; only where escapes make that impossible does ``offsets`` list each character's place.
    """

    __slots__ = ("base", "end", "offsets", "quoted", "source", "start", "text")

    def __init__(
        self,
        source: Source,
        text: str,
        start: int,
        end: int,
        base: int,
        quoted: bool = False,
        offsets: Sequence[int] | None = None,
    ) -> None:
        self.source = source
        self.text = text
        self.start = start
        self.end = end
        self.base = base
        self.quoted = quoted
        self.offsets = offsets

    @property
    def value(self) -> str:
        """The text with every run of white space folded to one blank, as YAML folds it."""
        text = self.text
        return text if text.isalnum() else " ".join(text.split())

    @property
    def mark(self) -> Mark:
        return Mark(self.source, self.start, self.end)

    def at(self, start: int, end: int) -> Mark:
        """The mark of ``text[start:end]``."""
        if self.offsets is None:
            return Mark(self.source, self.base + start, self.base + end)
        last = len(self.offsets) - 1
        if last < 0:
            return self.mark
        return Mark(self.source, self.offsets[min(start, last)], self.offsets[min(max(end - 1, start), last)] + 1)

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Mapping:
    """A mapping of the tree, in file order; the keys are scalars.  ``flow`` tells ``{...}`` from the block form."""

    __slots__ = ("end", "flow", "items", "source", "start")

    def __init__(self, source: Source, items: list[tuple[Scalar, Tree]], start: int, end: int, flow: bool = False):
        self.source = source
        self.items = items
        self.start = start
        self.end = end
        self.flow = flow

    @property
    def mark(self) -> Mark:
        return Mark(self.source, self.start, self.end)

    def get(self, key: str) -> Tree | None:
        """The value of the first item with this key, or None."""
        for name, value in self.items:
            if name.text == key:
                return value
        return None

    def __iter__(self) -> Iterator[tuple[Scalar, Tree]]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"Mapping({self.items!r})"


class Items:
    """A sequence of the tree.  ``flow`` tells ``[...]`` from the block form."""

    __slots__ = ("end", "flow", "items", "source", "start")

    def __init__(self, source: Source, items: list[Tree], start: int, end: int, flow: bool = False) -> None:
        self.source = source
        self.items = items
        self.start = start
        self.end = end
        self.flow = flow

    @property
    def mark(self) -> Mark:
        return Mark(self.source, self.start, self.end)

    def __iter__(self) -> Iterator[Tree]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"Items({self.items!r})"


Tree: TypeAlias = Scalar | Mapping | Items
