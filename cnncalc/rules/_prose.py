"""Figures in comments: what ``# 96x55x55``, ``# 25.6M params, 4.1 GMACs`` and ``# (227 - 11)/4 + 1 = 55`` claim.

A comment that says anything else besides is prose, and claims nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cnncalc.errors import SpecError
from cnncalc.shape import Shape
from cnncalc.source import Scalar, Source
from cnncalc.spec.evaluate import Scope, SpanFault, evaluate
from cnncalc.spec.phrase import parse_value
from cnncalc.units import Figure, read_figure


class Count(NamedTuple):
    """``25.6M params``; ``what`` is params, macs or flops."""

    text: str
    what: str
    figure: Figure


class Sizes(NamedTuple):
    """``96x55x55``, or ``-> 55x55``."""

    text: str
    shape: Shape


class Sum(NamedTuple):
    """``(227 - 11)/4 + 1 = 55``: what the left side is, and the numbers it is said to be (none: only the left side).

    ``window``: it is the formula of a sliding window, so that its last number is a size that comes out.
    """

    text: str
    value: Fraction
    said: tuple[Fraction, ...]
    window: bool


Claim = Count | Sizes | Sum

LONGEST = 200

_PARTS = re.compile(r"[,;]\s+|\s+and\s+")
_COUNT = re.compile(
    r"(?:total:?\s+|=\s*)?(?P<number>\d[\d,_]*(?:\.\d+)?)\s*(?P<unit>[kKMGBT]|million|billion)?\s*"
    r"(?P<what>params?|parameters|MACs?|FLOPs?|mult(?:iply)?-add(?:s|itions)?|multiply-accumulates)\Z"
)
_WHAT = {"p": "params", "M": "macs", "m": "macs", "F": "flops"}
_UNITS = {"million": "M", "billion": "G"}
_SIZES = re.compile(
    r"(?:(?:=>|->|→|=|out(?:put)?:?)\s*(?P<map>\d+\s*[x×]\s*\d+)"
    r"|(?:=>|->|→|=|out(?:put)?:?)?\s*(?P<dims>\d+(?:\s*[x×]\s*\d+){2,3}))\Z"
)
"""Two numbers alone may be a kernel: behind an arrow they are the map that comes out."""
_SUM = re.compile(r"(?P<left>[\d(][\d\s()+*/.-]*?)(?P<said>(?:\s*(?:=|->|→)\s*\d[\d,_]*(?:\.\d+)?)*)\Z")
_WINDOW = re.compile(r"\(\s*\d+\s*-\s*\d+(?:\s*\+\s*(?:2\s*\*\s*)?\d+){0,2}\s*\)\s*/\s*\d+\s*\+\s*1\Z")


def claims_in(comment: str) -> tuple[Claim, ...]:
    """What a comment claims; nothing where any part of it is prose."""
    if len(comment) > LONGEST or not any(map(str.isdigit, comment)):
        return ()
    found = []
    for part in _PARTS.split(comment.strip().rstrip(".")):
        claim = _count(part) or _sizes(part) or _sum(part)
        if claim is None:
            return ()
        found.append(claim)
    return tuple(found)


def _count(part: str) -> Count | None:
    found = _COUNT.match(part)
    if not found:
        return None
    unit = found["unit"] or ""
    figure = read_figure(found["number"] + _UNITS.get(unit, unit))
    return Count(part, _WHAT[found["what"][0]], figure) if figure is not None else None


def _sizes(part: str) -> Sizes | None:
    found = _SIZES.match(part)
    if not found:
        return None
    said = found["map"] or found["dims"]
    return Sizes(said, tuple(int(each) for each in re.findall(r"\d+", said)))


def _sum(part: str) -> Sum | None:
    found = _SUM.match(part)
    if not found or not re.search(r"[*+/]|\s-\s", found["left"]):
        return None
    left = found["left"].strip()
    value = worked(left)
    if value is None:
        return None
    said = tuple(Fraction(re.sub(r"[,_]", "", each)) for each in re.findall(r"\d[\d,_]*(?:\.\d+)?", found["said"]))
    return Sum(left, value, said, _WINDOW.match(left) is not None)


def worked(words: str) -> Fraction | None:
    """What an expression of plain numbers is; None where it is none."""
    text = f"({words})"
    try:
        value = evaluate(parse_value(Scalar(Source("<comment>", text), text, 0, len(text), 0)), Scope({}))
    except (SpecError, SpanFault):
        return None
    return Fraction(value) if isinstance(value, (int, Fraction)) and not isinstance(value, bool) else None


def holds(claim: Sum) -> bool:
    """Whether each number that is said is the left side, exactly or rounded to its own digits, up or down."""
    return all(_rounds_to(claim.value, said) for said in claim.said)


def _rounds_to(value: Fraction, said: Fraction) -> bool:
    digits = max(0, len(f"{float(said):.10f}".rstrip("0").partition(".")[2]))
    return abs(value - said) < Fraction(1, 10**digits)


def orders(shape: Shape) -> Iterator[Shape]:
    """A shape as it may be written: channels first or last."""
    yield shape
    yield (*shape[1:], *shape[:1])
