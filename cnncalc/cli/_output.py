"""Writing to the terminal: its width and colours, text that every terminal can take, progress, diagnostics."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # not typing's: `cnncalc --help` imports this module and has no time for typing
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO, TypeVar

    from cnncalc.errors import Diagnostic

    T = TypeVar("T")

DEFAULT_WIDTH = 80


class Terminal:
    """What a stream can show: ``interactive`` (a terminal), ``colour`` (escape codes allowed), ``width`` in columns."""

    __slots__ = ("colour", "interactive", "width")

    def __init__(self, interactive: bool, colour: bool, width: int) -> None:
        self.interactive = interactive
        self.colour = colour
        self.width = width


def terminal(stream: TextIO | None = None) -> Terminal:
    """What ``stream`` (stdout if not given) can show.

    ``NO_COLOR`` forbids colours, ``FORCE_COLOR`` asks for them in a pipe too (each if not empty, the first one wins);
    ``TERM=dumb`` means a terminal without colours.
    """
    stream = stream or sys.stdout
    interactive = _is_terminal(stream)
    environ = os.environ
    if environ.get("NO_COLOR"):
        colour = False
    elif environ.get("FORCE_COLOR"):
        colour = True
    else:
        colour = interactive and environ.get("TERM") != "dumb"
    return Terminal(interactive, colour, width(stream))


def width(stream: TextIO | None = None) -> int:
    """The columns to fill: ``COLUMNS``, else those of the terminal, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or DEFAULT_WIDTH
    except (OSError, ValueError, AttributeError):  # no terminal; closed; no file at all
        return DEFAULT_WIDTH


def echo(text: str, stream: TextIO | None = None) -> None:
    """Write ``text`` and, where it has none, a line end to ``stream`` (stdout if not given).

    Files and pipes get UTF-8 whatever the locale; a terminal gets what it can show, ``?`` and plain lines for the rest.
    """
    stream = stream or sys.stdout
    if not text.endswith("\n"):
        text += "\n"
    buffer = getattr(stream, "buffer", None)
    if buffer is None:  # a text stream that somebody put there, in a notebook or a test
        stream.write(text)
        return
    if _is_terminal(stream):
        data = encode(text, stream.encoding or "ascii")
    else:
        data = text.encode("utf-8", "surrogateescape")
    stream.flush()
    buffer.write(data)
    buffer.flush()


_PLAIN = {
    **dict.fromkeys(map(ord, "─━═╌┄┈╴╶"), "-"),
    **dict.fromkeys(map(ord, "│┃║╎┆┊"), "|"),
    **dict.fromkeys(map(ord, "┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋┡┩╇╭╮╯╰╞╡╪╺╸╵╷"), "+"),
    **dict.fromkeys(map(ord, "▏▎▍▌▋▊▉█▓▒░■"), "#"),
    **dict.fromkeys(map(ord, "▁▂▃▄"), "."),
    **dict.fromkeys(map(ord, "▅▆▇"), "#"),
    **dict.fromkeys(map(ord, "–—−"), "-"),
    **dict.fromkeys(map(ord, "‘’"), "'"),
    **dict.fromkeys(map(ord, "“”"), '"'),
    ord("×"): "x",
    ord("·"): "*",
    ord("→"): "->",
    ord("…"): "...",
    ord("≤"): "<=",
    ord("≥"): ">=",
    ord("≈"): "~",
    ord("±"): "+-",
    ord("µ"): "u",
    ord("•"): "*",
    ord("✓"): "+",
    ord("✗"): "x",
    0xA0: " ",
}


def encode(text: str, encoding: str) -> bytes:
    """``text`` in ``encoding``: as it is where that works, else with look-alikes, else with ``?``."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace")
    except LookupError:
        return text.translate(_PLAIN).encode("ascii", "replace")


def close_stdout() -> None:
    """Point stdout nowhere, or the interpreter would complain about a broken pipe once more on its way out."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # closed; no file at all
        pass


def progress(items: Iterable[T], label: str, total: int | None = None) -> Iterable[T]:
    """``items``, with a progress bar on stderr while they are taken if stderr is a terminal."""
    if not terminal(sys.stderr).interactive:
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, description=label, total=total, console=Console(stderr=True), transient=True)


def print_errors(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to stderr, in colour where it shows them."""
    from cnncalc.render import diagnostics as render

    screen = terminal(sys.stderr)
    room = screen.width if screen.interactive else None
    shown = render.coloured if screen.colour else render.text
    echo(shown(diagnostics, width=room), sys.stderr)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (ValueError, AttributeError):  # closed; no file at all
        return False
