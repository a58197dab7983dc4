"""Two networks side by side: what was added, removed, renamed and changed, and what that does to every figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from cnncalc.analysis.alignment import Pairs, aligned, hyperparameters, layers_of
from cnncalc.analysis.comparison import depth, output_field
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.layers.windowed import Windowed
from cnncalc.reach import ReceptiveField

ADDED, REMOVED, CHANGED, RENAMED, EQUAL = STATUSES = ("added", "removed", "changed", "renamed", "equal")

FIGURES = ("params", "trainable", "buffers", "macs", "activation_bytes")
"""Figures of a layer that add up to those of the network."""

ITSELF = ("kind", "settings", "inputs", "weights_of")
"""What somebody wrote, as opposed to what follows from that."""


class Setting(NamedTuple):
    """A hyperparameter that differs."""

    name: str
    a: Any
    b: Any


class Figure(NamedTuple):
    """A figure of both; None where it is not known."""

    name: str
    a: int | None
    b: int | None

    @property
    def delta(self) -> int | None:
        return None if self.a is None or self.b is None else self.b - self.a


class Change(NamedTuple):
    """What became of a layer: ``a`` is None where it was added, ``b`` where it was removed.

    ``differs`` names what is not the same: ``name``, ``kind``, ``settings`` (listed in ``settings`` where the kind is
    the same), ``inputs``, ``weights_of``, ``output``, the figures, ``receptive_field``.
    """

    a: Row | None
    b: Row | None
    differs: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()

    @property
    def status(self) -> str:
        if self.a is None or self.b is None:
            return ADDED if self.a is None else REMOVED
        return EQUAL if not self.differs else RENAMED if self.differs == ("name",) else CHANGED

    @property
    def itself(self) -> bool:
        """Whether the layer itself was edited; else its figures differ only because of what flows in."""
        return any(each in ITSELF for each in self.differs)

    @property
    def row(self) -> Row:
        """The layer as it is now, as it was where it is gone."""
        row = self.b or self.a
        assert row is not None
        return row

    def figure(self, name: str) -> Figure:
        """One of ``FIGURES``; 0 where there is no such layer."""
        return Figure(name, getattr(self.a, name) if self.a else 0, getattr(self.b, name) if self.b else 0)

    @property
    def deltas(self) -> dict[str, int]:
        return {name: self.figure(name).delta or 0 for name in FIGURES}

    def __repr__(self) -> str:
        names = " -> ".join(dict.fromkeys(row.name for row in (self.a, self.b) if row))
        return f"<{self.status} {names}{': ' * bool(self.differs)}{', '.join(self.differs)}>"


class Difference:
    """Network ``a`` and what became of it in ``b``; one of them is None where a file has no such net."""

    def __init__(self, a: Report | None, b: Report | None) -> None:
        assert a is not None or b is not None
        self.a = a
        self.b = b

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every layer of both, in the order of ``b``; those that are gone stand where they stood."""
        rows_a = self.a.rows if self.a else ()
        rows_b = self.b.rows if self.b else ()
        pairs = aligned(layers_of(rows_a), layers_of(rows_b))
        inputs = origins(self.a, self.b, pairs)
        back = {other: one for one, other in pairs.items()}
        gone: dict[int, list[Change]] = {}
        place = -1
        for index, row in enumerate(rows_a):
            if index in pairs:
                place = pairs[index]
            else:
                gone.setdefault(place, []).append(Change(row, None))
        found = gone.get(-1, [])
        for index, row in enumerate(rows_b):
            one = back.get(index)
            found.append(Change(None, row) if one is None else changed(rows_a[one], row, inputs))
            found += gone.get(index, ())
        return tuple(found)

    @cached_property
    def totals(self) -> dict[str, Figure]:
        """The sums and the other figures of the whole network; all 0 for a net that is not there."""
        return {name: Figure(name, figure(self.a), figure(self.b)) for name, figure in TOTALS.items()}

    @cached_property
    def receptive_fields(self) -> tuple[tuple[ReceptiveField, ...], tuple[ReceptiveField, ...]]:
        """The largest field of the outputs, of both networks."""
        return output_field(self.a) if self.a else (), output_field(self.b) if self.b else ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many layers were added, removed, changed, renamed, and are equal."""
        found = dict.fromkeys(STATUSES, 0)
        for each in self.changes:
            found[each.status] += 1
        return found

    @cached_property
    def differs(self) -> tuple[str, ...]:
        """What differs beyond the layers: ``nets`` (only one has it), ``inputs``, ``outputs``, ``per_image``."""
        if self.a is None or self.b is None:
            return ("nets",)
        found = []
        if self.a.inputs != self.b.inputs:
            found.append("inputs")
        made = {each.a.node.index: each.b.node.index for each in self.changes if each.a and each.b}
        made |= {one: other for (_, one), (_, other) in zip(self.a.graph.inputs, self.b.graph.inputs, strict=False)}
        before = [(name, made.get(index)) for name, index in self.a.graph.outputs]
        if before != self.b.graph.outputs or self.a.outputs != self.b.outputs:
            found.append("outputs")
        if self.a.graph.per_image != self.b.graph.per_image:
            found.append("per_image")
        return tuple(found)

    @property
    def equal(self) -> bool:
        """Whether both are the same network: every layer, its name and its figures, inputs and outputs."""
        return not self.differs and self.counts[EQUAL] == len(self.changes)

    def __repr__(self) -> str:
        names = [report.name if report else "nothing" for report in (self.a, self.b)]
        if self.equal:
            return f"<Difference {' and '.join(names)}: equal>"
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Difference {' -> '.join(names)}: {counts}>"


def _total(name: str) -> Callable[[Report | None], int | None]:
    return lambda report: getattr(report.totals, name) if report else 0


def _peak(training: bool) -> Callable[[Report | None], int | None]:
    def peak(report: Report | None) -> int | None:
        if report is None:
            return 0
        memory = report.training if training else report.inference
        return memory.peak_bytes if memory else None

    return peak


TOTALS: Mapping[str, Callable[[Report | None], int | None]] = {
    **{name: _total(name) for name in ("layers", "params", "trainable", "buffers", "macs", "activation_bytes")},
    "parameter_bytes": _total("parameter_bytes"),
    "buffer_bytes": _total("buffer_bytes"),
    "inference_peak_bytes": _peak(False),
    "training_peak_bytes": _peak(True),
    "depth": lambda report: depth(report.graph) if report else 0,
}


Origins = tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]
"""For the layers of both networks what flows in, in names that mean the same on both sides."""


def origins(a: Report | None, b: Report | None, pairs: Pairs) -> Origins:
    """Where the inputs of each layer come from, past layers that only one network has.

    So a layer does not count as changed only because another was put before it; where what flows in comes out of
    several values of one side only, it does.
    """
    rows_a, rows_b = (a.rows if a else ()), (b.rows if b else ())
    common_a: dict[str, str] = {}
    common_b: dict[str, str] = {}
    for number, (one, other) in enumerate(pairs.items()):
        common_a[rows_a[one].name] = common_b[rows_b[other].name] = f"layer {number}"
    for report, common in ((a, common_a), (b, common_b)):
        if report is not None:
            common.update({name: f"input {number}" for number, (name, _) in enumerate(report.inputs)})
    return traced(rows_a, common_a), traced(rows_b, common_b)


def traced(rows: Sequence[Row], common: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    known = dict(common)
    for row in rows:
        found[row.name] = tuple(known[each] for each in row.inputs)
        if row.name not in known:
            known[row.name] = known[row.inputs[0]] if len(row.inputs) == 1 else f"only here: {row.name}"
        if row.weights_of is not None:
            found[row.name] += ("weights of", known[row.weights_of])
    return found


def changed(a: Row, b: Row, inputs: Origins) -> Change:
    """A layer that both networks have."""
    differs = ["name"] if a.name != b.name else []
    settings: tuple[Setting, ...] = ()
    if a.kind != b.kind:
        differs.append("kind")
    else:
        settings = settings_that_differ(a, b)
        differs += ["settings"] if settings else []
    from_a, from_b = inputs[0][a.name], inputs[1][b.name]
    weights_a, weights_b = from_a[len(a.inputs) :], from_b[len(b.inputs) :]
    if from_a[: len(a.inputs)] != from_b[: len(b.inputs)]:
        differs.append("inputs")
    if weights_a != weights_b:
        differs.append("weights_of")
    differs += [
        each for each in ("output", *FIGURES, "work", "receptive_field") if getattr(a, each) != getattr(b, each)
    ]
    return Change(a, b, tuple(differs), settings)


def settings_that_differ(a: Row, b: Row) -> tuple[Setting, ...]:
    """The hyperparameters of two layers of one kind that are written differently and mean something else."""
    one, other = a.node.layer, b.node.layer
    if one is other and a.input_shapes == b.input_shapes:
        return ()
    before, after = hyperparameters(a), hyperparameters(b)
    found = []
    for name in before:
        written = getattr(one, name), getattr(other, name)
        if before[name] != after[name] and written[0] != written[1] and not (name == "pad" and same_padding(a, b)):
            found.append(Setting(name, *(before[name] if each is None else each for each in written)))
    return () if found and same_calls(a, b) else tuple(found)


def same_calls(a: Row, b: Row) -> bool:
    """Whether two layers are another way to say the same: ``like=p3`` and the size that p3 has, sides per axis."""
    one, other = a.node.layer, b.node.layer
    assert one is not None
    assert other is not None
    return a.input_shapes == b.input_shapes and one.torch(*a.input_shapes) == other.torch(*b.input_shapes)


def same_padding(a: Row, b: Row) -> bool:
    """Whether ``same`` or ``half`` comes to what the other says in numbers."""
    one, other = a.node.layer, b.node.layer
    if not isinstance(one, Windowed) or not isinstance(other, Windowed):
        return False
    return one.sides(a.input_shapes[0][1:]) == other.sides(b.input_shapes[0][1:])


def differences(a: Sequence[Report], b: Sequence[Report]) -> list[Difference]:
    """The nets of two networks in pairs: by name, and whatever they are called where there is one of each."""
    if len(a) == len(b) == 1:
        return [Difference(a[0], b[0])]
    before = {report.graph.net.name: report for report in a}
    after = {report.graph.net.name: report for report in b}
    found = [Difference(before.get(name), report) for name, report in after.items()]
    return found + [Difference(report, None) for name, report in before.items() if name not in after]
