"""The tools: how each counts parameters and operations, and what has to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cnncalc.analysis.counting.rules import Rule
from cnncalc.analysis.counting.tables import FVCORE, NORMS, PTFLOPS, PTFLOPS_ATEN, THOP, TORCHINFO, TORCHVISION
from cnncalc.analysis.counting.use import Use
from cnncalc.analysis.rows import Row
from cnncalc.shape import elements
from cnncalc.units import grouped

# -- parameters --------------------------------------------------------------------------------------------------

THOP_SKIPS = {"GroupNorm"}
"""Classes with parameters that thop has no rule for: it leaves the parameters out as well."""
OWN_CLASSES = {"LocallyConnected", "L2Norm", "ChannelScale"}
"""Layers that torch.nn does not have: what a tool says of them depends on how they are written."""


def all_learned(row: Row, use: Use) -> int | None:
    return row.params


def trainable(row: Row, use: Use) -> int | None:
    return row.trainable


def thop_learned(row: Row, use: Use) -> int | None:
    if use.name in OWN_CLASSES:
        return None
    return 0 if use.name in THOP_SKIPS else row.params


def keras_weights(row: Row, use: Use) -> int | None:
    """Keras: the running statistics as well, and a slope of PReLU for every value; None where it has no such layer."""
    if not use.parameters and not row.buffer_tensors and use.name != "BatchNorm":
        return 0
    known = use.name in ("Conv", "ConvTranspose", "Linear", "PReLU", *NORMS)
    grouped_transpose = use.name == "ConvTranspose" and use.arguments["groups"] != 1
    if not known or grouped_transpose or (use.name == "BatchNorm" and not row.buffer_tensors):
        return None
    if row.weights_of is not None:
        return 0
    if use.name == "PReLU":
        return elements(use.input)
    return row.params + sum(buffer.count for buffer in row.buffer_tensors if not buffer.counter)


# -- more to say ---------------------------------------------------------------------------------------------------

Uses = Sequence[tuple[Row, Use]]
"""Every layer of a net, and what the tool sees of it."""


def say_nothing(uses: Uses, operations: int | None) -> str:
    return ""


def biases_of_applications(uses: Uses, operations: int | None) -> str:
    """Keras: its own ResNet50 has biases that the published one has not."""
    filters = [use.output[0] for row, use in uses if use.name == "Conv" and not use.biases and row.weights_of is None]
    missing = sum(filters)
    return f"{grouped(missing)} more with the biases that ResNet50 of keras.applications has" if missing else ""


def as_published(uses: Uses, operations: int | None) -> str:
    """torchvision: the digits that its pages give."""
    return "" if operations is None else f"published as {operations / 10**9:.3f} GFLOPS"


# -- the tools ---------------------------------------------------------------------------------------------------


class Tool(NamedTuple):
    """A tool's conventions."""

    name: str
    version: str
    figure: str
    says: str
    rules: Mapping[str, Rule] | None
    """By class of torch.nn; None for a tool that counts no operations."""
    params: Callable[[Row, Use], int | None] = all_learned
    per_example: bool = False
    """Whether it counts one example whatever the batch."""
    remarks: Mapping[str, str] = {}
    """What is said where a layer of that class occurs."""
    adds: Callable[[Uses, int | None], str] = say_nothing
    """What there is to say besides, of all the uses and the operations."""


STRETCHED = "a transposed convolution counts by its output: up to stride^n times the work done"

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "torchinfo",
            "1.8.0",
            "mult-adds",
            "with the bias; a norm counts its parameters once per example; activations and pooling count nothing",
            TORCHINFO,
            remarks={"ConvTranspose": STRETCHED},
        ),
        Tool(
            "fvcore",
            "0.1.5",
            "flops",
            "one flop is one multiply-add; no bias; norms count, of poolings only adaptive averages over two axes",
            FVCORE,
        ),
        Tool(
            "thop",
            "0.1.1",
            "MACs",
            "no bias; 4 per value for a norm that learns; averages and softmax count",
            THOP,
            thop_learned,
            remarks={"ConvTranspose": STRETCHED, "GroupNorm": "group norms and their parameters are left out"},
        ),
        Tool(
            "ptflops",
            "0.7.5",
            "MACs",
            "per example, with the bias; ReLU and pooling twice, as the module and as the function that it calls "
            "(once where only the function is written)",
            PTFLOPS,
            trainable,
            per_example=True,
        ),
        Tool(
            "ptflops-aten",
            "0.7.5",
            "MACs",
            "per example, with the bias and nothing else",
            PTFLOPS_ATEN,
            trainable,
            per_example=True,
        ),
        Tool(
            "keras",
            "3.15",
            "operations",
            "summary() counts the running statistics of batch norms as parameters, and no operations",
            None,
            keras_weights,
            remarks={"PReLU": "a PReLU has a slope for every value unless shared_axes is given"},
            adds=biases_of_applications,
        ),
        Tool(
            "torchvision",
            "0.28",
            "FLOPS",
            "per example, without bias; only convolutions and matrix products count",
            TORCHVISION,
            per_example=True,
            adds=as_published,
        ),
    )
}
