"""What a run of the linter is told: which rules, what fails, which files, the options of rules and the budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.errors import CODES, codes
from cnncalc.linting.patterns import matches
from cnncalc.rules import SEVERITIES

EXCLUDED = (
    ".git", ".hg", ".svn", ".bzr", ".direnv", ".eggs", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
    ".ruff_cache", ".tox", ".venv", "__pycache__", "_build", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip
"""Names of files and folders that are never walked into unless the settings say otherwise."""

FORMATS = (
    "full", "concise", "grouped", "json", "json-lines", "github", "gitlab", "sarif", "junit", "rdjson", "azure",
)  # fmt: skip


class Settings(NamedTuple):
    """The choice of rules and what they are told.

    A selector is a code (``P101``), a prefix of codes (``P``, ``P1``), a name (``bias-before-norm``) or ``ALL``.
    ``select`` None means the rules that are on by default.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Patterns of files and what is not wanted in them, however it was selected."""
    unwanted: tuple[str, ...] = ()
    """What is not wanted in the file at hand: see :meth:`for_file`."""
    exclude: tuple[str, ...] = EXCLUDED
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    """Whether a file that is named on the command line can be excluded, too."""
    fail_on: str = "warning"
    """The least severity that makes the exit status 1."""
    format: str = "full"
    baseline: str | None = None
    warn_unused_ignores: bool = False
    docs_url: str = "docs/"
    """Where the pages of the rules are: put in front of ``rules.md#...``."""
    options: Mapping[str, Mapping[str, Any]] = {}
    """Per code, the options of that rule that differ from its own."""
    budgets: Mapping[str, Any] = {}
    """Per figure of ``cnncalc/spec/budget.py``, its limit as it is written: ``"30M"``, ``{"max": "8GiB"}``."""
    root: str = "."
    """The folder that patterns and the baseline are relative to: that of the configuration."""
    file: str | None = None
    """The configuration that this comes from."""

    def enabled(self, code: str, default: bool = True) -> bool:
        """Whether findings with this code are wanted; ``default`` where nothing is selected by name.

        The longest selector that fits decides, and ``ignore`` where both are as long.  A file that does not load is
        always told, unless its code is ignored.
        """
        if any(fits(each, code) >= 0 for each in self.unwanted):
            return False
        least = 0 if (default if self.select is None else loading(code)) else -1
        chosen = max([least, *(fits(each, code) for each in (*(self.select or ()), *self.extend_select))])
        return chosen > max([-1, *(fits(each, code) for each in self.ignore)])

    def chosen_over(
        self, select: tuple[str, ...] | None, extend_select: tuple[str, ...], ignore: tuple[str, ...]
    ) -> Settings:
        """These settings with a choice of rules that counts for more, that of the command line.

        A ``select`` begins anew; else what is said here takes back what the settings say of the same rules.
        """
        if select is not None:
            return self._replace(select=select, extend_select=extend_select, ignore=ignore)
        return self._replace(
            select=self.select if self.select is None else _without(self.select, ignore),
            extend_select=(*_without(self.extend_select, ignore), *extend_select),
            ignore=(*_without(self.ignore, extend_select), *ignore),
        )

    def for_file(self, path: str) -> Settings:
        """The settings for one file: with what is not wanted in it (``!``: in all others)."""
        more = [
            each
            for pattern, listed in self.per_file_ignores
            if matches(path, [pattern.removeprefix("!")], self.root) is not pattern.startswith("!")
            for each in listed
        ]
        return self._replace(unwanted=tuple(more)) if more else self

    def fails(self, severity: str) -> bool:
        """Whether a finding of this severity makes the run fail."""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.fail_on)


def loading(code: str) -> bool:
    """Whether a code means that the file cannot be used."""
    return code in CODES and code[0] not in "EX"


def fits(selector: str, code: str) -> int:
    """How exactly a selector means a code: the length of the prefix, 0 for ``ALL``, -1 where it does not."""
    if selector.upper() == "ALL":
        return 0
    if code.startswith(selector.upper()):
        return len(selector)
    return len(code) if selector.lower() == codes()[code] else -1


def _without(selectors: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The selectors that mean a code which none of the others means."""

    def is_left(selector: str) -> bool:
        meant = (code for code in codes() if fits(selector, code) >= 0)
        return any(all(fits(other, code) < 0 for other in others) for code in meant)

    return tuple(filter(is_left, selectors))


def is_selector(words: str) -> bool:
    """Whether a selector means any code at all."""
    return bool(words) and any(fits(words, code) >= 0 for code in codes())
