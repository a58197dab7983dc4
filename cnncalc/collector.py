"""Pausing the garbage collector where many records are made and none is garbage: it would double the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 50_000
"""Objects beyond which the pause ends with a promotion."""


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside; the collector is left as it was found."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_count()[0] > MANY and not gc.get_freeze_count():
                promote()
            gc.enable()


def promote() -> None:
    """Let everything that is there count as old.

    The first allocation behind a pause would have the collector pass over all that was made in it, a fifth of the time
    of a large network, to find that all of it is in use.  What is old is looked at less often, but it is looked at.
    """
    gc.freeze()
    gc.unfreeze()
