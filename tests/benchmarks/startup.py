"""Starting, against interpreters that only import."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.measure import Result, best, cnncalc, python, ratio, seconds

LAZY_IMPORTS = "import click, rich, pydantic, yaml"
USED_IMPORTS = (
    "import click, yaml; from pydantic import BaseModel; from rich.console import Console; from rich.table import Table"
)


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
