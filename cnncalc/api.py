"""The library: what every command does, as functions.

>>> import cnncalc
>>> net = cnncalc.load("3x227x227 | conv 96 11x11 /4")
>>> report = cnncalc.analyse(net)
>>> report.rows[0].formulas["output"]
'(227 - 11 + 2*0)/4 + 1 = 55'
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.analysis import report as analysis
from cnncalc.analysis.expectations import check
from cnncalc.analysis.report import Group, Row, Totals
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, did_you_mean, fault, in_order
from cnncalc.files import STDIN, source_of
from cnncalc.graph import NODE_LIMIT, Graph, expand
from cnncalc.loading import load, load_revision, parse, read_network
from cnncalc.spec.network import Network

if TYPE_CHECKING:
    from cnncalc.analysis.comparison import Compared
    from cnncalc.analysis.difference import Difference
    from cnncalc.analysis.explain import Explanation
    from cnncalc.analysis.memory.estimate import Estimate
    from cnncalc.backend.build import Twin
    from cnncalc.backend.verify import Verification
    from cnncalc.grading.quiz import Quiz
    from cnncalc.grading.records import Assignment, Grading
    from cnncalc.grading.worksheet import Worksheet
    from cnncalc.linting.records import Outcome
    from cnncalc.linting.settings import Settings

__all__ = [
    "Graph",
    "Group",
    "Network",
    "Report",
    "Row",
    "Totals",
    "analyse",
    "analyse_all",
    "build",
    "compare",
    "diff",
    "diff_all",
    "explain",
    "grade",
    "grade_answer",
    "lint",
    "load",
    "memory",
    "parse",
    "quiz",
    "read_assignment",
    "read_network",
    "verify",
    "worksheet",
    "worksheets",
]


Answer = TypeVar("Answer")


class Report(analysis.Report):
    """A report that notebooks show as a table."""

    def _repr_html_(self) -> str:
        from cnncalc.render.html import table

        return table(self)


def analyse(
    network: Network | str | os.PathLike[str],
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    only: str | None = None,
    partial: bool = False,
) -> Report:
    """All figures of a network, of its net ``net`` where it has several, of what its output ``only`` needs.

    Raises :class:`SpecError` where it cannot be built; with ``partial`` the report ends at the faults instead and
    carries them in ``diagnostics``, as it always carries expectations that do not hold.
    """
    reports = analyse_all(
        network, batch=batch, dtype=dtype, net=net, strict=strict, limit=limit, only=only, partial=partial
    )
    if len(reports) > 1:
        names = ", ".join(str(report.graph.net.name) for report in reports)
        raise fault("G107", f"there are several nets: {names}", help=["choose one: net=..."])
    return reports[0]


def analyse_all(
    network: Network | str | os.PathLike[str],
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    only: str | None = None,
    partial: bool = False,
) -> list[Report]:
    """A report for every net of a network, see :func:`analyse`."""
    if not isinstance(network, Network):
        network = load(network)
    with paused():
        graphs = expand(network, strict=strict, limit=limit, shapes=network.extra.get("input"))
        reports = [Report(graph, batch, dtype) for graph in graphs]
        for report in reports:
            assert report.totals is not None  # the rows are made while the collector rests
    broken = [each for report in reports if not report.complete for each in report.diagnostics]
    if net is not None:
        known = [str(report.graph.net.name) for report in reports if report.graph.net.name]
        reports = [report for report in reports if report.graph.net.name == net]
        if not reports:
            hint = did_you_mean(net, known) or (
                f"its nets: {', '.join(known)}" if known else "it has a single net without a name"
            )
            raise fault("G101", f"there is no net called {net!r}", help=[hint])
    if broken and not partial:
        raise SpecError(broken)
    if only is not None:
        return [Report(report.graph, batch, dtype, only) for report in reports]
    if not network.modified and not network.diagnostics:
        for report in reports:
            report.diagnostics += check(report, report.graph.net.expect)
    return reports


def explain(
    network: Network | analysis.Report | str | os.PathLike[str],
    layer: str | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
) -> Explanation:
    """How the figures of a layer come about, step by step; without ``layer`` those of the whole net in brief.

    ``layer`` is the name of a layer, of a line or a label (then all its layers), or the beginning of a path.  Raises
    :class:`SpecError`, G101 where there is no such layer.
    """
    from cnncalc.analysis.explain import explain as explained

    if not isinstance(network, analysis.Report):
        network = analyse(network, batch=batch, dtype=dtype, net=net)
    return explained(network, layer)


def compare(
    targets: Iterable[Network | str | os.PathLike[str]],
    *,
    batch: int = 1,
    dtype: str = "float32",
    peaks: bool = True,
) -> list[Compared]:
    """A row of figures per network, in the order given; a target with several nets has a row for each.

    A target that cannot be used has a row that says so in ``error``; nothing is raised.  Without ``peaks`` the memory
    model is left out, which takes about half of the time.
    """
    from cnncalc.analysis.comparison import compared, label

    rows: list[Compared] = []
    for target in targets:
        reports: list[Report] = []
        try:
            network = target if isinstance(target, Network) else read_network(target)
            found = [*network.diagnostics]
            reports = analyse_all(network, batch=batch, dtype=dtype, partial=True)
            found += [each for report in reports for each in report.diagnostics]
        except SpecError as error:
            found = [*error.diagnostics]
        rows += compared(label(target), reports, in_order(found), peaks)
    return rows


def diff(
    a: Network | analysis.Report | str | os.PathLike[str],
    b: Network | analysis.Report | str | os.PathLike[str],
    *,
    net: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Difference:
    """What became of network ``a`` in ``b``; see :func:`diff_all`, for networks with several nets.

    A text may also be ``REV:PATH``: a file as git keeps it.
    """
    return only_one(diff_all(a, b, net=net, batch=batch, dtype=dtype))


def only_one(found: list[Answer]) -> Answer:
    """What was found for the only net; raises :class:`SpecError`, G107, where there are several."""
    if len(found) > 1:
        raise fault("G107", "there are several nets", help=["choose one: net=..."])
    return found[0]


def diff_all(
    a: Network | analysis.Report | str | os.PathLike[str],
    b: Network | analysis.Report | str | os.PathLike[str],
    *,
    net: str | None = None,
    net_b: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> list[Difference]:
    """The differences of every net of two networks; ``net_b`` where the net to compare has another name in ``b``.

    Raises :class:`SpecError` with what is wrong with both; expectations that do not hold are none of its business.
    """
    from cnncalc.analysis.difference import differences

    sides: list[list[analysis.Report]] = []
    errors: list[Diagnostic] = []
    for side, name in ((a, net), (b, net_b or net)):
        if isinstance(side, analysis.Report):
            sides.append([side])
            continue
        try:
            network = side if isinstance(side, Network) else load_revision(side)
            sides.append([*analyse_all(network, batch=batch, dtype=dtype, net=name)])
        except SpecError as error:
            errors += error.diagnostics
    if errors:
        raise SpecError(in_order(errors))
    with paused():
        return differences(*sides)


def build(
    network: Network | analysis.Report | str | os.PathLike[str],
    net: str | None = None,
    *,
    seed: int = 0,
    device: Any = None,
    dtype: Any = None,
) -> Twin:
    """The network as an ``nn.Module``, its modules nested along our dotted names, with torch's own initial weights.

    The weights are those of this seed whatever torch's generators did before, and the same on every device; ``device``
    and ``dtype`` are torch's, or their names.  Raises :class:`SpecError` where the network has faults or torch no
    module for a layer, :class:`ModuleNotFoundError` where there is no torch (``pip install 'cnncalc[torch]'``).
    """
    if not isinstance(network, analysis.Report):
        network = analyse(network, net=net)
    try:
        from cnncalc.backend import build as backend
    except ModuleNotFoundError as error:
        raise without_torch("build", error) from None
    return backend.build(network.graph, seed=seed, device=device, dtype=dtype)


def verify(
    network: Network | analysis.Report | str | os.PathLike[str],
    net: str | None = None,
    *,
    device: str = "auto",
    batch: int = 2,
    dtype: str = "float32",
    training: bool = False,
    seed: int = 0,
) -> Verification:
    """Every figure of a network against torch, which works it out for itself: see :mod:`cnncalc.backend.verify`.

    A report keeps the batch and the data type that it was made for.  Raises :class:`SpecError` as :func:`build` does.
    """
    if not isinstance(network, analysis.Report):
        network = analyse(network, batch=batch, dtype=dtype, net=net)
    try:
        from cnncalc.backend import verify as backend
    except ModuleNotFoundError as error:
        raise without_torch("verify", error) from None
    return backend.verify(network, device, training=training, seed=seed)


def without_torch(what: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """What is told where an import failed: how to get torch, if it is torch that is not there."""
    from cnncalc.backend import is_without_torch

    if not is_without_torch(error):
        return error
    return ModuleNotFoundError(f"{what} needs torch: pip install 'cnncalc[torch]'", name="torch")


def memory(network: Network | str | os.PathLike[str], **options: Any) -> Estimate:
    """What a training step or an inference of a network needs, see :func:`memory_all`; one net only."""
    return only_one(memory_all(network, **options))


def memory_all(
    network: Network | str | os.PathLike[str],
    *,
    net: str | None = None,
    limit: int | None = None,
    gpu: str | None = None,
    hints: bool = False,
    **options: Any,
) -> list[Estimate]:
    """An estimate for every net of a network.

    ``options``: ``batch``, ``dtype`` (also amp), ``training``, ``optimizer``, ``device`` (cpu or cuda), ``loss``.
    ``limit`` bytes, or the name of a ``gpu``, ask for the largest batch that fits, ``hints`` for what would help.
    Raises :class:`SpecError`.
    """
    from cnncalc.analysis.memory.estimate import estimate

    reports = analyse_all(network, net=net)
    with paused():
        return [estimate(report.graph, limit=limit, gpu=gpu, with_hints=hints, **options) for report in reports]


def lint(
    targets: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    config: str | None = None,
    use_config: bool = True,
    override: Callable[[Settings], Settings] = lambda settings: settings,
    fix: bool = False,
    unsafe_fixes: bool = False,
    jobs: int | None = None,
    stdin_name: str = STDIN,
    first_baseline: bool = False,
    track: Callable[[Iterable[Any], int], Iterable[Any]] = lambda results, total: results,
) -> Outcome:
    """What the linter finds in files, folders, bundled networks, stdin (``-``) and networks on one line.

    The settings are those of the configuration ``config``, or of the nearest one to each file; ``override`` changes
    them (``lambda settings: settings._replace(select=("P",))``).  With ``fix`` the findings are those after the fixes,
    and ``changes`` and ``texts`` have what comes of them: nothing is written.  ``jobs`` processes are used, None: as
    many as pay.

    Raises :class:`SpecError` where a configuration is wrong; paths that cannot be read stand in ``errors``.
    """
    from cnncalc.linting import run
    from cnncalc.linting.targets import Configuration, tasks_for

    listed = [targets] if isinstance(targets, (str, os.PathLike)) else list(targets)
    paths = [os.fspath(each) for each in listed]
    configuration = Configuration(config, use_config, override)
    settings = configuration.for_paths(paths)
    tasks, known = tasks_for(paths, configuration, fix, unsafe_fixes, stdin_name)
    results = track(run.results(tasks, jobs), len(tasks))
    if fix:
        results = run.settled(tasks, results, jobs)
    return run.outcome([*known, *results], settings, first_baseline)


def grade(
    assignment: Assignment | str | os.PathLike[str],
    submissions: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Dict[str, str],
    *,
    student: str = "student",
) -> Grading:
    """Grade submissions: files, folders of files, ``-`` for stdin; or the answers of ``student`` as a mapping.

    A submission that cannot be used never stops the others: what is wrong with it stands in its ``problems``, and its
    answers are ``unreadable``.  Raises :class:`SpecError` where the assignment cannot be used.
    """
    from cnncalc.grading.classroom import Grader, graded
    from cnncalc.grading.records import Answer, Submission
    from cnncalc.grading.submissions import files_of

    if isinstance(assignment, (str, os.PathLike)):
        assignment = read_assignment(assignment)
    with paused():
        grader = Grader(assignment)
        if isinstance(submissions, Dict):
            answers = {id: Answer(id, str(text)) for id, text in submissions.items()}
            return graded(grader, [grader.grade(Submission(student, answers, "<answers>"))])
        targets = [submissions] if isinstance(submissions, (str, os.PathLike)) else list(submissions)
        files = files_of([os.fspath(each) for each in targets])
        return graded(grader, [each for file in files for each in grader.grade_file(file)])


def grade_answer(
    network: Network | str | os.PathLike[str],
    ask: str,
    answer: str,
    *,
    net: str | None = None,
    accept: Dict[str, str] | None = None,
    **options: Any,
) -> Grading:
    """Grade a single answer to a question such as ``conv1.params`` or ``total.macs`` about a network.

    ``accept`` has the keys of an assignment's (``{"rounding": "sig:3"}``), ``options`` are those of :func:`load`.
    Raises :class:`SpecError`: A104, A105, A108, and what is wrong with the network.
    """
    from cnncalc.grading.assignment import one_question
    from cnncalc.grading.classroom import Grader, graded
    from cnncalc.grading.questions import accepting
    from cnncalc.grading.records import Answer, Submission

    if not isinstance(network, Network):
        network = load(network, **options)
    assignment = one_question(network, net, ask, accepting(accept or {}, network.strict))
    id = assignment.questions[0].id
    grader = Grader(assignment)
    return graded(grader, [grader.grade(Submission("", {id: Answer(id, answer)}, "--answer"))])


def read_assignment(target: str | os.PathLike[str]) -> Assignment:
    """The assignment of a file, or of ``-`` for stdin.

    Raises :class:`SpecError` with everything that is wrong with it (A101 to A109), or with its network.
    """
    from cnncalc.grading.assignment import FORM
    from cnncalc.grading.assignment import read_assignment as read_from

    source = source_of(target, "an assignment", FORM)
    with paused():
        return read_from(source)


def worksheet(assignment: Assignment | str | os.PathLike[str], student: str = "") -> Worksheet:
    """The sheet of an assignment (a record, or a file), with the student's own numbers where it has variants.

    The record holds the blanks and the key; :func:`cnncalc.render.worksheet.render` writes either.  Raises
    :class:`SpecError` as :func:`read_assignment` does.
    """
    return next(iter(worksheets(assignment, [student])))


def worksheets(assignment: Assignment | str | os.PathLike[str], students: Iterable[str]) -> Iterator[Worksheet]:
    """The sheets of several students, one after the other; draws that they share are looked at once."""
    from cnncalc.grading.variants import Variants
    from cnncalc.grading.worksheet import worksheet_of

    found = read_assignment(assignment) if isinstance(assignment, str | os.PathLike) else assignment
    variants = Variants(found)
    for student in students:
        yield worksheet_of(found, student, variants)


def quiz(assignment: Assignment | str | os.PathLike[str], labels: Sequence[str] = ("",)) -> Quiz:
    """The quiz of an assignment: a version for every label, with numbers that hang on the label as on a student's id.

    :func:`cnncalc.formats.write.quiz.write` writes it for a learning management system.  Raises :class:`SpecError` as
    :func:`read_assignment` does.
    """
    from cnncalc.grading.quiz import quiz_of

    return quiz_of(read_assignment(assignment) if isinstance(assignment, str | os.PathLike) else assignment, labels)


def read_students(target: str | os.PathLike[str]) -> list[str]:
    """The students of a roster (CSV, or one id per line), each once; raises :class:`SpecError`."""
    from cnncalc.grading.roster import FORM, read_roster

    return read_roster(source_of(target, "a roster", FORM))
