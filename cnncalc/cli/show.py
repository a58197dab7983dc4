"""Print the text of a bundled network."""

from __future__ import annotations

import os
from typing import Any

import click


def complete_name(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Bundled names."""
    from click.shell_completion import CompletionItem

    from cnncalc import library

    return [CompletionItem(name) for name in library.names() if name.startswith(incomplete)]


@click.command()
@click.argument("name", metavar="NAME", shell_complete=complete_name)
@click.option("--path", "path_only", is_flag=True, help="Print where the file lies instead.")
def command(name: str, path_only: bool) -> None:
    from cnncalc import library
    from cnncalc.cli._output import echo
    from cnncalc.errors import fault
    from cnncalc.files import load_source

    place = library.find(name)
    if place is None:
        hint = library.hint(name) or "`cnncalc list` names the bundled networks"
        raise fault("Y001", f"there is no bundled network called {name!r}", help=[hint])
    echo(place.path if path_only else load_source(place.path).text)
    if place.variant is not None and place.variant not in os.path.basename(place.path):
        click.echo(f"note: {place.variant} is a variant of this file: --variant {place.variant}", err=True)
