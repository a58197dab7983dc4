"""Write an assignment as a quiz for a learning management system.

\b
  cnncalc quiz homework.yaml --to gift --out homework.gift
  cnncalc quiz homework.yaml --to moodle-xml --variants 20 --out homework.xml
  cnncalc quiz homework.yaml --to qti --out homework.zip
  cnncalc quiz homework.yaml --to prairielearn --out questions/homework

Known wrong values become choices, or get a feedback of their own.  Equal assignments are written alike, byte for byte.
"""

from __future__ import annotations

import os
import sys

import click

from cnncalc.cli._options import Whole, formats_in

FORMATS = formats_in("formats", "write", "quiz")


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT", type=click.Path())
@click.option("--to", "format_", type=click.Choice(FORMATS), required=True, help="The system, or its format.")
@click.option("--out", "out", metavar="PATH", type=click.Path(), help="The file; for PrairieLearn the folder.")
@click.option("--variants", type=Whole(1, 1000), metavar="N", help="Versions with other numbers to draw from.")
@click.option("--student", metavar="ID", default="", help="This student's own numbers.")
@click.option("--force", is_flag=True, help="Overwrite what exists.")
def command(assignment: str, format_: str, out: str | None, variants: int | None, student: str, force: bool) -> None:
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.cli._files import write_all, write_file
    from cnncalc.formats.write.quiz import write

    if variants is not None and student:
        raise click.UsageError("--variants and --student exclude each other.")
    if out is None and format_ in ("qti", "prairielearn"):
        raise click.UsageError(f"--to {format_} needs --out PATH.")
    if format_ == "prairielearn" and (variants or student):
        raise click.UsageError("PrairieLearn draws the numbers itself: leave out --variants and --student.")
    read = api.read_assignment(assignment)
    if variants is not None and not read.choices:
        raise click.UsageError("--variants needs an assignment with ranges under `params:`.")
    labels = [f"variant {number}" for number in range(1, variants + 1)] if variants else [student]
    files = write(api.quiz(read, labels), format_)
    if out is None:
        _output.echo(files[""].decode("utf-8"))
        return
    if list(files) == [""]:
        write_file(out, files[""], force)
    else:
        write_all(out, files, force)
    _output.echo(f"wrote {os.path.join(out, '') if len(files) > 1 else out}", sys.stderr)
