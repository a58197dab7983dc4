"""Large networks: time and memory for each layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import WARM, Result, best, figure, ratio

SMALL, LARGE = 10_000, 100_000


def network(layers: int) -> str:
    """A network of ``layers`` layers, one line each: convolutions, norms and activations."""
    cycle = ("conv 16 3 p1 nobias", "bn", "relu", "conv 16 3x3 pad=1", "relu")
    lines = "\n".join(f"  l{number}: {cycle[number % len(cycle)]}" for number in range(layers))
    return f"name: generated\ninput: 3x32x32\nlayers:\n{lines}\n"


# each program prints what it took; {path} is the file
_PEAK = """
def peak():
    for line in open('/proc/self/status') if sys.platform == 'linux' else ():
        if line.startswith('VmHWM'):
            return int(line.split()[1]) * 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)
"""
ANALYSE = WARM + (
    "start = time.perf_counter(); report = cnncalc.analyse(cnncalc.load({path!r})); report.totals; print(time.perf_counter() - start)"
)
PEAK_TEXT = WARM + _PEAK + "text = open({path!r}).read(); print(peak())"
PEAK_TREE = (
    WARM + _PEAK + "from cnncalc.formats.read.yaml import read; from cnncalc.source import Source\n"
    "tree = read(Source('x', open({path!r}).read())); print(peak())"
)
PEAK_REPORT = WARM + _PEAK + "report = cnncalc.analyse(cnncalc.load({path!r})); report.totals; print(peak())"


def growth(folder: Path) -> Iterator[Result]:
    small, large = written(folder, SMALL), written(folder, LARGE)
    times = best({"small": partial(figure, ANALYSE, small), "large": partial(figure, ANALYSE, large)}, repeats=3)
    yield ratio(f"analysis of {LARGE:,} layers : of {SMALL:,}", times, "large", "small", 12)
    text, tree, report = (figure(program, large) for program in (PEAK_TEXT, PEAK_TREE, PEAK_REPORT))
    yield Result("peak bytes per layer beyond the parsed text", (report - tree) / LARGE, 4096, mebibytes(report, tree))
    yield Result("peak bytes per layer beyond the plain text", (report - text) / LARGE, None, mebibytes(report, text))


def mebibytes(over: float, under: float) -> str:
    return f"{over / 2**20:,.0f} MiB - {under / 2**20:,.0f} MiB"


def written(folder: Path, layers: int) -> Path:
    path = folder / f"{layers}.yaml"
    path.write_text(network(layers), "utf-8")
    return path
