"""The report as an HTML table, for notebooks."""

from __future__ import annotations

from html import escape

from cnncalc.analysis.report import Report
from cnncalc.render.table import sheet


def table(report: Report) -> str:
    """A self-contained table, folded as on a terminal."""
    made = sheet(report, width=120)
    cells = []
    for row in [*made.rows, made.total]:
        cells.append(
            "<tr>"
            + "".join(
                f'<td style="text-align:{side(r)}">{escape(c.text)}</td>' for c, r in zip(row, made.right, strict=True)
            )
            + "</tr>"
        )
    head = "".join(f"<th>{escape(each)}</th>" for each in made.headings)
    below = "".join(f"<div>{escape(each.text)}</div>" for each in made.below)
    return (
        f'<div><b>{escape(made.title[0].text)}</b> <span style="opacity:.6">{escape(made.title[1].text)}</span>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(cells)}</tbody></table>{below}</div>"
    )


def side(right: bool) -> str:
    return "right" if right else "left"
