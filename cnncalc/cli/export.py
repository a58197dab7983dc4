"""Write a network as source code of a framework.

\b
  cnncalc export resnet50 --to torch -o resnet50.py
  cnncalc export vgg16 --variant vgg19 --to torch --class-name VGG19

The source needs nothing of cnncalc, and the framework only to run.  TARGET is a file, a bundled name (alexnet,
densenet201), - for stdin, or a network on one line.
"""

from __future__ import annotations

import sys

import click

from cnncalc.cli._options import choosing, exit_code, read_settings, target


@click.command()
@target
@click.option("--to", "language", type=click.Choice(["torch"]), required=True, help="The framework.")
@click.option("-o", "--output", "path", metavar="FILE", type=click.Path(), help="Write to FILE, not to stdout.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@choosing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option("--class-name", metavar="NAME", help="Name of the class; with several nets the beginning of their names.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    language: str,
    path: str | None,
    force: bool,
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    net: str | None,
    class_name: str | None,
) -> None:
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.errors import in_order
    from cnncalc.formats.write import torch

    if class_name is not None and not torch.is_class_name(class_name):
        raise click.BadParameter(f"{class_name!r} cannot be the name of a class", param_hint="--class-name")
    network = api.load(target, set=read_settings(settings), variant=variant, input=shape)
    reports = api.analyse_all(network, net=net)
    text = torch.write([report.graph for report in reports], class_name)
    if path is None or path == "-":
        _output.echo(text)
    else:
        from cnncalc.cli._files import write_file

        write_file(path, text, force)
        _output.echo(f"wrote {path}", sys.stderr)
    errors = in_order([each for report in reports for each in report.diagnostics])
    if errors:
        _output.print_errors(errors)
    ctx.exit(exit_code(errors))
