"""How far an output sees: what one layer sees of its input, and the receptive field that grows from layer to layer."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import NamedTuple

from cnncalc.arithmetic import Transposed
from cnncalc.units import decimal, fraction, simplest, whole_up


class Reach(NamedTuple):
    """What one output position sees of its layer's input along one axis, as the recurrence needs it.

    ``span`` positions, ``stride`` between neighbouring outputs (a fraction where the layer enlarges), ``start`` the
    first position that output 0 sees.
    """

    span: int
    stride: Fraction | int
    start: Fraction | int


def transposed_reach(window: Transposed) -> Reach:
    """An output ``o`` of a transposed convolution sees the inputs ``i`` with ``o = i*S + d*k - P`` for a tap k:
    at most ``ceil(F/S)`` of them without dilation, in general the most taps that share a residue modulo S."""
    period = window.stride // gcd(window.stride, window.dilation)  # so many taps further the residue is the same
    furthest = (window.kernel - 1) // period * period * window.dilation
    best = furthest // window.stride + 1
    first = -(-(window.before - window.span + 1) // window.stride)
    return Reach(best, Fraction(1, window.stride), first)


class ReceptiveField(NamedTuple):
    """A receptive field along one axis as it is reported: whole input positions."""

    size: int
    stride: Fraction | int
    start: Fraction | int


class Field(NamedTuple):
    """A receptive field along one axis, in positions of the network's input.

    ``size`` positions; ``stride`` between the fields of neighbouring outputs; ``start`` the first position seen by
    output 0 (negative where it begins in the padding).  Behind an enlarging layer the size may be a fraction until
    :meth:`whole` rounds it up.
    """

    size: Fraction | int
    stride: Fraction | int
    start: Fraction | int

    def step(self, reach: Reach) -> Field:
        """The recurrence of Araujo, Norris & Sim 2019 (distill.pub/2019/computing-receptive-fields):
        ``r += (F_eff - 1) * jump; start += first * jump; jump *= S``."""
        return Field(
            simplest(self.size + (reach.span - 1) * self.stride),
            simplest(self.stride * reach.stride),
            simplest(self.start + reach.start * self.stride),
        )

    def whole(self) -> ReceptiveField:
        """The field as it is reported, its size rounded up to whole positions."""
        return ReceptiveField(whole_up(self.size), self.stride, self.start)

    def worked(self, reach: Reach) -> dict[str, str]:
        """The lines of :meth:`step` with the numbers filled in: ``size``, ``jump`` and ``start``."""
        after = self.step(reach)
        jump, stride, first = map(fraction, (self.stride, reach.stride, reach.start))
        exact = self.size + (reach.span - 1) * self.stride
        rounded = f"{decimal(exact)} -> {after.size}" if exact != after.size else f"{after.size}"
        return {
            "size": f"{self.size} + ({reach.span} - 1)*{jump} = {rounded}",
            "jump": f"{jump}*{stride} = {fraction(after.stride).strip('()')}",
            "start": f"{fraction(self.start)} + {first}*{jump} = {fraction(after.start).strip('()')}",
        }
