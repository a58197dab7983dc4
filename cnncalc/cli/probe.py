"""Time a network on this device, and say how near it comes to what the device can do.

\b
  cnncalc probe resnet50 --batch 1,8,32 --backward --out resnet50.json
  cnncalc probe alexnet --dtype tf32,bfloat16 --graphs --svg roofline.svg
  cnncalc probe --compare before.json after.json

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, or a network on one line.

Rows are warmed up and repeated until the times agree, with emptied caches, against ceilings measured in the same run.
Ctrl-C keeps what was measured.  Clocks and power are read, never set.  Needs torch: pip install 'cnncalc[torch]'.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._options import choosing, complete_target, read_settings, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DTYPES = ("float32", "tf32", "bfloat16", "float16")
FORMATS = ("contiguous", "channels_last")


def several(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Values separated by commas, each once."""
    return tuple(dict.fromkeys(each.strip() for each in value.split(",")))


def chosen(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Data types, or memory formats."""
    known = DTYPES if param.name == "dtypes" else FORMATS
    found = several(ctx, param, value)
    for each in found:
        if each not in known:
            raise click.BadParameter(f"{each!r}: choose from {', '.join(known)}")
    return found


def numbers(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Batch sizes."""
    found = several(ctx, param, value)
    for each in found:
        if not (each.isascii() and each.isdigit() and len(each) <= 9 and int(each) > 0):
            raise click.BadParameter(f"{each!r}: whole numbers from 1, separated by commas")
    return tuple(map(int, found))


@click.command()
@click.argument("target", metavar="TARGET", required=False, shell_complete=complete_target)
@choosing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option("--device", metavar="NAME", default="auto", show_default=True, help="auto, cuda, cuda:1 or cpu.")
@click.option(
    "--batch", "batches", callback=numbers, default="1", show_default=True, metavar="N,...", help="Batch sizes."
)
@click.option(
    "--dtype",
    "dtypes",
    callback=chosen,
    default="float32",
    show_default=True,
    metavar="NAME,...",
    help=f"Data types of weights and values: {', '.join(DTYPES)}.",
)
@click.option(
    "--memory-format",
    "formats",
    callback=chosen,
    default="contiguous",
    show_default=True,
    metavar="NAME,...",
    help=f"{' or '.join(FORMATS)}, or both.",
)
@click.option("--backward", is_flag=True, help="Also forward and backward together, in training mode.")
@click.option("--per-layer", is_flag=True, help="Also each layer alone, with its place on the roofline.")
@click.option("--compile", "compile_", is_flag=True, help="Also through torch.compile.")
@click.option("--graphs", is_flag=True, help="Also replayed from CUDA graphs, without launch gaps.")
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0, 3600, min_open=True),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="The most that a measurement (a row, a layer, a ceiling) may take.",
)
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Write the record (JSON) to a file.")
@click.option("--svg", type=click.Path(dir_okay=False), metavar="FILE", help="Write the roofline plot to a file.")
@click.option("--compare", nargs=2, type=click.Path(), metavar="A.json B.json", help="Compare two records instead.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    net: str | None,
    device: str,
    batches: tuple[int, ...],
    dtypes: tuple[str, ...],
    formats: tuple[str, ...],
    backward: bool,
    per_layer: bool,
    compile_: bool,
    graphs: bool,
    seconds: float,
    out: str | None,
    svg: str | None,
    compare: tuple[str, str] | None,
    format_: str,
) -> None:
    if compare:
        if target is not None:
            raise click.UsageError("--compare takes two records and no TARGET")
        beside = [each for each in typed(ctx) if each not in ("--compare", "--format")]
        if beside:
            raise click.UsageError(f"--compare measures nothing: {', '.join(beside)} cannot stand beside it")
        show_comparison(compare, format_)
        return
    if target is None:
        raise click.UsageError("Missing argument 'TARGET' (or --compare A.json B.json).")
    for path, option in ((out, "--out"), (svg, "--svg")):
        if path is not None and not os.access(os.path.dirname(os.path.abspath(path)), os.W_OK):
            raise click.BadParameter(f"{path}: cannot be written there", param_hint=option)

    from cnncalc import api

    network = api.load(target, set=read_settings(settings), variant=variant, input=shape)
    report = api.analyse(network, net=net)
    options = {
        "batches": batches,
        "dtypes": dtypes,
        "memory_formats": formats,
        "backward": backward,
        "per_layer": per_layer,
        "compile": compile_,
        "graphs": graphs,
        "seconds": seconds,
    }
    record, interrupted = measured(report.graph, device, options)
    write(record, out, svg)
    show(record, format_)
    if interrupted:
        from cnncalc.cli import INTERRUPTED

        ctx.exit(INTERRUPTED)
    if not any(row["time"] for row in record["rows"]):
        ctx.exit(2)


def measured(graph: Any, device: str, options: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The record of a probe, and whether somebody interrupted it; raises :class:`SpecError`, D101 to D103."""
    from cnncalc.cli import _output
    from cnncalc.cli._torch import needed

    with needed("probe"):
        from cnncalc.backend.device import device_for
        from cnncalc.backend.probe.runs import Plan, Session
    session = Session(graph, Plan(**options), device_for(device))
    steps = session.steps()
    try:
        for _ in _output.progress(steps, "measuring", session.total):
            pass
    except KeyboardInterrupt:
        steps.close()
        return session.record(), True
    return session.record(), False


def write(record: Mapping[str, Any], out: str | None, svg: str | None) -> None:
    """The files that were asked for."""
    if out is not None:
        from cnncalc.backend.probe import record as records

        records.write(out, record)
    if svg is not None:
        from cnncalc.render import roofline

        with open(svg, "w", encoding="utf-8") as file:
            file.write(roofline.svg(record))


def show(record: Mapping[str, Any], format_: str) -> None:
    from cnncalc.render import probe

    echo(record, probe.lines, format_)


def echo(document: Mapping[str, Any], lines: Callable[[Mapping[str, Any], int], Any], format_: str) -> None:
    """A record or a comparison on stdout, ``lines`` as tables."""
    from cnncalc.cli import _output
    from cnncalc.render import probe
    from cnncalc.render.ansi import unpainted

    screen = _output.terminal()
    if format_ == "json":
        _output.echo(probe.as_document(document))
    elif screen.colour:
        _output.echo(probe.coloured(lines(document, screen.width), screen.width))
    else:
        _output.echo(unpainted(lines(document, screen.width)))


def show_comparison(paths: tuple[str, str], format_: str) -> None:
    """Two records side by side; torch is not needed."""
    from cnncalc.backend.probe.compare import compare
    from cnncalc.backend.probe.record import Unreadable, read
    from cnncalc.render import probe_comparison

    try:
        document = compare(*map(read, paths))
    except Unreadable as error:
        raise click.BadParameter(str(error), param_hint="--compare") from None
    echo(document, probe_comparison.lines, format_)
