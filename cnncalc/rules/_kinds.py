"""What the rules of practice know about kinds of layers, and how they look for layers and write them down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cnncalc.errors import Edit
from cnncalc.rules._edits import Edits, set_option
from cnncalc.rules._subject import Place, Site, Subject, View

WEIGHTED = ("conv", "dwconv", "deconv", "local", "fc")
"""Layers that are weighted sums."""

CONVOLUTIONS = WEIGHTED[:-1]

NORMS = ("bn", "gn", "ln", "instnorm")
"""Layers that take a mean away and divide by a deviation."""

RECTIFIERS = ("relu", "relu6")

BOUNDED = ("sigmoid", "hsigmoid", "softmax")
"""Activations between 0 and 1."""

ACTIVATIONS = (
    *RECTIFIERS, "lrelu", "prelu", "elu", "selu", "gelu", "silu", "hswish", "mish", "tanh", "softplus", *BOUNDED,
    "logsoftmax",
)  # fmt: skip

POOLINGS = ("maxpool", "avgpool", "gap", "gmp", "adaptive")


def chosen(
    subject: Subject, words: Sequence[str], test: Callable[[Place], object]
) -> Iterator[tuple[Site, list[Place]]]:
    """The sites of these words that have places for which ``test`` holds, with those places."""
    for site in subject.sites(*words):
        if found := list(filter(test, site.places)):
            yield site, found


def everywhere(site: Site, places: Sequence[Place]) -> bool:
    """Whether these are all places of the site: else an edit would change others, too."""
    return len(places) == len(site.places)


def written(site: Site, edits: Sequence[Edit] = ()) -> str:
    """The call as the file has it, on one line; with ``edits``, as it would be."""
    mark = site.mark
    text = mark.source.text[mark.start : mark.end]
    for edit in sorted(edits, key=lambda edit: edit.mark.start, reverse=True):
        start, end = edit.mark.start - mark.start, edit.mark.end - mark.start
        if start < 0 or end > len(text):
            return site.word
        text = text[:start] + edit.text + text[end:]
    return " ".join(text.split())


def with_option(site: Site, field: str, words: str, value: str) -> tuple[Edits, str]:
    """The edits that give the layer an option (see ``set_option``), and the layer as it is written with it."""
    edits = set_option(site, field, words, value)
    if site.spot is not None and site.spot.long:
        return edits, f"{{op: {site.word}, ..., {field}: {value}}}"
    return edits, written(site, edits) if edits else f"{site.word} ... {words}"


def is_activated(view: View) -> bool:
    """Whether the network has an activation that is not just its end."""
    return any(node.kind in ACTIVATIONS and not view.is_output(node) for node in view.graph.layers)
