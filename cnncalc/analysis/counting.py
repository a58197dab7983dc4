"""The totals as other tools count them: one table a tool, by the class of torch.nn that a layer is.

Every rule gives what the tool prints, its mistakes included, and was measured (tests/data/other_tools.json).  A class
that a table does not name was not measured: its count is refused by name, never taken for 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report, Row
from cnncalc.graph import Node
from cnncalc.layers.base import Parameter
from cnncalc.shape import Shape, elements
from cnncalc.units import grouped


class ToolTotals(NamedTuple):
    """The totals of a net as a tool prints them; ``None`` where it prints none or a layer's count is not known."""

    tool: str
    version: str
    params: int | None
    operations: int | None
    figure: str
    """What the tool calls its operations."""
    note: str
    """How it counts, and where that differs from us."""


class Use(NamedTuple):
    """A layer as a tool sees it: one module of torch.nn, and what flows in and out of just that module."""

    name: str
    """The class without its rank, ``Conv`` for ``Conv2d``; a function begins with a small letter."""
    arguments: Mapping[str, Any]
    batch: int
    input: Shape
    output: Shape
    macs: int
    """Ours, for one example."""
    parameters: tuple[Parameter, ...]

    @property
    def rank(self) -> int:
        return len(self.input) - 1

    @property
    def learned(self) -> int:
        return sum(each.count for each in self.parameters)

    @property
    def values_in(self) -> int:
        return elements(self.input) * self.batch

    @property
    def values_out(self) -> int:
        return elements(self.output) * self.batch

    @property
    def biases(self) -> int:
        """One addition for every value that comes out, where there is a bias."""
        return self.values_out if any(each.name == "bias" for each in self.parameters) else 0


Rule = Callable[[Use], int]


def use_of(node: Node, shapes: tuple[Shape, ...], batch: int) -> Use:
    """The module of torch.nn that the twin of a layer consists of, paddings and permutations around it aside."""
    layer, facts = node.layer, node.facts
    assert layer is not None
    calls = layer.torch(*shapes)
    place = next((place for place, call in enumerate(calls) if call.name[0].isupper()), 0)
    call, seen, made = calls[place], shapes[0], facts.output
    if place and calls[place - 1].name == "pad":
        sides = calls[place - 1].arguments["sides"]
        padded = (extent + sum(each) for extent, each in zip(seen[1:], sides, strict=True))
        seen = (seen[0], *padded)
    name = re.sub(r"[123]d\Z", "", call.name)
    if name == "ConvTranspose":
        made = (made[0], *transposed(seen[1:], call.arguments))
    return Use(name, call.arguments, batch, seen, made, facts.macs, facts.parameters)


def transposed(extents: Shape, arguments: Mapping[str, Any]) -> Shape:
    """What torch's module makes, before anything is cut off it: W' = (W - 1)S - 2P + d(F - 1) + outpad + 1."""
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    axes = zip(extents, *(arguments[name] for name in names), strict=True)
    return tuple((extent - 1) * s - 2 * p + d * (k - 1) + o + 1 for extent, k, s, p, o, d in axes)


# -- rules -------------------------------------------------------------------------------------------------------


def nothing(use: Use) -> int:
    return 0


def macs(use: Use) -> int:
    return use.macs * use.batch


def macs_and_bias(use: Use) -> int:
    return use.macs * use.batch + use.biases


def values(factor: int) -> Rule:
    """So often for every value that flows in."""
    return lambda use: factor * use.values_in


def made(factor: int) -> Rule:
    """So often for every value that comes out."""
    return lambda use: factor * use.values_out


def norm(learned: int, plain: int) -> Rule:
    """So often for every value that flows in: with a learned scale and without."""
    return lambda use: (learned if use.parameters else plain) * use.values_in


def batch_norm(use: Use) -> int:
    """fvcore: with running statistics a multiply-add, without them as much as any other norm."""
    tracked = use.arguments["track_running_stats"]
    return (norm(2, 1) if tracked else norm(5, 4))(use)


def learned_once(use: Use) -> int:
    """torchinfo: once for every parameter and example."""
    return use.learned * use.batch


def learned_everywhere(use: Use) -> int:
    """torchinfo: once for every parameter and position of the output, of a transposed convolution too."""
    return use.learned * prod(use.output[1:]) * use.batch


def at_output(use: Use) -> int:
    """thop: a weighted sum for every value that comes out, of a transposed convolution too."""
    taps: int = prod(use.arguments["kernel_size"])
    return use.values_out * (use.input[0] // int(use.arguments["groups"])) * taps


def adaptive_mean(use: Use) -> int:
    """thop: in floating point, rounded down."""
    kernel = 1.0
    for extent, out in zip(use.input[1:], use.output[1:], strict=True):
        kernel *= extent / out
    return int((kernel + 1) * use.values_out)


def softmax(use: Use) -> int:
    """thop: an exponential and a division a value, and the sum."""
    return use.values_in // use.input[0] * (3 * use.input[0] - 1)


def interpolation(nearest: int, mixed: Mapping[int, int]) -> Rule:
    """So often for every value that comes out; mixing the neighbours by the number of axes."""
    return lambda use: use.values_out * (nearest if use.arguments["mode"] == "nearest" else mixed.get(use.rank, 0))


def flat_only(rule: Rule) -> Rule:
    """The rule where there are two spatial axes, else nothing."""
    return lambda use: rule(use) if use.rank == 2 else 0


def response(use: Use) -> int:
    """ptflops: the square, the mean over padded channels, the factor and the addend."""
    more = int(use.arguments["size"]) - 1
    return 3 * use.values_in + (use.input[0] + more) * prod(use.input[1:]) * use.batch


def table(free: Iterable[str], *rules: tuple[Iterable[str], Rule]) -> dict[str, Rule]:
    """The rules of a tool; ``free`` are the classes that it was seen to count nothing for, unless a rule follows."""
    found: dict[str, Rule] = dict.fromkeys(free, nothing)
    for names, rule in rules:
        found |= dict.fromkeys(names, rule)
    return found


MOVING = (
    *("Flatten", "Unflatten", "pad", "crop", "narrow", "concat", "tile", "shuffle", "PixelShuffle", "PixelUnshuffle"),
    *("MaxUnpool", "Dropout", "DropPath", "add", "mul", "times"),
)
"""No tool counts these; sums and products only where they are no operators but ``torch.add`` and ``torch.mul``."""
ACTIVATIONS = (
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "GELU", "SiLU", "Hardswish", "Hardsigmoid", "Mish"),
    *("Sigmoid", "Tanh", "Softplus", "Softmax", "LogSoftmax"),
)
POOLINGS = ("MaxPool", "AvgPool", "AdaptiveMaxPool", "AdaptiveAvgPool")
NORMS = ("BatchNorm", "GroupNorm", "LayerNorm", "InstanceNorm")
MEASURED = (*MOVING, *ACTIVATIONS, *POOLINGS, *NORMS, "LocalResponseNorm", "Upsample")

CONVOLUTIONS = ("Conv", "ConvTranspose")
WEIGHTED = (*CONVOLUTIONS, "Linear")

TORCHINFO = table(
    MEASURED,
    (CONVOLUTIONS, learned_everywhere),
    (("Linear", "PReLU", *NORMS), learned_once),
)
FVCORE = table(
    MEASURED,
    (WEIGHTED, macs),
    (("BatchNorm",), batch_norm),
    (("GroupNorm", "LayerNorm", "InstanceNorm"), norm(5, 4)),
    (("AdaptiveAvgPool",), flat_only(values(1))),
    (("Upsample",), flat_only(interpolation(1, {2: 4}))),
)
THOP = table(
    MEASURED,
    (CONVOLUTIONS, at_output),
    (("Linear",), macs),
    (("BatchNorm", "LayerNorm", "InstanceNorm"), norm(4, 2)),
    (("AvgPool",), made(1)),
    (("AdaptiveAvgPool",), adaptive_mean),
    (("PReLU",), values(1)),
    (("Softmax",), softmax),
    (("Upsample",), interpolation(1, {1: 5, 2: 11})),
)
PTFLOPS = table(
    MEASURED,
    (WEIGHTED, macs_and_bias),
    (("BatchNorm", "GroupNorm", "InstanceNorm"), norm(2, 1)),
    (("LayerNorm",), values(1)),
    (("LocalResponseNorm",), response),
    (("ReLU", "PReLU", "ELU", "GELU"), values(2)),
    (("ReLU6", "LeakyReLU", "SiLU", "Softmax"), values(1)),
    (POOLINGS, values(2)),
    (("Upsample",), made(2)),
)
PTFLOPS_ATEN = table(MEASURED, (WEIGHTED, macs_and_bias))
TORCHVISION = table((*MEASURED, "ChannelScale", "FrozenBatchNorm", "mean_inside"), (("Conv", "Linear"), macs))


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
        ),
        Tool(
            "torchvision",
            "0.28",
            "FLOPS",
            "per example, without bias; only convolutions and matrix products count",
            TORCHVISION,
            per_example=True,
        ),
    )
}


def as_tool(report: Report, name: str) -> ToolTotals:
    """The totals of a report as the tool of that name counts them; a :class:`KeyError` for an unknown one."""
    tool = TOOLS[name]
    batch = 1 if tool.per_example else report.batch
    params, operations = 0, 0
    more_params: dict[str, int] = {}
    more_operations: dict[str, int] = {}
    unknown_params: dict[str, list[str]] = {}
    unknown_operations: dict[str, list[str]] = {}
    classes: set[str] = set()
    unbiased = 0
    uses: dict[tuple[int, tuple[Shape, ...]], tuple[Use, int | None]] = {}
    for row in report.rows:
        shapes = row.input_shapes
        key = id(row.node.layer), shapes
        known = uses.get(key)
        if known is None:
            use = use_of(row.node, shapes, batch)
            rule = tool.rules.get(use.name) if tool.rules is not None else nothing
            known = uses[key] = (use, None if rule is None else rule(use))
        use, done = known
        classes.add(use.name)
        if use.name == "Conv" and not use.biases and row.weights_of is None:
            unbiased += use.output[0]
        learned = tool.params(row, use)
        if learned is None:
            unknown_params.setdefault(row.kind, []).append(row.name)
        else:
            params += learned
            more_params[row.kind] = more_params.get(row.kind, 0) + learned - row.params
        if done is None:
            unknown_operations.setdefault(row.kind, []).append(row.name)
        else:
            operations += done
            more_operations[row.kind] = more_operations.get(row.kind, 0) + done - use.macs * batch
    parts = []
    if not unknown_params:
        parts += differences(f"our {grouped(report.totals.params)} params", more_params)
    if tool.name == "keras" and unbiased:
        parts.append(f"{grouped(unbiased)} more with the biases that ResNet50 of keras.applications has")
    if tool.rules is not None and not unknown_operations:
        ours = report.totals.macs // report.batch * batch
        parts += differences(f"our {grouped(ours)} MACs", more_operations) or ["the same as our MACs"]
        if tool.name == "torchvision":
            parts.append(f"published as {operations / 10**9:.3f} GFLOPS")
    parts += refusals(unknown_params, unknown_operations)
    parts += [tool.says, *(text for name, text in tool.remarks.items() if name in classes)]
    return ToolTotals(
        tool.name,
        tool.version,
        None if unknown_params else params,
        None if unknown_operations or tool.rules is None else operations,
        tool.figure,
        "; ".join(parts),
    )


SHOWN = 6
"""So many terms are named that make the difference."""


def differences(ours: str, more: Mapping[str, int]) -> list[str]:
    """``our 4,089,184,256 MACs + 22,227,968 bn + 100,352 gap``, the largest first."""
    kinds = sorted((kind for kind, value in more.items() if value), key=lambda kind: -abs(more[kind]))
    shown = kinds if len(kinds) <= SHOWN else kinds[: SHOWN - 1]
    terms = [(more[kind], kind) for kind in shown]
    if len(shown) < len(kinds):
        terms.append((sum(more[kind] for kind in kinds[len(shown) :]), "others"))
    text = "".join(f" {'+' if value >= 0 else '-'} {grouped(abs(value))} {kind}" for value, kind in terms)
    return [f"{ours}{text}"] if terms else []


def refusals(params: Mapping[str, list[str]], operations: Mapping[str, list[str]]) -> list[str]:
    """``no total: what it makes of local (fc1.local and 2 more) was not measured``."""
    unknown = {**params, **operations}
    if not unknown:
        return []
    kinds = []
    for kind, names in unknown.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        kinds.append(f"{kind} ({names[0]}{more})")
    return [f"no total: what it makes of {', '.join(kinds)} was not measured"]
