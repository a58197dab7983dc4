"""Write the sheet of an assignment, or its solution.

\b
  cnncalc worksheet homework.yaml
  cnncalc worksheet homework.yaml --key
  cnncalc worksheet homework.yaml --student ada --format html -o ada.html
  cnncalc worksheet homework.yaml --roster class.csv --out sheets

A filled-in sheet (Markdown, YAML, CSV) is what `cnncalc grade` reads.  With --student the sheet has that student's
own numbers, where the assignment has ranges under `params:`; they hang on the ids of the assignment and the student
alone.
"""

from __future__ import annotations

import os
import sys

import click

from cnncalc.cli._options import formats_in


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT", type=click.Path())
@click.option(
    "--format", "format_", type=click.Choice(formats_in("render", "worksheet")), default="markdown", show_default=True
)
@click.option("--key", is_flag=True, help="The solution, with every worked formula.")
@click.option("--student", metavar="ID", default="", help="This student's own numbers.")
@click.option(
    "--roster", metavar="FILE", type=click.Path(), help="A sheet for everybody in FILE: CSV, or an id a line."
)
@click.option(
    "--out", "out", metavar="DIR", type=click.Path(), help="Where the sheets of a roster go; keys in DIR/keys."
)
@click.option("-o", "--output", "path", metavar="FILE", type=click.Path(), help="Write to FILE, not to stdout.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(
    assignment: str,
    format_: str,
    key: bool,
    student: str,
    roster: str | None,
    out: str | None,
    path: str | None,
    force: bool,
) -> None:
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.cli._files import write_file
    from cnncalc.render.worksheet import render

    if (roster is None) != (out is None):
        raise click.UsageError("--roster FILE and --out DIR go together.")
    if roster is not None and out is not None:
        if student or path is not None:
            raise click.UsageError("--roster takes no --student and no --output.")
        write_class(assignment, roster, out, format_, key, force)
        return
    sheet = api.worksheet(assignment, student)
    text = render(sheet, format_, key)
    if sheet.assignment.choices and not student:
        note = "everybody has numbers of their own here, and these are nobody's: --student ID or --roster FILE"
        _output.echo(note, sys.stderr)
    if path is None or path == "-":
        _output.echo(text)
    else:
        write_file(path, text, force)
        _output.echo(f"wrote {path}", sys.stderr)


def write_class(assignment: str, roster: str, out: str, format_: str, key: bool, force: bool) -> None:
    """A sheet for everybody in a roster, and with ``key`` a solution; nothing is written where one exists already."""
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.cli._files import folder, free, write_file
    from cnncalc.grading.roster import file_names
    from cnncalc.render.worksheet import render, suffix

    students = api.read_students(roster)
    names = [f"{name}{suffix(format_)}" for _, name in file_names(students)]
    free([os.path.join(out, *where, name) for name in names for where in ([], ["keys"])[: 1 + key]], force)
    folder(os.path.join(out, "keys") if key else out)
    sheets = api.worksheets(assignment, students)
    doubtful = []
    for name, sheet in zip(names, _output.progress(sheets, "writing", len(names)), strict=True):
        write_file(os.path.join(out, name), render(sheet, format_), force)
        if key:
            write_file(os.path.join(out, "keys", name), render(sheet, format_, key), force)
        doubtful += [sheet.student] if sheet.warnings else []
    _output.echo(f"wrote {len(names)} sheet{'s' * (len(names) != 1)} to {out}", sys.stderr)
    if doubtful:
        who = ", ".join(doubtful[:5]) + (" ..." if len(doubtful) > 5 else "")
        _output.echo(
            f"some mistakes do not show in the numbers of {len(doubtful)} of them ({who}): see --key", sys.stderr
        )
