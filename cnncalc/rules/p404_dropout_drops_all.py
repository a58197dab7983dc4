"""A dropout with rate 1 drops everything.

## What it means

`dropout` or `droppath` has the rate 1: the rate says what is dropped, not what
is kept.

## Why it matters

While training nothing gets through: what is behind it learns from zeros, and no
gradient comes back. At test the layer does nothing, so that nothing looks
wrong. The papers of 2012 to 2015 and TensorFlow's old `keep_prob` give the
share that is *kept*: 1.0 meant no dropout there.

## Bad

```yaml
input: 784
layers:
  hidden: fc 100 | relu | dropout 1.0
  head: fc 10
```

## Good

```yaml
input: 784
layers:
  hidden: fc 100 | relu | dropout 0.5
  head: fc 10
```

## How to fix it

- The rate that is dropped: 1 - keep_prob.
- Take it away, if nothing is to be dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Subject

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    words = ("dropout", "droppath")
    for site, places in chosen(subject, words, lambda place: getattr(place.layer, "p", 0) == 1):
        yield site.finding(
            f"this {site.word} drops everything: nothing behind it can learn",
            "1 is the share that is dropped: 1 - 1 = 0 is kept",
            help=(f"write the share that is dropped: {site.word} 0.1 keeps 90 %; or take it away to keep all",),
            places=places,
        )
