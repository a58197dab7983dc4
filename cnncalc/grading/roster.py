"""Who gets a sheet: the students of a file, and file names that their ids make."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from cnncalc.errors import fault
from cnncalc.grading.cells import STUDENTS, cell_of, column, headings, rows_of
from cnncalc.source import Source

FORM = "a roster is CSV with a column `student`, or one id per line"

LONGEST = 80
_UNSAFE = re.compile(r"[^\w.@+-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?\Z", re.IGNORECASE)


def read_roster(source: Source) -> list[str]:
    """The students of a text, each once: CSV with a heading, or one id per line.

    Raises :class:`SpecError`: A205 where the text cannot be read as either, Y004 where nobody is in it.
    """
    rows = [row for row, _ in rows_of(source, FORM)]
    at = column(headings(rows[0]), STUDENTS) if rows else None
    single = all(len(row) == 1 for row in rows)
    names = [cell_of(row, at or 0) for row in (rows if at is None else rows[1:])]
    if single and at is None:
        names = [line.strip() for line in source.text.splitlines()]  # a quote in an id is one
    found = list(dict.fromkeys(name for name in names if name))
    if not found:
        raise fault("Y004", f"there is no student in {source.name}", help=[FORM])
    return found


def file_names(students: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every student with a file name without an ending: the id where that can be one, else what is left of it and a
    few digits that tell it from others."""
    taken: set[str] = set()
    for student in students:
        name = _UNSAFE.sub("_", unicodedata.normalize("NFC", student)).lstrip(".").rstrip(". ")[:LONGEST]
        if name != student or name.casefold() in taken or _RESERVED.match(name) or not name:
            digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            name = f"{name}-{digest}" if name and not _RESERVED.match(name) else f"student-{digest}"
        numbered, number = name, 1
        while numbered.casefold() in taken:
            number += 1
            numbered = f"{name}-{number}"
        taken.add(numbered.casefold())
        yield student, numbered
