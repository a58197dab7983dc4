"""The page of a diagnostic: ``cnncalc/pages/CODE.md``, or the docstring of a lint rule."""

from __future__ import annotations

import json
import os
import re

from cnncalc import rules
from cnncalc.errors import TOPICS, codes, did_you_mean, fault, rule_files

VERSION = 1
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pages")

TOPIC_NAMES = {
    "Y": "text and keys",
    "T": "types and values",
    "S": "shapes",
    "G": "graph and names",
    "E": "expectations",
    "A": "assignments and answers",
    "P": "practice",
    "B": "budgets",
    "D": "torch and its devices",
    "X": "the linter itself",
}
"""The topics of codes by their letters."""

_CODE = re.compile(r"[A-Za-z]\d{3}\Z")
_NAME = re.compile(r"[a-z]+(-[a-z]+)+\Z", re.IGNORECASE)


def looks_like_one(words: str) -> bool:
    """Whether somebody who wrote this may have meant a diagnostic."""
    return bool(_CODE.match(words) or _NAME.match(words) or (len(words) > 1 and begun_with(words)))


def begun_with(words: str) -> list[str]:
    """The codes that begin so, each with its name."""
    return [f"{code} {name}" for code, name in codes().items() if words and code.startswith(words.upper())]


def hint(words: str) -> str:
    """The codes that begin so, the nearest code or name in words, or an empty text."""
    near = did_you_mean(words, [*codes().values(), *codes()])
    begun = begun_with(words)
    if begun:
        return "\n".join([f"these begin with {words.upper()}:", *begun])
    topic = [f"{code} {name}" for code, name in codes().items() if code[0] == words[:1].upper()]
    if _CODE.match(words):
        known = f"codes begin with {', '.join(TOPICS[:-1])} or {TOPICS[-1]}"
        return "\n".join(["the codes of this topic:", *topic]) if topic else known
    return near


def page(code: str) -> str:
    """The Markdown of a code's page; raises :class:`SpecError` where the installation has lost it."""
    if code in rule_files():
        return rule_page(rules.load(code))
    try:
        with open(os.path.join(FOLDER, f"{code}.md"), encoding="utf-8") as file:
            return file.read()
    except OSError:
        raise fault("Y001", f"the page of {code} {codes()[code]} is missing from this installation") from None


def summary(code: str) -> str:
    """A code in one or two sentences."""
    if code in rule_files():
        return rules.load(code).summary
    found = re.search(r"^## What it means\n\n(.*?)(?:\n\n|\Z)", page(code), re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else codes()[code]


def severity(code: str) -> str:
    """How bad a finding with this code is."""
    found = re.search(r"^Severity: (\w+)", page(code), re.MULTILINE)
    return found[1] if found else "error"


def rule_page(rule: rules.Rule) -> str:
    """The same for a lint rule."""
    facts = [f"Severity: {rule.severity}"]
    if rule.fixable:
        facts.append("unsafe fix: `--fix --unsafe-fixes`" if rule.changes else "`--fix` repairs it")
    if not rule.default:
        facts.append(f"off unless chosen: `--extend-select {rule.code}`")
    return f"# {rule.code} {rule.name}\n\n{'; '.join(facts)}\n\n{rule.summary}\n\n{rule.page}"


def coloured(words: str, width: int) -> str:
    """A page with the colours of a terminal, through rich."""
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    out = StringIO()
    Console(file=out, force_terminal=True, width=min(width, 100)).print(Markdown(words, code_theme="ansi_dark"))
    return out.getvalue()


def as_document(code: str) -> str:
    """The JSON document of a page: ``{"version", "code", "name", "severity", "text"}``."""
    document = {
        "version": VERSION,
        "code": code,
        "name": codes()[code],
        "severity": severity(code),
        "text": page(code),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
