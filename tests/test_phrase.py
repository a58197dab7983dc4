"""The parser of phrases: its trees, its messages, its limits, and the spelling that undoes it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.source import Scalar, Source
from cnncalc.spec.phrase import DEEPEST, OPERATORS, parse_line, parse_signature, parse_value
from cnncalc.spec.spell import spell, spell_signature, spell_value
from cnncalc.spec.syntax import (
    Argument,
    Binary,
    Branch,
    Call,
    Choice,
    Claim,
    Compare,
    Dotted,
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
    Step,
    Unary,
)

PHRASES = (Path(__file__).parent / "data" / "phrases.txt").read_text("utf-8").splitlines()
CHAINS = [text.split(": ", 1)[-1] for text in PHRASES]
NOWHERE = (0, 0)


def scalar(text: str) -> Scalar:
    return Scalar(Source("<test>", text), text, 0, len(text), 0)


def bare(node: Any) -> Any:
    """The tree with all spans alike."""
    if isinstance(node, tuple):
        if hasattr(node, "_fields"):
            spans = {field: NOWHERE for field in node._fields if field.endswith("span")}
            return type(node)(**({field: bare(getattr(node, field)) for field in node._fields} | spans))
        return tuple(map(bare, node))
    return node


def steps(text: str) -> tuple[Step, ...]:
    return bare(parse_line(scalar(text))).steps


def atom(text: str) -> Any:
    (step,) = steps(text)
    assert step == Step(step.atom, (), None, None, NOWHERE)
    return step.atom


# -- the trees of language.md's table, without their spans ---------------------------------------------------------


def n(value: int | float) -> Number:
    return Number(value, NOWHERE)


def name(text: str) -> Name:
    return Name(text, NOWHERE)


def short(text: str, value: Any) -> Short:
    return Short(text, text[0], value, NOWHERE)


def size(*dims: int) -> Size:
    return Size(dims, NOWHERE)


def call(word: str, *positional: Any, **options: Any) -> Call:
    arguments = [Argument(None, each, NOWHERE, NOWHERE) for each in positional]
    arguments += [Argument(key.replace("by", "/"), each, NOWHERE, NOWHERE) for key, each in options.items()]
    return Call(word, tuple(arguments), NOWHERE, NOWHERE)


def step(atom: Any, *suffixes: Any, test: Any = None, otherwise: Any = None) -> Step:
    return Step(atom, suffixes, test, otherwise, NOWHERE)


def chain(*atoms: Any) -> Any:
    from cnncalc.spec.syntax import Chain

    return Chain(tuple(each if isinstance(each, Step) else step(each) for each in atoms), NOWHERE)


def merge(word: str, *branches: Any, **named: Any) -> Merge:
    found = [Branch(None, chain(each), None) for each in branches]
    found += [Branch(key, chain(each), NOWHERE) for key, each in named.items()]
    return bare(Merge(word, tuple(found), NOWHERE, NOWHERE))


def binary(left: Any, op: str, right: Any) -> Binary:
    return Binary(op, left, right, NOWHERE)


CALLS = [
    ("conv 96 11 s4 p2", call("conv", n(96), n(11), short("s4", n(4)), short("p2", n(2)))),
    ("conv 96 11x11 stride=4 pad=2", call("conv", n(96), size(11, 11), stride=n(4), pad=n(2))),
    ("conv(96, 11, stride=4, pad=2)", call("conv", n(96), n(11), stride=n(4), pad=n(2))),
    ("conv 96 stride 4", call("conv", n(96), name("stride"), n(4))),
    ("conv 64 7x7/2", call("conv", n(64), size(7, 7), by=n(2))),
    ("conv 192 1x7 p0x3", call("conv", n(192), size(1, 7), short("p0x3", size(0, 3)))),
    ("conv 64 3 p1:2", call("conv", n(64), n(3), short("p1:2", Padding(((1, 2),), NOWHERE)))),
    ("conv 64 p1:2x0:1", call("conv", n(64), short("p1:2x0:1", Padding(((1, 2), (0, 1)), NOWHERE)))),
    ("conv 64 pad=3x1:2", call("conv", n(64), pad=Padding(((3, 3), (1, 2)), NOWHERE))),
    ("conv 256 d2 g32 nobias", call("conv", n(256), short("d2", n(2)), short("g32", n(32)), name("nobias"))),
    ("conv 5x5x48x256", call("conv", size(5, 5, 48, 256))),
    ("conv 3×3 5 x 5", call("conv", size(3, 3), size(5, 5))),
    ("conv3-64", call("conv3-64")),
    ("FC-4096", call("FC-4096")),
    ("MaxPool", call("MaxPool")),
    ("head.loc", call("head.loc")),
    ("crop (26, 20)", call("crop", Group((n(26), n(20)), True, NOWHERE))),
    ("conv C//2 1", call("conv", binary(name("C"), "//", n(2)), n(1))),
    ("conv c-1 -1", call("conv", binary(name("c"), "-", n(1)), Unary("-", n(1), NOWHERE))),
    ("conv a+2*b", call("conv", binary(name("a"), "+", binary(n(2), "*", name("b"))))),
    ("conv a-b-c", call("conv", binary(binary(name("a"), "-", name("b")), "-", name("c")))),
    ("conv int(theta*C)", call("conv", Function("int", (binary(name("theta"), "*", name("C")),), NOWHERE))),
    ("conv k p(k//2)", call("conv", name("k"), p=binary(name("k"), "//", n(2)))),
    ("conv (k/2)", call("conv", Group((binary(name("k"), "/", n(2)),), False, NOWHERE))),
    ("dropout 0.5 1e-5", call("dropout", n(0.5), n(1e-5))),
    ("pad skip.H", call("pad", Dotted("skip.H", NOWHERE))),
    ("add(A, B)", merge("add", call("A"), call("B"))),
    ("Concat(A, B)", merge("concat", call("A"), call("B"))),
    ("residual(F, project = none)", merge("residual", call("F"), project=call("none"))),
    ("fork(loc = A, conf=B)", merge("fork", loc=call("A"), conf=call("B"))),
    ("(conv 64 | relu)*2", Repeat(chain(call("conv", n(64)), call("relu")), n(2), NOWHERE)),
    ("(A)*(n-1)", Repeat(chain(call("A")), Group((binary(name("n"), "-", n(1)),), False, NOWHERE), NOWHERE)),
    ("(A)", Repeat(chain(call("A")), None, NOWHERE)),
]


@pytest.mark.parametrize("text,expected", CALLS, ids=[text for text, _ in CALLS])
def test_atoms(text, expected):
    assert atom(text) == bare(expected)


@pytest.mark.parametrize("text", ["A | B", "A -> B", "A → B", "A|B", "A->B", " A\n  | B\n"])
def test_chains(text):
    assert steps(text) == (step(call("A")), step(call("B")))


def test_labels_claims_and_guards():
    conv, id_ = call("conv", n(3)), call("id")
    assert steps("conv 3 as u") == (step(conv, Label("u", NOWHERE)),)
    assert steps("conv 3 => 3x5") == (step(conv, Claim(size(3, 5), NOWHERE)),)
    test = Compare(("!=",), (name("e"), n(1)), NOWHERE)
    assert steps("conv 3 if e != 1 else id") == (step(conv, test=test, otherwise=step(id_)),)
    both = Logic("or", (Logic("and", (name("a"), Unary("not", name("b"), NOWHERE)), NOWHERE), name("c")), NOWHERE)
    assert steps("id if a and not b or c") == (step(id_, test=both),)
    choice = Group((Choice(name("b"), name("a"), name("c"), NOWHERE),), False, NOWHERE)
    assert steps("conv (a if b else c)") == (step(call("conv", choice)),)


def test_the_first_step_of_a_one_liner():
    assert steps("3x227x227 | conv 3")[0] == step(Given((3, 227, 227), NOWHERE))
    assert steps("784 as x -> fc 10")[0] == step(Given((784,), NOWHERE), Label("x", NOWHERE))
    with pytest.raises(SpecError):
        parse_line(scalar("784 | fc 10"), given=False)


def test_spans():
    text = " conv 96 11x11 /4 p(k//2)\n => 96 | add(f = (a)*2, b(3)) if x else c"
    first, second = parse_line(scalar(text)).steps

    def at(span: Any) -> str:
        return text[slice(*span)]

    conv, add = first.atom, second.atom
    assert isinstance(conv, Call)
    assert isinstance(add, Merge)
    assert at(first.span) == "conv 96 11x11 /4 p(k//2)\n => 96"
    assert (at(conv.span), at(conv.word_span)) == ("conv 96 11x11 /4 p(k//2)", "conv")
    assert [at(each.span) for each in conv.arguments] == ["96", "11x11", "/4", "p(k//2)"]
    assert [at(each.name_span) for each in conv.arguments[2:]] == ["/", "p"]
    assert [at(each.span) for each in first.suffixes] == ["96"]
    assert (at(add.span), at(add.word_span)) == ("add(f = (a)*2, b(3))", "add")
    assert at(add.branches[0].name_span) == "f"
    assert [at(each.chain.span) for each in add.branches] == ["(a)*2", "b(3)"]
    assert at(second.span) == "add(f = (a)*2, b(3)) if x else c"


def test_marks_are_places_of_the_source():
    source = Source("f.yaml", "layers:\n  a: conv 3 )\n")
    with pytest.raises(SpecError) as caught:
        parse_line(Scalar(source, "conv 3 )", 13, 21, 13))
    assert str(caught.value.diagnostics[0].mark) == "f.yaml:2:13"


def test_signatures():
    def parse(text: str) -> Signature:
        return bare(parse_signature(scalar(text)))

    c, stride = Parameter("c", None, NOWHERE), Parameter("stride", n(1), NOWHERE)
    assert parse("bottleneck(c, stride=1)") == Signature("bottleneck", (c, stride), NOWHERE)
    assert parse("f(c stride = 1)") == Signature("f", (c, stride), NOWHERE)
    assert parse("f(c=C//2)").parameters[0].default == binary(name("C"), "//", n(2))
    assert parse("up(d1)").parameters == (Parameter("d1", None, NOWHERE),)
    assert parse("layer()") == parse("layer") == Signature("layer", (), NOWHERE)
    assert spell_signature(parse("f( c,stride = 1 )")) == "f(c, stride=1)"
    assert spell_signature(parse("layer")) == "layer()"


VALUES = [
    ("1000", n(1000)),
    ("1.0", n(1.0)),
    ("-3", Unary("-", n(3), NOWHERE)),
    ("3x224x224", size(3, 224, 224)),
    ("1:2", Padding(((1, 2),), NOWHERE)),
    ("size / 2", binary(name("size"), "/", n(2))),
    ("3, size, 5x5", Group((n(3), name("size"), size(5, 5)), True, NOWHERE)),
    ("3,", Group((n(3),), True, NOWHERE)),
    ("a if b == 2 else c", Choice(Compare(("==",), (name("b"), n(2)), NOWHERE), name("a"), name("c"), NOWHERE)),
    ("true", name("true")),
]


@pytest.mark.parametrize("text,expected", VALUES, ids=[text for text, _ in VALUES])
def test_values(text, expected):
    value = bare(parse_value(scalar(text)))
    assert value == bare(expected)
    assert bare(parse_value(scalar(spell_value(value)))) == value


# -- messages ------------------------------------------------------------------------------------------------------


def refused(text: str, parse: Any = parse_line) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        parse(scalar(text))
    (one,) = caught.value.diagnostics
    return one


def shown(text: str, parse: Any = parse_line) -> tuple[str, ...]:
    """Code, message, the text under the caret, label, ways out."""
    one = refused(text, parse)
    assert one.mark is not None
    return (one.code, one.message, text[one.mark.start : one.mark.end], one.label, *one.help)


STEP = "a layer, a block, the name of a line or '(' can stand here"
STEP_END = "an argument, '|', 'as', '=>' or 'if' can stand here"
VALUE = "a number, a name or '(' can stand here"
MESSAGES: list[tuple[str, tuple[str, ...]]] = [
]


@pytest.mark.parametrize("text,expected", MESSAGES, ids=[text for text, _ in MESSAGES])
def test_messages(text, expected):
    assert shown(text) == expected
