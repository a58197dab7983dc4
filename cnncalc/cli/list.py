"""List the bundled networks, with their parameters and MACs; or the kinds of layers."""

from __future__ import annotations

import click


@click.command()
@click.option("--family", "wanted", multiple=True, metavar="NAME", help="Only this family (may be given again).")
@click.option("--layers", is_flag=True, help="The kinds of layers instead.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def command(ctx: click.Context, wanted: tuple[str, ...], layers: bool, format_: str) -> None:
    if layers:
        if wanted:
            raise click.UsageError("--layers takes no --family")
        list_layers(format_)
        return
    from cnncalc.analysis import catalogue
    from cnncalc.cli import _output
    from cnncalc.render import catalogue as table

    names = catalogue.names()
    if wanted:
        written = {name: catalogue.family_of(place).lower() for name, place in names.items()}
        if {each.lower() for each in wanted} <= {*written.values()}:
            # what belongs to another family need not be analysed
            names = {name: names[name] for name, family in written.items() if family in ("", *map(str.lower, wanted))}
    entries = [catalogue.entry(*each) for each in _output.progress(names.items(), "analysing", len(names))]
    families = catalogue.families(entries)
    if wanted:
        chosen = dict.fromkeys(family_called(each, [*families]) for each in wanted)
        families = {name: members for name, members in families.items() if name in chosen}
    errors = [each for members in families.values() for entry in members for each in entry.diagnostics]
    if format_ == "json":
        _output.echo(table.as_document(families, errors))
    else:
        screen = _output.terminal()
        _output.echo((table.coloured if screen.colour else table.plain)(families, screen.width))
        if errors:
            _output.print_errors(errors)
    ctx.exit(2 if errors else 0)


def list_layers(format_: str) -> None:
    from cnncalc.analysis.reference import references
    from cnncalc.cli import _output
    from cnncalc.render import reference as render

    found = references()
    if format_ == "json":
        _output.echo(render.as_documents(found))
    else:
        screen = _output.terminal()
        _output.echo((render.coloured_index if screen.colour else render.index)(found, screen.width))


def family_called(name: str, known: list[str]) -> str:
    """The family of that name, case aside."""
    from cnncalc.errors import did_you_mean

    found = next((each for each in known if each.lower() == name.lower()), None)
    if found is None:
        hint = did_you_mean(name, known) or f"the families: {', '.join(known)}"
        raise click.BadParameter(f"there is no family called {name!r}; {hint}", param_hint="--family")
    return found
