"""Assignment files: a network and questions about it, read from marked YAML with every fault at its place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Dict
from fractions import Fraction
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic, SpecError, did_you_mean, said_of
from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.formats.read.yaml import read as read_yaml
from cnncalc.grading.questions import QuestionReader, question_of
from cnncalc.grading.records import CORRECT, VERDICTS, Accept, Assignment, Number
from cnncalc.grading.tree_reader import NUMBER, first_mark, plain
from cnncalc.grading.truth import truth
from cnncalc.graph import expand
from cnncalc.loading import find_source
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree
from cnncalc.spec.network import Network
from cnncalc.spec.validate import validate
from cnncalc.units import DTYPE_BYTES

KEYS = (
    "assignment", "id", "about", "network", "net", "set", "variant", "dtype", "params", "points", "accept", "credit",
    "questions", "mistakes",
)  # fmt: skip

FORM = "an assignment is a mapping with `network:` and `questions:`"

MOST_CHOICES = 10_000
"""A range of a parameter may have so many values."""

_RANGE = re.compile(r"(-?\d{1,9})\s*\.\.\s*(-?\d{1,9})(?:\s+step\s+(\d{1,9}))?\Z")


def read_assignment(source: Source) -> Assignment:
    """The assignment of a YAML text.

    The file of its network is looked for beside the assignment first.  Raises :class:`SpecError` with every fault: A101
    to A109, and those of the network.
    """
    reader = _Reader(source)
    try:
        tree = read_yaml(source)
    except SpecError as error:
        raise said_of(error, "an assignment", FORM) from None
    found = reader.assignment(tree)
    if reader.found or found is None:
        raise SpecError(sorted(reader.found, key=lambda each: each.mark.start if each.mark else -1))
    return found


def report_of(assignment: Assignment, values: Dict[str, Number] | None = None) -> Report:
    """The figures of an assignment's network, for one student's values of its parameters.

    Strides that do not tile are rounded down here: whether that is right is for each question to say.  Raises
    :class:`SpecError` where the network cannot be built with these values.
    """
    network = assignment.network
    if values:
        network = network_of(assignment.options, values)
    return first_report(network, assignment.net, assignment.dtype)


def network_of(options: Dict[str, Any], values: Dict[str, Number]) -> Network:
    """The network of an assignment once more, with other values of its parameters."""
    settings = {**options["set"], **values}
    return validate(options["tree"], settings, options["variant"], load_source, read).sound()


def network_nets(network: Network) -> list[str]:
    return [str(net.name) for net in network.nets]


def first_report(network: Network, net: str | None, dtype: str) -> Report:
    for graph in expand(network, strict=False):
        if net is None or graph.net.name == net:
            if not graph.complete:
                raise SpecError(graph.diagnostics)
            return Report(graph, 1, dtype)
    raise ValueError(f"there is no net {net!r}")


def one_question(network: Network, net: str | None, ask: str, accept: Accept) -> Assignment:
    """An assignment with a single question about a network; raises :class:`SpecError` where it cannot be asked."""
    known = network_nets(network)
    if (net is None and len(known) > 1) or net not in (None, *known):
        message = f"there is no net called {net!r}" if net else "there are several nets"
        raise SpecError(Diagnostic("G107", message, help=(f"its nets: {', '.join(known)}",)))
    question = question_of(ask, "--ask", accept)
    source = Source("--ask", ask)
    return Assignment("", question.subject, network, net, (question,), {}, {}, "", "float32", source, {})


class _Reader(QuestionReader):
    """Collects what is wrong with an assignment while it sorts it."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.places: dict[str, Tree] = {}

    # -- the file -----------------------------------------------------------------------------------------------------

    def assignment(self, tree: Mapping) -> Assignment | None:
        keys = self.keys(tree, KEYS, "an assignment")
        start = Mark(self.source, tree.start, tree.start)
        for name, example in (
            ("network", "network: alexnet"),
            ("questions", "questions: [conv1.output, conv1.params]"),
        ):
            if name not in keys:
                self.fault("A102", f"there is no {name!r}", start, help=[f"an assignment needs `{example}`"])
        if self.found and ("network" not in keys or "questions" not in keys):
            return None
        options = self.options(keys)
        network = self.network(options)
        accept = self.accept(keys.get("accept"), Accept(tiling="strict" if network and network.strict else "floor"))
        points = self.points(keys["points"]) if "points" in keys else Fraction(1)
        dtype = self.dtype(keys.get("dtype"))
        credit = self.credit(keys.get("credit"))
        questions = self.questions(keys["questions"], accept, points)
        if network is None:
            return None
        net = self.net(keys.get("net"), network)
        choices = self.choices(keys.get("params"), network)
        title = self.text(keys.get("assignment"), "assignment") or f"Questions about {network.name}"
        stem = os.path.splitext(os.path.basename(self.source.name))[0]
        found = Assignment(
            self.text(keys.get("id"), "id") or stem, title, network, net, questions, choices, credit,
            self.text(keys.get("about"), "about"), dtype, self.source, options, self.chosen(keys.get("mistakes")),
        )  # fmt: skip
        if all(each.code[0] == "A" for each in self.found) and net in (None, *network_nets(network)):
            self.check(found)
        return found

    def check(self, assignment: Assignment) -> None:
        """Whether every question can be answered."""
        try:
            report = report_of(assignment)
        except SpecError as error:
            self.found += error.diagnostics
            return
        for question in assignment.questions:
            try:
                truth(question, report)
            except SpecError as error:
                self.found += error.diagnostics
        if assignment.chosen and not self.found:
            self.check_chosen(assignment, report)

    def check_chosen(self, assignment: Assignment, report: Report) -> None:
        """Whether the mistakes that variants are chosen for can be made with some question."""
        from cnncalc.grading.mistakes import mistakes

        made = [mistakes(question, report) for question in assignment.questions]
        known = {name for found in made for name in (*found.invisible, *(each.name for each in found.visible))}
        for name in assignment.chosen:
            if name not in known:
                hint = did_you_mean(name, known) or f"such as {', '.join(sorted(known)[:6])}"
                mark = first_mark(self.places[name])
                self.fault("A106", f"no question has a mistake {name!r}", mark, help=[hint])

    # -- the network --------------------------------------------------------------------------------------------------

    def options(self, keys: dict[str, Tree]) -> dict[str, Any]:
        """What loads the network: its tree, the parameters that are set, the variant."""
        settings: dict[str, Any] = {}
        for key, value in self.mapping(keys.get("set"), "set", "set: {classes: 10}") or ():
            number = self.number(value, f"set: {key.value}")
            if number is not None:
                settings[key.value] = plain(number)
        tree = keys["network"]
        variant: str | None = self.text(keys.get("variant"), "variant") or None
        if isinstance(tree, Scalar):
            try:
                source, bundled = self.named(tree)
                variant = variant or bundled
                tree = read(source)
            except SpecError as error:
                self.found += (each if each.mark else each._replace(mark=tree.mark) for each in error.diagnostics)
        elif not isinstance(tree, Mapping):
            self.fault("A103", "network must be a name, a file, one line or a mapping", first_mark(tree))
        return {"tree": tree, "set": settings, "variant": variant}

    def named(self, scalar: Scalar) -> tuple[Source, str | None]:
        """The source of a file beside the assignment, of a bundled name, or of a one-liner."""
        name = scalar.value
        if self.source.folder is not None and len(name) < 1024 and "\0" not in name and not os.path.isabs(name):
            beside = os.path.join(self.source.folder, name)
            if os.path.isfile(beside):
                return load_source(os.path.normpath(beside)), None
        if name == "-":
            raise SpecError(Diagnostic("A106", "an assignment's network cannot come from stdin", scalar.mark))
        return find_source(name)

    def network(self, options: dict[str, Any]) -> Network | None:
        if not isinstance(options["tree"], Mapping):
            return None
        try:
            return network_of(options, {})
        except SpecError as error:
            self.found += error.diagnostics
            return None

    def net(self, tree: Tree | None, network: Network) -> str | None:
        name = self.text(tree, "net") or None
        known = network_nets(network)
        if name is None and len(known) > 1:
            mark = Mark(self.source, 0, 0)
            self.fault("A102", f"{network.name} has several nets", mark, help=[f"choose one: net: {known[0]}"])
        if name is not None and name not in known and tree is not None:
            hint = did_you_mean(name, known) or f"its nets: {', '.join(known)}"
            self.fault("A106", f"there is no net called {name!r}", first_mark(tree), help=[hint])
        return name

    def dtype(self, tree: Tree | None) -> str:
        name = self.text(tree, "dtype") or "float32"
        if name in DTYPE_BYTES or tree is None:
            return name
        hint = did_you_mean(name, DTYPE_BYTES) or f"one of {', '.join(DTYPE_BYTES)}"
        self.fault("A106", f"there is no data type {name!r}", first_mark(tree), help=[hint])
        return "float32"

    def choices(self, tree: Tree | None, network: Network) -> dict[str, tuple[Number, ...]]:
        """The values that the network's parameters may have in the variants."""
        found: dict[str, tuple[Number, ...]] = {}
        for key, value in self.mapping(tree, "params", "params: {width: [32, 48, 64], kernel: 3..7 step 2}") or ():
            name = key.value
            known = network.file.params
            if name not in known:
                hint = did_you_mean(name, known) or f"its parameters: {', '.join(known) or 'none'}"
                self.fault("A109", f"{network.name} has no parameter {name!r}", key.mark, help=[hint])
            else:
                found[name] = self.values(value, name)
        return found

    def values(self, tree: Tree, name: str) -> tuple[Number, ...]:
        if isinstance(tree, Items):
            if not tree.items:
                self.fault("A106", f"{name} has no values", first_mark(tree), help=[f"for example `{name}: [3, 5, 7]`"])
            numbers = [self.number(each, f"a value of {name}") for each in tree]
            return tuple(plain(each) for each in numbers if each is not None)
        text = self.text(tree, name)
        span = _RANGE.match(text)
        if span:
            low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
            count = (high - low) // step + 1 if step else 0
            if 1 <= count <= MOST_CHOICES:
                return tuple(range(low, high + 1, step))
            self.fault(
                "A106", f"{text} holds {max(count, 0):,} values", first_mark(tree), help=["1 to 10,000 are fine"]
            )
            return ()
        if NUMBER.match(text):
            return (plain(Fraction(text)),)
        self.fault(
            "A106", f"{name} is a list of numbers or a range such as 3..7 step 2, not {text!r}", first_mark(tree)
        )
        return ()

    # -- credit and mistakes ------------------------------------------------------------------------------------------

    def credit(self, tree: Tree | None) -> dict[str, Fraction]:
        """The share of the points for a verdict or a mistake."""
        found: dict[str, Fraction] = {}
        for key, value in self.mapping(tree, "credit", "credit: {unit_slip: 50%, no-bias: 50%}") or ():
            share = self.number(value, f"credit of {key.value}")
            if key.value == CORRECT:
                help = ["what is right has all points"]
                self.fault("A106", "credit of 'correct' cannot be chosen", key.mark, help=help)
            elif share is not None and not 0 <= share <= 1:
                self.fault("A106", f"credit lies between 0 and 1, got {self.text(value, 'credit')}", first_mark(value))
            elif share is not None:
                found[key.value] = share
            if key.value not in VERDICTS:
                self.check_mistake(key)
        return found

    def check_mistake(self, key: Scalar) -> None:
        """Whether there is such a mistake."""
        from cnncalc.grading.catalogue import known_mistakes  # it looks at every kind of layer there is

        known = known_mistakes()
        if key.value not in known:
            hint = did_you_mean(key.value, (*known, *VERDICTS)) or "docs/mistakes.md lists them all"
            self.fault("A101", f"{key.value!r} is no verdict and no known mistake", key.mark, help=[hint])

    def chosen(self, tree: Tree | None) -> tuple[str, ...]:
        """The mistakes that variants are chosen for."""
        if isinstance(tree, Items):
            self.places = {self.text(each, "a mistake"): each for each in tree}
        elif tree is not None:
            self.fault("A103", "mistakes must be a list", first_mark(tree), help=["mistakes: [no-bias, rounded-up]"])
        return tuple(self.places)
