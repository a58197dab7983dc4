"""The page of a diagnostic: ``cnncalc/pages/CODE.md``."""

from __future__ import annotations

import json
import os
import re

from cnncalc.errors import CODES, did_you_mean, fault

VERSION = 1
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pages")

_CODE = re.compile(r"[A-Za-z]\d{3}\Z")
_NAME = re.compile(r"[a-z]+(-[a-z]+)+\Z", re.IGNORECASE)


def code_of(words: str) -> str | None:
    """The code that a code or a diagnostic's name stands for, case aside; None where it is neither."""
    if words.upper() in CODES:
        return words.upper()
    return next((code for code, name in CODES.items() if name == words.lower()), None)


def looks_like_one(words: str) -> bool:
    """Whether somebody who wrote this may have meant a diagnostic."""
    return bool(_CODE.match(words) or _NAME.match(words))


def hint(words: str) -> str:
    """The nearest code or name in words, or an empty text."""
    near = did_you_mean(words, [*CODES.values(), *CODES])
    topic = [f"{code} {name}" for code, name in CODES.items() if code[0] == words[:1].upper()]
    if _CODE.match(words):
        return "\n".join(["the codes of this topic:", *topic]) if topic else "codes begin with Y, T, S, G or E"
    return near


def page(code: str) -> str:
    """The Markdown of a code's page; raises :class:`SpecError` where the installation has lost it."""
    try:
        with open(os.path.join(FOLDER, f"{code}.md"), encoding="utf-8") as file:
            return file.read()
    except OSError:
        raise fault("Y001", f"the page of {code} {CODES[code]} is missing from this installation") from None


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
    words = page(code)
    found = re.search(r"^Severity: (\w+)", words, re.MULTILINE)
    document = {
        "version": VERSION,
        "code": code,
        "name": CODES[code],
        "severity": found[1] if found else "error",
        "text": words,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
