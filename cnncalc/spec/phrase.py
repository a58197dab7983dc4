"""The parser of phrases: ``conv 96 11x11 /4 | relu`` to the records of :mod:`cnncalc.spec.syntax`.

The grammar is ``docs/phrase.lark``; each function is one of its productions, and its docstring begins with that.
Whole parses are remembered by their text, which the records allow because they hold offsets only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from cnncalc.errors import SpecError, fault
from cnncalc.source import Scalar
from cnncalc.spec import phrase_faults as faults
from cnncalc.spec.lexer import AFTER, ARGUMENT, ATOM, CLOSED, LABEL, OPERAND, VALUE, WHOLE, Lexer, PhraseError
from cnncalc.spec.syntax import (
    Argument,
    Atom,
    Binary,
    Branch,
    Call,
    Chain,
    Choice,
    Claim,
    Compare,
    Dotted,
    Expr,
    Function,
    Given,
    Group,
    Label,
    Logic,
    Merge,
    Name,
    Number,
    Padding,
    Parameter,
    Repeat,
    Short,
    Signature,
    Size,
    Span,
    Step,
    Unary,
)

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
_TIGHT = frozenset({"TADD", "TMUL"})
_NO_ARGUMENT = frozenset({"PIPE", "END", "RPAR", "COMMA"})
_ARGUMENTS = frozenset({"LPAR", "TNEG", "FUNC", "FLOAT", "DOTTED", "PADDING", "SHORT"})

Parsed = TypeVar("Parsed")


# -- what other modules call ---------------------------------------------------------------------------------------


def parse_line(scalar: Scalar, given: bool = True) -> Chain:
    """The chain of a line.  ``3x227x227 | conv 96 11x11`` begins with ``Given`` (refused where ``given`` is False).

    Raises :class:`SpecError`: Y201, Y202, Y203, T106 (a number of more than 15 digits), G112 (nested too deep).
    """
    return _marked(parse_chain_text if given else _parse_bare_chain_text, scalar)


def parse_signature(scalar: Scalar) -> Signature:
    """``bottleneck(c, stride=1)``, or a plain name.  Raises :class:`SpecError`."""
    return _marked(_parse_signature_text, scalar)


def parse_value(scalar: Scalar) -> Expr:
    """A value outside of phrases (params, inputs): arithmetic as in a parenthesis, a size, or ``a, b`` as a tuple.

    Raises :class:`SpecError`."""
    return _marked(_parse_value_text, scalar)


def _marked(parse: Callable[[str], Parsed], scalar: Scalar) -> Parsed:
    try:
        return parse(scalar.text)
    except PhraseError as error:
        failed = error
    raise _located(failed, scalar)


def _located(error: PhraseError, scalar: Scalar) -> SpecError:
    return fault(error.code, error.message, scalar.at(*error.span), error.label, help=error.help)


@lru_cache(maxsize=65536)
def parse_chain_text(text: str) -> Chain:
    """line: chain | (SIZE | INT) suffix* PIPE chain.  Raises :class:`PhraseError`."""
    parser = _Parser(text)
    parser.next(ATOM)
    first = parser.given() if parser.kind in ("SIZE", "INT") else None
    return parser.to_the_end(parser.chain(first))


@lru_cache(maxsize=65536)
def _parse_bare_chain_text(text: str) -> Chain:
    parser = _Parser(text)
    parser.next(ATOM)
    return parser.to_the_end(parser.chain())


@lru_cache(maxsize=4096)
def _parse_signature_text(text: str) -> Signature:
    return _Parser(text).signature()


@lru_cache(maxsize=4096)
def _parse_value_text(text: str) -> Expr:
    return _Parser(text).whole_value()


class _Parser(Lexer):
    """The productions.  Each begins at the current word and leaves the first word behind what it read."""

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

    def to_the_end(self, chain: Chain) -> Chain:
        if self.kind != "END":
            raise self.fail("step end")
        return chain

    # -- chains ----------------------------------------------------------------------------------------------------

    def chain(self, first: Step | None = None) -> Chain:
        """chain: step (PIPE step)*"""
        steps = [first or self.step()]
        while self.kind == "PIPE":
            self.next(ATOM)
            steps.append(self.step())
        return Chain(tuple(steps), (steps[0].span[0], steps[-1].span[1]))

    def given(self) -> Step:
        """first_line: (SIZE | INT) suffix* PIPE chain"""
        start, span = self.start, (self.start, self.end)
        atom = Given(self.dims(*span), span)
        self.next(CLOSED)
        suffixes = self.suffixes()
        if self.kind != "PIPE":
            raise faults.lonely_size(self, span) if self.kind == "END" else self.fail("given end")
        return Step(atom, suffixes, None, None, (start, self.last))

    def step(self) -> Step:
        """step: atom suffix* guard?; guard: "if" test ["else" step]"""
        start = self.start
        atom = self.atom()
        suffixes: tuple[Label | Claim, ...] = ()
        test = otherwise = None
        if self.kind not in _NO_ARGUMENT:
            suffixes = self.suffixes()
            if self.kind == "IF":
                self.next(OPERAND)
                self.operators = 0
                test = self.test()
                if self.kind == "ELSE":
                    self.deeper()
                    self.next(ATOM)
                    otherwise = self.step()
                    self.depth -= 1
        return Step(atom, suffixes, test, otherwise, (start, self.last))

    def suffixes(self) -> tuple[Label | Claim, ...]:
        """suffix: "as" NAME | "=>" value"""
        found: list[Label | Claim] = []
        while True:
            if self.kind == "AS":
                self.next(LABEL)
                if self.kind != "NAME":
                    raise self.fail("label")
                found.append(Label(self.text[self.start : self.end], (self.start, self.end)))
                self.next(CLOSED)
            elif self.kind == "CLAIM":
                self.next(VALUE)
                value = self.value()
                found.append(Claim(value, value.span))
            else:
                return tuple(found)

    def atom(self) -> Atom:
        """atom: group | call | merge; call: (NAME | DOTTED | VGG) arg* | FUNC paren_args? ")" """
        kind, start, end = self.kind, self.start, self.end
        if kind in ("NAME", "VGG", "DOTTED"):
            self.next(ARGUMENT)
            arguments = self.arguments()
            return Call(self.text[start:end], arguments, (start, self.last), (start, end))
        if kind == "LPAR":
            return self.group()
        if kind == "MERGE":
            return self.merge()
        if kind != "FUNC":
            raise self.fail("step")
        self.open()
        self.next(ARGUMENT)
        arguments = self.parenthesised_arguments()
        self.next(CLOSED)
        return Call(self.text[start : end - 1], arguments, (start, self.last), (start, end - 1))

    def group(self) -> Repeat:
        """group: "(" chain ")" ("*" value)?"""
        start = self.start
        self.open()
        self.next(ATOM)
        chain = self.chain()
        self.close("step end")
        self.next(CLOSED)
        count = None
        if self.kind == "STAR":
            self.next(VALUE)
            count = self.value()
        return Repeat(chain, count, (start, self.last))

    def merge(self) -> Merge:
        """merge: MERGE branch ("," branch)* ")" """
        start, end = self.start, self.end
        self.open()
        self.next(ATOM)
        branches = [self.branch()]
        while self.kind == "COMMA":
            self.next(ATOM)
            branches.append(self.branch())
        self.close("branch end")
        self.next(CLOSED)
        return Merge(self.text[start : end - 1].casefold(), tuple(branches), (start, self.last), (start, end - 1))

    def branch(self) -> Branch:
        """branch: (NAME "=")? chain"""
        if self.kind != "NAME":
            return Branch(None, self.chain(), None)
        name = self.text[self.start : self.end]
        before, span = self.last, (self.start, self.end)
        self.next(ARGUMENT)
        if self.kind == "EQUAL":
            self.next(ATOM)
            return Branch(name, self.chain(), span)
        self.end = before  # no name after all: read it again as the first step
        self.next(ATOM)
        return Branch(None, self.chain(), None)

    # -- arguments -------------------------------------------------------------------------------------------------

    def arguments(self) -> tuple[Argument, ...]:
        """arg*"""
        found: list[Argument] = []
        while self.kind not in _NO_ARGUMENT and (argument := self.argument()):
            found.append(argument)
        return tuple(found)

    def parenthesised_arguments(self) -> tuple[Argument, ...]:
        """paren_args? ")"; paren_args: arg (","? arg)*"""
        found: list[Argument] = []
        comma = False
        while (argument := self.argument()) is not None:
            found.append(argument)
            comma = self.kind == "COMMA"
            if comma:
                self.next(ARGUMENT)
        if comma:
            raise self.fail("argument")
        self.close("argument end" if found else "argument")
        return tuple(found)

    def argument(self) -> Argument | None:
        """arg: "/" value | NAME "=" value | OPTFUNC loose ")" | value"""
        kind, start, end = self.kind, self.start, self.end
        value: Expr
        if kind == "INT":
            value = self.integer(start, end)
            self.next(AFTER)
            if self.kind in _TIGHT:
                value = self.arithmetic(False, value)
            span = value.span
            return Argument(None, value, span, span)
        if kind == "SIZE":
            span = (start, end)
            value = Size(self.dims(start, end), span)
            self.next(ARGUMENT)
            return Argument(None, value, span, span)
        if kind == "SLASH":
            self.next(VALUE)
            value = self.value()
            return Argument("/", value, (start, self.last), (start, end))
        if kind == "NAME":
            name = self.text[start:end]
            self.next(AFTER)
            if self.kind == "EQUAL":
                self.next(VALUE)
                return Argument(name, self.value(), (start, self.last), (start, end))
            value = Name(name, (start, end))
            if self.kind in _TIGHT:
                value = self.arithmetic(False, value)
            return Argument(None, value, value.span, value.span)
        if kind == "OPTFUNC":
            self.open()
            self.next(OPERAND)
            self.operators = 0
            value = self.loose()
            self.close("loose end")
            self.next(ARGUMENT)
            return Argument(self.text[start], value, (start, self.last), (start, start + 1))
        if kind in _ARGUMENTS:
            value = self.value()
            return Argument(None, value, value.span, value.span)
        return None

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

    # -- signatures ------------------------------------------------------------------------------------------------

    def signature(self) -> Signature:
        """FUNC paren_args? ")" | NAME, where every argument is a name or ``name=default``"""
        self.next(ATOM)
        kind, start, end = self.kind, self.start, self.end
        if kind not in ("NAME", "FUNC"):
            raise self.fail("signature")
        if kind == "NAME":
            self.next(CLOSED)
            arguments: tuple[Argument, ...] = ()
        else:
            self.open()
            self.next(ARGUMENT)
            arguments = self.parenthesised_arguments()
            self.next(CLOSED)
        if self.kind != "END":
            raise self.fail("signature end")
        name = self.text[start : end - (kind == "FUNC")]
        parameters: dict[str, Parameter] = {}
        for argument in arguments:
            parameter = self.parameter(argument)
            if parameter.name in parameters:
                raise faults.twice(parameter.name, argument.name_span)
            parameters[parameter.name] = parameter
        return Signature(name, tuple(parameters.values()), (start, self.last))

    def parameter(self, argument: Argument) -> Parameter:
        """NAME | SHORT | NAME "=" value"""
        option, value = argument.option, argument.value
        if option is None and isinstance(value, (Name, Short)):
            return Parameter(value.text, None, argument.span)
        behind = self.text[argument.name_span[1] : argument.span[1]].lstrip()
        if option is None or not behind.startswith("="):
            raise faults.no_parameter(self.text, argument.span)
        return Parameter(option, value, argument.span)


def _over(operands: list[Expr]) -> Span:
    return operands[0].span[0], operands[-1].span[1]
