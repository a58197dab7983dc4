"""Say how much memory a training step or an inference needs, before anybody buys a GPU.

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, or a network on one line.
"""

from __future__ import annotations

import os
from typing import Any

import click

from cnncalc.cli._options import Whole, choosing, read_settings, target, typed


def complete_gpu(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names that are known."""
    from cnncalc.analysis.memory.gpus import GPUS

    return [each for each in GPUS if each.startswith(incomplete.lower())]


@click.command()
@target
@choosing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option("--batch", type=Whole(1, 10**6), default=1, show_default=True, help="Examples at a time.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16", "float64", "amp"]),
    default="float32",
    show_default=True,
    help="amp is torch.autocast: float16 on CUDA, bfloat16 on the CPU, weights in float32.",
)
@click.option(
    "--optimizer",
    type=click.Choice(["none", "sgd", "momentum", "adam", "adamw", "adagrad", "rmsprop"]),
    default="sgd",
    show_default=True,
)
@click.option(
    "--training/--inference", default=True, show_default=True, help="A training step, or a forward pass alone."
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cuda", show_default=True)
@click.option("--loss", type=click.Choice(["cross_entropy", "mean"]), help="The loss of the training step.")
@click.option("--limit", metavar="SIZE", help="Say which batch fits, e.g. 24GiB; exit with 1 where --batch does not.")
@click.option("--gpu", metavar="NAME", shell_complete=complete_gpu, help="The same for a GPU, e.g. h100.")
@click.option("--torch", metavar="VERSION", help="Follow this release, 2.6 or newer.  [default: 2.15]")
@click.option("--hints", is_flag=True, help="Work out what would help: in place, amp, bfloat16, checkpoints.")
@click.option("--svg", type=click.Path(dir_okay=False, writable=True), help="Write the chart of the step as a picture.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: str,
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    net: str | None,
    limit: str | None,
    gpu: str | None,
    hints: bool,
    svg: str | None,
    format_: str,
    **options: Any,
) -> None:
    from cnncalc import api
    from cnncalc.analysis.memory.estimate import read_limit
    from cnncalc.cli import _output
    from cnncalc.errors import SpecError
    from cnncalc.render import memory as render

    of_training = [each for each in typed(ctx) if each in ("--optimizer", "--loss")]
    if of_training and not options["training"]:
        belong = "belongs" if len(of_training) == 1 else "belong"
        raise click.UsageError(f"{' and '.join(of_training)} {belong} to a training step: leave out --inference")
    if svg is not None and not os.access(os.path.dirname(os.path.abspath(svg)), os.W_OK):
        raise click.BadParameter(f"{svg}: cannot be written there", param_hint="--svg")
    try:
        room = None if limit is None else read_limit(limit)
        network = api.load(target, set=read_settings(settings), variant=variant, input=shape)
        answers = api.memory_all(network, net=net, limit=room, gpu=gpu, hints=hints, **options)
    except SpecError as error:
        if format_ != "json":
            raise
        _output.echo(render.errors_as_json(error.diagnostics))
        ctx.exit(2)
    if svg is not None:
        if len(answers) > 1:
            raise click.UsageError("--svg is the picture of one net: choose it with --net")
        with open(svg, "w", encoding="utf-8") as file:
            file.write(render.svg(answers[0].report))
    if format_ == "json":
        _output.echo(render.as_json(answers))
    else:
        screen = _output.terminal()
        written = render.coloured if screen.colour else render.table
        _output.echo("\n".join(written(answer, screen.width) for answer in answers))
    ctx.exit(int(any(answer.fits is False for answer in answers)))
