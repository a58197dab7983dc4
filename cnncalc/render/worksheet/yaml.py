"""The worksheet as YAML: a line to fill in for every question, the question above it as a comment."""

from __future__ import annotations

import json
import re

from cnncalc.grading.worksheet import BLANK, Worksheet, one_line, printable

SUFFIX = ".yaml"

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def render(worksheet: Worksheet, key: bool = False) -> str:
    """``student:`` and ``answers:``; with ``key`` the answers are there, and the formulas in comments."""
    lines = [f"# {one_line(worksheet.title)}{': solution' if key else ''}"]
    lines += [f"# {one_line(worksheet.assignment.about)}"] if worksheet.assignment.about else []
    lines += ["#", *(f"#   {printable(line)}".rstrip() for line in worksheet.network), ""]
    lines += [f"student: {quoted(one_line(worksheet.student))}", "answers:"]
    for line in worksheet.lines:
        points = "1 point" if line.points == "1" else f"{line.points} points"
        lines.append(f"  # {one_line(line.text)} [{points}]")
        if key:
            lines.append(f"  # {one_line(line.formula)}")
        name = line.id if _PLAIN.match(line.id) else quoted(line.id)
        lines.append(f"  {name}: {quoted(line.answer if key else BLANK)}")
    if key:
        lines += [f"# Note: {one_line(each)}." for each in worksheet.warnings]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A double-quoted scalar."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
