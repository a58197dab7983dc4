"""A whole run: check and fix each text, compare with the baseline."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, fault, in_order
from cnncalc.files import load_architecture, load_source, replace_file
from cnncalc.linting import baseline
from cnncalc.linting.check import check_source
from cnncalc.linting.records import Outcome, findings_of
from cnncalc.linting.settings import Settings
from cnncalc.linting.walk import is_architecture
from cnncalc.source import Mark, Source

UNREADABLE, EMPTY = "Y001", "Y004"

SWEEP = 32
"""The garbage of so many files is collected at once."""

ENOUGH = 150_000
"""Bytes of text from which on several processes are faster than one."""


class Task(NamedTuple):
    """One text to check, and what to do with it.  ``source`` is None where it is still to be read.

    ``edited``: texts that fixes have changed and nobody has written yet, by path; importing sees them.
    """

    path: str
    named: bool
    settings: Settings
    source: Source | None = None
    fix: bool = False
    unsafe: bool = False
    edited: Mapping[str, str] = {}


class Result(NamedTuple):
    """What became of a task; ``change`` is the text before and after its fixes, where they change it or it is from no
    file."""

    path: str
    findings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    skipped: bool = False
    ignored: int = 0
    applied: Mapping[str, int] = {}
    change: tuple[str, str] | None = None
    is_file: bool = True
    imported: tuple[str, ...] = ()


def check(task: Task) -> Result:
    """Check one text; fixes are worked out, not written."""
    try:
        source = task.source or load_architecture(task.path)
    except SpecError as error:
        if not task.named and error.diagnostics[0].code == EMPTY:
            return Result(task.path, skipped=True)
        return unreadable(task.path, error)
    if not task.named and not is_architecture(source.text):
        return Result(task.path, skipped=True)
    settings = task.settings.for_file(task.path)
    if not task.fix:
        checked = check_source(source, settings)
        return Result(task.path, checked.findings, ignored=len(checked.hidden))
    from cnncalc.linting.fixing import fix

    def open_file(path: str) -> Source:
        source = load_source(path)
        text = task.edited.get(os.path.realpath(path))
        return source if text is None else Source(source.name, text, source.folder)

    fixed = fix(source, settings, task.unsafe, partial(check_source, open_file=open_file))
    is_file = task.source is None
    change = (source.text, fixed.source.text) if fixed.source.text != source.text or not is_file else None
    found = fixed.checked
    imported = tuple(map(os.path.realpath, found.imported))
    return Result(task.path, found.findings, (), False, len(found.hidden), fixed.applied, change, is_file, imported)


def unreadable(path: str, error: SpecError) -> Result:
    """A path that cannot be read is an error of the run; a text that can be, and is none, is a finding about it."""
    if error.diagnostics[0].code == UNREADABLE:
        return Result(path, errors=error.diagnostics)
    empty = Source(path, "")
    return Result(path, tuple(each._replace(mark=Mark(empty, 0, 0)) for each in error.diagnostics))


def results(tasks: list[Task], jobs: int | None = None) -> Iterator[Result]:
    """The results of tasks, in their order; ``jobs`` processes, None: as many as pay."""
    workers = jobs if jobs is not None else worth(tasks)
    if workers <= 1 or len(tasks) < 2:
        with paused():
            for number, task in enumerate(tasks, 1):
                yield check(task)
                if number % SWEEP == 0:
                    gc.collect(0)  # what became garbage since the last time; findings are passed over once
        return
    from cnncalc.linting.pool import spread

    yield from spread(tasks, workers)


def settled(tasks: Iterable[Task], made: Iterable[Result], jobs: int | None = None) -> list[Result]:
    """The results of tasks with fixes: what imports a file that is fixed is done again with its new text."""
    todo, done = list(tasks), list(made)
    for _ in todo:  # each round settles what imports files that are settled
        edited = {os.path.realpath(each.path): each.change[1] for each in done if each.change and each.is_file}
        stale = [
            number
            for number, (task, each) in enumerate(zip(todo, done, strict=True))
            if any(edited.get(path) != task.edited.get(path) for path in each.imported)
        ]
        if not stale:
            break
        for number in stale:
            seen = {path: edited[path] for path in done[number].imported if path in edited}
            todo[number] = todo[number]._replace(edited=seen)
        again = results([todo[number] for number in stale], jobs)
        for number, each in zip(stale, again, strict=True):
            done[number] = each
    return done


def write_changes(made: Outcome) -> Outcome:
    """Write the files that fixes change, and say in ``errors`` which could not be written.

    A file that somebody changed since it was read is left alone.
    """
    errors = list(made.errors)
    for path, before, after in made.changes:
        try:
            if load_source(path).text != before:
                raise fault("Y001", f"cannot fix {path}: it was changed in the meantime", help=["run it again"])
            replace_file(path, after)
        except SpecError as error:
            errors += error.diagnostics
    return made._replace(errors=tuple(errors))


def write_baseline(made: Outcome) -> int:
    """Write the baseline of a run: everything found where there was none, else what is left of it.

    Returns the number of findings in it.  Raises :class:`SpecError`.
    """
    path = made.settings.baseline
    assert path is not None
    known = baseline.load(path) if made.compared else None
    text, count = baseline.text(list(made.findings), path, known, made.files)
    replace_file(path, text)
    return count


def worth(tasks: list[Task]) -> int:
    """How many processes are faster than one."""
    total = 0
    for task in tasks:
        try:
            total += os.path.getsize(task.path)
        except (OSError, ValueError):
            continue
        if total > ENOUGH:
            available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            return min(available, len(tasks))
    return 1


def outcome(made: Iterable[Result], settings: Settings, first_baseline: bool = False) -> Outcome:
    """The run as a whole: its findings in the order of the files, compared with the baseline where there is one.

    ``first_baseline``: the baseline may be missing, it is to be written.
    """
    diagnostics: dict[tuple[object, ...], Diagnostic] = {}
    files: list[str] = []
    skipped: list[str] = []
    errors: list[Diagnostic] = []
    ignored = 0
    applied: Counter[str] = Counter()
    changes: list[tuple[str, str, str]] = []
    texts: list[tuple[str, str, str]] = []
    for each in made:
        if each.change is not None:
            (changes if each.is_file else texts).append((each.path, *each.change))
        if each.skipped:
            skipped.append(each.path)
            continue
        errors += each.errors
        if not each.errors:
            files.append(each.path)
        ignored += each.ignored
        applied.update(each.applied)
        for one in each.findings:
            mark = one.mark
            place = (mark.source.name, mark.start, mark.end) if mark is not None else ()
            before = diagnostics.get((*place, one.code, one.message))
            # what several files import is told once; only the file itself knows how to fix it
            if before is None or (before.fix is None and one.fix is not None):
                diagnostics[(*place, one.code, one.message)] = one
    findings = findings_of(in_order(diagnostics.values()), settings)
    obsolete, compared = 0, False
    if settings.baseline is not None and not (first_baseline and not os.path.exists(settings.baseline)):
        compared = True
        try:
            known = baseline.load(settings.baseline)
            findings, obsolete = baseline.compare(findings, known, settings.baseline, files)
        except SpecError as error:
            errors += error.diagnostics
    return Outcome(
        tuple(findings),
        tuple(files),
        tuple(skipped),
        tuple(errors),
        ignored,
        dict(sorted(applied.items())),
        tuple(changes),
        tuple(texts),
        obsolete,
        compared,
        settings,
    )
