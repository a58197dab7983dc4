"""The values of phrases: arithmetic without blanks outside of parentheses, and anything (with ``/``) inside.

Each function is a production of ``docs/phrase.lark``, and its docstring begins with that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.lazy import Lazy
from cnncalc.spec.lexer import AFTER, ARGUMENT, OPERAND, WHOLE, Lexer, PhraseError
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

if TYPE_CHECKING:
    from cnncalc.spec import phrase_faults as faults
else:
    faults = Lazy("cnncalc.spec.phrase_faults")

DEEPEST = 60
"""The most parentheses (and ``else``) inside one another."""

OPERATORS = 100
"""The most operators in one value, so that no tree of arithmetic is too deep to walk."""

DIGITS = 15
"""The most digits of a number, written out."""

_DIGITS = re.compile(r"\d+")
_FLOAT = re.compile(r"(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?")
_ADD = {True: frozenset({"TADD", "LADD"}), False: frozenset({"TADD"})}
_MULTIPLY = {True: frozenset({"TMUL", "LMUL", "SLASH"}), False: frozenset({"TMUL"})}
_SIGN = {True: frozenset({"TNEG", "LADD"}), False: frozenset({"TNEG"})}


class Values(Lexer):
    """The productions of values.  Each begins at the current word and leaves the first word behind what it read."""

    __slots__ = ("depth", "opened", "operators")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.opened: list[int] = []
        self.depth = 0
        self.operators = 0

    def fail(self, wanted: str) -> PhraseError:
        return faults.unexpected(self, self.opened, wanted)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise faults.too_deep(self, DEEPEST)

    def open(self) -> None:
        """The current word ends with the ``(`` of a new parenthesis."""
        self.deeper()
        self.opened.append(self.end - 1)

    def close(self, wanted: str) -> None:
        """The current word must be ``)``; its parenthesis is done."""
        if self.kind != "RPAR":
            raise self.fail(wanted)
        self.opened.pop()
        self.depth -= 1

    def operator(self) -> str:
        self.operators += 1
        if self.operators > OPERATORS:
            raise faults.too_many_operators(self, OPERATORS)
        return self.text[self.start : self.end]

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self) -> Expr:
        """value: SIZE | PADDING | tsum"""
        start, end = self.start, self.end
        if self.kind == "SIZE":
            self.next(ARGUMENT)
            return Size(self.dims(start, end), (start, end))
        if self.kind == "PADDING":
            self.next(ARGUMENT)
            return Padding(self.sides(start, end), (start, end))
        self.operators = 0
        return self.arithmetic(False)

    def whole_value(self) -> Expr:
        """loose | SIZE | PADDING, one or several with commas between them"""
        items: list[Expr] = []
        comma = True
        while comma:
            self.next(WHOLE)
            if items and self.kind == "END":
                break
            self.operators = 0
            items.append(self.value() if self.kind in ("SIZE", "PADDING") else self.loose())
            comma = self.kind == "COMMA"
        if self.kind != "END":
            raise self.fail("value end")
        if len(items) == 1 and not comma:
            return items[0]
        return Group(tuple(items), True, (items[0].span[0], self.last))

    def loose(self) -> Expr:
        """loose: ltest ["if" ltest "else" loose]"""
        value = self.test()
        if self.kind != "IF":
            return value
        self.operator()
        self.next(OPERAND)
        test = self.test()
        if self.kind != "ELSE":
            raise self.fail("else")
        self.next(OPERAND)
        otherwise = self.loose()
        return Choice(test, value, otherwise, (value.span[0], otherwise.span[1]))

    def test(self) -> Expr:
        """test: land ("or" land)*; land: lnot ("and" lnot)*"""
        either: list[Expr] = []
        while True:
            both = [self.negation()]
            while self.kind == "AND":
                self.operator()
                self.next(OPERAND)
                both.append(self.negation())
            either.append(both[0] if len(both) == 1 else Logic("and", tuple(both), _over(both)))
            if self.kind != "OR":
                return either[0] if len(either) == 1 else Logic("or", tuple(either), _over(either))
            self.operator()
            self.next(OPERAND)

    def negation(self) -> Expr:
        """lnot: "not" lnot | lcmp; lcmp: lsum (CMP lsum)*"""
        nots: list[int] = []
        while self.kind == "NOT":
            self.operator()
            nots.append(self.start)
            self.next(OPERAND)
        value = self.arithmetic(True)
        if self.kind == "CMP":
            operators: list[str] = []
            operands = [value]
            while self.kind == "CMP":
                operators.append(self.operator())
                self.next(OPERAND)
                operands.append(self.arithmetic(True))
            value = Compare(tuple(operators), tuple(operands), _over(operands))
        for start in reversed(nots):
            value = Unary("not", value, (start, value.span[1]))
        return value

    def arithmetic(self, loose: bool, first: Expr | None = None) -> Expr:
        """tsum: tterm (TADD tterm)*; tterm: tfactor (TMUL tfactor)*; loosely also with blanks, and with ``/``"""
        adding, multiplying = _ADD[loose], _MULTIPLY[loose]
        if first is not None:
            self.operators = 0
        total: Expr | None = None
        plus = ""
        while True:
            product = first or self.factor(loose)
            first = None
            while self.kind in multiplying:
                times = self.operator()
                self.next(OPERAND)
                factor = self.factor(loose)
                product = Binary(times, product, factor, (product.span[0], factor.span[1]))
            total = product if total is None else Binary(plus, total, product, (total.span[0], product.span[1]))
            if self.kind not in adding:
                return total
            plus = self.operator()
            self.next(OPERAND)

    def factor(self, loose: bool) -> Expr:
        """tfactor: TNEG tfactor | latom; lfactor: (LADD | TNEG) lfactor | latom"""
        signing = _SIGN[loose]
        if self.kind not in signing:
            return self.operand()
        signs: list[tuple[str, int]] = []
        while self.kind in signing:
            signs.append((self.operator(), self.start))
            self.next(OPERAND)
        value = self.operand()
        for sign, start in reversed(signs):
            value = Unary(sign, value, (start, value.span[1]))
        return value

    def operand(self) -> Expr:
        """latom: INT | FLOAT | NAME | SHORT | DOTTED | function | tuple"""
        kind, start, end = self.kind, self.start, self.end
        span = (start, end)
        value: Expr
        if kind == "INT":
            value = self.integer(start, end)
        elif kind == "NAME":
            value = Name(self.text[start:end], span)
        elif kind == "SHORT":
            value = self.short(start, end)
        elif kind == "FLOAT":
            value = self.decimal(start, end)
        elif kind == "DOTTED":
            value = Dotted(self.text[start:end], span)
        elif kind == "FUNC":
            return self.function()
        elif kind == "LPAR":
            return self.bracket()
        else:
            raise self.fail("value")
        self.next(AFTER)
        return value

    def function(self) -> Function:
        """function: FUNC (loose ("," loose)*)? ")" """
        start, end = self.start, self.end
        self.open()
        self.next(OPERAND)
        arguments: list[Expr] = []
        if self.kind != "RPAR":
            arguments.append(self.loose())
            while self.kind == "COMMA":
                self.next(OPERAND)
                arguments.append(self.loose())
        self.close("loose end")
        self.next(AFTER)
        return Function(self.text[start : end - 1], tuple(arguments), (start, self.last))

    def bracket(self) -> Group:
        """tuple: "(" loose ("," loose)* ","? ")" """
        start = self.start
        self.open()
        self.next(OPERAND)
        items = [self.loose()]
        comma = False
        while self.kind == "COMMA":
            comma = True
            self.next(OPERAND)
            if self.kind == "RPAR":
                break
            items.append(self.loose())
        self.close("loose end")
        self.next(AFTER)
        return Group(tuple(items), comma, (start, self.last))

    # -- numbers ---------------------------------------------------------------------------------------------------

    def integer(self, start: int, end: int) -> Number:
        span = (start, end)
        if end - start > DIGITS:
            raise faults.too_many_digits(span, DIGITS)
        return Number(int(self.text[start:end]), span)

    def decimal(self, start: int, end: int) -> Number:
        found = _FLOAT.match(self.text, start, end)
        whole, decimals, exponent = found.groups(default="") if found else ("", "", "")
        power = int(exponent or 0) if len(exponent) < 6 else 10**6
        significant = len((whole + decimals).strip("0"))
        if max(len(whole) + power, len(decimals) - power, len(whole), significant) > DIGITS:
            raise faults.too_many_digits((start, end), DIGITS)
        return Number(float(self.text[start:end]), (start, end))

    def dims(self, start: int, end: int) -> tuple[int, ...]:
        found = _DIGITS.findall(self.text, start, end)
        if end - start > DIGITS and max(map(len, found)) > DIGITS:
            raise faults.too_many_digits((start, end), DIGITS)
        return tuple(map(int, found))

    def sides(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        self.dims(start, end)
        pairs = (axis.split(":") for axis in self.text[start:end].split("x"))
        return tuple((int(pair[0]), int(pair[-1])) for pair in pairs)

    def short(self, start: int, end: int) -> Short:
        text, span = self.text[start:end], (start + 1, end)
        value: Number | Size | Padding
        if ":" in text:
            value = Padding(self.sides(*span), span)
        elif "x" in text:
            value = Size(self.dims(*span), span)
        else:
            value = self.integer(*span)
        return Short(text, text[0], value, (start, end))


def _over(operands: list[Expr]) -> Span:
    return operands[0].span[0], operands[-1].span[1]
