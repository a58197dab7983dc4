"""Diagnostics: one record for everything that can be wrong with a text, and the one exception that carries them.

A code is a topic letter and three digits, frozen once released: Y text and keys, T types and values, S shapes,
G graph and names, E expectations, A assignments and answers, P practice, B budgets, X the linter's own comments.  The
codes of loading stand in ``CODES``; a lint rule has its code and its name from its file,
``cnncalc/rules/p101_bias_before_norm.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from cnncalc.source import Mapping, Mark

CODES: dict[str, str] = {
    "Y001": "unreadable-file",
    "Y002": "not-text",
    "Y003": "file-too-large",
    "Y004": "empty-file",
    "Y005": "not-an-architecture",
    "Y101": "invalid-yaml",
    "Y102": "duplicate-key",
    "Y103": "unknown-key",
    "Y104": "unsupported-yaml",
    "Y105": "nested-too-deep",
    "Y106": "missing-key",
    "Y107": "wrong-form",
    "Y201": "phrase-syntax",
    "Y202": "bare-repeat",
    "Y203": "unclosed-parenthesis",
    "T101": "unknown-option",
    "T102": "missing-argument",
    "T103": "too-many-arguments",
    "T104": "wrong-value",
    "T105": "not-whole",
    "T106": "number-too-large",
    "T107": "channels-last",
    "T108": "unknown-parameter",
    "T109": "arithmetic-error",
    "T110": "given-twice",
    "T111": "unknown-setting",
    "T112": "ambiguous-shorthand",
    "T113": "unknown-variant",
    "T114": "batch-axis",
    "S101": "does-not-tile",
    "S102": "empty-output",
    "S103": "kernel-too-large",
    "S104": "channel-mismatch",
    "S105": "merge-mismatch",
    "S106": "wrong-axes",
    "S107": "groups-do-not-divide",
    "S108": "padding-exceeds-kernel",
    "S109": "shortcut-mismatch",
    "S110": "size-mismatch",
    "S111": "shared-mismatch",
    "G101": "unknown-name",
    "G102": "not-defined-yet",
    "G103": "unused-line",
    "G104": "goes-on-from-output",
    "G105": "duplicate-name",
    "G106": "recursive-block",
    "G107": "several-values",
    "G108": "nothing-flows-in",
    "G109": "unknown-output",
    "G110": "ambiguous-name",
    "G111": "bad-import",
    "G112": "limit-exceeded",
    "E101": "expectation-differs",
    "E102": "claim-differs",
    "E103": "unknown-expectation",
    "A101": "unknown-assignment-key",
    "A102": "missing-assignment-key",
    "A103": "wrong-assignment-form",
    "A104": "unknown-question-layer",
    "A105": "unknown-ask",
    "A106": "wrong-assignment-value",
    "A107": "duplicate-question",
    "A108": "unanswerable-question",
    "A109": "unknown-assignment-parameter",
    "A201": "no-answers",
    "A202": "duplicate-student",
    "A203": "unknown-question",
    "A204": "duplicate-answer",
    "A205": "wrong-submission-form",
    "D101": "no-torch",
    "D102": "no-device",
    "D103": "unsupported-by-device",
    "X001": "unused-ignore",
    "X002": "malformed-ignore",
    "X101": "unknown-lint-setting",
    "X102": "wrong-lint-setting",
    "X103": "invalid-toml",
    "X104": "not-a-baseline",
}
"""Every code but the lint rules' and its name; the page of a code is ``cnncalc/pages/CODE.md``."""

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules")

TOPICS = "YTSGEAPBDX"
"""The letters that codes begin with, in the order of the pages."""

_RULE = re.compile(r"([a-z]\d{3})_(\w+)\.py\Z")


@cache
def rule_files() -> dict[str, str]:
    """The code of every lint rule and the name of its module, from the names of their files: nothing is imported."""
    found = filter(None, map(_RULE.match, sorted(os.listdir(RULES))))
    return {each[1].upper(): each[0].removesuffix(".py") for each in found}


@cache
def codes() -> dict[str, str]:
    """Every code there is and its name, in the order of the topics."""
    rules = {code: module[5:].replace("_", "-") for code, module in rule_files().items()}
    known = {**CODES, **rules}
    return {code: known[code] for code in sorted(known, key=lambda code: (TOPICS.index(code[0]), code))}


def code_of(words: str) -> str | None:
    """The code that a code or a name stands for, case aside; None where it is neither."""
    if words.upper() in codes():
        return words.upper()
    return next((code for code, name in codes().items() if name == words.lower()), None)


class Related(NamedTuple):
    """Another place that a diagnostic points to: ``in basic, used at FILE:6:6``."""

    message: str
    mark: Mark


class Edit(NamedTuple):
    """An exact change of a text: what ``mark`` covers becomes ``text``; an empty mark inserts."""

    mark: Mark
    text: str


class Fix(NamedTuple):
    """A way out that can be applied: edits that belong together.  What is not ``safe`` changes figures or meaning."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Diagnostic(NamedTuple):
    """One fault.  ``message`` stands alone; ``label`` is what the caret line says (the arithmetic, mostly)."""

    code: str
    message: str
    mark: Mark | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    layer: str | None = None
    severity: str = "error"
    fix: Fix | None = None
    beyond: int | None = None
    """By how much a limit is exceeded, where it is one: a baseline does not let it grow."""

    @property
    def name(self) -> str:
        return codes()[self.code]


class SpecError(Exception):
    """What every fault of an input ends in: one or more diagnostics, in the order of the text."""

    tree: Mapping | None = None
    """What could be read all the same, where a reader says that the rest makes sense without the faults."""

    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        self.diagnostics = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        super().__init__("; ".join(self._line(one) for one in self.diagnostics))

    @staticmethod
    def _line(one: Diagnostic) -> str:
        return f"{one.mark}: {one.code} {one.message}" if one.mark else f"{one.code} {one.message}"


def said_of(error: SpecError, what: str, help: str) -> SpecError:
    """What the readers of files say about an architecture file, said about another one, with its own way out."""
    found = []
    for each in error.diagnostics:
        message = re.sub(r"an architecture(?: file)?\b", what, each.message)
        kept = tuple(line for line in each.help if not re.search(r"architecture|`layers:`|blocks:|nets:", line))
        found.append(each._replace(message=message, help=kept if kept == each.help else (*kept, help)))
    return SpecError(found)


def fault(
    code: str,
    message: str,
    mark: Mark | None = None,
    label: str = "",
    notes: Iterable[str] = (),
    help: Iterable[str] = (),
    related: Iterable[Related] = (),
) -> SpecError:
    """A :class:`SpecError` with a single diagnostic."""
    return SpecError(Diagnostic(code, message, mark, label, tuple(notes), tuple(help), tuple(related)))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by file (as the files come first), place and code, each once; those without a place stand first."""
    found: dict[object, Diagnostic] = {}
    for number, each in enumerate(diagnostics):
        place = (each.mark.source.name, each.mark.start, each.mark.end) if each.mark else ("", number)
        found.setdefault((*place, each.code, each.message), each)
    files = {each.mark.source.name: number for number, each in reversed([*enumerate(found.values())]) if each.mark}
    return sorted(
        found.values(),
        key=lambda each: (files[each.mark.source.name], each.mark.start, each.code) if each.mark else (-1,),
    )


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like ``word``, or None where nothing is close."""
    from difflib import get_close_matches

    pool = sorted(set(candidates))
    found = get_close_matches(word.lower()[:60], [each.lower() for each in pool], n=1, cutoff=0.6)
    if not found:
        return None
    return next(each for each in pool if each.lower() == found[0])


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``did you mean 'relu'?`` or an empty text."""
    near = nearest(word, candidates)
    return f"did you mean {near!r}?" if near else ""
