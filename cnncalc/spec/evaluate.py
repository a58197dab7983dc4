"""The arithmetic of phrases: exact, total, without ``eval``.

Decimals are fractions, so that ``0.1*30`` is 3 and ``1.1*32`` is 35.2.  Nothing here loops over a number's size.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from cnncalc.errors import did_you_mean
from cnncalc.layers.fields import LARGEST
from cnncalc.shape import Shape, axis_names
from cnncalc.spec.syntax import (
    Binary,
    Choice,
    Compare,
    Dotted,
    Expr,
    Function,
    Group,
    Logic,
    Name,
    Number,
    Padding,
    Short,
    Size,
    Span,
    Unary,
)
from cnncalc.units import simplest


class Unknown:
    """A value that an earlier fault has made unknowable; arithmetic with it is silently unknown too."""

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()

Value: TypeAlias = int | Fraction | float | bool | str | tuple[Any, ...] | Unknown

SIZE_NAMES = ("C", "D", "H", "W", "L")
"""The sizes of what flows in; no parameter may have such a name."""
ROUND = "i"
"""The number of the round inside a repeat, from 0, where no parameter has this name."""


class SpanFault(Exception):
    """A fault inside an expression; whoever knows the text makes a diagnostic of it."""

    def __init__(self, code: str, message: str, span: Span, help: tuple[str, ...] = (), label: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.help = help
        self.label = label


class Scope:
    """What an expression sees: variables, the shape that flows in, the shapes of named lines, the round it is in."""

    __slots__ = ("flowing", "round", "shape_of", "variables")

    def __init__(
        self,
        variables: Mapping[str, Any],
        flowing: Callable[[Span], Shape | Unknown] | None = None,
        shape_of: Callable[[str, Span], Shape | Unknown] | None = None,
        round: int | None = None,
    ) -> None:
        self.round = round
        self.variables = variables
        self.flowing = flowing
        self.shape_of = shape_of


def size_named(name: str, shape: Shape, span: Span) -> int:
    """``C``, or the extent of the axis of that name."""
    if name == "C":
        return shape[0]
    names = axis_names(len(shape) - 1)
    if name in names:
        return shape[1 + names.index(name)]
    has = " ".join(("C", *names))
    raise SpanFault("T108", f"there is no {name} here: what flows in has {has}", span)


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression: a number, a bool, a tuple (a size), or a bare word as text."""
    return _EVALUATORS[type(expr)](expr, scope)


def _number(expr: Number, scope: Scope) -> Value:
    if isinstance(expr.value, float):
        return simplest(Fraction(repr(expr.value)))
    return expr.value


def _name(expr: Name, scope: Scope) -> Value:
    found = scope.variables.get(expr.text)
    if found is not None:
        if isinstance(found, (int, Fraction, float, str, tuple, Unknown)):
            return found
        raise SpanFault(
            "T104", f"{expr.text!r} is a line, not a number; its sizes are {expr.text}.H and so on", expr.span
        )
    if expr.text in SIZE_NAMES and scope.flowing is not None:
        shape = scope.flowing(expr.span)
        return UNKNOWN if isinstance(shape, Unknown) else size_named(expr.text, shape, expr.span)
    if expr.text == ROUND and scope.round is not None:
        return scope.round
    if expr.text in ("true", "false"):
        return expr.text == "true"
    known = [*scope.variables, *SIZE_NAMES] if scope.flowing is not None else list(scope.variables)
    hint = did_you_mean(expr.text, known)
    if expr.text == ROUND:
        hint = f"{ROUND} is the number of the round where a repeat stands; a block is given it as an argument"
    if expr.text not in known and not hint and known:
        hint = f"known here: {', '.join(sorted(known)[:12])}"
    raise SpanFault("T108", f"there is no parameter called {expr.text!r}", expr.span, (hint,) if hint else ())


def _dotted(expr: Dotted, scope: Scope) -> Value:
    name, _, axis = expr.text.rpartition(".")
    if axis not in SIZE_NAMES or scope.shape_of is None:
        raise SpanFault("T108", f"{expr.text!r} is no number; sizes are called {name}.C, .H, .W, .D, .L", expr.span)
    shape = scope.shape_of(name, expr.span)
    return UNKNOWN if isinstance(shape, Unknown) else size_named(axis, shape, expr.span)


def _short(expr: Short, scope: Scope) -> Value:
    if expr.text in scope.variables:
        return _name(Name(expr.text, expr.span), scope)
    raise SpanFault("T108", f"{expr.text!r} is no number here", expr.span)


def _size(expr: Size, scope: Scope) -> Value:
    return expr.dims


def _padding(expr: Padding, scope: Scope) -> Value:
    return expr.sides


def _operand(expr: Expr, scope: Scope) -> int | Fraction | float | Unknown:
    value = evaluate(expr, scope)
    if isinstance(value, Unknown) or (isinstance(value, (int, Fraction, float)) and not isinstance(value, bool)):
        return value
    raise SpanFault("T109", "arithmetic needs numbers", expr.span)


def _bounded(value: int | Fraction | float, span: Span) -> int | Fraction | float:
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise SpanFault("T106", "this number is larger than 10^15", span)
        return int(value) if value.is_integer() else value
    if value.denominator > LARGEST**2:
        raise SpanFault("T106", "this number is a fraction with a denominator larger than 10^30", span)
    if value.numerator > LARGEST * value.denominator or -value > LARGEST:
        raise SpanFault("T106", "this number is larger than 10^15", span)
    return simplest(value)


def _unary(expr: Unary, scope: Scope) -> Value:
    if expr.op == "not":
        value = evaluate(expr.operand, scope)
        return UNKNOWN if isinstance(value, Unknown) else not value
    operand = _operand(expr.operand, scope)
    if isinstance(operand, Unknown):
        return UNKNOWN
    return -operand if expr.op == "-" else operand


def _quotient(left: int | Fraction | float, right: int | Fraction | float) -> Fraction | float:
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    return Fraction(left) / Fraction(right)


_OPERATIONS: dict[str, Callable[[Any, Any], int | Fraction | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _binary(expr: Binary, scope: Scope) -> Value:
    left, right = _operand(expr.left, scope), _operand(expr.right, scope)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if expr.op in ("/", "//", "%") and right == 0:
        raise SpanFault("T109", "division by zero", expr.span)
    return _bounded(_OPERATIONS[expr.op](left, right), expr.span)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _compare(expr: Compare, scope: Scope) -> Value:
    """As in Python ``a < b < c`` is over where ``a < b`` is false."""
    left = evaluate(expr.operands[0], scope)
    for op, operand in zip(expr.ops, expr.operands[1:], strict=True):
        right = evaluate(operand, scope)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return UNKNOWN
        try:
            if not _COMPARISONS[op](left, right):
                return False
        except TypeError:
            raise SpanFault("T109", "these two cannot be compared", expr.span) from None
        left = right
    return True


def _logic(expr: Logic, scope: Scope) -> Value:
    value: Value = False
    for operand in expr.operands:
        value = evaluate(operand, scope)
        if isinstance(value, Unknown) or bool(value) == (expr.op == "or"):
            return value
    return value


def _choice(expr: Choice, scope: Scope) -> Value:
    test = evaluate(expr.test, scope)
    if isinstance(test, Unknown):
        return UNKNOWN
    return evaluate(expr.yes if test else expr.no, scope)


def _group(expr: Group, scope: Scope) -> Value:
    if len(expr.items) == 1 and not expr.comma:
        return evaluate(expr.items[0], scope)
    values = tuple(evaluate(each, scope) for each in expr.items)
    return UNKNOWN if any(isinstance(value, Unknown) for value in values) else values


def round8(value: int | Fraction | float) -> int:
    """The nearest multiple of 8 that is not more than 10 % smaller (TensorFlow's ``make_divisible``)."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < Fraction(9, 10) * Fraction(value) else rounded


def _sqrt(value: int | Fraction | float) -> int | float:
    root = math.sqrt(value)
    return int(root) if root.is_integer() else root


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (1, 16, lambda *values: min(values)),
    "max": (1, 16, lambda *values: max(values)),
    "abs": (1, 1, abs),
    "ceil": (1, 1, math.ceil),
    "floor": (1, 1, math.floor),
    "round": (1, 1, round),
    "int": (1, 1, int),
    "sqrt": (1, 1, _sqrt),
    "round8": (1, 1, round8),
}
"""The functions of the language: least and most arguments, and what they do."""


def _function(expr: Function, scope: Scope) -> Value:
    found = FUNCTIONS.get(expr.name)
    if found is None:
        hint = did_you_mean(expr.name, FUNCTIONS) or f"the functions are {', '.join(FUNCTIONS)}"
        raise SpanFault("T108", f"there is no function called {expr.name!r}", expr.span, (hint,))
    least, most, function = found
    if not least <= len(expr.arguments) <= most:
        count = "one number" if most == 1 else "numbers"
        raise SpanFault("T109", f"{expr.name} takes {count}, got {len(expr.arguments)}", expr.span)
    values = [_operand(each, scope) for each in expr.arguments]
    if any(isinstance(value, Unknown) for value in values):
        return UNKNOWN
    try:
        return _bounded(function(*values), expr.span)
    except ValueError:
        raise SpanFault("T109", f"{expr.name} does not take such a number", expr.span) from None


_EVALUATORS: dict[type, Callable[[Any, Scope], Value]] = {
    Number: _number,
    Name: _name,
    Dotted: _dotted,
    Short: _short,
    Size: _size,
    Padding: _padding,
    Unary: _unary,
    Binary: _binary,
    Compare: _compare,
    Logic: _logic,
    Choice: _choice,
    Group: _group,
    Function: _function,
}
