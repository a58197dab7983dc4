"""Operations: a graph's nodes as the single calls that a forward pass makes, modules and functions."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cnncalc.errors import fault
from cnncalc.formats.write.torch.expressions import Construct, Literal
from cnncalc.formats.write.torch.helpers import HELPERS
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Call
from cnncalc.shape import Shape

CONVOLUTION = (
    "in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "dilation", "groups", "bias",
)  # fmt: skip
"""The order in which one writes the arguments of a convolution."""


class Value(NamedTuple):
    """What an operation makes; ``port`` 1 are the indices of a max pooling."""

    operation: int
    port: int = 0


class Function(NamedTuple):
    """A function of values; what it takes besides is part of its structure."""

    kind: str
    settings: tuple[Any, ...] = ()


class Operation:
    """A module to construct, or a function to call; an input is neither."""

    def __init__(
        self, index: int, path: tuple[str, ...], node: Node, shape: Shape, inputs: tuple[Value, ...] = ()
    ) -> None:
        self.index = index
        self.path = path
        self.node = node
        self.shape = shape
        """What comes out, in the end of the node."""
        self.inputs = inputs
        self.construct: Construct | None = None
        self.function: Function | None = None
        self.owner: Operation | None = None
        """The operation whose weights this one uses."""
        self.main = False
        """It is the module that has the node's weights."""
        self.live = False
        self.settings: tuple[Any, ...] = ()
        """What its call takes besides the values."""


def operations_of(graph: Graph) -> list[Operation]:
    """All operations in the order of execution, the inputs first; those that no output needs are not ``live``."""
    found: list[Operation] = []
    values: dict[int, Value] = {}
    mains: dict[int, Operation] = {}
    indexed = {link for node in graph.nodes for link in node.links}
    for node in graph.nodes:
        path = tuple(node.name.split("."))
        taken = [values[each] for each in node.inputs]
        taken += [Value(values[each].operation, 1) for each in node.links]
        if node.layer is None:
            found.append(Operation(len(found), path, node, node.facts.output))
            values[node.index] = Value(len(found) - 1)
            continue
        for name, part in parts_of(graph, node, indexed):
            operation = Operation(len(found), (*path[:-1], path[-1] + name), node, node.facts.output, tuple(taken))
            if isinstance(part, Construct):
                operation.construct = part
                operation.main = not name
            else:
                operation.function = part
            if name == "" and node.owner != node.index:
                operation.owner = mains[node.owner]
            if operation.main:
                mains[node.index] = operation
            if isinstance(part, Construct) and part.name.startswith("nn.MaxUnpool"):
                operation.settings = unpooled_size(graph, node)
            found.append(operation)
            taken = [Value(operation.index)]
        values[node.index] = taken[0]
    crop_to_neighbours(found)
    mark_live(found, [values[number] for _, number in graph.outputs])
    return found


def output_values(graph: Graph, operations: list[Operation]) -> list[tuple[str, Value]]:
    """The last value of the nodes that the graph puts out."""
    last = {each.node.index: each.index for each in operations}
    return [(name, Value(last[number])) for name, number in graph.outputs]


def mark_live(operations: list[Operation], outputs: list[Value]) -> None:
    waiting = [each.operation for each in outputs]
    while waiting:
        operation = operations[waiting.pop()]
        if not operation.live:
            operation.live = True
            waiting += [each.operation for each in operation.inputs]


def crop_to_neighbours(operations: list[Operation]) -> None:
    """A crop for the sake of a concat takes the size of what it is put beside, as one would write it."""
    users: dict[int, list[Operation]] = {}
    for operation in operations:
        for value in operation.inputs:
            users.setdefault(value.operation, []).append(operation)
    for crop in operations:
        found = users.get(crop.index, [])
        layer: Any = crop.node.layer
        if crop.node.kind != "crop" or layer.at is not None or len(found) != 1 or found[0].node.kind != "concat":
            continue
        concat = found[0]
        place = concat.path[:-1]
        for value in concat.inputs:
            other = operations[value.operation]
            if other.index < crop.index and other.node.kind != "crop" and other.path[: len(place)] == place:
                crop.construct, crop.main = None, False
                crop.function = Function("center_crop")
                crop.inputs = (*crop.inputs, value)
                break


def parts_of(graph: Graph, node: Node, indexed: set[int]) -> list[tuple[str, Construct | Function]]:
    """The calls of a node, each with what its name has behind the node's own."""
    assert node.layer is not None
    shapes = graph.input_shapes(node)
    calls = node.layer.torch(*shapes)
    if [call.name for call in calls] == ["movedim", "LayerNorm", "movedim"]:
        return [("", construct("ChannelLayerNorm", calls[1].arguments))]
    main = max((number for number, call in enumerate(calls) if call.name[0].isupper()), default=0)
    parts: list[tuple[str, Construct | Function]] = []
    for number, call in enumerate(calls):
        if re.search(r"[04-9]d\Z", call.name):
            rank = len(node.facts.output) - 1
            message = f"torch has no {call.name}: {node.name} cannot be written for {rank} spatial axes"
            raise fault("S106", message, node.mark)
        part = part_of(call, shapes, node)
        if node.index in indexed and number == main and isinstance(part, Construct):
            part = Construct(part.name, (*part.keys, "return_indices"), (*part.parts, Literal(True, "return_indices")))
        before = "_flat" if call.name == "Flatten" else "_pad"
        parts.append(("" if number == main else before if number < main else "_crop", part))
    return parts


def part_of(call: Call, shapes: tuple[Shape, ...], node: Node) -> Construct | Function:
    given = call.arguments
    rank = len(shapes[0]) - 1
    if call.name[0].isupper():
        return construct(call.name, fewer_words(call, shapes[0], node))
    if call.name == "add":
        return Function("add_" if given["inplace"] else "add")
    if call.name == "narrow":
        length = int(given["length"])
        return Function("chunk", (shapes[0][0] // length, int(given["start"]) // length))
    if call.name == "pad":
        return padding(given)
    # what shuffles nothing is a view, where torch's module makes a copy
    if call.name == "shuffle" and rank and 1 < given["groups"] < shapes[0][0]:
        return construct("ChannelShuffle", given)
    if call.name == "crop":
        layer: Any = node.layer
        if layer.at is None:
            return construct("CenterCrop", {"size": given["sizes"]})
        return construct("Crop", {"size": given["sizes"], "start": given["starts"]})
    if call.name == "mean_inside":
        return construct("AvgPoolInside", given)
    return Function(call.name, tuple(given.values()))


def padding(given: Any) -> Construct:
    """The padding module; a constant of minus infinity stands before a max pooling that cannot pad like that."""
    sides = given["sides"]
    amounts = tuple(each for side in reversed(sides) for each in side)
    if given["mode"] == "reflect":
        return construct(f"ReflectionPad{len(sides)}d", {"padding": amounts})
    if given["value"] == 0:
        return construct(f"ZeroPad{len(sides)}d", {"padding": amounts})
    return construct(f"ConstantPad{len(sides)}d", {"padding": amounts, "value": given["value"]})


def fewer_words(call: Call, shape: Shape, node: Node) -> dict[str, Any]:
    """The arguments as one would write them."""
    arguments = dict(call.arguments)
    if call.name == "Upsample":
        factors = {out / extent for out, extent in zip(arguments["size"], shape[1:], strict=True)}
        layer: Any = node.layer
        mode = arguments["mode"]
        factor = factors.pop()
        # torch works out the places of a bilinear one from the factor: the same where 1/factor is exact
        if not factors and not layer.like and not layer.to and (mode == "nearest" or factor in (1, 2, 4, 8, 16, 32)):
            return {"scale_factor": int(factor), "mode": mode}
    if call.name.startswith("MaxUnpool"):
        del arguments["output_size"]
    return arguments


def unpooled_size(graph: Graph, node: Node) -> tuple[int, ...]:
    """The size to ask an unpooling for; nothing where torch arrives at it by itself."""
    assert node.layer is not None
    (pooled, *_), (call, *_) = graph.input_shapes(node), node.layer.torch(*graph.input_shapes(node))
    given = call.arguments
    size = tuple(given["output_size"])
    each = zip(pooled[1:], given["stride"], given["padding"], given["kernel_size"], strict=True)
    return () if size == tuple((n - 1) * stride - 2 * pad + kernel for n, stride, pad, kernel in each) else size


def construct(name: str, arguments: Any) -> Construct:
    """The call of a class of ``torch.nn``, or of a helper."""
    helper = name in HELPERS
    if name.startswith("Conv"):
        arguments = dict(sorted(arguments.items(), key=lambda each: CONVOLUTION.index(each[0])))
    one = name not in ("LocallyConnected", "AvgPoolInside", "Unflatten")
    parts = tuple(Literal(plain(value) if one else value, key) for key, value in arguments.items())
    return Construct(name if helper else f"nn.{name}", tuple(arguments), parts)


def plain(value: Any) -> Any:
    """One number for sizes that are the same along all axes."""
    if isinstance(value, tuple) and value and value == value[:1] * len(value) and not isinstance(value[0], tuple):
        return value[0]
    return value
