"""Processes, their times, and the ratio of two of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed command has its bytecode."""

WARM = r"""
import sys, time, cnncalc
cnncalc.analyse(cnncalc.parse('input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn\n  b: relu\n'))
"""
"""Everything is imported and used once before a program starts its clock."""


class Result(NamedTuple):
    """One ratio (or figure), what it is made of, and its target, which it may not exceed; None: only told."""

    name: str
    value: float
    target: float | None
    parts: str

    @property
    def missed(self) -> bool:
        return self.target is not None and self.value > self.target


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def cnncalc(*arguments: str) -> list[str]:
    """The installed command of this environment, else the checkout's."""
    script = Path(sys.executable).parent / "cnncalc"
    if script.exists():
        return [str(script), *arguments]
    return [*python("from cnncalc.cli import main; main()"), *arguments]


def run(command: list[str]) -> str:
    process = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
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


def figure(program: str, path: Path) -> float:
    """What a program prints; ``{path}`` in it is the file."""
    return float(run(python(program.format(path=str(path)))))
