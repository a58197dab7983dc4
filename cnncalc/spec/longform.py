"""The long form, ``{op: conv, channels: 96, kernel: 11, from: pool1}``, as the same syntax tree that phrases give.

The values of a long form lie apart in the file: their spans are offsets into the whole source, and the text they
refer to is the source itself.
"""

from __future__ import annotations

import re
from typing import Any, cast

from cnncalc.errors import Diagnostic, SpecError, did_you_mean
from cnncalc.layers import MERGES, STEPS, kind_of
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree
from cnncalc.spec.phrase import parse_value
from cnncalc.spec.syntax import Argument, Branch, Call, Chain, Dotted, Expr, Group, Merge, Number, Span, Step

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+\Z")
"""The name of a node, whose segments may be indices: ``stage1.0.conv``."""

_LONG = 15
"""Numbers of more digits have a fault, which the parser words."""


def whole_text(source: Source) -> Scalar:
    """A scalar in which offsets are those of the source."""
    return Scalar(source, source.text, 0, len(source.text), 0)


def moved(node: Any, scalar: Scalar) -> Any:
    """A syntax tree with its spans turned into offsets of the source."""
    if isinstance(node, tuple) and hasattr(node, "_fields"):
        values = {
            field: span_in_source(value, scalar)
            if field.endswith("span") and value is not None
            else moved(value, scalar)
            for field, value in zip(node._fields, node, strict=True)
        }
        return type(node)(**values)
    if isinstance(node, tuple):
        return tuple(moved(each, scalar) for each in node)
    return node


def span_in_source(span: Span, scalar: Scalar) -> Span:
    mark = scalar.at(*span)
    return mark.start, mark.end


def tree_value(tree: Tree) -> tuple[Scalar, Expr]:
    """The expression of a scalar or of a (nested) list, in offsets of the source."""
    text = whole_text(tree.source)
    if isinstance(tree, Scalar):
        digits = tree.text
        if digits.isdecimal() and digits.isascii() and digits[0] != "0" and len(digits) < _LONG and not tree.offsets:
            return text, Number(int(digits), (tree.base, tree.base + len(digits)))  # what most values are
        if _PATH.match(tree.value):
            return text, Dotted(tree.value, (tree.start, tree.end))
        return text, cast(Expr, moved(parse_value(tree), tree))
    if isinstance(tree, Items):
        items = tuple(tree_value(each)[1] for each in tree)
        return text, Group(items, True, (tree.start, tree.end))
    raise SpecError(Diagnostic("Y107", "a value is a number, a size, a word or a list of them", tree.mark))


def long_form(tree: Mapping) -> tuple[Scalar, Chain]:
    """The chain of one long-form line."""
    text = whole_text(tree.source)
    op = tree.get("op")
    if not isinstance(op, Scalar) or not op.value:
        mark = tree.items[0][0].mark if tree.items else tree.mark
        raise SpecError(
            Diagnostic(
                "Y106",
                "a line in the long form needs `op:`",
                mark,
                help=("for example {op: conv, channels: 96, kernel: 11}",),
            )
        )
    span = (op.start, op.end)
    sources = from_names(tree)
    arguments: list[Argument] = []
    for key, value in tree:
        name = key.value
        if name in ("op", "from"):
            continue
        name_span = (key.start, key.end)
        if isinstance(value, Scalar) and not value.text.strip():
            raise SpecError(Diagnostic("Y106", f"{name!r} has no value", key.mark))
        whole = (value.start, value.end) if isinstance(value, Scalar) or value.flow else name_span
        arguments.append(Argument(name, tree_value(value)[1], whole, name_span))
    word = op.value
    if word.lower() in MERGES:
        branches = [Branch(None, line_call(name, each), None) for name, each in sources]
        for each in arguments:
            if each.option not in kind_of(word.lower()).fields:
                hint = did_you_mean(str(each.option), ["from", *kind_of(word.lower()).fields])
                mark = Mark(tree.source, *each.name_span)
                help = (hint,) if hint else ()
                raise SpecError(Diagnostic("T101", f"{word} has no option {each.option!r}", mark, help=help))
            said = getattr(each.value, "text", "").lower()
            if said not in ("true", "false"):
                mark = Mark(tree.source, *each.span)
                raise SpecError(Diagnostic("T104", f"{word}'s {each.option} must be true or false", mark))
            if said == "true":
                flag = Call(str(each.option), (), each.name_span, each.name_span)
                branches.append(Branch(None, one_step(flag), None))
        if not sources:
            raise SpecError(
                Diagnostic(
                    "Y106", f"{word} in the long form needs `from:` with its inputs", op.mark, help=("from: [a, b]",)
                )
            )
        merge = Merge(word.lower(), tuple(branches), span, span)
        return text, Chain((Step(merge, (), None, None, span),), span)
    if word.lower() in STEPS and word.lower() != "id":
        example = "residual(F, project = P)" if word.lower() == "residual" else "fork(loc = A, conf = B)"
        help = (f"write it as a phrase: {example}",)
        raise SpecError(Diagnostic("Y107", f"{word} has no long form", op.mark, help=help))
    steps = [step for name, each in sources[:1] for step in line_call(name, each).steps]
    if len(sources) > 1:
        raise SpecError(Diagnostic("T103", f"{word} takes one input", Mark(tree.source, *sources[1][1])))
    call = Call(word, tuple(arguments), span, span)
    return text, Chain((*steps, Step(call, (), None, None, span)), span)


def one_step(call: Call) -> Chain:
    return Chain((Step(call, (), None, None, call.span),), call.span)


def line_call(name: str, span: Span) -> Chain:
    """The value of a line."""
    return one_step(Call(name, (), span, span, line=True))


def from_names(tree: Mapping) -> list[tuple[str, Span]]:
    """The names under ``from:``."""
    value = tree.get("from")
    if value is None:
        return []
    items = value.items if isinstance(value, Items) else [value]
    names = []
    for each in items:
        if not isinstance(each, Scalar):
            raise SpecError(Diagnostic("Y107", "`from:` is the name of a line, or a list of names", each.mark))
        if not each.value:
            raise SpecError(Diagnostic("Y106", "`from:` has no value", each.mark))
        names.append((each.value, (each.start, each.end)))
    if not names:
        raise SpecError(Diagnostic("Y106", "`from:` has no value", value.mark))
    return names
