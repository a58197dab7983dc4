"""What is to be linted, and with which settings: a task for every file, bundled network, one-liner and stdin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.files import STDIN, load_source
from cnncalc.linting import config
from cnncalc.linting.run import EMPTY, Result, Task, unreadable
from cnncalc.linting.settings import Settings
from cnncalc.linting.walk import Found, files_of, is_architecture, is_excluded, shown
from cnncalc.loading import find_source
from cnncalc.source import Source


class Configuration:
    """The settings for every folder: those of the nearest configuration, or of one that was named, with what the
    command line says."""

    def __init__(
        self, file: str | None = None, use: bool = True, override: Callable[[Settings], Settings] = lambda each: each
    ) -> None:
        self.file = file
        self.use = use
        self.override = override
        self._folders: dict[str, Settings] = {}
        self._files: dict[str, Settings] = {}

    def for_folder(self, folder: str) -> Settings:
        """Raises :class:`SpecError` where the configuration is wrong."""
        key = os.path.abspath(folder)
        if key not in self._folders:
            path = self.file if self.file is not None else config.find(key) if self.use else None
            self._folders[key] = self._of_file(path)
        return self._folders[key]

    def for_paths(self, paths: Iterable[str]) -> Settings:
        """The settings of the run: those of the first path that there is, else those of the working directory."""
        return self.for_folder(next(map(folder_of, filter(os.path.exists, paths)), "."))

    def _of_file(self, path: str | None) -> Settings:
        if path is None:
            return self.override(Settings(root=os.getcwd()))
        if path not in self._files:
            self._files[path] = self.override(config.load(shown(path)))
        return self._files[path]


def folder_of(path: str) -> str:
    """The folder that a path is, or lies in."""
    return path if os.path.isdir(path) else os.path.dirname(path) or "."


def tasks_for(
    targets: Iterable[str], configuration: Configuration, fix: bool, unsafe: bool, stdin_name: str = STDIN
) -> tuple[list[Task], list[Result]]:
    """A task for every text behind the targets, each once, and the results of what needs none."""
    tasks: list[Task] = []
    known: list[Result] = []
    lines = 0
    for target in targets:
        if target != "-" and os.path.exists(target):
            found, problems = find([target], configuration)
            tasks += tasks_of(found, configuration, fix, unsafe)
            known += [Result(target, errors=(each,)) for each in problems]
            continue
        try:
            source, _ = find_source(target)
        except SpecError as error:
            known.append(unreadable(stdin_name if target == "-" else target, error))
            continue
        if os.path.isfile(
            source.name
        ):  # a bundled network is nobody's file to edit: with fixes it is a text, as stdin is
            bundled = tasks_of([Found(source.name, True)], configuration, fix, unsafe)
            tasks += [each._replace(source=source) for each in bundled] if fix else bundled
            continue
        name, folder = source.name, None
        if target == "-":
            name = stdin_name
            folder = folder_of(name) if name != STDIN else None
        elif lines:
            name = f"<line {lines + 1}>"
        settings = configuration.for_folder(folder or ".")
        if folder is not None and settings.force_exclude and is_excluded(name, settings, folder=False):
            change = (source.text, source.text) if fix else None
            known.append(Result(name, skipped=True, change=change, is_file=False))
            continue
        lines += 1
        tasks.append(Task(name, True, settings, Source(name, source.text, folder), fix, unsafe))
    once: dict[tuple[str, Source | None], Task] = {}
    for task in tasks:
        key = task.path, task.source
        if key not in once or task.named:  # what is named stays so, though a folder that holds it follows
            once[key] = task
    return list(once.values()), known


def tasks_of(found: Iterable[Found], configuration: Configuration, fix: bool, unsafe: bool) -> list[Task]:
    """A task for every file."""
    return [
        Task(each.path, each.named, configuration.for_folder(os.path.dirname(each.path) or "."), None, fix, unsafe)
        for each in found
    ]


def find(paths: Iterable[str], configuration: Configuration) -> tuple[list[Found], list[Diagnostic]]:
    """The files behind paths, and which folders among them cannot be read."""
    problems: list[Diagnostic] = []
    return list(files_of(paths, configuration.for_folder, problems)), problems


def linted(paths: Iterable[str], configuration: Configuration) -> Iterator[str]:
    """The paths of the files that would be linted."""
    for each in find(paths, configuration)[0]:
        try:
            if each.named or is_architecture(load_source(each.path).text):
                yield each.path
        except SpecError as error:
            if error.diagnostics[0].code != EMPTY:
                yield each.path  # that it cannot be read is told when it is linted
