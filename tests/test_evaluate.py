"""The arithmetic of phrases beside Python's own, on fractions; and what unknown values do to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.layers.fields import LARGEST
from cnncalc.source import Scalar, Source
from cnncalc.spec.evaluate import UNKNOWN, Scope, SpanFault, evaluate
from cnncalc.spec.phrase import parse_value


def exact(function: Callable[[Fraction], int]) -> Callable[[Fraction], Fraction]:
    return lambda value: Fraction(function(value))


PYTHON: dict[str, Any] = {
    "__builtins__": {},
    **{function.__name__: function for function in (min, max, abs, Fraction)},
    **{function.__name__: exact(function) for function in (math.floor, math.ceil, round, int)},
}
NAMES = {"n": 6, "half": Fraction(1, 2)}


def value_of(text: str, **variables: Any) -> Any:
    scalar = Scalar(Source("<test>", text), text, 0, len(text), 0)
    return evaluate(parse_value(scalar), Scope({**NAMES, **variables}))


ATOMS = ("0", "1", "2", "3", "7", "16", "97", "0.5", "1.25", "0.1", "2.75", "n", "half")


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> str:
    """A piece of arithmetic; parentheses only where they are drawn, so that precedence counts."""

    def inner() -> str:
        return draw(numbers(depth - 1))

    def compared() -> str:
        tests = (" == ", " != ", " < ", " > ", " <= ", " >= ")
        text = f"{inner()}{draw(st.sampled_from(tests))}{inner()}"
        return f"{text}{draw(st.sampled_from(tests))}{inner()}" if draw(st.booleans()) else text

    form = draw(st.sampled_from("aaboopmfcc")) if depth else "a"
    if form == "a":
        return draw(st.sampled_from(ATOMS))
    if form == "b":
        return f"-{inner()}"
    if form == "o":
        return f"{inner()}{draw(st.sampled_from((' + ', ' - ', ' * ', '*', '/', ' // ', '%')))}{inner()}"
    if form == "p":
        return f"({inner()})"
    if form == "m":
        return f"{draw(st.sampled_from(('min', 'max')))}({inner()}, {inner()})"
    if form == "f":
        return f"{draw(st.sampled_from(('abs', 'floor', 'ceil', 'round', 'int')))}({inner()})"
    test = draw(st.sampled_from(("{}", "not {}", "{} and {}", "{} or {}", "not {} or {} and {}")))
    return f"({inner()} if {test.format(*(compared() for _ in range(test.count('{'))))} else {inner()})"


def in_python(text: str) -> Any:
    """The same text for Python, with every number a fraction."""
    found = "".join(f"Fraction('{word}')" if word[0].isdigit() else word for word in words(text))
    return eval(found, {**PYTHON, **{name: Fraction(value) for name, value in NAMES.items()}})


def words(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?|[a-z]+|\s+|[^\da-z\s]", text)


@settings(max_examples=400, deadline=None)
@given(numbers())
def test_beside_python(text: str) -> None:
    text = f"({text})"
    try:
        wanted = in_python(text)
    except ZeroDivisionError:
        wanted = None
    try:
        found = value_of(text)
    except SpecError as error:
        fault: Any = error.diagnostics[0]
    except SpanFault as error:
        fault = error
    else:
        assert found == wanted
        assert isinstance(found, int) == (wanted == int(wanted))
        return
    if fault.code != "G112":  # more operators than anybody writes
        # too large is refused where it comes up, also where Python's value is small again
        assert fault.code == "T106" or (wanted is None and fault.message == "division by zero")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sqrt(16)", 4),
        ("sqrt(2)", math.sqrt(2)),
        ("(sqrt(2)*sqrt(2))", math.sqrt(2) * math.sqrt(2)),
        ("(sqrt(16)/8)", Fraction(1, 2)),
        ("(sqrt(2)/2)", math.sqrt(2) / 2),
        ("round8(35)", 32),
        ("round8(36)", 40),
        ("round8(0.75*24)", 24),  # 18 would be 16, which is more than a tenth less
        ("(n == 6)", True),
        ("(not n == 6)", False),
        ("(n > 5 and n < 7)", True),
        ("(n < 5 or n == 6)", True),
        ("(1 < n <= 6)", True),
        ("(n < 1 < 1/0)", False),
        ("(3 if n == 5 else 4)", 4),
        ("0.1*30", 3),
        ("(1, n+1)", (1, 7)),
    ],
)
def test_values(text: str, wanted: Any) -> None:
    assert value_of(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["(n+u)", "-u", "(not u)", "(n < u)", "(u and n)", "(1 if u else 2)", "min(n, u)", "(1, u)", "(u or n)"],
)
def test_unknown_stays_unknown(text: str) -> None:
    assert value_of(text, u=UNKNOWN) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("sqrt(1, 2)", "T109", "sqrt takes one number, got 2"),
        ("min()", "T109", "min takes numbers, got 0"),
        ("sqrt(-1)", "T109", "sqrt does not take such a number"),
        ("(1/0)", "T109", "division by zero"),
        ("(n%0)", "T109", "division by zero"),
        ("(n < (1, 2))", "T109", "these two cannot be compared"),
        ("((1, 2) + 1)", "T109", "arithmetic needs numbers"),
        ("(true + 1)", "T109", "arithmetic needs numbers"),
        ("(999999999999999*2)", "T106", "larger than 10^15"),
        ("(sqrt(999999999999999)*999999999999999)", "T106", "larger than 10^15"),
        ("(0-999999999999999-999999999999999)", "T106", "larger than 10^15"),
        ("(m+1)", "T108", "no parameter called 'm'"),
        ("maxx(1, 2)", "T108", "no function called 'maxx'"),
        ("n.X", "T108", "sizes are called n.C, .H, .W, .D, .L"),
    ],
)
def test_faults(text: str, code: str, message: str) -> None:
    with pytest.raises(SpanFault) as caught:
        value_of(text)
    assert (caught.value.code, message in caught.value.message) == (code, True)


def test_a_value_of_15_digits() -> None:
    assert value_of(f"({LARGEST - 1}+1)") == LARGEST


def test_a_line_is_no_number() -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.analyse("3x8x8 | relu as a | conv (a+1) 1")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("T108", "there is no parameter called 'a'")
