"""What a run of the linter gives: findings with what a report needs to know of them, and how the files fared."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cnncalc.errors import Diagnostic, rule_files
from cnncalc.linting.settings import Settings
from cnncalc.source import Mark

NEW, UNCHANGED = "new", "unchanged"

IN_VARIANT = "in variant"
"""How the note begins that names the variants a finding is about."""


class Finding(NamedTuple):
    """A diagnostic of the linter in its place.

    ``path`` is relative, with ``/``; ``state`` is ``unchanged`` where the baseline knows it.
    """

    diagnostic: Diagnostic
    path: str
    url: str
    state: str = NEW

    @property
    def mark(self) -> Mark:
        assert self.diagnostic.mark is not None
        return self.diagnostic.mark

    @property
    def code(self) -> str:
        return self.diagnostic.code

    @property
    def severity(self) -> str:
        return self.diagnostic.severity


class Outcome(NamedTuple):
    """A whole run.  ``errors`` say which paths and settings could not be used: then the exit status is 2."""

    findings: tuple[Finding, ...]
    files: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    """YAML files that are no architectures."""
    errors: tuple[Diagnostic, ...] = ()
    ignored: int = 0
    """Findings that comments hide."""
    applied: Mapping[str, int] = {}
    """How many fixes of each code were applied."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """The files that fixes change: path, text before, text after."""
    texts: tuple[tuple[str, str, str], ...] = ()
    """The same for what is no file (stdin, networks on one line), changed or not."""
    obsolete: int = 0
    """Entries of the baseline that no finding answers to any more."""
    compared: bool = False
    """Whether there was a baseline."""
    settings: Settings = Settings()

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that the baseline does not know."""
        return tuple(each for each in self.findings if each.state == NEW)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 a finding that fails, 2 something could not be used."""
        if self.errors:
            return 2
        return 1 if any(self.settings.fails(each.severity) for each in self.new) else 0

    def count(self, severity: str) -> int:
        return sum(each.severity == severity for each in self.new)


def posix(path: str) -> str:
    """The path with ``/``, whatever the system has."""
    return path.replace(os.sep, "/")


def key_of(diagnostic: Diagnostic, path: str) -> tuple[str, str, str, str]:
    """What makes out a finding wherever its line has gone: path, code, layer, a hash of the line's text."""
    mark = diagnostic.mark
    line = mark.source.line(mark.line).strip() if mark is not None else ""
    return path, diagnostic.code, diagnostic.layer or "", hashed(line)


def hashed(*words: str) -> str:
    from hashlib import sha256

    return sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """A name for each finding that stays the same while lines move; the second of a kind in a file has another."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    made = []
    for each in findings:
        key = key_of(each.diagnostic, each.path)
        seen[key] += 1
        made.append(hashed(*key, str(seen[key])))
    return made


def findings_of(diagnostics: Iterable[Diagnostic], settings: Settings) -> list[Finding]:
    """The diagnostics as findings."""
    made = []
    for each in diagnostics:
        assert each.mark is not None
        made.append(Finding(each, posix(each.mark.source.name), url_of(each, settings)))
    return made


def url_of(diagnostic: Diagnostic, settings: Settings) -> str:
    """The page of a finding's code, below ``docs-url``."""
    page = "rules.md" if diagnostic.code in rule_files() else "diagnostics.md"
    return f"{settings.docs_url}{page}#{diagnostic.code.lower()}-{diagnostic.name}"


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Errors, then warnings, then the rest; otherwise as they come."""
    return sorted(findings, key=lambda each: ("error", "warning", "info").index(each.severity))
