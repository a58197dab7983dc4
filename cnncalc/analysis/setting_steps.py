"""The hyperparameters of a layer, with ``same`` and ``half`` worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.analysis.spelling import number, padding
from cnncalc.analysis.steps import NUMBERS, SYMBOLS, WORDS, Section, Step, alike
from cnncalc.layers.base import Layer
from cnncalc.layers.conv import Convolving
from cnncalc.layers.deconv import TransposedConv
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape

LETTERS = {
    "kernel": "F",
    "stride": "S",
    "pad": "P",
    "dilation": "d",
    "groups": "g",
    "channels": "Cout",
    "features": "out",
    "in_channels": "Cin/g",
}
"""The letters that formulas give to hyperparameters."""


def settings_section(layer: Layer, shapes: tuple[Shape, ...]) -> Section:
    """The hyperparameters, with ``same`` and ``half`` worked out."""
    steps: list[Step] = []
    figures: dict[str, Any] = {}
    for name, info in type(layer).model_fields.items():
        value: Any = layer.strides if name == "stride" and isinstance(layer, Windowed) else getattr(layer, name)
        if value is None or (value is False and info.default is False):
            continue
        worked: Iterable[Step] = ()
        if name == "pad" and isinstance(layer, Windowed):
            sides = layer.sides(shapes[0][1:])
            shown = f"{padding(sides)}, from '{value}'" if isinstance(value, str) else padding(sides)
            figures[name] = [list(each) for each in sides]
            worked = padding_steps(layer, shapes[0])
        else:
            shown = ("yes" if value else "no") if isinstance(value, bool) else number(value)
            figures[name] = list(value) if isinstance(value, tuple) else value
        label = f"{name} {LETTERS[name]}" if name in LETTERS else name
        steps += [Step(f"{shown} ({info.description})" if info.description else shown, WORDS, label), *worked]
    if isinstance(layer, Convolving) and "groups" not in figures and layer.group_count(shapes[0][0]) > 1:
        groups = layer.group_count(shapes[0][0])
        steps.append(Step(f"{groups} (every channel is a group of its own: g = Cin)", WORDS, "groups g"))
        figures["groups"] = groups
    return Section("settings", "Hyperparameters", tuple(steps), figures)


def padding_steps(layer: Windowed, shape: Shape) -> Iterator[Step]:
    """How ``same`` or ``half`` came to its numbers."""
    lines = layer.padding_worked(shape[1:])
    if not lines:
        return
    rule = "P = d*(F - 1)/2, rounded up"
    if layer.pad == "same":
        rule = "as much as gives out = ceil(W/S): max((out - 1)*S + F - W, 0) in total, the odd one after"
        if isinstance(layer, TransposedConv):
            rule = "as much as gives out = W*S: max(F - S, 0) in total, the odd one after"
    yield Step(f"{layer.pad}: {rule}", SYMBOLS, "")
    for names, line in alike(lines):
        yield Step(line, NUMBERS, names)
