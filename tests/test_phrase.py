"""The parser of phrases: its trees, its messages, its limits, and the spelling that undoes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.source import Scalar, Source
from cnncalc.spec.phrase import parse_line, parse_signature, parse_value
from cnncalc.spec.phrase_values import DEEPEST, OPERATORS
from cnncalc.spec.spell import spell, spell_signature, spell_value
from cnncalc.spec.syntax import (
    Argument,
    Binary,
    Branch,
    Call,
    Chain,
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
STEP_END = "'|' or the end of the line can stand here"
VALUE = "a number, a name or '(' can stand here"

MESSAGES: list[tuple[str, tuple[str, ...]]] = [
    (
        "conv 64 3x3 p1 *3 | relu",
        (
            "Y202",
            "a repeat needs parentheses",
            "*",
            "this would read as a multiplication",
            "write (layer ...)*3 to repeat a step, 64*3 (no blanks) to multiply",
        ),
    ),
    (
        "relu*3",
        (
            "Y202",
            "a repeat needs parentheses",
            "*",
            "this would read as a multiplication",
            "write (layer ...)*3 to repeat a step, 64*3 (no blanks) to multiply",
        ),
    ),
    (
        "conv(3)*2",
        (
            "Y202",
            "a repeat needs parentheses",
            "*",
            "only a step in parentheses repeats",
            "write (layer ...)*2 to repeat a step, 64*2 (no blanks) to multiply",
        ),
    ),
    ("conv 3x3 **2", ("Y201", "there is no power operator", "**", "", "write a product: k*k instead of k**2")),
    ("conv k**2", ("Y201", "there is no power operator", "**", "", "write a product: k*k instead of k**2")),
    ("conv (k ** 2)", ("Y201", "there is no power operator", "**", "", "write a product: k*k instead of k**2")),
    (
        "conv 3x3 *",
        (
            "Y202",
            "a repeat needs parentheses",
            "*",
            "this would read as a multiplication",
            "write (layer ...)*3 to repeat a step, 64*3 (no blanks) to multiply",
        ),
    ),
    ("conv k^2", ("Y201", "there is no power operator", "^", "", "write a product: k*k instead of k^2")),
    ("conv (k ^ 2)", ("Y201", "there is no power operator", "^", "", "write a product: k*k instead of k^2")),
    ("conv 3 )", ("Y201", "unexpected ')'", ")", "no '(' is open here")),
    (
        "(conv 3 | relu",
        ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it"),
    ),
    ("add(a, b", ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it")),
    (
        "conv p(k//2 | relu",
        ("Y203", "this '(' is never closed", "(", "'|' cannot stand in it", "add the ')' that ends it"),
    ),
    ("conv(3 | relu", ("Y203", "this '(' is never closed", "(", "'|' cannot stand in it", "add the ')' that ends it")),
    (
        "conv (a, b",
        ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it"),
    ),
    ("conv 3 |", ("Y201", "nothing follows '|'", "|", "", "go on with a layer, or delete it")),
    ("conv 3 ->", ("Y201", "nothing follows '->'", "->", "", "go on with a layer, or delete it")),
    ("| conv 3", ("Y201", "unexpected '|'", "|", STEP)),
    ("conv 3 || relu", ("Y201", "unexpected '|'", "|", STEP, "write a single '|' between steps, 'or' in a test")),
    ("a | | b", ("Y201", "unexpected '|'", "|", STEP, "write a single '|' between steps, 'or' in a test")),
    (
        "conv 96 11x11 stride: 4",
        ("Y201", "unexpected ':'", ":", "an option takes '='", "write stride=4 or /4, not `stride: 4`"),
    ),
    ("conv 3 pad: 2", ("Y201", "unexpected ':'", ":", "an option takes '='", "write pad=2, not `pad: 2`")),
    (
        "a: conv 3",
        (
            "Y201",
            "unexpected ':'",
            ":",
            STEP_END,
            "the name of a line is its key: a: conv 64 3, without quotes around it",
        ),
    ),
    ("conv 3 :", ("Y201", "unexpected ':'", ":", STEP_END)),
    ("a = conv 3", ("Y201", "unexpected '='", "=", STEP_END, "a line is named with a colon: a: conv 64 3")),
    ("conv 3 = 4", ("Y201", "unexpected '='", "=", "only the name of an option can stand before '='")),
    ("conv pad =", ("Y201", "something is missing after '='", "=", "a number, a name or '(' can follow")),
    ("conv a==b", ("Y201", "unexpected '=='", "==", "comparisons stand in parentheses or behind 'if'")),
    ("conv 3 as", ("Y201", "a name must follow 'as'", "as", "", "for example conv 64 3 as u")),
    ("conv 3 as if", ("Y201", "unexpected 'if'", "if", "'if' is a word of the language and cannot be a name")),
    ("conv 3 as 3", ("Y201", "unexpected '3'", "3", "a name can stand here")),
    ("conv 3 =>", ("Y201", "a size must follow '=>'", "=>", "", "for example conv 96 11x11 /4 => 96x55x55")),
    ("conv 3 if", ("Y201", "something is missing after 'if'", "if", "a number, a name or '(' can follow")),
    ("if C | conv 3", ("Y201", "unexpected 'if'", "if", "'if' is a word of the language and cannot be a name")),
    (
        "conv 3 else id",
        (
            "Y201",
            "unexpected 'else'",
            "else",
            "no 'if' stands before this 'else'",
            "for example conv 64 3 if C != 64 else id",
        ),
    ),
    ("conv 3 and relu", ("Y201", "unexpected 'and'", "and", "'and' stands in parentheses or behind 'if'")),
    ("as | conv", ("Y201", "unexpected 'as'", "as", "'as' is a word of the language and cannot be a name")),
    ("conv (a if b)", ("Y201", "unexpected ')'", ")", "'else' can stand here: a if test else b")),
    ("conv a if b if c", ("Y201", "unexpected 'if'", "if", STEP_END)),
    ("id if C > = 3", ("Y201", "unexpected '='", "=", VALUE, "write >= without a blank")),
    ("conv 64, 3", ("Y201", "unexpected ','", ",", STEP_END, "separate arguments with blanks, or write conv(64, 3)")),
    (
        "conv(64, 3,)",
        ("Y201", "unexpected ')'", ")", "an argument can stand here", "delete the ',' in front of it"),
    ),
    ("conv(,3)", ("Y201", "unexpected ','", ",", "an argument can stand here")),
    (
        "conv()3",
        (
            "Y201",
            "unexpected '3'",
            "3",
            "the arguments ended with the ')'",
            "put it into the parentheses, or write the layer without them",
        ),
    ),
    (
        "conv(3)/2",
        (
            "Y201",
            "unexpected '/'",
            "/",
            "the arguments ended with the ')'",
            "put it into the parentheses, or write the layer without them",
        ),
    ),
    (
        "conv(3) pad",
        (
            "Y201",
            "unexpected 'pad'",
            "pad",
            "the arguments ended with the ')'",
            "put it into the parentheses, or write the layer without them",
        ),
    ),
    (
        "relu | 3x3",
        ("Y201", "unexpected '3x3'", "3x3", "a step begins with the name of a layer", "for example conv 64 3x3"),
    ),
    (
        "64 conv",
        (
            "Y201",
            "unexpected 'conv'",
            "conv",
            "'|' and a layer can stand here",
            "the name of a layer comes first: conv 64",
        ),
    ),
    (
        "784",
        (
            "Y201",
            "something is missing after '784'",
            "784",
            "the size of an input, and no layer behind it",
            "write 784 | fc 64 | ...",
        ),
    ),
    (
        "3x32x32 conv",
        (
            "Y201",
            "unexpected 'conv'",
            "conv",
            "'|' and a layer can stand here",
            "an input ends with '|': 3x32x32 | conv ...",
        ),
    ),
    *(
        (f"{shape} | conv 8 3", ("Y201", f"{shape!r} is no shape", place, "an input begins the line", "write 3x32x32"))
        for shape, place in (
            ("3,32,32", "3,32,32"),
            ("3 32 32", "3 32 32"),
            ("3*32*32", "3*32*32"),
            ("3X32X32", "3X32X32"),
            ("(3, 32, 32)", "3, 32, 32"),
            ("[3, 32, 32]", "3, 32, 32"),
        )
    ),
    (
        "a > b",
        ("Y201", "unexpected '>'", ">", STEP_END, "write '|' or '->' between steps"),
    ),
    (
        "c1:conv 3 3",
        ("Y201", "unexpected ':'", ":", STEP_END, "a blank follows the ':' behind the name of a line: c1: conv 64 3"),
    ),
    (
        "pad (a):0",
        (
            "Y201",
            "unexpected ':'",
            ":",
            STEP_END,
            "sides that are calculated are pairs, one for each axis: pad=((a, b),)",
        ),
    ),
    (
        "reshape 1xC",
        ("Y201", "'1xC' is not a number", "1xC", "", "a size that is calculated has commas: (1, C)"),
    ),
    (
        "relu\n out: conv 3",
        ("Y201", "unexpected ':'", ":", "a line break is a blank here", "lines have ';' between: ...; out: conv ..."),
    ),
    ("(a)x3", ("Y201", "unexpected 'x3'", "x3", "a group takes no arguments", "a repeat is written (layer ...)*3")),
    (
        "b | 3*(a)",
        (
            "Y201",
            "unexpected '3'",
            "3",
            "a step begins with the name of a layer",
            "a repeat is written (layer ...)*3",
        ),
    ),
    (
        "conv c - 1",
        (
            "Y201",
            "unexpected '-'",
            "-",
            "arithmetic with blanks needs parentheses",
            "write c-1 without blanks, or (c - 1)",
        ),
    ),
    (
        "conv c // 2",
        (
            "Y201",
            "unexpected '//'",
            "//",
            "arithmetic with blanks needs parentheses",
            "write c//2 without blanks, or (c // 2)",
        ),
    ),
    (
        "conv (n -1)",
        ("Y201", "unexpected '-'", "-", "a sign, for there is a blank before it and none behind", "write n - 1"),
    ),
    ("conv (n *)", ("Y201", "unexpected ')'", ")", VALUE)),
    ("conv +3", ("Y201", "unexpected '+'", "+", "a sign stands close before its number", "write 3")),
    ("conv f(2,)", ("Y201", "unexpected ')'", ")", VALUE, "delete the ',' in front of it")),
    ("conv ()", ("Y201", "unexpected ')'", ")", VALUE)),
    ("()", ("Y201", "unexpected ')'", ")", STEP)),
    ("add()", ("Y201", "unexpected ')'", ")", STEP)),
    ("conv 64k", ("Y201", "'64k' is not a number", "64k", "", "a product needs its sign: 64*k")),
    (
        "conv 3x",
        ("Y201", "'3x' is not a number", "3x", "", "a size needs a whole number on either side of every x, as in 3x3"),
    ),
    (
        "conv 7x7x",
        (
            "Y201",
            "'7x7x' is not a number",
            "7x7x",
            "",
            "a size needs a whole number on either side of every x, as in 3x3",
        ),
    ),
    ("conv 007", ("Y201", "'007' is not a number", "007", "", "write 7, without zeros in front")),
    ("conv .5", ("Y201", "'.5' is not a number", ".5", "", "write 0.5")),
    ("conv 1.", ("Y201", "'1.' is not a number", "1.", "", "write 1")),
    ('conv 3 "same"', ("Y201", "unexpected '\"'", '"', STEP_END, "a phrase needs no quotes")),
    ("conv [3, 3]", ("Y201", "unexpected '['", "[", STEP_END, "write a list in parentheses: (3, 3)")),
    (
        "conv 3; relu",
        ("Y201", "unexpected ';'", ";", STEP_END, "in a file every line is an entry of its own, without ';'"),
    ),
    ("conv 3 & relu", ("Y201", "unexpected '&'", "&", STEP_END, "write '|' between steps")),
    ("id if a && b", ("Y201", "unexpected '&&'", "&&", STEP_END, "write 'and'")),
    ("id if !a", ("Y201", "unexpected '!'", "!", VALUE, "write 'not'")),
    ("conv 3 if a || b", ("Y201", "unexpected '|'", "|", STEP, "write a single '|' between steps, 'or' in a test")),
    ("conv 96 11х11", ("Y201", "unexpected character 'х' (cyrillic small letter ha)", "х", "", "type 'x' instead")),
    ("сonv 96", ("Y201", "unexpected character 'с' (cyrillic small letter es)", "с", "", "type 'c' instead")),
    ("ｃonv 3", ("Y201", "unexpected character 'ｃ' (fullwidth latin small letter c)", "ｃ", "", "type 'c' instead")),
    ("conv 3 – 2", ("Y201", "unexpected character '–' (en dash)", "–", "", "type '-' instead")),
    ("conv 3 “same”", ("Y201", "unexpected character '“' (left double quotation mark)", "“", "", "delete it")),
    (
        "conv 3\u00a04",
        ("Y201", "unexpected character U+00A0 (no-break space)", "\u00a0", "", "type a plain blank instead"),
    ),
    ("conv 3 ｜ relu", ("Y201", "unexpected character '｜' (fullwidth vertical line)", "｜", "", "type '|' instead")),
    ("conv 3\u200b", ("Y201", "unexpected character U+200B (zero width space)", "\u200b", "", "delete it")),
    ("conv 3 ≤ 4", ("Y201", "unexpected character '≤' (less-than or equal to)", "≤", "", "type '<=' instead")),
    ("conv 3 ☃", ("Y201", "unexpected character '☃' (snowman)", "☃", "")),
    (
        "conv 1234567890123456",
        ("T106", "a number of more than 15 digits", "1234567890123456", "the limit is 15 digits"),
    ),
    ("conv 1e20", ("T106", "a number of more than 15 digits", "1e20", "the limit is 15 digits")),
    ("conv 1e-20", ("T106", "a number of more than 15 digits", "1e-20", "the limit is 15 digits")),
    (
        "conv 1234567890123456x3",
        ("T106", "a number of more than 15 digits", "1234567890123456x3", "the limit is 15 digits"),
    ),
    ("conv conv3-64:", ("Y201", "unexpected ':'", ":", STEP_END)),
    ("conv - 3", ("Y201", "unexpected '-'", "-", "a sign stands close before its number", "write -3")),
    ("conv 3x3 + 2", ("Y201", "unexpected '+'", "+", "a size takes no part in arithmetic")),
    (
        "(a (b) | c) 3",
        ("Y201", "unexpected '3'", "3", "a group takes no arguments", "a repeat is written (layer ...)*3"),
    ),
    ("conv (2 + not a)", ("Y201", "unexpected 'not'", "not", "'not' needs parentheses behind an operator")),
    ("conv (a", ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it")),
    (
        "add(a 3 | b c) d",
        (
            "Y201",
            "unexpected 'd'",
            "d",
            "the arguments ended with the ')'",
            "put it into the parentheses, or write the layer without them",
        ),
    ),
    ("(a | b, c)", ("Y201", "unexpected ','", ",", "'|' or ')' can stand here")),
    ("add(a, (b) c)", ("Y201", "unexpected 'c'", "c", "a group takes no arguments")),
    ("id if a or", ("Y201", "something is missing after 'or'", "or", "a number, a name or '(' can follow")),
    ("жonv 3", ("Y201", "unexpected character 'ж' (cyrillic small letter zhe)", "ж", "")),
    ("конv", ("Y201", "unexpected character 'к' (cyrillic small letter ka)", "к", "", "type 'k' instead")),
    ("e4 conv 3) | relu", ("Y201", "unexpected ')'", ")", "no '(' is open here")),
    ("conv/ 2 /", ("Y201", "something is missing after '/'", "/", "a number, a name or '(' can follow")),
    ("(a)* | b", ("Y201", "unexpected '|'", "|", VALUE)),
    (
        "(a)*2 *3",
        (
            "Y202",
            "a repeat needs parentheses",
            "*",
            "this would read as a multiplication",
            "write (layer ...)*3 to repeat a step, 64*3 (no blanks) to multiply",
        ),
    ),
    ("(a) 3", ("Y201", "unexpected '3'", "3", "a group takes no arguments", "a repeat is written (layer ...)*3")),
    ("fork(loc = , b)", ("Y201", "unexpected ','", ",", STEP)),
    ("fork(loc == b)", ("Y201", "unexpected '='", "=", "a single '=' gives an option or a branch its value")),
    ("", ("Y201", "an empty phrase", "", "nothing stands here", "write a layer, for example conv 64 3x3")),
    ("  ", ("Y201", "an empty phrase", "  ", "nothing stands here", "write a layer, for example conv 64 3x3")),
    ("\n", ("Y201", "an empty phrase", "\n", "nothing stands here", "write a layer, for example conv 64 3x3")),
]
SIGNATURES: list[tuple[str, tuple[str, ...]]] = [
    ("", ("Y201", "an empty signature", "", "nothing stands here")),
    ("f(", ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it")),
    ("f(a", ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it")),
    ("f(a, a)", ("Y201", "the parameter 'a' stands twice", "a", "")),
    ("f(a=1, a)", ("Y201", "the parameter 'a' stands twice", "a", "")),
    (
        "f(3)",
        (
            "Y201",
            "'3' is not a parameter",
            "3",
            "a name or name=default can stand here",
            "a signature is like bottleneck(c, stride=1)",
        ),
    ),
    (
        "f(/2)",
        (
            "Y201",
            "'/2' is not a parameter",
            "/2",
            "a name or name=default can stand here",
            "a signature is like bottleneck(c, stride=1)",
        ),
    ),
    (
        "f(p(2))",
        (
            "Y201",
            "'p(2)' is not a parameter",
            "p(2)",
            "a name or name=default can stand here",
            "a signature is like bottleneck(c, stride=1)",
        ),
    ),
    (
        "f(a.b)",
        (
            "Y201",
            "'a.b' is not a parameter",
            "a.b",
            "a name or name=default can stand here",
            "a signature is like bottleneck(c, stride=1)",
        ),
    ),
    (
        "add(a)",
        ("Y201", "unexpected 'add'", "add", "'add' is a merge of the language and cannot be the name of a block"),
    ),
    ("if(a)", ("Y201", "unexpected 'if'", "if", "'if' is a word of the language and cannot be a name")),
    ("f(a) x", ("Y201", "unexpected 'x'", "x", "the signature should end here")),
    ("a b", ("Y201", "unexpected 'b'", "b", "the signature should end here", "parameters stand in parentheses: a(b)")),
    ("3", ("Y201", "unexpected '3'", "3", "the name of a block can stand here")),
    ("f(c))", ("Y201", "unexpected ')'", ")", "no '(' is open here")),
    ("f(a:1)", ("Y201", "unexpected ':'", ":", "an option takes '='", "write a=1, not `a: 1`")),
]
VALUE_MESSAGES: list[tuple[str, tuple[str, ...]]] = [
    ("", ("Y201", "an empty value", "", "nothing stands here")),
    ("3 4", ("Y201", "unexpected '4'", "4", "an operator, ',' or the end of the value can stand here")),
    ("3 x", ("Y201", "unexpected 'x'", "x", "an operator, ',' or the end of the value can stand here")),
    ("(3", ("Y203", "this '(' is never closed", "(", "the text ends before its ')'", "add the ')' that ends it")),
    ("a -b", ("Y201", "unexpected '-'", "-", "a sign, for there is a blank before it and none behind", "write a - b")),
    ("2 **3", ("Y201", "there is no power operator", "**", "", "write a product: 2*2 instead of 2**2")),
    ("2 *", ("Y201", "something is missing after '*'", "*", "a number, a name or '(' can follow")),
    ("1,,2", ("Y201", "unexpected ','", ",", VALUE)),
    ("3x3 + 2", ("Y201", "unexpected '+'", "+", "an operator, ',' or the end of the value can stand here")),
    ("a = 3", ("Y201", "unexpected '='", "=", "only the name of an option can stand before '='")),
    ("25.6M", ("Y201", "'25.6M' is not a number", "25.6M", "")),
    ("'a'", ("Y201", 'unexpected "\'"', "'", VALUE, "a phrase needs no quotes")),
    ("not", ("Y201", "something is missing after 'not'", "not", "a number, a name or '(' can follow")),
    ("a and", ("Y201", "something is missing after 'and'", "and", "a number, a name or '(' can follow")),
    ("1 if a", ("Y201", "something is missing after 'a'", "a", "'else' can follow: a if test else b")),
    ("p1 = 3", ("Y201", "unexpected '='", "=", "only the name of an option can stand before '='")),
    ("3)", ("Y201", "unexpected ')'", ")", "no '(' is open here")),
]


@pytest.mark.parametrize("text,expected", MESSAGES, ids=[repr(text) for text, _ in MESSAGES])
def test_messages(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize("text,expected", SIGNATURES, ids=[repr(text) for text, _ in SIGNATURES])
def test_messages_of_signatures(text, expected):
    assert shown(text, parse_signature) == expected


@pytest.mark.parametrize("text,expected", VALUE_MESSAGES, ids=[repr(text) for text, _ in VALUE_MESSAGES])
def test_messages_of_values(text, expected):
    assert shown(text, parse_value) == expected


# -- limits --------------------------------------------------------------------------------------------------------

MANY = 5000
DEEP = [
    lambda n: "(" * n + "a" + ")" * n,
    lambda n: "conv " + "(" * n + "a" + ")" * n,
    lambda n: "conv " + "min(" * n + "a" + ")" * n,
    lambda n: "add(" * n + "a" + ")" * n,
    lambda n: "conv(" + "f(" * (n - 1) + "a" + ")" * n,
    lambda n: "a if b else " * n + "a",
]
LONG = [
    lambda n: "conv 1" + "+1" * n,
    lambda n: "conv (" + "- " * n + "1)",
    lambda n: "id if " + "not " * n + "a",
    lambda n: "id if a" + " < a" * n,
    lambda n: "id if a" + " and a" * n,
    lambda n: "conv (" + "a if b else " * n + "a)",
]


@pytest.mark.parametrize("make", DEEP)
def test_the_limit_of_depth(make):
    parse_line(scalar(make(DEEPEST)))
    for times in (DEEPEST + 1, MANY):
        one = refused(make(times))
        assert (one.code, one.message, one.label) == ("G112", "nested more than 60 levels deep", "the limit is 60")


@pytest.mark.parametrize("make", LONG)
def test_the_limit_of_operators(make):
    tree = parse_line(scalar(make(OPERATORS)))
    assert bare(parse_line(scalar(spell(tree)))) == bare(tree)
    for times in (OPERATORS + 1, MANY):
        one = refused(make(times))
        expected = ("G112", "more than 100 operators in one value", "the limit is 100")
        assert (one.code, one.message, one.label) == expected


def test_the_operators_of_one_value_do_not_count_for_the_next():
    assert parse_line(scalar("conv" + " a+1 p(k//2) pad=2*3" * MANY + " | id if a < b" * MANY))


@pytest.mark.parametrize("number", ["9" * 15, "0.123456789", "1e14", "1e-15", "123456.789012345", "0.000000000000001"])
def test_numbers_of_fifteen_digits(number):
    tree = parse_line(scalar(f"conv {number}"))
    assert bare(parse_line(scalar(spell(tree)))) == bare(tree)


@pytest.mark.parametrize(
    "number", ["9" * 16, "9" * MANY, "0." + "1" * 16, "1e15", "1e-16", "9" * 16 + ":1", "1e" + "9" * MANY]
)
def test_numbers_of_more_digits(number):
    for text in (
        f"conv {number}",
        f"conv a={number}",
        f"conv (2*{number})" if ":" not in number else f"conv p{number}",
    ):
        assert refused(text).code == "T106"


# -- properties ----------------------------------------------------------------------------------------------------

WORDS = """
    conv relu add( concat( f( p( k ( ) , | -> → = => == < + - * // % / 3 64 3x3 1:2 0.5 1e3 p1 p1:2 s2 c a.b as if else
    and or not x x3 conv3-64 : ; ^ ** " ' – × é [ # 01 1. .5
"""
PIECES = st.sampled_from([*WORDS.split(), "\u00a0"])
SALAD = st.builds(
    lambda blank, pieces: blank.join(pieces), st.sampled_from(["", " ", "\n"]), st.lists(PIECES, max_size=12)
)


@st.composite
def mutants(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(CHAINS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 4, len(text))))
        text = text[:start] + draw(st.one_of(PIECES, st.text(max_size=2), st.just(""))) + text[end:]
    return text


TEXTS = st.one_of(st.text(), SALAD, mutants())


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
def test_only_spec_errors_escape(text):
    for parse in (parse_line, parse_signature, parse_value):
        try:
            parse(scalar(text))
        except SpecError as error:
            (one,) = error.diagnostics
            assert one.mark is not None
            assert 0 <= one.mark.start < one.mark.end <= max(len(text), 1)
            assert one.code in ("Y201", "Y202", "Y203", "T106", "G112")


def spelled_alike(text: str) -> None:
    try:
        tree = parse_line(scalar(text))
    except SpecError:
        return
    spelling = spell(tree)
    again = parse_line(scalar(spelling))
    assert bare(again) == bare(tree)
    assert spell(again) == spelling


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example("conv(3, x3) | conv(2*3, x, 4) | conv3-64 p(3) x3 0.5 x3 | add p(3) x3 | conv(s=4, x3=2)")
@example("conv (a- -b) (-(-a)) 3x3-c 1:2a")
def test_spelling_keeps_the_tree(text):
    spelled_alike(text)


@pytest.mark.parametrize("text", CHAINS)
def test_spelling_keeps_the_corpus(text):
    spelled_alike(text)


@settings(max_examples=500, deadline=None)
@given(SALAD)
def test_spelling_keeps_values(text):
    try:
        value = parse_value(scalar(text))
    except SpecError:
        return
    assert bare(parse_value(scalar(spell_value(value)))) == bare(value)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("conv  96 11 × 11  /4 -> relu → pool", "conv 96 11x11 /4 | relu | pool"),
        ("conv(96, 11, stride = 4)", "conv 96 11 stride=4"),
        ("Add( A,B ) as  u", "add(A, B) as u"),
        ("residual(F,project=P)", "residual(F, project = P)"),
        ("( conv 3 | relu ) * 3", "(conv 3 | relu)*3"),
        ("(a)*( n - 1 )", "(a)*(n-1)"),
        ("conv k p( k // 2 )", "conv k p(k//2)"),
        ("conv 3=>96x55x55 if C!=3 else id", "conv 3 => 96x55x55 if C != 3 else id"),
        ("conv ((a)) (26,20) (2,) min(a,b)", "conv ((a)) (26, 20) (2,) min(a, b)"),
        ("conv (a/ 2 if b<3 and not c else - d)", "conv (a/2 if b < 3 and not c else -d)"),
        ("conv3-64|FC-10", "conv3-64 | FC-10"),
        ("3 x 32x32|fc 10", "3x32x32 | fc 10"),
        ("crop (a - b)", "crop (a-b)"),
        ("conv(3, x3)", "conv(3, x3)"),
        ("layer()", "layer"),
        ("dropout 0.50 1e-3 1e3", "dropout 0.5 0.001 1000.0"),
        ("pad p=3x1:1", "pad p=3:3x1"),
    ],
)
def test_spelling(text, expected):
    assert spell(parse_line(scalar(text))) == expected


def test_spelling_brackets_what_a_tree_by_hand_needs():
    total = binary(name("a"), "+", name("b"))
    assert spell_value(binary(total, "*", n(2))) == "(a+b)*2"
    assert spell_value(binary(n(2), "-", total)) == "2-(a+b)"
    assert spell_value(binary(binary(n(2), "*", n(3)), "+", n(1))) == "2*3+1"
    assert (
        spell(chain(call("conv", binary(n(2), "/", n(1)), Compare(("<",), (n(1), n(2)), NOWHERE))))
        == "conv (2/1) (1 < 2)"
    )
