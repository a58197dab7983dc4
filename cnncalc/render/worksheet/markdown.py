"""The worksheet as Markdown: a table with a column to fill in, which ``cnncalc grade`` reads."""

from __future__ import annotations

import re

from cnncalc.grading.worksheet import BLANK, Worksheet, one_line, printable

SUFFIX = ".md"

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_NAME = re.compile(r"[\s\\*_#>-]*(?:student|name)", re.IGNORECASE)


def render(worksheet: Worksheet, key: bool = False) -> str:
    """The sheet; with ``key`` the answers stand in it, and a column with their formulas."""
    lines = [f"# {heading(worksheet.title)}{': solution' if key else ''}", ""]
    lines += [f"Student: {cell(worksheet.student) or '____________________'}", ""]
    if worksheet.assignment.about:
        lines += [cell(worksheet.assignment.about), ""]
    lines += ["```text", *(fenced(line) for line in worksheet.network), "```", ""]
    lines += ["| question | what is asked | points | answer |" + (" worked |" if key else "")]
    lines += ["| --- | --- | ---: | --- |" + (" --- |" if key else "")]
    for line in worksheet.lines:
        cells = [cell(line.id), cell(line.text), line.points, cell(line.answer) if key else BLANK]
        lines.append(f"| {' | '.join(cells + [cell(line.formula)] * key)} |")
    if key:
        lines += ["", *(f"Note: {cell(each)}." for each in worksheet.warnings)]
    return "\n".join(lines).rstrip("\n") + "\n"


def cell(text: str) -> str:
    r"""A text on one line in which nothing is markup: ``a\|b``."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def heading(title: str) -> str:
    """A title that nobody takes for the line with the student's name."""
    text = cell(title)
    return text.replace(":", "\\:").replace("=", "\\=") if _NAME.match(text) else text


def fenced(line: str) -> str:
    """A line of the network, which can neither end the fence nor look like a row of the table."""
    return printable(line).replace("`", "'").replace("|", "/")
