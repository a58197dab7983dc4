"""Arithmetic in answers: ``11*11*3*96 + 96``, ``(227 - 11)/4 + 1``, ``floor(54.25)``, and nothing else.

An answer is data and is never evaluated as code.  Numbers, powers and results have limits, so that no text takes long.
"""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.records import Number
from cnncalc.units import simplest, whole_up

MOST_TOKENS = 200
MOST_DEPTH = 20
LARGEST = 10**24
"""No number of a calculation is larger."""
LARGEST_POWER = 64

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|(\*\*|[-+*/^()])|(floor|ceil)\b)")


class NotArithmetic(Exception):
    """A text that is no calculation, or (``limit``) one beyond the limits; the message says why."""

    def __init__(self, message: str, limit: bool = False) -> None:
        super().__init__(message)
        self.limit = limit


def calculate(text: str) -> Number:
    """The exact value of a calculation; raises :class:`NotArithmetic`.

    ::

        sum     = product, { ("+" | "-"), product } ;
        product = power, { ("*" | "/"), power } ;
        power   = [ "-" ], atom, [ ("^" | "**"), power ] ;
        atom    = NUMBER | ("floor" | "ceil"), "(", sum, ")" | "(", sum, ")" ;
    """
    calculation = _Calculation(tokens(text))
    value = calculation.sum(0)
    if calculation.tokens[calculation.at] != "":
        raise NotArithmetic(f"{calculation.tokens[calculation.at]!r} stands where an operator belongs")
    return simplest(value)


def tokens(text: str) -> list[str]:
    """The pieces of a calculation, with an empty one at the end."""
    found: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) >= MOST_TOKENS:
            raise NotArithmetic("no calculation" if match is None else "longer than any calculation here")
        found.append(match[0].strip())
        at = match.end()
    return [*found, ""]


class _Calculation:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def take(self, *signs: str) -> str:
        """The next token if it is one of ``signs``, else nothing."""
        token = self.tokens[self.at]
        if token not in signs:
            return ""
        self.at += 1
        return token

    def sum(self, depth: int) -> Fraction:
        if depth > MOST_DEPTH:
            raise NotArithmetic("nested too deep", True)
        value = self.product(depth)
        while sign := self.take("+", "-"):
            term = self.product(depth)
            value = limited(value + term if sign == "+" else value - term)
        return value

    def product(self, depth: int) -> Fraction:
        value = self.power(depth)
        while sign := self.take("*", "/"):
            factor = self.power(depth)
            if sign == "/" and factor == 0:
                raise NotArithmetic("a division by 0", True)
            value = limited(value * factor if sign == "*" else value / factor)
        return value

    def power(self, depth: int) -> Fraction:
        if depth > MOST_DEPTH:
            raise NotArithmetic("nested too deep", True)
        if self.take("-"):
            return -self.power(depth + 1)
        value = self.atom(depth)
        if self.take("^", "**"):
            exponent = self.power(depth + 1)
            if exponent.denominator != 1 or abs(exponent) > LARGEST_POWER or (value == 0 and exponent < 0):
                raise NotArithmetic("a power too large to be meant", True)
            if (
                value.numerator.bit_length() * abs(exponent) > 128
                or value.denominator.bit_length() * abs(exponent) > 128
            ):
                raise NotArithmetic("a power too large to be meant", True)
            value = limited(value ** int(exponent))
        return value

    def atom(self, depth: int) -> Fraction:
        function = self.take("floor", "ceil")
        if self.take("("):
            value = self.sum(depth + 1)
            if not self.take(")"):
                raise NotArithmetic("a parenthesis is not closed")
            if function:
                return Fraction(whole_up(value) if function == "ceil" else value.numerator // value.denominator)
            return value
        if function:
            raise NotArithmetic(f"{function} has no parentheses")
        token = self.tokens[self.at]
        if not token or not (token[0].isdigit() or token[0] == "."):
            raise NotArithmetic(f"{token or 'nothing'} stands where a number belongs")
        if len(token) > 30:
            raise NotArithmetic("a number longer than any figure here", True)
        self.at += 1
        return Fraction(token)


def limited(value: Fraction) -> Fraction:
    if abs(value) > LARGEST or value.denominator > LARGEST:
        raise NotArithmetic("a number larger than any figure here", True)
    return value
