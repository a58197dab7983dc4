"""The memory model against torch: equal to the byte on the CPU; the allocator against cases worked out by hand."""

from __future__ import annotations

import random
import re
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.memory import (
    InplaceFault,
    MemoryReport,
    NotModelled,
    OutOfMemory,
    UnknownCall,
    autocast,
    modelled,
    replay,
    simulate,
)
from cnncalc.analysis.memory.advice import hints, largest_batch, legal_inplace
from cnncalc.analysis.memory.allocator import Allocator
from cnncalc.analysis.memory.checkpoint import cut_points
from cnncalc.analysis.memory.rules import RULES, rule_of
from cnncalc.graph import Graph, expand
from cnncalc.layers import TABLE
from cnncalc.layers.base import Call

torch_memory = pytest.importorskip("tests.torch_memory", reason="torch is not installed")

MIB = 2**20


def graph_of(text: str, number: int = 0, **options: object) -> Graph:
    network = cnncalc.load(text, **options) if "\n" not in text else cnncalc.parse(text)
    graph = expand(network, strict=False, shapes=network.extra.get("input"))[number]
    assert graph.complete, graph.diagnostics
    return graph


class Peaks(NamedTuple):
    """What the model and torch have to agree on, in bytes."""

    inference: int
    training: int
    saved: int


def model(graph: Graph, batch: int, optimizer: str, dtype: str) -> Peaks:
    release = torch_memory.truth.release()
    step = simulate(graph, batch=batch, optimizer=optimizer, dtype=dtype, torch=release)
    inference = simulate(graph, batch=batch, training=False, dtype=dtype, torch=release)
    return Peaks(inference.peak_bytes, step.peak_bytes, step.saved_bytes)


def torchs(graph: Graph, batch: int, optimizer: str, dtype: str) -> Peaks:
    return Peaks(*torch_memory.peaks(graph, batch, optimizer, dtype), torch_memory.saved(graph, batch, dtype))


def assert_equal(graph: Graph, batch: int = 2, optimizer: str = "sgd", dtype: str = "float32") -> None:
    assert model(graph, batch, optimizer, dtype) == torchs(graph, batch, optimizer, dtype)


# -- every kind of layer, between two convolutions -----------------------------------------------------------------

MAPS = """
conv 6 3 /2 p1 d2; conv 6 3 nobias; conv 8 3 g2; conv 8 3 /2 same; conv 8 2 same; dwconv 3 p1; dwconv 3 mult=2
deconv 6 2 /2; deconv 6 3 /2 p1 outpad=1; deconv 6 3 /2 same; deconv 6 2 /3 same; local 6 3 p1; local 3 3 /2 d2 nobias
maxpool 3 /2 p1; maxpool 3 /2 ceil; maxpool 3 /2 same; avgpool 3 /2 p1; avgpool 3 /2 same; gap; gmp; adaptive 3
adaptive 3 max; bn; bn noaffine; bn notrack; gn 2; gn 2 affine=false; ln; ln noaffine; instnorm; instnorm affine; lrn
l2norm; scale; relu; relu inplace; relu6; relu6 inplace; lrelu; lrelu 0.2 inplace; prelu; elu; elu inplace; selu
selu inplace; gelu; silu; silu inplace; hswish; hswish inplace; hsigmoid; hsigmoid inplace; mish; mish inplace; sigmoid
tanh; softplus; softmax; logsoftmax; dropout; dropout inplace; dropout 0; dropout 1; dropout spatial
dropout spatial inplace; droppath; droppath 0; droppath 1; slice 1 2; slice 0 1; tile 2; tile 1; shuffle 2; shuffle 4
upsample; upsample 2 bilinear; crop 5; crop 9; pad 1; pad 2 reflect; add(id, id); add(id, relu, sigmoid)
add(conv 4 1, id, inplace); mul(id, gap | conv 4 1 | sigmoid); mul(gap, id); mul(id, sigmoid, tanh); concat(id, relu)
residual(conv 4 3 p1 | bn | relu); bn frozen; ln | bn frozen; times 0.5; ln | times 2; crop 5 at=3; avgpool 3 /1 p1 nocount
avgpool 3 /2 same nocount; avgpool 2 /1 same nocount; ln | avgpool 2 /1 same nocount; maxpool as p | ln | unpool p
ln | maxpool as p | unpool p | conv 4 3; ln | maxpool as p | instnorm | unpool p | conv 4 3
maxpool as p | ln | unpool p | conv 4 3
"""
PLANE = """
conv 6 1x3 p0x1; pad 1:2x0:1; upsample 2x3; crop 5x9; pixelshuffle 2; pixelunshuffle 3; reshape 12x3x9
adaptive 3x2; ln | gn 2; slice 0 2 | gn 2; gn 2 | ln; slice 0 2 | gn 2 | ln; ln | crop 5 | gn 2; ln | conv 32 3; slice 0 2 | l2norm; crop 4 | prelu; ln | dwconv 3
"""
VECTORS = """
bn; ln; prelu; scale; l2norm; dropout; relu inplace; gelu; add(fc 20, id); concat(id, fc 3); reshape 5x2x2 | conv 2 1
slice 1 2; tile 3; softmax; droppath; shuffle 4; bn frozen; times 0.5
"""


def steps(text: str) -> list[str]:
    return [each.strip() for line in text.strip().splitlines() for each in line.split(";")]


LINES = [
    *(f"3x9x9 | conv 4 1 | {step} | conv 3 1" for step in steps(MAPS) + steps(PLANE)),
    *(f"3x9 | conv 4 1 | {step} | conv 3 1" for step in steps(MAPS)),
    *(f"3x9x9x9 | conv 4 1 | {step} | conv 3 1" for step in steps(MAPS)),
    *(f"12 | fc 20 | {step} | {'fc 3' if 'conv' not in step else 'fc 3 | softmax'}" for step in steps(VECTORS)),
]
NETWORKS = [
    "1x32x32 | conv 6 5 | tanh | avgpool 2 | conv 16 5 | tanh | avgpool 2 | fc 120 | tanh | fc 84 | tanh | fc 10",
    "3x32x32 | (conv 8 3 p1 | relu inplace | maxpool)*3 | (fc 64 | relu inplace | dropout)*2 | fc 10 | softmax",
    "3x9x9 | conv 4 1 | add(conv 4 1 | bn, id, inplace) | relu inplace | add(conv 4 1 | bn, id, inplace) | conv 3 1",
    "3x16x16 | conv 4 3 p1 | maxpool 2 as p | conv 4 1 | maxpool 2 as q | conv 4 1 | unpool q | unpool p | conv 2 1",
    "3x16 | conv 4 3 p1 | relu | maxpool 2 as p | conv 4 3 p1 | unpool p | conv 2 1",
    "3x8x8x8 | conv 4 3 p1 | relu | maxpool 2 as p | conv 4 3 p1 | unpool p | conv 2 1",
    "3x16x11 | conv 4 3 p1 | maxpool 3 /2 p1:0 ceil as p | conv 4 1 | unpool p | conv 2 1",
    "3x16 | conv 4 3 p1 | maxpool 2 /2 same as p | maxpool 3 /2 p0:1 as q | unpool q | unpool p | conv 2 1",
    "4x6x5x6 | conv 4 1 | deconv 6 1x3x1 p1 | deconv 2 1 /2 | conv 2 1",
    "8 | reshape 2x2x2 | deconv 4 2 /2 | tanh",
    "3x9x9 | relu inplace | conv 4 1 | sigmoid",
    "1x4 | ln | conv 6 3 p1 | instnorm affine | fc 3",
    "1x2 | ln | deconv 6 3 /2 p1 outpad=1 | instnorm affine | slice 0 1 | fc 3",
    "4x6x6 | ln | gap | upsample 6 | instnorm affine | fc 2",
    "4x4x4x4 | ln | gap | upsample 4 | fc 2",
    "4x6x6 | ln | gap | conv 4 1 | upsample to=6 | local 4 3 p1 | fc 2",
    "4x6x6 | ln | pixelunshuffle 2 | add(ln, conv 16 1) | fc 5",
    "4x6x6 | ln | pixelshuffle 2 | conv 4 1 | upsample 2 | ln | pad 1 | gn 2 | fc 5",
    "4x6x6 | add(conv 4 1, prelu) | conv 2 1",
    "3x16x16 | conv 4 4 /4 | ln | residual(dwconv 7 p3 | ln | conv 16 1 | gelu | conv 4 1 | scale | droppath) | gap | fc 5",
]


@pytest.mark.parametrize("line", [*LINES, *NETWORKS])
def test_equal_to_torch(line: str) -> None:
    assert_equal(graph_of(line))


@pytest.mark.parametrize("line", NETWORKS)
def test_equal_to_torch_for_one_example(line: str) -> None:
    if "bn" not in line:
        assert_equal(graph_of(line), 1)


OPTIMIZERS = ("sgd", "momentum", "adam", "adamw", "adagrad", "rmsprop")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "line", ["3x12x12 | conv 6 3 | bn | relu | conv 8 3 | relu | fc 10", "784 | fc 100 | relu | fc 10"]
)
def test_optimizers(line: str, optimizer: str) -> None:
    assert_equal(graph_of(line), 1, optimizer)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_when_the_state_is_made(optimizer: str) -> None:
    """What torch's optimizer holds when it is built is there before the first step is replayed, else it comes after."""
    import torch

    built = torch_memory.OPTIMIZERS[optimizer]([torch.nn.Parameter(torch.zeros(4, 8))])
    report = simulate(graph_of("8 | fc 4"), optimizer=optimizer, device="cuda")
    assert sum(each.bytes for each in report.state_log) == (0 if built.state else report.optimizer_bytes)


HALF = [
    "3x9x9 | conv 4 1 | bn | relu | maxpool | dwconv 3 p1 | gn 2 | fc 5",
    "3x9x9 | conv 4 1 | ln | gelu | scale | droppath | prelu | upsample 2 bilinear | conv 2 1",
    "12 | fc 20 | bn | ln | softplus | l2norm | fc 3",
    "3x9x9x9 | conv 4 1 | bn | maxpool | relu | deconv 4 2 /2 | conv 3 1",
]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
@pytest.mark.parametrize("line", HALF)
def test_data_types(line: str, dtype: str) -> None:
    assert_equal(graph_of(line), 2, "adam", dtype)


@pytest.mark.parametrize("step", ["conv 6 3x5", "conv 10 3x5 g5", "dwconv 3", "deconv 6 3", "conv 6 3 d2"])
def test_channels_last_in_float64(step: str) -> None:
    """The gradient of the weight lies like the maps: accumulating copies it."""
    for batch in (1, 2):
        assert_equal(graph_of(f"4x7x10 | conv 5 3 | ln | {step}"), batch, dtype="float64")


def test_transposed_volumes_that_shrink() -> None:
    """The CPU's own kernel for them resizes a tensor as large as the input; CUDA does not."""
    line = "4x6x5x6 | conv 4 1 | deconv 6 1x3x1 p1 | conv 2 1"
    assert_equal(graph_of(line), 2, dtype="float64")
    cpu, cuda = (simulate(graph_of(line), batch=2, dtype="float64", device=device) for device in ("cpu", "cuda"))
    assert cpu.saved_bytes - cuda.saved_bytes == 8 * 2 * (4 * 6 * 5 * 6 - 6 * 4 * 5 * 4)


ONE_POSITION = """
conv 3 3 p1; pad 1 | conv 3 3; upsample to=3 | conv 3 3; relu | conv 3 3 p1; gn 2 | conv 3 3 p1; concat(id, id) | conv 3 3 p1
concat(id, relu) | conv 3 3 p1; add(id, relu) | conv 3 3 p1; mul(id, sigmoid) | conv 3 3 p1; maxpool 1 | conv 3 3 p1
prelu | conv 3 3 p1; scale | conv 3 3 p1; times 0.5 | conv 3 3 p1; conv 4 1 | conv 3 3 p1; droppath | conv 3 3 p1
dropout | conv 3 3 p1; slice 0 2 | conv 3 3 p1; local 4 1 | conv 3 3 p1; l2norm | conv 3 3 p1; bn frozen | conv 3 3 p1
adaptive 2 | conv 3 3 p1; deconv 4 2 | conv 3 3 p1; silu | conv 3 3 p1; softmax | conv 3 3 p1; fc 3
"""


@pytest.mark.parametrize("step", steps(ONE_POSITION))
def test_channels_last_with_one_position(step: str) -> None:
    """It lies contiguous as well, and element by element it becomes that; else the gradient of a weight is copied."""
    for batch in (1, 2):
        assert_equal(graph_of(f"6x4x4 | gap | ln | {step}"), batch)


@pytest.mark.parametrize(
    "step",
    ["relu | conv 3 3 p1", "bn | conv 8 4 /3 p2 | conv 3 4 p2", "conv 3 3 p1", "maxpool | conv 3 3 p1", "fc 3"],
)
def test_channels_last_with_one_channel(step: str) -> None:
    assert_equal(graph_of(f"6x4x4 | conv 4 1 | ln | conv 1 3 p1 | {step}"), 2)
    for batch in (1, 2):
        assert_equal(graph_of(f"1x4x4 | conv 1 1 | ln | {step}"), batch)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_frozen_norm_of_a_single_value(dtype: str) -> None:
    """What it works out of its four values is more than what flows through it."""
    assert_equal(graph_of("1x1 | bn frozen | fc 3"), 1, dtype=dtype)
    assert_equal(graph_of("9x1x1 | bn frozen | conv 1 1"), 1, dtype=dtype)


@pytest.mark.parametrize("times", [1, 2, 3, 4, 7])
def test_tiles(times: int) -> None:
    assert_equal(graph_of(f"3x6x6 | conv 4 1 | tile {times} | conv 2 1"))


def test_as_many_tiles_as_a_number_may_be() -> None:
    found = simulate(graph_of(f"1x2x2 | tile {10**15 - 1}"))
    assert found.peak_bytes > 4 * 4 * (10**15 - 1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("before", ["conv 6 1", "conv 6 1 | ln"])
def test_an_output_padding_as_large_as_the_stride(before: str, dtype: str) -> None:
    """oneDNN has none, so that the CPU's own kernel is taken whatever the batch and the data type."""
    for batch in (1, 2):
        assert_equal(graph_of(f"6x5x5x5 | {before} | deconv 2 2 d3 p2 outpad=2 | conv 2 1"), batch, dtype=dtype)


# -- autocast --------------------------------------------------------------------------------------------------------

CAST_APART = ("pool", "gap", "gmp", "adaptive", "reflect", "lrn", "local", "concat", "upsample")
"""Of lines and volumes those are enough whose operators autocast knows, or knows for some ranks."""


@pytest.mark.parametrize(
    "line",
    [
        *(each for each in LINES if each.startswith("3x9x9 |") or any(word in each for word in CAST_APART)),
        *NETWORKS,
    ],
)
def test_autocast_on_the_cpu(line: str) -> None:
    """Equal to the byte to ``torch.autocast("cpu")``."""
    assert_equal(graph_of(line), 2, "adam", "amp")


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.sampled_from(["sgd", "adam"]))
def test_autocast_of_random_graphs(draw: random.Random, optimizer: str) -> None:
    graph = graph_of(random_network(draw))
    try:
        ours = model(graph, 2, optimizer, "amp")
    except (NotModelled, InplaceFault):
        return
    assert ours == torchs(graph, 2, optimizer, "amp")


def header_list(name: str) -> set[str]:
    """The operators of a list of torch's own for CUDA, out of the header that it is installed with."""
    import torch

    text = (Path(torch.__file__).parent / "include" / "ATen" / "autocast_mode.h").read_text("utf-8")
    found = re.search(rf"#define {name}\(_\)((?:.*\\\n)*.*\n)", text)
    if found is None:
        pytest.skip(f"this torch's header has no {name}")
    return set(re.findall(r"_\((\w+)", found[1]))


def test_the_lists_of_cuda_are_torchs() -> None:
    """Every operator that a layer is, or that a rule asks for, is in the same list here and there."""
    graphs = [graph_of(line) for line in [*LINES, *NETWORKS]]
    ops = {
        "pow",
        "bmm",
        "linalg_vector_norm",
        "cross_entropy_loss",
        "nll_loss",
        "nll_loss2d",
        "avg_pool2d",
        "avg_pool3d",
    }
    for graph in graphs:
        for node in graph.layers:
            for call in node.layer.torch(*graph.input_shapes(node)):
                ops.add(autocast.op_of(call.name, call.arguments, len(node.facts.output) - 1))
    low, full = header_list("AT_FORALL_LOWER_PRECISION_FP"), header_list("AT_FORALL_FP32")
    full |= header_list("AT_FORALL_FP32_SET_OPT_DTYPE")
    assert ops >= autocast.LOW and autocast.FULL["cuda"] <= ops
    assert ops & low == autocast.LOW
    assert ops & full == autocast.FULL["cuda"]
    assert ops & header_list("AT_FORALL_PROMOTE") == autocast.WIDEST["cuda"]


def test_group_norm_of_a_slice() -> None:
    """What is kept is a copy up to torch 2.13, since then the slice, which holds the convolution's whole output; on
    CUDA the copy is still made, while the kernel runs."""
    graph = graph_of("3x9x9 | conv 4 1 | slice 0 2 | gn 2 | conv 3 1")
    before, since = (simulate(graph, batch=2, torch=release) for release in ((2, 13), (2, 14)))
    assert since.saved_bytes - before.saved_bytes == 4 * 2 * (4 - 2) * 81
    latest = [simulate(graph, batch=2, training=False, device=device) for device in ("cpu", "cuda")]
    assert latest[0].peak_bytes == simulate(graph, batch=2, training=False, torch=(2, 14)).peak_bytes
    stages = [next(each for each in found.timeline if each.place == "gn1") for found in latest]
    assert stages[1].peak - stages[0].peak == 4 * 2 * 2 * 81
    assert stages[1].bytes == stages[0].bytes


def test_autocast_on_cuda_worked_out_by_hand() -> None:
    found = simulate(graph_of("4x8x8 | conv 4 1 nobias | upsample 2 | conv 2 1 nobias"), dtype="amp", device="cuda")
    assert (found.autocast, found.loss_scaling) == ("float16", True)
    assert found.loss_about == "cross-entropy on the first output, scaled for float16"
    casts = 2 * (4 * 64 + 4 * 4 + 4 * 256 + 2 * 4)  # both inputs and both weights of the convolutions, in float16
    loss = 4 * 2 * 256 + 8 * 256 + 4 + 4  # log-softmax in float32, the targets, the total weight, the factor
    assert found.saved_bytes == casts + loss
    assert found.gradients_bytes == found.parameters_bytes == 4 * (16 + 8)
    assert found.optimizer_bytes == 0
    stages = {each.place: each for each in found.timeline if each.phase == "forward"}
    grown = stages["upsample1"].peak - stages["conv1"].bytes
    assert grown == 4 * (4 * 64 + 4 * 256)  # upsampling runs in float32: a copy of its input, and its output
    plain = simulate(graph_of("4x8x8 | conv 4 1 nobias | upsample 2 | conv 2 1 nobias"), dtype="amp", device="cpu")
    assert (plain.autocast, plain.loss_scaling) == ("bfloat16", False)
    assert plain.saved_bytes == found.saved_bytes - 4


def test_checkpoints_under_autocast() -> None:
    """The casts are made again: less than without checkpoints, and less than in float32."""
    graph = graph_of("3x32x32 | (conv 16 3 p1 | bn | silu)*9 | gap | fc 10")
    found = {
        (dtype, cuts): simulate(graph, batch=4, dtype=dtype, cuts=cuts).peak_bytes
        for dtype in ("amp", "float32")
        for cuts in ((), (9, 18))
    }
    assert found["amp", (9, 18)] < found["amp", ()] < found["float32", ()]
    assert found["amp", (9, 18)] < found["float32", (9, 18)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_lists_of_temporaries(optimizer: str) -> None:
    """The lists by which optimizers step on CUDA, made on the CPU: nothing but wrapped numbers comes on top."""
    import torch

    from cnncalc.backend import truth

    graph = graph_of("3x12x12 | conv 6 3 | relu | conv 8 3 | relu | fc 10")
    bench = torch_memory.Bench(graph, 2, optimizer)
    bench.training()
    assert bench.optimizer is not None
    for group in bench.optimizer.param_groups:
        group["foreach"] = True
    for _ in range(2):
        bench.zero()
        bench.forward().backward()
        with torch.no_grad(), truth.Leaves() as leaves:
            bench.optimizer.step()
    trace = truth.without_workspaces(truth.events(bench.optimizer.step), leaves.names)
    ours = simulate(graph, batch=2, optimizer=optimizer, device="cuda")
    theirs = max(accumulate((event.bytes for event in trace), initial=0))
    mine = max(accumulate((event.bytes for event in ours.step_log[ours.optimizer_at :]), initial=0))
    assert mine <= theirs < mine + 64


def test_one_call_for_a_budget() -> None:
    graph = graph_of("resnet18", input="3x64x64")
    found = {
        (dtype, training): modelled(graph, batch=4, dtype=dtype, training=training).peak_bytes
        for dtype in ("float32", "amp", "bfloat16")
        for training in (False, True)
    }
    report = cnncalc.analyse(cnncalc.load("resnet18", input="3x64x64"), batch=4)
    assert report.inference is not None and report.training is not None
    assert found["float32", False] == report.inference.peak_bytes
    assert found["float32", True] == report.training.peak_bytes
    assert found["bfloat16", True] < found["amp", True] < found["float32", True]
    assert found["amp", False] > found["float32", False] > found["bfloat16", False]  # every weight twice
    assert modelled(graph_of("3x9x9 | conv 4 1 | sigmoid | relu inplace | conv 3 1"), training=True) is None


def test_every_layer_is_covered() -> None:
    """Every word of the language stands in a line above, and every rule was used by one of them."""
    graphs = [graph_of(line) for line in [*LINES, *NETWORKS]]
    words = {node.kind for graph in graphs for node in graph.layers}
    calls = {
        call.name for graph in graphs for node in graph.layers for call in node.layer.torch(*graph.input_shapes(node))
    }
    assert set(TABLE) - words == set()
    assert set(RULES) - calls == set()


SHARED = """
inputs: {left: 3x9x9, right: 3x9x9}
shared:
  tower(): conv 4 3 | bn | relu | conv 4 3
layers:
  a: left | tower
  b: right | tower
  both: concat(a, b) | conv 2 1
  far: mul(a, b) | gap | sigmoid
outputs: [both, far]
"""


@pytest.mark.parametrize("loss", [None, "mean"])
def test_shared_weights_and_several_outputs(loss: str | None) -> None:
    graph = graph_of(SHARED)
    step = simulate(graph, batch=2, optimizer="adam", loss=loss)
    assert step.peak_bytes == torch_memory.peaks(graph, 2, "adam", loss=loss).training
    assert step.saved_bytes == torch_memory.saved(graph, 2, loss=loss)


USED_AGAIN = [
    *(("40", step) for step in ("fc 40", "fc 40 nobias", "bn", "ln", "prelu", "scale", "l2norm")),
    *(
        ("4x6x6", step)
        for step in ("conv 4 3 p1", "deconv 4 3 p1", "local 4 3 p1", "prelu", "ln", "gn 2", "instnorm affine")
    ),
]


@pytest.mark.parametrize("batch, dtype", [(1, "float32"), (2, "float32"), (2, "amp")])
@pytest.mark.parametrize("in_a_row", [False, True])
@pytest.mark.parametrize("shape, step", USED_AGAIN)
def test_gradients_of_weights_used_three_times(shape: str, step: str, in_a_row: bool, batch: int, dtype: str) -> None:
    """They meet before ``.grad`` sees them: in place, or old, new and sum together where the old one is a view."""
    if (step, batch) == ("bn", 1):
        return
    uses = [f"  v{number}: {f'v{number - 1}' if in_a_row and number else 'input'} | used" for number in range(3)]
    outputs = "v2" if in_a_row else "v0, v1, v2"
    text = [f"input: {shape}", "shared:", f"  used(): {step}", "layers:", *uses, f"outputs: [{outputs}]"]
    assert_equal(graph_of("\n".join(text)), batch, dtype=dtype)


# -- random graphs ---------------------------------------------------------------------------------------------------

UNARY = """
conv 4 1; conv 4 3 p1; conv 4 3 same g2 nobias; dwconv 3 p1; bn; bn noaffine; relu; relu inplace; relu6 inplace
lrelu inplace; sigmoid; silu; silu inplace; hswish; gelu; prelu; elu; tanh; mish; softmax; maxpool 3 /1 p1
avgpool 3 /1 p1; dropout; dropout inplace; dropout spatial; droppath; lrn 3; gn 2; ln; scale; l2norm; instnorm affine
instnorm; slice 0 2 | tile 2; slice 1 2 | conv 4 1; tile 2 | conv 4 1; shuffle 2; pad 1 | crop 6
pad 1 reflect | conv 4 3; upsample 2 | maxpool 2; upsample 2 bilinear | conv 4 2 /2; maxpool 2 | deconv 4 2 /2
deconv 4 3 p1; reshape 8x3x6 | reshape 4x6x6; reshape 16x3x3 | pixelshuffle 2; pixelunshuffle 2 | pixelshuffle 2
crop 4 | pad 1; local 4 3 p1; gap | conv 4 1 | upsample to=6; adaptive 3 | upsample 2; gmp | pad 2:3
"""


def random_network(draw: random.Random) -> str:
    """A file whose values all have one shape, so that anything may be merged with anything."""
    unary = steps(UNARY)
    lines = ["input: 4x6x6", "layers:"]
    values, unused = ["input"], {"input"}
    for number in range(draw.randint(2, 9)):
        taken = [draw.choice(values[-3:])]
        if draw.random() < 0.6 or len(values) < 2:
            phrase = " | ".join([taken[0], *(draw.choice(unary) for _ in range(draw.randint(1, 3)))])
        else:
            taken = [draw.choice(values) for _ in range(draw.choice([2, 2, 3]))]
            branches = [each if draw.random() < 0.6 else f"{each} | {draw.choice(unary)}" for each in taken]
            phrase = draw.choice(
                [
                    f"add({', '.join(branches)})",
                    f"add({', '.join(branches)}, inplace)",
                    f"mul({', '.join(branches)})",
                    f"concat({', '.join(branches)}) | conv 4 1",
                    f"mul({branches[0]}, {taken[1]} | gap | conv 4 1 | sigmoid)",
                ]
            )
        unused -= {each for each in taken if each in phrase.replace("(", " ").replace(",", " ").split()}
        lines.append(f"  v{number}: {phrase}")
        values.append(f"v{number}")
        unused.add(f"v{number}")
    rest = [each for each in values if each in unused]
    tail = draw.choice(["conv 2 1", "gap | fc 3", "fc 5 | softmax", "fc 1 | sigmoid", "conv 4 1 | relu"])
    if draw.random() < 0.7:
        return "\n".join([*lines, f"  out: {'add(' + ', '.join(rest) + ')' if len(rest) > 1 else rest[0]} | {tail}"])
    outputs = dict.fromkeys(["out", *rest, *draw.sample(values[1:], 2)])  # beside the loss, which is that of the first
    return "\n".join([*lines, f"  out: {draw.choice(values)} | {tail}", f"outputs: [{', '.join(outputs)}]"])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 3), st.sampled_from(["sgd", "momentum", "adam"]))
def test_random_graphs(draw: random.Random, batch: int, optimizer: str) -> None:
    graph = graph_of(random_network(draw))
    try:
        ours = model(graph, batch, optimizer, "float32")
    except NotModelled:
        return
    except InplaceFault:
        with pytest.raises(RuntimeError):
            torch_memory.peaks(graph, batch, optimizer)
        return
    assert ours == torchs(graph, batch, optimizer, "float32")


UNREACHED = """
input: 3x8x8
layers:
  big: conv 4 3 p1 | {}
  small: input | conv 6 1 | relu | upsample like=big | conv 2 1
"""
"""The loss does not hang on the first line, of which only the size is asked."""


@pytest.mark.parametrize("step", ["relu", "bn", "gn 2", "sigmoid", "mul(id, sigmoid)", "maxpool 3 /1 p1", "l2norm"])
def test_what_the_loss_does_not_hang_on_is_not_kept(step: str) -> None:
    graph = graph_of(UNREACHED.format(step))
    assert_equal(graph)
    alone = graph_of("3x8x8 | conv 6 1 | relu | upsample to=8 | conv 2 1")
    assert simulate(graph, batch=2).saved_bytes == simulate(alone, batch=2).saved_bytes


def test_outputs_behind_which_no_loss_stands_keep_nothing() -> None:
    text = "input: 3x8x8\nlayers:\n  a: conv 6 1 | relu\n  b: a | fc 5\n  c: a | conv 8 1 | silu\noutputs: [b, c]"
    graph = graph_of(text)
    assert_equal(graph)
    alone = simulate(graph_of("3x8x8 | conv 6 1 | relu | fc 5"), batch=2)
    assert simulate(graph, batch=2).saved_bytes == alone.saved_bytes
    assert simulate(graph, batch=2, loss="mean").saved_bytes > alone.saved_bytes


# -- bundled architectures, small inputs where the networks are large ------------------------------------------------

ARCHITECTURES = [
    ("alexnet", None, 1, "sgd"),
    ("alexnet", None, 16, "momentum"),
    ("vgg16", "3x64x64", 2, "adam"),
    ("resnet50", "3x64x64", 2, "momentum"),
    ("googlenet", "3x96x96", 2, "sgd"),
    ("densenet121", "3x64x64", 2, "sgd"),
    ("mobilenet_v3_large", "3x64x64", 2, "sgd"),
    ("mobilenet_v3_small", "3x64x64", 2, "adam"),
    ("efficientnet_b0", "3x64x64", 2, "sgd"),
    ("unet", "1x188x188", 1, "sgd"),
    ("segnet", "3x64x64", 1, "sgd"),
    ("vnet", "1x32x32x32", 1, "sgd"),
    ("convnext_tiny", "3x64x64", 2, "sgd"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name, shape, batch, optimizer", ARCHITECTURES)
def test_architectures(name: str, shape: str | None, batch: int, optimizer: str) -> None:
    assert_equal(graph_of(name, input=shape), batch, optimizer)


AUTOCAST = ("alexnet", "resnet50", "densenet121", "mobilenet_v3_large", "unet", "vnet", "convnext_tiny")


@pytest.mark.slow
@pytest.mark.parametrize("name, shape, batch, optimizer", [each for each in ARCHITECTURES if each[0] in AUTOCAST])
def test_architectures_under_autocast(name: str, shape: str | None, batch: int, optimizer: str) -> None:
    assert_equal(graph_of(name, input=shape), batch, optimizer, "amp")


@pytest.mark.parametrize("number", [0, 1])
def test_dcgan(number: int) -> None:
    assert_equal(graph_of("dcgan", number), 2, "adam")


def test_vgg_in_place() -> None:
    line = "v(c, n): (conv c 3x3 p1 | relu inplace)*n | maxpool 2x2 /2; 3x64x64 | v 64 2 | v 128 2 | v 256 3 | fc 10"
    assert_equal(graph_of(line))
    assert_equal(graph_of(line.replace(" inplace", "")))


# -- refusals --------------------------------------------------------------------------------------------------------


def test_refuses_what_torch_refuses() -> None:
    graph = graph_of("3x9x9 | conv 4 1 | sigmoid | relu inplace | conv 3 1")
    with pytest.raises(InplaceFault, match="relu1 overwrites in place what sigmoid1 needs"):
        simulate(graph)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch_memory.peaks(graph)


def test_refuses_to_overwrite_a_view() -> None:
    with pytest.raises(NotModelled, match="relu1 overwrites a view"):
        simulate(graph_of("3x9x9 | conv 4 1 | slice 0 2 | relu inplace | conv 3 1"))
    with pytest.raises(NotModelled, match="add1 overwrites a view"):  # which needs a gradient from then on
        simulate(graph_of("3x9x9 | add(ln noaffine, conv 3 1, inplace)"))


LEAK = """
input: 4x6x6
layers:
  v0: input | conv 4 1
  v1: v0 | conv 4 3 p1
  v2: v1 | add(id, conv 4 3 p1, inplace)
  out: v0 | gap | fc 3 | softmax
outputs: [out, v2]
"""


def test_refuses_a_step_that_leaves_memory_behind() -> None:
    graph = graph_of(LEAK)
    with pytest.raises(NotModelled, match=r"v2\.add overwrites in place .* every training step needs 2,304 bytes more"):
        simulate(graph, batch=2)
    table = torch_memory.Bench(graph, 2)

    def step() -> None:
        table.step()
        table.zero()

    step()
    assert sum(each.bytes for each in torch_memory.truth.events(step)) == 2_304


def test_what_is_read_after_it_was_overwritten_depends_on_what_was_written() -> None:
    """``out`` follows ``v0`` alone in the text; the sum in place brings the second convolution before the loss."""
    text = """
input: 4x6x6
layers:
  v0: input | conv 4 1
  v2: add(v0, input | conv 4 3 p1, inplace)
  out: v0 | gap | fc 3 | softmax
outputs: [out, v2]
"""
    assert_equal(graph_of(text), optimizer="momentum")


def test_a_batch_norm_of_one_axis_lies_contiguous() -> None:
    """Seen where the vector behind it needs no copy, while something else keeps the peak there."""
    text = """
input: 4x12
layers:
  v4: add(input | conv 1 1 | ln | conv 4 3 p1, input, input | prelu, inplace)
  v5: add(v4 | lrn 3, v4)
  v6: mul(input, v5 | sigmoid)
  v7: v4 | bn
  out: v7 | fc 5
outputs: [out, v6]
"""
    assert_equal(graph_of(text), optimizer="momentum")


def test_refuses_to_read_a_view_of_what_was_overwritten() -> None:
    text = """
input: 4x6x6
layers:
  v0: input | conv 4 1
  v1: v0 | reshape 8x3x6 | reshape 4x6x6
  v2: add(v0, input | conv 4 3 p1, inplace)
  out: add(v1, v2) | fc 3
"""
    with pytest.raises(NotModelled, match=r"out\.add reads a view of what v2.add overwrote"):
        simulate(graph_of(text))
    simulate(graph_of(text), training=False)


def test_unknown_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of("3x9x9 | conv 4 1 | relu")
    monkeypatch.setattr(type(graph.layers[1].layer), "torch", lambda self, *shapes: (Call("Frobnicate"),))
    with pytest.raises(UnknownCall, match="no rule for the call 'Frobnicate'"):
        simulate(graph)
    with pytest.raises(UnknownCall):
        rule_of("frobnicate")


@pytest.mark.parametrize(
    "options", [{"dtype": "int3"}, {"optimizer": "lion"}, {"device": "tpu"}, {"loss": "hinge"}, {"batch": 0}]
)
def test_bad_options(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        simulate(graph_of("3x9x9 | conv 4 1"), **options)


# -- the report ------------------------------------------------------------------------------------------------------


def report() -> MemoryReport:
    return simulate(graph_of("3x9x9 | conv 4 1 | bn | relu | fc 10 | softmax"), batch=2, optimizer="adam")


def test_report_adds_up() -> None:
    found = report()
    weights = 4 * (3 * 4 + 4 + 8 + 4 * 81 * 10 + 10)
    assert found.parameters_bytes == found.gradients_bytes == weights
    assert found.buffers_bytes == 2 * 16 + 8
    assert found.optimizer_bytes == 2 * weights + 4 * 6
    assert found.input_bytes == 2 * 3 * 81 * 4 + 2 * 8
    assert found.peak_bytes == sum(held.bytes for held in found.alive) == max(each.peak for each in found.timeline)
    assert found.loss == "cross_entropy"
    assert found.loss_about == "cross-entropy on the first output, its softmax dropped"
    phases = [each.phase for each in found.timeline]
    assert list(dict.fromkeys(phases)) == ["setup", "forward", "loss", "backward", "optimizer", "end"]


@pytest.mark.parametrize(
    "line, loss",
    [
        ("784 | fc 10", "cross_entropy"),
        ("784 | fc 10 | softmax", "cross_entropy"),
        ("784 | fc 1", "mean"),
        ("784 | fc 10 | sigmoid", "mean"),
        ("3x9x9 | conv 2 1", "cross_entropy"),
        ("3x9x9 | conv 10 1 | gap | flatten", "cross_entropy"),
        ("3x9x9 | conv 3 1 | tanh", "mean"),
    ],
)
def test_loss(line: str, loss: str) -> None:
    assert simulate(graph_of(line)).loss == loss


# -- the allocator, by hand ------------------------------------------------------------------------------------------


def test_small_blocks_share_a_segment() -> None:
    allocator = Allocator()
    blocks = [allocator.allocate(each) for each in (1, 513, 1000)]
    assert allocator.requested == 1514
    assert allocator.allocated == 512 + 1024 + 1024
    assert allocator.reserved == 2 * MIB
    for block in blocks:
        allocator.release(block)
    assert allocator.allocated == 0
    assert allocator.reserved_peak == 2 * MIB
    (whole,) = allocator.free_blocks[True]
    assert whole[0] == 2 * MIB


def test_large_blocks() -> None:
    allocator = Allocator()
    allocator.allocate(MIB + 1)  # out of 20 MiB, split
    assert (allocator.allocated, allocator.reserved) == (MIB + 512, 20 * MIB)
    allocator.allocate(18 * MIB)  # fits the rest of less than 19 MiB: a rest of at most 1 MiB is not split off
    assert (allocator.allocated, allocator.reserved) == (20 * MIB, 20 * MIB)
    allocator.allocate(10 * MIB + 1)  # a segment of its own, rounded to 2 MiB; the rest of 2 MiB - 512 is split off
    assert (allocator.allocated, allocator.reserved) == (30 * MIB + 512, 32 * MIB)


def test_best_fit_and_merge() -> None:
    allocator = Allocator()
    first, second, third = (allocator.allocate(each * MIB) for each in (4, 6, 12))
    assert allocator.reserved == 32 * MIB  # 4 and 6 of a segment of 20, and 12 of its own
    allocator.release(first)
    allocator.release(second)
    assert [size for size, _, _ in allocator.free_blocks[False]] == [20 * MIB]  # merged with the rest
    allocator.release(third)
    allocator.allocate(9 * MIB)
    assert [size for size, _, _ in allocator.free_blocks[False]] == [3 * MIB, 20 * MIB]  # the 12 fitted best
    assert allocator.allocated == 9 * MIB


def test_gives_back_before_it_gives_up() -> None:
    allocator = Allocator(limit=64 * MIB)
    block = allocator.allocate(40 * MIB)
    allocator.release(block)
    allocator.allocate(50 * MIB)
    assert (allocator.retries, allocator.reserved) == (1, 50 * MIB)
    with pytest.raises(OutOfMemory):
        allocator.allocate(20 * MIB)


def test_replay_of_a_step() -> None:
    found = simulate(
        graph_of("3x32x32 | conv 64 3 p1 | relu | conv 64 3 p1 | fc 10"), batch=8, optimizer="adam", device="cuda"
    )
    cuda = replay(found)
    assert cuda.requested_bytes == found.peak_bytes
    assert found.peak_bytes <= cuda.allocated_bytes <= cuda.reserved_bytes
    without = simulate(graph_of("3x32x32 | conv 64 3 p1 | relu | conv 10 3"), device="cuda")
    assert replay(without, workspace=32 * MIB) == replay(without)  # no matrix product asks cuBLAS
    assert replay(found, steps=6) == replay(found, steps=3)
    with pytest.raises(OutOfMemory):
        replay(found, limit=cuda.requested_bytes // 2)


def test_the_workspace_of_matrix_products() -> None:
    """Kept by forward and by backward up to torch 2.14; since then there while a product runs."""
    graph = graph_of("3x64x64 | conv 64 3 p1 | relu | conv 64 3 p1 | maxpool 4 | fc 10")
    size = 32 * MIB

    def grown(release: tuple[int, int], training: bool) -> int:
        report = simulate(graph, batch=64, device="cuda", training=training, torch=release)
        return replay(report, workspace=size).allocated_bytes - replay(report).allocated_bytes

    assert grown((2, 14), training=False) == size
    assert grown((2, 14), training=True) == 2 * size
    assert grown((2, 15), training=False) == 0  # 1 MiB for the sum with the bias, after the peak
    assert grown((2, 15), training=True) == 0  # the peak is at the second convolution
    report = simulate(graph_of("4096 | fc 4096 | fc 10"), device="cuda", training=True)
    assert [(each.backward, each.fused) for each in report.products] == [
        *((False, True), (False, True), (True, False), (True, False), (True, False)),
    ]
    # the peak is where the gradients of the first fc are; that of its bias comes when the workspace is back
    assert replay(report, workspace=size).requested_bytes == report.peak_bytes + size - 4 * 4096
    lonely = simulate(graph_of("8 | fc 1"), device="cuda", training=False)
    assert [each.fused for each in lonely.products] == [False]
    local = simulate(graph_of("3x8x8 | conv 4 1 | local 4 3"), device="cuda", training=True)
    assert [each.backward for each in local.products] == [False, True, True]


@pytest.mark.parametrize("dtype", ["float32", "amp"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("line", NETWORKS)
def test_a_step_leaves_nothing_behind(line: str, optimizer: str, dtype: str) -> None:
    """After any number of steps the allocator holds what it held after three, and tensors never asked for more than
    the peak."""
    found = simulate(graph_of(line), batch=2, optimizer=optimizer, dtype=dtype, device="cuda")
    assert replay(found, steps=6) == replay(found, steps=3)
    assert replay(found).requested_bytes == found.peak_bytes


# -- advice ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_largest_batch(device: str) -> None:
    graph = graph_of("3x32x32 | conv 16 3 p1 | relu | maxpool | fc 10")
    fit = largest_batch(graph, 64 * MIB, device=device, optimizer="adam")
    assert fit.batch > 1
    assert fit.bytes <= 64 * MIB
    assert fit.more is None or fit.more > 64 * MIB
    assert largest_batch(graph, MIB // 4, device=device).batch == 0


def test_legal_inplace_is_what_torch_allows() -> None:
    line = (
        "3x9x9 | conv 4 1 | relu | conv 4 1 | sigmoid | relu | conv 4 1 | add(id, relu) | slice 0 2 | relu | conv 2 1"
    )
    graph = graph_of(line)
    legal = legal_inplace(graph)
    assert [graph.nodes[each].name for each in sorted(legal)] == ["relu1"]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("4x8x8 | conv 4 1 as a | concat(crop 8 | relu, a) | conv 2 1", []),  # a crop to the same size is no copy
        ("4x8x8 | conv 4 1 as a | concat(dropout 0 | relu, a) | conv 2 1", []),
        ("4x8x8 | conv 4 1 as a | concat(droppath 0 | relu, shuffle 1 | relu, a) | conv 2 1", []),
        ("4x8x8 | flatten | relu | fc 3", []),  # the batch is somebody else's
        ("4x8x8 | conv 4 1 | dropout 0 | relu | conv 4 1 | fc 3", ["dropout1", "relu1"]),
    ],
)
def test_legal_inplace_changes_no_value(line: str, expected: list[str]) -> None:
    import torch

    from cnncalc.backend.build import build

    graph = graph_of(line)
    names = [graph.nodes[each].name for each in sorted(legal_inplace(graph))]
    assert names == expected
    usual, inplace = build(graph), build(graph)
    for name in names:
        inplace.get_submodule(name).inplace = True
    batch = torch.randn(2, 4, 8, 8)
    for training in (True, False):
        given = batch.clone()
        with torch.no_grad():
            assert torch.equal(usual.train(training)(batch), inplace.train(training)(given))
        assert torch.equal(batch, given)


def test_checkpoints_are_those_of_torch() -> None:
    """Equal to torch's reentrant checkpoints, an upper bound of at most 2 % to the others."""
    import torch
    from torch.utils.checkpoint import checkpoint

    from cnncalc.backend import truth

    graph = graph_of("3x32x32 | (conv 16 3 p1 | bn | silu)*9 | gap | fc 10")
    ours = simulate(graph, batch=4, optimizer="sgd", cuts=(9, 18)).peak_bytes
    for reentrant in (True, False):
        bench = torch_memory.Bench(graph, 4, "sgd")
        bench.training()

        def stretch(first: int, last: int, twin=bench.twin):  # type: ignore[no-untyped-def]
            def run(value):  # type: ignore[no-untyped-def]
                for each in twin.steps[first - 1 : last]:
                    for call in each.calls:
                        value = twin.call(call, value)
                return value

            return run

        def step(bench=bench, reentrant=reentrant, stretch=stretch) -> None:  # type: ignore[no-untyped-def]
            value = bench.inputs[0].detach().requires_grad_(reentrant)
            for first, last in ((1, 9), (10, 18)):
                value = checkpoint(stretch(first, last), value, use_reentrant=reentrant, preserve_rng_state=False)
            value = stretch(19, len(graph.nodes) - 1)(value)
            loss = torch.nn.functional.cross_entropy(value, bench.target)
            del value
            loss.backward()
            bench.optimizer.step()

        peak = truth.peak_bytes(step, bench.resident(True), bench.zero)
        assert ours == peak if reentrant else peak <= ours <= 1.02 * peak


def test_hints_are_computed() -> None:
    graph = graph_of("3x64x64 | (conv 16 3 p1 | bn | silu)*8 | gap | fc 10")
    now = simulate(graph, batch=8)
    found = {hint.name: hint for hint in hints(graph, batch=8)}
    for dtype in ("bfloat16", "amp"):
        assert found[dtype].peak_bytes == simulate(graph, batch=8, dtype=dtype).peak_bytes < now.peak_bytes
    assert "amp" not in {hint.name for hint in hints(graph, batch=8, dtype="amp")}
    assert found["checkpoint"].peak_bytes < now.peak_bytes
    assert set(found["checkpoint"].nodes) <= {graph.nodes[each].name for each in cut_points(graph)}


def test_hints_leave_out_what_torch_refuses() -> None:
    """Under autocast the convolution keeps a copy in low precision, which the activation behind it does not overwrite."""
    graph = graph_of("3x8x8 | bn | concat(conv 4 3 p1, hsigmoid inplace) | (conv 8 3 p1 | bn)*6 | fc 5")
    with pytest.raises(InplaceFault):
        simulate(graph, dtype="bfloat16")
    assert [hint.name for hint in hints(graph, batch=8, dtype="amp")] == ["checkpoint"]


def test_no_cut_between_a_pooling_and_its_unpooling() -> None:
    """What is worked out again needs the indices, which are no value that a cut keeps."""
    graph = graph_of("3x16x16 | conv 8 3 p1 | maxpool as p | unpool p | (conv 8 3 p1 | relu)*4 | conv 2 1")
    assert "maxpool1" not in {graph.nodes[each].name for each in cut_points(graph)}
    assert "checkpoint" in {hint.name for hint in hints(graph, batch=4)}
