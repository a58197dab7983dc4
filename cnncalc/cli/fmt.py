"""Rewrite the phrases of files in canonical spelling, comments kept.

Layers get the table's own words (MaxPool becomes maxpool), options their shortest form (stride=2 becomes /2).  Figures
never change, and formatting twice changes nothing.  - reads from stdin and writes to stdout.
"""

from __future__ import annotations

import sys

import click

from cnncalc.cli._options import exit_code, keep


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change, and exit with 1 if anything would.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], check: bool, diff: bool) -> None:
    from cnncalc.cli import _output
    from cnncalc.errors import Diagnostic, SpecError
    from cnncalc.files import load_architecture, read_stdin, replace_file
    from cnncalc.formats.write.fmt import rewrite
    from cnncalc.render import patch

    errors: list[Diagnostic] = []
    changed = 0
    for file in files:
        try:
            source = read_stdin(sys.stdin.buffer) if file == "-" else load_architecture(file)
            new = rewrite(source)
            if file != "-" and new != source.text and not (check or diff):
                replace_file(file, new)
        except SpecError as error:
            keep(errors, error)
            continue
        changed += new != source.text
        if diff:
            if new != source.text:
                _output.echo(patch.unified(source.text, new, source.name))
        elif check:
            if new != source.text:
                _output.echo(f"would rewrite {source.name}", sys.stderr)
        elif file == "-":
            _output.echo(new)
        elif new != source.text:
            _output.echo(f"rewrote {file}", sys.stderr)
    if errors:
        _output.print_errors(errors)
    ctx.exit(exit_code(errors) or int((check or diff) and changed > 0))
