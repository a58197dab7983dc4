"""The linter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cnncalc.files import STDIN

if TYPE_CHECKING:
    from cnncalc.linting.records import Outcome
    from cnncalc.linting.settings import Settings


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
