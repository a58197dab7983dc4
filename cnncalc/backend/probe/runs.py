"""A probe from beginning to end: what is measured, in which order, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import nn

from cnncalc._version import __version__
from cnncalc.analysis.report import Report
from cnncalc.analysis.roofline import Ceilings, costs
from cnncalc.backend.build import Twin
from cnncalc.backend.probe import record, rows
from cnncalc.backend.probe.ceilings import copy_ceiling, matmul_ceiling
from cnncalc.backend.probe.environment import environment, state_under
from cnncalc.backend.probe.errors import is_expected, message_of, status_of
from cnncalc.backend.probe.kinds import DTYPES, Kind, memory_format
from cnncalc.backend.probe.layers import Outcome, Walk
from cnncalc.backend.probe.network import backward_work, compiled, forward_work, inputs_for, module_for
from cnncalc.backend.probe.state import borrowed
from cnncalc.backend.probe.stopwatch import Stopwatch, Unsupported, Work, stopwatch_for
from cnncalc.backend.probe.timer import Rule, Timing, measure
from cnncalc.errors import fault
from cnncalc.graph import Graph
from cnncalc.units import DTYPE_BYTES


class Plan(NamedTuple):
    """What to measure.  ``seconds`` bounds each measurement: a row, a layer, a ceiling."""

    batches: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ("float32",)
    memory_formats: tuple[str, ...] = ("contiguous",)
    backward: bool = False
    per_layer: bool = False
    compile: bool = False
    graphs: bool = False
    seconds: float = 3.0
    seed: int = 0

    @property
    def passes(self) -> tuple[str, ...]:
        return (record.FORWARD, record.BACKWARD) if self.backward else (record.FORWARD,)

    @property
    def modes(self) -> tuple[str, ...]:
        found = ["eager"]
        found += ["graph"] * self.graphs + ["compile"] * self.compile
        found += ["compile+graph"] * (self.graphs and self.compile)
        return tuple(found)

    @property
    def layer_mode(self) -> str:
        """The mode in which layers are timed, and whose rows have them."""
        return "graph" if self.graphs else "eager"


class Session:
    """A probe that is under way.  :meth:`steps` makes the measurements one by one; :meth:`record` tells at any time
    what has been measured so far."""

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        device: torch.device,
        model: nn.Module | None = None,
        stopwatch: Stopwatch | None = None,
        rule: Rule | None = None,
    ) -> None:
        self.graph = graph
        self.plan = plan
        self.device = device
        self.model = model
        self.stopwatch = stopwatch or stopwatch_for(device)
        self.rule = rule or Rule(plan.seconds)
        if plan.graphs and not self.stopwatch.graphs:
            raise fault("D103", f"CUDA graphs need a CUDA device, not {device.type}", help=["leave --graphs out"])
        if plan.per_layer and model is not None and not isinstance(model, Twin):
            raise Unsupported("layers can be timed of a module that cnncalc has built")
        self.date = datetime.now(UTC)
        self.environment = environment(device)
        self.copy: dict[str, Any] | None = None
        self.matmul: dict[str, dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.finished = False

    @property
    def total(self) -> int:
        """How many steps there are."""
        plan = self.plan
        settings = len(plan.dtypes) * len(plan.memory_formats) * len(plan.batches) * len(plan.passes)
        layers = len(self.graph.layers) if plan.per_layer else 0
        return 1 + len(plan.dtypes) + settings * (len(plan.modes) + layers)

    def run(self) -> dict[str, Any]:
        """All of it."""
        for _ in self.steps():
            pass
        return self.record()

    def steps(self) -> Generator[str, None, None]:
        """Make the measurements; what was done is yielded after each, with torch as it was."""
        self.copy = copy_ceiling(self.stopwatch, self.rule)
        yield "copy"
        for dtype in self.plan.dtypes:
            self.matmul[dtype] = matmul_ceiling(dtype, self.stopwatch, self.rule)
            yield f"matmul {dtype}"
        for dtype, format_ in product(self.plan.dtypes, self.plan.memory_formats):
            yield from self.setting(DTYPES[dtype], format_)
        self.finished = True

    def setting(self, kind: Kind, format_: str) -> Iterator[str]:
        """The rows of a data type and a memory format, which share a module."""
        plan = self.plan

        @cache
        def module() -> nn.Module:
            return module_for(self.graph, self.model, kind, memory_format(format_, self.graph), self.device, plan.seed)

        for batch, pass_, mode in product(plan.batches, plan.passes, plan.modes):
            row = rows.empty_row(batch, kind, format_, pass_, mode)
            walk = None
            try:
                walk = self.measure_row(row, kind, module)
            except Exception as error:
                if not is_expected(error):
                    raise
                row |= {"status": status_of(error), "message": message_of(error)}
            if row["status"] != record.OK:
                self.stopwatch.release()
            self.rows.append(row)
            yield rows.label(row)
            if plan.per_layer and mode == plan.layer_mode:
                yield from self.layers(row, walk, kind)

    def measure_row(self, row: dict[str, Any], kind: Kind, module: Callable[[], nn.Module]) -> Walk | None:
        """Time a row and work out its figures; the walk through its layers where they are to be timed as well."""
        training = row["pass"] == record.BACKWARD
        kind.check(self.device)
        arrangement = memory_format(row["memory_format"], self.graph)
        with borrowed(self.device, tf32=kind.tf32, gradients=training):
            model = module()
            model.train(training)
            inputs = inputs_for(self.graph, row["batch"], kind, arrangement, self.device, self.plan.seed)
            timing, state = self.time_row(model, inputs, row["pass"], row["mode"])
            rows.fill(row, self.graph, timing, state, self.ceilings(kind.name))
            if self.plan.per_layer and row["mode"] == self.plan.layer_mode and isinstance(model, Twin):
                return Walk(model, self.graph, inputs, self.stopwatch, self.rule, training=training)
        return None

    def time_row(
        self, model: nn.Module, inputs: tuple[torch.Tensor, ...], pass_: str, mode: str
    ) -> tuple[Timing, rows.State]:
        """The time of the whole network, and the device's state while it runs on a little."""
        call: Callable[..., Any] = compiled(model) if mode.startswith("compile") else model
        if pass_ == record.BACKWARD:
            work: Work = backward_work(call, model, inputs, self.plan.seed)
        else:
            work = forward_work(call, inputs)
        watch = self.stopwatch
        sample = watch.captured(work) if mode.endswith("graph") else watch.eager(work)
        timing = measure(sample, self.rule)
        return timing, state_under(self.device, lambda: sample(1))

    def layers(self, row: dict[str, Any], walk: Walk | None, kind: Kind) -> Iterator[str]:
        """The layers of a row, one step each; where the row has no time, the steps pass without one."""
        training = row["pass"] == record.BACKWARD
        found = costs(self.graph, row["batch"], DTYPE_BYTES[kind.name], training)
        ceilings = self.ceilings(kind.name)
        row["layers"] = [] if walk is not None else None
        for node in self.graph.layers:
            if walk is not None:
                step = walk.steps[len(row["layers"])]
                try:
                    with borrowed(self.device, tf32=kind.tf32, gradients=training):
                        outcome = walk.advance(step, self.plan.graphs)
                except Exception as error:
                    if not is_expected(error):
                        raise
                    outcome = Outcome(step.number, row["mode"], status_of(error), message_of(error), None)
                    walk = None
                row["layers"].append(
                    rows.layer_row(self.graph.nodes[step.number], outcome, found[step.number], ceilings)
                )
            yield f"{rows.label(row)} {node.name}"
        if walk is not None:
            times = [each["time"] for each in row["layers"]]
            if all(times):
                row["layers_seconds"] = sum(each["median_seconds"] for each in times)
                row["layers_gap_seconds"] = row["time"]["median_seconds"] - row["layers_seconds"]

    def ceilings(self, dtype: str) -> Ceilings | None:
        """The measured ceilings of a data type, where there are both."""
        rate = self.matmul.get(dtype, {}).get("flops_per_second")
        return Ceilings(rate, self.copy["bytes_per_second"]) if rate and self.copy else None

    def record(self) -> dict[str, Any]:
        """What has been measured; ``complete`` is false where something is still to come."""
        rows.note_launch_gaps(self.rows)
        report = Report(self.graph)
        network = self.graph.network
        return {
            "version": record.VERSION,
            "kind": record.KIND,
            "tool": f"cnncalc {__version__}",
            "date": self.date.isoformat(timespec="seconds"),
            "complete": self.finished,
            "network": {
                "name": self.graph.name,
                "source": network.source.name,
                "variant": network.variant,
                "net": self.graph.net.name,
                "inputs": [{"name": name, "shape": list(shape)} for name, shape in report.inputs],
                "layers": report.totals.layers,
                "params": report.totals.params,
                "macs": report.totals.macs,
            },
            "environment": self.environment,
            "settings": {
                "seconds": self.rule.seconds,
                "warmup_drift": self.rule.drift,
                "spread": self.rule.spread,
                "least_repeats": self.rule.least,
                "most_repeats": self.rule.most,
                "flush_bytes": self.stopwatch.flush_bytes,
                "cudnn_benchmark": True,
                "data": "normal random values",
                "seed": self.plan.seed,
                "clock": "CUDA events" if self.device.type == "cuda" else "perf_counter_ns",
            },
            "ceilings": {"copy": self.copy, "matmul": list(self.matmul.values())},
            "rows": self.rows,
        }
