"""Which layer of a network is which of another: by name first, by what they do where names differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

from cnncalc.analysis.rows import Row
from cnncalc.layers.base import Layer, per_axis
from cnncalc.layers.windowed import Windowed

Pairs: TypeAlias = dict[int, int]
"""Indices of layers of one network to those of the other."""

LARGEST = 100_000
"""Pairs of like layers beyond which a sequence is not aligned: names must do."""


class Layers(NamedTuple):
    """The layers of a network as the alignment sees them."""

    names: tuple[str, ...]
    lines: tuple[str | None, ...]
    kinds: tuple[str, ...]
    keys: tuple[Hashable, ...]
    """Kind and settings."""


def layers_of(rows: Sequence[Row]) -> Layers:
    return Layers(
        tuple(row.name for row in rows),
        tuple(row.line for row in rows),
        tuple(row.kind for row in rows),
        tuple((row.kind, *hyperparameters(row).items()) for row in rows),
    )


def hyperparameters(row: Row) -> dict[str, Hashable]:
    """What a layer's fields come to: one number per axis, padding on both sides, a pooling's own stride."""
    layer = row.node.layer
    assert layer is not None
    rank = len(row.input_shapes[0]) - 1
    found: dict[str, Hashable] = {}
    for name in type(layer).model_fields:
        if name == "in_channels":  # it only checks what flows in
            continue
        found[name] = effective(layer, name, rank)
    if isinstance(layer, Windowed) and not isinstance(layer.pad, str):
        found["pad"] = layer.sides(row.input_shapes[0][1:])
    return found


def effective(layer: Layer, name: str, rank: int) -> Hashable:
    value: Hashable = getattr(layer, name)
    if not isinstance(layer, Windowed):
        return value
    if name == "stride":
        value = layer.strides
    if name in ("kernel", "stride", "dilation") and isinstance(value, (int, tuple)):
        return per_axis(layer.word, name, value, rank)
    return (value,) * rank if name == "outpad" and isinstance(value, int) else value


def aligned(a: Layers, b: Layers) -> Pairs:
    """The layers that are the same or what became of it, each at most once; swapping ``a`` and ``b`` swaps the pairs.

    Lines of the same name are aligned for themselves, so are lines that were renamed, and layers of lines without a
    name as one.  What is left over has moved: the same name or else the same kind and settings, in the same order.
    """
    found: Pairs = {}
    places_a, places_b = places(a), places(b)
    for line, other in lines_in_pairs(a, b, places_a, places_b):
        found |= in_line(a, b, places_a[line], places_b[other])
    taken = set(found.values())
    rest_a = [each for each in range(len(a.names)) if each not in found]
    rest_b = [each for each in range(len(b.names)) if each not in taken]
    named, rest_a, rest_b = by_name(a, b, rest_a, rest_b)
    return found | named | in_sequence(a.keys, b.keys, rest_a, rest_b)[0]


def places(layers: Layers) -> dict[str | None, list[int]]:
    found: dict[str | None, list[int]] = {}
    for index, line in enumerate(layers.lines):
        found.setdefault(line, []).append(index)
    return found


def lines_in_pairs(
    a: Layers, b: Layers, places_a: dict[str | None, list[int]], places_b: dict[str | None, list[int]]
) -> list[tuple[str | None, str | None]]:
    """Lines of the same name; others where all of their layers have the same settings, or else the same kinds."""
    found = [(line, line) for line in places_a if line in places_b]
    for which in ("keys", "kinds"):
        paired = {line for line, _ in found}, {line for _, line in found}
        rest_a = [line for line in places_a if line is not None and line not in paired[0]]
        rest_b = [line for line in places_b if line is not None and line not in paired[1]]
        made_a = [tuple(getattr(a, which)[each] for each in places_a[line]) for line in rest_a]
        made_b = [tuple(getattr(b, which)[each] for each in places_b[line]) for line in rest_b]
        pairs, _ = in_sequence(made_a, made_b, [*range(len(rest_a))], [*range(len(rest_b))])
        found += [(rest_a[one], rest_b[other]) for one, other in pairs.items()]
    return found


def in_line(a: Layers, b: Layers, inside_a: list[int], inside_b: list[int]) -> Pairs:
    """By name; by sequence where fewer layers have changed then: numbered names shift where a layer is put in."""
    named, rest_a, rest_b = by_name(a, b, inside_a, inside_b)
    named |= in_sequence(a.keys, b.keys, rest_a, rest_b)[0]
    first = cost(a, b, named, len(inside_a) + len(inside_b))
    if first == (abs(len(inside_a) - len(inside_b)), 0):
        return named
    ordered, gaps = in_sequence(a.keys, b.keys, inside_a, inside_b)
    for gap_a, gap_b in gaps:
        same, gap_a, gap_b = by_name(a, b, gap_a, gap_b)
        ordered |= same | in_sequence(a.kinds, b.kinds, gap_a, gap_b)[0]
    return ordered if cost(a, b, ordered, len(inside_a) + len(inside_b)) < first else named


def cost(a: Layers, b: Layers, pairs: Pairs, together: int) -> tuple[int, int]:
    """How many layers are added, removed or changed in themselves; how many are renamed."""
    changed = sum(a.keys[one] != b.keys[other] for one, other in pairs.items())
    renamed = sum(a.names[one] != b.names[other] for one, other in pairs.items())
    return together - 2 * len(pairs) + changed, renamed


def by_name(
    a: Layers, b: Layers, inside_a: Iterable[int], inside_b: Iterable[int]
) -> tuple[Pairs, list[int], list[int]]:
    """Layers of the same name, and what is left."""
    known = {b.names[each]: each for each in inside_b}
    found: Pairs = {}
    rest = []
    for each in inside_a:
        other = known.pop(a.names[each], None)
        if other is None:
            rest.append(each)
        else:
            found[each] = other
    return found, rest, list(known.values())


def in_sequence(
    a: Sequence[Hashable], b: Sequence[Hashable], inside_a: list[int], inside_b: list[int]
) -> tuple[Pairs, list[tuple[list[int], list[int]]]]:
    """Layers with the same key in the same order (difflib's longest runs), and the gaps where both have others."""
    keys_a, keys_b = [a[each] for each in inside_a], [b[each] for each in inside_b]
    swapped = (len(keys_a), repr(keys_a)) > (len(keys_b), repr(keys_b))  # difflib treats its two sides differently
    if swapped:
        keys_a, keys_b, inside_a, inside_b = keys_b, keys_a, inside_b, inside_a
    pairs: list[tuple[int, int]] = []
    gaps = []
    for tag, *ends in opcodes(keys_a, keys_b):
        part_a, part_b = inside_a[ends[0] : ends[1]], inside_b[ends[2] : ends[3]]
        if tag == "equal":
            pairs += zip(part_a, part_b, strict=True)
        elif tag == "replace":
            gaps.append((part_b, part_a) if swapped else (part_a, part_b))
    return {other: one for one, other in pairs} if swapped else dict(pairs), gaps


def opcodes(a: list[Hashable], b: list[Hashable]) -> list[tuple[str, int, int, int, int]]:
    """Those of difflib; what begins and ends alike is taken off first, what would take minutes is left alone."""
    shorter = min(len(a), len(b))
    head = next((each for each in range(shorter) if a[each] != b[each]), shorter)
    tail = next((each for each in range(shorter - head) if a[-1 - each] != b[-1 - each]), shorter - head)
    count_a, count_b = Counter(a[head : len(a) - tail]), Counter(b[head : len(b) - tail])
    found = [("equal", 0, head, 0, head)] if head else []
    if sum(count * count_b[key] for key, count in count_a.items()) <= LARGEST:
        matcher = SequenceMatcher(None, a[head : len(a) - tail], b[head : len(b) - tail], autojunk=False)
        found += [(tag, i + head, j + head, k + head, m + head) for tag, i, j, k, m in matcher.get_opcodes()]
    elif len(a) > head + tail or len(b) > head + tail:
        found.append(("replace", head, len(a) - tail, head, len(b) - tail))
    if tail:
        found.append(("equal", len(a) - tail, len(a), len(b) - tail, len(b)))
    return found
