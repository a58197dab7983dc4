"""Comments that hide findings: ``# cnncalc: ignore[P101] reason``, and ``ignore-file`` for a whole file.

An ignore at the end of a line, or alone on the line above, holds for that line; on the first line of a layer or a
block, for all of it.  Codes, prefixes and names stand in the brackets; none of them means all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.errors import Diagnostic, Edit, Fix, codes, did_you_mean
from cnncalc.linting.config import selector_hint
from cnncalc.linting.settings import Settings, fits, is_selector
from cnncalc.rules._comments import Comment, comments_of
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

_IGNORE = re.compile(r"#\s*cnncalc(:?)\s*([\w-]*)([^\r\n]*)", re.IGNORECASE)
_LIST = re.compile(r"\s*\[([^\]]*)\]")
_ALIKE = ("ignore", "ignore-file", "noqa", "disable", "skip", "off")
"""What people write who mean an ignore."""

EXAMPLE = "write `# cnncalc: ignore[P101] reason`, with codes, prefixes or names in the brackets"


class Ignore(NamedTuple):
    """One comment: the selectors with their places, and the lines that it holds for (None: the whole file)."""

    mark: Mark
    """From its ``#`` to its end."""
    alone: bool
    selectors: tuple[tuple[str, Mark], ...]
    lines: range | None


class Ignores(NamedTuple):
    """The ignores of one text, and what is wrong with those that are none."""

    ignores: tuple[Ignore, ...]
    malformed: tuple[Diagnostic, ...]


NONE = Ignores((), ())


def ignores_of(source: Source, tree: Mapping | None) -> Ignores:
    """The ignores of a text; ``tree`` is None where it could not be read."""
    if "cnncalc" not in source.text.lower():
        return NONE
    comments = comments_of(source, tree)
    below = _below(source, {each.mark.line for each in comments if each.alone})
    extents = _extents(tree) if tree is not None else {}
    found: list[Ignore] = []
    malformed: list[Diagnostic] = []
    for comment in comments:
        for each in _IGNORE.finditer(source.text, comment.mark.start, comment.mark.end):
            made = _read(source, comment, each, below, extents)
            if isinstance(made, Ignore):
                found.append(made)
            else:
                malformed += made
    return Ignores(tuple(found), tuple(malformed))


def _read(
    source: Source, comment: Comment, found: re.Match[str], below: dict[int, int], extents: dict[int, int]
) -> Ignore | list[Diagnostic]:
    """One comment; what is wrong with it where it is no ignore, which is nothing where it only mentions cnncalc."""
    word = found[2].lower()
    mark = Mark(source, found.start(), comment.mark.end)
    if word not in ("ignore", "ignore-file"):
        if not found[1] or not did_you_mean(word, _ALIKE) or not word:
            return []
        return [_malformed(f"{found[2]!r} is no word of the linter's", mark, (EXAMPLE,))]
    listed = _LIST.match(found[3])
    if not found[1]:
        return [_malformed("a ':' is missing behind 'cnncalc'", mark, (EXAMPLE,))] if listed else []
    if listed is None:
        return [_malformed("an ignore must name what it ignores", mark, (EXAMPLE,))]
    base = found.start(3)
    selectors = [
        (each[0], Mark(source, base + listed.start(1) + each.start(), base + listed.start(1) + each.end()))
        for each in re.finditer(r"[^,\s]+", listed[1])
    ]
    wrong = [
        _malformed(f"{name!r} is no code, prefix or name of a rule", place, (selector_hint(name),))
        for name, place in selectors
        if not is_selector(name) or name.upper() == "ALL"
    ]
    if wrong or not selectors:
        return wrong or [_malformed("an ignore must name what it ignores", mark, (EXAMPLE,))]
    own = comment.alone and found.start() == comment.mark.start
    line = below.get(comment.mark.line, comment.mark.line) if own else comment.mark.line
    lines = None if word == "ignore-file" else range(line, extents.get(line, line) + 1)
    return Ignore(mark, own, tuple(selectors), lines)


def _below(source: Source, alone: set[int]) -> dict[int, int]:
    """For every line, the next one from it on that is neither blank nor a comment alone; the last where there is
    none."""
    last = source.text.count("\n") + 1
    found = {last: last}
    for number in range(last - 1, 0, -1):
        passed = number in alone or not source.line(number).strip()
        found[number] = found[number + 1] if passed else number
    return found


def _malformed(message: str, mark: Mark, help: tuple[str, ...]) -> Diagnostic:
    return Diagnostic("X002", message, mark, help=help, severity="warning")


def _extents(tree: Mapping) -> dict[int, int]:
    """The last line of every layer and block, by its first."""
    found: dict[int, int] = {}
    for key, value in tree:
        if key.text in ("layers", "blocks", "shared"):
            for first, last in _entries(value):
                found[first] = max(found.get(first, 0), last)
        elif key.text == "nets" and isinstance(value, Mapping):
            for _, net in value:
                if isinstance(net, Mapping):
                    found |= _extents(net)
    return found


def _entries(tree: Tree) -> Iterator[tuple[int, int]]:
    """The first and last lines of the entries of a mapping or list, and of the lines of the blocks among them."""
    pairs: list[tuple[int, Tree]] = []
    if isinstance(tree, Mapping):
        pairs = [(key.start, value) for key, value in tree]
    elif isinstance(tree, Items):
        pairs = [(value.start, value) for value in tree]
    for start, value in pairs:
        position = value.source.position
        yield position(start)[0], position(max(value.end - 1, start))[0]
        if not isinstance(value, Scalar):
            yield from _entries(value)


def sift(
    findings: Iterable[Diagnostic], ignores: Sequence[Ignore]
) -> tuple[list[Diagnostic], list[Diagnostic], set[Mark]]:
    """The findings that are left, those that are hidden, and the places of the selectors that hid one."""
    listed = list(findings)
    holding = _holding(ignores, [each.mark for each in listed if each.mark is not None])
    left: list[Diagnostic] = []
    hidden: list[Diagnostic] = []
    used: set[Mark] = set()
    for finding in listed:
        mark = finding.mark
        hiding = [
            place
            for each in (holding.get((mark.source, mark.line), ()) if mark is not None else ())
            for selector, place in each.selectors
            if fits(selector, finding.code) >= 0
        ]
        used.update(hiding)
        (hidden if hiding else left).append(finding)
    return left, hidden, used


def _holding(ignores: Iterable[Ignore], marks: Iterable[Mark]) -> dict[tuple[Source, int], list[Ignore]]:
    """The ignores that hold for each line on which one of the marks stands."""
    lines: dict[Source, set[int]] = {}
    for mark in marks:
        lines.setdefault(mark.source, set()).add(mark.line)
    ordered = {source: sorted(numbers) for source, numbers in lines.items()}
    found: dict[tuple[Source, int], list[Ignore]] = {}
    for each in ignores:
        source, numbers = each.mark.source, ordered.get(each.mark.source, [])
        if each.lines is not None:
            numbers = numbers[bisect_left(numbers, each.lines.start) : bisect_left(numbers, each.lines.stop)]
        for number in numbers:
            found.setdefault((source, number), []).append(each)
    return found


def unused(
    ignores: Sequence[Ignore], used: set[Mark], wanted: frozenset[str], settings: Settings
) -> Iterator[Diagnostic]:
    """A finding for every selector that hid nothing though one of its rules was ``wanted``."""
    severity = "warning" if settings.warn_unused_ignores else "info"
    for each in ignores:
        idle = [
            (selector, place)
            for selector, place in each.selectors
            if place not in used and any(fits(selector, code) >= 0 and code in wanted for code in codes())
        ]
        if not idle:
            continue
        names = ", ".join(selector for selector, _ in idle)
        whole = len(idle) == len(each.selectors)
        edits = (_without(each),) if whole else _without_selectors(each, [place for _, place in idle])
        yield Diagnostic(
            "X001",
            f"{names} {'is' if len(idle) == 1 else 'are'} ignored here, but there is nothing to ignore",
            idle[0][1],
            severity=severity,
            fix=Fix("remove the ignore", edits),
        )


def _without(ignore: Ignore) -> Edit:
    """The comment taken away: with its line where it has one for itself, else with the blanks before it."""
    source, start, end = ignore.mark
    text = source.text
    if ignore.alone:
        start = max(text.rfind(each, 0, start) for each in "\r\n") + 1
        stop = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?").match(text, end)
        return Edit(Mark(source, start, stop.end() if stop else end), "")
    return Edit(Mark(source, len(text[:start].rstrip(" \t")), end), "")


def _without_selectors(ignore: Ignore, idle: Iterable[Mark]) -> tuple[Edit, ...]:
    """These selectors taken away, each with the comma in front of it; where none is left in front, with that behind."""
    source, gone = ignore.mark.source, set(idle)
    places = [place for _, place in ignore.selectors]
    edits = []
    kept = False
    for number, place in enumerate(places):
        if place not in gone:
            kept = True
        elif kept:
            edits.append(Edit(Mark(source, places[number - 1].end, place.end), ""))
        else:
            edits.append(Edit(Mark(source, place.start, places[number + 1].start), ""))
    return tuple(edits)
