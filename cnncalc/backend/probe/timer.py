"""When a time is warm and when it is known well enough; torch is not needed to decide that.

A sample is a function that repeats something ``count`` times and returns the seconds of each repeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import NamedTuple, TypeAlias

Sample: TypeAlias = Callable[[int], Sequence[float]]

FEWEST = 3
"""Repeats that are made even where the bound is met: fewer have no quartiles to speak of."""
LARGEST_WINDOW = 50


class Rule(NamedTuple):
    """How long to measure.  ``seconds`` bounds warm-up (half of it at most) and repeats together, on the wall; the
    very first run, which loads and tunes things, does not count."""

    seconds: float = 3.0
    drift: float = 0.02
    """It is warm when the medians of two consecutive windows differ by no more than this share."""
    spread: float = 0.02
    """It is known when the interquartile range is no more than this share of the median."""
    least: int = 20
    """Repeats before the spread is believed."""
    most: int = 1000


class Timing(NamedTuple):
    """Seconds of a repeat: median, quartiles and the fastest of ``repeats``, after ``warmup`` runs.

    ``warm``: the warm-up ended because the windows agreed; ``settled``: the repeats ended because the spread was small
    enough.  Where either is false the bound ended it.
    """

    median: float
    q1: float
    q3: float
    fastest: float
    repeats: int
    warmup: int
    warm: bool
    settled: bool

    @property
    def iqr(self) -> float:
        return self.q3 - self.q1

    @property
    def spread(self) -> float:
        """The interquartile range as a share of the median."""
        return self.iqr / self.median if self.median > 0 else 0.0


def measure(sample: Sample, rule: Rule, clock: Callable[[], float] = time.perf_counter) -> Timing:
    """Warm up, then repeat, see :class:`Rule`."""
    sample(1)
    begin = clock()
    sample(1)
    size = window(rule.seconds, clock() - begin)
    warm, runs = warm_up(sample, rule, size, begin, clock)
    times: list[float] = []
    while True:
        times += sample(max(min(size, rule.most - len(times)), 1))
        low, middle, high = quartiles(times)
        settled = len(times) >= rule.least and high - low <= rule.spread * middle
        over = len(times) >= rule.most or (len(times) >= FEWEST and clock() - begin >= rule.seconds)
        if settled or over:
            return Timing(middle, low, high, min(times), len(times), runs + 2, warm, settled)


def warm_up(sample: Sample, rule: Rule, size: int, begin: float, clock: Callable[[], float]) -> tuple[bool, int]:
    """Whether consecutive windows came to agree, and how many runs that took."""
    runs, before = 0, None
    while clock() - begin < rule.seconds / 2:
        now = median(sample(size))
        runs += size
        if before is not None and abs(now - before) <= rule.drift * min(now, before):
            return True, runs
        before = now
    return False, runs


def window(seconds: float, each: float) -> int:
    """Repeats that take about a twentieth of the bound, at most 50: the device is asked for the times after each."""
    return max(1, min(LARGEST_WINDOW, int(seconds / 20 / max(each, 1e-9))))


def quartiles(times: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median and third quartile."""
    if len(times) == 1:
        return times[0], times[0], times[0]
    low, middle, high = quantiles(times, n=4, method="inclusive")
    return low, middle, high
