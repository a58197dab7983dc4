"""Compare networks, one row for each: figures, depth, receptive field.

\b
  cnncalc compare alexnet vgg16 resnet50 --sort macs
  cnncalc compare --all --sort params --reverse

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, or a network on one line.  A file with several
nets has a row for each.  Depth counts the weight layers (convolutions, fully connected) on the longest path.
"""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli._options import complete_target, exit_code, names_list, sizing


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]", shell_complete=complete_target)
@click.option("--all", "every", is_flag=True, help="Every bundled network, behind the TARGETs.")
@click.option("--sort", metavar="COLUMN", help="Sort by this column, from the least.")
@click.option("--reverse", is_flag=True, help="From the greatest, or the TARGETs from the last.")
@click.option("--columns", metavar="NAMES", help="Columns, separated by commas, or +NAMES to add some.")
@sizing
@click.option(
    "--format", "format_", type=click.Choice(["table", "csv", "json", "markdown"]), default="table", show_default=True
)
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    every: bool,
    sort: str | None,
    reverse: bool,
    columns: str | None,
    batch: int,
    dtype: str,
    format_: str,
) -> None:
    from cnncalc import api, library
    from cnncalc.cli import _output
    from cnncalc.errors import in_order
    from cnncalc.render import comparison as render

    if not targets and not every:
        raise click.UsageError("Missing argument 'TARGET...' (or --all).")
    names = chosen_columns(columns, render)
    if sort is not None:
        sort, *more = names_list(sort, render.COLUMNS, "--sort")
        if more:
            raise click.BadParameter(f"one column, not {len(more) + 1}", param_hint="--sort")
    wanted = list(dict.fromkeys((*targets, *(library.names() if every else ()))))
    peaks = format_ == "json" or bool({*(names or ()), sort} & {*render.PEAKS})
    rows: list[Any] = []
    for target in _output.progress(wanted, "analysing", len(wanted)) if every else wanted:
        rows += api.compare([target], batch=batch, dtype=dtype, peaks=peaks)
    errors = in_order(each for row in rows for each in row.diagnostics)
    if sort is not None:
        rows = render.ordered(rows, sort, reverse)
    elif reverse:
        rows.reverse()
    write(rows, errors, names, format_)
    ctx.exit(exit_code(errors))


def chosen_columns(columns: str | None, render: Any) -> list[str] | None:
    """The columns of ``--columns``; None where it was not given."""
    if columns is None:
        return None
    more = names_list(columns.removeprefix("+"), render.COLUMNS, "--columns")
    return list(dict.fromkeys([*render.DEFAULT, *more])) if columns.startswith("+") else more


def write(rows: list[Any], errors: list[Any], names: list[str] | None, format_: str) -> None:
    """The rows in the format asked for on stdout; diagnostics on stderr, in JSON inside the document."""
    from cnncalc.cli import _output
    from cnncalc.render import comparison as render

    if format_ == "json":
        _output.echo(render.as_document(rows, errors))
        return
    screen = _output.terminal()
    if format_ == "csv":
        _output.echo(render.csv_text(rows, names))
    elif format_ == "markdown":
        _output.echo(render.markdown(rows, names))
    else:
        _output.echo((render.coloured if screen.colour else render.plain)(rows, screen.width, names))
    if errors:
        _output.print_errors(errors)
