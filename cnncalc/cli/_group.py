"""The click group behind ``cnncalc``: it imports only the command that is run, and meets every error once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cnncalc._version import __version__
from cnncalc.cli import BROKEN_PIPE, INTERRUPTED, _commands
from cnncalc.cli._output import close_stdout, echo, print_errors, width
from cnncalc.errors import SpecError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Commands(click.Group):
    """The commands are the files of ``cnncalc/cli``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return _commands.names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _commands.names():
            return None
        module = import_module(_commands.module(cmd_name))
        command: click.Command = module.command
        if command.help is None:
            command.help = module.__doc__
            command.callback = _telling(command.callback)
        return command

    def get_help(self, ctx: click.Context) -> str:
        return _commands.page(width()).rstrip("\n")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = _commands.names()
        if args[0] in known or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise click.UsageError(_unknown(args[0], known), ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [name for name in _commands.names() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=_commands.short_help(name)) for name in found] + options

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except SpecError as error:
            print_errors(error.diagnostics)
            ctx.exit(2)
        except BrokenPipeError:
            close_stdout()
            ctx.exit(BROKEN_PIPE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def _telling(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    """A command that tells what it could not even begin with as JSON on stdout, where JSON is what it writes."""
    assert callback is not None

    @wraps(callback)
    def told(*arguments: Any, **options: Any) -> Any:
        try:
            return callback(*arguments, **options)
        except SpecError as error:
            if options.get("format_") != "json":
                raise
            from cnncalc.render.diagnostics import as_document

            echo(as_document(error.diagnostics))
            return click.get_current_context().exit(2)

    return told


def _unknown(name: str, known: list[str]) -> str:
    from cnncalc import library

    if "summarize" in known and (name.endswith((".yaml", ".yml")) or "|" in name or os.path.isfile(name)):
        quoted = f"'{name}'" if set(name) & set(" |;()*") else name
        return f"No such command {name!r}; did you mean: cnncalc summarize {quoted}"
    if "summarize" in known and library.find(name) is not None:
        return f"No such command {name!r}; did you mean: cnncalc summarize {name}"
    hint = "did you mean: cnncalc --help" if name == "help" else did_you_mean(name, known)
    return f"No such command {name!r}" + (f"; {hint}" if hint else ".")


group = Commands(name="cnncalc", context_settings={"help_option_names": ["-h", "--help"]})
group = click.version_option(__version__, prog_name="cnncalc", message="%(prog)s %(version)s")(group)
