"""What to write instead of a word that is no option of its layer."""

from __future__ import annotations

from collections.abc import Collection

from cnncalc.errors import did_you_mean
from cnncalc.layers import Kind, canonical
from cnncalc.spec import foreign
from cnncalc.spec.phrase_faults import calculated_size
from cnncalc.spec.syntax import Expr, Name, Number, Size


def hint(word: str, call: str, kind: Kind) -> str:
    """What a word may be meant for, whatever its place; an empty text where nothing is known of it."""
    said = foreign.option_help(word, call, kind.fields)
    if said:
        return said
    if canonical(word) and word != "pad":  # that of `fc 10 p1` is no layer
        return f"a layer is a step of its own: {call} ... | {word}."
    if word.lower() in kind.letters and word not in kind.letters:
        return f"did you mean {word.lower()!r}?"
    return did_you_mean(word, [*kind.fields, *kind.words])


def bare_hint(
    word: str, behind: Expr | None, call: str, kind: Kind, known: Collection[str], missing: Collection[str]
) -> str:
    """What a word without a value may be meant for, from what stands before and behind it.

    ``known`` are the names that can be calculated with; ``missing`` the fields that the layer still needs.
    """
    sizes = word.split("x")
    if len(sizes) > 1 and all(each.isdigit() or each in known for each in sizes):
        return f"{calculated_size(word)}."
    in_one = _in_one_word(call, word) if len(word) > 1 else ""
    if in_one:
        return in_one
    letter = word.lower()
    if letter in kind.letters and not {*missing} - {kind.letters[letter] if isinstance(behind, (Number, Size)) else ""}:
        return f"write {letter}{_shown(behind)}, close together."
    if word[:1].lower() in kind.letters and word[1:].isdigit():
        return f"did you mean {word.lower()!r}?"
    if word.lower() == "no" and isinstance(behind, Name) and f"no{behind.text}" in kind.words:
        return f"write no{behind.text}, close together."
    if missing and not hint(word, call, kind) and not foreign.layer_help(word):
        return f"if it stands for a number, a file says which: params: {{{word}: 64}}."
    return ""


def _in_one_word(call: str, word: str) -> str:
    """``leaky relu``, ``depthwise conv``: two words of one layer."""
    joined = call + word
    if canonical(joined):
        return f"write {joined}, in one word."
    said = foreign.layer_help(joined)
    return f"{said}." if said and not said.endswith("?") else said


def _shown(value: Expr | None) -> str:
    if isinstance(value, Size):
        return "x".join(map(str, value.dims))
    return str(value.value) if isinstance(value, Number) else "1"
