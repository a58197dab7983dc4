"""What to write instead of a word that cannot stand where it stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from cnncalc.layers import STEPS, canonical
from cnncalc.spec import foreign

NUMERIC = re.compile(r"\.?\d")
STEP_ENDS = ("step end", "given end", "branch end")

_BEFORE = re.compile(r"(?:\w[\w.]*|->|=>|\*\*|//|\S)\Z")
_AFTER = re.compile(r"\s*(\w[\w.]*)")
_DOTTED_CALL = re.compile(r"((?:[A-Za-z_]\w*\.)+\w+)\s*\(\Z")
_TIMES = re.compile(r"(x|×|times\b)?\s*(\d+)(?![\w.])")
_FIRST_OF_A_STEP = re.compile(r"(?:\||->|→)\s*\w+\Z")
_CLAIMED_LAYER = re.compile(r"=>\s*[A-Za-z_][\w.]*\Z")

Advice = tuple[str, str]
"""A label in place of the general one, and a way out; either may be empty."""


def last_word(text: str) -> str:
    """The word that a text ends with, nothing where it ends with a blank."""
    found = _BEFORE.search(text)
    return found[0] if found else ""


def next_word(text: str, place: int) -> str:
    """The word that follows there; nothing where none does."""
    found = _AFTER.match(text, place)
    return found[1] if found else ""


def opening(leading: str) -> int:
    """Where the parentheses begin that end a text; 0 where they begin nowhere."""
    depth = 0
    for place in range(len(leading) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(leading[place], 0)
        if depth == 0:
            return place
    return 0


class Unexpected(NamedTuple):
    """A word that cannot stand where it stands, in what is around it."""

    text: str
    word: str
    kind: str
    """The lexer's."""
    start: int
    last: int
    """Where what was read before it ends."""
    wanted: str
    """What could stand there."""
    opened: int | None
    """Where the parenthesis begins that it stands in."""

    @property
    def leading(self) -> str:
        return self.text[: self.last]

    @property
    def before(self) -> str:
        return last_word(self.leading)

    @property
    def follows_one_word(self) -> bool:
        """Whether only one word stands before it."""
        return not self.leading.removesuffix(self.before).strip()

    @property
    def behind(self) -> str:
        return self.text[self.start + len(self.word) :].lstrip()

    @property
    def after(self) -> str:
        return next_word(self.behind, 0)


def advice(unexpected: Unexpected) -> Advice:
    """What is told about a word, the first that fits."""
    word, wanted, before = unexpected.word, unexpected.wanted, unexpected.before
    if unexpected.opened is not None and (called := _DOTTED_CALL.search(unexpected.text[: unexpected.opened + 1])):
        return "the name of a layer has no dots", foreign.layer_help(called[1])
    if word == ":":
        return _colon(unexpected)
    if word == "+" and wanted in STEP_ENDS and canonical(unexpected.after):
        return "", "write '|' between steps; add(a, b) adds lines"
    if word == "%" and before.isdigit() and wanted == "step end" and unexpected.start == unexpected.last:
        return "", f"a share is a number: {int(before) / 100:g}" if int(before) <= 100 else ""
    if word in ("+", "-", "//", "%", "*") and before and unexpected.after:
        label, help = _operator(unexpected)
        if label:
            return label, help
    if word == "=":
        return _equal(unexpected)
    if word in ("==", "!=", "<=", ">=", "<", ">"):
        if word == ">" and wanted in STEP_ENDS:
            return "", "write '|' or '->' between steps"
        return "comparisons stand in parentheses or behind 'if'", ""
    if word == ",":
        return "", _comma(unexpected)
    if word == ";":
        return "", "in a file every line is an entry of its own, without ';'"
    if word in ("&", "&&") and wanted in STEP_ENDS and canonical(unexpected.after):
        return "", "write '|' between steps"
    if word in ("&", "&&", "!"):
        return "", f"write {'and' if '&' in word else 'not'!r}"
    if word == "|" and before == "|":
        return "", "write a single '|' between steps, 'or' in a test"
    if word in ("|", "->", "→") and before in ("|", "->", "→"):
        return "", f"write a single {word!r} between steps"
    if word == ")" and before == ",":
        return "", "delete the ',' in front of it"
    if wanted == "signature" and unexpected.kind == "MERGE":
        return f"{word!r} is a merge of the language and cannot be the name of a block", ""
    if word in "\"'`":
        activation = before == "=" and unexpected.leading.rstrip("= ").lower().endswith("activation")
        return "", "an activation is a step of its own: ... | relu" if activation else "a phrase needs no quotes"
    if word == "[" and unexpected.start == unexpected.last and (canonical(before) or before.lower() in STEPS):
        return "", f"arguments stand in parentheses: {before}(...)"
    if word in "[]{}":
        return "", "write a list in parentheses: (3, 3)"
    return _reserved(unexpected)


def _operator(unexpected: Unexpected) -> Advice:
    word, wanted, before, after = unexpected.word, unexpected.wanted, unexpected.before, unexpected.after
    if wanted in ("loose end", "value end") and unexpected.kind == "TNEG":
        return "a sign, for there is a blank before it and none behind", f"write {before} {word} {after}"
    if wanted not in STEP_ENDS:
        return "", ""
    if unexpected.kind != "BAD":
        label = "arithmetic with blanks needs parentheses"
        return label, f"write {before}{word}{after} without blanks, or ({before} {word} {after})"
    if NUMERIC.match(before):
        return "a size takes no part in arithmetic", ""
    if word in "+*" and before.isidentifier() and after.isidentifier():
        merge = "add" if word == "+" else "mul"
        return "lines take no part in arithmetic", f"write {merge}({before}, {after})"
    if word in "+-":
        return "a sign stands close before its number", f"write {after if word == '+' else word + after}"
    return "", ""


def _comma(unexpected: Unexpected) -> str:
    wanted, after = unexpected.wanted, unexpected.after
    if unexpected.opened is not None or wanted not in STEP_ENDS:
        return ""
    if wanted == "given end" or canonical(after):
        return "write '|' between steps"
    size = re.search(r"(?<![\w.])\d+\Z", unexpected.leading)
    if size and size[0] == "0" and after.isdigit() and unexpected.text[unexpected.start + 1].isdigit():
        return f"a point stands before decimals, 0.{after}, and blanks between arguments, 0 {after}"
    if size and after == size[0]:
        return f"write {size[0]}x{after} for a size, and blanks between arguments"
    return "separate arguments with blanks, or write conv(64, 3)" if wanted == "step end" else ""


def _equal(unexpected: Unexpected) -> Advice:
    before = unexpected.before
    if before in ("<", ">", "!"):
        return "", f"write {before}= without a blank"
    if before == "=":
        return "a single '=' gives an option or a branch its value", ""
    if unexpected.wanted == "step end" and unexpected.follows_one_word and before.isidentifier():
        return "", f"a line is named with a colon: {before}: conv 64 3"
    return "only the name of an option can stand before '='", ""


def _reserved(unexpected: Unexpected) -> Advice:
    """The advice for keywords, and for values where a step should be."""
    word, wanted, before = unexpected.word, unexpected.wanted, unexpected.before
    if word in ("as", "if", "else", "and", "or", "not"):
        if word == "not" and wanted == "value":
            return "'not' needs parentheses behind an operator", ""
        if word == "else" and wanted in STEP_ENDS:
            return "no 'if' stands before this 'else'", "for example conv 64 3 if C != 64 else id"
        if word in ("and", "or", "not") and wanted in STEP_ENDS:
            return f"{word!r} stands in parentheses or behind 'if'", ""
        if wanted in ("step", "label", "signature", "argument", "value"):
            return f"{word!r} is a word of the language and cannot be a name", ""
    if wanted in ("given end", "step end") and _CLAIMED_LAYER.search(unexpected.leading):
        return "`=>` claims a size", "write '|' or '->' between steps"
    if wanted == "signature end" and word[0].isalpha() and unexpected.follows_one_word:
        return "", f"parameters stand in parentheses: {before}({word})"
    if wanted == "given end" and word[0].isalpha():
        if before.count("x") > 1 and unexpected.follows_one_word:
            return "", f"an input ends with '|': {before} | {word} ..."
        return "", f"the name of a layer comes first: {word} {before}"
    if word[0].isdigit() and wanted == "step":
        if canonical(unexpected.after):
            return "the name of a layer comes first", f"write {unexpected.after} {word}"
        if unexpected.behind.startswith("*(") or canonical(unexpected.behind.removeprefix("*").split(" ")[0]):
            return "a step begins with the name of a layer", f"a repeat is written (layer ...)*{word}"
        layer = ("conv" if unexpected.behind[:1].isdigit() else "fc") if word.isdigit() else "conv 64"
        return "a step begins with the name of a layer", f"for example {layer} {word}"
    if before == ")" and wanted in STEP_ENDS and (word[0].isalnum() or word == "/"):
        closes_a_layer = _closes_a_layer(unexpected.leading)
        count = _TIMES.match(unexpected.text, unexpected.start)
        if count and (count[1] or not closes_a_layer):
            return "a group takes no arguments", f"a repeat is written (layer ...)*{count[2]}"
        if canonical(word) and word != "pad":  # which is an option, too
            return "", "write '|' between steps"
        if closes_a_layer:
            return "the arguments ended with the ')'", "put it into the parentheses, or write the layer without them"
        return "a group takes no arguments", ""
    return "", ""


def _closes_a_layer(leading: str) -> bool:
    """Whether the ``)`` at the end belongs to ``layer(...)``, and not to a group."""
    before = leading[: opening(leading)][-1:]
    return before.isalnum() or before == "_"


def _colon(unexpected: Unexpected) -> Advice:
    before, after = unexpected.before, unexpected.after
    if before == ")":
        return "", "sides that are calculated are pairs, one for each axis: pad=((a, b),)"
    if not before.isidentifier():
        return "", ""
    if unexpected.follows_one_word:
        if unexpected.text[unexpected.last + 1 :][:1].strip():
            return "", f"a blank follows the ':' behind the name of a line: {before}: conv 64 3"
        return "", f"the name of a line is its key: {before}: conv 64 3, without quotes around it"
    if not after:
        return "", ""
    if unexpected.opened is None and canonical(after) and _FIRST_OF_A_STEP.search(unexpected.leading):
        return "only a line has its name in front", f"write {after} ... as {before}, or ...; {before}: {after} ..."
    if unexpected.leading.removesuffix(before).rstrip(" \t").endswith(("\n", "\r")):
        return "a line break is a blank here", f"lines have ';' between: ...; {before}: {after} ..."
    short = f"{before}={after} or /{after}" if before == "stride" else f"{before}={after}"
    return "an option takes '='", f"write {short}, not `{before}: {after}`"
