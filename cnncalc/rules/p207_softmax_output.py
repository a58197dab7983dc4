"""A softmax as the last layer, where the loss brings its own.

## What it means

An output of the network is the value of a `softmax`. The rule is off unless it
is selected: many files describe a network as it was published, softmax and all.
Select it where the files describe what is trained.

## Why it matters

PyTorch's `CrossEntropyLoss`, Keras' losses with `from_logits=True` and their
like take scores and do the softmax themselves, in a form that does not
overflow. With one in the network it is done twice: scores between 0 and 1 go
in, so that with C classes the loss cannot fall below log(1 + (C - 1)/e), and
the network learns slowly without any message.

## Bad

```yaml
input: 784
layers:
  hidden: fc 100 | relu
  scores: fc 10 | softmax
```

## Good

```yaml
input: 784
layers:
  hidden: fc 100 | relu
  scores: fc 10
```

## How to fix it

- End with the scores, and do the softmax where probabilities are asked for.
- The fix takes it away. It is unsafe: the network puts something else out.
- `logsoftmax` with `NLLLoss` is right, and is not reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import chosen, everywhere
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import decimal

SEVERITY = "warning"
DEFAULT = False
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("softmax",), ends):
        classes = places[0].output[0]
        floor = decimal(math.log1p((classes - 1) / math.e))
        edits = remove_step(site) if everywhere(site, places) else ()
        yield site.finding(
            "the network ends with a softmax: a loss that takes scores does it a second time",
            f"cross-entropy of this cannot fall below log(1 + ({classes} - 1)/e) = {floor}",
            help=("end with the scores, or train with a loss that takes probabilities (NLLLoss of their logarithm)",),
            fix=site.fix("take the softmax away", edits, safe=False),
            places=places,
        )


def ends(place: Place) -> bool:
    """Whether it is an output with classes to choose from; with one it is P205."""
    return place.view.is_output(place.node) and place.output[0] > 1
