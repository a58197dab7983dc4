"""Grade homework: which answers are right, and which mistake made the others.

\b
  cnncalc grade homework.yaml ada.yaml       one student, answer by answer
  cnncalc grade homework.yaml submissions/   a class: scores and mistakes
  cnncalc grade --network alexnet --ask conv1.params --answer 34848

ASSIGNMENT is a YAML file with a network and questions about it.  A SUBMISSION is YAML, JSON, CSV or the Markdown
sheet filled in, a folder of such files, or - for stdin.  An answer is right if it is exact, as far as it goes; the
same figures as `cnncalc summarize` shows decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._options import choosing, complete_file, complete_target, read_settings

if TYPE_CHECKING:
    from cnncalc.grading.records import Grading


def complete_format(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The formats, which are files."""
    from cnncalc.render.grades import formats

    return [name for name in formats() if name.startswith(incomplete)]


@click.command()
@click.argument("assignment", required=False, metavar="[ASSIGNMENT]", shell_complete=complete_file)
@click.argument("submissions", nargs=-1, metavar="[SUBMISSION...]", shell_complete=complete_file)
@click.option(
    "--network", metavar="TARGET", shell_complete=complete_target, help="A network to ask one question about."
)
@click.option("--ask", metavar="LAYER.WHAT", help="The question: conv1.output, conv1.params, total.macs, conv2.pad ...")
@click.option("--answer", metavar="TEXT", help="The answer to it.")
@click.option("--accept", "accepted", multiple=True, metavar="KEY=VALUE", help="What counts as right: rounding=sig:3.")
@choosing
@click.option("--net", metavar="NAME", help="The net of a network with several.")
@click.option(
    "--feedback",
    type=click.Choice(["none", "verdict", "hint", "full"]),
    default="full",
    show_default=True,
    help="How much is told: hint names the concept, not the number.",
)
@click.option("--student", metavar="NAME", help="Only this student, answer by answer.")
@click.option("--min-score", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 if a score is below.")
@click.option(
    "--format",
    "format_",
    metavar="FORMAT",
    default="table",
    show_default=True,
    shell_complete=complete_format,
    help="table, csv, gradescope, json, junit or markdown.",
)
@click.option("--out", metavar="DIR", type=click.Path(), help="A file for every student, in this folder.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@click.option(
    "--visibility",
    type=click.Choice(["visible", "hidden", "after_due_date", "after_published"]),
    default="visible",
    show_default=True,
    help="When Gradescope shows the tests to students.",
)
@click.pass_context
def command(
    ctx: click.Context,
    assignment: str | None,
    submissions: tuple[str, ...],
    network: str | None,
    ask: str | None,
    answer: str | None,
    accepted: tuple[str, ...],
    settings: tuple[str, ...],
    variant: str | None,
    shape: str | None,
    net: str | None,
    feedback: str,
    student: str | None,
    min_score: float | None,
    format_: str,
    out: str | None,
    force: bool,
    visibility: str,
) -> None:
    from time import perf_counter

    from cnncalc.cli import _output
    from cnncalc.render import grades

    begun = perf_counter()
    if format_ not in grades.formats():
        raise click.BadParameter(f"{format_!r}: choose from {', '.join(grades.formats())}", param_hint="--format")
    if network is not None or ask is not None or answer is not None:
        if network is None or ask is None or answer is None or assignment is not None:
            raise click.UsageError("one question takes --network, --ask and --answer, and no ASSIGNMENT.")
        loading: dict[str, Any] = {"set": read_settings(settings), "variant": variant, "input": shape}
        grading = single(network, ask, answer, net, accepted, loading)
    else:
        if settings or variant or shape or net or accepted:
            raise click.UsageError(
                "--set, --variant, --input, --net and --accept are for one question: an ASSIGNMENT says them itself."
            )
        if assignment is None or not submissions:
            raise click.UsageError("Missing argument 'ASSIGNMENT SUBMISSION...' (or --network, --ask and --answer).")
        grading = graded(assignment, submissions)
    if student is not None:
        grading = only(grading, student)
    screen = _output.terminal()
    shown = grades.Screen(screen.width, screen.colour, student, visibility, perf_counter() - begun)
    if out is not None:
        write(grades.files(grading, format_, feedback, shown._replace(colour=False)), out, force)
    elif grades.single(format_) and len(grading.submissions) != 1:
        raise click.UsageError(
            f"--format {format_} holds one submission: choose a --student, or a file each with --out."
        )
    else:
        _output.echo(grades.render(grading, format_, feedback, shown))
    ctx.exit(finish(grading, min_score, format_))


def write(files: dict[str, str], out: str, force: bool) -> None:
    """A file for every student; nothing is written where one of them exists already."""
    import sys

    from cnncalc.cli import _output
    from cnncalc.cli._files import write_all

    write_all(out, files, force)
    _output.echo(f"wrote {len(files)} file{'s' * (len(files) != 1)} to {out}", sys.stderr)


def single(
    network: str, ask: str, answer: str, net: str | None, accepted: tuple[str, ...], loading: dict[str, Any]
) -> Grading:
    """The grading of one answer at the prompt."""
    from cnncalc import api

    accept = {}
    for each in accepted:
        key, equals, value = each.partition("=")
        if not equals:
            raise click.BadParameter(f"takes KEY=VALUE, got {each!r}", param_hint="--accept")
        accept[key.strip()] = value.strip()
    return api.grade_answer(network, ask, answer, net=net, accept=accept, **loading)


def graded(assignment: str, submissions: tuple[str, ...]) -> Grading:
    """The grading of a class, with a progress bar where there are many files."""
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.collector import paused
    from cnncalc.errors import fault
    from cnncalc.grading.classroom import Grader
    from cnncalc.grading.classroom import graded as together
    from cnncalc.grading.submissions import FORMS, files_of

    grader = Grader(api.read_assignment(assignment))
    files = files_of(submissions)
    if not files:
        raise fault("A201", f"there are no submissions in {', '.join(submissions)}", help=[FORMS])
    found = _output.progress(files, "grading", len(files)) if len(files) > 20 else files
    with paused():
        return together(grader, [each for file in found for each in grader.grade_file(file)])


def only(grading: Grading, student: str) -> Grading:
    """What one student handed in; a usage error where there is no such student."""
    from cnncalc.errors import did_you_mean

    chosen = tuple(each for each in grading.submissions if each.student == student)
    if not chosen:
        hint = did_you_mean(student, [each.student for each in grading.submissions])
        raise click.BadParameter(
            f"nobody is called {student!r}" + (f"; {hint}" if hint else ""), param_hint="--student"
        )
    return grading._replace(submissions=chosen)


def finish(grading: Grading, min_score: float | None, format_: str) -> int:
    """Tell what was wrong with files; 2 where a submission could not be used, 1 where a score is too low."""
    from cnncalc.cli import _output

    problems = [*(each for one in grading.submissions for each in one.problems), *grading.errors]
    if problems and format_ != "json":
        _output.print_errors(problems)
    if any(each.code in ("A201", "A205") or each.code[0] in "YT" for each in problems) or not grading.submissions:
        return 2
    low = min_score is not None and any(100 * each.share < min_score for each in grading.submissions)
    return 1 if low else 0
