"""SARIF 2.1.0 (OASIS), as code scanning takes it: one-line regions, relative URIs, columns in code points."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cnncalc._version import __version__
from cnncalc.errors import Diagnostic, Fix
from cnncalc.linting.records import Finding, Outcome, fingerprints, posix, worst_first
from cnncalc.render import page
from cnncalc.render.findings._common import encodable, explained, one_line, span
from cnncalc.render.findings._line_hash import line_hashes
from cnncalc.source import Mark, Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
MOST = 25_000
"""Code scanning refuses a run with more results."""
LONGEST = 1024
"""Code scanning cuts descriptions off here."""


def render(outcome: Outcome) -> str:
    found = worst_first(outcome.findings)
    prints = fingerprints(found)
    found = found[:MOST]
    codes = sorted({each.code: each for each in found}.items())
    index = {code: number for number, (code, _) in enumerate(codes)}
    hashes = {source: line_hashes(source.text) for source in {each.mark.source for each in found}}
    invocation: dict[str, Any] = {"executionSuccessful": not outcome.errors, "exitCode": outcome.exit_code}
    if outcome.errors:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": one_line(each.message)}} for each in outcome.errors
        ]
    run = {
        "tool": {
            "driver": {
                "name": "cnncalc",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(each) for _, each in codes],
            }
        },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(each, index[each.code], _prints(each, fingerprint, hashes), outcome.compared)
            for each, fingerprint in zip(found, prints, strict=False)
        ],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    code = finding.code
    summary = page.summary(code)[:LONGEST]
    text = page.page(code)
    rule: dict[str, Any] = {
        "id": code,
        "name": finding.diagnostic.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": ["convolutional networks", page.TOPIC_NAMES[code[0]]]},
    }
    if "://" in finding.url:
        rule["helpUri"] = finding.url
    return rule


def _prints(finding: Finding, fingerprint: str, hashes: Mapping[Source, list[str]]) -> dict[str, str]:
    """What makes out a finding: for code scanning its line alone, as whoever uploads the file works it out."""
    mark = finding.mark
    return {"primaryLocationLineHash": hashes[mark.source][mark.line - 1], "cnncalc/v1": fingerprint}


def _result(finding: Finding, number: int, prints: dict[str, str], compared: bool) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": LEVELS[finding.severity],
        "message": {"text": explained(finding)},
        "locations": [_location(finding.mark, diagnostic)],
        "partialFingerprints": prints,
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": one_line(each.message)}, "physicalLocation": _place(each.mark)}
            for number, each in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    if compared:
        result["baselineState"] = finding.state
    return result


def _location(mark: Mark, diagnostic: Diagnostic) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _place(mark)}
    if diagnostic.layer:
        location["logicalLocations"] = [{"fullyQualifiedName": encodable(diagnostic.layer), "kind": "member"}]
    return location


def _place(mark: Mark) -> dict[str, Any]:
    region = {
        "startLine": mark.line,
        "startColumn": mark.column,
        "endLine": mark.line,
        "endColumn": mark.end_column,
    }
    return {"artifactLocation": {"uri": uri(mark.source.name)}, "region": region}


def _fix(fix: Fix) -> dict[str, Any]:
    replacements = []
    for each in fix.edits:
        line, column, end_line, end_column = span(each.mark)
        region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
        replacements.append({"deletedRegion": region, "insertedContent": {"text": encodable(each.text)}})
    change = {"artifactLocation": {"uri": uri(fix.edits[0].mark.source.name)}, "replacements": replacements}
    title = fix.title if fix.safe else f"{fix.title} (changes figures or meaning)"
    return {"description": {"text": encodable(title)}, "artifactChanges": [change]}


def uri(path: str) -> str:
    """A path as a relative URI; one that lies elsewhere with its scheme."""
    quoted = quote(encodable(posix(path)), safe="/~")
    return f"file://{quoted}" if os.path.isabs(path) else quoted
