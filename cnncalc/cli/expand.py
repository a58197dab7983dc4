"""Write a network in the flat long form: one line per layer.

Every block is called, every repeat unrolled and every number worked out; each layer says where its input comes from.
Reading the text back gives the same layers, names and figures.  TARGET is a file, a bundled name (alexnet,
densenet201), - for stdin, or a network on one line.
"""

from __future__ import annotations

import click

from cnncalc.cli._options import choosing, exit_code, read_settings, target


@click.command()
@target
@choosing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.pass_context
def command(
    ctx: click.Context, target: str, settings: tuple[str, ...], variant: str | None, shape: str | None, net: str | None
) -> None:
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.errors import SpecError, in_order
    from cnncalc.formats.write import yaml

    network = api.load(target, set=read_settings(settings), variant=variant, input=shape)
    reports = api.analyse_all(network, net=net)
    try:
        text = yaml.write([report.graph for report in reports])
    except SpecError as error:
        _output.print_errors(error.diagnostics)
        ctx.exit(2)
    _output.echo(text)
    errors = in_order(each for report in reports for each in report.diagnostics)
    if errors:
        _output.print_errors(errors)
    ctx.exit(exit_code(errors))
