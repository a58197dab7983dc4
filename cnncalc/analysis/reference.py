"""What there is to know of a kind of layer: what it does, its arguments, an example with its formulas.

The same table is behind phrases, the long form, the JSON Schema and the manual: the fields of the layer's class.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.graph import expand
from cnncalc.layers import SPELLINGS, TABLE, Kind, kind_of
from cnncalc.loading import parse
from cnncalc.shape import Shape
from cnncalc.spec.foreign import OPTIONS


class Parameter(NamedTuple):
    """An argument of a layer; ``short`` is how it is written in a phrase (``/2``, ``p2``, ``nobias``)."""

    name: str
    short: tuple[str, ...]
    required: bool
    default: Any
    about: str


class Example(NamedTuple):
    """A network on one line, the shape that its layer of this kind makes, and the worked formulas."""

    text: str
    output: Shape
    formulas: dict[str, str]


class Reference(NamedTuple):
    """A kind of layer."""

    word: str
    spellings: tuple[str, ...]
    family: str
    about: str
    parameters: tuple[Parameter, ...]
    """In the order of positional arguments."""
    example: Example | None


def references() -> list[Reference]:
    """Every kind of layer, in the order of the table."""
    return [reference(word) for word in TABLE]


def reference(word: str) -> Reference:
    """The kind of a canonical word."""
    kind = kind_of(word)
    return Reference(
        word,
        tuple(other for other, canonical in SPELLINGS.items() if canonical == word),
        kind.layer.family,
        " ".join((kind.layer.__doc__ or "").split()),
        tuple(parameters(kind)),
        example(kind) if kind.layer.example else None,
    )


def parameters(kind: Kind) -> list[Parameter]:
    """The arguments; fields that only a line's value gives are none."""
    hidden = {name for name in kind.fields if "node" in kind.lines.values() and name not in kind.lines}
    return [
        Parameter(name, tuple(shorthands(kind, name)), info.is_required(), info.default, info.description or "")
        for name, info in kind.layer.model_fields.items()
        if name not in hidden
    ]


def shorthands(kind: Kind, name: str) -> list[str]:
    found = ["/2"] if name == "stride" else []
    found += [f"{letter}2" for letter, field in kind.letters.items() if field == name and name != "stride"]
    return found + [word for word, (field, _) in kind.words.items() if field == name]


def example(kind: Kind) -> Example:
    """The example of a kind, worked out."""
    text = kind.layer.example
    row = next(row for row in reversed(Report(expand(parse(text))[0], 1, "float32").rows) if row.kind == kind.word)
    return Example(text, row.output, dict(row.formulas))


def argument_help(word: str) -> str:
    """Where an argument that somebody asks for belongs; an empty text where no layer has it."""
    asked = "pad" if word.lower() in ("same", "half", "valid") else word.lower()
    meant = {asked, *OPTIONS.get(asked, ())}
    having = [each for each in TABLE if meant & {*kind_of(each).fields, *kind_of(each).words}]
    if not having:
        return ""
    more = f" and {len(having) - 4} more" if len(having) > 4 else ""
    return f"{word!r} is about an argument of {', '.join(having[:4])}{more}: cnncalc explain {having[0]}"
