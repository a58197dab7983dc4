"""Numbers as people write them: separators, powers, scales and units."""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.records import Number, Reading
from cnncalc.units import decimal, grouped, simplest

_DIGITS = (
    r"(?:\d{1,3}(?:[,' _]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d+(?:_\d+)+|\d+(?:[.,]\d+)?|\.\d+)"
)
_POWER = r"(?:[eE][+-]?\d{1,2}|\s*[x×*]\s*10\s*(?:\^|\*\*)\s*-?\d{1,2})"
_NUMBER = re.compile(
    rf"(?P<about>≈|~|ca\.?|about|approx\.?|approximately|around)?\s*(?P<sign>[+-]?)\s*(?P<digits>{_DIGITS})(?P<power>{_POWER})?"
    r"\s*(?P<unit>[A-Za-zµ][A-Za-zµ./-]*(?:\s+[A-Za-z]+\.?){0,3})?\Z",
    re.IGNORECASE,
)  # fmt: skip

_SCALES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "b": 10**9}
_SCALE_WORDS = {
    "thousand": 10**3, "tsd": 10**3, "million": 10**6, "mio": 10**6, "mill": 10**6, "billion": 10**9, "mrd": 10**9,
}  # fmt: skip
_MEMORY = {
    "b": "bytes", "byte": "bytes", "bytes": "bytes", "bit": "bits", "bits": "bits", "kb": "kB", "mb": "MB", "gb": "GB",
    "kib": "KiB", "mib": "MiB", "gib": "GiB", "values": "values", "floats": "values", "numbers": "values",
    "kilobytes": "kB", "megabytes": "MB", "gigabytes": "GB", "elements": "values", "activations": "values",
}  # fmt: skip
_ROUNDED = ("kB", "MB", "GB", "KiB", "MiB", "GiB")
"""Units in which a whole number is a rounded one."""
_NOUNS = re.compile(
    r"(?:(?:trainable|learnable|learned) )?(?:param(?:eter)?s?\.?|weights?|bias(?:es)?|neurons?|units?|channels?"
    r"|filters?|pixels?|px|mult-?adds?|multiplications?|multiply-accumulates?|macs?|macc?s?|flops?|ops|operations|values?"
    r"|in total|total|weights and bias(?:es)?)(?: in total| total| altogether)?\Z",
    re.IGNORECASE,
)

_REMARK = re.compile(
    r"(?:\A| )(?:incl\.?|including|excl\.?|excluding|with|without) (?:the )?bias(?:es)?\Z", re.IGNORECASE
)
"""What says how a figure was counted, and changes nothing about it."""


def show_number(value: Number) -> str:
    return grouped(value) if isinstance(value, int) else decimal(value)


def read_number(text: str) -> Reading | None:
    """A single number with its unit; None where the text is something else."""
    found = _NUMBER.match(text)
    if found is None or len(found["digits"]) > 40:
        return None
    unit = scaled(found["unit"] or "")
    if unit is None:
        return None
    scale, memory = unit
    digits = separators(found["digits"])
    power = int(re.split(r"[eE^]|\*\*", found["power"])[-1]) if found["power"] else 0
    places = len(digits.partition(".")[2])
    value = Fraction(digits) * Fraction(10) ** power * scale * (-1 if found["sign"] == "-" else 1)
    slack = Fraction(0)
    if places or power or scale > 1:
        slack = Fraction(10) ** (power - places) * scale / 2
    if memory in _ROUNDED and not places:
        slack = Fraction(10) ** power * scale / 2
    if found["about"] and not places:
        zeros = len(digits) - len(digits.rstrip("0"))
        slack = Fraction(10) ** (zeros + power) * scale / 2
    exact = simplest(value)
    shown = show_number(exact)
    if slack and (scale > 1 or power or found["about"]):
        shown += f" ± {show_number(simplest(slack))}"
    return Reading("number", (exact,), slack, unit=memory, shown=f"{shown} {memory}".strip())


def separators(digits: str) -> str:
    """The digits with a point for the decimals and nothing between the thousands.

    A comma in front of three digits groups them (``34,944``); in front of other digits it is a decimal comma.  A single
    point is a decimal point (``34.944``), several group thousands (``1.229.824``), and so does one in front of a comma.
    """
    digits = re.sub(r"[' _]", "", digits)
    if digits.count(".") > 1 or ("." in digits.partition(",")[0] and "," in digits):
        return digits.replace(".", "").replace(",", ".")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits) and not re.match(r"0,", digits):
        return digits.replace(",", "")
    return digits.replace(",", ".")


def scaled(unit: str) -> tuple[int, str] | None:
    """What a unit multiplies by, and the unit of memory it names; None where it is no unit."""
    words = _REMARK.sub("", " ".join(unit.split()))
    if not words:
        return 1, ""
    head, _, rest = words.partition(" ")
    scale = _SCALE_WORDS.get(head.lower().rstrip("."))
    if scale is None and head.lower() in ("k", "m", "g", "t") and head not in ("t",):
        scale = _SCALES[head.lower()]
    if scale is not None:
        if not rest:
            return scale, ""
        memory = _MEMORY.get(rest.lower())
        return (scale, memory) if memory else (scale, "") if _NOUNS.match(rest) else None
    memory = _MEMORY.get(words.lower())
    if memory is not None:
        return 1, memory
    if _NOUNS.match(words):
        return 1, ""
    prefixed = re.fullmatch(r"([kKmMgGtT])[- ]?(.*)", words)
    if prefixed and _NOUNS.match(prefixed[2]):
        return _SCALES[prefixed[1].lower()], ""
    return None


def ungrouped(text: str) -> str:
    """A calculation without separators between thousands."""
    return re.sub(r"(?<![\d.])\d{1,3}(?:[,']\d{3})+(?![\d])", lambda found: re.sub("[,']", "", found[0]), text)
