"""The names of all known mistakes, for whoever gives credit for one."""

from __future__ import annotations

from functools import cache

from cnncalc.grading.slips import BYTES_SLIPS, COUNT_SLIPS
from cnncalc.layers import TABLE, kind_of

OF_SUMS = (
    "sum-repeats-row", "row-missing", "row-twice", "only-convolutions", "only-dense", "no-bias", "flops-given",
    "macs-given", "params-given", "parameters-counted", "parameters-added", "forward-and-backward",
    "multiplied-not-added",
)  # fmt: skip
OF_FIELDS = (
    "own-kernel-only", "strides-forgotten", "own-stride-counted", "minus-one-forgotten", "kernels-multiplied",
    "kernels-added", "layer-before",
)  # fmt: skip
OF_BLANKS = ("padding-not-halved", "kernel-given", "padding-forgotten", "stride-given", "kernel-less-one")
OF_FORMS = (
    "axes-in-other-order", "height-and-width-swapped", "channels-missing", "flattened-shape", "one-axis-only",
    "tiling-ignored", "unit-of-memory",
)  # fmt: skip


@cache
def known_mistakes() -> frozenset[str]:
    """Every name that a diagnosis may have."""
    of_layers = {rule.name for word in TABLE for _, rules in kind_of(word).layer.mistakes() for rule in rules}
    of_units = {slip.name for slip in (*COUNT_SLIPS, *BYTES_SLIPS)}
    return frozenset((*of_layers, *of_units, *OF_SUMS, *OF_FIELDS, *OF_BLANKS, *OF_FORMS))
