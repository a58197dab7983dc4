"""Shapes as people write them: ``96x55x55``, ``(96, 55, 55)``, ``96@55x55``, ``H=55, W=55, C=96``, ``96 x 55²``."""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.numbers import separators
from cnncalc.grading.records import Number, Reading
from cnncalc.shape import axis_names
from cnncalc.units import decimal, simplest

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
_ORDER = re.compile(r"\(?\s*(?:[NBCHWDL]|batch)(?:\s*[x×*,]?\s*[CHWDL]){1,4}\s*\)?\Z", re.IGNORECASE)
_BEHIND = re.compile(
    r"(.*\d[\])]?)\s*(\([NBCHWDL×x*, ]+\)|[NB]?[CHWDL]{2,4}|\(channels?[ -](?P<place>first|last)\))\Z", re.DOTALL
)
_TWICE = re.compile(r"\b([A-Za-z]+)\s*=\s*([A-Za-z]+)\s*=\s*(\d+)")
_POWERS = re.compile(r"(?<![\d.^])(\d{1,6})(?:\^|\*\*)([23])(?![\d^])")
_BATCH = ("none", "n", "b", "batch", "?", "-1", "batch_size")


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
    written_out = _POWERS.sub(lambda found: "x".join([found[1]] * int(found[2])), text) if rank > 1 else text
    parts = re.split(r"\s*[x×*;]\s*|\s+by\s+", written_out)
    if len(parts) > 1 and (written_out == text or len(parts) in (rank, rank + 1)):
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


def axis_order(text: str) -> str:
    """``HWC`` of ``(H, W, C)``, ``HxWxC`` or ``NHWC``: which axis stands where, without the batch; else nothing."""
    if not _ORDER.match(text.strip()):
        return ""
    letters = "".join(each for each in text.upper().replace("BATCH", "N") if each in "CDHWL")
    return letters if len(set(letters)) == len(letters) and "C" in letters else ""


def split_order(text: str, rank: int) -> tuple[str, str]:
    """A shape without the order behind it: ``55x55x96 (HxWxC)``, ``55x55x96 (channels last)``."""
    found = _BEHIND.match(text)
    order = axis_order(found[2]) if found else ""
    if found and found["place"] and 2 <= rank <= 4:
        sizes = "".join(axis_names(rank - 1))
        order = f"C{sizes}" if found["place"] == "first" else f"{sizes}C"
    return (found[1], order) if found and order else (text, "")


def in_order(shape: Reading, order: str) -> Reading:
    """A shape whose axes are named by ``order``; as it is where they are not as many."""
    if not order or shape.axes not in ("", "N") or len(shape.values) - len(order) not in (0, 1):
        return shape
    values = shape.values[len(shape.values) - len(order) :]
    names = "".join(sorted(order, key="CDHWL".index))
    said = f"{'x'.join(map(show_size, values))} ({' x '.join(order)})"
    return shape._replace(values=tuple(values[order.index(each)] for each in names), axes=names, shown=said)


def read_axes(text: str, rank: int | None) -> Reading | None:
    """A shape with named axes: ``H=55, W=55, C=96``, ``C=96, H=W=55``; None where the text is something else."""
    text = _TWICE.sub(r"\1=\3, \2=\3", text)
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
    if rank == 3 and "C" not in found and "D" in found:
        found["C"] = found.pop("D")  # of maps, depth is another word for the channels
    if len(found) < 2:
        return None
    names = [name for name in "CDHWL" if name in found]
    values = tuple(found[name] for name in names)
    return Reading(
        "shape", values, axes="".join(names), shown=", ".join(f"{name}={show_size(found[name])}" for name in names)
    )
