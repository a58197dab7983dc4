"""CSV as spreadsheets and learning management systems write it: rosters and submissions of a class."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from cnncalc.errors import fault
from cnncalc.source import Mark, Source

STUDENTS = (
    "student", "id", "student id", "sid", "id number", "username", "login", "email", "email address", "name",
)  # fmt: skip
"""Headings of the column that names the students, the best first: that of a roster is that of a submission."""

FIELD_LIMIT = 100_000
"""No cell is longer."""

_SEPARATOR = re.compile(r"sep=([,;\t])\s*\Z")


def delimiter_of(line: str) -> str:
    """What stands between the cells of a heading; the comma where nothing does."""
    return max(",;\t", key=line.count)


def rows_of(source: Source, help: str) -> Iterator[tuple[list[str], Mark]]:
    """The rows of a CSV text with their places, without empty ones, and without the ``sep=;`` that spreadsheets
    write above.

    Raises :class:`SpecError` (A205, with ``help``) where it is no CSV.
    """
    import csv
    import io

    text, line = source.text, 1
    first, _, rest = text.partition("\n")
    said = _SEPARATOR.match(first)
    if said:
        text, line = rest, 2
    skipped = line - 1
    delimiter = said[1] if said else delimiter_of(first)
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield row, line_mark(source, line)
            line = reader.line_num + skipped + 1
    except csv.Error as error:
        why = f"{source.name} is no CSV: {error}"
        raise fault("A205", why, line_mark(source, line), help=[help]) from None


def headings(row: Sequence[str]) -> list[str]:
    """The headings as they are looked up."""
    return [cell.strip().lower() for cell in row]


def column(heads: Sequence[str], names: Sequence[str], but: Collection[int | None] = ()) -> int | None:
    """The column with the best of some headings; None where there is none."""
    return next((heads.index(each) for each in names if each in heads and heads.index(each) not in but), None)


def cell_of(row: Sequence[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def line_mark(source: Source, number: int) -> Mark:
    """A whole line of a source."""
    text = source.line(number)
    starts = source._line_starts()
    start = starts[min(number, len(starts)) - 1]
    return Mark(source, start, start + max(len(text), 1))
