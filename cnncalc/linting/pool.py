"""Several processes at once, the results in the order of the tasks."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Iterator

from cnncalc.linting.run import SWEEP, Result, Task, check

COLLECT_AFTER = 300_000


def spread(tasks: list[Task], workers: int) -> Iterator[Result]:
    """The results of tasks from so many processes."""
    # a forked process has everything imported already; elsewhere than on Linux forking is not safe
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    size = max(1, min(SWEEP, len(tasks) // (workers * 4)))
    gc.freeze()  # what is there already stays: the children need not copy it to look at it
    try:
        try:
            pool = context.Pool(workers, gc.disable)
        except (OSError, ImportError):  # no semaphores, no more processes: then alone
            yield from map(check, tasks)
            return
        with pool:
            yield from pool.imap(checked, tasks, size)
    finally:
        gc.unfreeze()


def checked(task: Task) -> Result:
    """The result of a task, in a process that collects its garbage now and then only."""
    result = check(task)
    if gc.get_count()[0] > COLLECT_AFTER:
        gc.collect(0)
    return result
