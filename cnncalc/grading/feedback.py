"""How much a student is told: what ``--feedback`` leaves of a graded answer."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.grading.records import CARRIED, CORRECT, UNREADABLE, Graded
from cnncalc.layers.mistakes import Mistake


class Told(NamedTuple):
    """A graded answer as it is shown.  Empty texts and None: not shown at this level."""

    verdict: str | None
    right: str | None
    formula: str | None
    reason: str
    mistakes: tuple[Mistake, ...]


def told(graded: Graded, feedback: str) -> Told:
    """What is shown of an answer: with ``none`` only how it was read, with ``verdict`` whether it is right, with
    ``hint`` the concept without a number, with ``full`` the mistake, its arithmetic and the right answer.

    An answer that could not be read is told so at every level, since nothing was lost, and the right one at none.
    """
    if feedback == "full":
        if graded.verdict == UNREADABLE:  # another attempt is open
            return Told(graded.verdict, None, None, graded.reason, graded.mistakes)
        return Told(graded.verdict, graded.right, graded.formula, graded.reason, graded.mistakes)
    unread = graded.reason if graded.verdict == UNREADABLE else ""
    if feedback == "none":
        return Told(None, None, None, unread, ())
    if feedback == "verdict" or graded.verdict in (CORRECT, CARRIED):
        return Told(graded.verdict, None, None, unread, ())
    return Told(graded.verdict, None, None, unread or graded.hint, ())
