"""JUnit XML: a suite for each file, a case for each finding; what does not fail the run is only put out.

A case has no attributes but those of Jenkins' schema, which knows no place: that stands in its name and its text.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from cnncalc.linting.records import Finding, Outcome, posix
from cnncalc.render.findings._common import encodable, explained, sentence


def render(outcome: Outcome) -> str:
    by_file: dict[str, list[Finding]] = {posix(path): [] for path in outcome.files}
    for each in outcome.new:
        by_file.setdefault(each.path, []).append(each)
    fails = outcome.settings.fails
    failures = sum(fails(each.severity) for each in outcome.new)
    tests = sum(max(len(found), 1) for found in by_file.values()) + len(outcome.errors)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="cnncalc lint" tests="{tests}" failures="{failures}" errors="{len(outcome.errors)}">',
    ]
    for path, found in by_file.items():
        bad = sum(fails(each.severity) for each in found)
        lines.append(f'  <testsuite name={_attribute(path)} tests="{max(len(found), 1)}" failures="{bad}" errors="0">')
        for each in found:
            lines += _case(each, fails(each.severity))
        if not found:
            lines.append(f'    <testcase name="lint" classname={_attribute(path)}/>')
        lines.append("  </testsuite>")
    if outcome.errors:
        count = len(outcome.errors)
        lines.append(f'  <testsuite name="cnncalc" tests="{count}" failures="0" errors="{count}">')
        for error in outcome.errors:
            message = _attribute(error.message)
            lines.append(
                f'    <testcase name={_attribute(error.name)} classname="cnncalc"><error message={message}/></testcase>'
            )
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(finding: Finding, fails: bool) -> list[str]:
    mark = finding.mark
    name = f"{finding.code} {finding.diagnostic.name} at {mark.line}:{mark.column}"
    place = f"{finding.path}:{mark.line}:{mark.column}: "
    body = escape(_allowed(place + explained(finding)))
    path = _attribute(finding.path)
    opening = f"    <testcase name={_attribute(name)} classname={path}>"
    if not fails:
        return [opening, f"      <system-out>{body}</system-out>", "    </testcase>"]
    head = f'      <failure type="{finding.severity}" message={_attribute(sentence(finding))}>'
    return [opening, f"{head}{body}</failure>", "    </testcase>"]


def _attribute(words: str) -> str:
    return quoteattr(_allowed(encodable(words)))


def _allowed(words: str) -> str:
    """The text without the characters that XML 1.0 does not have."""
    return "".join(
        each if each in "\t\n\r" or " " <= each <= "\ud7ff" or "\ue000" <= each <= "\ufffd" or each > "\uffff" else "?"
        for each in words
    )
