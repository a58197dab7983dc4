"""Which commands there are, and the page that lists them: read from the files, without importing one (nor click)."""

from __future__ import annotations

import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
HELP = (["--help"], ["-h"])
"""The argument lists that ask for the page and nothing else."""

_PAGE = """\
Usage: cnncalc [OPTIONS] COMMAND [ARGS]...

  Exact figures of convolutional networks, each with its arithmetic.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
{commands}

"cnncalc COMMAND --help" tells about a command.
"""


def names() -> list[str]:
    """The commands in alphabetical order; ``foo_bar.py`` is the command ``foo-bar``."""
    files = (name for name in os.listdir(FOLDER) if name.endswith(".py") and not name.startswith("_"))
    return sorted(name[:-3].replace("_", "-") for name in files)


def module(name: str) -> str:
    """The module of a command."""
    return "cnncalc.cli." + name.replace("-", "_")


def short_help(name: str) -> str:
    """The first line of the docstring of a command's file, without the full stop."""
    with open(os.path.join(FOLDER, name.replace("-", "_") + ".py"), "rb") as file:
        line = file.readline().decode("utf-8", "replace").strip()
    if not line.startswith('"""'):
        return ""
    return line.strip('"').strip().removesuffix(".")


def page(width: int) -> str:
    """What ``cnncalc --help`` prints."""
    listed = names()
    column = max(map(len, listed), default=0)
    return _PAGE.format(commands="\n".join(_entry(name, column, width) for name in listed))


def _entry(name: str, column: int, width: int) -> str:
    margin = column + 4
    lines = [""]
    for word in short_help(name).split():
        if lines[-1] and margin + len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return f"  {name:<{column}}  " + f"\n{' ' * margin}".join(lines)
