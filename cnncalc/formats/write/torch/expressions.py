"""What constructs a module: expressions whose literals are the slots in which two uses of a block may differ."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from cnncalc.formats.write.torch.layout import Call, Doc, Loop
from cnncalc.formats.write.torch.names import unique

INDICES = "ijklmn"

POSITIONAL = {
    "Conv": 2, "ConvTranspose": 2, "Linear": 2, "BatchNorm": 1, "InstanceNorm": 1, "GroupNorm": 2, "LayerNorm": 1,
    "LocalResponseNorm": 1, "MaxPool": 1, "AvgPool": 1, "MaxUnpool": 1, "AdaptiveAvgPool": 1, "AdaptiveMaxPool": 1,
    "PReLU": 1, "LeakyReLU": 1, "Dropout": 1, "ZeroPad": 1, "ReflectionPad": 1, "ConstantPad": 2, "PixelShuffle": 1,
    "PixelUnshuffle": 1, "ChannelShuffle": 1, "CenterCrop": 1, "ChannelLayerNorm": 1, "L2Norm": 1, "ChannelScale": 1,
    "DropPath": 1, "LocallyConnected": 2, "Unflatten": 2,
}  # fmt: skip
"""How many arguments go without their name."""

DEFAULTS: dict[str, Any] = {
    "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True, "eps": 1e-5,
    "affine": True, "elementwise_affine": True, "track_running_stats": True, "alpha": 1e-4, "beta": 0.75, "k": 1.0,
    "ceil_mode": False, "inplace": False, "start_dim": 1, "mode": "nearest", "return_indices": False,
}  # fmt: skip
"""Named arguments that need not be written where they have this value."""


def written(value: Any) -> str:
    """A value as it stands in the source."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


class Literal(NamedTuple):
    """A slot: its value, and the argument that it is.  None stands for a slot of something that is not there."""

    value: Any
    role: str


class Construct(NamedTuple):
    """A call of a class, with a key for each of its arguments."""

    name: str
    keys: tuple[str, ...]
    parts: tuple[Literal, ...]

    def slots(self) -> Iterator[Literal]:
        yield from self.parts

    def structure(self) -> Hashable:
        return (self.name, self.keys)

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        known = {key: next(texts) for key in self.keys}
        family = self.name.removeprefix("nn.")
        family = family[:-2] if family[-2:] in ("1d", "2d", "3d") else family
        arguments: list[tuple[str | None, Doc]] = []
        for number, (key, text) in enumerate(known.items()):
            default = written(DEFAULTS.get(key))
            if family.endswith(("Pool", "Unpool")) and key == "stride":
                default = known["kernel_size"]
            elif family == "InstanceNorm" and key == "affine":
                default = "False"
            if number < POSITIONAL.get(family, 0):
                arguments.append((None, text))
            elif text != default:
                arguments.append((key, text))
        return Call(self.name, arguments)


class Use(NamedTuple):
    """A use of one of the written classes."""

    name: str
    keys: tuple[str, ...]
    parts: tuple[Literal, ...]
    defaults: tuple[Any, ...]
    """The value of a parameter that need not be given, ... where it has none."""

    def slots(self) -> Iterator[Literal]:
        yield from self.parts

    def structure(self) -> Hashable:
        return (self.name, self.keys)

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        arguments: list[tuple[str | None, Doc]] = []
        for key, default in zip(self.keys, self.defaults, strict=True):
            text = next(texts)
            if default is ...:
                arguments.append((None, text))
            elif text != written(default):
                arguments.append((key, text))
        return Call(self.name, arguments)


class Repeat(NamedTuple):
    """A part several times; a slot with a step grows by it from round to round."""

    times: Literal
    body: Expression
    steps: tuple[Literal | None, ...]

    def slots(self) -> Iterator[Literal]:
        yield self.times
        for slot, step in zip(self.body.slots(), self.steps, strict=True):
            yield slot
            if step is not None:
                yield step

    def structure(self) -> Hashable:
        return ("repeat", self.body.structure(), tuple(step is not None for step in self.steps))

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        count = next(texts)
        given = [(next(texts), next(texts) if step is not None else None) for step in self.steps]
        index = index_beside(given, depth) if any(self.steps) else "_"
        inside = [text if step is None else f"{text} + {product(step, index)}" for text, step in given]
        body = self.body.document(iter(inside), depth + (index != "_"))
        return body if count == "1" and index == "_" else Loop(body, f"for {index} in range({count})")


class Children(NamedTuple):
    """An ``nn.Sequential``, or an ``nn.ModuleDict`` (``named`` always)."""

    kind: str
    names: tuple[str, ...]
    parts: tuple[Expression, ...]
    named: bool

    def slots(self) -> Iterator[Literal]:
        for part in self.parts:
            yield from part.slots()

    def structure(self) -> Hashable:
        return (self.kind, self.names if self.named else (), tuple(part.structure() for part in self.parts))

    def arguments(self, texts: Iterator[str], depth: int = 0) -> list[tuple[str | None, Doc]]:
        """The arguments of the constructor."""
        parts = [part.document(texts, depth) for part in self.parts]
        if not self.named:
            return [(None, part) for part in parts]
        inner: list[tuple[str | None, Doc]] = list(zip(self.names, parts, strict=True))
        return [(None, Call("OrderedDict" if self.kind == "nn.Sequential" else "dict", inner))]

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        return Call(self.kind, self.arguments(texts, depth))


class Optional(NamedTuple):
    """A part that some uses of a class do without."""

    present: Literal
    body: Expression

    def slots(self) -> Iterator[Literal]:
        yield self.present
        yield from self.body.slots()

    def structure(self) -> Hashable:
        return ("optional", self.body.structure())

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        next(texts)
        return self.body.document(texts, depth)


class Flag(NamedTuple):
    """Whether a use of a class does what only some of its uses do."""

    present: Literal

    def slots(self) -> Iterator[Literal]:
        yield self.present

    def structure(self) -> Hashable:
        return "flag"

    def document(self, texts: Iterator[str], depth: int = 0) -> Doc:
        return next(texts)


Expression = Construct | Use | Repeat | Children | Optional | Flag


def index_beside(texts: Sequence[tuple[str, str | None]], depth: int) -> str:
    """The name of a loop's variable, another than the names in the expressions it stands in."""
    taken = {word for pair in texts for text in pair if text for word in re.findall(r"\w+", text)}
    return next((each for each in INDICES[depth:] if each not in taken), None) or unique(INDICES[0], taken)


def product(factor: str, index: str) -> str:
    if factor == "1":
        return index
    return f"{factor} * {index}" if factor.replace("_", "").isalnum() else f"({factor}) * {index}"


def chain(names: Sequence[str], parts: Sequence[Expression]) -> Children:
    """An ``nn.Sequential``: by name unless there are rounds among its parts, which become loops."""
    if not any(name.isdigit() for name in names):
        return Children("nn.Sequential", tuple(names), tuple(parts), True)
    found: list[Expression] = []
    run: list[Expression] = []
    for name, part in zip(names, parts, strict=True):
        if run and not (name.isdigit() and part.structure() == run[-1].structure()):
            found += looped(run)
            run = []
        if name.isdigit():
            run.append(part)
        else:
            found.append(part)
    return Children("nn.Sequential", (), (*found, *looped(run)), False)


def first_apart(part: Expression) -> Expression:
    """The same chain with the first round of each loop before it."""
    if not isinstance(part, Children) or part.named:
        return part
    found: list[Expression] = []
    for each in part.parts:
        if isinstance(each, Repeat) and not any(each.steps):
            left = each.times.value - 1
            rest = each.body if left else emptied(each.body)
            found += [each.body, each._replace(times=each.times._replace(value=left), body=rest)]
        else:
            found.append(each)
    return part._replace(parts=tuple(found))


def looped(run: list[Expression]) -> list[Expression]:
    """Rounds of the same structure as a loop; the first may be of its own."""
    if not run:
        return []
    rows = [[slot.value for slot in part.slots()] for part in run]
    if all(row == rows[0] for row in rows):
        return [repeat(run[0], len(run))]
    if len(run) > 1 and all(row == rows[1] for row in rows[1:]):
        return [run[0], repeat(run[1], len(run) - 1)]
    if len(run) > 2:
        steps: list[Literal | None] = []
        for slot, column in zip(run[0].slots(), zip(*rows, strict=True), strict=True):
            differences = {b - a for a, b in pairwise(column)} if all_whole(column) else set()
            if len(set(column)) == 1:
                steps.append(None)
            elif len(differences) == 1 and (step := differences.pop()) > 0:
                steps.append(Literal(step, f"{slot.role}_step"))
            else:
                return run
        return [Repeat(Literal(len(run), "repeats"), run[0], tuple(steps))]
    return run


def all_whole(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


def repeat(body: Expression, count: int) -> Repeat:
    return Repeat(Literal(count, "repeats"), body, tuple(None for _ in body.slots()))


def emptied(part: Expression) -> Expression:
    """The part with nothing in its slots."""
    if isinstance(part, (Construct, Use)):
        return part._replace(parts=tuple(slot._replace(value=None) for slot in part.parts))
    if isinstance(part, Children):
        return part._replace(parts=tuple(map(emptied, part.parts)))
    if isinstance(part, Optional):
        return Optional(part.present._replace(value=None), emptied(part.body))
    if isinstance(part, Flag):
        return Flag(part.present._replace(value=None))
    steps = tuple(step and step._replace(value=None) for step in part.steps)
    return part._replace(times=part.times._replace(value=None), body=emptied(part.body), steps=steps)
