"""Marks and exact edits of stretches of a phrase that belong to no single layer."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.errors import Edit, Fix
from cnncalc.formats.read import is_yaml
from cnncalc.rules._subject import Subject
from cnncalc.source import Mark, Scalar
from cnncalc.spec.syntax import Span


def mark_of(text: Scalar, span: Span) -> Mark:
    """The mark of a stretch; of a stretch over several lines, its first line."""
    mark = text.at(*span)
    ends = [at for at in (mark.source.text.find(each, mark.start, mark.end) for each in "\r\n") if at >= 0]
    return mark._replace(end=min(ends)) if ends else mark


def fix_of(subject: Subject, title: str, text: Scalar, cuts: Sequence[tuple[Span, str]]) -> Fix | None:
    """The fix that puts words in place of stretches of a phrase; None where that cannot be exact: another file, the
    long form, escapes, a comment in between."""
    if text.source is not subject.source or text.offsets is not None or is_long(text):
        return None
    edits = []
    for (start, end), words in cuts:
        mark = text.at(start, end)
        if text.source.text[mark.start : mark.end] != text.text[start:end]:
            return None
        edits.append(Edit(mark, words))
    return Fix(title, tuple(edits))


def is_long(text: Scalar) -> bool:
    """Whether the text is the whole file, as for a line in the long form."""
    return text.text is text.source.text and is_yaml(text.source)
