"""How a layer's settings are written in a table: ``11x11 /4 p2``."""

from __future__ import annotations

from cnncalc.layers.base import Layer
from cnncalc.layers.fields import got
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape, show


def settings(layer: Layer, shapes: tuple[Shape, ...]) -> str:
    """The hyperparameters that say what a layer does, in the language's own shorthands, padding resolved."""
    if not isinstance(layer, Windowed):
        fields = type(layer).model_fields
        shown: list[str] = []
        for position, (name, info) in enumerate(fields.items()):
            value = getattr(layer, name)
            if value is None or value == info.default:
                continue
            label = f"{name}=" if position > len(shown) else ""
            shown.append(name if value is True else f"no{name}" if value is False else label + number(value))
        return " ".join(shown)
    rank = len(shapes[0]) - 1
    kernel = (layer.kernel,) * rank if isinstance(layer.kernel, int) else layer.kernel
    parts = [show(kernel) if rank > 1 else str(kernel[0])]
    strides = layer.strides
    if isinstance(strides, tuple) and len(set(strides)) == 1:
        strides = strides[0]
    if strides != 1:
        parts.append(f"/{number(strides)}")
    sides = layer.sides(shapes[0][1:])
    if any(map(any, sides)):
        parts.append("p" + padding(sides))
    if layer.dilation != 1:
        parts.append(f"d{number(layer.dilation)}")
    for option, letter, usual in (("groups", "g", 1), ("mult", "mult=", 1), ("outpad", "outpad=", 0)):
        value = getattr(layer, option, usual)
        if value not in (None, usual):
            parts.append(f"{letter}{number(value)}")
    if getattr(layer, "ceil", False):
        parts.append("ceil")
    parts += [f"no{option}" for option in ("count", "bias") if getattr(layer, option, True) is False]
    return " ".join(parts)


def padding(sides: tuple[tuple[int, int], ...]) -> str:
    """``2``; ``0x3``; ``1:2`` where the two sides differ."""
    axes = [str(before) if before == after else f"{before}:{after}" for before, after in sides]
    return axes[0] if len(set(axes)) == 1 else "x".join(axes)


def number(value: object) -> str:
    if isinstance(value, tuple):
        if any(isinstance(each, tuple) for each in value):
            return padding(tuple(each if isinstance(each, tuple) else (each, each) for each in value))
        return show(value)
    return got(value)
