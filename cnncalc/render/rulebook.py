"""All codes that the linter can tell: its rules and what loading can say."""

from __future__ import annotations

import json
from typing import Any

from cnncalc import rules
from cnncalc.errors import codes, rule_files
from cnncalc.render import page

VERSION = 1
GRADING = "A"
"""The topic that the linter has nothing to do with."""


def told() -> list[str]:
    """The codes, by topic."""
    return [code for code in codes() if code[0] != GRADING]


def entry(code: str) -> dict[str, Any]:
    """A code as plain data.  ``fix`` is ``safe``, ``unsafe`` or None; ``default``: it is on unless it is ignored."""
    rule = rules.load(code) if code in rule_files() else None
    fix = ("unsafe" if rule.changes else "safe") if rule is not None and rule.fixable else None
    return {
        "code": code,
        "name": codes()[code],
        "topic": page.TOPIC_NAMES[code[0]],
        "severity": page.severity(code),
        "fix": "safe" if code == "X001" else fix,
        "default": rule is None or rule.default,
        "options": {} if rule is None else dict(rule.options),
        "summary": page.summary(code),
    }


def one_document(code: str) -> str:
    """``{"version", "rule"}``: the entry of a code and its page as ``text``."""
    return _json({"version": VERSION, "rule": {**entry(code), "text": page.page(code)}})


def as_document() -> str:
    """``{"version", "rules"}``: the entries of all codes."""
    return _json({"version": VERSION, "rules": [entry(code) for code in told()]})


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def text() -> str:
    """A line for each code: ``[*]`` can be fixed, ``[-]`` unsafely so, ``off`` unless it is chosen."""
    lines = []
    width = max(len(codes()[code]) for code in told())
    topic = ""
    for each in map(entry, told()):
        if each["topic"] != topic:
            topic = each["topic"]
            lines += ["", f"{each['code'][0]}  {topic}"]
        facts = [each["severity"], *_facts(each)]
        lines.append(f"  {each['code']} {each['name']:<{width}}  {', '.join(facts)}")
    return "\n".join(lines[1:]) + "\n"


def _facts(each: dict[str, Any]) -> list[str]:
    facts = []
    if each["fix"]:
        facts.append("--fix" if each["fix"] == "safe" else "--fix --unsafe-fixes")
    if not each["default"]:
        facts.append("off")
    return facts


def markdown() -> str:
    """The same as a table."""
    lines = ["| rule | severity | | what |", "| --- | --- | --- | --- |"]
    for each in map(entry, told()):
        summary = each["summary"].replace("|", "\\|")
        lines.append(f"| {each['code']} {each['name']} | {each['severity']} | {', '.join(_facts(each))} | {summary} |")
    return "\n".join(lines) + "\n"
