"""Is it fast?  Ratios, measured in one run on one machine: ``python -m tests.benchmarks``.

Every target compares two things that are measured in turns (A B A B ...), each by its best time, so that a slow or busy
machine moves both.  Exit 1 when a target is missed.

    python -m tests.benchmarks              everything
    python -m tests.benchmarks startup      only the groups named: startup growth reading bundled lint grading

The group lint compares with yamllint and check-jsonschema where they are installed (anywhere on PATH).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
SMALL, LARGE = 10_000, 100_000

LAZY_IMPORTS = "import click, rich, pydantic, yaml"
USED_IMPORTS = (
    "import click, yaml; from pydantic import BaseModel; from rich.console import Console; from rich.table import Table"
)


class Result(NamedTuple):
    """One ratio (or figure), what it is made of, and its target, which it may not exceed; None: only told."""

    name: str
    value: float
    target: float | None
    parts: str

    @property
    def missed(self) -> bool:
        return self.target is not None and self.value > self.target


# Processes


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def cnncalc(*arguments: str) -> list[str]:
    """The installed command of this environment, else the checkout's."""
    script = Path(sys.executable).parent / "cnncalc"
    if script.exists():
        return [str(script), *arguments]
    return [*python("from cnncalc.cli import main; main()"), *arguments]


def run(command: list[str]) -> str:
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"failed ({process.returncode}): {' '.join(command)}\n{process.stdout}{process.stderr}")
    return process.stdout


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    run(command)
    return time.perf_counter() - start


def best(measures: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """The least of ``repeats`` measurements of each, taken in turns after one round that does not count."""
    for measure in measures.values():
        measure()
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(repeats)]
    return {name: min(each[name] for each in rounds) for name in measures}


def ratio(name: str, times: dict[str, float], over: str, under: str, target: float | None) -> Result:
    parts = f"{times[over] * 1000:,.0f} ms / {times[under] * 1000:,.0f} ms"
    return Result(name, times[over] / times[under], target, parts)


# Whole processes


def startup() -> Iterator[Result]:
    commands = {
        "nothing": python("pass"),
        "lazy": python(LAZY_IMPORTS),
        "used": python(USED_IMPORTS),
        "help": cnncalc("--help"),
        "summarize": cnncalc("summarize", "resnet50"),
    }
    times = best({name: partial(seconds, each) for name, each in commands.items()}, repeats=15)
    yield ratio("summarize resnet50 : importing the names used", times, "summarize", "used", 1.5)
    yield ratio("summarize resnet50 : importing the four, lazily", times, "summarize", "lazy", None)
    yield ratio("--help : importing the names used", times, "help", "used", 0.6)
    yield ratio("--help : importing the four, lazily", times, "help", "lazy", 0.6)
    yield ratio("--help : an interpreter that does nothing", times, "help", "nothing", None)
    pair = {"summarize": commands["summarize"], "torch": python("import torch")}
    times = best({name: partial(seconds, each) for name, each in pair.items()}, repeats=5)
    yield ratio("summarize resnet50 : import torch", times, "summarize", "torch", 0.25)


# Large networks


def network(layers: int) -> str:
    """A network of ``layers`` layers, one line each: convolutions, norms and activations."""
    cycle = ("conv 16 3 p1 nobias", "bn", "relu", "conv 16 3x3 pad=1", "relu")
    lines = "\n".join(f"  l{number}: {cycle[number % len(cycle)]}" for number in range(layers))
    return f"name: generated\ninput: 3x32x32\nlayers:\n{lines}\n"


# Each program prints what it took; {path} is the file.  Everything is imported and used once before the clock starts.
_WARM = r"""
import sys, time, cnncalc
cnncalc.analyse(cnncalc.parse('input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn\n  b: relu\n'))
"""
_PEAK = """
def peak():
    for line in open('/proc/self/status') if sys.platform == 'linux' else ():
        if line.startswith('VmHWM'):
            return int(line.split()[1]) * 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)
"""
ANALYSE = _WARM + (
    "start = time.perf_counter(); report = cnncalc.analyse(cnncalc.load({path!r})); report.totals; print(time.perf_counter() - start)"
)
PEAK_TEXT = _WARM + _PEAK + "text = open({path!r}).read(); print(peak())"
PEAK_TREE = (
    _WARM + _PEAK + "from cnncalc.formats.read.yaml import read; from cnncalc.source import Source\n"
    "tree = read(Source('x', open({path!r}).read())); print(peak())"
)
PEAK_REPORT = _WARM + _PEAK + "report = cnncalc.analyse(cnncalc.load({path!r})); report.totals; print(peak())"


def figure(program: str, path: Path) -> float:
    return float(run(python(program.format(path=str(path)))))


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


# Reading, against the C parser of YAML, in one process


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
    compose, analyse = map(float, run(python(_WARM + COMPOSE.format(path=str(path)))).split())
    times = {"compose": compose, "analyse": analyse}
    yield ratio(f"analysis of {SMALL:,} layers : yaml.compose (C)", times, "analyse", "compose", 10)


# The bundled networks, each for the first time in its process


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
    runs = [run(python(_WARM + program)).split() for _ in range(3)]
    name, slowest, total = min(runs, key=lambda each: float(each[1]))
    return name, float(slowest), float(total)


# Linting, against linters that know less


FILES, LAST = 1_000, 200
"""So many files, of 10 to so many layers."""


def mixed(layers: int, rng: random.Random) -> str:
    """A network of about ``layers`` layers in every form a layer can be written in, as people write them."""
    forms = (
        ("conv 16 3 p1 nobias | bn | relu",),
        ("{op: conv, channels: 16, kernel: 3, pad: 1}", "relu"),
        ("\n    op: conv\n    channels: 16\n    kernel: 3\n    pad: 1", "relu"),
        ("residual(conv 16 3 p1 | relu | conv 16 3 p1)", "relu"),
        ("conv 16 3 p1 nobias", "bn", "relu"),
    )
    lines: list[str] = []
    made = 0
    while made < layers:
        for phrase in rng.choice(forms):
            lines.append(f"  l{len(lines)}: {phrase}".replace(": \n", ":\n"))
            made += 1 + phrase.count("|") + phrase.count("residual")
    return "name: generated\ninput: 16x32x32\nlayers:\n" + "\n".join(lines) + "\n"


def long_form(layers: int) -> str:
    """A network of so many layers in the long form, a line for each value."""
    conv = "    op: conv\n    channels: 16\n    kernel: 3\n    pad: 1\n    bias: true"
    lines = (f"  l{number}:\n{'    op: relu' if number % 2 else conv}" for number in range(layers))
    return "name: generated\ninput: 3x32x32\nlayers:\n" + "\n".join(lines) + "\n"


def tool(name: str) -> str | None:
    """A linter that is installed beside this interpreter or on PATH."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=places)


def silently(command: list[str]) -> float:
    """The seconds that a command takes; what it finds does not matter."""
    start = time.perf_counter()
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    taken = time.perf_counter() - start
    if process.returncode not in (0, 1):
        raise SystemExit(f"failed ({process.returncode}): {' '.join(command)[:200]}")
    return taken


def lint(folder: Path) -> Iterator[Result]:
    rng = random.Random(1)
    many = folder / "many"
    many.mkdir()
    for number in range(FILES):
        (many / f"{number}.yaml").write_text(mixed(rng.randint(10, LAST), rng), "utf-8")
    phrases, block = folder / "phrases.yaml", folder / "block.yaml"
    phrases.write_text(mixed(SMALL, rng), "utf-8")
    block.write_text(long_form(SMALL), "utf-8")
    schema = folder / "schema.json"
    schema.write_text(run(cnncalc("schema")), "utf-8")
    ours = ["lint", "--no-config", "--format", "concise"]
    # for them a phrase is a single scalar however many layers it makes, so there a ratio is only told
    runs = (
        (f"{FILES:,} files", many, 0.2),
        (f"{SMALL:,} layers, long form", block, 0.2),
        (f"{SMALL:,} layers, phrases", phrases, None),
    )
    for what, path, target in runs:
        files = [str(each) for each in (sorted(path.iterdir()) if path.is_dir() else [path])]
        others = {
            "yamllint": ["-d", "relaxed", str(path)],
            "check-jsonschema": ["--schemafile", str(schema), *files],
        }
        for name, arguments in others.items():
            program = tool(name)
            if program is None:
                print(f"lint of {what} : {name}: not installed")
                continue
            commands = {"ours": cnncalc(*ours, str(path)), "theirs": [program, *arguments]}
            times = best({key: partial(silently, each) for key, each in commands.items()}, repeats=3)
            yield ratio(f"lint of {what} : {name}", times, "ours", "theirs", target)
    commands = {jobs: cnncalc(*ours, "--jobs", jobs, str(many)) for jobs in ("1", "2")}
    times = best({jobs: partial(silently, each) for jobs, each in commands.items()}, repeats=3)
    yield ratio(f"lint of {FILES:,} files, two processes : one", times, "2", "1", None)


# Grading, against reading the submissions with the YAML reader


STUDENTS = 1_000
HOMEWORK = """\
network: alexnet
questions: [conv1.output, pool1.output, conv2.output, pool2.output, conv3.output, conv4.output, conv5.output, pool5.output,
  fc6.output, conv1.params, conv2.params, conv3.params, conv4.params, conv5.params, fc6.params, fc7.params, fc8.params,
  total.params, conv1.macs, conv1.memory]
"""
READ_ALL = """
import os, time
from cnncalc.files import load_source
from cnncalc.formats.read.yaml import read
paths = [os.path.join({path!r}, name) for name in sorted(os.listdir({path!r}))]
read(load_source(paths[0]))
start = time.perf_counter()
for path in paths:
    read(load_source(path))
print(time.perf_counter() - start)
"""


def grading(folder: Path) -> Iterator[Result]:
    """A class of students who make the mistakes of the catalogue, each in his own answers: a fifth of the answers are
    wrong by a known mistake, a few by none."""
    homework, answers = classroom(folder)
    command = cnncalc("grade", str(homework), str(answers))
    reading = READ_ALL.format(path=str(answers))
    measures = {
        "grade": partial(seconds, command),
        "process": partial(seconds, python(reading)),
        "read": partial(figure, READ_ALL, answers),
    }
    times = best(measures, repeats=5)
    yield ratio(f"grading {STUDENTS:,} submissions : reading, each a process", times, "grade", "process", 5)
    yield ratio("the same, start-up too : reading alone", times, "grade", "read", None)


def classroom(folder: Path) -> tuple[Path, Path]:
    """The assignment and the folder of submissions."""
    import random

    from cnncalc import api
    from cnncalc.grading.sheet import sheet_of
    from cnncalc.layers.mistakes import written

    homework, answers = folder / "homework.yaml", folder / "submissions"
    homework.write_text(HOMEWORK, "utf-8")
    answers.mkdir()
    items = sheet_of(api.read_assignment(homework)).items
    chance = random.Random(1)
    for number in range(STUDENTS):
        lines = []
        for item in items:
            value = item.truth.value
            if chance.random() < 0.2 and item.mistakes:
                value = chance.choice(item.mistakes).value
            elif chance.random() < 0.05:
                value = chance.randrange(1, 10**6)
            assert value is not None
            lines += [
                f"  # {item.question.subject}, {item.question.points} point",
                f"  {item.question.id}: {written(value)}",
            ]
        path = answers / f"student{number:04}.yaml"
        path.write_text(f"student: student {number}\nanswers:\n" + "\n".join(lines) + "\n", "utf-8")
    return homework, answers


# The table


def show(result: Result) -> None:
    target = "" if result.target is None else f"<= {result.target:g}"
    verdict = "" if result.target is None else "MISSED" if result.missed else "ok"
    print(f"{result.name:<54}{result.value:>9,.2f}  {target:<8} {verdict:<7} {result.parts}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    groups = {
        "startup": lambda folder: startup(),
        "growth": growth,
        "reading": reading,
        "bundled": lambda folder: bundled(),
        "lint": lint,
        "grading": grading,
    }
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Ratios, measured in one run.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(groups)}; all if none is named")
    chosen = parser.parse_args(arguments).groups or list(groups)
    if unknown := set(chosen) - set(groups):
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            for result in groups[name](Path(folder)):
                show(result)
                missed += result.missed
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
