"""Write a commented file to start a network from.

Without FILE (or with -) it is printed.  An existing file is never overwritten without --force.
"""

from __future__ import annotations

import sys

import click

from cnncalc.cli._options import complete_file

STARTER = """\
# yaml-language-server: $schema=./cnncalc.schema.json
# $schema: ./cnncalc.schema.json
# The two lines above tell editors what may stand here: the first is for VS Code, Neovim and other users of the YAML
# language server, the second for JetBrains.  Make the schema with: cnncalc schema > cnncalc.schema.json

name: My network
about: where the network and its figures come from

input: 3x32x32                  # channels first: channels x height x width

params:                         # numbers to play with: cnncalc summarize FILE --set classes=100
  width: 16
  classes: 10

defaults:                       # options of a layer wherever it does not say otherwise
  conv: half                    # padding of (F - 1)/2: an odd kernel at stride 1 keeps the size

blocks:                         # parts that are used more than once, fresh weights each time
  double(c): (conv c 3 | relu)*2

layers:                         # a line goes on from the line above unless it begins with a name
  stage1: double width          # conv CHANNELS KERNEL [/STRIDE] [pPADDING]
  pool1: maxpool 2 => 16x16x16  # a claim: checked whenever the file is read
  stage2: double 2*width
  pool2: maxpool 2
  stage3: residual(double 4*width, project = conv 4*width 1)
  head: gap | fc classes        # flattening needs no line of its own

expect:                         # figures that this file vouches for: checked too
  stage3: 64x8x8
  output: 10
"""


@click.command()
@click.argument("file", required=False, metavar="[FILE]", shell_complete=complete_file)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def command(file: str | None, force: bool) -> None:
    from cnncalc.cli._files import write_file
    from cnncalc.cli._output import echo

    if file is None or file == "-":
        echo(STARTER)
        return
    write_file(file, STARTER, force)
    echo(f"wrote {file}; now try: cnncalc summarize {file}", sys.stderr)
