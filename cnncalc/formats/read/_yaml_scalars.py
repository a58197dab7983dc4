"""Quoted and block scalars: their characters, each with its place in the source."""

from __future__ import annotations

import re

from cnncalc.errors import fault
from cnncalc.source import Mark, Scalar, Source

_BREAK = "\r\n\x85\u2028\u2029"
_HEADER = re.compile(rf"[^{_BREAK}]*(?:\r\n|[{_BREAK}])?")
_SINGLE = re.compile("''")
_DOUBLE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    rf"|(?:\r\n|[{_BREAK}])[\s]*|(.))",
    re.DOTALL,
)
_SIMPLE = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def scalar_of(source: Source, start: int, end: int, style: str | None) -> Scalar:
    """The scalar of an event that spans ``start`` to ``end``; styles ``'``, ``"``, ``|``, ``>`` and plain."""
    text = source.text
    if style and style in "'\"":
        start = text.index(style, start, end)  # behind an anchor or a tag, which are reported elsewhere
        inside = text[start + 1 : end - 1]
        if style == "'" and "''" in inside:
            return _decoded(source, start, end, _SINGLE)
        if style == '"' and "\\" in inside:
            return _decoded(source, start, end, _DOUBLE)
        return Scalar(source, inside, start, end, start + 1, True)
    if style and style in "|>":
        start = text.index(style, start, end)
        header = _HEADER.match(text, start, end)
        base = header.end() if header else end
        body = text[base:end].rstrip()
        # the end mark of a block scalar runs on to the next token
        last = base + len(body) if body else start + len(text[start:base].rstrip())
        return Scalar(source, body, start, last, base, True)
    return Scalar(source, text[start:end], start, end, start)


def _decoded(source: Source, start: int, end: int, escape: re.Pattern[str]) -> Scalar:
    """A quoted scalar whose inside holds escapes: each character with the place it comes from."""
    text = source.text
    parts: list[str] = []
    offsets: list[int] = []
    at, stop = start + 1, end - 1
    for found in escape.finditer(text, at, stop):
        parts.append(text[at : found.start()])
        offsets.extend(range(at, found.start()))
        character = "'" if escape is _SINGLE else _character(source, found)
        parts.append(character)
        offsets.extend([found.start()] * len(character))
        at = found.end()
    parts.append(text[at:stop])
    offsets.extend(range(at, stop))
    return Scalar(source, "".join(parts), start, end, start + 1, True, offsets)


def _character(source: Source, found: re.Match[str]) -> str:
    """What an escape stands for; nothing for an escaped line break."""
    digits = found[1] or found[2] or found[3]
    if not digits:
        return _SIMPLE.get(found[4], found[4]) if found[4] else ""
    number = int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        mark = Mark(source, found.start(), found.end())
        raise fault("Y101", f"not valid YAML: no character has the number {digits}", mark)
    return chr(number)
