"""Tell what the linter's rules mean, one or all of them.

\b
  cnncalc rule P101     the page of a rule (bias-before-norm too)
  cnncalc rule --all    every code, its severity, and whether --fix helps

The codes of loading are among them: a file that does not load is a finding, too.
"""

from __future__ import annotations

import click


def complete_code(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Codes, and the names of rules."""
    from cnncalc.errors import codes

    known = codes()
    return [each for each in (*known, *known.values()) if each.startswith(incomplete)]


@click.command()
@click.argument("rule", required=False, metavar="[CODE|NAME]", shell_complete=complete_code)
@click.option("--all", "all_", is_flag=True, help="Every rule and code.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def command(rule: str | None, all_: bool, format_: str) -> None:
    from cnncalc.cli import _output
    from cnncalc.errors import code_of, fault
    from cnncalc.render import page, rulebook

    if all_ == (rule is not None):
        raise click.UsageError("name one rule, or --all")
    if rule is None:
        shown = {"text": rulebook.text, "json": rulebook.as_document, "markdown": rulebook.markdown}[format_]
        _output.echo(shown())
        return
    code = code_of(rule)
    if code is None:
        hint = page.hint(rule) or "`cnncalc rule --all` lists them"
        raise fault("X102", f"there is no rule called {rule!r}", help=[hint])
    screen = _output.terminal()
    if format_ == "json":
        _output.echo(rulebook.one_document(code))
    elif format_ == "text" and screen.colour:
        _output.echo(page.coloured(page.page(code), screen.width))
    else:
        _output.echo(page.page(code))
