"""Who gets a sheet: the students of a file, and file names that their ids make."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator

from cnncalc.errors import fault
from cnncalc.source import Source

COLUMNS = ("student", "id", "student id", "sid", "id number", "username", "login", "email", "name")
"""Headings of the column that names the students, the best first."""

LONGEST = 80
_UNSAFE = re.compile(r"[^\w.@+-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?\Z", re.IGNORECASE)


def read_roster(source: Source) -> list[str]:
    """The students of a text, each once: CSV with a heading, or one id per line.

    Raises :class:`SpecError`: A205 where the text cannot be read as either, Y004 where nobody is in it.
    """
    first = source.text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    if delimiter not in first:
        names = [line.strip() for line in source.text.splitlines()]
        if names and names[0].lower() in COLUMNS:
            names = names[1:]
    else:
        names = listed(source, delimiter)
    found = list(dict.fromkeys(name for name in names if name))
    if not found:
        raise fault(
            "Y004", f"there is no student in {source.name}", help=["one id per line, or CSV with a column `student`"]
        )
    return found


def listed(source: Source, delimiter: str) -> list[str]:
    """The cells of the column that names the students: by its heading, else the first."""
    try:
        rows = [row for row in csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise fault("A205", f"{source.name} is no CSV: {error}", help=["one id per line is fine too"]) from None
    heads = [cell.strip().lower() for cell in rows[0]]
    column = next((heads.index(name) for name in COLUMNS if name in heads), None)
    body = rows if column is None else rows[1:]
    return [row[column or 0].strip() for row in body if len(row) > (column or 0)]


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
