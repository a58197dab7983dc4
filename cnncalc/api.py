"""The library: what every command does, as functions.

>>> import cnncalc
>>> net = cnncalc.load("3x227x227 | conv 96 11x11 /4")
>>> report = cnncalc.analyse(net)
>>> report.rows[0].formulas["output"]
'(227 - 11 + 2*0)/4 + 1 = 55'
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING, Any

from cnncalc import library
from cnncalc.analysis import report as analysis
from cnncalc.analysis.expectations import check
from cnncalc.analysis.report import Group, Row, Totals
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, did_you_mean, fault, said_of
from cnncalc.files import load_source, read_stdin
from cnncalc.formats.read import read
from cnncalc.graph import NODE_LIMIT, Graph, expand
from cnncalc.shape import Shape
from cnncalc.source import Scalar, Source
from cnncalc.spec.network import Network
from cnncalc.spec.phrase import parse_value
from cnncalc.spec.syntax import Number, Size, Unary
from cnncalc.spec.validate import validate

if TYPE_CHECKING:
    from cnncalc.analysis.comparison import Compared
    from cnncalc.analysis.difference import Difference
    from cnncalc.analysis.explain import Explanation
    from cnncalc.analysis.memory.estimate import Estimate
    from cnncalc.backend.build import Twin
    from cnncalc.backend.verify import Verification
    from cnncalc.grading.classroom import Grader
    from cnncalc.grading.quiz import Quiz
    from cnncalc.grading.records import Assignment, GradedSubmission, Grading
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


class Report(analysis.Report):
    """A report that notebooks show as a table."""

    def _repr_html_(self) -> str:
        from cnncalc.render.html import table

        return table(self)


_FILE_LIKE = re.compile(
    r"[^|;\n]*\.(ya?ml|json)\Z"
    r"|[^|;\n]*[/\\]\Z"
    r"|(~|\.{1,2})?[/\\][^|;{\n]*\Z"
    r"|[^|;{\n]*\w[/\\](?![\d/])[^|;\n]*\Z"  # nets/lenet, but not `conv 16 3/2`
)
"""What can only be meant as a path: the suffix of a file, or a separator of folders and no steps."""


def load(
    target: str | os.PathLike[str],
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
) -> Network:
    """Load a network: a file, a bundled name (``alexnet``, ``densenet201``), ``-`` for stdin, or a one-line network.

    ``set`` overrides parameters, ``variant`` chooses a variant, ``input`` overrides the input's shape.  Raises
    :class:`SpecError` with all faults of the text that show before the network is expanded.
    """
    network = read_network(target, set=set, variant=variant, input=input)
    if network.diagnostics:
        raise SpecError(network.diagnostics)
    return network


def parse(text: str, name: str = "<text>", **options: Any) -> Network:
    """The network of a text, YAML or one-liner; the options of :func:`load`."""
    network = network_of(Source(name, text), **options)
    if network.diagnostics:
        raise SpecError(network.diagnostics)
    return network


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
        single = len(network.nets) == 1 and network.nets[0].name is None
        for report in reports:
            report.diagnostics += check(report, network.expect if single else report.graph.net.expect)
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
    found = diff_all(a, b, net=net, batch=batch, dtype=dtype)
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
    if error.name is None or error.name.partition(".")[0] != "torch":
        return error
    return ModuleNotFoundError(f"{what} needs torch: pip install 'cnncalc[torch]'", name="torch")


def memory(network: Network | str | os.PathLike[str], **options: Any) -> Estimate:
    """What a training step or an inference of a network needs, see :func:`memory_all`; one net only."""
    found = memory_all(network, **options)
    if len(found) > 1:
        raise fault("G107", "there are several nets", help=["choose one: net=..."])
    return found[0]


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
    stdin_name: str = "<stdin>",
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
    from cnncalc.linting.walk import Found, is_excluded

    listed = [targets] if isinstance(targets, (str, os.PathLike)) else list(targets)
    configuration = run.Configuration(config, use_config, override)
    paths = [os.fspath(each) for each in listed]
    settings = configuration.for_folder(next((folder_of(each) for each in paths if os.path.exists(each)), "."))
    tasks: list[run.Task] = []
    known: list[run.Result] = []  # what needs no task
    for path in paths:
        if path != "-" and os.path.exists(path):
            found, problems = run.find([path], configuration)
            tasks += run.tasks_of(found, configuration, fix, unsafe_fixes)
            known += [run.Result(path, errors=(each,)) for each in problems]
            continue
        try:
            source, _ = find_source(path)
        except SpecError as error:
            known.append(run.unreadable(stdin_name if path == "-" else path, error))
            continue
        if os.path.isfile(source.name):
            tasks += run.tasks_of([Found(source.name, True)], configuration, fix, unsafe_fixes)
            continue
        name, folder = source.name, None
        if path == "-":
            name = stdin_name
            folder = folder_of(name) if name != "<stdin>" else None
        elif any(task.source is not None for task in tasks):
            name = f"<line {1 + sum(task.source is not None for task in tasks)}>"
        own = configuration.for_folder(folder or ".")
        if folder is not None and own.force_exclude and is_excluded(name, own, folder=False):
            change = (source.text, source.text) if fix else None
            known.append(run.Result(name, skipped=True, change=change, is_file=False))
            continue
        tasks.append(run.Task(name, True, own, Source(name, source.text, folder), fix, unsafe_fixes))
    tasks = list({(task.path, task.source): task for task in tasks}.values())
    results = track(run.results(tasks, jobs), len(tasks))
    if fix:
        results = run.settled(tasks, results, jobs)
    return run.outcome([*known, *results], settings, first_baseline)


def folder_of(path: str) -> str:
    """The folder that a path is, or lies in."""
    return path if os.path.isdir(path) else os.path.dirname(path) or "."


def read_network(
    target: str | os.PathLike[str],
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
) -> Network:
    """As :func:`load`, but what is wrong with single lines stays in ``diagnostics`` and the rest can be expanded."""
    source, bundled_variant = find_source(target)
    return network_of(source, set=set, variant=variant or bundled_variant, input=input)


def load_revision(target: str | os.PathLike[str], **options: Any) -> Network:
    """As :func:`load`, for a file of a git revision (``HEAD~1:net.yaml``), too."""
    from cnncalc.analysis import revision as git

    if not isinstance(target, str) or not git.is_revision(target):
        return load(target, **options)
    revision, path = git.find(target)
    source = revision.source(path)
    network = network_of(source, open_file=revision.open, **options)
    if network.diagnostics:
        raise SpecError(network.diagnostics)
    if network.name == os.path.splitext(os.path.basename(source.name))[0]:  # it has no name of its own
        network = network._replace(name=os.path.splitext(os.path.basename(path))[0])
    return network


def network_of(
    source: Source,
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
    open_file: Callable[[str], Source] = load_source,
) -> Network:
    """The network of a source; ``open_file`` gives the files that it imports."""
    faults: tuple[Diagnostic, ...] = ()
    with paused():
        try:
            tree = read(source)
        except SpecError as error:
            if error.tree is None:
                raise
            tree, faults = error.tree, error.diagnostics
        try:
            network = validate(tree, set or {}, variant, open_file, read)
        except SpecError as error:
            raise SpecError((*faults, *error.diagnostics)) from None
        network = network._replace(diagnostics=(*faults, *network.diagnostics))
    if input is None:
        return network
    names = [each.name for net in network.nets[:1] for each in net.inputs]
    if len(names) != 1:
        raise fault("T111", f"--input needs a network with one input, but there are {len(names)}")
    shape = read_shape(input) if isinstance(input, str) else tuple(input)
    return network._replace(modified=True, extra={**network.extra, "input": {names[0]: shape}})


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
        return graded(grader, [each for file in files for each in grade_file(grader, file)])


def grade_file(grader: Grader, target: str) -> list[GradedSubmission]:
    """The graded submissions of one file, or of stdin; one that cannot be read is graded all the same."""
    from cnncalc.grading.submissions import read_submissions

    source = Source(target, "")
    try:
        source = read_stdin(sys.stdin.buffer) if target == "-" else load_source(target)
        return [grader.grade(each) for each in read_submissions(source, grader.assignment)]
    except SpecError as error:
        return [grader.unreadable(source, error)]


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

    try:
        source = read_stdin(sys.stdin.buffer) if target == "-" else load_source(target)
    except SpecError as error:
        raise said_of(error, "an assignment", FORM) from None
    with paused():
        return read_from(source, find_source)


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

    try:
        source = read_stdin(sys.stdin.buffer) if target == "-" else load_source(target)
    except SpecError as error:
        raise said_of(error, "a roster", FORM) from None
    return read_roster(source)


def find_source(target: str | os.PathLike[str]) -> tuple[Source, str | None]:
    """The text behind a TARGET, and the variant that a bundled name stands for."""
    if isinstance(target, os.PathLike):
        return load_source(target), None
    if target == "-":
        return read_stdin(sys.stdin.buffer), None
    if _FILE_LIKE.match(target) or (len(target) < 1024 and "\n" not in target and os.path.exists(target)):
        return load_source(target), None
    place = library.find(target)
    if place is not None:
        return load_source(place.path), place.variant
    if re.fullmatch(r"[\w.+-]+", target.strip()) and not target.strip()[0].isdigit():
        hint = did_you_mean(target, library.names())
        forms = "`cnncalc list` names the bundled ones; a network on one line begins with its input: 3x32x32 | conv 6 5"
        raise fault("Y001", f"there is no file and no bundled network called {target!r}", help=[hint or forms])
    return Source("<line>", target), None


def read_shape(text: str) -> Shape:
    """``3x224x224`` or ``784``; raises :class:`SpecError`."""
    scalar = Scalar(Source("--input", text), text, 0, len(text), 0)
    expr = parse_value(scalar)
    if isinstance(expr, Size):
        shape: Shape = expr.dims
    elif isinstance(expr, Number) and isinstance(expr.value, int):
        shape = (expr.value,)
    else:
        shape = ()
    if not shape or min(shape) < 1:
        raise fault("T104", f"{text!r} is no shape", scalar.mark, help=["a shape is written 3x224x224, channels first"])
    return shape


def read_setting(text: str) -> tuple[str, Any]:
    """``width=0.5`` as a name and an exact number; raises :class:`SpecError`."""
    from fractions import Fraction

    from cnncalc.arithmetic import simplest

    name, equals, value = text.partition("=")
    scalar = Scalar(Source("--set", text), value, len(name) + 1, len(text), len(name) + 1)
    if not equals or not name.strip():
        raise fault("T104", f"--set takes NAME=NUMBER, got {text!r}")
    expr = parse_value(scalar)
    sign = 1
    if isinstance(expr, Unary) and expr.op == "-":
        expr, sign = expr.operand, -1
    if not isinstance(expr, Number):
        raise fault("T104", f"--set takes NAME=NUMBER, got {text!r}")
    return name.strip(), simplest(sign * Fraction(str(expr.value)))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by file and place, each once."""
    found: dict[Any, Diagnostic] = {}
    for number, each in enumerate(diagnostics):
        place = (each.mark.source.name, each.mark.start) if each.mark else ("", number)
        found.setdefault((*place, each.code, each.message), each)
    files = list(dict.fromkeys(each.mark.source.name if each.mark else "" for each in found.values()))
    return sorted(
        found.values(), key=lambda each: (files.index(each.mark.source.name), each.mark.start) if each.mark else (-1, 0)
    )
