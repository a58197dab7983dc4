"""Print every figure of a network, layer by layer and in total.

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, or a network on one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._options import Whole, choosing, exit_code, keep, names_list, read_settings, sizing, targets
from cnncalc.errors import did_you_mean

if TYPE_CHECKING:
    Choice = click.Choice[str]
else:
    Choice = click.Choice  # no subscript before click 8.2

TOOL_NAMES = ("torchinfo", "fvcore", "thop", "ptflops", "ptflops-aten", "keras", "torchvision")
"""The tools of ``analysis.counting``, written down here so that ``--help`` need not load it."""

COLUMN_NAMES = (
    "name", "kind", "settings", "output", "params", "trainable", "buffers", "macs", "flops", "bias", "norm",
    "activation", "pooling", "elementwise", "bytes", "memory", "rf",
)  # fmt: skip
"""Those of ``render.columns``, for the same reason."""


class ToolName(Choice):
    """One of ``TOOL_NAMES``; the nearest is named where there is no such tool."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = did_you_mean(str(value).lower(), TOOL_NAMES)
            if not hint:
                raise
            raise click.BadParameter(f"{error.message} {hint.capitalize()}", ctx, param) from None


@click.command()
@targets
@choosing
@sizing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option("--only", metavar="OUTPUT", help="Only the layers that this output needs.")
@click.option(
    "--as",
    "tool",
    type=ToolName(TOOL_NAMES, case_sensitive=False),
    help="Totals as another tool counts them, too.",
)
@click.option(
    "--depth", type=Whole(1), help="Fold names deeper than this; 1 shows lines.  [default: what fits a screen]"
)
@click.option(
    "--columns",
    metavar="NAMES",
    help=f"Columns, separated by commas, or +NAMES to add some: {', '.join(COLUMN_NAMES)}.",
)
@click.option(
    "--style",
    type=click.Choice(["plain", "cs231n"]),
    default="plain",
    show_default=True,
    help="The table's notation; cs231n is that of the course notes.",
)
@click.option("--strict", is_flag=True, help="A stride that does not tile is an error.")
@click.option("--limit", type=Whole(1), help="The most layers a network may have.")
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "csv", "markdown"]), default="table", show_default=True
)
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    batch: int,
    dtype: str,
    net: str | None,
    only: str | None,
    tool: str | None,
    depth: int | None,
    columns: str | None,
    style: str,
    strict: bool,
    limit: int | None,
    format_: str,
) -> None:
    from cnncalc import api
    from cnncalc.errors import Diagnostic, SpecError, in_order
    from cnncalc.graph import NODE_LIMIT

    if style != "plain" and (format_ != "table" or columns or depth or tool or batch != 1):
        raise click.UsageError(f"--style {style} is a table of one image with columns of its own.")
    if tool is not None and format_ in ("csv", "markdown"):
        raise click.UsageError(f"--as adds to the totals of a table or JSON: --format {format_} has no place for it.")
    reports: list[Any] = []
    errors: list[Diagnostic] = []
    for target in targets:
        try:
            network = api.read_network(target, set=read_settings(settings), variant=variant, input=shape)
            errors += network.diagnostics
            found = api.analyse_all(
                network,
                batch=batch,
                dtype=dtype,
                net=net,
                strict=strict or None,
                limit=limit or NODE_LIMIT,
                only=only,
                partial=True,
            )
            reports += found
            errors += [each for report in found for each in report.diagnostics]
        except SpecError as error:
            keep(errors, error)
    errors = in_order(errors)
    if style == "cs231n":
        write_notes(reports, errors)
    else:
        write(reports, errors, format_, depth, columns, tool)
    ctx.exit(exit_code(errors))


def write(
    reports: list[Any], errors: list[Any], format_: str, depth: int | None, columns: str | None, tool: str | None
) -> None:
    """The reports in the format asked for on stdout; diagnostics on stderr, in JSON inside the document."""
    from cnncalc.cli import _output

    if format_ == "json":
        from cnncalc.render import json

        _output.echo(json.render(reports, errors, tool))
        return
    names = None
    if columns is not None:
        from cnncalc.render.columns import COLUMNS, DEFAULT

        more = names_list(columns.removeprefix("+"), COLUMNS, "--columns")
        names = [*DEFAULT, *more] if columns.startswith("+") else more
    if format_ == "table":
        from cnncalc.render import table

        screen = _output.terminal()
        shown = [report for report in reports if report.rows]
        texts = []
        for report in shown:
            made = table.sheet(report, depth, names, screen.width, tool)
            texts.append(table.coloured(made, screen.width) if screen.colour else table.plain(made, screen.width))
        if texts:
            _output.echo("\n".join(texts))
    else:
        from cnncalc.render import delimited

        text = (delimited.csv_text if format_ == "csv" else delimited.markdown)(reports, depth, names)
        if reports:
            _output.echo(text)
    if errors:
        _output.print_errors(errors)


def write_notes(reports: list[Any], errors: list[Any]) -> None:
    """The reports in the notation of the CS231n notes, each under its name where there are several."""
    from cnncalc.cli import _output
    from cnncalc.render import cs231n

    width = _output.terminal().width
    shown = [report for report in reports if report.rows]
    texts = [(f"{report.name}\n" if len(shown) > 1 else "") + cs231n.text(report, width) for report in shown]
    if texts:
        _output.echo("\n".join(texts))
    if errors:
        _output.print_errors(errors)
