"""What several formats share: a finding in one line, its places, how it can be fixed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnncalc.errors import Edit, Fix
from cnncalc.linting.records import IN_VARIANT, Finding, Outcome
from cnncalc.source import Mark


def encodable(words: str) -> str:
    """The text with lone surrogates spelt out, so that it can be written as UTF-8."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(words: str) -> str:
    """The text without line breaks and control characters: no finding can write a line of its own."""
    return "".join(each if each.isprintable() else " " for each in encodable(words))


def message(finding: Finding) -> str:
    """The message, with the variants that it is about."""
    diagnostic = finding.diagnostic
    return " ".join((diagnostic.message, *filter(_is_variant, diagnostic.notes)))


def _is_variant(note: str) -> bool:
    return note.startswith(IN_VARIANT)


def sentence(finding: Finding) -> str:
    """The message with the arithmetic of its label."""
    said, label = message(finding), finding.diagnostic.label
    if label and not (label.startswith("(") and label.endswith(")")):
        return one_line(f"{said}: {label}")
    return one_line(f"{said} {label}".rstrip())


def explained(finding: Finding) -> str:
    """Everything that is said about a finding, a line each."""
    diagnostic = finding.diagnostic
    related = (f"{each.message.removesuffix(' at')} at {each.mark}" for each in diagnostic.related)
    notes = (each for each in diagnostic.notes if not _is_variant(each))
    lines = [sentence(finding), *notes, *related, *(f"help: {each}" for each in diagnostic.help)]
    return encodable("\n".join(lines))


def star(finding: Finding) -> str:
    """``[*] `` where ``--fix`` repairs it, ``[-] `` where only an unsafe fix does."""
    fix = finding.diagnostic.fix
    return "" if fix is None else "[*] " if fix.safe else "[-] "


def span(mark: Mark) -> tuple[int, int, int, int]:
    """Line and column of the beginning and of the end of a stretch, which may reach over several lines."""
    return (*mark.source.position(mark.start), *mark.source.position(max(mark.end, mark.start)))


def edit_as_json(edit: Edit) -> dict[str, Any]:
    line, column, end_line, end_column = span(edit.mark)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": encodable(edit.text),
    }


def fix_as_json(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"title": encodable(fix.title), "safe": fix.safe, "edits": [edit_as_json(each) for each in fix.edits]}


def as_json(finding: Finding) -> dict[str, Any]:
    """The contract of a finding: see docs/json.md."""
    diagnostic, mark = finding.diagnostic, finding.mark
    return {
        "code": finding.code,
        "name": diagnostic.name,
        "severity": finding.severity,
        "message": encodable(message(finding)),
        "file": encodable(finding.path),
        "line": mark.line,
        "column": mark.column,
        "end_column": mark.end_column,
        "layer": None if diagnostic.layer is None else encodable(diagnostic.layer),
        "help": [encodable(each) for each in diagnostic.help],
        "fix": fix_as_json(diagnostic.fix),
        "url": finding.url,
    }


def counted(number: int, noun: str, several: str = "") -> str:
    """``1 warning``, ``2 warnings``."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def totals(outcome: Outcome) -> str:
    """The last line for people: what was found in how many files, and what could be done about it."""
    found = [counted(outcome.count(each), each) for each in ("error", "warning", "info") if outcome.count(each)]
    where = counted(len(outcome.files), "file")
    fine = "nothing to report" if outcome.files else "no architecture to look at"
    more = []
    if outcome.applied:
        more.append(f"{sum(outcome.applied.values()):,} fixed")
    if outcome.skipped:
        more.append(f"{counted(len(outcome.skipped), 'other YAML file')} skipped")
    if outcome.ignored:
        more.append(f"{outcome.ignored:,} ignored by comments")
    known = len(outcome.findings) - len(outcome.new)
    if known:
        more.append(f"{known:,} in the baseline")
    if outcome.errors:
        more.append(f"{counted(len(outcome.errors), 'path or setting', 'paths or settings')} cannot be used")
    line = f"{', '.join(found) or fine} in {where}" + (f" ({', '.join(more)})" if more else "")
    lines = [line]
    safe, unsafe = fixes(outcome.new)
    if safe or unsafe:
        hidden = (
            f"{unsafe:,} more with --unsafe-fixes" if safe else f"{unsafe:,} can be fixed with --fix --unsafe-fixes"
        )
        lines.append(
            ", ".join(
                each for each in (f"{safe:,} can be fixed with --fix" if safe else "", hidden if unsafe else "") if each
            )
        )
    if outcome.obsolete:
        lines.append(
            f"{counted(outcome.obsolete, 'finding')} of the baseline no longer found: --write-baseline shrinks it"
        )
    return "\n".join(lines)


def fixes(findings: Iterable[Finding]) -> tuple[int, int]:
    """How many findings a safe fix repairs, and how many only an unsafe one."""
    kinds = [each.diagnostic.fix.safe for each in findings if each.diagnostic.fix is not None]
    return sum(kinds), len(kinds) - sum(kinds)
