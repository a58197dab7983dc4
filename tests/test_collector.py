"""The garbage collector's pause, and that there is little for it to do."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

import cnncalc
from cnncalc import api
from cnncalc.analysis.memory import simulate
from cnncalc.collector import MANY, paused


@pytest.fixture(autouse=True)
def as_found() -> Iterator[None]:
    gc.collect()
    yield
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_a_pause_leaves_the_collector_as_it_was() -> None:
    with paused():
        assert not gc.isenabled()
        with paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_promoted_is_passed_over_once_and_collected_all_the_same() -> None:
    with paused():
        many = [[] for _ in range(2 * MANY)]
        ring = weakref.ref(Ring())
    assert gc.get_count()[0] < MANY
    assert len(gc.get_objects(generation=0)) < MANY <= len(gc.get_objects(generation=2))
    assert ring() is not None
    gc.collect()
    assert ring() is None
    assert len(many) == 2 * MANY


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with paused():
            assert len([[] for _ in range(2 * MANY)]) == 2 * MANY
        assert gc.get_freeze_count() == before
    finally:
        gc.unfreeze()


def analyse() -> None:
    report = cnncalc.analyse("alexnet")
    assert report.totals.layers == len(list(report))
    assert report.find("conv1") is not None


def explain() -> None:
    assert cnncalc.explain("alexnet", "conv1")


def memory() -> None:
    assert simulate(cnncalc.analyse("alexnet").graph, training=True).peak_bytes


def lint() -> None:
    assert api.lint("3x8x8 | conv 8 30")


@pytest.mark.parametrize("work", [analyse, explain, memory, lint])
def test_what_is_dropped_is_freed_at_once(work: Callable[[], None]) -> None:
    """Nothing refers to what refers to it: a process that analyses one network after the other needs no collector."""
    work()
    gc.collect()
    gc.disable()
    try:
        work()
        assert gc.collect() == 0
    finally:
        gc.enable()
