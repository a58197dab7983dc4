"""All that a machine with a GPU is to measure, in one go: ``python -m tests.measure_cuda FOLDER``.

Writes into the folder, at most seven files with the date, the device and all versions:

* ``verify.json``: every bundled network verified on the device;
* ``memory.json``: the memory model against the allocator, for ten training set-ups, once without workspaces (requested
  bytes are to be equal) and once with torch's defaults;
* ``probe_*.json``: the records of ``cnncalc probe`` for four networks, their rows and their layers;
* ``summary.md``: all of it as tables.

Each part has a share of ``--seconds`` and stops there; what it did not come to is listed.  ``--draw`` draws the
rooflines of the records in a folder, without torch.  ``--device cpu --small`` does the same in a small form.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc import api, library
from cnncalc.analysis.memory import replay, simulate
from cnncalc.analysis.memory.gpus import Gpu
from cnncalc.graph import Graph

SECONDS = 420.0
SHARES = {"verify": 0.45, "memory": 0.2, "probes": 0.35}


class Setup(NamedTuple):
    """A training step that is measured."""

    network: str
    batch: int
    dtype: str
    optimizer: str

    @property
    def graph(self) -> Graph:
        return api.analyse(self.network).graph


SETUPS = (
    Setup("alexnet", 128, "float32", "momentum"),
    Setup("vgg16", 32, "float32", "sgd"),
    Setup("vgg16", 32, "amp", "momentum"),
    Setup("resnet50", 64, "float32", "adam"),
    Setup("resnet50", 64, "amp", "adamw"),
    Setup("resnet50", 64, "bfloat16", "sgd"),
    Setup("densenet121", 32, "float32", "sgd"),
    Setup("mobilenet_v3_large", 128, "float32", "rmsprop"),
    Setup("efficientnet_b0", 64, "amp", "adam"),
    Setup("unet", 4, "float32", "adagrad"),
)
SMALL = (Setup("lenet5", 4, "float32", "adam"), Setup("mobilenet_v1_0_25", 1, "amp", "sgd"))
PROBED = ("alexnet", "vgg16", "resnet50", "efficientnet_b0")


class Clock:
    """What is left of some seconds."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())


def head(device: str) -> dict[str, Any]:
    """The date, and everything about the machine and the libraries."""
    import torch

    from cnncalc.backend.probe.environment import environment

    return {"date": datetime.now(UTC).isoformat(timespec="seconds"), "environment": environment(torch.device(device))}


# -- verify ----------------------------------------------------------------------------------------------------------


def verified(device: str, names: Iterable[str], clock: Clock) -> dict[str, Any]:
    """Every network by name, the small ones first."""
    from cnncalc.backend.verify import Verifier

    reports = sorted((report for name in names for report in api.analyse_all(name, batch=2)), key=weight)
    networks: list[dict[str, Any]] = []
    with Verifier(device) as verifier:
        while reports and clock.left:
            networks.append(in_brief(verifier.verify(reports.pop(0)).as_document()))
    return {**head(device), "networks": networks, "left": [each.name for each in reports]}


def weight(report: Any) -> int:
    totals = report.totals
    return int(totals.params + totals.macs // 100)


def in_brief(document: dict[str, Any]) -> dict[str, Any]:
    """A verification without the checks that are equal."""
    names = ("name", "source", "variant", "net", "device", "batch", "dtype", "equal", "skipped", "notes")
    checks = document["checks"]
    return {
        **{name: document[name] for name in names},
        "checks": len(checks),
        "differences": [each for each in checks if not each["equal"]],
    }


# -- memory ----------------------------------------------------------------------------------------------------------


def remembered(device: str, setups: Iterable[Setup], clock: Clock) -> dict[str, Any]:
    """Each set-up in a process with workspaces and in one without, beside what the model says."""
    from cnncalc.backend.device_memory import WITHOUT_WORKSPACES

    setups = tuple(setups)
    workspace = 0
    if device != "cpu":
        import torch

        workspace = Gpu(0, torch.cuda.get_device_capability(device)).workspace_bytes
    found: dict[str, Any] = {
        **head(device),
        "setups": [{**each._asdict(), **predicted(each, device, workspace)} for each in setups],
    }
    for name, environment in (("without_workspaces", WITHOUT_WORKSPACES), ("with_workspaces", {})):
        for row, answer in zip(found["setups"], answers(device, setups, environment, clock), strict=False):
            row[name] = answer
    return found


def predicted(setup: Setup, device: str, workspace: int = 0) -> dict[str, Any]:
    """The model's peak, and the replay of the allocator over three steps: without workspaces, and with cuBLAS's."""
    from cnncalc.backend import truth

    report = simulate(
        setup.graph,
        batch=setup.batch,
        dtype=setup.dtype,
        optimizer=setup.optimizer,
        device=device.partition(":")[0],
        torch=truth.release(),
    )
    found = {"peak_bytes": report.peak_bytes, "saved_bytes": report.saved_bytes}
    if report.device == "cpu":
        return {"predicted": found}
    return {
        "predicted": {**found, **replay(report)._asdict()},
        "predicted_with_workspace": replay(report, workspace=workspace)._asdict(),
    }


def answers(
    device: str, setups: Iterable[Setup], environment: dict[str, str], clock: Clock
) -> Iterator[dict[str, Any]]:
    """What a process of its own measures, line by line; it is ended when the time is over."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.measure_cuda", "--measure", json.dumps([*setups])]
    process = subprocess.Popen(
        [*command, "--device", device, "--seconds", str(clock.left / 2 if environment else clock.left), "-"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)


def measure(setup: Setup, device: str) -> dict[str, Any]:
    """The peaks of three steps, above what was there before."""
    import torch

    from cnncalc.backend import truth
    from cnncalc.backend.device_memory import Peaks, cleared, stats
    from tests.torch_memory import Bench

    def prepared() -> Bench:
        bench = Bench(setup.graph, setup.batch, setup.optimizer, setup.dtype, device=device)
        bench.training()
        return bench

    if device == "cpu":
        bench = prepared()
        bench.step()
        bench.zero()
        return {"requested_bytes": truth.peak_bytes(bench.step, bench.resident(True), bench.zero)}
    before = cleared(device)
    free = torch.cuda.mem_get_info(device)[0]
    torch.cuda.reset_peak_memory_stats(device)
    bench = prepared()
    for _ in range(3):
        bench.zero()
        bench.step()
    torch.cuda.synchronize(device)
    peaks = [after - base for after, base in zip(stats(device, "peak"), before, strict=True)]
    found = {f"{name}_bytes": value for name, value in zip(Peaks._fields, peaks, strict=True)}
    return {**found, "device_bytes": free - torch.cuda.mem_get_info(device)[0]}


def measure_all(setups: Iterable[Setup], device: str, clock: Clock) -> None:
    """One line of JSON for each set-up, whatever happens."""
    for setup in setups:
        if not clock.left:
            return
        try:
            found = measure(setup, device)
        except RuntimeError as error:
            found = {"refused": str(error).splitlines()[0]}
        print(json.dumps(found), flush=True)


# -- probes ----------------------------------------------------------------------------------------------------------


def probed(device: str, name: str, small: bool, clock: Clock) -> dict[str, Any]:
    """The rows of a network in two data types, then its layers at one batch; Ctrl-C would keep as much."""
    import torch

    from cnncalc.backend.probe.runs import Plan, Session

    graphs = not small and device != "cpu"
    rows = (
        Plan((1,), seconds=0.02)
        if small
        else Plan((1, 64), ("tf32", "bfloat16"), backward=True, graphs=graphs, seconds=0.3)
    )
    layers = Plan(
        (1 if small else 64,),
        ("float32",) if small else ("tf32",),
        per_layer=True,
        graphs=graphs,
        seconds=0.02 if small else 0.1,
    )
    graph = api.analyse(name).graph
    found: list[dict[str, Any]] = []
    for plan, share in ((rows, 0.5), (layers, 1.0)):
        session = Session(graph, plan, torch.device(device))
        until = Clock(clock.left * share)
        steps = session.steps()
        for _ in steps:
            if not until.left:
                steps.close()
                break
        found.append(session.record())
    first, second = found
    first["rows"] += [row for row in second["rows"] if row["layers"]]
    first["complete"] = first["complete"] and second["complete"]
    return first


# -- all of it -------------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.measure:
        measure_all([Setup(*each) for each in json.loads(given.measure)], given.device, Clock(given.seconds))
        return 0
    folder = Path(given.folder)
    if given.draw:
        return draw(folder)
    folder.mkdir(parents=True, exist_ok=True)
    clocks: dict[str, Callable[[], Clock]] = {
        name: lambda share=share: Clock(share * given.seconds) for name, share in SHARES.items()
    }
    networks = ("lenet5", "dcgan") if given.small else tuple(library.names())
    verifications = verified(given.device, networks, clocks["verify"]())
    write(folder / "verify.json", verifications)
    memory = remembered(given.device, SMALL if given.small else SETUPS, clocks["memory"]())
    write(folder / "memory.json", memory)
    probes = []
    clock = clocks["probes"]()
    names = ("lenet5",) if given.small else PROBED
    for number, name in enumerate(names):
        probes.append(probed(given.device, name, given.small, Clock(clock.left / (len(names) - number))))
        write(folder / f"probe_{name}.json", probes[-1])
    (folder / "summary.md").write_text(summary(verifications, memory, probes), "utf-8")
    return 0 if all(each["equal"] for each in verifications["networks"]) else 1


def write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(f"wrote {path}", flush=True)


def draw(folder: Path) -> int:
    """The rooflines of the records in a folder."""
    from cnncalc.backend.probe.record import read
    from cnncalc.render import roofline

    for path in sorted(folder.glob("probe_*.json")):
        path.with_suffix(".svg").write_text(roofline.svg(read(path)), "utf-8")
        print(f"wrote {path.with_suffix('.svg')}")
    return 0


def summary(verifications: dict[str, Any], memory: dict[str, Any], probes: list[dict[str, Any]]) -> str:
    """The three as tables."""
    from cnncalc.render import probe

    machine = verifications["environment"]
    networks = verifications["networks"]
    wrong = [each["name"] for each in networks if not each["equal"]]
    told = ", ".join(f"{name} {machine[name]}" for name in ("torch", "cuda", "cudnn", "driver") if machine[name])
    lines = [
        f"# {machine['name']}, {verifications['date'][:10]}",
        "",
        f"{told}, Python {machine['python']}.",
        "",
        "## Verified",
        "",
        f"{len(networks)} networks, {sum(each['checks'] for each in networks)} checks: "
        + (f"differences in {', '.join(wrong)}" if wrong else "all equal")
        + (f"; no time for {', '.join(verifications['left'])}" if verifications["left"] else "")
        + ".",
        "",
        "## Memory, in bytes",
        "",
        "| network | batch | dtype | optimizer | predicted peak | requested | replayed reserved | reserved | by default |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in memory["setups"]:
        bare, usual = row.get("without_workspaces", {}), row.get("with_workspaces", {})
        figures = (
            row["predicted"].get("requested_bytes", row["predicted"]["peak_bytes"]),
            bare.get("requested_bytes", bare.get("refused")),
            row["predicted"].get("reserved_bytes"),
            bare.get("reserved_bytes"),
            usual.get("reserved_bytes"),
        )
        cells = [row["network"], row["batch"], row["dtype"], row["optimizer"], *map(cell, figures)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    for each in probes:
        lines += ["", f"## Timed: {each['network']['name']}", "", "```text", probe.table(each, 100).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def cell(figure: int | str | None) -> str:
    return f"{figure:,}" if isinstance(figure, int) else figure or ""


if __name__ == "__main__":
    raise SystemExit(main())
