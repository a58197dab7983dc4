"""Baselines: findings that were there when a team began, known by what they are about and not by their lines.

A baseline only shrinks: written again, it loses what is no longer found in the files linted and gains nothing.  It
knows how far a budget was exceeded, and what was found in place of an expectation: what is further off is new.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from cnncalc.errors import SpecError, fault
from cnncalc.files import load_source
from cnncalc.linting.records import UNCHANGED, Finding, hashed, key_of, posix

VERSION = 1

Key: TypeAlias = tuple[str, str, str, str]
"""Path from the baseline's folder, code, layer, hash of the line (and of the message of an expectation)."""


NAMES = ("path", "code", "layer", "line")
"""What a key is called in the file."""


class Known(NamedTuple):
    """What a baseline knows: how many findings of each kind, and by how much the limits were exceeded at most."""

    counts: Counter[Key]
    beyond: Mapping[Key, int]


def load(path: str) -> Known:
    """The baseline of a file.  Raises :class:`SpecError`."""
    import json

    try:
        text = load_source(path).text
    except SpecError as error:
        found = error.diagnostics[0]
        if found.code == "Y001":
            way_out = () if os.path.lexists(path) else ("the first one is written with --write-baseline",)
            raise SpecError(found._replace(help=way_out)) from None
        text = ""  # what is empty or no text is no baseline
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise fault("X104", f"{path} is a baseline of version {document['version']!r}, not {VERSION}")
        entries = [(tuple(each[name] for name in NAMES), each) for each in document["findings"]]
        if not all(isinstance(word, str) for key, _ in entries for word in key):
            raise TypeError
        return Known(
            Counter({key: int(each["count"]) for key, each in entries}),
            {key: int(each["beyond"]) for key, each in entries if each.get("beyond") is not None},
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise fault(
            "X104",
            f"{path} is no baseline of cnncalc lint",
            help=["--write-baseline writes one; delete this file first"],
        ) from None


def keys_of(findings: Iterable[Finding], path: str) -> list[Key]:
    """The keys of findings for a baseline at ``path``."""
    folder = os.path.dirname(os.path.abspath(path))
    found: list[Key] = []
    for each in findings:
        place, code, layer, line = key_of(each.diagnostic, _from(folder, each.mark.source.name))
        if code.startswith("E"):
            line = hashed(line, each.diagnostic.message)
        found.append((place, code, layer, line))
    return found


def _from(folder: str, name: str) -> str:
    try:
        return posix(os.path.relpath(name, folder)) if os.path.exists(name) else name
    except ValueError:  # another drive
        return posix(name)


def unseen(known: Counter[Key], path: str, files: Iterable[str]) -> Counter[Key]:
    """What the baseline knows of files that are there and were not among those linted: nothing can be said of it."""
    folder = os.path.dirname(os.path.abspath(path))
    linted = {_from(folder, name) for name in files}
    there = {each for each in {key[0] for key in known} - linted if os.path.exists(os.path.join(folder, each))}
    return Counter({key: count for key, count in known.items() if key[0] in there})


def compare(findings: list[Finding], known: Known, path: str, files: Iterable[str]) -> tuple[list[Finding], int]:
    """The findings with their state, and how many of the baseline's are no longer found in these files."""
    left = Counter(known.counts)
    compared = []
    for finding, key in zip(findings, keys_of(findings, path), strict=True):
        if left[key] > 0:
            left[key] -= 1
            beyond = finding.diagnostic.beyond
            if beyond is None or beyond <= known.beyond.get(key, beyond):
                finding = finding._replace(state=UNCHANGED)
        compared.append(finding)
    return compared, (left - unseen(known.counts, path, files)).total()


def text(findings: list[Finding], path: str, known: Known | None, files: Iterable[str]) -> tuple[str, int]:
    """The baseline of these findings and their number.

    Where there was one, no more of a kind than it has (``known``), and what it knows of other files than these stays.
    """
    import json

    keys = keys_of(findings, path)
    counts = Counter(keys)
    beyond: dict[Key, int] = {}
    for finding, key in zip(findings, keys, strict=True):
        if finding.diagnostic.beyond is not None:
            beyond[key] = max(beyond.get(key, 0), finding.diagnostic.beyond)
    if known is not None:
        counts = (counts & known.counts) | unseen(known.counts, path, files)
        beyond = {key: min(most, beyond.get(key, most)) for key, most in known.beyond.items()}
    entries = []
    for key, count in sorted(counts.items()):
        entry = {**dict(zip(NAMES, key, strict=True)), "count": count}
        entries.append(entry | {"beyond": beyond[key]} if key in beyond else entry)
    document = {"version": VERSION, "findings": entries}
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n", counts.total()
