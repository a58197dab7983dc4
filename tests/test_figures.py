"""The figures of whole networks: rows sum to the totals, and the totals are the known ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.layers.base import Work
from cnncalc.shape import elements
from cnncalc.units import COUNTER_BYTES, DTYPE_BYTES

# -- random one-liners -----------------------------------------------------------------------------------------------

numbers = st.integers(1, 5)
STEPS = st.one_of(
    st.builds("conv {} {} p1".format, numbers, st.integers(1, 3)),
    st.builds("conv {} 3 half nobias".format, numbers),
    st.builds("dwconv 3 p1 mult={}".format, st.integers(1, 2)),
    st.builds("deconv {} 2 /2".format, numbers),
    st.builds("local {} 1".format, numbers),
    st.sampled_from(
        ["maxpool 2 /1", "avgpool 3 /1 p1", "relu", "relu inplace", "prelu", "bn", "gn 1", "lrn", "l2norm"]
    ),
    st.sampled_from(["dropout", "tile 2", "upsample 2", "pad 1", "crop 4", "add(id, id)", "mul(id, gap)", "slice 0 1"]),
    st.sampled_from(
        ["residual(conv C 3 p1 | bn)", "concat(id, conv 2 1)", "(conv C 3 p1 | relu)*2", "reshape (C*W, H, 1)"]
    ),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    steps = draw(st.lists(STEPS, min_size=1, max_size=6))
    # nothing grows beyond bounds: at most two enlarging layers, and what they make is cut again
    kept: list[str] = []
    for step in steps:
        kept.append(step)
        if step.startswith(("deconv", "upsample", "tile", "pad")):
            kept.append("crop 4 | conv 2 1")
    head = draw(st.sampled_from(["", " | gap", " | fc 3", " | flatten | fc 4 nobias | softmax"]))
    channels, height, width = draw(numbers), draw(st.integers(4, 9)), draw(st.integers(4, 9))
    return f"{channels}x{height}x{width} | {' | '.join(kept)}{head}"


def report(text: str, **options: Any) -> Report:
    return cnncalc.analyse(cnncalc.parse(text), **options)


@settings(deadline=None, max_examples=150)
@given(lines(), st.integers(1, 7), st.sampled_from(sorted(DTYPE_BYTES)))
def test_rows_sum_to_the_totals(text: str, batch: int, dtype: str) -> None:
    try:
        found = report(text, batch=batch, dtype=dtype)
    except cnncalc.SpecError:  # a crop of something smaller, say
        return
    totals, rows = found.totals, found.rows
    for figure in ("params", "trainable", "buffers", "macs", "flops", "activation_bytes"):
        assert getattr(totals, figure) == sum(getattr(row, figure) for row in rows)
    assert totals.layers == len(rows) == len(found)
    work = [sum(column) * batch for column in zip(*(row.work for row in rows), strict=True)]
    assert totals.work == Work(*work)
    value = DTYPE_BYTES[dtype]
    assert totals.parameter_bytes == value * totals.params
    counters = sum(each.counter for row in rows for each in row.buffer_tensors)
    assert totals.buffer_bytes == value * (totals.buffers - counters) + COUNTER_BYTES * counters
    for row in rows:
        assert row.params == sum(each.count for each in row.parameters)
        assert row.flops == 2 * row.macs
        layer = row.node.layer
        assert layer is not None
        fresh = not (layer.alias or layer.is_inplace)
        assert row.activation_bytes == (elements(row.output) * batch * value if fresh else 0)
        assert found.find(row.name) is row


@settings(deadline=None, max_examples=60)
@given(lines(), st.integers(2, 9))
def test_a_batch_multiplies_work_and_activations_alone(text: str, batch: int) -> None:
    try:
        one, many = report(text), report(text, batch=batch)
    except cnncalc.SpecError:
        return
    for a, b in zip(one.rows, many.rows, strict=True):
        assert (b.macs, b.activation_bytes) == (batch * a.macs, batch * a.activation_bytes)
        assert (b.output, b.params, b.buffers, b.work) == (a.output, a.params, a.buffers, a.work)
    assert many.totals.parameter_bytes == one.totals.parameter_bytes


# -- what makes bytes ------------------------------------------------------------------------------------------------


def test_bytes_by_data_type() -> None:
    text = "3x8x8 | conv 4 3 | bn"
    sizes = {dtype: report(text, dtype=dtype).totals for dtype in DTYPE_BYTES}
    for dtype, totals in sizes.items():
        value = DTYPE_BYTES[dtype]
        assert totals.activation_bytes == 2 * 4 * 6 * 6 * value
        assert totals.parameter_bytes == (4 * 3 * 9 + 4 + 8) * value
        assert totals.buffer_bytes == 8 * value + 8
    for wrong in ({"dtype": "float3"}, {"batch": 0}):
        with pytest.raises(ValueError, match="must be"):
            report(text, **wrong)  # type: ignore[arg-type]


def test_views_and_overwritten_values_make_no_bytes() -> None:
    found = report(
        "8x6x6 | relu inplace | lrelu 0.1 inplace | dropout 0.5 inplace | slice 0 2 | crop 4 | add(id, id, inplace) | "
        "reshape 64 | reshape 4x4x4 | flatten"
    )
    assert {row.kind: row.activation_bytes for row in found} == dict.fromkeys((row.kind for row in found), 0)
    fresh = report("8x6x6 | relu | dropout | add(id, id) | concat(id, id) | pad 1 | tile 2 | gap")
    assert all(row.activation_bytes == 4 * elements(row.output) for row in fresh)
    assert report("8x6x6 | fc 3").rows[0].kind == "flatten"
    assert report("8x6x6 | fc 3").totals.activation_bytes == 4 * 3


# -- shared weights --------------------------------------------------------------------------------------------------

SHARED = """
inputs: {a: 3x16x16, b: 3x8x8}
shared:
  head(): conv 4 3 p1 | bn | relu
layers:
  one: a | head
  two: b | head
outputs: [one, two]
"""


def test_shared_weights_count_once() -> None:
    found = report(SHARED)
    once = report("3x16x16 | conv 4 3 p1 | bn | relu").totals
    twice = report(SHARED.replace("shared:", "blocks:")).totals
    assert (found.totals.params, found.totals.buffers) == (once.params, once.buffers)
    assert (twice.params, twice.buffers) == (2 * once.params, 2 * once.buffers)
    assert found.totals.macs == twice.macs == 4 * 27 * (256 + 64)
    assert found.totals.buffer_bytes == once.buffer_bytes
    rows = {row.name: row for row in found}
    assert rows["one.head.conv"].weights_of is None
    later = rows["two.head.conv"]
    assert (later.params, later.trainable, later.weights_of) == (0, 0, "one.head.conv")
    assert sum(each.count for each in later.parameters) == rows["one.head.conv"].params == 112
    assert rows["two.head.bn"].buffers == 0


def test_shared_weights_count_for_the_only_output_that_is_asked_for() -> None:
    """One output needs one use of the block, whichever: what it needs is a network without the other."""
    once = report("3x16x16 | conv 4 3 p1 | bn | relu").totals
    for name in ("one", "two"):
        found = cnncalc.analyse(cnncalc.parse(SHARED, "siamese.yaml"), only=name)
        assert (found.totals.params, found.totals.buffers) == (once.params, once.buffers)
        assert [row.weights_of for row in found] == [None] * 3
        assert cnncalc.diff(found, found).equal


def test_what_one_output_needs_is_as_a_network_of_its_own() -> None:
    """Totals and peaks, receptive fields and names; the input that nothing takes is gone."""
    text = """
inputs: {one: 3x32x32, two: 3x8x8}
layers:
  a: one | conv 16 3 p1 | relu
  b: a | conv 64 3 p1 | relu
  d: two | conv 256 3
  c: a | conv 4 1
outputs: [b, c, d]
"""
    only = cnncalc.analyse(cnncalc.parse(text), only="c")
    alone = cnncalc.analyse(cnncalc.parse("input: 3x32x32\nlayers: {a: conv 16 3 p1 | relu, c: conv 4 1}"))
    assert only.totals == alone.totals and [row.name for row in only] == [row.name for row in alone]
    assert [row.receptive_field for row in only] == [row.receptive_field for row in alone]
    assert only.inputs == (("one", (3, 32, 32)),) and only.outputs == (("c", (4, 32, 32)),)
    for one, other in ((only.inference, alone.inference), (only.training, alone.training)):
        assert one and other and (one.peak_bytes, one.saved_bytes) == (other.peak_bytes, other.saved_bytes)
    group = only.find("a")
    assert group is not None and group.output == (16, 32, 32) and only.find("b") is None


# -- known totals ----------------------------------------------------------------------------------------------------

RESNET50 = """
input: 3x224x224
defaults: {conv: nobias}
blocks:
  bottleneck(c, stride=1): >-
    residual(conv c 1 | bn | relu | conv c 3 /stride p1 | bn | relu | conv 4*c 1 | bn,
    project = conv 4*c 1 /stride | bn) | relu
  stage(c, n, stride=2): bottleneck c /stride | (bottleneck c)*(n-1)
layers:
  stem: conv 64 7 /2 p3 | bn | relu | maxpool 3 /2 p1
  stages: stage 64 3 /1 | stage 128 4 | stage 256 6 | stage 512 3
  head: gap | fc 1000
"""
VGG16 = (
    "3x224x224 | (conv3-64)*2 | maxpool | (conv3-128)*2 | maxpool | (conv3-256)*3 | maxpool | "
    "(conv3-512)*3 | maxpool | (conv3-512)*3 | maxpool | FC-4096 | FC-4096 | FC-1000 | softmax"
)
ALEXNET = (
    "3x227x227 | conv 96 11x11 /4 | relu | maxpool 3x3 /2 | lrn | conv 256 5x5 p2{groups} | relu | maxpool 3x3 /2 | "
    "lrn | conv 384 3x3 p1 | relu | conv 384 3x3 p1{groups} | relu | conv 256 3x3 p1{groups} | relu | maxpool 3x3 /2 | "
    "(fc 4096 | relu | dropout)*2 | fc 1000 | softmax"
)
LENET5 = "1x32x32 | conv 6 5 | tanh | avgpool | conv 16 5 | tanh | avgpool | fc 120 | tanh | fc 84 | tanh | fc 10"
EXERCISE = (
    "3x227x227 | conv 96 11x11 /4 | conv 96 5x5 /4 p2 | maxpool 2x2 | conv 48 3x3 | flatten | fc 1024 | sigmoid | "
    "fc 1000 | sigmoid | softmax"
)
MOBILENET = (
    "sep(c, stride=1): dwconv 3 /stride p1 nobias | bn | relu | conv c 1 nobias | bn | relu; 3x224x224 | "
    "conv 32 3 /2 p1 nobias | bn | relu | sep 64 | sep 128 /2 | sep 128 | sep 256 /2 | sep 256 | sep 512 /2 | "
    "(sep 512)*5 | sep 1024 /2 | sep 1024 | gap | fc 1000"
)


@pytest.mark.parametrize(
    "text, params, macs",
    [
        pytest.param(RESNET50, 25_557_032, 4_089_184_256, id="ResNet-50"),
        pytest.param(VGG16, 138_357_544, 15_470_264_320, id="VGG-16"),
        pytest.param(ALEXNET.format(groups=""), 62_378_344, None, id="AlexNet"),
        pytest.param(ALEXNET.format(groups=" g2"), 60_965_224, 724_406_816, id="AlexNet, two towers"),
        pytest.param(LENET5, 61_706, None, id="LeNet-5"),
        pytest.param(EXERCISE, 2_561_784, None, id="lecture"),
        pytest.param(MOBILENET, 4_231_976, 568_740_352, id="MobileNet"),
        pytest.param("784 | fc 10 | softmax", 7_850, 7_840, id="logistic regression"),
    ],
)
def test_known_totals(text: str, params: int, macs: int | None) -> None:
    totals = report(text).totals
    assert totals.params == totals.trainable == params
    if macs is not None:
        assert (totals.macs, totals.flops) == (macs, 2 * macs)


def test_buffers_of_resnet50() -> None:
    found = report(RESNET50)
    assert found.totals.buffers == 53_120 + 53
    assert found.totals.buffer_bytes == 4 * 53_120 + 8 * 53


def test_each_layer_of_the_lecture() -> None:
    found = report(EXERCISE)
    assert [row.params for row in found if row.params] == [34_944, 230_496, 41_520, 1_229_824, 1_025_000]
    first = found.rows[0]
    assert first.formulas["output"] == "(227 - 11 + 2*0)/4 + 1 = 55"
    assert first.formulas["params"] == "(11*11*3)*96 + 96 = 34,944"
    assert first.formulas["macs"] == "(11*11*3)*96*55*55 = 105,415,200"


def test_transposed_convolution() -> None:
    assert report("8x7x7 | deconv 4 4 /2 p1", batch=2).totals.macs == 50_176
    assert report("8x7x7 | deconv 4 4 /2 p1").rows[0].output == (4, 14, 14)


def test_positions_never_read() -> None:
    found = report("3x224x224 | conv 96 11 /4 | maxpool 3x2 /2")
    assert [row.unread for row in found] == [(1, 1), (1, 0)]
