"""One text, checked: everything that loading says, what its figures and claims say, and the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cnncalc import rules
from cnncalc.analysis.expectations import check as check_expectations
from cnncalc.analysis.report import Report
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, rule_files
from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.graph import expand
from cnncalc.linting.settings import Settings
from cnncalc.rules._subject import Subject
from cnncalc.source import Mapping, Mark, Source
from cnncalc.spec.network import Network
from cnncalc.spec.validate import validate

DEFAULT = Settings()


class Checked(NamedTuple):
    """The findings about one text, in its order; ``subject`` is None where nothing could be made of it."""

    findings: tuple[Diagnostic, ...]
    subject: Subject | None = None

    @property
    def loads(self) -> bool:
        """Whether the text is a network that can be used."""
        return self.subject is not None and self.subject.complete


class Files:
    """The files that a file imports, each read once, so that all variants share them."""

    def __init__(self, open_file: Callable[[str], Source]) -> None:
        self._open = open_file
        self._sources: dict[str, Source] = {}
        self._trees: dict[Source, Mapping] = {}

    def open(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = self._open(path)
        return self._sources[path]

    def read(self, source: Source) -> Mapping:
        if source not in self._trees:
            self._trees[source] = read(source)
        return self._trees[source]


def check_source(
    source: Source, settings: Settings = DEFAULT, open_file: Callable[[str], Source] = load_source
) -> Checked:
    """Everything there is to say about a text: nothing is raised.

    A variant of the file is a network of its own; what is wrong with several is told once and names them.
    """
    with paused():
        found, subject = _loaded(source, settings, Files(open_file))
        if subject is not None:
            found += _ruled(subject, settings)
    wanted = (each for each in found if each.code in rule_files() or settings.enabled(each.code))
    return Checked(tuple(in_order(_placed(each, source) for each in wanted)), subject)


def _loaded(source: Source, settings: Settings, files: Files) -> tuple[list[Diagnostic], Subject | None]:
    """What loading says, of the file as it stands and of its variants."""
    found: list[Diagnostic] = []
    try:
        tree = files.read(source)
    except SpecError as error:
        found += error.diagnostics
        if error.tree is None:
            return found, None
        tree = error.tree
    try:
        network = validate(tree, {}, None, files.open, files.read)
    except SpecError as error:
        return [*found, *error.diagnostics], None
    network = network._replace(diagnostics=(*found, *network.diagnostics))
    reports = _expanded(network)
    found = [*network.diagnostics, *(each for report in reports for each in report.diagnostics)]
    seen = {_place(each) for each in found}
    for name in network.variants:
        variant = validate(tree, {}, name, files.open, files.read)
        if variant.file.params == network.file.params and variant.expect == network.expect:
            continue
        more = _expanded(variant)
        reports += more
        told = [each for report in more for each in report.diagnostics]
        found += [_of_variant(each, name) for each in told if _place(each) not in seen]
    return merged(found), Subject(source, tree, network, reports, settings.budgets)


def _expanded(network: Network) -> list[Report]:
    """A report for every net; its diagnostics hold what its figures and claims say, too."""
    reports = [Report(graph) for graph in expand(network)]
    if not network.diagnostics:
        single = len(network.nets) == 1 and network.nets[0].name is None
        for report in reports:
            report.diagnostics += check_expectations(report, network.expect if single else report.graph.net.expect)
    return reports


def _ruled(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    """What the rules find."""
    for code in rule_files():
        rule = rules.load(code)
        if not settings.enabled(code, rule.default):
            continue
        subject.options = {**rule.options, **settings.options.get(code, {})}
        for each in rule.check(subject):
            yield each._replace(code=code, severity=rule.severity)


_VARIANT = "in variant "


def _of_variant(diagnostic: Diagnostic, name: str) -> Diagnostic:
    return diagnostic._replace(notes=(*diagnostic.notes, f"{_VARIANT}{name}"))


def _place(diagnostic: Diagnostic) -> tuple[str, str, int, int]:
    mark = diagnostic.mark
    return (diagnostic.code, mark.source.name, mark.start, mark.end) if mark else (diagnostic.code, "", 0, 0)


def merged(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What several variants say about one place as one finding that names them all; everything else once."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    for each in found:
        last = each.notes[-1] if each.notes else ""
        if not last.startswith(_VARIANT):
            kept.setdefault((*_place(each), each.message), each)
            continue
        before = kept.get(_place(each))
        if before is None:
            kept[_place(each)] = each
        else:
            names = f"{before.notes[-1].replace('variant ', 'variants ', 1)}, {last.removeprefix(_VARIANT)}"
            kept[_place(each)] = before._replace(notes=(*before.notes[:-1], names))
    return list(kept.values())


def _placed(diagnostic: Diagnostic, source: Source) -> Diagnostic:
    """A finding always has a place: the beginning of the file where it is about all of it."""
    return diagnostic if diagnostic.mark is not None else diagnostic._replace(mark=Mark(source, 0, 0))


def in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings by file, place and code."""
    return sorted(found, key=lambda each: (each.mark.source.name, each.mark.start, each.code) if each.mark else ("",))
