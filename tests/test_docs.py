"""Everything that README.md and docs/ show is what happens.

- A ``console`` block: the lines after ``$ `` are run by bash in the root of the repository, one after the other; what
  stands below a command is what it prints (stdout and stderr, 80 columns, no colours), where a line ``...`` stands
  for any number of lines.  Blocks run side by side: none may count on the files of another.
- A ``python`` block is a doctest where it has ``>>>``, else it just has to run.
- The word ``norun`` after the language leaves a block out (installing, say).
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import generate_docs

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})[ ]*(?P<info>[^`\n]*)$")
COMMENT = re.compile(r"^<!--.*?-->", re.MULTILINE | re.DOTALL)
"""A comment is not shown, so what it holds is not run."""


class Block(NamedTuple):
    """A fenced block: where its text begins (line, from 1), the words after the fence, its text."""

    line: int
    info: list[str]
    text: str


class Shown(NamedTuple):
    """A command of a console block, its line, and what the page says that it prints."""

    line: int
    command: str
    output: list[str]


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text."""
    found = []
    shown = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    lines = iter(enumerate(shown.splitlines(), 1))
    for number, line in lines:
        opening = FENCE.match(line)
        if not opening:
            continue
        indent, fence = len(opening["indent"]), opening["fence"]
        body = []
        for _, inner in lines:
            if inner.strip().startswith(fence) and not inner.strip().strip(fence[0]):
                break
            body.append(inner[indent:] if not inner[:indent].strip() else inner)
        found.append(Block(number + 1, opening["info"].split(), "\n".join(body)))
    return found


def commands(block: Block) -> list[Shown]:
    """The commands of a console block; a command goes on in the next line after a backslash."""
    found: list[Shown] = []
    lines = iter(enumerate(block.text.splitlines(), block.line))
    for number, line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines, (0, ""))[1]
            found.append(Shown(number, command, []))
        elif found:
            found[-1].output.append(line)
        elif line.strip():
            raise ValueError(f"line {number}: a console block begins with a command ('$ ...')")
    return found


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether ``printed`` is what is shown; a shown line ``...`` stands for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ ]*\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def tidy(lines: list[str]) -> list[str]:
    """Without empty lines at the end, which nobody sees."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a command: ``cnncalc`` is that of the running interpreter, installed or not."""
    folder = Path(sys.executable).parent
    path = [str(folder)]
    if not (folder / "cnncalc").exists():
        shim = tmp_path_factory.mktemp("bin") / "cnncalc"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n')
        shim.chmod(0o755)
        path.insert(0, str(shim.parent))
    kept = {key: value for key, value in os.environ.items() if key not in {"FORCE_COLOR", "PYTHONPATH"}}
    search = os.pathsep.join([*path, kept["PATH"]])
    return {**kept, "PATH": search, "NO_COLOR": "1", "COLUMNS": "80", "PYTHONPATH": str(ROOT)}


def run_console(block: Block, environment: dict[str, str]) -> list[str]:
    """What a console block says that is not so."""
    wrong = []
    for shown in commands(block):
        process = subprocess.run(
            ["bash", "-c", shown.command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        printed = tidy(process.stdout.decode("utf-8", "replace").splitlines())
        if not agrees(tidy(shown.output), printed):
            difference = unified_diff(tidy(shown.output), printed, "the page", "the command", lineterm="", n=1)
            wrong.append("\n".join([f"line {shown.line}: $ {shown.command}", *difference]))
    return wrong


def run_python(block: Block) -> list[str]:
    """What a Python block says that is not so."""
    out = io.StringIO()
    if ">>>" in block.text:
        test = doctest.DocTestParser().get_doctest(block.text + "\n", {}, "block", None, block.line - 1)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=out.write)
        return [f"line {block.line}:\n{out.getvalue()}"] if runner.failures else []
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, f"block at line {block.line}", "exec"), {"__name__": "__docs__"})
    except Exception as error:
        return [f"line {block.line}: {type(error).__name__}: {error}"]
    return []


def wrong_in(text: str, environment: dict[str, str]) -> list[str]:
    """Everything that a page says and that is not so; its console blocks run side by side."""
    live = [block for block in blocks(text) if block.info and "norun" not in block.info]
    console = [block for block in live if block.info[0] == "console"]
    with ThreadPoolExecutor(max_workers=4) as pool:
        running = [pool.submit(run_console, block, environment) for block in console]
        wrong = [fault for block in live if block.info[0] == "python" for fault in run_python(block)]
        return wrong + [fault for one in running for fault in one.result()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wrong = wrong_in(page.read_text("utf-8"), environment)
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    "text, count",
    [
        ("```console\n$ echo one; echo two\none\ntwo\n```", 0),
        ("```console\n$ seq 1 9\n1\n...\n9\n```", 0),
        ("```console\n$ seq 1 9 | tail -n 1\n9\n$ echo x \\\n  y\nx y\n```", 0),
        ("```console\n$ seq 1 9\n1\n...\n8\n```", 1),
        ("```console\n$ echo one\ntwo\n$ echo three\nfour\n```", 2),
        ("```console\n$ echo said >&2\n```", 1),
        ("```console\n$ echo one\n```\n\n```console norun\n$ echo one\n```", 1),
        ("- item\n\n  ```console\n  $ echo one\n  two\n  ```", 1),
        ("```console\n$ cnncalc no-such-command | cat\n```", 1),
        ("```python\n>>> 1 + 1\n2\n```", 0),
        ("```python\n>>> 1 + 1\n3\n```", 1),
        ("```python\nimport cnncalc\n```", 0),
        ("```python\nimport cnncalc.cellar\n```", 1),
        ("```python norun\nimport cnncalc.cellar\n```", 0),
        ("<!--\n```console\n$ echo one\n```\n-->\n```console\n$ echo two\n```", 1),
        ("```yaml\nname: x\n```\n```\n$ echo one\n```", 0),
    ],
)
def test_the_test_can_fail(text: str, count: int, environment: dict[str, str]) -> None:
    assert len(wrong_in(text, environment)) == count


@pytest.mark.parametrize("name", generate_docs.GENERATED)
def test_generated_pages_are_fresh(name: str) -> None:
    """White space aside: how help texts are wrapped is click's affair."""
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written.split() == generate_docs.GENERATED[name]().split(), "run: python -m tests.generate_docs"
