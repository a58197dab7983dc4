"""The receptive field of a layer, recurrence step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.receptive import Fields, Paths, merged
from cnncalc.analysis.rows import Row
from cnncalc.analysis.setting import Setting
from cnncalc.analysis.steps import NOTE, NUMBERS, RESULT, WORDS, Section, Step, alike
from cnncalc.graph import Node
from cnncalc.layers.base import EVERYWHERE, Layer
from cnncalc.layers.deconv import TransposedConv
from cnncalc.layers.windowed import Windowed
from cnncalc.reach import Reach, ReceptiveField
from cnncalc.shape import show
from cnncalc.units import plain

PATH_LIMIT = 2_000
"""A path through more layers than this is not walked."""

SHOWN = (4, 12)
"""Of a long path the first and the last so many steps are shown."""

TERMS = "of the input: the size that one value sees, the jump to what its neighbour sees, the start of the first"
RULES = {"size": "size + (n - 1)*jump", "jump": "jump*step", "start": "start + first*jump"}
WINDOW = "n = d*(F - 1) + 1 positions that the window spans, step = S, first = -P"
ALL = "n = all positions that flow in; nothing slides any more, step = 0"
ENLARGING = "n = the most inputs that meet in an output, step = 1/S, first = the first of them"
OTHER = "an output sees n inputs, its neighbour the same a step further on, the first output from `first` on"


def field_section(row: Row) -> Section:
    """The receptive field before, the recurrence, and the field after; empty behind vectors of features."""
    title = "Receptive field"
    fields = row.setting.fields
    before = merged([fields[index] for index in row.node.inputs])
    after = fields[row.node.index]
    if not before or not after:
        return Section("receptive_field", title, (), {})
    way = path(row.setting, row.node)
    figures: dict[str, Any] = {
        "before": field_figures(tuple(each.largest for each in before)),
        "after": field_figures(tuple(each.largest for each in after)),
        "path": [{"layer": name, "size": list(sizes)} for name, sizes in way],
    }
    steps = [*step_by_step(row, before, after), *outcome(row, after), *path_steps(way)]
    return Section("receptive_field", title, tuple(steps), figures)


def field_figures(axes: tuple[ReceptiveField, ...]) -> dict[str, Any]:
    return {
        "size": [axis.size for axis in axes],
        "jump": [plain(axis.stride) for axis in axes],
        "start": [plain(axis.start) for axis in axes],
    }


def step_by_step(row: Row, before: Fields, after: Fields) -> Iterator[Step]:
    """Size, jump and start: before, the recurrence with its numbers, and what stays fixed."""
    if len(row.node.inputs) > 1:
        fields = row.setting.fields
        for index in row.node.inputs:
            sizes = [each.largest.size for each in fields[index]]
            yield Step(f"size {show(sizes)}" if sizes else "none", WORDS, row.setting.graph.nodes[index].name)
        yield Step("the largest counts, along every axis", WORDS)
    reach = row.node.facts.reach
    if reach is None:
        yield Step("every value sees what the value in its place saw: nothing changes", WORDS)
        return
    extents = (*row.input_shapes[0][1:], *(1,) * len(before))
    reaches = [Reach(extent, 0, 0) for extent in extents[: len(before)]] if isinstance(reach, str) else list(reach)
    yield Step(TERMS, WORDS)
    yield Step(ALL if reach == EVERYWHERE else legend(row.node.layer), WORDS)
    for names, (paths, one, _) in alike(list(zip(before, reaches, after, strict=False))):
        yield from axis_steps(names, paths, one)


def legend(layer: Layer | None) -> str:
    """What n, step and first are for a layer."""
    if isinstance(layer, TransposedConv):
        return ENLARGING
    return WINDOW if isinstance(layer, Windowed) else OTHER


def axis_steps(names: str, paths: Paths, reach: Reach) -> Iterator[Step]:
    sliding, fixed = paths.sliding, paths.fixed
    if sliding is None:
        assert fixed is not None
        yield Step(f"a value that flows in has seen all there is to see: {fixed.size}", WORDS, names)
        return
    yield Step(f"size {sliding.size}, jump {sliding.stride}, start {sliding.start}", WORDS, f"{names} before")
    for figure, line in sliding.worked(reach).items():
        yield Step(f"{RULES[figure]} = {line}", NUMBERS, figure)
    if fixed is not None and fixed.size > sliding.step(reach).size:
        yield Step(f"another path has seen everything, {fixed.size}, which is more", WORDS, names)


def outcome(row: Row, after: Fields) -> Iterator[Step]:
    """What the field means, in words."""
    largest = [each.largest for each in after]
    size = show(each.size for each in largest)
    text = f"one output value sees {size} of the input"
    if all(each.stride for each in largest):
        text += f"; its neighbour sees the same {same(each.stride for each in largest)} further on"
        text += f"; the first one begins at {same(each.start for each in largest)}"
    yield Step(text, RESULT)
    if any(each.start < 0 for each in largest):
        yield Step("a negative start lies outside the input, in the padding", WORDS)
    inputs = row.setting.inputs
    if len(inputs) == 1 and len(inputs[0][1]) - 1 == len(largest):
        extents = inputs[0][1][1:]
        if any(each.size > extent for each, extent in zip(largest, extents, strict=True)):
            yield Step(f"that is more than the input's {show(extents)}: the rest lies outside it", NOTE)


def same(values: Any) -> str:
    """``4`` where all are alike, else ``4, 2``."""
    found = list(values)
    return str(found[0]) if len(set(found)) == 1 else ", ".join(map(str, found))


def path(setting: Setting, node: Node) -> list[tuple[str, tuple[int, ...]]]:
    """The layers that made the field grow, from the input on: their names and the sizes behind them."""
    nodes, fields = setting.graph.nodes, setting.fields
    found: list[tuple[str, tuple[int, ...]]] = []

    def sizes(index: int) -> tuple[int, ...]:
        return tuple(each.largest.size for each in fields[index])

    for _ in range(PATH_LIMIT):
        if not node.inputs:
            return found[::-1]
        before = max(node.inputs, key=lambda index: sum(sizes(index)))
        if sizes(node.index) != sizes(before):
            found.append((node.name, sizes(node.index)))
        node = nodes[before]
    return []


def path_steps(way: list[tuple[str, tuple[int, ...]]]) -> Iterator[Step]:
    if len(way) < 2:
        return
    parts = [f"{name} {sizes[0] if len(set(sizes)) == 1 else show(sizes)}" for name, sizes in way]
    first, last = SHOWN
    if len(parts) > first + last + 1:
        parts[first:-last] = [f"... {len(parts) - first - last} more ..."]
    yield Step(", ".join(parts), WORDS, "on the way")
