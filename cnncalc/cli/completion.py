"""Print the completion script of a shell: bash, zsh or fish.

\b
  bash:  eval "$(cnncalc completion bash)"                    in ~/.bashrc
  zsh:   eval "$(cnncalc completion zsh)"                     in ~/.zshrc
  fish:  cnncalc completion fish > ~/.config/fish/completions/cnncalc.fish
"""

import click

from cnncalc.cli._output import echo

BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value

    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)

    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$value") ;;
            file) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
"""Click's own forgets the names that it has as soon as files may stand there, too, and takes brackets in them for
patterns."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(context.find_root().command, {}, "cnncalc", "_CNNCALC_COMPLETE")
    # ShellComplete.source, not the subclass's: bash's would start a bash here to look at its version.
    echo(BASH % made.source_vars() if shell == "bash" else ShellComplete.source(made))
