"""Why an answer has its verdict, in a sentence."""

from __future__ import annotations

from cnncalc.grading.blanks import with_setting
from cnncalc.grading.diagnosis import Marked, Votes, diagnosis
from cnncalc.grading.records import CARRIED, CORRECT, UNREADABLE, Value
from cnncalc.grading.sheet import Item
from cnncalc.grading.subject import Subject
from cnncalc.grading.tables import BOTH_WRONG, NOT_ANSWERED
from cnncalc.layers.mistakes import Mistake
from cnncalc.shape import show
from cnncalc.units import grouped


def reason(mark: Marked, mistakes: tuple[Mistake, ...], votes: Votes, about: Subject, right: str) -> str:
    """The reason for ``--feedback full``; ``mistakes`` are ranked, ``right`` is the right answer as it is shown."""
    item, note = mark.item, mark.judged.note
    if mark.verdict == CORRECT:
        return f"right, {note}" if note else "right"
    if mark.verdict == CARRIED:
        assert mark.carried is not None
        worked = f": {mark.carried.formula}" if mark.carried.formula else ""
        return f"right for your own {mark.carried.flowing}{worked}"
    if mark.verdict == UNREADABLE:
        return note or "not read"
    if note == NOT_ANSWERED:
        return note
    if item.question.blank is not None:
        note = joined(note, outcome(mark, about))
    if mistakes:
        return joined(diagnosis(mark, mistakes, votes), note.replace(BOTH_WRONG, "").strip("; "))
    instead = f"not {right}" if item.truth.value is not None else item.truth.shown
    return joined(f"{instead}, and no known mistake gives it", note)


def joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def outcome(mark: Marked, about: Subject) -> str:
    """What would come out with the value that was given for a blank hyperparameter."""
    question, value = mark.item.question, mark.judged.value
    row = next((row for row in about.rows if hasattr(row.node.layer, question.blank or "")), None)
    if row is None or question.blank is None or not isinstance(value, int):
        return ""
    other = with_setting(row, question.blank, value)
    if other is None:
        return f"{question.blank} {value} does not go with what flows in"
    return f"{question.blank} {value} gives {show(other.output(*row.input_shapes))}, not {show(row.output)}"


def right_answer(item: Item, value_bytes: int) -> str:
    """The right answer as it is shown."""
    if item.truth.kind == "bytes" and item.question.accept.units != "values":
        return in_bytes(item.truth.value, value_bytes)
    return item.truth.shown


def in_bytes(value: Value | None, value_bytes: int) -> str:
    """``60,950,432 bytes (15,237,608 values, 61.0 MB, 58.1 MiB)``."""
    assert isinstance(value, int)
    figures = [f"{grouped(value // value_bytes)} values"]
    if value >= 10**6:
        figures += [f"{value / 10**6:.1f} MB", f"{value / 2**20:.1f} MiB"]
    elif value >= 10**3:
        figures += [f"{value / 10**3:.1f} kB", f"{value / 2**10:.1f} KiB"]
    return f"{grouped(value)} bytes ({', '.join(figures)})"
