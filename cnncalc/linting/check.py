"""One text, checked: everything that loading says, what its figures and claims say, and the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from cnncalc.analysis.expectations import check as check_expectations
from cnncalc.analysis.report import Report
from cnncalc.collector import paused
from cnncalc.errors import CODES, Diagnostic, SpecError, in_order, rule_files
from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.graph import expand
from cnncalc.linting.ignores import ignores_of, sift, unused
from cnncalc.linting.settings import Settings
from cnncalc.rules import Rule, load
from cnncalc.rules._subject import Subject
from cnncalc.source import Mapping, Mark, Source
from cnncalc.spec.network import Network
from cnncalc.spec.validate import NO_LAYERS, validate

DEFAULT = Settings()


class Checked(NamedTuple):
    """The findings about one text, in its order; ``subject`` is None where nothing could be made of it."""

    findings: tuple[Diagnostic, ...]
    subject: Subject | None = None
    hidden: tuple[Diagnostic, ...] = ()
    """What comments in the text ignore."""
    imported: tuple[str, ...] = ()
    """The paths of the files it imports, and those in turn."""

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

    @property
    def opened(self) -> tuple[str, ...]:
        return tuple(self._sources)

    def open(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = self._open(path)
        return self._sources[path]

    def keep(self, source: Source, tree: Mapping) -> Mapping:
        self._trees[source] = tree
        return tree

    def tree_of(self, source: Source) -> Mapping | None:
        """The tree of a text that was read; None where it could not be."""
        return self._trees.get(source)

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
        files = Files(open_file)
        found, subject = _loaded(source, settings, files)
        rules, wanted = chosen(settings)
        found = [each for each in found if each.code in wanted]
        if subject is not None:
            found += _ruled(subject, rules, settings)
            subject.forget()
        placed = [_placed(each, source) for each in found]
        left, hidden = _sifted(placed, source, files, wanted, settings, subject is not None and subject.complete)
    return Checked(tuple(in_order(left)), subject, tuple(hidden), files.opened)


def _sifted(
    found: list[Diagnostic], source: Source, files: Files, wanted: frozenset[str], settings: Settings, complete: bool
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings without those that comments hide, and with what is wrong with these comments; and those hidden."""
    sources = dict.fromkeys([source, *(each.mark.source for each in found if each.mark is not None)])
    read = {each: ignores_of(each, files.tree_of(each)) for each in sources}
    listed = [ignore for each in read.values() for ignore in each.ignores]
    own = read[source]
    found = [*found, *(each for each in own.malformed if each.code in wanted)]
    if not listed:
        return found, []
    left, hidden, used = sift(found, listed)
    if complete and "X001" in wanted:
        more, hidden_too, _ = sift(unused(own.ignores, used, wanted, settings), listed)
        left, hidden = [*left, *more], [*hidden, *hidden_too]
    return left, hidden


def _loaded(source: Source, settings: Settings, files: Files) -> tuple[list[Diagnostic], Subject | None]:
    """What loading says, of the file as it stands and of its variants."""
    found: list[Diagnostic] = []
    try:
        tree = files.read(source)
    except SpecError as error:
        found += error.diagnostics
        if error.tree is None:
            return found, None
        tree = files.keep(source, error.tree)
    try:
        network = validate(tree, {}, None, files.open, files.read)
    except SpecError as error:
        library = any(key.text in ("blocks", "shared") for key, _ in tree)
        # a file of blocks for others to import has no layers of its own
        told = [each for each in error.diagnostics if not (library and each.message == NO_LAYERS)]
        return [*found, *told], None
    network = network._replace(diagnostics=(*found, *network.diagnostics))
    reports = _expanded(network)
    found = [*network.diagnostics, *(each for report in reports for each in report.diagnostics)]
    seen = {_place(each) for each in found}
    for name in network.variants:
        variant = validate(tree, {}, name, files.open, files.read)
        alike = variant.file.params == network.file.params
        expected = [[net.expect for net in each.nets] for each in (variant, network)]
        if alike and expected[0] == expected[1] and variant.budget == network.budget:
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
        for report in reports:
            report.diagnostics += check_expectations(report, report.graph.net.expect)
    return reports


@lru_cache(maxsize=64)
def _chosen(
    select: tuple[str, ...] | None, extend: tuple[str, ...], ignore: tuple[str, ...], unwanted: tuple[str, ...]
) -> Chosen:
    settings = Settings(select=select, extend_select=extend, ignore=ignore, unwanted=unwanted)
    likely = (code for code in rule_files() if settings.enabled(code))
    chosen = tuple(rule for rule in map(load, likely) if settings.enabled(rule.code, rule.default))
    wanted = [code for code in CODES if settings.enabled(code)]
    return Chosen(chosen, frozenset([*wanted, *(rule.code for rule in chosen)]))


class Chosen(NamedTuple):
    """What is wanted: the rules, and all codes, those of loading among them."""

    rules: tuple[Rule, ...]
    codes: frozenset[str]


def chosen(settings: Settings) -> Chosen:
    """What settings want; only the rules among it are imported."""
    return _chosen(settings.select, settings.extend_select, settings.ignore, settings.unwanted)


def _ruled(subject: Subject, rules: Iterable[Rule], settings: Settings) -> Iterator[Diagnostic]:
    """What the rules find."""
    for rule in rules:
        subject.options = {**rule.options, **settings.options.get(rule.code, {})}
        for each in rule.check(subject):
            yield each._replace(code=rule.code, severity=rule.severity)


_VARIANT = "in variant "


def _of_variant(diagnostic: Diagnostic, name: str) -> Diagnostic:
    fix = None if diagnostic.code == "E102" else diagnostic.fix  # the claim holds without the variant
    return diagnostic._replace(notes=(*diagnostic.notes, f"{_VARIANT}{name}"), fix=fix)


def _place(diagnostic: Diagnostic) -> tuple[str, str, int, int]:
    mark = diagnostic.mark
    return (diagnostic.code, mark.source.name, mark.start, mark.end) if mark else (diagnostic.code, "", 0, 0)


def merged(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What several variants say about one place as one finding that names them all; everything else once."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    names: dict[tuple[object, ...], dict[str, None]] = {}
    for each in found:
        last = each.notes[-1] if each.notes else ""
        if last.startswith(_VARIANT):
            kept.setdefault(_place(each), each)
            names.setdefault(_place(each), {})[last.removeprefix(_VARIANT)] = None
        else:
            kept.setdefault((*_place(each), each.message), each)
    for place, listed in names.items():
        if len(listed) > 1:
            notes = (*kept[place].notes[:-1], f"in variants {', '.join(listed)}")
            kept[place] = kept[place]._replace(notes=notes)
    return list(kept.values())


def _placed(diagnostic: Diagnostic, source: Source) -> Diagnostic:
    """A finding has a place inside a text: the beginning of the file where it is about all of it."""
    mark = diagnostic.mark
    if mark is None:
        return diagnostic._replace(mark=Mark(source, 0, 0))
    most = len(mark.source.text)
    if mark.end <= most:
        return diagnostic
    return diagnostic._replace(mark=Mark(mark.source, min(mark.start, most), most))  # what is missing at the end
