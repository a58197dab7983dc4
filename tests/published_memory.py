"""The memory model against published device memory (``tests/data/published_device_memory.json``): a table and the errors.

``python -m tests.published_memory``.  The models are torchvision's, run as torchvision writes them: activations in place,
and the additions of ResNet and MobileNet v3; RegNet's projection before its body (``self.proj(x) + self.f(x)``).

The median error is 2.8 % (mean 4.6 %), where the target is 2.5 %; xMem, who published the figures, have 4.1 % on the same
rows.  What can be known without a GPU was looked for in xMem's published experiments and in torch:

* The model's log is that of torchvision's own modules: run eagerly on the CPU, their allocations and releases are the
  model's one by one (MnasNet, MobileNetV2 and V3, RegNet X and Y, VGG-16, ResNet-101), but for the outputs, which a
  script keeps a little longer.  Without RegNet's order, which was wrong here before, the median is the same and the mean
  5.0 %.
* Their measuring script sets ``CUBLAS_WORKSPACE_CONFIG=:0:0``: no workspace is in the figures (3.3 % with the default
  one before the step and RegNet's order wrong, 2.6 % with RegNet's right, 2.8 % with the workspace where torch takes it).
* NVML's figure has the first reading subtracted; torch's context is in that one.  Nothing says what is loaded later.
* Their loop calls ``zero_grad()`` before ``backward()``, keeps inputs, outputs, loss and predictions of the step before,
  and runs ten steps: each of these, and all, 2.8 %.
* Segments at falling instead of rising addresses, 1 to 10 steps: 2.8 %.  Adagrad with one list, with its state before the
  batch: 2.8 %.
* A sketch of this model that was written apart has the same events in the same order (but for two releases after the
  product of a squeeze, where torch's trace is as here), and 2.4 %.  One row makes that: it has Adagrad's state made at the
  end of the first step, in blocks that are free by then, and VGG-16 falls from +4.6 to -1.2 %.  torch makes that state
  when the optimizer is built (``test_when_the_state_is_made``).  Additions out of place, as ``torch.fx`` traces them,
  would have given the sketch 1.9 %; torchvision adds in place.
* cuDNN's workspace as a copy of input, output and weights in another layout, as its tensor-core kernels make them: 3.1 %
  if forward and backward make them, 6.6 % forward alone, 11 % backward alone; for outputs alone 2.8 %, for inputs 4.1 %.

The far rows contradict any model of tensors alone: MnasNet with 323 examples and SGD was measured higher than with 377
and AdamW, and MobileNetV2 takes 15.7 MiB an example at 251 and 317 and 13.2 at 764.  That is cuDNN choosing other
algorithms, with other workspaces, for other batches; no constant is fitted for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, median
from typing import Any

from cnncalc import api
from cnncalc.analysis.memory import replay, simulate
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
    """The bytes that the allocator reserves, of which cuBLAS takes none."""
    graph = graph_of(row["model"])
    places = frozenset(node.index for node in graph.layers if in_place(row["model"], node))
    report = simulate(graph, batch=row["batch"], optimizer=row["optimizer"], device="cuda", inplace=places)
    return replay(report, limit=device_bytes - CONTEXT_BYTES).reserved_bytes


def main() -> int:
    data = json.loads(DATA.read_text("utf-8"))
    errors: dict[str, list[float]] = {"ours": [], "xmem": [], "dnnmem": []}
    print(f"{'model':<16}{'optimizer':<10}{'batch':>5}{'measured':>10}{'ours':>9}{'error':>8}{'xMem':>8}{'DNNMem':>8}")
    for row in data["rows"]:
        ours = predicted(row, data["device_bytes"])
        shown = []
        for name, value in (("ours", ours), ("xmem", row["xmem"]), ("dnnmem", row["dnnmem"])):
            error = value / row["nvml"] - 1
            errors[name].append(abs(error))
            shown.append(f"{100 * error:+7.1f}%")
        measured, model = row["nvml"] / 2**20, ours / 2**20
        print(
            f"{row['model']:<16}{row['optimizer']:<10}{row['batch']:>5}{measured:>10.0f}{model:>9.0f}{''.join(shown)}"
        )
    for name, each in errors.items():
        print(f"{name:<8} median {100 * median(each):.1f} %, mean {100 * mean(each):.1f} %")
    missed = median(errors["ours"]) > TARGET
    print(f"target: median at most {100 * TARGET} %: {'MISSED' if missed else 'ok'}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
