"""An option says what holds without it.

## What it means

The option has the value that the layer has anyway, or the one under
`defaults:`: `/1`, `p0`, `d1`, `g1`, `bias`, `inplace=false`.

## Why it matters

Options that say nothing hide those that say something.

## Bad

```yaml
input: 3x32x32
defaults: {conv: nobias}
layers:
  body: conv 16 3 /1 p1 g1 nobias | bn | relu
```

## Good

```yaml
input: 3x32x32
defaults: {conv: nobias}
layers:
  body: conv 16 3 p1 | bn | relu
```

## How to fix it

- Take the option away. The fix does.
- Numbers that stand for a parameter (`/stride`) or have no name (`dropout 0.5`,
  `maxpool 2`) are not told, nor is a pooling's stride that is its kernel, nor
  an option that numbers behind it stand on: in `conv 16 3 /1 1` the last is the
  padding, and would be the stride.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.errors import Diagnostic
from cnncalc.layers import canonical, kind_of
from cnncalc.rules._edits import options_of, remove_option, shifts
from cnncalc.rules._phrases import mark_of
from cnncalc.rules._subject import Site, Subject
from cnncalc.spec.bind import vgg_call
from cnncalc.spec.syntax import Call, Name, Number, Short, Span

SEVERITY = "info"
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    settled: set[tuple[str, int]] = set()  # nothing is to be said of the same words for the same layer
    for site in subject.all_sites:
        mark, layer = site.mark, site.places[0].layer
        words_and_layer = (mark.source.text[mark.start : mark.end], id(layer))
        if not site.own or words_and_layer in settled:
            continue
        spot = site.spot
        if spot is None or spot.text.offsets is not None:
            continue
        plain = spot.call is not None and not spot.long and canonical(spot.call.word) == site.word
        options = literal_options(spot.call) if plain and spot.call is not None else {}
        if not any(getattr(layer, field) == value_without(site, field) for field in options):
            settled.add(words_and_layer)
            continue
        for field, span in options.items():
            if all(getattr(place.layer, field) == value_without(site, field) for place in site.places):
                words = " ".join(spot.text.text[slice(*span)].split())
                yield site.finding(
                    f"`{words}` is what holds without it",
                    default_of(subject, site, field),
                    help=("take it away",),
                    fix=site.fix(f"take `{words}` away", remove_option(site, field)),
                    mark=mark_of(spot.text, span),
                )


def literal_options(call: Call) -> dict[str, Span]:
    """The fields that the call sets by an option or a word, and not by calculation."""
    found: dict[str, Span] = {}
    if not call.arguments or vgg_call(call.word) is not None:
        return found
    kind = kind_of(canonical(call.word) or "")
    for field, span in options_of(call).items():
        inside = [each for each in call.arguments if span[0] <= each.span[0] < span[1]]
        if not inside:
            continue
        named = inside[0].option is not None or len(inside) > 1  # `stride 1` are two
        value = inside[-1].value
        letter = isinstance(value, Short) and value.letter in kind.letters
        word = isinstance(value, Name) and value.text.lower() in (*kind.words, "true", "false")
        if letter or word or (named and isinstance(value, Number)):
            found[field] = span
    return {field: span for field, span in found.items() if not shifts(call, field)}


def value_without(site: Site, field: str) -> Any:
    """What the layers of a site would have in a field that nobody gives."""
    defaults = site.subject.network.file.defaults.get(site.word, {})
    if field in defaults:
        return defaults[field]
    info = kind_of(site.word).layer.model_fields[field]
    return ... if info.is_required() else info.default


def default_of(subject: Subject, site: Site, field: str) -> str:
    if field in subject.network.file.defaults.get(site.word, {}):
        return f"`defaults:` says so for every {site.word}"
    return f"the {field} of {site.word} is {str(value_without(site, field)).lower()} if none is given"
