"""Formulas as data: one expression gives the letters, the worked line and the value of a wrong figure.

>>> K, Cout = Letter("F*F"), Letter("Cout")
>>> wrong = K * Cout + 1
>>> wrong.text({})
'F*F*Cout + 1'
>>> pieces = {"F*F": Piece("11*11", 121, PRODUCT), "Cout": Piece("96", 96)}
>>> wrong.text(pieces), wrong.value(pieces)
('11*11*96 + 1', 11617)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from operator import add, mul, sub
from typing import NamedTuple, TypeAlias

SUM, PRODUCT, ATOM = 0, 1, 2
"""How tightly the outermost operation of a text binds."""

Number: TypeAlias = int | Fraction


class Piece(NamedTuple):
    """What a letter stands for on one layer: the numbers as they are written (none: the term is left out), the
    value, how tightly the text binds, and what the letter is called there (``Cin/g`` for ``Cin``)."""

    numbers: str
    value: int
    binds: int = ATOM
    letters: str | None = None


Pieces: TypeAlias = Mapping[str, Piece]

ABSENT = Piece("", 0)
"""What is not there, such as the bias of a layer without one."""


class Formula:
    """An expression in letters; ``+``, ``-``, ``*`` and ``/`` make larger ones."""

    def __add__(self, other: Formula | int) -> Formula:
        return Operation("+", self, lifted(other))

    def __sub__(self, other: Formula | int) -> Formula:
        return Operation("-", self, lifted(other))

    def __mul__(self, other: Formula | int) -> Formula:
        return Operation("*", self, lifted(other))

    def __truediv__(self, other: Formula | int) -> Formula:
        return Operation("/", self, lifted(other))

    def value(self, pieces: Pieces) -> Number:
        """The exact value; a fraction only where it is no whole number."""
        raise NotImplementedError

    def written(self, pieces: Pieces) -> tuple[str, int]:
        """The text with the numbers of ``pieces`` (letters where one is missing), and how tightly it binds."""
        raise NotImplementedError

    def text(self, pieces: Pieces) -> str:
        return self.written(pieces)[0]


class Letter(Formula):
    """A letter, or a short product such as ``F*F``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def value(self, pieces: Pieces) -> Number:
        return pieces[self.name].value

    def written(self, pieces: Pieces) -> tuple[str, int]:
        piece = pieces.get(self.name)
        if piece is not None:
            return piece.numbers, piece.binds
        return self.name, SUM if " + " in self.name else PRODUCT if re.search(r"[*/]", self.name) else ATOM


class Constant(Formula):
    """A number that is the same for every layer."""

    def __init__(self, number: int) -> None:
        self.number = number

    def value(self, pieces: Pieces) -> Number:
        return self.number

    def written(self, pieces: Pieces) -> tuple[str, int]:
        return str(self.number), ATOM


_DO: dict[str, Callable[[Number, Number], Number]] = {"+": add, "-": sub, "*": mul}
_BINDS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}


class Operation(Formula):
    """Two expressions with an operator between them."""

    def __init__(self, sign: str, left: Formula, right: Formula) -> None:
        self.sign, self.left, self.right = sign, left, right

    def value(self, pieces: Pieces) -> Number:
        left, right = self.left.value(pieces), self.right.value(pieces)
        if self.sign == "/":
            if left.__class__ is int and right.__class__ is int and right and not left % right:
                return left // right
            quotient = Fraction(left) / Fraction(right)
            return quotient.numerator if quotient.denominator == 1 else quotient
        return _DO[self.sign](left, right)

    def written(self, pieces: Pieces) -> tuple[str, int]:
        binds = _BINDS[self.sign]
        left, left_binds = self.left.written(pieces)
        right, right_binds = self.right.written(pieces)
        if not left or not right:  # an absent term: it is a summand, products are made of what is there
            return (left, left_binds) if left else (right, right_binds)
        if left_binds < binds:
            left = f"({left})"
        if right_binds < binds or (right_binds == binds and self.sign in "-/"):
            right = f"({right})"
        return (f"{left} {self.sign} {right}" if binds == SUM else f"{left}{self.sign}{right}"), binds


def lifted(value: Formula | int) -> Formula:
    return value if isinstance(value, Formula) else Constant(value)
