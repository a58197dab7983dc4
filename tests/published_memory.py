"""The memory model against published device memory (``tests/data/published_device_memory.json``): a table and the errors.

``python -m tests.published_memory``.  The models are torchvision's, run as torchvision writes them: activations in place,
and the additions of ResNet and MobileNet v3; RegNet's projection before its body (``self.proj(x) + self.f(x)``).

Of 64 runs, 53 fitted their GPU and 11 did not: the model says so of each.  The median error of the 53 is 2.5 % (mean
4.0 %); of the 29 among them that were the first table here 2.8 %, where the target is 2.5 %; xMem, who published the
figures, have 4.1 % on those.  What can be known without a GPU was looked for in xMem's published experiments and in
torch:

* The model's log is that of torchvision's own modules: run eagerly on the CPU, their allocations and releases are the
  model's one by one (MnasNet, MobileNetV2 and V3, RegNet X and Y, VGG-16, ResNet-101), but for the outputs, which a
  script keeps a little longer.  Without RegNet's order, which was wrong here before, the median is the same and the mean
  5.0 %.
* Their measuring script sets ``CUBLAS_WORKSPACE_CONFIG=:0:0``: no workspace is in the figures (3.3 % with the default
  one before the step and RegNet's order wrong, 2.6 % with RegNet's right, 2.8 % with the workspace where torch takes it).
* NVML's figure has the first reading subtracted; torch's context is in that one.  Nothing says what is loaded later.
* Their loop calls ``zero_grad()`` before ``backward()``, keeps inputs, outputs, loss and predictions of the step before,
  and runs four steps: each of these, and all, 2.8 %.
* Segments at falling instead of rising addresses, 1 to 10 steps: 2.8 %.  Adagrad with one list, with its state before the
  batch: 2.8 %.
* A sketch of this model that was written apart has the same events in the same order (but for two releases after the
  product of a squeeze, where torch's trace is as here), and 2.4 %.  One row makes that: it has Adagrad's state made at the
  end of the first step, in blocks that are free by then, and VGG-16 falls from +4.6 to -1.2 %.  torch makes that state
  when the optimizer is built (``test_when_the_state_is_made``).  Additions out of place, as ``torch.fx`` traces them,
  would have given the sketch 1.9 %; torchvision adds in place.
* cuDNN's workspace as a copy of input, output and weights in another layout, as its tensor-core kernels make them: 3.1 %
  if forward and backward make them, 6.6 % forward alone, 11 % backward alone; for outputs alone 2.8 %, for inputs 4.1 %.

The figures themselves say that cuDNN's workspaces are what is left: the same network is off by one share on one GPU and
exact on the other.  MnasNet is within 4 MiB of 4 GiB on the RTX 4060 (469 and 471 examples), and 0.32 MiB an example too
high on the RTX 3060 from 377 examples on, but 1.8 MiB too low at 323; MobileNet v3 small is within 22 MiB on the 3060
(258 to 702 examples), and 0.2 to 0.3 MiB an example too low on the 4060; MobileNetV2 takes 15.7 MiB an example at 251 and
317 on the 3060, and 13.2 to 13.6 from 415 on on both.  Which algorithm cuDNN chooses for which batch on which GPU is in no
text, and no constant is fitted for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, median
from typing import Any

from cnncalc import api
from cnncalc.analysis.memory import replay, simulate
from cnncalc.analysis.memory.allocator import OutOfMemory
from cnncalc.graph import Graph, Node

DATA = Path(__file__).parent / "data" / "published_device_memory.json"
TARGET = 0.025
CONTEXT_BYTES = 400 * 2**20

NAMES = {
    "MnasNet": "mnasnet1_0",
    "ResNet101": "resnet101",
    "ResNet152": "resnet152",
    "MobileNetV2": "mobilenet_v2",
    "MobeNetV3Large": "mobilenet_v3_large",
    "MobeNetV3Small": "mobilenet_v3_small",
}
TEN_CLASSES = ("MnasNet", "MobeNetV3Large", "MobeNetV3Small")
VGG = (
    "v(c, n): (conv c 3 p1 | relu)*n | maxpool; 3x86x86 | v 64 2 | v 128 2 | v 256 {n} | v 512 {n} | v 512 {n} "
    "| adaptive 7 | (fc 4096 | relu | dropout)*2 | fc 1000"
)
REGNET = """
input: 3x86x86
defaults:
  conv: nobias
blocks:
  squeeze(r, c=C): mul(gap | conv r 1 bias | relu | conv c 1 bias | sigmoid, id)
  block(c, g, stride=1, cin=C):
    add((conv c 1 /stride | bn) if stride == 2,
        conv c 1 | bn | relu | conv c 3 /stride p1 groups=c//g | bn | relu{squeeze} | conv c 1 | bn) | relu
  stage(c, n, g):
    block c g /2 | (block c g)*(n-1)
layers:
  net: conv 32 3 /2 p1 | bn | relu | {stages} | gap | fc 1000
"""
REGNETS = {
    "RegNetX400MF": ("", ((32, 1, 16), (64, 2, 16), (160, 7, 16), (400, 12, 16))),
    "RegNetY400MF": (" | squeeze cin//4", ((48, 1, 8), (104, 3, 8), (208, 6, 8), (440, 6, 8))),
}


def graph_of(model: str) -> Graph:
    """The network of a row at 86x86."""
    if model.startswith("VGG"):
        return api.analyse(VGG.format(n={"VGG16": 3, "VGG19": 4}[model])).graph
    if model in REGNETS:
        squeeze, stages = REGNETS[model]
        told = " | ".join(f"stage {c} {n} {g}" for c, n, g in stages)
        return api.analyse(api.parse(REGNET.format(squeeze=squeeze, stages=told)), strict=False).graph
    classes = {"classes": 10} if model in TEN_CLASSES else None
    return api.analyse(api.load(NAMES[model], input="3x86x86", set=classes), strict=False).graph


def in_place(model: str, node: Node) -> bool:
    """Whether torchvision's layer overwrites its input; the activations of squeeze-and-excitation do not."""
    shape = node.facts.output
    if node.kind in ("relu", "relu6", "hswish"):
        return not (len(shape) == 3 and shape[1:] == (1, 1))
    if node.kind == "dropout":
        return model in TEN_CLASSES
    return node.kind == "add" and model.startswith(("ResNet", "MobeNetV3"))


def predicted(row: dict[str, Any], device_bytes: int) -> int:
    """The bytes that the allocator reserves, of which cuBLAS takes none; raises :class:`OutOfMemory`."""
    graph = graph_of(row["model"])
    places = frozenset(node.index for node in graph.layers if in_place(row["model"], node))
    report = simulate(graph, batch=row["batch"], optimizer=row["optimizer"], device="cuda", inplace=places)
    return replay(report, limit=device_bytes - CONTEXT_BYTES).reserved_bytes


def fits(row: dict[str, Any], device_bytes: int) -> bool:
    """Whether the model says that a run fits its GPU."""
    try:
        predicted(row, device_bytes)
    except OutOfMemory:
        return False
    return True


ESTIMATORS = ("ours", "xmem", "dnnmem")


def errors_of(row: dict[str, Any], device_bytes: int) -> dict[str, float]:
    """The relative error of every estimator; ours is that of a run that fits."""
    figures = {**row, "ours": predicted(row, device_bytes)}
    return {name: figures[name] / row["nvml"] - 1 for name in ESTIMATORS}


def summary(title: str, errors: list[dict[str, float]]) -> float:
    """Print medians and means; our median."""
    shown = []
    for name in ESTIMATORS:
        each = [abs(error[name]) for error in errors]
        shown.append(f"{name} {100 * median(each):.2f} % (mean {100 * mean(each):.2f} %)")
    print(f"{title:<26}{', '.join(shown)}")
    return median(abs(error["ours"]) for error in errors)


def main() -> int:
    data = json.loads(DATA.read_text("utf-8"))
    devices = data["device_bytes"]
    print(
        f"{'model':<16}{'optimizer':<10}{'batch':>5}  {'GPU':<9}{'NVML [MiB]':>10}{'ours':>9}{'xMem':>9}{'DNNMem':>9}"
    )
    errors: dict[str, list[dict[str, float]]] = {"table": [], "others": []}
    for part, found in errors.items():
        for row in data[part]:
            error = errors_of(row, devices[row["gpu"]])
            found.append(error)
            shown = "".join(f"{100 * error[name]:+8.1f}%" for name in ESTIMATORS)
            named = f"{row['model']:<16}{row['optimizer']:<10}{row['batch']:>5}  {row['gpu']:<9}"
            print(f"{named}{row['nvml'] / 2**20:>10.0f}{shown}")
    refused = [not fits(row, devices[row["gpu"]]) for row in data["out_of_memory"]]
    print(f"out of memory: {sum(refused)} of {len(refused)} runs that were")
    missed = summary(f"the {len(errors['table'])} of the table:", errors["table"]) > TARGET
    summary(f"the {len(errors['others'])} others:", errors["others"])
    summary(f"all {sum(map(len, errors.values()))}:", [each for found in errors.values() for each in found])
    print(f"target, of the table: median at most {100 * TARGET} %: {'MISSED' if missed else 'ok'}")
    return int(missed or not all(refused))


if __name__ == "__main__":
    raise SystemExit(main())
