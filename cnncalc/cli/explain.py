"""Explain how the figures of a layer come about, what a kind of layer does, or what a diagnostic means.

\b
  cnncalc explain alexnet conv1   a layer, or all layers of a line
  cnncalc explain alexnet         every layer in brief
  cnncalc explain conv            a kind of layer: its arguments, its formulas
  cnncalc explain S101            what a diagnostic means (does-not-tile too)

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, a network on one line, a layer's word, or the code
or the name of a diagnostic.  LAYER is the name of a layer, of a line or a label, or the beginning of a path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._options import choosing, exit_code, read_settings, sizing, target

if TYPE_CHECKING:
    from cnncalc.analysis.explain import Explanation
    from cnncalc.errors import Diagnostic


@click.command()
@target
@click.argument("layer", required=False, metavar="[LAYER]")
@choosing
@sizing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    layer: str | None,
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    batch: int,
    dtype: str,
    net: str | None,
    format_: str,
) -> None:
    from cnncalc import api
    from cnncalc.errors import in_order

    code = kind = None
    if not is_network(target):
        code = diagnostic_meant(target)
        kind = kind_meant(target) if code is None else None
    if code is not None or kind is not None:
        if layer is not None:
            raise click.UsageError(f"{code} is a diagnostic: it has no layers" if code else f"{kind} is a layer itself")
        write_page(code, format_) if code is not None else write_kind(str(kind), format_)
        return
    choice: dict[str, Any] = {"set": read_settings(settings), "variant": variant, "input": shape}
    network = api.read_network(target, **choice)
    reports = api.analyse_all(network, batch=batch, dtype=dtype, net=net, partial=True)
    found, errors = explanations(reports, layer, [*network.diagnostics])
    errors = in_order(errors)
    write(found, errors, format_)
    ctx.exit(exit_code(errors))


def is_network(target: str) -> bool:
    """Whether there is such a file or bundled network: it is stronger than a code or a layer of that name; a folder,
    which cannot be explained, is not."""
    import os

    from cnncalc import library
    from cnncalc.errors import code_of
    from cnncalc.layers import canonical

    if os.path.isdir(target):
        return code_of(target) is None and canonical(target) is None
    return os.path.exists(target) or library.find(target) is not None


def diagnostic_meant(target: str) -> str | None:
    """The code that TARGET stands for, None where it is none; raises SpecError where it is near a code only."""
    from cnncalc import library
    from cnncalc.errors import code_of, did_you_mean, fault
    from cnncalc.render import page

    if not page.looks_like_one(target):
        return None
    code = code_of(target)
    if code is None:
        help = [each for each in (page.hint(target), did_you_mean(target, library.names())) if each]
        what = "diagnostic" if target[1:].isdigit() else "diagnostic and no bundled network"
        raise fault("G101", f"there is no {what} called {target!r}", help=help[:1])
    return code


def kind_meant(target: str) -> str | None:
    """The kind of layer that TARGET is a word for, None where it is no word; raises SpecError where it is another."""
    import re

    from cnncalc import library
    from cnncalc.analysis.reference import argument_help
    from cnncalc.errors import did_you_mean, fault
    from cnncalc.layers import all_words, canonical
    from cnncalc.spec import foreign

    if not re.fullmatch(r"[A-Za-z]\w*", target):
        return None
    word = canonical(target)
    if word is None:
        lists = "`cnncalc list` names the bundled networks, `cnncalc list --layers` the layers"
        hint = argument_help(target) or foreign.layer_help(target) or library.family(target)
        hint = hint or did_you_mean(target, [*library.names(), *all_words()])
        raise fault(
            "Y001",
            f"there is no file, bundled network or layer called {target!r}",
            help=[each for each in (hint, lists) if each],
        )
    return word


def explanations(
    reports: list[Any], layer: str | None, errors: list[Diagnostic]
) -> tuple[list[Explanation], list[Diagnostic]]:
    """The explanations of the nets that have the layer, and what is wrong."""
    from cnncalc.analysis.explain import explain
    from cnncalc.errors import SpecError

    found: list[Explanation] = []
    missing: list[Diagnostic] = []
    for report in reports:
        errors += report.diagnostics
        try:
            if report.rows or not report.diagnostics:
                found.append(explain(report, layer))
        except SpecError as error:
            missing += error.diagnostics
    if not found and not any(each.code[0] != "E" for each in errors):
        errors += missing[:1]
    return found, errors


def write_page(code: str, format_: str) -> None:
    from cnncalc.cli import _output
    from cnncalc.render import page

    screen = _output.terminal()
    if format_ == "json":
        _output.echo(page.as_document(code))
    elif format_ == "text" and screen.colour:
        _output.echo(page.coloured(page.page(code), screen.width))
    else:
        _output.echo(page.page(code))


def write_kind(word: str, format_: str) -> None:
    from cnncalc.analysis.reference import reference
    from cnncalc.cli import _output
    from cnncalc.render import page
    from cnncalc.render import reference as render

    found = reference(word)
    screen = _output.terminal()
    if format_ == "json":
        _output.echo(render.as_document(found))
    elif format_ == "markdown":
        _output.echo(render.markdown(found))
    elif screen.colour:
        _output.echo(page.coloured(render.markdown(found), screen.width))
    else:
        _output.echo(render.text(found, screen.width))


def write(found: list[Explanation], errors: list[Diagnostic], format_: str) -> None:
    """The explanations in the format asked for on stdout; diagnostics on stderr, in JSON inside the document."""
    from cnncalc.cli import _output
    from cnncalc.render import explanation

    if format_ == "json":
        _output.echo(explanation.as_document(found, errors))
        return
    screen = _output.terminal()
    if found and format_ == "markdown":
        _output.echo(explanation.markdown(found))
    elif found:
        shown = explanation.coloured if screen.colour else explanation.text
        _output.echo(shown(found, screen.width))
    if errors:
        _output.print_errors(errors)
