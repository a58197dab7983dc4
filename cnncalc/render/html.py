"""The report as an HTML table, for notebooks."""

from __future__ import annotations

from html import escape

from cnncalc.analysis.report import Report
from cnncalc.render.table import Cell, sheet


def table(report: Report) -> str:
    """A self-contained table, folded as on a terminal."""
    made = sheet(report, width=120)
    cells = [line(row, made.right) for row in (*made.rows, made.total)]
    head = "".join(f"<th>{escape(each)}</th>" for each in made.headings)
    below = "".join(f"<div>{escape(each.text)}</div>" for each in made.below)
    return (
        f'<div><b>{escape(made.title[0].text)}</b> <span style="opacity:.6">{escape(made.title[1].text)}</span>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(cells)}</tbody></table>{below}</div>"
    )


def line(row: tuple[Cell, ...], right: tuple[bool, ...]) -> str:
    cells = (f'<td style="text-align:{side(r)}">{escape(c.text)}</td>' for c, r in zip(row, right, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def side(right: bool) -> str:
    return "right" if right else "left"
