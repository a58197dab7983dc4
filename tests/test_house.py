"""The house rules: a module imports only from lower storeys, and each framework is known in one place only.

Imports inside functions and under ``TYPE_CHECKING`` count: who names a thing knows it.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnncalc"

STOREYS: list[set[str]] = [  # bottom up; the names are those below `cnncalc.`
    {"_version", "collector", "lazy", "source"},
    {"errors"},
    {"arithmetic", "reach", "shape", "units"},
    {"formats.read", "files", "library", "revision"},
    {"layers"},
    {"spec"},
    {"loading"},
    {"graph"},
    {"analysis"},
    {"grading", "rules"},  # what is made of a report; what they find is rendered, so they stand below the renderers
    {"linting"},
    {"render", "formats.write", "backend"},
    {"api", "schema"},
    {"", "formats"},  # the public names themselves; `formats` is only the folder of its two storeys
    {"cli", "__main__"},
]
CONSUMERS = STOREYS[9], STOREYS[11]
"""The rooms of one of these storeys never look at each other; elsewhere the rooms of one storey may."""

FRAMEWORKS = {"torch": ("backend",), "rich": ("render", "cli._output"), "click": ("cli",)}
"""Where each of them may be imported."""


def modules() -> dict[str, str]:
    """Every module of the package, without the leading ``cnncalc.``, and its text."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts).removesuffix("__init__").rstrip(".")] = path.read_text("utf-8")
    return found


def imported(text: str) -> Iterator[tuple[int, list[str]]]:
    """The line of every import, with what it names: for ``from a import b`` the module is ``a.b`` or else ``a``."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, [alias.name]) for alias in names)
            case ast.ImportFrom(level=0, module=str(base), names=names):
                yield from ((node.lineno, [f"{base}.{alias.name}", base]) for alias in names)
            case ast.ImportFrom():
                yield node.lineno, ["."]
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, [name]


def room(module: str) -> str | None:
    """The room of a module of the package, the longest of ``STOREYS`` that it lies in."""
    parts = module.split(".")
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((each for each in prefixes if any(each in storey for storey in STOREYS)), None)


def storey(name: str) -> int:
    return next(level for level, rooms in enumerate(STOREYS) if name in rooms)


def faults(module: str, text: str, known: set[str]) -> list[str]:
    """What ``text``, as the module ``module``, imports against the rules; ``known`` are the modules there are."""
    here = room(module)
    if here is None:
        return [f"{module or '__init__'}: has no storey: name it in STOREYS"]
    found = []
    for line, candidates in imported(text):
        fault = _fault(module, here, candidates, known)
        if fault:
            found.append(f"{module or '__init__'}:{line}: {fault}")
    return found


def _fault(module: str, here: str, candidates: list[str], known: set[str]) -> str:
    top = candidates[-1].split(".")[0]
    if top == "":
        return "relative import"
    if top in FRAMEWORKS:
        homes = FRAMEWORKS[top]
        allowed = any(module == home or module.startswith(home + ".") for home in homes)
        return "" if allowed else f"imports {top}, which only {' and '.join(homes)} may"
    if top != "cnncalc":
        return ""
    targets = [name.removeprefix("cnncalc").lstrip(".") for name in candidates]
    target = next((name for name in targets if name in known), targets[-1])
    there = room(target)
    if there is None:
        return f"imports cnncalc.{target}, which has no storey"
    if there == here:
        return ""
    if storey(there) > storey(here):
        return f"imports cnncalc.{target} from a storey above"
    if any({here, there} <= storey for storey in CONSUMERS):
        return f"imports cnncalc.{target}: consumers never look at each other"
    return ""


ALL = modules()


@pytest.mark.parametrize("module", ALL, ids=lambda name: name or "__init__")
def test_house_rules(module: str) -> None:
    assert faults(module, ALL[module], set(ALL)) == []


PLANTED = [
    ("layers.conv", "import torch", "imports torch"),
    ("layers.conv", "from torch import nn", "imports torch"),
    ("layers.conv", "def f():\n    import torch.nn as nn", "imports torch"),
    ("layers.conv", "import importlib\nimportlib.import_module('torch')", "imports torch"),
    ("layers.conv", "__import__('torch')", "imports torch"),
    ("layers.conv", "import os, torch", "imports torch"),
    ("layers.conv", "import click", "imports click"),
    ("api", "from rich.table import Table", "imports rich"),
    ("cli.summarize", "from rich.table import Table", "imports rich"),
    ("cli._outputs", "import rich", "imports rich"),
    ("render.table", "import click", "imports click"),
    ("source", "from cnncalc.errors import fault", "storey above"),
    ("errors", "from cnncalc import layers", "storey above"),
    ("errors", "if TYPE_CHECKING:\n    from cnncalc.graph import Graph", "storey above"),
    ("errors", "from cnncalc import load", "storey above"),
    ("formats.read.yaml", "from cnncalc.layers import TABLE", "storey above"),
    ("formats.read.yaml", "from cnncalc.layers.conv import Conv", "storey above"),
    ("graph", "import cnncalc.analysis.memory", "storey above"),
    ("analysis.memory", "from cnncalc.render import table", "storey above"),
    ("api", "from cnncalc.cli import main", "storey above"),
    ("grading.marks", "from cnncalc.render import table", "storey above"),
    ("grading.marks", "from cnncalc.rules import tiling", "consumers"),
    ("render.table", "from cnncalc.backend.verify import verify", "consumers"),
    ("formats.write.torch", "from cnncalc.backend.build import build", "consumers"),
    ("rules.tiling", "from cnncalc.linting import run", "storey above"),
    ("rules.tiling", "from cnncalc.formats.write import yaml", "storey above"),
    ("layers.conv", "from .base import Layer", "relative"),
    ("graph", "from cnncalc.cellar import wine", "no storey"),
    ("cellar", "", "no storey"),
]


@pytest.mark.parametrize("module, text, words", PLANTED)
def test_planted_fault_is_found(module: str, text: str, words: str) -> None:
    known = {"", "errors", "layers", "layers.conv", "render", "render.table", "formats.write", "formats.write.yaml"}
    found = faults(module, text, known)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "module, text",
    [
        ("backend.build", "import torch"),
        ("cli._output", "import rich"),
        ("cli.summarize", "import click\nfrom cnncalc import render, api, load\nfrom cnncalc.errors import SpecError"),
        ("render.table", "from rich.table import Table\nfrom cnncalc.analysis import Report"),
        ("errors", "from cnncalc.source import Mark\nimport torchlike"),
        ("api", "from cnncalc.backend.build import build\nfrom cnncalc.grading import grade"),
        ("", "from cnncalc._version import __version__\nfrom cnncalc.api import load"),
        ("render.html", "from cnncalc.render.table import table"),
        ("render.gradebook", "from cnncalc.grading.records import Graded"),
        ("linting.run", "from cnncalc.rules import tiling"),
    ],
)
def test_what_the_rules_allow(module: str, text: str) -> None:
    assert faults(module, text, {"errors", "render", "api"}) == []


def loaded_by(code: str) -> list[str]:
    """Which of the heavy packages a fresh interpreter holds after ``code``."""
    report = "import json, sys; print(json.dumps(sorted({'torch', 'rich', 'click', 'numpy'} & set(sys.modules))))"
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    found: list[str] = json.loads(process.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import cnncalc",
        "import cnncalc; cnncalc.SpecError, cnncalc.Diagnostic",
        "import cnncalc.cli",
        "import cnncalc; cnncalc.load, cnncalc.analyse; cnncalc.analyse(cnncalc.parse('3x8x8 | conv 4 3 p1'))",
    ],
)
def test_import_is_light(code: str) -> None:
    assert loaded_by(code) == []


def test_import_is_light_can_fail() -> None:
    assert loaded_by("import cnncalc, click, rich") == ["click", "rich"]


def test_import_cnncalc_imports_nearly_nothing() -> None:
    code = "import sys; before = set(sys.modules); import cnncalc; print(sorted(set(sys.modules) - before))"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ast.literal_eval(process.stdout) == ["cnncalc", "cnncalc._version"]


def test_help_does_without_click() -> None:
    code = "import sys; sys.argv[1:] = ['--help']; from cnncalc.cli import main; main()"
    assert loaded_by(code) == []
