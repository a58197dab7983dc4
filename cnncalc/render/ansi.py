"""Lines with the colours of a terminal, through rich, which is imported for nothing else but tables and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Line: TypeAlias = tuple[str, str]
"""A style's name, and a text: a line, or a piece of one."""


def unpainted(lines: Iterable[Line]) -> str:
    """The same lines as plain text."""
    return "".join(f"{text}\n" for _, text in lines)


def painted(lines: Iterable[Line], styles: Mapping[str, str], width: int | None) -> str:
    """Lines that have one style each."""
    return pieced(([each] for each in lines), styles, width)


def pieced(lines: Iterable[Iterable[Line]], styles: Mapping[str, str], width: int | None) -> str:
    """Lines of several pieces; ``styles`` are rich's, by name, ``width`` the terminal's (None: rich asks it)."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=True, width=width, highlight=False)
    for pieces in lines:
        console.print(Text.assemble(*((text, styles[style]) for style, text in pieces)), soft_wrap=True)
    return out.getvalue()
