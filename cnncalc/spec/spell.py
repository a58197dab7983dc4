"""From the records of :mod:`cnncalc.spec.syntax` back to text: the one way in which ``cnncalc fmt`` writes a phrase.

``parse(spell(parse(text)))`` is ``parse(text)`` but for its spans, and spelling twice changes nothing.  Brackets are
those of the tree, and beyond them only what a tree made by hand needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

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
    Short,
    Signature,
    Size,
    Step,
    Unary,
)

_LOOSEST, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(9)
_LETTERS = ("k", "s", "p", "d", "g")
_MERGES = ("add", "concat", "mul", "residual", "fork")
_TIMES = re.compile(r"x(?:\d|\Z)")


def spell(chain: Chain) -> str:
    """``conv 96 11x11 /4 | relu``: `` | `` between steps, one blank between arguments."""
    return " | ".join(map(_step, chain.steps))


def spell_signature(signature: Signature) -> str:
    """``bottleneck(c, stride=1)``; a signature without parameters keeps its parentheses."""
    parameters = (
        each.name if each.default is None else f"{each.name}={_tight(each.default)}" for each in signature.parameters
    )
    return f"{signature.name}({', '.join(parameters)})"


def spell_value(value: Expr) -> str:
    """A value as it can stand by itself in a YAML file."""
    if isinstance(value, Group) and value.comma and any(isinstance(each, (Size, Padding)) for each in value.items):
        return _listed(value.items) + ("," if len(value.items) == 1 else "")
    return _loose(value)


# -- chains --------------------------------------------------------------------------------------------------------


def _step(step: Step) -> str:
    words = [_atom(step.atom)]
    words += [f"as {each.name}" if isinstance(each, Label) else _claim(each) for each in step.suffixes]
    if step.test is not None:
        words.append(f"if {_loose(step.test, _OR)}")
    if step.otherwise is not None:
        words.append(f"else {_step(step.otherwise)}")
    return " ".join(words)


def _claim(claim: Claim) -> str:
    return f"=> {_tight(claim.value)}"


def _atom(atom: Atom) -> str:
    if isinstance(atom, Call):
        return _call(atom)
    if isinstance(atom, Merge):
        return f"{atom.word}({', '.join(map(_branch, atom.branches))})"
    if isinstance(atom, Given):
        return "x".join(map(str, atom.dims))
    count = "" if atom.count is None else f"*{_tight(atom.count)}"
    return f"({spell(atom.chain)}){count}"


def _branch(branch: Branch) -> str:
    return spell(branch.chain) if branch.name is None else f"{branch.name} = {spell(branch.chain)}"


def _call(call: Call) -> str:
    arguments = [_argument(each) for each in call.arguments]
    if any(map(_joined, call.arguments, arguments[1:])):
        if call.word.isidentifier() and call.word.casefold() not in _MERGES:
            return f"{call.word}({', '.join(arguments)})"
        arguments = [_argument(each, _LETTERS) for each in call.arguments]
    return " ".join([call.word, *arguments])


def _joined(argument: Argument, following: str) -> bool:
    """Whether the two read as one size without a comma: ``3`` and a line called ``x3``."""
    return isinstance(argument.value, (Number, Size)) and bool(_TIMES.match(following))


def _argument(argument: Argument, bracketed: Sequence[str] = ()) -> str:
    """An argument; ``bracketed`` are the options that are written ``p(2)`` whatever their value."""
    option, value = argument.option, argument.value
    if option is None:
        return _tight(value)
    if option == "/":
        return f"/{_tight(value)}"
    compound = option in _LETTERS and isinstance(value, (Unary, Binary, Compare, Logic, Choice, Function))
    if compound or (option in bracketed and not isinstance(value, (Size, Padding))):
        return f"{option}({_loose(value)})"
    return f"{option}={_tight(value)}"


# -- values --------------------------------------------------------------------------------------------------------


def _tight(value: Expr) -> str:
    """A value as it stands outside of parentheses, where blanks end it and ``/`` is a stride."""
    return _loose(value) if _is_tight(value) else f"({_loose(value)})"


def _is_tight(value: Expr) -> bool:
    if isinstance(value, Unary):
        return value.op == "-" and not isinstance(value.operand, Unary) and _is_tight(value.operand)
    if isinstance(value, Binary):
        return (
            value.op != "/" and _is_tight(value.left) and not isinstance(value.right, Unary) and _is_tight(value.right)
        )
    return not isinstance(value, (Compare, Logic, Choice))


def _loose(value: Expr, least: int = _LOOSEST) -> str:
    """A value as it stands in parentheses, in brackets if it binds less than ``least``."""
    binds, text = _SPELLERS[type(value)](value)
    return text if binds >= least else f"({text})"


def _number(value: Number) -> tuple[int, str]:
    number = value.value
    if isinstance(number, float) and number.is_integer() and number >= 1e10:
        digits = f"{number:.0f}"
        mantissa = digits.rstrip("0")
        return _ATOM, f"{mantissa}e{len(digits) - len(mantissa)}"
    return (_SIGN if number < 0 else _ATOM), repr(number)


def _padding(value: Padding) -> tuple[int, str]:
    plain = any(before != after for before, after in value.sides)
    axes = [f"{a}" if a == b and (plain or place) else f"{a}:{b}" for place, (a, b) in enumerate(value.sides)]
    return _ATOM, "x".join(axes)


def _unary(value: Unary) -> tuple[int, str]:
    if value.op == "not":
        return _NOT, f"not {_loose(value.operand, _NOT)}"
    return _SIGN, f"{value.op}{_loose(value.operand, _SIGN)}"


def _binary(value: Binary) -> tuple[int, str]:
    binds = _SUM if value.op in "+-" else _PRODUCT
    return binds, f"{_loose(value.left, binds)}{value.op}{_loose(value.right, binds + 1)}"


def _compare(value: Compare) -> tuple[int, str]:
    words = [_loose(value.operands[0], _SUM)]
    for op, operand in zip(value.ops, value.operands[1:], strict=True):
        words += [op, _loose(operand, _SUM)]
    return _COMPARISON, " ".join(words)


def _logic(value: Logic) -> tuple[int, str]:
    binds = _OR if value.op == "or" else _AND
    return binds, f" {value.op} ".join(_loose(each, binds + 1) for each in value.operands)


def _choice(value: Choice) -> tuple[int, str]:
    return _LOOSEST, f"{_loose(value.yes, _OR)} if {_loose(value.test, _OR)} else {_loose(value.no)}"


def _group(value: Group) -> tuple[int, str]:
    comma = "," if value.comma and len(value.items) == 1 else ""
    return _ATOM, f"({_listed(value.items)}{comma})"


def _function(value: Function) -> tuple[int, str]:
    return _ATOM, f"{value.name}({_listed(value.arguments)})"


def _listed(values: Sequence[Expr]) -> str:
    return ", ".join(map(_loose, values))


def _text(value: Name | Dotted | Short) -> tuple[int, str]:
    return _ATOM, value.text


_SPELLERS: dict[type, Callable[[Any], tuple[int, str]]] = {
    Number: _number,
    Name: _text,
    Dotted: _text,
    Short: _text,
    Size: lambda value: (_ATOM, "x".join(map(str, value.dims))),
    Padding: _padding,
    Unary: _unary,
    Binary: _binary,
    Compare: _compare,
    Logic: _logic,
    Choice: _choice,
    Function: _function,
    Group: _group,
}
