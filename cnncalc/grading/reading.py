"""Answers as people write them: ``34,944``, ``34.9K``, ``3.5 x 10^4``, ``(96, 55, 55)``, ``96@55x55``, ``11*11*3*96``.

:func:`read_answer` says what was understood, and never guesses: what it does not know is unreadable, with the forms
that it takes.  Nothing is evaluated as code, and every text is read in a time that its length bounds.
"""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.arithmetic import simplest
from cnncalc.grading.calculator import NotArithmetic, calculate
from cnncalc.grading.numbers import read_number, separators, show_number, ungrouped
from cnncalc.grading.records import Number, Reading
from cnncalc.units import decimal

LONGEST = 400
"""A longer text is no answer."""

FORMS = "a number is written 34,944 or 34944 or 34.9K, a shape 96x55x55 or (96, 55, 55)"

_BLANKS = re.compile(r"[?_\-.\s…–—]*|n/?a|none given|todo|tbd", re.IGNORECASE)
_NONE = re.compile(
    r"invalid|does(?: not|n'?t) (?:tile|fit|divide|work|exist)|no(?:n-?integer| integer| whole number| output)"
    r"|not (?:possible|valid|an? (?:integer|whole number)|whole|tile|tiling|defined|allowed)"
    r"|impossible|undefined|error\b|cannot",
    re.IGNORECASE,
)
_REPLACED = (
    (re.compile(r"\\(?:text|mathrm|mbox|operatorname)\s*\{([^{}]*)\}"), r"\1"),
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
    (re.compile(r"[×✕✖⨯·∙⋅]"), "×"),
)
_PLAIN = re.compile(r"[0-9.,x ]+\Z")
"""What most answers are made of: nothing there has two spellings."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")

_AXIS = re.compile(
    r"([A-Za-z]+)\s*[=:]?\s*(\d[\d,.' ]*?)(?=\s*(?:[,;x×]|and\b|\Z|(?<=\d)\s+[A-Za-z]))\s*(?:[,;x×]|and\b)?\s*",
    re.IGNORECASE,
)
_AXES = {
    "c": "C", "ch": "C", "channel": "C", "channels": "C", "filters": "C", "features": "C", "k": "C", "h": "H",
    "height": "H", "w": "W", "width": "W", "d": "D", "depth": "D", "l": "L", "length": "L", "n": "N", "batch": "N",
}  # fmt: skip
_OPEN = re.compile(
    r"(?:(?:torch\.)?size|tensorshape|shape|tuple|output)?\s*\(?\s*([\[(])(.*)([\])])\s*\)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_MAPS = re.compile(r"(\d+)\s*@\s*(\d+)\s*[x×*]\s*(\d+)\Z")
_LABEL = re.compile(r"[A-Za-z_][\w .,'()-]{0,40}?(?::|\bis\b|\bare\b)\s*(?=\S)")
_BATCH = ("none", "n", "b", "batch", "?", "-1", "batch_size")


def read_answer(text: str, rank: int | None = None) -> Reading:
    """How an answer was read; ``rank`` is the number of axes where a shape is asked for, None for a figure."""
    if len(text) > LONGEST:
        return unreadable(f"an answer of {len(text):,} characters; {FORMS}")
    plain = normalised(text)
    if _BLANKS.fullmatch(plain):
        return Reading("blank", shown="")
    pieces = [piece.strip() for piece in re.split(r"(?<![<>!=])=+(?!=)|(?=≈)", plain)]
    labelled = read_axes(plain, rank)
    if labelled is not None:
        return labelled
    pieces = [piece for piece in pieces if piece and piece != "≈"]
    if not pieces:
        return unreadable(FORMS)
    reading = read_piece(pieces[-1], rank)
    if reading.kind == "unreadable" and _NONE.search(plain):
        return Reading("none", shown="that there is no such size")
    if reading.kind == "number" and len(pieces) > 1:
        return checked(reading, pieces[:-1], rank)
    return reading


def normalised(text: str) -> str:
    """The text with one spelling for signs that have several."""
    plain = text.strip()
    if _PLAIN.match(plain):
        return plain
    for pattern, other in _REPLACED:
        plain = pattern.sub(other, plain)
    plain = _SUPER.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), plain)
    plain = plain.strip()
    while len(plain) > 1 and plain[0] in "$`*\"'" and plain[-1] == plain[0]:
        plain = plain[1:-1].strip()
    return plain


def read_piece(text: str, rank: int | None) -> Reading:
    """A shape where one is asked for, else a number, else a calculation, else a shape."""
    label = _LABEL.match(text)
    if label and label.end() < len(text) and not _NONE.search(label[0]):
        text = text[label.end() :]
    if rank is not None:
        shape = read_shape(text, rank)
        if shape is not None:
            return shape
    number = read_number(text)
    if number is not None:
        return number
    try:
        value = calculate(ungrouped(re.sub(r"(?<=[\d)\s])[x×](?=[\d(\s])", "*", text)))
    except NotArithmetic as error:
        shape = read_shape(text, rank or 0)
        if shape is not None:
            return shape
        why = f" ({error})" if error.limit else ""
        return unreadable(f"{shortened(text)!r} is no number and no shape{why}; {FORMS}")
    shown = show_number(value)
    return Reading("number", (value,), worked=text, shown=f"{' '.join(text.split())} = {shown}")


def unreadable(problem: str) -> Reading:
    return Reading("unreadable", problem=problem)


def shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def checked(reading: Reading, before: list[str], rank: int | None) -> Reading:
    """A number behind ``=``, with what the calculation in front of it gives."""
    try:
        value = calculate(ungrouped(re.sub(r"(?<=[\d)\s])[x×](?=[\d(\s])", "*", before[-1])))
    except NotArithmetic:
        return reading
    text = " ".join(before[-1].split())
    given = reading.values[0]
    if abs(Fraction(value) - given) <= reading.slack:
        return reading._replace(worked=text)
    return reading._replace(
        worked=text, problem=f"{text} is {show_number(value)}, not {show_number(reading.values[0])}"
    )


# -- shapes -----------------------------------------------------------------------------------------------------------


def read_shape(text: str, rank: int) -> Reading | None:
    """The axes of ``96x55x55``, ``(96, 55, 55)``, ``96@55x55``; None where the text is no shape."""
    maps = _MAPS.match(text)
    if maps:
        return shape_of([maps[1], maps[2], maps[3]], "CHW")
    bracketed = _OPEN.match(text)
    if bracketed:
        inside = bracketed[2].strip("[]() ,")
        parts = re.split(r"\s*[,;x×*]\s*|\s+", inside)
        return shape_of(parts)
    parts = re.split(r"\s*[x×*;]\s*|\s+by\s+", text)
    if len(parts) > 1:
        return shape_of(parts)
    parts = re.split(r"\s*,\s*", text)
    if len(parts) > 1 and (len(parts) in (rank, rank + 1) and rank > 1):
        return shape_of(parts)
    if rank > 1 and re.fullmatch(r"\d+(?:\s+\d+){1,4}", text):
        return shape_of(text.split())
    return None


def shape_of(parts: list[str], axes: str = "") -> Reading | None:
    """A shape of numbers, with the batch in front of it left out; fractions are kept."""
    if parts and parts[0].lower() in _BATCH:
        parts, axes = parts[1:], axes or "N"
    values: list[Number] = []
    places = 0
    for part in parts:
        if not re.fullmatch(r"\d{1,3}(?:[,']\d{3})+|\d+(?:\.\d+)?|\d+,\d{1,2}", part) or len(part) > 30:
            return None
        digits = separators(part)
        decimals = len(digits.partition(".")[2])
        places = min(places, decimals) if places and decimals else places or decimals  # the coarsest axis decides
        values.append(simplest(Fraction(digits)))
    if not values or len(values) > 6:
        return None
    slack = Fraction(1, 2 * 10**places) if places else Fraction(0)
    return Reading("shape", tuple(values), slack, axes, shown="x".join(map(show_size, values)))


def show_size(value: Number) -> str:
    return str(value) if isinstance(value, int) else decimal(value)


def read_axes(text: str, rank: int | None) -> Reading | None:
    """A shape with named axes: ``H=55, W=55, C=96``; None where the text is something else."""
    if rank is None or not re.match(r"[A-Za-z]+\s*[=: ]\s*\d", text):
        return None
    found: dict[str, Number] = {}
    at = 0
    while at < len(text):
        match = _AXIS.match(text, at)
        name = _AXES.get(match[1].lower()) if match else None
        if match is None or name is None or name in found or len(match[2]) > 30:
            return None
        digits = separators(match[2].strip())
        if not re.fullmatch(r"\d+(?:\.\d+)?", digits):
            return None
        found[name] = simplest(Fraction(digits))
        at = match.end()
    found.pop("N", None)
    if len(found) < 2:
        return None
    names = [name for name in "CDHWL" if name in found]
    values = tuple(found[name] for name in names)
    return Reading(
        "shape", values, axes="".join(names), shown=", ".join(f"{name}={show_size(found[name])}" for name in names)
    )
