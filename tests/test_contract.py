"""The contract of every layer kind: our figures are those of torch, or both refuse.

``CASES`` has a strategy per word of the table, which draws hyperparameters and what flows in; ``CORNERS`` lists the
places where rules differ.  Every case is one layer in a graph of its own, built on ``meta``: torch works out shapes,
parameters, buffers and (by its FlopCounterMode) multiply-accumulates for itself.
"""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.api import parse
from cnncalc.graph import Graph, Node, expand
from cnncalc.layers import SPELLINGS, STEPS, TABLE, canonical, kind_of
from cnncalc.layers.base import Call, Fault, Layer
from cnncalc.shape import Shape, elements

torch = pytest.importorskip("torch")

from cnncalc.backend.build import build  # noqa: E402
from cnncalc.errors import SpecError  # noqa: E402
from tests.torch_seen import Seen, inspect  # noqa: E402

REFUSALS = (Fault, SpecError, RuntimeError, ValueError, AssertionError, IndexError)
"""How torch says no; its other exceptions would be faults of ours."""

STRICTER = {"maxpool": "S108", "avgpool": "S108", "conv": "S104", "deconv": "S108"}
"""Where we refuse on purpose what the twin could do: windows that see only padding (torch's own pooling refuses such
padding too, the twin pads by a step of its own), a claimed number of channels, an outpad beyond the stride."""


NOTHING = expand(parse("1x1 | relu"))[0].nodes[0].facts
"""The facts of an input."""


class Case(NamedTuple):
    """A layer and what flows in; for an unpooling the pooling before it."""

    word: str
    fields: dict[str, Any]
    shapes: tuple[Shape, ...]
    pooling: dict[str, Any] | None = None

    @property
    def layer(self) -> Layer:
        return kind_of(self.word).layer(**self.fields)


def node(graph: Graph, name: str, layer: Layer | None, output: Shape, inputs: tuple[int, ...] = ()) -> Node:
    facts = NOTHING._replace(output=output)
    graph.nodes.append(Node(len(graph.nodes), name, None, layer, facts, inputs, None, (0, 0)))
    return graph.nodes[-1]


def graph_of(case: Case) -> Graph:
    """A graph of one layer, whether it goes with what flows in or not."""
    graph = Graph(SimpleNamespace(title="case", name="case"), SimpleNamespace(name=None))  # type: ignore[arg-type]
    for number, shape in enumerate(case.shapes):
        node(graph, f"x{number}", None, shape)
        graph.inputs.append((f"x{number}", number))
    inputs = tuple(range(len(case.shapes)))
    if case.pooling is None:
        last = node(graph, "layer", case.layer, (), inputs)
    else:
        pooling = kind_of("maxpool").layer(**case.pooling)
        pooled = node(graph, "pooling", pooling, pooling.output(*case.shapes), inputs)
        last = node(graph, "layer", case.layer, (), (pooled.index,))
        last.links = (pooled.index,)
    graph.outputs.append(("output", last.index))
    return graph


def ours(case: Case) -> Seen | Fault:
    """Our figures for one example."""
    layer, shapes = case.layer, case.shapes
    if case.pooling is not None:
        shapes = (kind_of("maxpool").layer(**case.pooling).output(*shapes),) * 2
    try:
        output = layer.output(*shapes)
    except Fault as fault:
        return fault
    parameters = {each.name: each.shape for each in layer.parameters(*shapes)}
    buffers = {each.name: each.shape for each in layer.buffers(*shapes)}
    return Seen(output, parameters, buffers, layer.macs(*shapes))


def torchs(case: Case) -> Seen | Exception:
    """What torch makes of the case; a map without positions counts as a refusal."""
    try:
        seen = inspect(graph_of(case))["layer"]
    except REFUSALS as refusal:
        return refusal
    return seen if elements(seen.output) else ValueError(f"nothing comes out: {seen.output}")


def compare(case: Case) -> None:
    mine, theirs = ours(case), torchs(case)
    if isinstance(mine, Fault):
        if mine.code != STRICTER.get(case.word):
            assert isinstance(theirs, Exception), f"only we refuse: {mine}"
        return
    if isinstance(theirs, Exception) and reaches_over(case):
        return
    assert not isinstance(theirs, Exception), f"only torch refuses: {theirs!r}"
    assert mine == theirs
    counts = [sum(map(elements, seen.parameters.values())) for seen in (mine, theirs)]
    assert counts[0] == counts[1] == sum(each.count for each in case.layer.parameters(*shapes_in(case)))


def reaches_over(case: Case) -> bool:
    """torch's avg_pool3d takes no kernel larger than its input, even where ``ceil`` lets it reach over the end."""
    layer: Any = case.layer
    return case.word == "avgpool" and len(case.shapes[0]) == 4 and any(w.slack < 0 for w in layer.windows(*case.shapes))


def shapes_in(case: Case) -> tuple[Shape, ...]:
    if case.pooling is None:
        return case.shapes
    return (kind_of("maxpool").layer(**case.pooling).output(*case.shapes),) * 2


# -- strategies ------------------------------------------------------------------------------------------------------

small = st.integers(1, 6)
ranks = st.integers(1, 3)


@st.composite
def maps(draw: st.DrawFn, rank: int | None = None, largest: int = 9, channels: st.SearchStrategy[int] = small) -> Shape:
    rank = draw(ranks) if rank is None else rank
    return (draw(channels), *(draw(st.integers(1, largest)) for _ in range(rank)))


vectors = st.tuples(st.integers(1, 12))
anything = st.one_of(maps(), vectors)


def per_axis(rank: int, values: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """One number for every axis, or one for each."""
    return st.one_of(values, st.tuples(*[values] * rank)) if rank > 1 else values


def pads(rank: int, largest: int, words: bool = True) -> st.SearchStrategy[Any]:
    number = st.integers(0, largest)
    axis = st.one_of(number, st.tuples(number, number))
    several = [number, st.tuples(*[axis] * rank), st.tuples(st.tuples(number, number))]
    return st.one_of(*several, *([st.sampled_from(["same", "half"])] if words else []))


def along(value: Any, rank: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * rank


@st.composite
def windowed(draw: st.DrawFn, word: str) -> Case:
    """A window over axes that are mostly, not always, large enough for it."""
    rank = draw(ranks)
    kernel = draw(per_axis(rank, st.integers(1, 5)))
    fields: dict[str, Any] = {"kernel": kernel, "stride": draw(per_axis(rank, st.integers(1, 4)))}
    fields["pad"] = draw(pads(rank, 3))
    if word != "avgpool":
        fields["dilation"] = draw(per_axis(rank, st.integers(1, 3)))
    if word in ("maxpool", "avgpool"):
        fields["ceil"] = draw(st.booleans())
        fields["stride"] = draw(st.one_of(st.none(), st.just(fields["stride"])))
    if word == "avgpool":
        fields["count"] = draw(st.booleans())
    spans = [d * (k - 1) + 1 for k, d in zip(along(kernel, rank), along(fields.get("dilation", 1), rank), strict=True)]
    extents = tuple(max(1, span + draw(st.integers(-3, 7))) for span in spans)
    groups = draw(st.integers(1, 3)) if word in ("conv", "deconv") else 1
    channels = groups * draw(st.integers(1, 3))
    if word in ("conv", "deconv", "local", "dwconv"):
        fields["bias"] = draw(st.booleans())
    if word in ("conv", "deconv", "local"):
        fields["channels"] = groups * draw(st.integers(1, 3))
    if word in ("conv", "deconv"):
        fields["groups"] = groups
    if word == "deconv":
        extents = tuple(draw(st.integers(1, 6)) for _ in range(rank))
        fields["outpad"] = draw(per_axis(rank, st.integers(0, 3)))
    if word == "dwconv":
        fields["mult"] = draw(st.integers(1, 3))
    return Case(word, fields, ((channels, *extents),))


@st.composite
def fitting(draw: st.DrawFn, word: str, fields: Any, shapes: st.SearchStrategy[Shape] = anything) -> Case:
    """Fields that are drawn for the shape: a dictionary of strategies, or a function from shape to such."""
    shape = draw(shapes)
    found = fields(shape) if callable(fields) else fields
    return Case(word, {name: draw(value) for name, value in found.items()}, (shape,))


def plain(word: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    """A layer that takes whatever flows in."""
    return fitting(word, fields)


def divisors(number: int) -> st.SearchStrategy[int]:
    return st.sampled_from([each for each in range(1, number + 1) if number % each == 0])


@st.composite
def merging(draw: st.DrawFn, word: str) -> Case:
    shape = draw(anything)
    count = draw(st.integers(2, 4))
    if word == "add":
        return Case(word, {"inplace": draw(st.booleans())}, (shape,) * count)
    if word == "concat":
        return Case(word, {}, tuple((draw(small), *shape[1:]) for _ in range(count)))
    gates = [tuple(draw(st.sampled_from([extent, 1])) for extent in shape) for _ in range(count - 1)]
    return Case(word, {}, tuple(draw(st.permutations([shape, *gates]))))


@st.composite
def unpooling(draw: st.DrawFn) -> Case:
    case = draw(windowed("maxpool").filter(lambda each: not isinstance(ours(each), Fault)))
    layer: Any = case.layer
    like = {"like": case.shapes[0][1:], "kernel": layer.kernel, "stride": layer.strides, "pad": layer.pad}
    return Case("unpool", {**like, "dilation": layer.dilation, "ceil": layer.ceil}, case.shapes, case.fields)


def sizes(largest: int) -> Any:
    return lambda shape: {"size": st.tuples(*[st.integers(1, largest)] * (len(shape) - 1))}


def starts(shape: Shape) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), per_axis(len(shape) - 1, st.integers(0, 4)))


def reshaped(shape: Shape) -> dict[str, st.SearchStrategy[Any]]:
    total = elements(shape)
    return {"size": divisors(total).flatmap(lambda a: divisors(total // a).map(lambda b: (a, b, total // a // b)))}


@st.composite
def upsampling(draw: st.DrawFn) -> Case:
    shape = draw(maps())
    rank = len(shape) - 1
    size = st.one_of(st.tuples(st.integers(1, 12)), st.tuples(*[st.integers(1, 12)] * rank))
    fields = draw(
        st.one_of(
            st.fixed_dictionaries({"factor": per_axis(rank, st.integers(1, 4))}),
            st.fixed_dictionaries({"to": size}),
            st.fixed_dictionaries({"like": size}),
        )
    )
    return Case("upsample", {**fields, "bilinear": draw(st.booleans())}, (shape,))


inplace = {"inplace": st.booleans()}
affine = {"affine": st.booleans()}
probability = st.sampled_from([0, 0.1, 0.5, 1])

CASES: dict[str, st.SearchStrategy[Case]] = {
    **{word: windowed(word) for word in ("conv", "dwconv", "deconv", "local", "maxpool", "avgpool")},
    "gap": fitting("gap", {}, maps()),
    "gmp": fitting("gmp", {}, maps()),
    "adaptive": fitting("adaptive", lambda shape: {**sizes(9)(shape), "max": st.booleans()}, maps()),
    "fc": fitting("fc", {"features": small, "bias": st.booleans()}, vectors),
    "flatten": plain("flatten"),
    "reshape": fitting("reshape", reshaped),
    "bn": st.one_of(plain("bn", track=st.booleans(), **affine), plain("bn", frozen=st.just(True))),
    "gn": fitting("gn", lambda shape: {"groups": divisors(shape[0]), **affine}),
    "ln": plain("ln", **affine),
    "instnorm": fitting("instnorm", affine, maps()),
    "lrn": fitting("lrn", {"size": st.integers(1, 7), "beta": st.just(0.5)}, maps()),
    "l2norm": plain("l2norm", scale=st.just(10)),
    "scale": plain("scale", init=st.just(0.1)),
    "times": plain("times", factor=st.sampled_from([-1, 0.17, 2])),
    **{word: plain(word, **inplace) for word in ("relu", "relu6", "elu", "selu", "silu", "hswish", "hsigmoid", "mish")},
    "lrelu": plain("lrelu", slope=st.just(0.2), **inplace),
    **{word: plain(word) for word in ("prelu", "gelu", "sigmoid", "tanh", "softplus", "softmax", "logsoftmax")},
    "dropout": plain("dropout", p=probability, spatial=st.booleans(), **inplace),
    "droppath": plain("droppath", p=probability),
    **{word: merging(word) for word in ("add", "mul", "concat")},
    "slice": fitting(
        "slice", lambda shape: {"index": st.integers(0, 2), "parts": divisors(shape[0]).filter(lambda n: n > 0)}
    ),
    "tile": plain("tile", n=st.integers(1, 4)),
    "shuffle": fitting("shuffle", lambda shape: {"groups": divisors(shape[0])}),
    "upsample": upsampling(),
    "crop": fitting("crop", lambda shape: {"to": sizes(5)(shape)["size"], "at": starts(shape)}, maps()),
    "pad": fitting(
        "pad", lambda shape: {"pad": pads(len(shape) - 1, 4, words=False), "reflect": st.booleans()}, maps()
    ),
    "pixelshuffle": fitting(
        "pixelshuffle", {"factor": st.integers(1, 3)}, maps(2, channels=st.sampled_from([4, 9, 36]))
    ),
    "pixelunshuffle": fitting("pixelunshuffle", {"factor": st.integers(1, 3)}, maps(2, largest=6)),
    "unpool": unpooling(),
}


def test_the_table_is_covered() -> None:
    assert set(CASES) == set(TABLE)


def test_the_table_and_the_classes_agree() -> None:
    assert {word: kind_of(word).layer.word for word in TABLE} == {word: word for word in TABLE}
    assert {other: word for word in TABLE for other in kind_of(word).layer.words} == SPELLINGS
    assert not set(TABLE) & set(SPELLINGS)
    assert not (set(TABLE) | set(SPELLINGS)) & set(STEPS)
    assert [canonical(word.upper()) for word in (*TABLE, *SPELLINGS)] == [*TABLE, *SPELLINGS.values()]


@pytest.mark.parametrize("word", CASES)
def test_contract(word: str) -> None:
    busy = word in ("conv", "deconv", "maxpool", "avgpool", "local", "unpool")

    @settings(max_examples=150 if busy else 25, deadline=None)
    @given(CASES[word])
    def check(case: Case) -> None:
        compare(case)

    check()


# -- corners ---------------------------------------------------------------------------------------------------------


def corners() -> list[Case]:
    """Every corner of the windows, in one to three axes."""
    found: list[Case] = []
    settings_of: list[dict[str, Any]] = [
        {"kernel": 1},
        {"kernel": 1, "stride": 2},
        {"kernel": 2},
        {"kernel": 4, "pad": "same"},
        {"kernel": 4, "pad": "half"},
        {"kernel": 3, "stride": 2, "pad": "same"},
        {"kernel": 2, "stride": 3},
        {"kernel": 2, "stride": 5, "pad": 1},
        {"kernel": 3, "stride": 2},
        {"kernel": 3, "pad": 1},
        {"kernel": 3, "pad": ((0, 1),)},
        {"kernel": 3, "pad": ((2, 0),), "stride": 2},
        {"kernel": 7},
        {"kernel": 8},
        {"kernel": 9, "pad": 1},
        {"kernel": 9, "pad": ((0, 1),)},
        {"kernel": 9, "pad": "same"},
        {"kernel": 6, "pad": 3, "stride": 4},
    ]
    for rank, extent in [(1, 7), (1, 8), (2, 7), (2, 8), (3, 7)]:
        shape = (4, *(extent,) * rank)
        for each in settings_of:
            found.append(Case("conv", {"channels": 2, **each}, (shape,)))
            found.append(Case("deconv", {"channels": 2, **each}, (shape,)))
            found.append(Case("dwconv", each, (shape,)))
            found.append(Case("local", {"channels": 2, **each}, (shape,)))
            for ceil in (False, True):
                found.append(Case("maxpool", {"ceil": ceil, **each}, (shape,)))
                found.append(Case("avgpool", {"ceil": ceil, **each}, (shape,)))
                found.append(Case("avgpool", {"ceil": ceil, "count": False, **each}, (shape,)))
        for dilation in (2, 3, 4):
            for kernel, pad in [(2, 0), (3, 0), (3, 2), (3, "same"), (3, "half"), (4, 1)]:
                fields = {"kernel": kernel, "dilation": dilation, "pad": pad}
                found += [Case("conv", {"channels": 2, **fields}, (shape,)), Case("maxpool", fields, (shape,))]
                found.append(Case("deconv", {"channels": 2, **fields}, (shape,)))
        for groups in (1, 2, 4, 3, 8):
            found.append(Case("conv", {"channels": 8, "kernel": 3, "groups": groups, "pad": 1}, (shape,)))
            found.append(Case("deconv", {"channels": 8, "kernel": 3, "groups": groups}, (shape,)))
        for stride, outpad in [(1, 0), (2, 1), (2, 2), (3, 2), (1, 1)]:
            for pad in (0, 1, ((1, 0),), ((0, 2),), "same"):
                fields = {"channels": 2, "kernel": 3, "stride": stride, "outpad": outpad, "pad": pad}
                found.append(Case("deconv", fields, (shape,)))
        found.append(Case("deconv", {"channels": 2, "kernel": 2, "pad": 5}, ((4, *(2,) * rank),)))
        found.append(Case("deconv", {"channels": 2, "kernel": 1, "stride": 3, "pad": "same"}, (shape,)))
    return found


def name_of(case: Case) -> str:
    fields = " ".join(f"{key}={value}" for key, value in case.fields.items())
    return f"{case.word} {fields} on {'x'.join(map(str, case.shapes[0]))}"


@pytest.mark.parametrize("word", ["conv", "deconv", "dwconv", "local", "maxpool", "avgpool"])
def test_corners_of_the_windows(word: str) -> None:
    for case in corners():
        if case.word == word:
            try:
                compare(case)
            except AssertionError as error:
                raise AssertionError(f"{name_of(case)}: {error}") from error


REFUSED = [
    Case("conv", {"channels": 4, "kernel": 3}, ((8,),)),
    Case("conv", {"channels": 4, "kernel": (3, 3)}, ((8, 9),)),
    Case("conv", {"channels": 4, "kernel": 1}, ((2, 3, 3, 3, 3),)),
    Case("conv", {"channels": 4, "kernel": 3, "pad": (1, 1)}, ((8, 9, 9, 9),)),
    Case("maxpool", {}, ((8,),)),
    Case("avgpool", {}, ((2, 3, 3, 3, 3),)),
    Case("maxpool", {"kernel": 4}, ((2, 3, 3),)),
    Case("maxpool", {"kernel": 2, "pad": 2}, ((2, 3, 3),)),
    Case("gap", {}, ((8,),)),
    Case("adaptive", {"size": (2,)}, ((8,),)),
    Case("fc", {"features": 2}, ((3, 2, 2),)),
    Case("reshape", {"size": (5, 2)}, ((3, 2, 2),)),
    Case("bn", {}, ((2, 3, 3, 3, 3),)),
    Case("gn", {"groups": 3}, ((4, 2, 2),)),
    Case("instnorm", {}, ((8,),)),
    Case("instnorm", {}, ((8, 1, 1),)),
    Case("lrn", {}, ((8,),)),
    Case("dropout", {"spatial": True}, ((8,),)),
    Case("add", {}, ((3, 2, 2), (3, 2, 3))),
    Case("mul", {}, ((3, 2, 2), (3, 2, 3))),
    Case("concat", {}, ((3, 2, 2), (3, 2, 3))),
    Case("slice", {"index": 2, "parts": 2}, ((4, 2, 2),)),
    Case("shuffle", {"groups": 3}, ((4, 2, 2),)),
    Case("crop", {"to": (3, 3)}, ((4, 2, 2),)),
    Case("crop", {"to": (2, 2), "at": (0, 1)}, ((4, 2, 2),)),
    Case("pad", {"pad": 2, "reflect": True}, ((4, 2, 2),)),
    Case("pixelshuffle", {"factor": 2}, ((6, 2, 2),)),
    Case("pixelshuffle", {"factor": 2}, ((8, 2),)),
    Case("pixelunshuffle", {"factor": 2}, ((6, 3, 2),)),
    Case("upsample", {}, ((6,),)),
]


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_both_refuse(case: Case) -> None:
    assert isinstance(ours(case), Fault)
    compare(case)


def test_a_maximum_is_one_of_the_input() -> None:
    """A dilated window may step over all that flows in: torch then gives minus infinity, and an index that is none."""
    refused = 0
    for extent, kernel, dilation, pad, stride, ceil in product(
        range(1, 6), (2, 3), (1, 2, 3, 4), (0, 1, (1, 0), "same", "half"), (1, 2), (False, True)
    ):
        sides = (pad,) if isinstance(pad, tuple) else pad
        fields = {"kernel": kernel, "dilation": dilation, "pad": sides, "stride": stride, "ceil": ceil}
        case = Case("maxpool", fields, ((1, extent),))
        found = ours(case)
        if isinstance(found, Fault) and found.option != "dilation":
            continue
        twin = torch.nn.Sequential(*(made(call) for call in case.layer.torch((1, extent))))
        infinite = bool(torch.isinf(twin(torch.zeros(1, 1, extent))).any())
        assert infinite == isinstance(found, Fault), name_of(case)
        refused += infinite
    assert refused > 10


def made(call: Call) -> torch.nn.Module:
    if call.name == "pad":
        (side,) = call.arguments["sides"]
        return torch.nn.ConstantPad1d(side, call.arguments["value"])
    return getattr(torch.nn, call.name)(**call.arguments)


def test_torchs_average_pooling_in_three_axes() -> None:
    """The known difference: torch's avg_pool3d refuses inputs smaller than the kernel although padding makes them
    fit; the twin pads by a step of its own there."""
    small = torch.zeros(2, 1, 2, 2, 2, device="meta")
    assert torch.nn.AvgPool2d(3, 1, 1)(small[:, :, 0]).shape == (2, 1, 2, 2)
    with pytest.raises(RuntimeError):
        torch.nn.AvgPool3d(3, 1, 1)(small)
    case = Case("avgpool", {"kernel": 3, "stride": 1, "pad": 1}, ((1, 2, 2, 2),))
    assert isinstance(mine := ours(case), Seen) and mine.output == (1, 2, 2, 2)
    compare(case)


def test_a_difference_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("conv", {"channels": 4, "kernel": 3}, ((3, 9, 9),))
    conv = type(case.layer)
    for name, value in [
        ("output", (4, 8, 7)),
        ("macs", 7),
        ("parameters", ()),
        ("buffers", case.layer.parameters((3, 9, 9))),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(conv, name, lambda *_, value=value: value)
            with pytest.raises(AssertionError):
                compare(case)


# -- spelled out -----------------------------------------------------------------------------------------------------

SPELLED = [  # for one example: MACs, parameters
    ("plain", Case("conv", {"channels": 96, "kernel": 11, "stride": 4}, ((3, 227, 227),)), 105_415_200, 34_944),
    (
        "grouped",
        Case("conv", {"channels": 256, "kernel": 5, "pad": 2, "groups": 2}, ((96, 27, 27),)),
        223_948_800,
        307_456,
    ),
    ("dilated", Case("conv", {"channels": 8, "kernel": 3, "dilation": 2, "bias": False}, ((4, 9, 9),)), 7_200, 288),
    ("depthwise", Case("dwconv", {"kernel": 3, "pad": 1}, ((32, 14, 14),)), 56_448, 320),
    ("depthwise, two each", Case("dwconv", {"kernel": 3, "mult": 2}, ((32, 14, 14),)), 82_944, 640),
    ("transposed", Case("deconv", {"channels": 4, "kernel": 4, "stride": 2, "pad": 1}, ((8, 7, 7),)), 25_088, 516),
    ("transposed, stride 2", Case("deconv", {"channels": 4, "kernel": 2, "stride": 2}, ((8, 8, 8),)), 8_192, 132),
    (
        "transposed, grouped",
        Case("deconv", {"channels": 4, "kernel": 4, "stride": 2, "pad": 1, "groups": 2}, ((8, 7, 7),)),
        12_544,
        260,
    ),
    ("locally connected", Case("local", {"channels": 2, "kernel": 3}, ((3, 5, 6),)), 648, 672),
    ("a signal", Case("conv", {"channels": 4, "kernel": 3}, ((2, 10),)), 192, 28),
    ("a volume", Case("conv", {"channels": 4, "kernel": 3}, ((2, 5, 6, 7),)), 12_960, 220),
    ("fully connected", Case("fc", {"features": 4096}, ((9216,),)), 37_748_736, 37_752_832),
]


@pytest.mark.parametrize("case, macs, params", [each[1:] for each in SPELLED], ids=[each[0] for each in SPELLED])
def test_spelled_out(case: Case, macs: int, params: int) -> None:
    assert case.layer.macs(*case.shapes) == macs
    assert sum(each.count for each in case.layer.parameters(*case.shapes)) == params
    compare(case)


def test_transposed_macs_of_a_batch() -> None:
    """ConvT(8 -> 4, k4 s2 p1) on 2x8x7x7: 50,176 for the batch of 2."""
    from torch.utils.flop_counter import FlopCounterMode

    case = SPELLED[5][1]
    counter = FlopCounterMode(display=False)
    with counter:
        torch.nn.ConvTranspose2d(8, 4, 4, 2, 1, device="meta")(torch.zeros(2, 8, 7, 7, device="meta"))
    assert 2 * case.layer.macs(*case.shapes) == counter.get_total_flops() // 2 == 50_176


# -- values: where the twin takes several steps, against the definition along one axis -------------------------------

NUMBERS = [3.0, -1.0, 4.0, -1.5, 5.0, -9.0, 2.0, -6.0, 5.5, 3.5]


def run(case: Case, values: list[float], fill: float | None = None) -> list[float]:
    twin = build(graph_of(case)).eval()
    if fill is not None:
        for number, parameter in enumerate(twin.parameters()):
            torch.nn.init.constant_(parameter, fill + number)
    with torch.no_grad():
        found: list[float] = twin(torch.tensor([[values]])).flatten().tolist()
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_values_of_pooling(data: st.DataObject) -> None:
    """The maximum never comes from padding; the mean counts padding, but nothing behind it."""
    extent, kernel, stride = data.draw(st.integers(1, 10)), data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    side = st.integers(0, kernel - 1)
    before, after, ceil = data.draw(side), data.draw(side), data.draw(st.booleans())
    for word in ("maxpool", "avgpool"):
        case = Case(word, {"kernel": kernel, "stride": stride, "pad": ((before, after),), "ceil": ceil}, ((1, extent),))
        mine = ours(case)
        if isinstance(mine, Fault):
            continue
        expected = []
        for number in range(mine.output[1]):
            first = number * stride - before
            taps = [tap for tap in range(first, first + kernel) if tap < extent + after]
            seen = [NUMBERS[tap] for tap in taps if 0 <= tap < extent]
            expected.append(max(seen, default=float("-inf")) if word == "maxpool" else sum(seen) / len(taps))
        assert run(case, NUMBERS[:extent]) == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_values_of_transposed_convolution(data: st.DataObject) -> None:
    """Every input adds the filter at its place; every position that comes out has the bias."""
    extent, kernel, stride = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    dilation = data.draw(st.integers(1, 2))
    side = st.integers(0, 2)
    pad = data.draw(st.one_of(st.just("same"), st.tuples(st.tuples(side, side))))
    outpad = 0 if pad == "same" else data.draw(st.integers(0, max(stride, dilation) - 1))
    fields = {"channels": 1, "kernel": kernel, "stride": stride, "dilation": dilation, "pad": pad, "outpad": outpad}
    case = Case("deconv", fields, ((1, extent),))
    mine = ours(case)
    if isinstance(mine, Fault):
        return
    before = case.layer.sides((extent,))[0][0]  # type: ignore[attr-defined]
    expected = [2.0] * mine.output[1]
    for place in range(extent):
        for tap in range(kernel):
            out = place * stride + tap * dilation - before
            if 0 <= out < len(expected):
                expected[out] += NUMBERS[place]
    assert run(case, NUMBERS[:extent], fill=1.0) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(unpooling())
def test_values_of_unpooling(case: Case) -> None:
    """Every maximum lies where it was found, all else is 0."""
    torch.manual_seed(0)
    value = torch.rand(2, *case.shapes[0]) + 1
    pooled = build(graph_of(Case("maxpool", case.pooling or {}, case.shapes)))(value)
    if not pooled.isfinite().all():
        return  # the taps of a dilated window may all lie in the padding
    found = build(graph_of(case))(value)
    assert found.shape == value.shape
    assert torch.equal(found[found != 0], value[found != 0])
    assert set(found[found != 0].tolist()) == set(pooled.flatten().tolist())


def test_values_of_locally_connected_layers() -> None:
    """With the same weights everywhere it is a convolution."""
    fields = {"channels": 4, "kernel": (3, 2), "stride": (1, 2), "pad": ((1, 0), (2, 1)), "dilation": (2, 1)}
    local, conv = (build(graph_of(Case(word, fields, ((3, 7, 6),)))) for word in ("local", "conv"))
    shared = dict(conv.named_parameters())
    with torch.no_grad():
        for name, parameter in local.named_parameters():
            one = shared[name]
            parameter.copy_(one.view(*one.shape[:1], *[1] * 2, *one.shape[1:]).expand_as(parameter))
    value = torch.rand(2, 3, 7, 6)
    assert torch.allclose(local(value), conv(value), atol=1e-6)
