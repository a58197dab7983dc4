"""The parser and ``docs/phrase.lark`` agree: on every phrase of the corpus, and on what mutation makes of them.

Beyond the two limits (depth, digits) one difference is known.  In a parenthesis ``/`` divides, which the grammar says
too; but lark's lexer takes every ``/`` for the one of a stride, so here it is told where only a division can stand.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cnncalc.errors import SpecError
from cnncalc.source import Scalar, Source
from cnncalc.spec.phrase import parse_line, parse_signature
from cnncalc.spec.syntax import Argument, Call, Function, Group, Label, Merge, Repeat

lark = pytest.importorskip("lark")

ROOT = Path(__file__).parent.parent
PHRASES = (ROOT / "tests" / "data" / "phrases.txt").read_text("utf-8").splitlines()
GRAMMAR = lark.Lark(
    (ROOT / "docs" / "phrase.lark").read_text("utf-8"), parser="lalr", lexer="contextual", start="start"
)
LIMITS = ("T106", "G112")

_NAMED = re.compile(r"[ \t\f\r\n]*((?!(?:as|if|else|and|or|not)\b)[A-Za-z_]\w*)[ \t\f\r\n]*:")
_DEFINED = re.compile(r"[ \t\f\r\n]*[A-Za-z_]\w*\(")


def division(error: Any) -> bool:
    """Let lark go on where a ``/`` can only divide."""
    if not isinstance(error, lark.UnexpectedToken) or error.token.type != "SLASH":
        return False
    if "LMUL" not in error.interactive_parser.accepts():
        return False
    error.interactive_parser.feed_token(lark.Token.new_borrow_pos("LMUL", "/", error.token))
    return True


def by_grammar(text: str) -> Any:
    """Lark's tree, or None."""
    try:
        return GRAMMAR.parse(text, on_error=division)
    except lark.exceptions.LarkError:
        return None


def scalar(text: str) -> Scalar:
    return Scalar(Source("<test>", text), text, 0, len(text), 0)


def by_parser(text: str) -> list[Any]:
    """The trees of the statements of a one-liner; raises :class:`SpecError`."""
    statements = text.split(";")
    if len(statements) > 1 and not statements[-1].strip(" \t\f\r\n"):
        statements.pop()
    return [tree for each in statements for tree in statement(each)]


def statement(text: str) -> list[Any]:
    named = _NAMED.match(text)
    if named:
        return [parse_line(scalar(text[named.end() :]), given=False)]
    if _DEFINED.match(text):
        for colon in (found.start() for found in re.finditer(":", text)):
            try:
                signature = parse_signature(scalar(text[:colon]))
            except SpecError as error:
                (fault,) = error.diagnostics
                if fault.code in LIMITS:
                    raise
                if "parameter" not in fault.message:  # else it is a rule outside the grammar
                    continue
                signature = None
            return [signature, parse_line(scalar(text[colon + 1 :]), given=False)]
    return [parse_line(scalar(text))]


def agree(text: str) -> bool:
    """Whether both accept the text, or neither does; True where a limit is in the way."""
    try:
        by_parser(text)
        accepted = True
    except SpecError as error:
        if error.diagnostics[0].code in LIMITS:
            return True
        accepted = False
    return accepted == (by_grammar(text) is not None)


# -- the corpus ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", PHRASES)
def test_accepted_by_both(text):
    assert by_grammar(text) is not None
    by_parser(text)


COUNTED = {Call: "call", Merge: "merge", Repeat: "group", Function: "function", Group: "tuple", Label: "label"}
OPTIONS = {None: "positional", "/": "stride"}


def counts_of_parser(node: Any, found: Counter[str]) -> Counter[str]:
    if type(node) in COUNTED:
        found[COUNTED[type(node)]] += 1
    if isinstance(node, Argument):
        found[OPTIONS.get(node.option, "option")] += 1
    if isinstance(node, (tuple, list)):
        for each in node:
            counts_of_parser(each, found)
    return found


@pytest.mark.parametrize("text", [text for text in PHRASES if not re.match(r"\w+\(.*\): ", text)])
def test_same_structure(text):
    tree = by_grammar(text)
    kinds = {*COUNTED.values(), *OPTIONS.values(), "option"}
    by_lark = Counter(each.data for each in tree.iter_subtrees() if each.data in kinds)
    assert counts_of_parser(by_parser(text), Counter()) == by_lark


# -- mutants -------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"\w+|->|=>|//|[=!<>]=|\s+|.")
CHARACTERS = "0123kspdgxCc_. \t\n|->*/%+=<>!:,;()×→^#'\"\\é٣\u00a0"
WORDS = """
    0 1 64 3x3 3×3 1:2 p1 p1:2 s2 k p( f( ( ) () , | -> → = => == <= * ** *3 *n / // % + - -c +c : ; . a.b
    as if else and or not asu ifx elsex orb nota conv conv3-64 fc-10 add( Mul( residual( add if( as.b
    x x3 01 1. .5 0.5 1e3 0e3 3a 1.5e-3 2x 1x1: C/2 (a/b) (a/2) (a if b/2 else c/d) !
"""
SNIPPETS = (*WORDS.split(), " 3 x3", " 64 *3", " p(k/2)", " (n -1)", "a if b else c")


def mutant(draw: random.Random) -> str:
    text = draw.choice(PHRASES)
    tokens = TOKEN.findall(text)
    if len(tokens) > 40:
        start = draw.randrange(len(tokens) - 20)
        tokens = tokens[start : start + draw.randint(1, 30)]
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        place = draw.randrange(len(tokens) + 1)
        match draw.randrange(7):
            case 0:
                del tokens[place : place + 1]
            case 1:
                tokens[place:place] = tokens[place : place + 1]
            case 2:
                tokens[place : place + 2] = reversed(tokens[place : place + 2])
            case 3:
                tokens.insert(place, draw.choice(SNIPPETS))
            case 4:
                tokens[place : place + 1] = [draw.choice(SNIPPETS)]
            case 5:
                tokens.insert(place, f" {draw.choice(SNIPPETS)} ")
            case _:
                joined = "".join(tokens)
                place = draw.randrange(len(joined) + 1)
                tokens = TOKEN.findall(joined[:place] + draw.choice(CHARACTERS) + joined[place:])
        if not tokens:
            break
    return "".join(tokens)


def test_agree_on_mutants():
    draw = random.Random(20260801)
    mutants = {mutant(draw) for _ in range(6000)}
    assert [text for text in sorted(mutants) if not agree(text)] == []


def test_agree_on_word_salad():
    draw = random.Random(4)
    salad = {draw.choice(("", " ")).join(draw.choices(SNIPPETS, k=draw.randint(1, 7))) for _ in range(5000)}
    salad |= {"f " + text for text in salad} | {f"f ({text})" for text in salad} | {f"f if {text}" for text in salad}
    assert [text for text in sorted(salad) if not agree(text)] == []


def test_a_planted_difference_is_found(monkeypatch):
    monkeypatch.setitem(globals(), "by_grammar", lambda text: None)
    assert not agree("conv 64 3x3")
