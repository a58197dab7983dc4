"""Workflow commands of GitHub Actions, which annotate the changed files, and the Markdown of the job's summary.

GitHub shows ten errors, ten warnings and ten notices of a step: errors come first, and one notice says how many are
left out.
"""

from __future__ import annotations

from cnncalc.errors import Diagnostic
from cnncalc.linting.records import Finding, Outcome, worst_first
from cnncalc.render.findings._common import counted, explained, one_line, sentence, totals

CAP = 10
KINDS = {"error": "error", "warning": "warning", "info": "notice"}
SUMMARY_ROWS = 200
"""GitHub cuts a summary off at 1 MiB."""


def render(outcome: Outcome) -> str:
    found = worst_first(outcome.new)
    lines = [_unusable(each) for each in outcome.errors[:CAP]]
    most = {"error": CAP - len(lines), "warning": CAP, "info": CAP}
    shown = _capped(found, most)
    if len(shown) < len(found):
        shown = _capped(found, {**most, "info": CAP - 1})  # the closing line is a notice itself
    lines += map(_command, shown)
    left = len(found) - len(shown)
    if left:
        lines.append(
            f"::notice title=cnncalc lint::{counted(left, 'finding')} more not shown here: see the summary of the job"
        )
    return "".join(f"{line}\n" for line in lines)


def _capped(found: list[Finding], most: dict[str, int]) -> list[Finding]:
    return [each for kind in KINDS for each in [one for one in found if one.severity == kind][: most[kind]]]


def _unusable(error: Diagnostic) -> str:
    """What could not be read or set; it need not have a place."""
    return f"::error title={_property(f'{error.code} {error.name}')}::{_data(one_line(error.message))}"


def _command(finding: Finding) -> str:
    mark = finding.mark
    places = {
        "title": f"{finding.code} {finding.diagnostic.name}",
        "file": finding.path,
        "line": mark.line,
        "col": mark.column,
        "endLine": mark.line,
        "endColumn": max(mark.end_column - 1, mark.column),
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in places.items())
    return f"::{KINDS[finding.severity]} {properties}::{_data(explained(finding))}"


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(one_line(words)).replace(":", "%3A").replace(",", "%2C")


def summary(outcome: Outcome) -> str:
    """The summary of the job, in Markdown: a table of the findings, the worst first."""
    found = worst_first(outcome.new)
    lines = ["### cnncalc lint", "", totals(outcome).replace("\n", "  \n"), ""]
    if outcome.errors:
        lines += [*(f"- {_cell(each.message)}" for each in outcome.errors), ""]
    if found:
        lines += ["| | where | rule | what |", "| --- | --- | --- | --- |"]
        lines += map(_row, found[:SUMMARY_ROWS])
    if len(found) > SUMMARY_ROWS:
        lines += ["", f"... and {counted(len(found) - SUMMARY_ROWS, 'finding')} more"]
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    where = f"`{_cell(finding.path)}:{finding.mark.line}`"
    rule = f"{finding.code} {finding.diagnostic.name}"
    return f"| {finding.severity} | {where} | {rule} | {_cell(sentence(finding))} |"


def _cell(words: str) -> str:
    return one_line(words).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
