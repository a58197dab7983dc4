"""The words of the phrase language: one compiled pattern per lexer mode.

Which words can stand at a place depends on the word before it, exactly as in a contextual lexer over
``docs/phrase.lark``: behind ``conv`` a ``-`` is a sign, behind ``c`` it may be a difference, and behind the ``)`` of a
layer no argument can follow.  Within a mode the first alternative wins; the order is the grammar's (priority, then
width, then length of the pattern).
"""

from __future__ import annotations

import re
from typing import TypeAlias

_KEYWORD = r"(?!(?:as|if|else|and|or|not)\b)"
_WORD = r"[A-Za-z_]\w*+"

_TERMINALS: dict[str, str] = {
    "MERGE": r"(?i:add|mul|concat|residual|fork)\(",
    "PADDING": r"\d+(?:x\d+)*:\d+(?:x\d+(?::\d+)?)*",
    "VGG": r"(?i:conv\d+|fc)-\d+(?![\w.])",
    "OPTFUNC": r"[kspdg]\(",
    "FUNC": _KEYWORD + _WORD + r"\(",
    "DOTTED": _WORD + r"(?:\." + _WORD + ")+",
    "SIZE": r"\d+(?:\s*[x×]\s*\d+)+(?![\w.])",
    "FLOAT": r"(?:0|[1-9]\d*)\.\d+(?:[eE][-+]?\d+)?(?![\w.])|[1-9]\d*[eE][-+]?\d+(?!\w)",
    "SHORT": r"[kspdg]\d+(?::\d+)?(?:x\d+(?::\d+)?)*(?!\w)",
    "NAME": _KEYWORD + _WORD,
    "INT": r"(?:0|[1-9]\d*)(?![\w.])",
    "ELSE": "else",
    "AND": "and",
    "NOT": "not",
    "TMUL": r"(?<=[\w)])(?:\*|//|%)(?=[\w(])",
    "CMP": "==|!=|<=|>=|<|>",
    "LMUL": r"//|\*|%",
    "PIPE": r"->|\||→",
    "AS": "as",
    "IF": "if",
    "OR": "or",
    "CLAIM": "=>",
    "TADD": r"(?<=[\w)])[+-](?=[\w(])",
    "TNEG": r"-(?=[\w(])",
    "LADD": r"\+|-(?!>)",
    "COLON": ":",
    "COMMA": ",",
    "EQUAL": "=",
    "LPAR": r"\(",
    "RPAR": r"\)",
    "SLASH": "/",
    "STAR": r"\*",
    "END": r"\Z",
    "BAD": r"(?s:.)",
}

_FIRST = {
    "(?=[A-Za-z_])": "MERGE VGG OPTFUNC FUNC DOTTED SHORT NAME ELSE AND NOT AS IF OR",
    r"(?=\d)": "PADDING SIZE FLOAT INT",
}
"""What the words of a family begin with: one look decides about all of them."""

_FAMILY = {name: first for first, names in _FIRST.items() for name in names.split()}

Mode: TypeAlias = re.Pattern[str]


def _mode(terminals: str) -> Mode:
    chosen = {*terminals.split(), "END", "BAD"}
    families: dict[str, list[str]] = {first: [] for first in (*_FIRST, "")}
    for name, pattern in _TERMINALS.items():
        if name in chosen:
            families[_FAMILY.get(name, "")].append(f"(?P<{name}>{pattern})")
    words = "|".join(f"{first}(?:{'|'.join(each)})" for first, each in families.items() if each)
    return re.compile(rf"[ \t\f\r\n]*+(?:{words})")


ATOM = _mode("MERGE VGG FUNC DOTTED SIZE NAME INT LPAR")
"""Where a step begins (a size only at the beginning of a one-liner)."""

ARGUMENT = _mode(
    "PADDING OPTFUNC FUNC DOTTED SIZE FLOAT SHORT NAME INT PIPE AS IF CLAIM TNEG COMMA EQUAL LPAR RPAR SLASH"
)
"""Where an argument may begin, behind what is complete in itself: a layer's name, a size, ``p(...)``."""

AFTER = _mode(
    "PADDING OPTFUNC FUNC DOTTED SIZE FLOAT SHORT NAME INT ELSE AND TMUL CMP LMUL PIPE AS IF OR CLAIM TADD TNEG LADD "
    "COMMA EQUAL LPAR RPAR SLASH"
)
"""Behind a value that arithmetic may go on from."""

VALUE = _mode("PADDING FUNC DOTTED SIZE FLOAT SHORT NAME INT TNEG LPAR")
"""Where a value begins: behind ``=``, ``/``, ``=>`` and the ``*`` of a repeat."""

OPERAND = _mode("FUNC DOTTED FLOAT SHORT NAME INT NOT TNEG LADD LPAR RPAR")
"""Where an operand begins: behind an operator, and in a parenthesis."""

WHOLE = _mode("PADDING FUNC DOTTED SIZE FLOAT SHORT NAME INT NOT TNEG LADD LPAR")
"""Where a value of a YAML file begins: as in a parenthesis, but a size may stand there too."""

CLOSED = _mode("PIPE AS IF CLAIM COMMA RPAR STAR")
"""Behind a step that takes no more arguments."""

LABEL = _mode("NAME")
"""Behind ``as``."""


class PhraseError(Exception):
    """A fault at ``span`` of a phrase's text; whoever knows where the text came from makes a diagnostic of it."""

    def __init__(
        self, code: str, message: str, span: tuple[int, int], label: str = "", help: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.label = label
        self.help = help


class Lexer:
    """One word of a text at a time: its ``kind``, its ``start`` and ``end``; ``last`` is the end of the word before."""

    __slots__ = ("end", "kind", "last", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = ""
        self.start = self.end = self.last = 0

    def next(self, mode: Mode) -> None:
        """Go on to the next word as ``mode`` reads it, over white space (line breaks too)."""
        self.last = end = self.end
        found = mode.match(self.text, end)
        assert found  # END or BAD matches anything
        self.kind = found.lastgroup  # type: ignore[assignment]
        self.start, self.end = found.span(found.lastindex)  # type: ignore[arg-type]

    @property
    def word(self) -> str:
        return self.text[self.start : self.end]
