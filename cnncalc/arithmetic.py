"""The formula: how far a sliding window reaches, and what comes out.

``out = floor((W - d(F-1) - 1 + P + P') / S) + 1`` (Dumoulin & Visin 2016, arXiv 1603.07285, relationship 6 with
dilation); a transposed window turns it around (relationship 14).  ``str(window)`` is the worked line that tables,
``explain``, the grader and the linter all print.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from cnncalc.units import decimal


def effective(kernel: int, dilation: int = 1) -> int:
    """How many input positions a dilated kernel spans: ``d(F-1) + 1``."""
    return dilation * (kernel - 1) + 1


def half_padding(kernel: int, dilation: int = 1) -> int:
    """``d(F-1)/2``, rounded up: PyTorch code's ``k//2``, Darknet's ``pad=1``, the lectures' "(F-1)/2"."""
    return -(-dilation * (kernel - 1) // 2)


def same_padding(extent: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """TensorFlow's SAME: the least padding that gives ``ceil(W/S)``, the odd one after."""
    out = -(-extent // stride)
    total = max((out - 1) * stride + effective(kernel, dilation) - extent, 0)
    return total // 2, total - total // 2


def half_worked(kernel: int, dilation: int = 1) -> str:
    """The worked line of :func:`half_padding`: ``(11 - 1)/2 = 5``."""
    exact = Fraction(dilation * (kernel - 1), 2)
    times = f"{dilation}*" if dilation > 1 else ""
    shown = f" = {decimal(exact)} ->" if exact.denominator > 1 else " ="
    return f"{times}({kernel} - 1)/2{shown} {half_padding(kernel, dilation)}"


def same_worked(extent: int, kernel: int, stride: int = 1, dilation: int = 1) -> str:
    """The worked line of :func:`same_padding`: ``max((112 - 1)*2 + 3 - 224, 0) = 1: 0 before, 1 after``."""
    before, after = same_padding(extent, kernel, stride, dilation)
    out, span = -(-extent // stride), effective(kernel, dilation)
    return f"max(({out} - 1)*{stride} + {span} - {extent}, 0) = {before + after}: {before} before, {after} after"


def steps_below(outputs: int, taps: int, stride: int, dilation: int, limit: int) -> int:
    """How many pairs (o < outputs, k < taps) there are with ``o*stride + k*dilation < limit``."""
    outputs = min(outputs, -(-limit // stride))
    if outputs <= 0 or taps <= 0:
        return 0
    whole = min(max(-(-(limit - (taps - 1) * dilation) // stride), 0), outputs)
    rest = outputs - whole
    lowest = limit - (outputs - 1) * stride + dilation - 1
    return whole * taps + floor_sum(rest, dilation, stride, lowest)


def floor_sum(n: int, modulus: int, a: int, b: int) -> int:
    """The sum of ``(a*i + b) // modulus`` for i < n, in as many steps as Euclid's algorithm takes."""
    total = 0
    while n > 0:
        total += n * (n - 1) // 2 * (a // modulus) + n * (b // modulus)
        a, b = a % modulus, b % modulus
        top = a * n + b
        n, b = divmod(top, modulus)
        modulus, a = a, modulus
        if modulus == 0:
            break
    return total


class Window(NamedTuple):
    """A window that slides along one axis: ``extent`` positions, ``before`` and ``after`` positions of padding."""

    extent: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil: bool = False

    @property
    def span(self) -> int:
        """The positions the kernel spans, ``d(F-1) + 1``."""
        return effective(self.kernel, self.dilation)

    @property
    def slack(self) -> int:
        """``W - span + P + P'``: how far the window can travel; negative where it does not fit."""
        return self.extent - self.span + self.before + self.after

    @property
    def fits(self) -> bool:
        """Whether the kernel fits into the padded input, or ``ceil`` lets it reach over the end."""
        return self.slack >= 0 or (self.ceil and self.out > 0)

    @property
    def tiles(self) -> bool:
        """Whether the stride takes the window exactly to the other end."""
        return self.slack % self.stride == 0

    @property
    def exact(self) -> Fraction:
        """``(W - span + P + P')/S + 1`` before rounding."""
        return Fraction(self.slack, self.stride) + 1

    @property
    def out(self) -> int:
        """Positions that come out; 0 or less where the window does not fit.

        With ``ceil``, torch's rule: the last window must start inside the input or its leading padding.
        """
        if not self.ceil:
            return self.slack // self.stride + 1
        out = -(-self.slack // self.stride) + 1
        if (out - 1) * self.stride >= self.extent + self.before:
            out -= 1
        return out

    @property
    def unread(self) -> int:
        """Input positions at the far end that no window reads because the stride does not tile."""
        read = (self.out - 1) * self.stride + self.span
        return min(self.extent, max(0, self.before + self.extent - read))

    @property
    def reads(self) -> int:
        """Reads of the input by all windows together, those of padding left out: at most ``F*out``."""
        end = (self.out - 1) * self.stride + self.span - self.before
        before = steps_below(self.out, self.kernel, self.stride, self.dilation, self.before)
        after = steps_below(self.out, self.kernel, self.stride, self.dilation, end - self.extent)
        return self.out * self.kernel - before - after

    @property
    def met(self) -> int:
        """How many of ``stride`` positions in a row are read, far from the ends: the remainders that the taps leave,
        ``min(F, S/gcd(S, d))``."""
        return min(self.kernel, self.stride // gcd(self.stride, self.dilation))

    def seen(self) -> int:
        """The input positions that some window reads.  The time grows with ``F*out``."""
        read = {
            at * self.stride + tap * self.dilation - self.before for at in range(self.out) for tap in range(self.kernel)
        }
        return sum(0 <= each < self.extent for each in read)

    @property
    def symbols(self) -> str:
        """The formula behind :attr:`expression`: ``(W - F + 2*P)/S + 1``."""
        span = "F" if self.dilation == 1 else "d*(F - 1) - 1"
        padding = "2*P" if self.before == self.after else "P + P'"
        return f"(W - {span} + {padding})/S + 1"

    @property
    def expression(self) -> str:
        """``(227 - 11 + 2*0)/4 + 1``, with the numbers filled in."""
        if self.dilation == 1:
            span = f"{self.kernel}"
        else:
            span = f"{self.dilation}*({self.kernel} - 1) - 1"
        if self.before == self.after:
            padding = f"2*{self.before}"
        else:
            padding = f"{self.before} + {self.after}"
        return f"({self.extent} - {span} + {padding})/{self.stride} + 1"

    def __str__(self) -> str:
        if not self.fits:
            return f"{self.extent} - {self.span} + {self.before + self.after} = {self.slack} is negative"
        if self.exact == self.out:
            return f"{self.expression} = {self.out}"
        return f"{self.expression} = {decimal(self.exact)} -> {self.out}"

    def tilings(self) -> Iterator[tuple[str, Window]]:
        """The nearest single changes that make the stride tile: ("input" | "kernel" | "stride" | "pad", window)."""
        if self.tiles or self.slack < 0:
            return
        over = self.slack % self.stride
        if self.extent > over:
            yield "input", self._replace(extent=self.extent - over)
        yield "input", self._replace(extent=self.extent + self.stride - over)
        for change in (over - self.stride, over):
            kernel, left = divmod(self.span + change - 1, self.dilation)
            if not left and 0 < kernel + 1 != self.kernel:
                yield "kernel", self._replace(kernel=kernel + 1)
        near = range(max(1, self.stride - 64), self.stride + 64)
        divisors = [stride for stride in near if self.slack % stride == 0]
        for stride in sorted(sorted(divisors, key=lambda each: abs(each - self.stride))[:2]):
            yield "stride", self._replace(stride=stride)
        missing = self.stride - over
        if missing % 2 == 0:
            yield "pad", self._replace(before=self.before + missing // 2, after=self.after + missing // 2)
        elif self.stride % 2:
            missing += self.stride
            yield "pad", self._replace(before=self.before + missing // 2, after=self.after + missing // 2)
        else:
            yield "pad", self._replace(after=self.after + missing)


class Transposed(NamedTuple):
    """The window of a transposed convolution along one axis: ``(W-1)S - P - P' + d(F-1) + 1 + outpad``."""

    extent: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    outpad: int = 0

    @property
    def span(self) -> int:
        return effective(self.kernel, self.dilation)

    @property
    def out(self) -> int:
        return (self.extent - 1) * self.stride - self.before - self.after + self.span + self.outpad

    @property
    def adds(self) -> int:
        """Products that land in the output, those that the padding takes off left out: at most ``W*F``."""
        end = (self.extent - 1) * self.stride + self.span - self.before
        before = steps_below(self.extent, self.kernel, self.stride, self.dilation, self.before)
        after = steps_below(self.extent, self.kernel, self.stride, self.dilation, end - self.out)
        return self.extent * self.kernel - before - after

    @property
    def symbols(self) -> str:
        """The formula behind :attr:`expression`: ``(W - 1)*S - 2*P + F``."""
        padding = "2*P" if self.before == self.after else "P - P'"
        span = "F" if self.dilation == 1 else "d*(F - 1) + 1"
        extra = " + outpad" if self.outpad else ""
        return f"(W - 1)*S - {padding} + {span}{extra}"

    @property
    def expression(self) -> str:
        """``(28 - 1)*2 - 2*0 + 2``, with the numbers filled in."""
        padding = f"2*{self.before}" if self.before == self.after else f"{self.before} - {self.after}"
        span = f"{self.kernel}" if self.dilation == 1 else f"{self.dilation}*({self.kernel} - 1) + 1"
        extra = f" + {self.outpad}" if self.outpad else ""
        return f"({self.extent} - 1)*{self.stride} - {padding} + {span}{extra}"

    def __str__(self) -> str:
        return f"{self.expression} = {self.out}"
