"""A part of a graph that is a graph itself: what one output needs."""

from __future__ import annotations

from cnncalc.errors import did_you_mean, fault
from cnncalc.graph.records import Bundle, Flowing, Graph, Node, Wire


def part_for(graph: Graph, output: str) -> Graph:
    """The graph of one output alone: the layers and the inputs that it needs.

    Shared weights belong to their first use in it.  Raises :class:`SpecError`, G109, where there is no such output.
    """
    needed = sorted(needed_for(graph, output))
    places = {index: place for place, index in enumerate(needed)}
    part = Graph(graph.network, graph.net)
    part.name, part.per_image, part.lost = graph.name, graph.per_image, graph.lost
    part.diagnostics = list(graph.diagnostics)
    part.inputs = [(name, places[index]) for name, index in graph.inputs if index in places]
    part.outputs = [(name, places[index]) for name, index in graph.outputs if name == output]
    owners: dict[int, int] = {}
    for node in (graph.nodes[index] for index in needed):
        part.nodes.append(moved(node, places, owners.setdefault(node.owner, places[node.index])))
    for name, value in graph.values.items():
        kept = kept_of(value, places)
        if kept is not None:
            part.values[name] = kept
    return part


def needed_for(graph: Graph, output: str) -> set[int]:
    """The nodes that an output needs."""
    names = dict(graph.outputs)
    if output not in names:
        hint = did_you_mean(output, names) or f"the outputs: {', '.join(names)}"
        raise fault("G109", f"there is no output called {output!r}", help=[hint])
    needed: set[int] = set()
    open_nodes = [names[output]]
    while open_nodes:
        index = open_nodes.pop()
        if index not in needed:
            needed.add(index)
            node = graph.nodes[index]
            open_nodes += [*node.inputs, *node.links]
    return needed


def moved(node: Node, places: dict[int, int], owner: int) -> Node:
    """The node at its place in the part."""
    inputs = tuple([places[each] for each in node.inputs])
    made = Node(places[node.index], node.name, node.line, node.layer, node.facts, inputs, node.frame, node.span)
    made.links = tuple([places[each] for each in node.links])
    made.owner = owner
    return made


def kept_of(value: Flowing, places: dict[int, int]) -> Flowing | None:
    """What a line stands for in the part; None where that is not in it."""
    if isinstance(value, Wire):
        return value._replace(node=places[value.node]) if value.node in places else None
    if isinstance(value, Bundle):
        kept = {name: kept_of(each, places) for name, each in value.values.items()}
        found = {name: each for name, each in kept.items() if each is not None}
        return Bundle(found) if found else None
    return None
