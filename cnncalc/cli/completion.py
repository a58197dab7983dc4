"""Print the completion script of a shell: bash, zsh or fish.

\b
  bash:  eval "$(cnncalc completion bash)"                    in ~/.bashrc
  zsh:   eval "$(cnncalc completion zsh)"                     in ~/.zshrc
  fish:  cnncalc completion fish > ~/.config/fish/completions/cnncalc.fish
"""

import click

from cnncalc.cli._output import echo


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    # ShellComplete.source, not the subclass's: bash's would start a bash here to look at its version.
    echo(ShellComplete.source(kind(context.find_root().command, {}, "cnncalc", "_CNNCALC_COMPLETE")))
