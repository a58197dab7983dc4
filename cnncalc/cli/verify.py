"""Check every figure of a network against torch.

\b
  cnncalc verify alexnet resnet50        shapes, parameters, MACs, numbers ...
  cnncalc verify --training --device cpu unet
  cnncalc verify --all --device meta     every bundled network, shapes alone

TARGET is a file, a bundled name (alexnet, densenet201), - for stdin, or a network on one line.

The network is built in torch and run; where it is too large for this machine, shapes alone (meta).  Rows are shown
where the figures differ, all with --verbose.  The exit code is 0 if all are equal, 1 if any differs, 2 if anything
could not be run.  Needs torch: pip install 'cnncalc[torch]'.
"""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli._options import Whole, choosing, complete_target, exit_code, keep, read_settings


@click.command()
@click.argument("targets", nargs=-1, metavar="TARGET...", shell_complete=complete_target)
@click.option("--all", "all_", is_flag=True, help="Every bundled network, with its variants.")
@choosing
@click.option("--net", metavar="NAME", help="Only this net of a file with several.")
@click.option(
    "--device",
    type=click.Choice(["auto", "meta", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where it runs; auto: CUDA where there is any, else the CPU.",
)
@click.option("--batch", type=Whole(1, 10**6), default=2, show_default=True, help="Examples at a time.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16", "bfloat16", "float64"]),
    default="float32",
    show_default=True,
    help="Data type of weights and values.",
)
@click.option("--training", is_flag=True, help="Also memory: bytes saved for backward, and peaks of live bytes.")
@click.option("--verbose", is_flag=True, help="Every row, not only those that differ.")
@click.option("--format", "format_", type=click.Choice(["table", "json", "junit"]), default="table", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    all_: bool,
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    net: str | None,
    device: str,
    batch: int,
    dtype: str,
    training: bool,
    verbose: bool,
    format_: str,
) -> None:
    from cnncalc.errors import SpecError

    if all_:
        from cnncalc import library

        if targets or settings or variant or shape or net:
            raise click.UsageError("--all takes no TARGET, and no --set, --variant, --input or --net")
        targets = tuple(library.names())
    elif not targets:
        raise click.UsageError("Missing argument 'TARGET...' (or --all).")
    choice = {"set": read_settings(settings), "variant": variant, "input": shape}
    sizes = {"batch": batch, "dtype": dtype, "net": net}
    networks: list[dict[str, Any]] = []
    errors: list[Any] = []
    interrupted = False
    try:
        with ready(device, training) as verifier:
            run(verifier, targets, choice, sizes, networks, errors)
    except SpecError as error:
        keep(errors, error)
    except KeyboardInterrupt:
        interrupted = True
    write(networks, errors, format_, verbose)
    if interrupted:
        from cnncalc.cli import INTERRUPTED

        ctx.exit(INTERRUPTED)
    ctx.exit(exit_code(errors) or (0 if all(each["equal"] for each in networks) else 1))


def ready(device: str, training: bool) -> Any:
    """What verifies; raises :class:`SpecError` where there is no torch, or no such device."""
    from cnncalc.cli._torch import needed

    with needed("verify"):
        from cnncalc.backend.verify import Verifier
    return Verifier(device, training=training)


def run(
    verifier: Any,
    targets: tuple[str, ...],
    choice: dict[str, Any],
    sizes: dict[str, Any],
    networks: list[dict[str, Any]],
    errors: list[Any],
) -> None:
    """All nets of all targets; what was found goes to ``networks`` and ``errors`` one after the other."""
    import warnings

    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.errors import SpecError

    for target in _output.progress(targets, "verifying", len(targets)):
        try:
            for report in api.analyse_all(api.load(target, **choice), **sizes):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    networks.append(verifier.verify(report).as_document())
        except SpecError as error:
            keep(errors, error)


def write(networks: list[dict[str, Any]], errors: list[Any], format_: str, verbose: bool) -> None:
    """The verifications on stdout; diagnostics on stderr, in JSON and JUnit inside the document."""
    from cnncalc.cli import _output
    from cnncalc.render import verification

    if format_ == "json":
        _output.echo(verification.as_document(networks, errors))
        return
    if format_ == "junit":
        _output.echo(verification.junit(networks, errors))
        return
    screen = _output.terminal()
    if networks and screen.colour:
        found = verification.lines(networks, screen.width, verbose)
        _output.echo(verification.coloured(found, screen.width))
    elif networks:
        _output.echo(verification.table(networks, screen.width, verbose))
    if errors:
        _output.print_errors(errors)
