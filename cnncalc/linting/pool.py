"""Several processes at once, the results in the order of the tasks."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Iterator

from cnncalc.linting.run import Result, Task, check


def spread(tasks: list[Task], workers: int) -> Iterator[Result]:
    """The results of tasks from so many processes."""
    # a forked process has everything imported already; elsewhere than on Linux forking is not safe
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    size = max(1, min(64, len(tasks) // (workers * 4)))
    gc.freeze()  # what is there already stays: the children need not copy it to look at it
    with context.Pool(workers) as pool:
        yield from pool.imap(check, tasks, size)
