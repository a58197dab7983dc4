"""The code that only a CUDA device runs, run here: torch's own functions are replaced by stand-ins that take the same
arguments as they do, so that a call which torch would not understand fails here, too."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest

torch = pytest.importorskip("torch")

import cnncalc  # noqa: E402
from cnncalc.analysis.memory import simulate  # noqa: E402
from cnncalc.backend import device_memory  # noqa: E402
from cnncalc.backend.device_memory import Job, Peaks  # noqa: E402
from cnncalc.backend.probe import environment  # noqa: E402
from cnncalc.backend.probe.state import borrowed  # noqa: E402
from cnncalc.backend.probe.stopwatch import CUDAStopwatch, Work  # noqa: E402

NETWORK = "3x8x8 | conv 4 3 | bn | relu | fc 2"
NAMES = (
    "Event", "Stream", "CUDAGraph", "current_stream", "stream", "graph", "device", "synchronize", "empty_cache",
    "mem_get_info", "memory_stats", "reset_peak_memory_stats", "get_device_properties", "get_device_name",
    "current_device", "get_rng_state", "set_rng_state",
)  # fmt: skip


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """``torch.cuda`` as far as it is used, with the signatures of the real one."""
    made = {name: create_autospec(getattr(torch.cuda, name)) for name in NAMES}
    for name, each in made.items():
        monkeypatch.setattr(torch.cuda, name, each)
    return SimpleNamespace(**made)


def work(log: list[Any]) -> Work:
    return Work(log.append, lambda: ("prepared",), lambda: ("copied",))


def test_the_stopwatch(cuda: SimpleNamespace) -> None:
    cuda.Event.return_value.elapsed_time.return_value = 2.0  # milliseconds
    cuda.mem_get_info.return_value = (3, 8)
    log: list[Any] = []
    watch = CUDAStopwatch(torch.device("cpu"), flush_bytes=16)
    assert watch.eager(work(log))(3) == [0.002] * 3
    assert log == ["prepared"] * 3
    assert watch.free_bytes() == 3
    cuda.Event.assert_called_with(enable_timing=True)
    cuda.synchronize.assert_called_once_with(torch.device("cpu"))
    watch.release()
    cuda.empty_cache.assert_called_once_with()


def test_a_graph(cuda: SimpleNamespace) -> None:
    cuda.Event.return_value.elapsed_time.return_value = 8.0
    log: list[Any] = []
    watch = CUDAStopwatch(torch.device("cpu"), flush_bytes=0)
    sample = watch.captured(work(log), copies=4)
    assert log == ["prepared"] * 3 + ["copied"] * 4  # warmed up on another stream, then captured
    assert cuda.Stream.return_value.wait_stream.called and cuda.current_stream.return_value.wait_stream.called
    assert sample(2) == [0.002] * 2  # four runs in a graph of 8 ms
    assert cuda.CUDAGraph.return_value.replay.call_count == 2
    assert len(log) == 7


def test_random_numbers_are_put_back(cuda: SimpleNamespace) -> None:
    device = SimpleNamespace(type="cuda")
    with borrowed(device):  # type: ignore[arg-type]
        pass
    cuda.get_rng_state.assert_called_once_with(device)
    cuda.set_rng_state.assert_called_once_with(cuda.get_rng_state.return_value, device)


def test_the_allocator_is_read(cuda: SimpleNamespace) -> None:
    """Peaks of an inference and of a step above what was there before."""
    peaks = iter([700, 1900])

    def read(device: str) -> dict[str, int]:
        when, bytes_ = ("peak", next(peaks)) if cuda.reset_peak_memory_stats.called else ("current", 100)
        cuda.reset_peak_memory_stats.called = False
        return {f"{name}_bytes.all.{when}": bytes_ for name in Peaks._fields}

    cuda.memory_stats.side_effect = read
    graph = cnncalc.analyse(NETWORK).graph
    found = device_memory.measure(Job(graph, 2, "float32", "cpu"))
    assert (found.inference, found.training, found.refused) == (Peaks(600, 600, 600), Peaks(1800, 1800, 1800), None)
    assert found.saved == simulate(graph, batch=2, training=True).saved_bytes
    assert cuda.reset_peak_memory_stats.call_count == 2


def test_a_step_that_does_not_fit(cuda: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda.memory_stats.return_value = {}

    def full(self: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore words")

    monkeypatch.setattr(device_memory.Bench, "step", full)
    found = device_memory.measure(Job(cnncalc.analyse(NETWORK).graph, 2, "float32", "cpu"))
    assert found.refused == "CUDA out of memory. Tried to allocate 2.00 GiB."
    assert found.inference is not None
    assert found.training is None


ANSWERS = {
    "driver_version": "560.35.03",
    "clocks.max.sm": "1980",
    "clocks.max.mem": "2619",
    "power.limit": "700.00",
    "clocks.sm": "1755",
    "clocks.mem": "2619",
    "power.draw": "512.33",
    "temperature.gpu": "[N/A]",
}


@pytest.fixture
def device(cuda: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A device of that type, whose driver answers."""
    cuda.get_device_name.return_value = "NVIDIA H200"
    cuda.get_device_properties.return_value = SimpleNamespace(
        major=9, minor=0, total_memory=150_000_000_000, multi_processor_count=132, L2_cache_size=2**26, uuid="1-2-3"
    )
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)

    def told(command: list[str]) -> str:
        fields = next(each for each in command if each.startswith("--query-gpu=")).removeprefix("--query-gpu=")
        assert command[:2] == ["nvidia-smi", "--id=GPU-1-2-3"]
        return ", ".join(ANSWERS[field] for field in fields.split(","))

    def run(command: list[str], **_: Any) -> Any:
        return SimpleNamespace(stdout=told(command) + "\n")

    class Process:
        returncode = 0

        def __init__(self, command: list[str], **_: Any) -> None:
            self.command = command
            self.polls = 0

        def poll(self) -> int | None:
            self.polls += 1
            return None if self.polls < 3 else 0

        def communicate(self) -> tuple[str, None]:
            return told(self.command), None

    monkeypatch.setattr(environment.subprocess, "run", run)
    monkeypatch.setattr(environment.subprocess, "Popen", Process)
    return SimpleNamespace(type="cuda", index=0)


def test_the_environment(device: Any) -> None:
    found = environment.environment(device)
    wanted = {
        "device": "cuda",
        "name": "NVIDIA H200",
        "cudnn": 91002,
        "driver": "560.35.03",
        "compute_capability": "9.0",
        "memory_bytes": 150_000_000_000,
        "multiprocessors": 132,
        "l2_bytes": 2**26,
        "limits": {"sm_clock_max_mhz": 1980.0, "memory_clock_max_mhz": 2619.0, "power_limit_watts": 700.0},
    }
    assert {name: found[name] for name in wanted} == wanted


def test_the_state_under_load(device: Any) -> None:
    runs: list[None] = []
    found = environment.state_under(device, lambda: runs.append(None))
    assert found == {
        "sm_clock_mhz": 1755.0,
        "memory_clock_mhz": 2619.0,
        "power_watts": 512.33,
        "temperature_celsius": None,
    }
    assert runs


@pytest.mark.parametrize("broken", [OSError("none"), subprocess.TimeoutExpired("nvidia-smi", 10)])
def test_a_driver_that_does_not_answer(device: Any, broken: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise broken

    monkeypatch.setattr(environment.subprocess, "run", fail)
    found = environment.environment(device)
    assert (found["driver"], found["limits"], found["memory_bytes"]) == (None, None, 150_000_000_000)


@pytest.mark.parametrize(
    ("shown", "index", "wanted"),
    [("", 1, "1"), ("3,5", 1, "5"), ("GPU-aa,GPU-bb", 0, "GPU-aa"), ("3", 1, None), ("3", None, "3")],
)
def test_a_device_by_its_number(
    cuda: SimpleNamespace, shown: str, index: int | None, wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torches without a uuid: what ``CUDA_VISIBLE_DEVICES`` shows, counted from 0."""
    cuda.get_device_properties.return_value = SimpleNamespace()
    cuda.current_device.return_value = 0
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    assert environment.identity(SimpleNamespace(type="cuda", index=index)) == wanted  # type: ignore[arg-type]
