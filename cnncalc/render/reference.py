"""A kind of layer as plain text, Markdown and JSON (``cnncalc explain conv``, docs/layers.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from cnncalc.analysis.reference import Example, Parameter, Reference
from cnncalc.layers.fields import got
from cnncalc.render.ansi import Line, painted, unpainted
from cnncalc.shape import show

VERSION = 1

FAMILIES = {
    "convolution": "Convolutions",
    "pooling": "Pooling",
    "dense": "Fully connected",
    "shape": "Shape and channels",
    "normalisation": "Normalisation and scales",
    "activation": "Activations",
    "regularisation": "Regularisation",
    "merge": "Several inputs",
    "resize": "Size without learning",
}
"""The titles of the families, in the order of the manual."""

LONG = 16
"""Words of an argument that are longer stand behind what it means."""

TITLES = {"output": "output", "params": "parameters", "macs": "MACs"}


def text(reference: Reference, width: int = 80) -> str:
    """For a reader: what it does, the arguments in their order, the example."""
    width = min(width, 100)
    lines = [*wrap(f"{reference.word}: {plain(reference.about)}", width)]
    if reference.spellings:
        lines += ["", f"also written {', '.join(reference.spellings)}"]
    if reference.parameters:
        lines += ["", "arguments, in the order of positional ones:", *rows(reference.parameters, width)]
    if reference.example:
        lines += ["", *worked(reference.example)]
    return "\n".join(lines) + "\n"


def index(references: Iterable[Reference], width: int = 80) -> str:
    """Every kind in a line or two, by family."""
    return unpainted(index_lines(references, width))


def coloured_index(references: Iterable[Reference], width: int) -> str:
    """The same with the colours of a terminal."""
    return painted(index_lines(references, width), {"heading": "bold cyan", "dim": "dim", "": ""}, width)


def index_lines(references: Iterable[Reference], width: int) -> Iterator[Line]:
    width = min(width, 100)
    families = by_family(references)
    indent = 2 + max(len(each.word) for group in families.values() for each in group) + 2
    for family, group in families.items():
        yield "heading", FAMILIES[family]
        for each in group:
            for number, line in enumerate(wrap(plain(each.about), max(width - indent, 20))):
                yield "", f"{f'  {each.word}' if not number else '':<{indent}}{line}"
        yield "", ""
    yield "dim", "`cnncalc explain conv` tells the arguments of one."


def by_family(references: Iterable[Reference]) -> dict[str, list[Reference]]:
    """The kinds of every family, in the order of the manual."""
    families: dict[str, list[Reference]] = {family: [] for family in FAMILIES}
    for each in references:
        families[each.family].append(each)
    return families


def plain(words: str) -> str:
    """A docstring without its marks."""
    return words.replace("``", "")


def rows(parameters: Iterable[Parameter], width: int) -> list[str]:
    """The arguments: name, how it is written in a phrase, default, what it is."""
    cells = []
    for each in parameters:
        short, about = " ".join(each.short), each.about
        if len(short) > LONG:
            short, about = "", f"{about}: {', '.join(each.short)}"
        cells.append((each.name, short, default(each) or "required", about))
    sizes = [max(len(row[column]) for row in cells) for column in range(3)]
    indent = sum(sizes) + 2 * 4
    found = []
    for row in cells:
        head = "  ".join(["", *(cell.ljust(size) for cell, size in zip(row, sizes, strict=False)), ""])
        lines = wrap(row[3], max(width - indent, 20)) or [""]
        found += [f"{head if number == 0 else ' ' * indent}{line}".rstrip() for number, line in enumerate(lines)]
    return found


def worked(example: Example) -> list[str]:
    size = max((len(TITLES.get(name, name)) for name in example.formulas), default=0)
    lines = [f"{example.text} makes {show(example.output)}{':' if size else ''}"]
    return lines + [f"  {TITLES.get(name, name).ljust(size)}  {line}" for name, line in example.formulas.items()]


def markdown(reference: Reference) -> str:
    """A section of the manual."""
    lines = [f"# `{reference.word}`", "", reference.about]
    if reference.spellings:
        lines[-1] += f" Also written {listed(reference.spellings)}."
    lines.append("")
    if reference.parameters:
        lines += ["| argument | short | default | meaning |", "| --- | --- | --- | --- |"]
        for each in reference.parameters:
            value = default(each)
            shown = value if value in ("", "-") else f"`{value}`"
            lines.append(f"| `{each.name}` | {listed(each.short)} | {shown} | {each.about} |")
        lines.append("")
    if reference.example:
        example = reference.example
        formulas = [f"- {TITLES.get(name, name)}: `{line}`" for name, line in example.formulas.items()]
        lines += [f"`{example.text}` makes {show(example.output)}{':' if formulas else '.'}", ""]
        lines += [*formulas, ""] if formulas else []
    return "\n".join(lines)


def default(parameter: Parameter) -> str:
    """The default as the language writes it; ``-`` for none, nothing where the argument is required."""
    if parameter.required:
        return ""
    value = parameter.default
    return "-" if value is None else value if isinstance(value, str) else got(value)


def listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def as_document(reference: Reference) -> str:
    """The JSON document of a kind: ``version`` and its :func:`fields`."""
    return json.dumps({"version": VERSION, **fields(reference)}, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_documents(references: Iterable[Reference]) -> str:
    """The JSON document of several: ``{"version", "layers"}``."""
    document = {"version": VERSION, "layers": [fields(each) for each in references]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def fields(reference: Reference) -> dict[str, Any]:
    """``kind``, ``spellings``, ``family``, ``about``, ``arguments`` and ``example`` (null where there is none)."""
    example = reference.example
    return {
        "kind": reference.word,
        "spellings": list(reference.spellings),
        "family": reference.family,
        "about": plain(reference.about),
        "arguments": [
            {
                "name": each.name,
                "short": list(each.short),
                "required": each.required,
                "default": None if each.required else each.default,
                "about": each.about,
            }
            for each in reference.parameters
        ],
        "example": example and {"text": example.text, "output": list(example.output), "formulas": example.formulas},
    }
