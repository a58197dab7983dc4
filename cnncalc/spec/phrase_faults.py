"""The wording of what can be wrong with the text of a phrase: code, message, span, label, ways out."""

from __future__ import annotations

import re
import unicodedata

from cnncalc.layers import canonical
from cnncalc.spec.lexer import Lexer, PhraseError
from cnncalc.spec.phrase_advice import NUMERIC, STEP_ENDS, Unexpected, advice, last_word, next_word, opening
from cnncalc.spec.syntax import Span

_WORD = re.compile(r"\w[\w.]*|\.\d[\w.]*|->|=>|\*\*|//|&&|\|\||[=!<>]=|(?s:.)")
_SHAPE = re.compile(
    r"(?:[ \t]*[(\[])?[ \t]*(\d+(?:(?:[ \t]*[,*xX×][ \t]*|[ \t]+)\d+)*)(?:[ \t]*[)\]])?[ \t]*(?=\||->|→|>|\Z)"
)
_NUMBER = re.compile(r"0|[1-9]\d*|(?:0|[1-9]\d*)\.\d+(?:[eE]\d+)?|[1-9]\d*[eE]\d+|\d+(?:[x×]\d+)+")

_WANTED = {
    "step": "a layer, a block, the name of a line or '(' can stand here",
    "step end": "'|' or the end of the line can stand here",
    "given end": "'|' and a layer can stand here",
    "branch end": "'|', ',' or ')' can stand here",
    "group end": "'|' or ')' can stand here",
    "argument": "an argument can stand here",
    "argument end": "an argument, ',' or ')' can stand here",
    "value": "a number, a name or '(' can stand here",
    "loose end": "an operator, ',' or ')' can stand here",
    "value end": "an operator, ',' or the end of the value can stand here",
    "else": "'else' can stand here: a if test else b",
    "label": "a name can stand here",
    "signature": "the name of a block can stand here",
    "signature end": "the signature should end here",
}

_SPELLINGS = {
    **dict.fromkeys("‐‑‒–—―−﹣", "-"),
    **dict.fromkeys("∗⋅·•", "*"),
    **dict.fromkeys("✕✖⨯", "x"),
    **dict.fromkeys("∣│¦❘", "|"),
    **dict.fromkeys("⇒⟹", "=>"),
    **dict.fromkeys("⟶➔➜➝🡒", "->"),
    **dict.fromkeys("÷∕⁄", "/"),
    **dict.fromkeys("“”„‟‘’‚‛«»‹›", ""),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    **dict(zip("АВЕКМНОРСТХаеіјкорсухѕԁɡ", "ABEKMHOPCTXaeijkopcyxsdg", strict=True)),
    **dict(zip("ΑΒΕΗΙΚΜΝΟΡΤΧο", "ABEHIKMNOPTXo", strict=True)),
}
"""Characters that look like one of the language, and what to type instead (nothing: leave it out)."""


def _syntax(message: str, span: Span, label: str = "", help: str = "") -> PhraseError:
    return PhraseError("Y201", message, span, label, (help,) if help else ())


# -- limits and signatures -----------------------------------------------------------------------------------------


def too_deep(lexer: Lexer, limit: int) -> PhraseError:
    return PhraseError(
        "G112", f"nested more than {limit} levels deep", (lexer.start, lexer.end), f"the limit is {limit}"
    )


def too_many_operators(lexer: Lexer, limit: int) -> PhraseError:
    message = f"more than {limit} operators in one value"
    return PhraseError("G112", message, (lexer.start, lexer.end), f"the limit is {limit}")


def too_many_digits(span: Span, limit: int) -> PhraseError:
    return PhraseError("T106", f"a number of more than {limit} digits", span, f"the limit is {limit} digits")


def lonely_size(lexer: Lexer, span: Span) -> PhraseError:
    word = lexer.text[slice(*span)]
    label = "the size of an input, and no layer behind it"
    first = "conv 64 3" if "x" in word else "fc 64"
    named = f"; `{word} | {first} as a` names what comes out" if "x" in word else ""
    help = f"write {word} | {first} | ...{named}"
    return _syntax(f"something is missing after {word!r}", span, label, help)


def twice(name: str, span: Span) -> PhraseError:
    return _syntax(f"the parameter {name!r} stands twice", span)


def no_parameter(text: str, span: Span) -> PhraseError:
    help = "a signature is like bottleneck(c, stride=1)"
    return _syntax(f"{text[slice(*span)]!r} is not a parameter", span, "a name or name=default can stand here", help)


def _misplaced_size(size: str, span: Span, alone: bool) -> PhraseError:
    """A size as a whole line, or at the beginning of one that is not the first or has a name."""
    if alone:
        help = (
            f"an input comes first: `input: {size}` in a file, `{size} | ...` without a name on one line; what comes "
            f"out is claimed behind a layer, `conv 64 3 => {size}`, or under `expect:`"
        )
        return _syntax(f"{size} is no layer", span, "a line is made of layers", help)
    label = "only the first line begins with the input, without a name"
    help = f"a file says `input: {size}`; on one line `{size} | relu as a` comes first, and `as` gives it its name"
    return _syntax(f"{size} cannot begin this line", span, label, help)


# -- unexpected words ----------------------------------------------------------------------------------------------


def unexpected(lexer: Lexer, opened: list[int], wanted: str) -> PhraseError:
    """Why the current word cannot stand where ``wanted`` (a key of the table above) can."""
    text, start = lexer.text, lexer.start
    if start >= len(text):
        return _at_the_end(lexer, opened, wanted)
    found = _WORD.match(text, start)
    word = found[0] if found else text[start]
    span = (start, start + len(word))
    strange = next((place for place in range(*span) if _is_strange(text[place], place == start)), None)
    if strange is not None:
        return _strange(text[strange], strange)
    shape = _SHAPE.match(text)
    if shape and shape[1].isdigit() and not text[shape.end() :]:
        shape = None  # a number alone is no input
    if shape and start < shape.end() and wanted in ("given end", "step"):
        written = "x".join(re.findall(r"\d+", shape[1]))
        if shape[0].strip() == written:
            return _misplaced_size(written, shape.span(1), alone=not text[shape.end() :].strip())
        return _syntax(
            f"{shape[0].strip()!r} is no shape", shape.span(1), "an input begins the line", f"write {written}"
        )
    if word == ")" and not opened:
        return _syntax("unexpected ')'", span, "no '(' is open here")
    if word in ("|", "->") and wanted in ("loose end", "argument end", "argument") and opened:
        return _unclosed(opened[-1], f"{word!r} cannot stand in it")
    if word in ("**", "^"):
        return _power(text[: lexer.last], word, span)
    if word[0] == "*" and text[start - 1 : start] == "*":
        return _power(text[: start - 1].rstrip(), "**", (start - 1, start + 1))
    if word == "*" and wanted in STEP_ENDS:
        return _bare_repeat(text, span)
    if lexer.kind == "BAD" and NUMERIC.match(word) and not _NUMBER.fullmatch(word):
        return _bad_number(word, span)
    label, help = advice(Unexpected(text, word, lexer.kind, start, lexer.last, wanted, opened[-1] if opened else None))
    if wanted == "step end" and opened:
        wanted = "branch end" if text[: opened[-1]][-1:].isalpha() else "group end"
    return _syntax(f"unexpected {word!r}", span, label or _WANTED[wanted], help)


def _at_the_end(lexer: Lexer, opened: list[int], wanted: str) -> PhraseError:
    text, last = lexer.text, lexer.last
    if not text[:last].strip():
        what = {"value": "value", "signature": "signature"}.get(wanted, "phrase")
        help = "write a layer, for example conv 64 3x3" if what == "phrase" else ""
        return _syntax(f"an empty {what}", (0, max(len(text), 1)), "nothing stands here", help)
    if opened:
        return _unclosed(opened[-1], "the text ends before its ')'")
    word = last_word(text[:last])
    span = (last - len(word), last)
    if word == "as":
        return _syntax("a name must follow 'as'", span, help="for example conv 64 3 as u")
    if word == "=>":
        return _syntax("a size must follow '=>'", span, help="for example conv 96 11x11 /4 => 96x55x55")
    if word in ("|", "->", "→"):
        return _syntax(f"nothing follows {word!r}", span, help="go on with a layer, or delete it")
    return _syntax(f"something is missing after {word!r}", span, _WANTED[wanted].replace("stand here", "follow"))


def _unclosed(place: int, label: str) -> PhraseError:
    return PhraseError("Y203", "this '(' is never closed", (place, place + 1), label, ("add the ')' that ends it",))


def _power(leading: str, word: str, span: Span) -> PhraseError:
    if leading.endswith(")") and _ends_a_group(leading):
        return _syntax(f"unexpected {word!r}", span, "a group takes no arguments", "a repeat is written (layer ...)*2")
    before = last_word(leading)
    base = before if before.isidentifier() or before.isdigit() else "k"
    return _syntax("there is no power operator", span, help=f"write a product: {base}*{base} instead of {base}{word}2")


def _ends_a_group(leading: str) -> bool:
    """Whether the parentheses that end there are a group of layers, and no value."""
    place = opening(leading)
    return leading[:place].rstrip().endswith(("|", "->", "→")) or bool(canonical(next_word(leading, place + 1)))


def _bare_repeat(text: str, span: Span) -> PhraseError:
    count = next_word(text, span[1]) or "3"
    label = "this would read as a multiplication" if text[span[0] - 1] != ")" else "only a step in parentheses repeats"
    help = f"write (layer ...)*{count} to repeat a step, 64*{count} (no blanks) to multiply"
    return PhraseError("Y202", "a repeat needs parentheses", span, label, (help,))


def _bad_number(word: str, span: Span) -> PhraseError:
    digits = re.match(r"\d*", word)
    number = digits[0] if digits else ""
    rest = word[len(number) :]
    help = ""
    if re.fullmatch(r"\.\d+", word):
        help = f"write 0{word}"
    elif re.fullmatch(r"0+\d+", word):
        help = f"write {word.lstrip('0') or 0}, without zeros in front"
    elif rest == ".":
        help = f"write {number}"
    elif "x" in word and all(part.isdigit() or part.isidentifier() for part in word.split("x")):
        help = calculated_size(word)
    elif "x" in word:
        help = "a size needs a whole number on either side of every x, as in 3x3"
    elif rest.isidentifier():
        help = f"a product needs its sign: {number}*{rest}"
    return _syntax(f"{word!r} is not a number", span, help=help)


def calculated_size(word: str) -> str:
    """The way out for ``Cx1x1``: only numbers can be joined by an x."""
    return f"a size that is calculated has commas: ({', '.join(word.split('x'))})"


def _is_strange(char: str, first: bool) -> bool:
    """Whether a character is none of the language's, or looks like one of them (a word begins with an ASCII one)."""
    if char.isascii() or char in "×→":
        return False
    return first or char in _SPELLINGS or unicodedata.normalize("NFKC", char).isascii()


def _strange(char: str, place: int) -> PhraseError:
    name = unicodedata.name(char, "no printable one").lower()
    instead = _SPELLINGS.get(char)
    if instead is None and unicodedata.category(char) == "Zs":
        instead = " "
    if instead is None:
        plain = unicodedata.normalize("NFKC", char)
        instead = plain if plain.isascii() and plain.isprintable() else None
    if instead is None:
        help = ""
    elif instead == "":
        help = "delete it"
    else:
        help = "type a plain blank instead" if instead == " " else f"type {instead!r} instead"
    shown = repr(char) if char.isprintable() else f"U+{ord(char):04X}"
    return _syntax(f"unexpected character {shown} ({name})", (place, place + 1), help=help)
