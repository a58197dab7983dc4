"""Find the kernel, stride and padding that take one size to another.

\b
  which windows?        cnncalc solve --input 227 --output 55
  with a kernel of 3?   cnncalc solve --input 224 --output 112 --kernel 3
  what comes out?       cnncalc solve --input 224 --kernel 3 --stride 2
  from which inputs?    cnncalc solve --output 55 --kernel 11 --stride 4

What is given is fixed, the rest is found.  Windows whose stride tiles come first, then those that are rounded down.
"""

from __future__ import annotations

import re
from typing import Any

import click

from cnncalc.cli._options import Whole

SIZE = Whole(1, 10**15)


@click.command()
@click.option("--input", type=SIZE, metavar="W", help="The size that flows in, along one axis.")
@click.option("--output", type=SIZE, metavar="N", help="The size that comes out.")
@click.option("--kernel", type=SIZE, metavar="F", help="The kernel size.")
@click.option("--stride", type=SIZE, metavar="S", help="The stride.")
@click.option("--pad", metavar="P", help="The padding: 2, 1:2 (before and after), same or half.")
@click.option("--dilation", type=SIZE, default=1, show_default=True, metavar="D", help="The dilation.")
@click.option("--transposed", is_flag=True, help="A transposed convolution.")
@click.option("--limit", type=Whole(1, 10_000), default=10, show_default=True, help="So many of each kind.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    input: int | None,
    output: int | None,
    kernel: int | None,
    stride: int | None,
    pad: str | None,
    dilation: int,
    transposed: bool,
    limit: int,
    format_: str,
) -> None:
    from cnncalc.analysis.solve import solve
    from cnncalc.cli import _output
    from cnncalc.render import solutions

    question: dict[str, Any] = {
        "input": input,
        "output": output,
        "kernel": kernel,
        "stride": stride,
        "pad": read_pad(pad),
        "dilation": dilation,
        "transposed": transposed,
    }
    try:
        found = solve(**question)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    message = "" if found else nothing(question)
    if format_ == "json":
        _output.echo(solutions.as_document({**question, "pad": pad}, found, limit, message))
    elif found:
        screen = _output.terminal()
        words = solutions.table(found, limit)
        _output.echo(solutions.coloured(words, screen.width) if screen.colour else words)
    if message:
        click.echo(message, err=True)
        ctx.exit(1)


def read_pad(text: str | None) -> Any:
    """``2``, ``1:2``, ``same`` or ``half``."""
    if text is None or text in ("same", "half"):
        return text
    found = re.fullmatch(r"(\d{1,15})(?::(\d{1,15}))?", text, re.ASCII)
    if not found:
        raise click.BadParameter(f"{text!r} is no padding: 2, 1:2, same or half", param_hint="--pad")
    return int(found[1]) if found[2] is None else (int(found[1]), int(found[2]))


def nothing(question: dict[str, Any]) -> str:
    """Why nothing fits, and what would."""
    from cnncalc.analysis.solve import reachable, solve
    from cnncalc.arithmetic import effective

    extent, out, kernel, stride, pad = (question[each] for each in ("input", "output", "kernel", "stride", "pad"))
    given = [f"{name} {question[name]}" for name in ("kernel", "stride") if question[name] is not None]
    if pad is not None:
        given.append(f"padding {pad if not isinstance(pad, tuple) else f'{pad[0]}:{pad[1]}'}")
    if question["dilation"] > 1:
        given.append(f"dilation {question['dilation']}")
    what = f"a window with {', '.join(given)}" if given else "a window"
    if extent is not None and out is None:
        return f"{what} does not fit into {extent}: it spans {effective(kernel, question['dilation'])} positions"
    lines = [f"there is no {what.removeprefix('a ')} that takes {extent or 'any input'} to {out}"]
    reach = reachable(extent, kernel, stride, pad, question["dilation"], question["transposed"]) if extent else None
    if reach is not None:
        least, most = reach
        span = f"{least}" if least == most else f"{least} to {most}, depending on the padding"
        lines.append(f"from {extent} it makes {span}")
    for name in ("stride", "pad", "kernel"):
        if question[name] is not None and (other := solve(**{**question, name: None})):
            lines.append(f"without --{name} there is: {other[0].settings}, {other[0].window}")
            break
    else:
        if extent is not None and out > extent and not question["transposed"]:
            lines.append("an output larger than the input takes a transposed convolution: --transposed")
        elif extent is not None and question["transposed"] and out < extent:
            lines.append("a transposed convolution enlarges: leave out --transposed")
    return "\n".join(lines)
