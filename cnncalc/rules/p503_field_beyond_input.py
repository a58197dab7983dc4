"""From here on the receptive field is larger than the input.

## What it means

The layer's window is larger than one position, and what it reads already sees
the whole input, along every axis, at the longest path. The first such layer is
reported. The rule is off unless it is selected: many good networks have such
layers (ResNet-50 sees 483 positions of 224).

## Why it matters

More context cannot be found: the windows mix the same image with more and more
padding. Richter et al. 2021, "Should You Go Deeper?" (arXiv 2106.12307), find
that layers behind this border hardly help to classify, and that the network may
end earlier or take larger images.

## Bad

```yaml
input: 3x8x8
layers:
  trunk: (conv 64 3 p1 | relu)*6
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  trunk: (conv 64 3 p1 | relu)*6
  head: gap | fc 10
```

## How to fix it

- A larger input, fewer strides at the beginning, or fewer layers.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Subject, View
from cnncalc.shape import show

SEVERITY = "info"
DEFAULT = False

WORDS = ("conv", "dwconv")


def check(subject: Subject) -> Iterator[Diagnostic]:
    beyond = {id(view): _beyond(view) for view in subject.views}
    for site, places in chosen(subject, WORDS, lambda place: beyond[id(place.view)][:1] == [place.node]):
        first = places[0]
        view = first.view
        field = show(paths.largest.size for paths in view.report.fields[first.node.inputs[0]])
        extents = show(view.graph.nodes[0].facts.output[1:])
        many = len(beyond[id(view)])
        yield site.finding(
            "this layer reads values that see the whole input already",
            f"receptive field {field}, input {extents}; {many} such layer{'s' if many > 1 else ''} in all",
            help=("a larger input, or fewer layers from here on",),
            places=places,
        )


def _beyond(view: View) -> list[Node]:
    """The layers whose input sees everything along every axis; nothing where the network has several inputs."""
    if len(view.graph.inputs) != 1:
        return []
    fields = view.report.fields
    extents = view.graph.nodes[0].facts.output[1:]
    found = []
    for node in view.graph.layers:
        if node.kind not in WORDS or not _looks_around(node):
            continue
        seen = fields[node.inputs[0]]
        if seen and all(
            paths.sliding is not None and paths.largest.size >= extent
            for paths, extent in zip(seen, extents, strict=False)
        ):
            found.append(node)
    return found


def _looks_around(node: Node) -> bool:
    kernel = getattr(node.layer, "kernel", 1)
    return any(size > 1 for size in ((kernel,) if isinstance(kernel, int) else kernel))
