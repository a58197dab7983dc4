"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cnncalc.errors import SpecError

F = TypeVar("F", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number between two bounds, both of which a refusal names."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            most = "" if self.max is None else f" to {self.max:,}"
            self.fail(f"{value!r} is no whole number from {self.min}{most}", param, ctx)


def typed(ctx: click.Context) -> list[str]:
    """The options that stand on the command line, by their first names (``--batch``); arguments by theirs."""
    source = click.core.ParameterSource.COMMANDLINE
    return [each.opts[0] for each in ctx.command.params if each.name and ctx.get_parameter_source(each.name) is source]


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Bundled names, and files by the shell."""
    from click.shell_completion import CompletionItem

    from cnncalc import library

    names = [CompletionItem(name) for name in library.names() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def complete_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Files, by the shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def formats_in(*folder: str) -> list[str]:
    """The formats that are modules of a folder of the package, listed without importing one."""
    import os

    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *folder)
    files = (name for name in os.listdir(path) if name.endswith(".py") and not name.startswith("_"))
    return sorted(name[:-3].replace("_", "-") for name in files)


def targets(function: F) -> F:
    """One or more TARGETs."""
    return click.argument("targets", nargs=-1, required=True, metavar="TARGET...", shell_complete=complete_target)(
        function
    )


def target(function: F) -> F:
    """A single TARGET."""
    return click.argument("target", metavar="TARGET", shell_complete=complete_target)(function)


def choosing(function: F) -> F:
    """``--set``, ``--variant``, ``--input``: what is loaded."""
    for decorate in reversed(
        (
            click.option(
                "--set", "settings", multiple=True, metavar="NAME=NUMBER", help="Set a parameter of the file."
            ),
            click.option("--variant", metavar="NAME", help="A named set of parameters of the file."),
            click.option("--input", "shape", metavar="SHAPE", help="Another input shape, e.g. 3x256x256."),
        )
    ):
        function = decorate(function)
    return function


def sizing(function: F) -> F:
    """``--batch`` and ``--dtype``."""
    from cnncalc.units import DTYPE_BYTES

    for decorate in reversed(
        (
            click.option("--batch", type=Whole(1, 10**9), default=1, show_default=True, help="Examples at a time."),
            click.option(
                "--dtype",
                type=click.Choice(list(DTYPE_BYTES)),
                default="float32",
                show_default=True,
                help="Data type of the values.",
            ),
        )
    ):
        function = decorate(function)
    return function


def read_settings(settings: tuple[str, ...]) -> dict[str, Any]:
    """The values of ``--set``, the last of a name."""
    from cnncalc.loading import read_setting

    return dict(read_setting(each) for each in settings)


def names_list(text: str, known: dict[str, Any], option: str) -> list[str]:
    """The columns of a list separated by commas, by their names or headings; each must be known."""
    called = {column.heading.lower(): name for name, column in known.items()} | {name: name for name in known}
    said = [each.strip() for each in text.split(",") if each.strip()]
    names = [called.get(each.lower(), each) for each in said]
    wrong = [each for each in names if each not in known]
    if wrong or not names:
        raise click.BadParameter(f"{', '.join(wrong) or 'nothing'}: choose from {', '.join(known)}", param_hint=option)
    return names


def exit_code(errors: list[Any]) -> int:
    """0 fine, 1 figures that differ, 2 a network that cannot be used."""
    if not errors:
        return 0
    return 2 if any(each.code[0] != "E" for each in errors) else 1


def keep(errors: list[Any], error: SpecError) -> None:
    """Note the diagnostics of an exception."""
    errors.extend(error.diagnostics)
