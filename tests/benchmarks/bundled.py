"""The bundled networks, each for the first time in its process."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.measure import WARM, Result, python, run

BUNDLED = """
def cpu(name):
    start = time.process_time()
    for report in cnncalc.api.analyse_all(cnncalc.load(name)):
        report.totals
    return time.process_time() - start
from cnncalc import api, library
times = {name: cpu(name) for name in library.names()}
print(*sorted(times.items(), key=lambda each: -each[1])[0], sum(times.values()))
"""


def bundled() -> Iterator[Result]:
    """CPU seconds beyond start-up: of the largest by themselves, and of the slowest of all in one process."""
    for name in ("efficientnet_v2_l", "regnet_y_128gf", "densenet201", "preact_resnet1001"):
        alone = BUNDLED.replace("library.names()", f"[{name!r}]")
        yield Result(f"{name}: CPU seconds beyond start-up", cpu_seconds(alone)[1], 0.15, "")
    name, slowest, total = cpu_seconds(BUNDLED)
    yield Result("the slowest bundled network: CPU seconds", slowest, 0.15, f"{name}; all of them {total:.2f} s")


def cpu_seconds(program: str) -> tuple[str, float, float]:
    """The slowest network of a program, its seconds and those of all; the best of three runs."""
    runs = [run(python(WARM + program)).split() for _ in range(3)]
    name, slowest, total = min(runs, key=lambda each: float(each[1]))
    return name, float(slowest), float(total)
