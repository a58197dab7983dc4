"""The worksheet as a page to print: one file without scripts, on A4 and on Letter."""

from __future__ import annotations

from html import escape as escaped

from cnncalc.grading.worksheet import Line, Worksheet, one_line, printable

SUFFIX = ".html"

STYLE = """\
@page { margin: 18mm 16mm; }
* { box-sizing: border-box; }
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #111; background: #fff; max-width: 178mm;
  margin: 1.5em auto; padding: 0 1em; }
h1 { font-size: 16pt; margin: 0 0 .4em; }
.who { display: flex; gap: 1em; margin: 0 0 1em; }
.who span { flex: 1; border-bottom: 1px solid #111; min-height: 1.6em; }
pre { font: 9.5pt/1.4 Consolas, "DejaVu Sans Mono", monospace; border: 1px solid #999; padding: .6em .8em;
  white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
tr { break-inside: avoid; page-break-inside: avoid; }
th, td { border: 1px solid #999; padding: .45em .6em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
td.id { font: 9.5pt Consolas, "DejaVu Sans Mono", monospace; width: 20%; }
td.points { width: 4.5em; text-align: right; }
td.answer { width: 32%; }
.notes { color: #444; font-size: 9.5pt; }
.worked { font: 9.5pt/1.4 Consolas, "DejaVu Sans Mono", monospace; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""


def render(worksheet: Worksheet, key: bool = False) -> str:
    """The page; with ``key`` the answers with their formulas."""
    title = escape(worksheet.title) + (": solution" if key else "")
    about = worksheet.assignment.about
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>',
        f"<style>\n{STYLE}</style></head>",
        "<body>",
        f"<h1>{title}</h1>",
        f'<div class="who">Student <span>{escape(worksheet.student)}</span></div>',
        *([f"<p>{escape(about)}</p>"] if about else []),
        "<pre>" + "\n".join(escaped(printable(line)) for line in worksheet.network) + "</pre>",
        "<table><thead><tr><th>question</th><th>what is asked</th><th>points</th><th>answer</th></tr></thead><tbody>",
        *(row(line, key) for line in worksheet.lines),
        "</tbody></table>",
        *(f'<p class="notes">Note: {escape(each)}.</p>' for each in worksheet.warnings if key),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def row(line: Line, key: bool) -> str:
    """One question, and room for its answer."""
    answer = f'<b>{escape(line.answer)}</b><br><span class="worked">{escape(line.formula)}</span>' if key else ""
    return (
        f'<tr><td class="id">{escape(line.id)}</td><td>{escape(line.text)}</td>'
        f'<td class="points">{line.points}</td><td class="answer">{answer}</td></tr>'
    )


def escape(text: str) -> str:
    return escaped(one_line(text))
