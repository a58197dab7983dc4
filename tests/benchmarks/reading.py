"""Reading and analysing, against the C parser of YAML, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.growth import SMALL, written
from tests.benchmarks.measure import WARM, Result, python, ratio, run

COMPOSE = """
import yaml
text = open({path!r}).read()
def compose():
    start = time.perf_counter(); tree = yaml.compose(text, Loader=yaml.CSafeLoader); return time.perf_counter() - start
def analyse():
    start = time.perf_counter(); report = cnncalc.analyse(cnncalc.load({path!r})); report.totals; return time.perf_counter() - start
rounds = [(compose(), analyse()) for _ in range(6)][1:]
print(*map(min, zip(*rounds)))
"""


def reading(folder: Path) -> Iterator[Result]:
    path = written(folder, SMALL)
    compose, analyse = map(float, run(python(WARM + COMPOSE.format(path=str(path)))).split())
    times = {"compose": compose, "analyse": analyse}
    yield ratio(f"analysis of {SMALL:,} layers : yaml.compose (C)", times, "analyse", "compose", 10)
