"""The windows of a layer that slides, as rules look at them."""

from __future__ import annotations

from cnncalc.arithmetic import Window
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._subject import Place

POOLS = ("maxpool", "avgpool")
SLIDING = ("conv", "dwconv", "local", *POOLS)
"""The layers with such windows."""


def windows_of(place: Place) -> tuple[Window, ...]:
    """The window along each spatial axis of a place of one of the kinds in ``SLIDING``."""
    assert isinstance(place.layer, Windowed)
    return place.layer.windows(place.input_shapes[0])
