"""Who else reads a value, which decides what it means to overwrite it in place."""

from __future__ import annotations

from cnncalc.graph import Graph

MAY_HAND_ON = ("dropout", "droppath", "shuffle", "pixelshuffle", "pixelunshuffle")
"""Layers whose result may be what flowed in: without training, or where there is nothing to move."""


def uses_of(graph: Graph) -> list[int]:
    """By value: how many layers and outputs take it."""
    uses = [0] * len(graph.nodes)
    for node in graph.nodes:
        for each in (*node.inputs, *node.links):
            uses[each] += 1
    for _, index in graph.outputs:
        uses[index] += 1
    return uses


def is_alone(graph: Graph, value: int, uses: list[int]) -> bool:
    """Whether one layer alone takes a value, and what the value may be a view of; the batch is never alone."""
    while value >= len(graph.inputs) and uses[value] == 1:
        node = graph.nodes[value]
        assert node.layer is not None
        if not (node.layer.alias or node.layer.is_inplace or node.kind in MAY_HAND_ON):
            return True
        value = node.inputs[0]
    return False


def overwrites_shared(graph: Graph, inplace: frozenset[int]) -> bool:
    """Whether a layer works in place (by itself, or as one of ``inplace``) on a value that others may read too."""
    places = [node for node in graph.layers if node.index in inplace or (node.layer and node.layer.is_inplace)]
    if not places:
        return False
    uses = uses_of(graph)
    return not all(is_alone(graph, node.inputs[0], uses) for node in places)
