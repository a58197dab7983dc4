"""The probe: when a time is known, the roofline by hand, records, what is left alone, and what ends a row or a run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cnncalc.analysis.roofline import Ceilings, Cost, costs, floor, learns, place, total
from cnncalc.api import parse
from cnncalc.backend.probe import record as records
from cnncalc.backend.probe.compare import compare, times
from cnncalc.backend.probe.timer import FEWEST, Rule, Timing, measure, quartiles, window
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.graph import Graph, expand
from cnncalc.render import measures, probe_comparison
from cnncalc.render import probe as render
from cnncalc.render import roofline as plot

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from cnncalc.backend.build import build  # noqa: E402
from cnncalc.backend.device import device_for  # noqa: E402
from cnncalc.backend.probe import ceilings, environment, runs  # noqa: E402
from cnncalc.backend.probe.errors import message_of, status_of  # noqa: E402
from cnncalc.backend.probe.layers import Walk, own_copy  # noqa: E402
from cnncalc.backend.probe.network import tensors  # noqa: E402
from cnncalc.backend.probe.runs import Plan, Session  # noqa: E402
from cnncalc.backend.probe.state import NEW, SWITCHES, borrowed, restore, switches  # noqa: E402
from cnncalc.backend.probe.stopwatch import CPUStopwatch, CUDAStopwatch, Stopwatch, Unsupported, Work  # noqa: E402

CPU = torch.device("cpu")
ROOT = Path(__file__).parent.parent
TINY = "3x8x8 | conv 4 3 p1 | relu | flatten | fc 10"
BUSY = (
    "3x8x8 | conv 4 3 p1 nobias | bn | relu inplace | maxpool 2 | residual(conv 4 3 p1 | elu inplace) | dropout | fc 5"
)
QUICK = Rule(1e-6, least=1, most=1)

without_cuda = not torch.cuda.is_available()


def graph(text: str) -> Graph:
    return expand(parse(text))[0]


class Replaying(CPUStopwatch):
    """A stopwatch whose graphs are the calls themselves: the way of the CUDA graphs, without CUDA."""

    graphs = True

    def record(self, work: Work, sets: Sequence[tuple[Any, ...]]) -> Any:
        waiting = [work.copy() for _ in range(100)] + list(sets)

        def replay() -> None:
            for _ in sets:
                work.run(*(waiting.pop() if waiting else work.copy()))

        return replay


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceilings that take no time."""
    monkeypatch.setattr(ceilings, "CPU_SIZES", (16, 32))
    monkeypatch.setattr(ceilings, "CPU_COPY", 2**16)
    monkeypatch.setattr(ceilings, "cpu_cache_bytes", lambda: None)


def session(text: str, model: nn.Module | None = None, stopwatch: Stopwatch | None = None, **plan: Any) -> Session:
    return Session(graph(text), Plan(**plan), CPU, model, stopwatch or CPUStopwatch(flush_bytes=2**16), QUICK)


# -- when a time is known ---------------------------------------------------------------------------------------------


class Machine:
    """A clock that nobody waits for: every run takes the next of some times, the last for ever."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)
        self.now = 0.0
        self.runs = 0

    def sample(self, count: int) -> list[float]:
        found = [self.seconds[min(self.runs + each, len(self.seconds) - 1)] for each in range(count)]
        self.runs += count
        self.now += sum(found)
        return found

    def clock(self) -> float:
        return self.now

    def measure(self, **rule: Any) -> Timing:
        return measure(self.sample, Rule(**rule), self.clock)


def test_steady_times_are_soon_known() -> None:
    machine = Machine(5.0, 0.01)
    timing = machine.measure(seconds=10.0)
    # the first run, one to size the windows (50), two windows that agree, one window of repeats
    assert timing == Timing(0.01, 0.01, 0.01, 0.01, repeats=50, warmup=102, warm=True, settled=True)
    assert machine.runs == 152
    assert timing.spread == 0


def test_warm_up_goes_on_while_windows_differ() -> None:
    falling = [0.01 * 0.9 ** (each // 10) for each in range(60)]
    machine = Machine(*falling)
    timing = machine.measure(seconds=2.0)  # windows of 10
    assert timing.warm and timing.settled
    assert timing.warmup >= 62 - 10
    assert timing.median == falling[-1]


def test_a_spread_that_stays_wide_ends_at_the_bound() -> None:
    machine = Machine(*[0.02, 0.01] * 500)
    timing = machine.measure(seconds=2.0)
    assert timing.warm and not timing.settled
    assert 2.0 <= machine.now < 2.0 + 0.2
    assert timing.spread > 0.5
    assert (timing.q1, timing.q3, timing.fastest) == (0.01, 0.02, 0.01)


def test_the_spread_is_believed_only_of_enough_repeats() -> None:
    assert Machine(0.1).measure(seconds=60.0, least=40).repeats == 60  # windows of 30
    assert Machine(0.1).measure(seconds=60.0, least=7).repeats == 30


def test_the_bound_ends_a_warm_up_and_three_repeats_are_made_all_the_same() -> None:
    machine = Machine(10.0)
    timing = machine.measure(seconds=1.0)
    assert (timing.warm, timing.settled, timing.repeats, timing.warmup) == (False, False, FEWEST, 2)
    never = Machine(*(0.01 * 1.05**each for each in range(200)))
    timing = never.measure(seconds=1.0)
    assert not timing.warm and not timing.settled


def test_there_is_a_most_of_repeats() -> None:
    timing = Machine(*[0.001, 0.002] * 5000).measure(seconds=1000.0, most=120)
    assert (timing.repeats, timing.settled) == (120, False)


def test_the_first_run_does_not_count() -> None:
    assert Machine(1e6, 0.01).measure(seconds=10.0).warm


def test_windows_and_quartiles() -> None:
    assert window(3.0, 0.01) == 15
    assert window(3.0, 1e-9) == 50
    assert window(3.0, 100.0) == 1
    assert window(3.0, 0.0) == 50
    assert quartiles([4.0]) == (4.0, 4.0, 4.0)
    assert quartiles([1.0, 2.0, 3.0, 4.0, 5.0]) == (2.0, 3.0, 4.0)


# -- the roofline -----------------------------------------------------------------------------------------------------


def test_costs_by_hand() -> None:
    conv, relu, flatten, fc = costs(graph(TINY), 2, 4)[1:]
    assert conv == Cost(2 * 2 * 4 * 27 * 64, 2 * 2 * 4 * 27 * 64 + 2 * 256, 4 * (2 * (192 + 256) + 112))
    assert relu == Cost(0, 2 * 256, 4 * 2 * 512)
    assert flatten == Cost(0, 0, 0)
    assert fc == Cost(2 * 2 * 2560, 2 * 2 * 2560 + 20, 4 * (2 * 266 + 2570))
    assert relu.intensity == 0.125
    assert flatten.intensity is None
    assert total([conv, relu]) == Cost(27648, 28160 + 512, 4032 + 4096)


def test_costs_of_backward_by_hand() -> None:
    forward, both = costs(graph(TINY), 2, 4), costs(graph(TINY), 2, 4, backward=True)
    pairs = zip(forward[1:], both[1:], strict=True)
    conv, relu, flatten, fc = (Cost(*(b - a for a, b in zip(*pair, strict=True))) for pair in pairs)
    # the image needs no gradient: only that of the weights
    assert conv == Cost(27648, 27648 + 512, 4 * (2 * (256 + 192) + 112))
    assert relu == Cost(0, 512, 4 * 2 * 768)
    assert flatten == Cost(0, 0, 0)
    assert fc == Cost(2 * 10240, 2 * 10240 + 20, 4 * (2 * (10 + 256 + 256) + 2 * 2570))


def test_costs_of_odd_layers() -> None:
    made = graph("4x8x8 | dropout | crop 4x4 | add(id, id) | gap | fc 3")
    kinds = {node.kind: cost for node, cost in zip(made.nodes, costs(made, 1, 2), strict=True)}
    trained = {node.kind: cost for node, cost in zip(made.nodes, costs(made, 1, 2, backward=True), strict=True)}
    assert kinds["dropout"] == Cost(0, 0, 0)
    assert trained["dropout"].bytes == 2 * 512  # no gradient flows behind the first weights
    assert kinds["crop"] == Cost(0, 0, 0)
    assert kinds["add"].bytes == 2 * (64 + 64)  # the same value twice is read once
    assert learns(made)[-2:] == [False, True]
    pooled = graph("1x4x4 | maxpool 2")
    assert costs(pooled, 1, 4)[1].bytes == 4 * (16 + 4)


def test_places() -> None:
    roof = Ceilings(100.0, 10.0)
    assert roof.ridge == 10.0
    left, right = place(Cost(0, 50, 10), roof, 2.0), place(Cost(400, 400, 10), roof, 5.0)
    assert left == (5.0, "memory", 1.0, 50.0, 0.5)
    assert right == (40.0, "compute", 4.0, 100.0, 0.8)
    assert place(Cost(0, 0, 20), roof) == (0.0, "memory", 2.0, None, None)
    assert place(Cost(0, 0, 0), roof, 1.0) == (None, None, 0.0, None, None)
    assert floor([Cost(0, 50, 10), Cost(400, 400, 10), Cost(0, 0, 0)], roof) == 5.0


def test_flops_are_those_of_the_report() -> None:
    from cnncalc.api import analyse, load

    network = load("resnet50")
    report = analyse(network, batch=2)
    found = costs(report.graph, 2, 4)
    assert total(found).flops == report.totals.flops
    # 3 x forward, but the image's gradient is nobody's
    first = next(cost for cost in found if cost.flops)
    assert total(costs(report.graph, 2, 4, backward=True)).flops == 3 * report.totals.flops - first.flops


# -- what is measured -------------------------------------------------------------------------------------------------


def test_a_probe_of_everything() -> None:
    one = session(BUSY, batches=(1, 2), dtypes=("float32", "bfloat16"), backward=True, per_layer=True)
    steps = list(one.steps())
    found = one.record()
    assert len(steps) == one.total == 1 + 2 + 2 * 2 * 2 * (1 + 10)
    assert found["complete"] is True
    assert [row["status"] for row in found["rows"]] == ["ok"] * 8
    assert [tuple(row[each] for each in records.KEY) for row in found["rows"][:3]] == [
        (1, "float32", "contiguous", "forward", "eager"),
        (1, "float32", "contiguous", "forward+backward", "eager"),
        (2, "float32", "contiguous", "forward", "eager"),
    ]
    for row in found["rows"]:
        median = row["time"]["median_seconds"]
        assert row["time"]["repeats"] == 1
        assert row["images_per_second"] == row["batch"] / median
        assert row["flops_per_second"] == row["flops"] / median
        peak = next(each for each in found["ceilings"]["matmul"] if each["dtype"] == row["dtype"])
        assert row["flops_share"] == row["flops_per_second"] / peak["flops_per_second"]
        assert [layer["name"] for layer in row["layers"]] == [node.name for node in one.graph.layers]
        assert [layer["status"] for layer in row["layers"]] == ["ok"] * 10
        assert sum(layer["bytes"] for layer in row["layers"]) == row["bytes"]
        assert row["layers_seconds"] == sum(layer["time"]["median_seconds"] for layer in row["layers"])
        assert row["layers_gap_seconds"] == median - row["layers_seconds"]
        assert {layer["bound"] for layer in row["layers"]} <= {"memory", "compute", None}
    forward, both = found["rows"][:2]
    assert both["flops"] > 2 * forward["flops"]
    assert found["settings"]["clock"] == "perf_counter_ns"


@pytest.mark.parametrize(
    "text",
    [
        BUSY,
        "inputs: {a: 3x16x16, b: 3x9x9}\nshared:\n  head(): conv 4 3 /2 same | bn | relu inplace\n"
        "layers:\n  one: a | head\n  two: b | head\n  both: add(one, one) | gap\noutputs: [both, two]\n",
        "input: 3x8x8\nlayers:\n  down: maxpool 2\n  deep: conv 3 3 p1\n  up: unpool down\n  out: conv 2 1\n",
        "input: 3x6x6x6\nlayers:\n  body: conv 4 3 p1 | ln | prelu | deconv 4 2 /2\n",
    ],
)
@pytest.mark.parametrize("graphs", [False, True])
def test_layers_of_every_sort(text: str, graphs: bool) -> None:
    one = session(text, stopwatch=Replaying(flush_bytes=0), batches=(2,), backward=True, per_layer=True, graphs=graphs)
    found = one.run()
    assert {row["status"] for row in found["rows"]} == {"ok"}
    for row in found["rows"]:
        if row["layers"] is not None:
            assert row["mode"] == ("graph" if graphs else "eager")
            assert {each["status"]: each["message"] for each in row["layers"]} == {"ok": None}
    if graphs:
        eager, replayed = found["rows"][:2]
        gap = eager["time"]["median_seconds"] - replayed["time"]["median_seconds"]
        assert eager["launch_gap_seconds"] == gap
        modes = {each["kind"]: each["mode"] for each in found["rows"][-1]["layers"]}
        assert modes.get("elu", "eager") == "eager"  # overwrites its input: cannot be replayed backward


def test_the_walk_computes_what_the_module_computes() -> None:
    made = graph(BUSY)
    twin = build(made).eval()
    state = {name: value.clone() for name, value in twin.state_dict().items()}
    image = torch.rand(2, 3, 8, 8)
    kept = image.clone()
    walk = Walk(twin, made, (image,), CPUStopwatch(flush_bytes=0), QUICK, training=False)
    for step in walk.steps:
        walk.advance(step, False)
    (output,) = (walk.values[number] for _, number in made.outputs)
    with torch.no_grad():
        assert torch.equal(output, twin(image))
    assert torch.equal(image, kept)
    assert all(torch.equal(value, state[name]) for name, value in twin.state_dict().items())
    assert list(walk.values) == [made.outputs[0][1]]  # everything else was let go


def test_a_copy_has_weights_of_its_own() -> None:
    one = nn.BatchNorm2d(3)
    other = own_copy(one)
    assert isinstance(other, nn.BatchNorm2d)
    assert other.weight is not one.weight
    assert other.weight.data_ptr() != one.weight.data_ptr()
    assert other.running_mean.data_ptr() != one.running_mean.data_ptr()
    assert list(dict(one.named_parameters())) == ["weight", "bias"]


def test_memory_formats() -> None:
    found = session("3x8x8 | conv 4 3", memory_formats=("contiguous", "channels_last")).run()
    assert [row["status"] for row in found["rows"]] == ["ok", "ok"]
    seen: list[bool] = []

    class Looking(nn.Module):
        def forward(self, value: Any) -> Any:
            seen.append(value.is_contiguous(memory_format=torch.channels_last))
            return value

    session("3x8x8 | relu", Looking(), memory_formats=("contiguous", "channels_last"), batches=(2,)).run()
    assert set(seen[: len(seen) // 2]) == {False} and set(seen[len(seen) // 2 :]) == {True}
    vector = session("784 | fc 10", memory_formats=("channels_last",)).run()["rows"][0]
    assert (vector["status"], vector["message"]) == (
        "unsupported",
        "channels_last is for inputs of two or three spatial axes",
    )


def test_inputs_are_no_zeros_and_the_same_each_time() -> None:
    seen: list[Any] = []

    class Looking(nn.Module):
        def forward(self, value: Any) -> Any:
            seen.append(value.clone())
            return value

    for _ in range(2):
        session("3x8x8 | relu", Looking()).run()
    assert torch.equal(seen[0], seen[-1])
    assert seen[0].std() > 0.5


def test_tf32_is_nothing_for_a_cpu() -> None:
    found = session(TINY, dtypes=("tf32", "float32"), per_layer=True).run()
    assert [row["status"] for row in found["rows"]] == ["unsupported", "ok"]
    assert found["rows"][0]["message"] == "tf32 is a mode of CUDA's matrix units; cpu has none"
    assert found["rows"][0]["layers"] is None
    assert [each["status"] for each in found["ceilings"]["matmul"]] == ["unsupported", "ok"]


def test_nothing_to_learn() -> None:
    row = session("3x8x8 | relu", backward=True).run()["rows"][1]
    assert (row["status"], row["message"]) == (
        "unsupported",
        "there is nothing to learn: no output depends on a parameter",
    )


def test_training_that_torch_refuses_ends_the_row() -> None:
    found = session("3x1x1 | bn | fc 2", batches=(1, 2), backward=True, per_layer=True).run()
    assert [row["status"] for row in found["rows"]] == ["ok", "failed", "ok", "ok"]
    assert "more than 1 value per channel" in found["rows"][1]["message"]


def test_tensors_of_a_result() -> None:
    one, other = torch.zeros(1), torch.zeros(2)
    assert [each.numel() for each in tensors({"a": one, "b": (other, None, [one])})] == [1, 2, 1]


# -- memory, interrupts -----------------------------------------------------------------------------------------------


class Failing(nn.Module):
    """A module that raises for large batches."""

    def __init__(self, error: BaseException, batch: int) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.error, self.batch = error, batch

    def forward(self, value: Any) -> Any:
        if value.shape[0] >= self.batch:
            raise self.error
        return self.fc(value)


OUT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nMore words.")


@pytest.mark.parametrize(
    "error",
    [OUT, MemoryError(), RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")],
)
def test_out_of_memory_ends_the_row(error: Exception) -> None:
    found = session("4 | fc 2", Failing(error, 8), batches=(1, 8, 2)).run()
    assert [row["status"] for row in found["rows"]] == ["ok", "out of memory", "ok"]
    assert found["rows"][1]["time"] is None
    assert found["complete"]
    text = render.table(found)
    assert "    8  out of memory" in text
    assert message_of(OUT) == "CUDA out of memory. Tried to allocate 20.00 GiB."


def test_what_is_no_torch_error_is_told() -> None:
    with pytest.raises(KeyError):
        session("4 | fc 2", Failing(KeyError("a fault of ours"), 1)).run()
    assert status_of(Unsupported("no")) == "unsupported"
    assert message_of(ValueError()) == "ValueError"
    assert len(message_of(ValueError("x" * 999))) == 300


def test_an_interrupt_keeps_what_was_measured() -> None:
    one = session("4 | fc 2", Failing(KeyboardInterrupt(), 4), batches=(1, 2, 4, 8))
    before = snapshot()
    with pytest.raises(KeyboardInterrupt):
        one.run()
    assert snapshot() == before
    found = one.record()
    assert found["complete"] is False
    assert [row["batch"] for row in found["rows"]] == [1, 2]
    assert render.table(found).endswith("interrupted: what was measured until then\n")


def test_an_interrupt_among_the_layers() -> None:
    one = session(TINY, per_layer=True)
    steps = one.steps()
    for step in steps:
        if step.endswith("relu1"):
            break
    steps.close()
    found = one.record()
    assert found["complete"] is False
    assert [each["name"] for each in found["rows"][0]["layers"]] == ["conv1", "relu1"]
    assert found["rows"][0]["layers_seconds"] is None
    json.dumps(found)
    assert "relu1" in render.table(found)
    ET.fromstring(plot.svg(found))


# -- what is left alone -----------------------------------------------------------------------------------------------


def snapshot() -> dict[str, Any]:
    """All that a measurement could leave behind."""
    return {
        **switches(),
        "threads": torch.get_num_threads(),
        "interop": torch.get_num_interop_threads(),
        "random": torch.get_rng_state().tolist(),
        "seed": torch.initial_seed(),
        "dtype": torch.get_default_dtype(),
        "device": torch.empty(0).device,
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


@pytest.fixture
def as_found() -> Iterator[None]:
    """Torch's switches as they were before the test."""
    before = switches()
    yield
    restore(before)
    assert switches() == before


def probe_everything() -> None:
    found = session(BUSY, batches=(2,), dtypes=("float32", "tf32", "float16"), backward=True, per_layer=True).run()
    assert found["complete"]


def test_global_state_is_untouched() -> None:
    before = snapshot()
    probe_everything()
    assert snapshot() == before


def test_global_state_of_another_mind_is_untouched(as_found: None) -> None:
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(3)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16), torch.device("meta"):
        before = snapshot()
        probe_everything()
        assert snapshot() == before
    torch.set_default_dtype(torch.float64)
    try:
        before = snapshot()
        probe_everything()
        assert snapshot() == before
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.skipif(NEW[0] not in switches(), reason="this torch has one interface to the precision of products only")
def test_the_newer_precision_switches_are_put_back(as_found: None) -> None:
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    torch.backends.cudnn.conv.fp32_precision = "ieee"
    before = switches()
    assert "cuda.matmul.allow_tf32" not in before  # torch refuses to tell, now that both interfaces were used
    with borrowed(CPU, tf32=False):
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
    with borrowed(CPU, tf32=True):
        assert torch.backends.cudnn.conv.fp32_precision == "tf32"
    assert switches() == before
    torch.backends.cuda.matmul.fp32_precision = "none"
    torch.backends.cudnn.conv.fp32_precision = torch.backends.cudnn.rnn.fp32_precision


def test_borrowed_sets_what_a_row_needs() -> None:
    with borrowed(CPU, tf32=True):
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.benchmark
        assert not torch.is_grad_enabled()
    with borrowed(CPU, gradients=True):
        assert torch.get_float32_matmul_precision() == "highest"
        assert torch.is_grad_enabled()
        torch.rand(3)
    assert set(switches()) <= set(SWITCHES)


def test_a_model_is_left_as_found() -> None:
    made = graph(BUSY)
    model = build(made, seed=5)
    model.train()
    model.get_submodule("bn1").eval()
    parameters = list(model.parameters())
    parameters[0].requires_grad_(False)
    parameters[1].grad = torch.ones_like(parameters[1])
    modes = [each.training for each in model.modules()]
    state = {name: (value.data_ptr(), value.clone()) for name, value in model.state_dict().items()}
    plan = Plan(batches=(2,), dtypes=("bfloat16",), memory_formats=("channels_last",), backward=True, per_layer=True)
    found = Session(made, plan, CPU, model, CPUStopwatch(flush_bytes=0), QUICK).run()
    assert {row["status"] for row in found["rows"]} == {"ok"}
    assert [each.training for each in model.modules()] == modes
    for name, value in model.state_dict().items():
        place_, content = state[name]
        assert value.data_ptr() == place_ and torch.equal(value, content) and value.dtype == content.dtype
    assert not parameters[0].requires_grad
    assert torch.equal(parameters[1].grad, torch.ones_like(parameters[1]))
    assert parameters[2].grad is None


def test_layers_of_a_strange_module_cannot_be_told() -> None:
    with pytest.raises(Unsupported, match="a module that cnncalc has built"):
        session("4 | fc 2", nn.Linear(4, 2), per_layer=True)


# -- the record -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """A record with layers, by way of JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceilings, "CPU_SIZES", (16, 32))
        patch.setattr(ceilings, "CPU_COPY", 2**16)
        one = session(BUSY, batches=(1, 2), dtypes=("float32", "tf32"), per_layer=True)
        found: dict[str, Any] = json.loads(records.text(one.run()))
    return found


def test_the_keys_of_a_record_are_stable(written: dict[str, Any]) -> None:
    assert (written["version"], written["kind"]) == (1, "cnncalc probe")
    assert tuple(written) == records.TOP
    assert tuple(written["network"]) == records.NETWORK
    assert tuple(written["environment"]) == records.ENVIRONMENT
    assert tuple(written["settings"]) == records.SETTINGS
    assert tuple(written["ceilings"]) == records.CEILINGS
    assert tuple(written["ceilings"]["copy"]) == records.COPY
    for each in written["ceilings"]["matmul"]:
        assert tuple(each) == records.MATMUL
    for row in written["rows"]:
        assert tuple(row) == records.ROW
        assert row["time"] is None or tuple(row["time"]) == records.TIMING
        for layer in row["layers"] or ():
            assert tuple(layer) == records.LAYER


def test_no_key_was_renamed_or_removed() -> None:
    """The contract, written out once more: a key may be added here, none may go."""
    assert records.ROW[:7] == ("batch", "dtype", "memory_format", "pass", "mode", "status", "message")
    assert {
        *("time", "images_per_second", "flops", "operations", "bytes", "flops_per_second", "bytes_per_second"),
        *("flops_share", "bytes_share", "floor_seconds", "floor_share", "launch_gap_seconds", "layers_seconds"),
        *("layers_gap_seconds", "tf32", "state", "layers"),
    } <= set(records.ROW)
    assert {"name", "kind", "mode", "status", "message", "time", "intensity", "bound", "floor_share"} <= set(
        records.LAYER
    )
    assert {"median_seconds", "q1_seconds", "q3_seconds", "iqr_seconds", "repeats", "warm", "settled"} <= set(
        records.TIMING
    )
    assert {"device", "name", "torch", "cuda", "cudnn", "driver", "threads", "found_switches"} <= set(
        records.ENVIRONMENT
    )


def test_the_document_names_every_key() -> None:
    words = (ROOT / "docs" / "probe.md").read_text("utf-8")
    for part in ("TOP", "NETWORK", "ENVIRONMENT", "SETTINGS", "CEILINGS", "COPY", "MATMUL", "TIMING", "ROW", "LAYER"):
        for key in getattr(records, part):
            assert f"`{key}`" in words or f".{key}`" in words, key
    for key in [*environment.STATE, *environment.LIMITS]:
        assert f"`{key}`" in words


def test_a_record_goes_round(written: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    records.write(path, written)
    assert records.read(path) == written
    assert [each.name for each in tmp_path.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "No such file"),
        ("{", "is no JSON"),
        ("[1]", "is no record of a probe"),
        ('{"version": 1, "networks": []}', "is no record of a probe"),
        ('{"kind": "cnncalc probe", "version": 2}', "is of version 2; this cnncalc reads version 1"),
        ('{"kind": "cnncalc probe", "version": 1}', "lacks tool, date"),
        (
            json.dumps(
                {**{key: {} for key in records.TOP}, "kind": records.KIND, "version": 1, "rows": [{"batch": 1}]}
            ),
            "has a row that lacks dtype",
        ),
    ],
)
def test_files_that_are_no_records(content: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(records.Unreadable, match=words):
        records.read(path)


@pytest.mark.parametrize(
    "part, value", [("rows", [{"batch": 1}]), ("ceilings", 3), ("environment", []), ("network", 1)]
)
def test_records_that_were_changed(written: dict[str, Any], part: str, value: object) -> None:
    with pytest.raises(records.Unreadable, match="not as `cnncalc probe` wrote it"):
        compare({**written, part: value}, written)


def test_the_environment_is_told(written: dict[str, Any]) -> None:
    found = written["environment"]
    assert found["device"] == "cpu"
    assert found["torch"] == str(torch.__version__)
    assert found["threads"] == torch.get_num_threads()
    assert found["found_switches"]["cudnn.benchmark"] is False
    assert written["network"]["name"]
    assert written["network"]["inputs"] == [{"name": "input", "shape": [3, 8, 8]}]


def test_answers_of_nvidia_smi(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = list(environment.STATE.values())
    assert environment.answers("1980, 2619, 210.55, 41\n", fields) == dict(
        zip(fields, ["1980", "2619", "210.55", "41"], strict=True)
    )
    assert environment.answers("", fields) is None
    assert environment.answers("1, 2\n", fields) is None
    assert environment.answers("1, 2, 3, 4\n1, 2, 3, 4\n", fields) is None
    script = "import time; time.sleep(0.2); print('1980, 2619, [N/A], 41')"
    monkeypatch.setattr(environment, "query_command", lambda *_: [sys.executable, "-c", script])
    loads: list[int] = []
    cuda = torch.device("cuda")
    assert environment.state_under(cuda, lambda: loads.append(1)) == {
        "sm_clock_mhz": 1980.0,
        "memory_clock_mhz": 2619.0,
        "power_watts": None,
        "temperature_celsius": 41.0,
    }
    assert loads
    monkeypatch.setattr(environment, "query_command", lambda *_: [sys.executable, "-c", "raise SystemExit(9)"])
    assert environment.state_under(cuda, lambda: None) is None
    assert environment.query(cuda, fields) is None
    monkeypatch.setattr(environment, "query_command", lambda *_: ["no-such-nvidia-smi"])
    assert environment.state_under(cuda, lambda: None) is None
    assert environment.query(cuda, fields) is None


def test_ceilings_take_the_fastest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ceilings.matmul_ceiling("float32", CPUStopwatch(flush_bytes=0), QUICK)
    assert found["size"] == 16 and len(found["tried"]) == 1  # the next would not fit into no time at all
    found = ceilings.matmul_ceiling("float32", CPUStopwatch(flush_bytes=0), Rule(0.1))
    assert {each["size"] for each in found["tried"]} == {16, 32}
    assert found["flops_per_second"] == max(each["flops_per_second"] for each in found["tried"])
    assert found["flops"] == 2 * found["size"] ** 3

    def full(*_: Any, **__: Any) -> None:
        raise OUT

    monkeypatch.setattr(ceilings, "noise", full)
    assert ceilings.copy_ceiling(CPUStopwatch(flush_bytes=0), QUICK) is None
    assert ceilings.matmul_ceiling("float32", CPUStopwatch(flush_bytes=0), QUICK)["status"] == "out of memory"
    rows = session(TINY)
    assert rows.ceilings("float32") is None


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_the_table(written: dict[str, Any]) -> None:
    text = render.table(written, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "contiguous, forward, eager" in text
    assert "    2  tf32     unsupported: tf32 is a mode" in text
    assert "layers alone: batch 2 float32 contiguous forward eager" in text
    assert re.search("^maxpool1 +maxpool ", text, re.MULTILINE)
    wide = render.table(written, 200)
    assert "B/s  of copy  floor" in wide
    busy = {**written, "rows": [{**row, "floor_share": 1.2} for row in written["rows"]], "complete": False}
    assert "above 100%" in render.table(busy, 80) and "interrupted" in render.table(busy, 80)
    assert max(map(len, render.table(busy, 80).splitlines())) <= 80
    assert "\x1b[" in render.coloured(render.lines(written, 80), 80)
    assert json.loads(render.as_document(written)) == written


def test_figures_as_text() -> None:
    assert [measures.seconds(each) for each in (12.5, 0.0012344, 0.0998, 3.3e-6, 4e-8, None, -0.002)] == [
        *("12.50 s", "1.234 ms", "99.80 ms", "3.300 µs", "40 ns", "-", "-2.000 ms"),
    ]
    assert [measures.rate(each) for each in (7.98e14, 4.3e12, 123456.0, 12.0, None)] == [
        *("798 T", "4.30 T", "123 k", "12", "-"),
    ]
    assert [measures.percent(each) for each in (0.0123, 0.5, 1.2, None)] == ["1.2%", "50%", "120%", "-"]


def test_the_plot(written: dict[str, Any]) -> None:
    root = ET.fromstring(plot.svg(written))
    words = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("arithmetic intensity [operations per byte]") == 2
    assert words.count("speed [operations per second]") == 2
    assert any(word.startswith("float32: ") and word.endswith("op/s") for word in words)
    assert any(word.startswith("ridge ") for word in words)
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")]
    drawn = [each for row in written["rows"] for each in row["layers"] or () if each["operations"] and each["bytes"]]
    assert len(titles) == len(drawn)
    assert {each.partition(" ")[0] for each in titles} == {each["name"] for each in drawn}
    kinds = {each["kind"] for each in drawn}
    assert kinds <= set(words)


def test_the_plot_without_layers_and_of_nothing(written: dict[str, Any]) -> None:
    bare = {**written, "rows": [{**row, "layers": None} for row in written["rows"]]}
    root = ET.fromstring(plot.svg(bare))
    assert len(list(root.iter("{http://www.w3.org/2000/svg}title"))) == 2
    nothing = {**written, "rows": [], "ceilings": {"copy": None, "matmul": []}}
    ET.fromstring(plot.svg(nothing))
    assert "measured ceilings: none" in render.table(nothing)
    named = {**written, "network": {**written["network"], "name": "<a & b>"}}
    assert "&lt;a &amp; b&gt;" in plot.svg(named)


# -- comparing --------------------------------------------------------------------------------------------------------


def spread(low: float, middle: float, high: float) -> dict[str, Any]:
    return {"q1_seconds": low, "median_seconds": middle, "q3_seconds": high}


def test_a_difference_counts_where_the_spreads_lie_apart() -> None:
    assert times(spread(0.9, 1.0, 1.1), spread(1.05, 1.5, 1.6)) == {
        "a_seconds": 1.0,
        "b_seconds": 1.5,
        "ratio": 1.5,
        "beyond_spread": False,
    }
    assert times(spread(0.9, 1.0, 1.1), spread(1.2, 1.5, 1.6))["beyond_spread"] is True
    assert times(spread(1.2, 1.5, 1.6), spread(0.9, 1.0, 1.1))["beyond_spread"] is True
    assert times(None, spread(1, 1, 1)) == {"a_seconds": None, "b_seconds": 1, "ratio": None, "beyond_spread": None}


def test_comparison(written: dict[str, Any]) -> None:
    other = json.loads(json.dumps(written))
    other["environment"]["torch"] = "3.0"
    other["network"]["name"] = "another"
    other["ceilings"]["matmul"][0]["flops_per_second"] *= 2
    for layer in other["rows"][0]["layers"]:
        layer["time"] = {key: value * 10 for key, value in layer["time"].items()}
    first = other["rows"][0]["time"]
    for key in ("q1_seconds", "median_seconds", "q3_seconds"):
        first[key] = written["rows"][0]["time"][key] * 3 + 1
    other["rows"][1]["batch"] = 64
    found = compare(written, other)
    assert found["differences"][0] == {"name": "environment.torch", "a": str(torch.__version__), "b": "3.0"}
    assert found["ceilings"][1]["ratio"] == 2
    assert [row["beyond_spread"] for row in found["rows"]] == [True, None, None]
    assert (found["rows"][1]["a_status"], found["rows"][1]["b_status"]) == ("unsupported", "unsupported")
    assert [each["batch"] for each in found["only_a"]] == [2]
    assert [each["batch"] for each in found["only_b"]] == [64]
    assert len(found["rows"][0]["layers"]) == 10
    text = probe_comparison.table(found)
    assert "these are different networks" in text
    assert "B is slower" in text
    assert "A unsupported, B unsupported" in text
    assert "only B: batch 64 float32 contiguous forward eager" in text
    assert "what else differs: torch" in text
    same = compare(written, written)
    assert not any(row["beyond_spread"] for row in same["rows"])
    assert "within the spread" in probe_comparison.table(same)
    nothing = compare({**written, "rows": []}, written)
    assert "no row in common" in probe_comparison.table(nothing)


# -- the command ------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["probe", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command(tmp_path: Path) -> None:
    out, svg = tmp_path / "a.json", tmp_path / "a.svg"
    options = ["--time", "0.001", "--batch", "1,2", "--device", "cpu"]
    result = run(TINY, *options, "--per-layer", "--out", str(out), "--svg", str(svg))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "float32, contiguous, forward, eager" in result.stdout
    found = records.read(out)
    assert [row["batch"] for row in found["rows"]] == [1, 2]
    assert found["settings"]["seconds"] == 0.001
    ET.parse(svg)
    again = run(TINY, *options, "--format", "json")
    assert json.loads(again.stdout)["complete"] is True
    both = run("--compare", str(out), str(out))
    assert both.exit_code == 0
    assert "within the spread" in both.stdout
    assert json.loads(run("--compare", str(out), str(out), "--format", "json").stdout)["kind"] == (
        "cnncalc probe comparison"
    )


def test_an_interrupted_command_writes_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "module_for", lambda *_: Failing(KeyboardInterrupt(), 2))
    out = tmp_path / "a.json"
    result = run("4 | fc 2", "--time", "0.001", "--batch", "1,2,4", "--device", "cpu", "--out", str(out))
    assert result.exit_code == 130
    assert "interrupted" in result.stdout
    found = records.read(out)
    assert found["complete"] is False
    assert [row["batch"] for row in found["rows"]] == [1]


def test_nothing_measured_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "module_for", lambda *_: Failing(OUT, 1))
    result = run("4 | fc 2", "--time", "0.001", "--device", "cpu")
    assert result.exit_code == 2
    assert "out of memory: CUDA out of memory" in result.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "Missing argument 'TARGET' (or --compare A.json B.json)"),
        ([TINY, "--compare", "a", "b"], "--compare takes two records and no TARGET"),
        (["--compare", "a", "b", "--out", "c", "--graphs"], "measures nothing: --graphs, --out cannot stand beside it"),
        (["--compare", "no.json", "no.json"], "no.json: No such file"),
        (
            ["--compare", "no.json", "no.json", "--out", "a.json"],
            "--compare measures nothing: --out cannot stand beside it",
        ),
        ([TINY, "--batch", "1,x"], "'x': whole numbers from 1, separated by commas"),
        ([TINY, "--batch", "0"], "'0': whole numbers"),
        ([TINY, "--dtype", "float32,int9"], "'int9': choose from float32, tf32, bfloat16, float16"),
        ([TINY, "--memory-format", "nhwc"], "'nhwc': choose from contiguous, channels_last"),
        ([TINY, "--time", "0"], "--time"),
        ([TINY, "--out", "no/such/folder/a.json"], "cannot be written there"),
        ([TINY, "--device", "tpu"], "there is no device 'tpu'"),
        ([TINY, "--device", "cpu", "--graphs"], "CUDA graphs need a CUDA device, not cpu"),
        (["3x8x8 | conv 4 11", "--device", "cpu"], "S103"),
    ],
)
def test_what_cannot_run(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not result.stdout


@pytest.mark.skipif(not without_cuda, reason="there is CUDA here")
def test_no_cuda_is_told() -> None:
    result = run(TINY, "--device", "cuda")
    assert result.exit_code == 2
    assert "there is no CUDA here" in result.stderr
    assert device_for("auto") == CPU
    with pytest.raises(SpecError, match="D102"):
        device_for("cuda:1")


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where torch cannot be imported."""
    code = "import sys; sys.modules['torch'] = None; from cnncalc.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "probe", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_without_torch(written: dict[str, Any], tmp_path: Path) -> None:
    done = alone(TINY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error[D101]: probe needs torch\n = help: pip install 'cnncalc[torch]'\n"
    path = tmp_path / "a.json"
    records.write(path, written)
    done = alone("--compare", str(path), str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "within the spread" in done.stdout
    assert alone("--help").returncode == 0


# -- torch.compile ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="torch.compile needs a C++ compiler")
def test_compiled_rows() -> None:
    found = session("3x8x8 | conv 4 3 | bn | relu | fc 2", batches=(1, 2), compile=True, backward=True).run()
    assert {row["mode"] for row in found["rows"]} == {"eager", "compile"}
    assert {row["message"]: row["status"] for row in found["rows"]} == {None: "ok"}


# -- CUDA -------------------------------------------------------------------------------------------------------------

cuda = pytest.mark.skipif(without_cuda, reason="needs a CUDA device")


@pytest.mark.cuda
@cuda
def test_events_take_the_time_of_the_device() -> None:
    device = device_for("cuda")
    watch = CUDAStopwatch(device)
    one = torch.randn(4096, 4096, device=device)
    work = Work(torch.matmul, lambda: (one, one), lambda: (one.clone(), one.clone()))
    with borrowed(device):
        timing = measure(watch.eager(work), Rule(2.0))
        replayed = measure(watch.captured(work, 2), Rule(2.0))
    rate = 2 * 4096**3 / timing.median
    assert 1e11 < rate < 1e15  # between a very old card and one that is not built yet, in float32
    assert timing.warm
    assert abs(replayed.median / timing.median - 1) < 0.2


@pytest.mark.cuda
@cuda
def test_ceilings_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    device = device_for("cuda")
    watch = CUDAStopwatch(device)
    copied = ceilings.copy_ceiling(watch, Rule(1.0))
    assert copied is not None
    assert copied["bytes_per_second"] > 5e10
    found = {dtype: ceilings.matmul_ceiling(dtype, watch, Rule(1.0)) for dtype in ("float32", "float16")}
    assert {each["status"] for each in found.values()} == {"ok"}
    assert found["float16"]["flops_per_second"] > 0.9 * found["float32"]["flops_per_second"]


@pytest.mark.cuda
@cuda
def test_a_probe_of_everything_on_cuda() -> None:
    device = device_for("cuda")
    state, generator = snapshot(), torch.cuda.get_rng_state(device)
    plan = Plan(
        batches=(1, 4),
        dtypes=("float32", "tf32", "bfloat16", "float16"),
        memory_formats=("contiguous", "channels_last"),
        backward=True,
        per_layer=True,
        graphs=True,
        seconds=0.05,
    )
    found = Session(graph(BUSY), plan, device).run()
    assert {row["message"] for row in found["rows"] if row["status"] != "ok"} <= {"tf32 needs compute capability 8.0"}
    for row in found["rows"]:
        if row["status"] == "ok" and row["mode"] == "graph":
            assert {each["message"]: each["status"] for each in row["layers"]} == {None: "ok"}
        if row["status"] == "ok" and row["mode"] == "eager":
            assert row["launch_gap_seconds"] is not None
    assert found["environment"]["compute_capability"]
    assert snapshot() == state
    assert torch.equal(torch.cuda.get_rng_state(device), generator)


@pytest.mark.cuda
@cuda
def test_out_of_memory_on_cuda_ends_the_row() -> None:
    device = device_for("cuda")
    plan = Plan(batches=(1, 10**7, 2), seconds=0.05)
    found = Session(graph("3x512x512 | conv 64 3 p1"), plan, device).run()
    assert [row["status"] for row in found["rows"]] == ["ok", "out of memory", "ok"]


def test_errors_are_json_where_json_is_asked_for() -> None:
    result = run("nonsense", "--format", "json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert [each["code"] for each in json.loads(result.stdout)["errors"]] == ["Y001"]
