"""CSV and Markdown: one line per layer, plain figures."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from cnncalc.analysis.folding import Folded, deepest, fold
from cnncalc.analysis.report import Report
from cnncalc.render.columns import COLUMNS, total_of
from cnncalc.units import grouped

CSV_COLUMNS = ("name", "kind", "settings", "output", "params", "trainable", "buffers", "macs", "flops", "bytes", "rf")
MARKDOWN_COLUMNS = ("name", "settings", "output", "params", "macs", "rf")


def rows_of(report: Report, depth: int | None) -> list[Folded]:
    return fold(report, deepest(report) if depth is None else depth)


def csv_text(reports: Sequence[Report], depth: int | None = None, columns: Sequence[str] | None = None) -> str:
    """CSV with a heading line; a first column ``network`` where there are several."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = columns or CSV_COLUMNS
    several = len(reports) > 1
    writer.writerow([*(["network"] if several else []), *names])
    for report in reports:
        for row in rows_of(report, depth):
            writer.writerow([*([report.name] if several else []), *(COLUMNS[name].value(row) for name in names)])
    return out.getvalue()


def markdown(reports: Sequence[Report], depth: int | None = None, columns: Sequence[str] | None = None) -> str:
    """A Markdown table per network."""
    parts = []
    for report in reports:
        shown = [COLUMNS[name] for name in columns or MARKDOWN_COLUMNS]
        lines = [f"### {report.name}", ""]
        lines.append("| " + " | ".join(column.heading for column in shown) + " |")
        lines.append("| " + " | ".join("---:" if column.figure else "---" for column in shown) + " |")
        total = []
        rows = rows_of(report, depth)
        for row in rows:
            values = [column.value(row) for column in shown]
            lines.append("| " + " | ".join(grouped(v) if isinstance(v, int) else v for v in values) + " |")
        for number, column in enumerate(shown):
            figure = grouped(column.total([int(column.value(row)) for row in rows])) if column.figure else ""
            total.append(f"**{figure}**" if figure else f"**{total_of(report)}**" if number == 0 else "")
        lines += ["| " + " | ".join(total) + " |", "", f"{report.convention}.", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)
