"""The graph: a network with every block called, every repeat unrolled and every shape known.

The expansion and the shape inference run together, since conditions and the sizes ``C D H W L`` need shapes.  Nodes
stand in the order of execution.  A graph may be partial: after a fault the rest of the file is still bound, so that
all faults are told at once, but nothing that depends on the fault is built.

Names (stable, documented in docs/language.md): a node's name is the path of lines, blocks, repeats and branches it
stands in, and its layer word; the second of a kind in the same place gets a 2.  In lines without a name all are
numbered from 1.
"""

from __future__ import annotations

from cnncalc.graph.expander import Expander
from cnncalc.graph.part import part_for
from cnncalc.graph.records import Bundle, Facts, Flowing, Frame, Graph, Node, Wire, part_of, shape_agrees
from cnncalc.graph.space import DEPTH_LIMIT, NODE_LIMIT, REPEAT_LIMIT
from cnncalc.shape import Shape
from cnncalc.spec.network import Network

__all__ = [
    "DEPTH_LIMIT",
    "NODE_LIMIT",
    "REPEAT_LIMIT",
    "Bundle",
    "Facts",
    "Flowing",
    "Frame",
    "Graph",
    "Node",
    "Wire",
    "expand",
    "part_for",
    "part_of",
    "shape_agrees",
]


def expand(
    network: Network,
    *,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    shapes: dict[str, Shape] | None = None,
) -> list[Graph]:
    """Expand every net of a network, in their order; each graph carries its own diagnostics.

    ``shapes`` take the place of those that the first net says of its inputs; the others may take what it makes.
    """
    graphs: dict[str, Graph] = {}
    for net in network.nets:
        expander = Expander(network, net, network.strict if strict is None else strict, limit, graphs)
        graphs[net.name or ""] = expander.run(None if graphs else shapes)
    return list(graphs.values())
