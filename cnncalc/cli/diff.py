"""Set two networks side by side: layers added, removed, renamed, changed, and every figure.

\b
  cnncalc diff resnet18 resnet34
  cnncalc diff net.yaml net.yaml --set-b width=0.5
  cnncalc diff HEAD~1:net.yaml net.yaml --format markdown

A and B are files, bundled names (alexnet, densenet201), - for stdin, networks on one line, or REV:PATH: a file as a git
revision has it, with its imports; PATH counts from the top of the repository, ./PATH from here; :PATH is what is
staged.

Exit status: 0 where both are equal, 1 where they differ, 2 where one cannot be used.
"""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli._options import complete_target, read_settings, sizing


def choosing_sides(function: Any) -> Any:
    """``--set``, ``--variant``, ``--input`` and ``--net``: of both networks, or with ``-a`` and ``-b`` of one."""
    for end, of in (("b", "B"), ("a", "A"), ("", "both")):
        option, name = (f"-{end}", f"_{end}") if end else ("", "")
        for decorate in (
            click.option(f"--net{option}", metavar="NAME", help=f"Only this net of {of}."),
            click.option(f"--input{option}", f"shape{name}", metavar="SHAPE", help=f"Another input shape of {of}."),
            click.option(f"--variant{option}", metavar="NAME", help=f"A variant of {of}."),
            click.option(
                f"--set{option}",
                f"settings{name}",
                multiple=True,
                metavar="NAME=NUMBER",
                help=f"Set a parameter of {of}.",
            ),
        ):
            function = decorate(function)
    return function


@click.command()
@click.argument("a", metavar="A", shell_complete=complete_target)
@click.argument("b", metavar="B", shell_complete=complete_target)
@choosing_sides
@sizing
@click.option("--all", "every", is_flag=True, help="Show the layers that are equal, too.")
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True
)
@click.pass_context
def command(
    ctx: click.Context, /, a: str, b: str, batch: int, dtype: str, every: bool, format_: str, **options: Any
) -> None:
    from cnncalc import api
    from cnncalc.errors import SpecError
    from cnncalc.loading import load_revision

    if a == b == "-":
        raise click.UsageError("- can stand for one of the two only: stdin is read once.")
    errors: list[Any] = []
    found: list[Any] = []
    networks = []
    for target, end in ((a, "_a"), (b, "_b")):
        try:
            networks.append(load_revision(target, **chosen(options, end)))
        except SpecError as error:
            errors += error.diagnostics
    if not errors:
        nets = {"net": options["net_a"] or options["net"], "net_b": options["net_b"] or options["net"]}
        try:
            found = api.diff_all(*networks, **nets, batch=batch, dtype=dtype)
        except SpecError as error:
            errors += error.diagnostics
    write(found, errors, format_, every)
    ctx.exit(2 if errors else int(not all(each.equal for each in found)))


def chosen(options: dict[str, Any], end: str) -> dict[str, Any]:
    """What one side is loaded with: its own options before those of both."""
    settings = read_settings((*options["settings"], *options[f"settings{end}"]))
    return {
        "set": settings,
        "variant": options[f"variant{end}"] or options["variant"],
        "input": options[f"shape{end}"] or options["shape"],
    }


def write(found: list[Any], errors: list[Any], format_: str, every: bool) -> None:
    """The differences in the format asked for on stdout; diagnostics on stderr, in JSON inside the document."""
    from cnncalc.cli import _output
    from cnncalc.render import difference as render
    from cnncalc.render import difference_documents as documents

    if format_ == "json":
        _output.echo(documents.as_document(found, errors, every))
        return
    screen = _output.terminal()
    if found and format_ == "markdown":
        _output.echo(documents.markdown(found, every))
    elif found:
        shown = render.coloured if screen.colour else render.text
        _output.echo(shown(found, screen.width, every))
    if errors:
        _output.print_errors(errors)
