"""The table of a report: rich where a terminal can show it, plain text with the same columns elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.folding import Folded, fitting_depth, fold
from cnncalc.analysis.report import Report
from cnncalc.library import told
from cnncalc.render.columns import COLUMNS, DEFAULT, total_of
from cnncalc.shape import axis_names, show
from cnncalc.units import grouped, short_bytes, short_count

BAR_WIDTH = 6
PARTIAL = "only what comes before the first fault, not the figures of the network"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Cell(NamedTuple):
    """A text and the style a terminal gives it."""

    text: str
    style: str = ""


class Sheet(NamedTuple):
    """A table before it is written: headings, rows of cells, the total, and lines above and below."""

    title: tuple[Cell, Cell]
    headings: tuple[str, ...]
    right: tuple[bool, ...]
    rows: list[tuple[Cell, ...]]
    total: tuple[Cell, ...]
    below: list[Cell]


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A bar of eighths of a cell, as long as the share; something where the share is more than nothing."""
    eighths = round(share * width * 8)
    if share > 0 and eighths == 0:
        eighths = 1
    full, rest = divmod(min(eighths, width * 8), 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


COUNTS = (("", 1), ("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12), ("P", 10**15))
BYTES = (("", 1), ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30), ("TiB", 2**40), ("PiB", 2**50))


def unit_for(values: Sequence[int], binary: bool) -> tuple[str, int]:
    """The unit in which a column's largest value has at most four digits before the point."""
    largest = max(values, default=0)
    units = BYTES if binary else COUNTS
    return next(((unit, scale) for unit, scale in units if largest < 10_000 * scale), units[-1])


def scaled(value: int, scale: int) -> str:
    """A figure in its column's unit: two decimals that mean something, ``-`` for nothing."""
    if value == 0:
        return "-"
    if scale == 1:
        return grouped(value)
    number = value / scale
    return f"{number:,.2f}" if number >= 0.005 else "<0.01"


def sheet(
    report: Report,
    depth: int | None = None,
    columns: Sequence[str] | None = None,
    width: int = 80,
    tool: str | None = None,
) -> Sheet:
    """The table of a report, narrow enough for ``width`` where that can be done without loss of sense."""
    lines = below(report, tool)
    depths = range(fitting_depth(report), 0, -1) if depth is None else (depth,)
    layouts = LAYOUTS
    if columns is not None:
        depths = depths[:1]
        layouts = ((columns, True, True), (columns, False, True))
    made = None
    for names, bars, exact in layouts:
        for each in depths:
            made = build(report, fold(report, each), names, bars, exact, lines)
            if breadth(made) <= width:
                return made
    assert made is not None
    return made


LAYOUTS: tuple[tuple[Sequence[str], bool, bool], ...] = (
    (DEFAULT, True, True),
    (DEFAULT, False, True),
    (DEFAULT, False, False),
    (("name", "settings", "output", "params", "macs"), False, False),
    (("name", "output", "params", "macs"), False, False),
)
"""What is shown, with bars or not, parameters exact or abbreviated: the first that is narrow enough is taken."""


def build(
    report: Report, rows: list[Folded], names: Sequence[str], bars: bool, exact: bool, lines: list[Cell]
) -> Sheet:
    headings: list[str] = []
    right: list[bool] = []
    columns: list[list[Cell]] = []
    totals: list[Cell] = []
    for name in names:
        column = COLUMNS[name]
        if not column.figure:
            headings.append(column.heading)
            right.append(name in ("rf",))
            columns.append([text_cell(name, row) for row in rows])
            totals.append(Cell(total_of(report), "bold") if name == "name" else Cell(""))
            continue
        values = [int(column.value(row)) for row in rows]
        total = column.total(values)
        if name == "params" and exact:
            unit, scale = "", 1
        else:
            unit, scale = unit_for(values, column.binary)
        headings.append(f"{column.heading} [{unit}]" if unit else column.heading)
        right.append(True)
        columns.append([Cell(scaled(value, scale), "dim" if value == 0 else "") for value in values])
        totals.append(Cell(scaled(total, scale) if total else "0", "bold"))
        if bars and name in ("params", "macs"):
            headings.append("")
            right.append(False)
            columns.append([Cell(bar(value / total if total else 0), "bar") for value in values])
            totals.append(Cell(""))
    place = told(report.graph.network.source.name)
    inputs = ", ".join(f"{name} {show(shape)}" for name, shape in report.inputs)
    return Sheet(
        (Cell(report.name, "bold"), Cell(f"{inputs}   {place}" if place != "<line>" else inputs, "dim")),
        tuple(headings),
        tuple(right),
        list(zip(*columns, strict=True)),
        tuple(totals),
        lines,
    )


def text_cell(name: str, row: Folded) -> Cell:
    if name == "name":
        return Cell(row.name, "name")
    if name == "output" and any(any(each.unread) for each in row.rows):
        return Cell(f"{show(row.output)} *", "warn")
    return Cell(str(COLUMNS[name].value(row)), "dim" if name in ("settings", "rf") else "")


def below(report: Report, tool: str | None = None) -> list[Cell]:
    """The lines under a table: the totals in words, what is never read, the convention."""
    totals = report.totals
    lines = [] if report.complete else [Cell(PARTIAL, "warn")]
    lines += [
        Cell(
            f"{grouped(totals.params)} params ({short_bytes(totals.parameter_bytes)} {report.dtype})"
            + (
                f", {grouped(totals.params - totals.trainable)} of them frozen"
                if totals.params != totals.trainable
                else ""
            )
            + (f", {grouped(totals.buffers)} buffers" if totals.buffers else "")
        ),
        Cell(
            f"{short_count(totals.macs)} MACs = {short_count(totals.flops)} FLOPs, "
            f"activations {short_bytes(totals.activation_bytes)} (batch {report.batch})"
        ),
    ]
    if report.graph.per_image > 1:
        times = report.graph.per_image
        lines.append(Cell(f"runs {grouped(times)} times per image: {short_count(totals.macs * times)} MACs"))
    shared = sum(row.weights_of is not None for row in report.rows)
    if shared:
        who = "1 layer uses" if shared == 1 else f"{shared} layers use"
        lines.append(Cell(f"{who} weights that count once, at their first use", "dim"))
    if tool is not None:
        lines.append(Cell(as_other(report, tool)))
    unread = [row for row in report.rows if any(row.unread)]
    lines += [
        Cell(f"* {row.name}: {never_read(row.unread)}: {row.formulas.get('output', '')}", "warn") for row in unread[:3]
    ]
    if len(unread) > 3:
        lines.append(Cell(f"* and {len(unread) - 3} more whose stride does not tile", "warn"))
    lines.append(Cell(report.convention, "dim"))
    return lines


def as_other(report: Report, tool: str) -> str:
    """``as fvcore 0.1.5: 25,557,032 params, 4,111,512,576 flops: ...``, the totals as another tool counts them."""
    from cnncalc.analysis.counting import TOOLS, as_tool

    found = as_tool(report, tool)
    figures = [f"{grouped(found.params)} params" if found.params is not None else "params not known"]
    if found.operations is not None:
        figures.append(f"{grouped(found.operations)} {found.figure}")
    elif TOOLS[tool].rules is not None:
        figures.append(f"{found.figure} not known")
    return f"as {found.tool} {found.version}: {', '.join(figures)}: {found.note}"


def never_read(unread: tuple[int, ...]) -> str:
    """``1 row and 1 column never read``."""
    words = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}.get(
        len(unread), axis_names(len(unread))
    )
    parts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in zip(unread, words, strict=True) if count]
    return f"{' and '.join(parts)} never read"


def widths(made: Sheet) -> list[int]:
    return [
        max(len(heading), len(total.text), *(len(row[index].text) for row in made.rows)) if made.rows else len(heading)
        for index, (heading, total) in enumerate(zip(made.headings, made.total, strict=True))
    ]


def breadth(made: Sheet) -> int:
    """How many columns of a screen the table takes: its own, with two blanks between."""
    return sum(widths(made)) + 2 * (len(made.headings) - 1)


def plain(made: Sheet, width: int = 80) -> str:
    """The sheet as plain text; no line is wider than it must be."""
    sizes = widths(made)
    line = "─" * breadth(made)

    def row(texts: Sequence[str]) -> str:
        cells = [
            text.rjust(size) if right else text.ljust(size)
            for text, size, right in zip(texts, sizes, made.right, strict=True)
        ]
        return "  ".join(cells).rstrip()

    title, where = (cell.text for cell in made.title)
    lines = [f"{title}   {where}", line, row(made.headings), line]
    lines += [row([cell.text for cell in cells]) for cells in made.rows]
    lines += [line, row([cell.text for cell in made.total])]
    for cell in made.below:
        lines += wrapped(cell.text, width)
    return "\n".join(lines) + "\n"


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, broken at blanks."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = "  " + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


STYLES = {"bar": "cyan", "name": "bold", "warn": "yellow", "dim": "dim", "bold": "bold", "": ""}


def coloured(made: Sheet, width: int) -> str:
    """The sheet with the colours of a terminal, through rich.  A table that is wider goes on behind the edge: rich
    would cut names and figures."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=True, width=max(width, breadth(made)), highlight=False)
    console.print(Text.assemble((made.title[0].text, "bold"), "   ", (made.title[1].text, "dim")), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False, pad_edge=False)
    for heading, right in zip(made.headings, made.right, strict=True):
        table.add_column(Text(heading), justify="right" if right else "left", no_wrap=True)
    for row in made.rows:
        table.add_row(*(Text(cell.text, STYLES[cell.style]) for cell in row))
    table.add_section()
    table.add_row(*(Text(cell.text, STYLES[cell.style]) for cell in made.total))
    console.print(table)
    for cell in made.below:
        for line in wrapped(cell.text, width):
            console.print(Text(line, STYLES[cell.style]), soft_wrap=True)
    return out.getvalue()
