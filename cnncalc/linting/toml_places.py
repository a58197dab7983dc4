"""Where a key of a TOML text stands: tomllib keeps no places, so they are looked up again where one is needed."""

from __future__ import annotations

import re

from cnncalc.source import Mark, Source

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]*?)\s*\]\]?")


def place_of(source: Source, place: list[str], word: str | None = None) -> Mark:
    """Where a key stands, or ``word`` in its value; the beginning of the file where that cannot be told."""
    best, header, deepest = 0, [], -1
    for number in range(1, source.text.count("\n") + 2):
        line = source.line(number)
        if line.lstrip().startswith("#"):  # a setting that was commented out
            continue
        found = _HEADER.match(line)
        if found:
            header = _keys(found[1])
            if place[: len(header)] == header and len(header) > deepest:
                best, deepest = number, len(header)
            continue
        name, equals, _ = line.partition("=")
        keys = [*header, *_keys(name)] if equals else []
        if keys and place[: len(keys)] == keys and len(keys) > deepest:
            best, deepest = number, len(keys)
    return _word_in(source, best, word or place[-1], to_the_end=word is not None)


def _keys(words: str) -> list[str]:
    return [bare or quoted for quoted, bare in re.findall(r"[\"']([^\"']*)[\"']|([\w-]+)", words)]


def line_start(source: Source, number: int) -> int:
    """The offset at which a line (from 1) begins."""
    lines = source.text.split("\n")
    return sum(len(each) + 1 for each in lines[: number - 1])


def _word_in(source: Source, number: int, word: str, to_the_end: bool) -> Mark:
    """The first time a word stands in a line, or further down where it may be a list of many lines."""
    if number < 1:
        return Mark(source, 0, 0)
    start = line_start(source, number)
    end = len(source.text) if to_the_end else start + len(source.line(number))
    found = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(source.text, start, end)
    if found:
        return Mark(source, found.start(), found.end())
    return Mark(source, start, start + len(source.line(number)))
