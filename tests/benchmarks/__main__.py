"""The command: ``python -m tests.benchmarks [GROUP]...``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import bundled, grading, growth, lint, reading, startup
from tests.benchmarks.measure import Result


def show(result: Result) -> None:
    target = "" if result.target is None else f"<= {result.target:g}"
    verdict = "" if result.target is None else "MISSED" if result.missed else "ok"
    print(f"{result.name:<54}{result.value:>9,.2f}  {target:<8} {verdict:<7} {result.parts}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    groups = {
        "startup": lambda folder: startup.startup(),
        "growth": growth.growth,
        "reading": reading.reading,
        "bundled": lambda folder: bundled.bundled(),
        "lint": lint.lint,
        "grading": grading.grading,
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
