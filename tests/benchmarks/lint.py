"""Linting, against linters that know less: yamllint and check-jsonschema, where they are installed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.growth import SMALL
from tests.benchmarks.measure import ENVIRONMENT, ROOT, Result, best, cnncalc, ratio, run

FILES, LAST = 1_000, 200
"""So many files, of 10 to so many layers."""


PHRASES = (
    ("conv 16 3 p1 nobias | bn | relu",),
    ("residual(conv 16 3 p1 | relu | conv 16 3 p1)", "relu"),
    ("conv 16 3 p1 nobias", "bn", "relu"),
)
FORMS = (
    *PHRASES,
    ("{op: conv, channels: 16, kernel: 3, pad: 1}", "relu"),
    ("\n    op: conv\n    channels: 16\n    kernel: 3\n    pad: 1", "relu"),
)
"""Every form that layers can be written in, as people write them; those in one line by themselves."""


def mixed(layers: int, rng: random.Random, forms: tuple[tuple[str, ...], ...] = FORMS) -> str:
    """A network of about ``layers`` layers in these forms."""
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
    process = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
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
    single = {
        "mixed forms": mixed(SMALL, rng),
        "long form": long_form(SMALL),
        "phrases": mixed(SMALL, rng, PHRASES),
    }
    for name, text in single.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    schema = folder / "schema.json"
    schema.write_text(run(cnncalc("schema")), "utf-8")
    ours = ["lint", "--no-config", "--format", "concise"]
    # The long form is what the figures of the design were measured with.  For the others a phrase is a single scalar
    # however many layers it makes, and half of our time is the start: there the ratio is only told.
    targets = {"mixed forms": None, "long form": 0.2, "phrases": None}
    runs = [(f"{FILES:,} files", many, 0.2)]
    runs += [(f"{SMALL:,} layers, {name}", folder / f"{name}.yaml", target) for name, target in targets.items()]
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
