"""Rewrite the phrases of files in canonical spelling, comments kept.

Layers get the table's own words (MaxPool becomes maxpool), options their shortest form (stride=2 becomes /2).  Figures
never change, and formatting twice changes nothing.  - reads from stdin and writes to stdout.
"""

from __future__ import annotations

import os
import sys

import click

from cnncalc.cli._options import exit_code, keep


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], check: bool, diff: bool) -> None:
    from cnncalc.cli import _output
    from cnncalc.errors import Diagnostic, SpecError
    from cnncalc.files import load_source, read_stdin
    from cnncalc.formats.write.fmt import rewrite

    errors: list[Diagnostic] = []
    changed = 0
    for file in files:
        try:
            source = read_stdin(sys.stdin.buffer) if file == "-" else load_source(file)
            new = rewrite(source)
        except SpecError as error:
            keep(errors, error)
            continue
        changed += new != source.text
        if diff:
            if new != source.text:
                _output.echo(difference(source.text, new, source.name))
        elif check:
            if new != source.text:
                _output.echo(f"would rewrite {source.name}", sys.stderr)
        elif file == "-":
            _output.echo(new)
        elif new != source.text:
            replace(file, new)
            _output.echo(f"rewrote {file}", sys.stderr)
    if errors:
        _output.print_errors(errors)
    ctx.exit(exit_code(errors) or int(check and changed > 0))


def difference(old: str, new: str, name: str) -> str:
    """What changes, as a unified diff."""
    from difflib import unified_diff

    before, after = (text.splitlines() for text in (old, new))
    return "\n".join(unified_diff(before, after, name, name, lineterm=""))


def replace(file: str, text: str) -> None:
    """Put another text in a file's place, all of it or nothing; its mode, and its byte-order mark, stay."""
    import tempfile

    path = os.path.realpath(file)
    with open(path, "rb") as old:
        mark = b"\xef\xbb\xbf" if old.read(3) == b"\xef\xbb\xbf" else b""
        mode = os.fstat(old.fileno()).st_mode & 0o7777
    number, name = tempfile.mkstemp(prefix=".cnncalc-", dir=os.path.dirname(path))
    try:
        with open(number, "wb") as fresh:
            fresh.write(mark + text.encode("utf-8"))
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
