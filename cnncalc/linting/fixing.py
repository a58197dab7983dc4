"""Fixes applied: exact edits, until nothing changes any more, and never so that a file no longer loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnncalc.errors import Diagnostic, Edit, Fix
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.settings import Settings, loading
from cnncalc.source import Source

ROUNDS = 20
"""A fix may make room for another; after so many rounds something goes round in circles."""


class Fixed(NamedTuple):
    """A text with its fixes: what was applied, by code, and the findings that are left."""

    source: Source
    applied: Counter[str]
    checked: Checked


def fix(
    source: Source, settings: Settings, unsafe: bool, check: Callable[[Source, Settings], Checked] = check_source
) -> Fixed:
    """Apply every fix of a text; those that change figures or meaning only where ``unsafe``.

    A round of fixes after which the file has a fault of loading that it did not have (or, among safe ones, a figure
    that no longer holds) is taken back, and half of it tried, until only the bad ones are left out.
    """
    checked = check(source, settings)
    applied: Counter[str] = Counter()
    refused: set[tuple[object, ...]] = set()
    rounds, tries = 0, ROUNDS + 2 * len(fixable(checked.findings, unsafe))
    while rounds < ROUNDS and tries > 0:
        taken = compatible([each for each in fixable(checked.findings, unsafe) if _key(each) not in refused])
        if not taken:
            break
        whole = len(taken)
        after = _try(source, checked, taken, settings, check)
        while after is None and len(taken) > 1:
            taken = taken[: len(taken) // 2]
            after = _try(source, checked, taken, settings, check)
        tries -= 1
        rounds += after is not None and len(taken) == whole  # the others find a bad one, and go in no circle
        if after is None:
            refused.update(map(_key, taken))
            continue
        applied.update(each.code for each in taken)
        source, checked = after
    return Fixed(source, applied, checked)


def fixable(findings: Sequence[Diagnostic], unsafe: bool) -> list[Diagnostic]:
    """The findings with a fix that may be applied."""
    return [each for each in findings if each.fix is not None and (each.fix.safe or unsafe)]


def compatible(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """As many of the findings, in their order, as have edits that do not meet."""
    taken: list[Diagnostic] = []
    spans: list[tuple[int, int]] = []
    for each in findings:
        assert each.fix is not None
        own = [(edit.mark.start, edit.mark.end) for edit in each.fix.edits]
        if not any(start <= other_end and other_start <= end for start, end in own for other_start, other_end in spans):
            taken.append(each)
            spans += own
    return taken


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.mark.start, reverse=True):
        text = text[: edit.mark.start] + edit.text + text[edit.mark.end :]
    return text


def apply(source: Source, fixes: Sequence[Fix]) -> Source:
    """The source with these fixes, whose edits do not overlap."""
    return Source(source.name, edited(source.text, [edit for each in fixes for edit in each.edits]), source.folder)


def _try(
    source: Source,
    before: Checked,
    findings: Sequence[Diagnostic],
    settings: Settings,
    check: Callable[[Source, Settings], Checked],
) -> tuple[Source, Checked] | None:
    """The text with the fixes of these findings and what is found in it; None where they make it worse."""
    fixes = [each.fix for each in findings if each.fix is not None]
    made = apply(source, fixes)
    after = check(made, settings)
    strict = all(each.safe for each in fixes)
    worse = _faults(after, strict) - _faults(before, strict)
    return None if worse or (before.loads and not after.loads) else (made, after)


def _faults(checked: Checked, expectations: bool) -> Counter[str]:
    codes = (each.code for each in checked.findings)
    return Counter(code for code in codes if loading(code) or (expectations and code[0] == "E"))


def _key(finding: Diagnostic) -> tuple[object, ...]:
    """What makes out a finding while the text around it changes."""
    mark = finding.mark
    assert finding.fix is not None
    return finding.code, finding.layer, finding.message, mark.source.line(mark.line) if mark else "", finding.fix.title
