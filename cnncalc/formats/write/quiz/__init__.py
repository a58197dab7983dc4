"""Quizzes for learning management systems: one format is one module of this folder, found by its name.

``moodle_xml.py`` is the format ``moodle-xml``.  A module defines ``write(quiz)``, the files by their paths; the path of
an only file is empty, and ``SUFFIX`` is then its ending.  Equal quizzes are written alike, byte for byte, on every
machine: nothing depends on the time, and ids are made of the contents.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from importlib import import_module
from xml.etree import ElementTree

from cnncalc.grading.quiz import Asked, Part, Quiz, Wrong, misread
from cnncalc.grading.records import Number, Value
from cnncalc.units import simplest

FOLDER = os.path.dirname(os.path.abspath(__file__))

NO_SLACK = Fraction(0)

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def names() -> list[str]:
    """The formats, in alphabetical order."""
    files = (name for name in os.listdir(FOLDER) if name.endswith(".py") and not name.startswith("_"))
    return sorted(name[:-3].replace("_", "-") for name in files)


def write(quiz: Quiz, format: str) -> dict[str, bytes]:
    """The files of a quiz in a format, by their paths; the path of an only file is empty."""
    files: dict[str, bytes] = import_module(f"{__name__}.{format.replace('-', '_')}").write(quiz)
    return files


# -- what several formats share ---------------------------------------------------------------------------------------


def ident(*parts: str) -> str:
    """An id made of some texts, the same everywhere and every time."""
    return "c" + hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:31]


def escape(text: str) -> str:
    """A text in HTML; what no XML may hold is a question mark."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clean(text: str) -> str:
    """A text on one line that XML can hold."""
    return " ".join(_UNPRINTABLE.sub("?", text).split())


def body(asked: Asked, part: Part) -> str:
    """The question in HTML: the network, then what is asked."""
    about = part.sheet.assignment.about
    lines = "\n".join(_UNPRINTABLE.sub("?", line) for line in part.sheet.network)
    network = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    told = f"<p>{escape(about)}</p>" if about else ""
    return f"{told}<pre>{network}</pre><p>{escape(asked.line.text)}</p>"


def name_of(asked: Asked, part: Part) -> str:
    """The question's name in a list: ``conv1.params``, ``conv1.params (variant 2)``."""
    return clean(f"{asked.question.id} ({part.label})" if part.label else asked.question.id) or "question"


def xml(root: ElementTree.Element) -> bytes:
    """The document, indented, in UTF-8."""
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def element(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new element inside another one."""
    found = ElementTree.SubElement(parent, tag, attributes)
    found.text = text or None
    return found


FRACTIONS = (
    "100", "90", "83.33333", "80", "75", "70", "66.66667", "60", "50", "40", "33.33333", "30", "25", "20", "16.66667",
    "14.28571", "12.5", "11.11111", "10", "5", "0",
)  # fmt: skip
"""The shares of a question's points that Moodle knows, in percent."""


def moodle_share(credit: Fraction) -> str:
    """The nearest share that Moodle knows; only what is right gets all."""
    return min(FRACTIONS[1:], key=lambda each: abs(Fraction(each) / 100 - credit))


def numbers(
    right: Iterable[Value], wrong: Iterable[Wrong], slack: Fraction = NO_SLACK
) -> Iterator[tuple[Number, Number, Wrong | None]]:
    """The numbers that Moodle should know, each once, with their tolerance; what is right (None) comes first, and the
    first one that an answer is near to is taken.

    A number that Moodle misreads where it is typed with a comma stands there as it is misread, too.
    """
    seen: set[Number] = set()
    known: list[tuple[Value | None, Fraction, Wrong | None]] = [(value, slack, None) for value in right]
    known += [(misread(value), slack / 1000, None) for value, _, _ in known if value is not None]
    for one in wrong:
        known += [(one.value, one.tolerance, one), (misread(one.value), one.tolerance / 1000, one)]
    for value, tolerance, which in known:
        if value is not None and not isinstance(value, tuple) and value not in seen:
            seen.add(value)
            yield value, simplest(tolerance), which
