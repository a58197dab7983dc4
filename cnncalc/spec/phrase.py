"""The parser of phrases: ``conv 96 11x11 /4 | relu`` to the records of :mod:`cnncalc.spec.syntax`.

The grammar is ``docs/phrase.lark``; each function is one of its productions, and its docstring begins with that.
Whole parses are remembered by their text, which the records allow because they hold offsets only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from cnncalc.errors import SpecError, fault
from cnncalc.lazy import Lazy
from cnncalc.source import Scalar
from cnncalc.spec.lexer import AFTER, ARGUMENT, ATOM, CLOSED, LABEL, OPERAND, VALUE, PhraseError
from cnncalc.spec.phrase_values import Values
from cnncalc.spec.syntax import (
    Argument,
    Atom,
    Branch,
    Call,
    Chain,
    Claim,
    Expr,
    Given,
    Label,
    Merge,
    Name,
    Parameter,
    Repeat,
    Short,
    Signature,
    Size,
    Step,
)

if TYPE_CHECKING:
    from cnncalc.spec import phrase_faults as faults
else:
    faults = Lazy("cnncalc.spec.phrase_faults")

LONGEST = 500_000
"""No phrase has more characters; a network as long as that has lines."""

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
    if len(scalar.text) > LONGEST:
        message = f"a phrase of more than {LONGEST:,} characters"
        raise fault("G112", message, scalar.at(0, 1), f"the limit is {LONGEST:,}", help=["write it as several lines"])
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


class _Parser(Values):
    """The productions of chains; those of values are inherited."""

    __slots__ = ()

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
