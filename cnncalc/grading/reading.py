"""Answers as people write them: ``34,944``, ``34.9K``, ``3.5 x 10^4``, ``(96, 55, 55)``, ``96@55x55``, ``11*11*3*96``.

:func:`read_answer` says what was understood, and never guesses: what it does not know is unreadable, with the forms
that it takes.  Nothing is evaluated as code, and every text is read in a time that its length bounds.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from math import prod

from cnncalc.grading.calculator import NotArithmetic, calculate
from cnncalc.grading.numbers import read_number, show_number, ungrouped
from cnncalc.grading.records import Number, Reading
from cnncalc.grading.shapes import axis_order, in_order, read_axes, read_shape, split_order

LONGEST = 400
"""A longer text is no answer."""

FORMS = "a number is written 34,944 or 34944 or 34.9K, a shape 96x55x55 or (96, 55, 55)"

_BLANKS = re.compile(r"[?_~\-.\s…–—]*|n/?a|null|none given|todo|tbd", re.IGNORECASE)
_NONE = re.compile(
    r"invalid|(?:does|can|could|will|would)(?: ?not|n'?t) (?:be )?(?:tiled?|fit|divided?|work|exist|built|applied)"
    r"|no(?:n-?integer| integer| whole number| output)"
    r"|not (?:possible|valid|an? (?:integer|whole number)|whole|tile|tiling|defined|allowed)"
    r"|impossible|undefined|\A(?:an )?error\b",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(r"\bor\b|\b(?:no|not) (?:error|invalid|impossible|undefined)\b", re.IGNORECASE)
"""An answer with two sides says nothing."""
_ZERO = re.compile(
    r"zero|none|nothing|no (?:\w+ )?(?:param(?:eter)?s?|weights?|bias(?:es)?|padding|macs?|flops?|operations)",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(.*\S)\s*\(([A-Za-z][A-Za-z .,'-]*)\)\Z", re.DOTALL)
"""A remark in words behind an answer: ``34,944 (with biases)``."""
_ARROW = re.compile(r"→|⇒|⟶|[-=]>")
_REPLACED = (
    (re.compile(r"\\[()\[\]]"), ""),
    (re.compile(r"\\(?:(?:long)?rightarrow|to|implies)(?![A-Za-z])"), "→"),
    (re.compile(r"\\(?:text|mathrm|mbox|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])"), "×"),
    (re.compile(r"\\(?:approx|simeq|sim)(?![A-Za-z])|≈|≃|≅|~="), "≈"),
    (re.compile(r"\\(?:lfloor|left\s*\\lfloor)(?![A-Za-z])|⌊"), "floor("),
    (re.compile(r"\\(?:lceil)(?![A-Za-z])|⌈"), "ceil("),
    (re.compile(r"\\(?:rfloor|rceil)(?![A-Za-z])|[⌋⌉]"), ")"),
    (re.compile(r"\\(?:left|right)(?![A-Za-z])|\\[,;:! ]"), ""),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\^\s*\{\s*(-?\d+)\s*\}"), r"^\1"),
    (re.compile(r"[\u00a0\u2007\u2009\u202f]"), " "),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"[’`´]"), "'"),
    (re.compile(r"[×✕✖⨯·∙⋅]|(?<=[\d)])(?<!\b0)\s*X\s*(?=[\d(])"), "×"),
)
_PLAIN = re.compile(r"[0-9.,x ]+\Z")
"""What most answers are made of: nothing there has two spellings."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")

_LABEL = re.compile(r"[A-Za-z_][\w .,'()-]{0,40}?(?::|\bis\b|\bare\b)\s*(?=\S)")


def read_answer(text: str, rank: int | None = None) -> Reading:
    """How an answer was read; ``rank`` is the number of axes where a shape is asked for, None for a figure."""
    if len(text) > LONGEST:
        return unreadable(f"an answer of {len(text):,} characters; {FORMS}")
    plain = normalised(text)
    if _BLANKS.fullmatch(plain):
        return Reading("blank", shown="")
    if "→" in plain or ">" in plain or "⇒" in plain or "⟶" in plain:
        plain = _ARROW.split(plain)[-1].strip() or plain
    labelled = read_axes(plain, rank)
    if labelled is not None:
        return labelled
    pieces = [piece.strip() for piece in re.split(r"(?<![<>!=])=+(?!=)|(?=≈)", plain)]
    pieces = [piece for piece in pieces if piece and piece != "≈"]
    if not pieces:
        return unreadable(FORMS)
    reading = read_piece(pieces[-1], rank)
    if reading.kind == "unreadable" and _NONE.search(plain) and not _UNDECIDED.search(plain):
        return Reading("none", shown="that there is no such size")
    if reading.kind == "shape" and len(pieces) > 1:
        return in_order(reading, axis_order(pieces[-2]))
    if reading.kind == "number" and len(pieces) > 1:
        if rank is not None and rank > 1:
            shape = read_piece(pieces[-2], rank)
            if shape.kind == "shape" and prod(shape.values) == reading.values[0]:
                return shape  # 55x55x96 = 290,400
        return checked(reading, pieces[:-1])
    return reading


def normalised(text: str) -> str:
    """The text with one spelling for signs that have several."""
    plain = text.strip()
    if _PLAIN.match(plain):
        return plain
    for pattern, other in _REPLACED:
        plain = pattern.sub(other, plain)
    plain = _SUPER.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), plain)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)  # full-width letters, digits and commas
    plain = plain.strip()
    while len(plain) > 1 and plain[0] in "$`*\"'" and plain[-1] == plain[0]:
        plain = plain[1:-1].strip()
    return plain


def read_piece(text: str, rank: int | None) -> Reading:
    """A shape where one is asked for, else a number, else a calculation, else a shape."""
    label = _LABEL.match(text)
    order = axis_order(label[0].rstrip().removesuffix(":")) if label else ""
    if label and label.end() < len(text) and not _NONE.search(label[0]):
        text = text[label.end() :]
    if rank is not None:
        text, behind = split_order(text, rank) if text[-1:] in "CHWDL)" else (text, "")
        order = behind or order
    aside = _ASIDE.match(text) if text.endswith(")") else None
    if aside and not _NONE.search(aside[2]) and not _UNDECIDED.search(aside[2]):
        text = aside[1]
    if rank is not None:
        shape = read_shape(text, rank)
        if shape is not None:
            return in_order(shape, order)
    number = read_number(text)
    if number is not None:
        return number
    if _ZERO.fullmatch(text) and rank is None:
        return Reading("number", (0,), shown="0")
    try:
        value = computed(text)
    except NotArithmetic as error:
        shape = read_shape(text, rank or 0)
        if shape is not None:
            return shape
        why = f" ({error})" if error.limit else ""
        return unreadable(f"{shortened(text)!r} is no number and no shape{why}; {FORMS}")
    shown = show_number(value)
    return Reading("number", (value,), worked=text, shown=f"{' '.join(text.split())} = {shown}")


def computed(text: str) -> Number:
    """What a calculation gives, with ``x`` or nothing for a product: ``96(11x11x3 + 1)``; raises
    :class:`NotArithmetic`."""
    return calculate(ungrouped(re.sub(r"(?<=[\d)\s])[x×](?=[\d(\s])|(?<=[\d)])(?=\()|(?<=\))(?=\d)", "*", text)))


def unreadable(problem: str) -> Reading:
    return Reading("unreadable", problem=problem)


def shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def checked(reading: Reading, before: list[str]) -> Reading:
    """A number behind ``=``, with what the calculation in front of it gives."""
    if reading.unit:
        return reading  # in another unit the figures differ
    try:
        value = computed(before[-1])
    except NotArithmetic:
        return reading
    text = " ".join(before[-1].split())
    given = reading.values[0]
    if abs(Fraction(value) - given) <= reading.slack:
        exact = read_number(before[-1])
        if exact is not None and isinstance(value, int) and not exact.slack:
            return exact  # 34944 = 35k: rounded only to be read more easily
        return reading._replace(worked=text)
    if read_number(before[-1]) is not None:
        return unreadable(f"{text} and {show_number(given)} are two answers")
    return reading._replace(
        worked=text, problem=f"{text} is {show_number(value)}, not {show_number(reading.values[0])}"
    )
