"""A number of channels that tensor cores do not like.

## What it means

A convolution or a fully connected layer makes, for other layers, a number of
channels that is no multiple of what fills 16 bytes: 8 for `float16` and
`bfloat16` (the rule's `multiple`), 16 for `int8` and `float8`, 4 for `tf32`.
The rule is off unless it is selected.

## Why it matters

Tensor cores take their operands in pieces of 16 bytes. NVIDIA's "Matrix
Multiplication Background" guide asks for dimensions that are multiples of
these; with others libraries pad, or fall back to slower kernels: 100 channels
cost what 104 do. Outputs of the network (classes) and depthwise convolutions,
which are no matrix products worth the name, are not reported.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 100 3 p1 | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 104 3 p1 | relu
  head: gap | fc 10
```

## How to fix it

- The next multiple; it is mostly free. `round8(C)` in blocks.
- For another data type: `multiple = 16` in `[lint.rules.tensor-core-channels]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import ACTIVATIONS, chosen
from cnncalc.rules._subject import Place, Subject

SEVERITY = "info"
DEFAULT = False
OPTIONS = {"multiple": 8}

TO_THE_END = frozenset((*ACTIVATIONS, "dropout", "flatten", "reshape", "gap", "upsample", "crop"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    multiple = max(1, subject.options["multiple"])

    def crooked(place: Place) -> bool:
        return place.output[0] % multiple != 0 and not _ends(place)

    for site, places in chosen(subject, ("conv", "deconv", "fc"), crooked):
        channels = places[0].output[0]
        whole, rest = divmod(channels, multiple)
        yield site.finding(
            f"the number of channels is no multiple of {multiple}, as tensor cores want it",
            f"{channels} = {whole}*{multiple} + {rest}",
            help=(f"{(whole + 1) * multiple} channels cost about the same",),
            places=places,
        )


def _ends(place: Place) -> bool:
    """Whether the layer makes an output of the network, as far as activations and shapes go."""
    node = place.node
    while not place.view.is_output(node):
        after = place.view.after(node)
        if after is None or after.kind not in TO_THE_END:
            return False
        node = after
    return True
