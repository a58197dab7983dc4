"""``cnncalc compare``: depth against brute force, the table, sorting, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cnncalc
from cnncalc import api, library
from cnncalc.analysis.comparison import Compared, depth
from cnncalc.cli._group import group
from cnncalc.graph import Graph
from cnncalc.render import comparison as render

BROKEN = "3x8x8 | conv 4 30"


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, ["compare", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


# -- depth ------------------------------------------------------------------------------------------------------------


def paths(graph: Graph, index: int) -> list[int]:
    """The weight layers of every path from an input to a node, one by one."""
    node = graph.nodes[index]
    own = int(node.kind in ("conv", "dwconv", "deconv", "local", "fc"))
    if node.layer is None:
        return [0]
    return [own + each for before in node.inputs for each in paths(graph, before)]


def random_net(seed: int) -> str:
    """A file whose lines take one or two earlier lines, with weights or without."""
    rng = random.Random(seed)
    names, lines, used = ["input"], [], set()
    for number in range(rng.randint(1, 9)):
        one, two = rng.choice(names), rng.choice(names)
        used |= {one}
        step = rng.choice(
            [
                "conv 4 3 p1",
                "dwconv 3 p1",
                "deconv 4 3 p1",
                "relu",
                "bn",
                f"add({two}, id)",
                f"concat({two}, id) | conv 4 1",
            ]
        )
        used |= {two} if two in step.split("(")[-1] else set()
        lines.append(f"  l{number}: {one} | {step}")
        names.append(f"l{number}")
    outputs = [name for name in names[1:] if name not in used or rng.random() < 0.1]
    return "input: 4x8x8\nlayers:\n" + "\n".join(lines) + f"\noutputs: [{', '.join(outputs)}]\n"


@pytest.mark.parametrize("seed", range(60))
def test_depth_is_the_longest_path(seed: int) -> None:
    graph = cnncalc.analyse(cnncalc.parse(random_net(seed), "net.yaml")).graph
    assert depth(graph) == max(max(paths(graph, index)) for _, index in graph.outputs), random_net(seed)


@pytest.mark.parametrize(
    "name, expected",
    [("alexnet", 8), ("vgg16", 16), ("resnet18", 18), ("resnet50", 50), ("resnet152", 152), ("googlenet", 22),
     ("densenet121", 121), ("lenet5", 5), ("squeezenet1_0", 18), ("logistic_regression", 1)],
)  # fmt: skip
def test_depth_is_the_number_in_the_name(name: str, expected: int) -> None:
    assert [row.depth for row in cnncalc.compare([name], peaks=False)] == [expected]


# -- the library ------------------------------------------------------------------------------------------------------


def test_rows_are_the_reports() -> None:
    rows = cnncalc.compare(["alexnet", "dcgan", cnncalc.load("unet")], batch=2, dtype="float16")
    assert [row.name for row in rows] == ["alexnet", "dcgan.generator", "dcgan.discriminator", "U-Net"]
    reports = [r for name in ("alexnet", "dcgan", "unet") for r in api.analyse_all(name, batch=2, dtype="float16")]
    for row, report in zip(rows, reports, strict=True):
        totals = report.totals
        assert (row.params, row.macs, row.layers) == (totals.params, totals.macs, totals.layers)
        assert (row.activation_bytes, row.parameter_bytes) == (totals.activation_bytes, totals.parameter_bytes)
        assert row.inputs == report.inputs and row.error is None
        assert report.training is not None and row.training_peak_bytes == report.training.peak_bytes


def test_the_field_is_that_of_the_last_layer() -> None:
    (row,) = cnncalc.compare(["3x32x32 | conv 4 5 | maxpool 2 | conv 4 1x3"])
    assert [axis.size for axis in row.receptive_field] == [6, 10]
    (row,) = cnncalc.compare(["784 | fc 10"])
    assert row.receptive_field == ()


def test_a_broken_target_raises_nothing() -> None:
    rows = cnncalc.compare(["alexnet", "nonsense", BROKEN])
    assert [row.error is None for row in rows] == [True, False, False]
    assert rows[2].error == "S103 kernel 30 does not fit into 8" and rows[2].params is None


def test_ordered_puts_the_unknown_last() -> None:
    rows = [Compared("c", params=3), Compared("x", error="broken"), Compared("a", params=1), Compared("b", params=1)]
    assert [row.name for row in render.ordered(rows, "params")] == ["a", "b", "c", "x"]
    assert [row.name for row in render.ordered(rows, "params", reverse=True)] == ["c", "a", "b", "x"]
    assert [row.name for row in render.ordered(rows, "name")] == ["a", "b", "c", "x"]


@pytest.mark.parametrize("column", render.COLUMNS)
def test_every_column_can_be_sorted_by_and_shown(column: str) -> None:
    names = ["unet", "784 | fc 10", "lenet5", BROKEN]
    result = run(*names, "--sort", column, "--columns", f"name,{column}" if column != "name" else "name")
    assert result.exit_code == 2 and "lenet5" in result.stdout
    found = [row["target"] for row in json.loads(run(*names, "--sort", column, "--format", "json").stdout)["networks"]]
    again = run(*names, "--sort", column, "--reverse", "--format", "json").stdout
    assert sorted(found) == sorted(names) == sorted(row["target"] for row in json.loads(again)["networks"])


# -- the command ------------------------------------------------------------------------------------------------------


def test_golden() -> None:
    result = run("lenet5", "alexnet", "vgg16", "--sort", "macs", "--reverse")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "network    params      MACs  activations  depth  layers  field  input\n"
        "vgg16    138.36 M   15.47 G    109.3 MiB     16      40    404  3x224x224\n"
        "alexnet   62.38 M    1.14 G      6.0 MiB      8      24    355  3x227x227\n"
        "lenet5    61.71 k  416.52 k     57.0 KiB      5      12     32  1x32x32\n"
        "batch 1, float32; depth: weight layers on the longest path\n"
        "MACs: multiply-accumulates of conv, deconv, fc and local, without bias\n"
    )


def test_a_broken_row_says_so() -> None:
    result = run("lenet5", BROKEN, "nope")
    assert result.exit_code == 2
    rows = result.stdout.splitlines()[1:4]
    assert rows[0].startswith("lenet5") and rows[1].startswith(f"{BROKEN}  cannot be used: S103 kernel 30")
    assert rows[2].startswith("nope ") and "cannot be used: Y001" in rows[2] and rows[2].endswith("…")
    assert "error[S103]" in result.stderr and "error[Y001]" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    table = run("lenet5", "nope", "--format", "markdown").stdout.splitlines()
    assert table[3].startswith("| nope | cannot be used: Y001") and table[3].count("|") == table[0].count("|")
    rows_ = list(csv.DictReader(io.StringIO(run("lenet5", "nope", "--format", "csv").stdout)))
    assert rows_[0]["error"] == "" and rows_[1]["error"].startswith("Y001") and rows_[1]["params"] == ""


def test_expectations_that_differ(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: 3x8x8\nlayers:\n  a: conv 4 3\nexpect: {params: 1}\n")
    result = run(str(file))
    assert result.exit_code == 1 and "error[E101]" in result.stderr and "112" in result.stdout


def test_columns_and_batch() -> None:
    result = run("lenet5", "--columns", "name,training,runs", "--batch", "4", "--dtype", "float16")
    assert result.stdout.split("\n")[0].split() == ["network", "training", "runs"]
    assert "batch 4, float16" in result.stdout
    assert "inference" in run("lenet5", "--columns", "+inference").stdout
    one, four = (json.loads(run("lenet5", "--batch", n, "--format", "json").stdout)["networks"][0] for n in "14")
    assert (4 * one["macs"], 4 * one["activation_bytes"]) == (four["macs"], four["activation_bytes"])
    assert one["parameter_bytes"] == four["parameter_bytes"]


def test_runs_per_image_are_told() -> None:
    result = run("faster_rcnn")
    assert "faster_rcnn.region *" in result.stdout and "* runs 300 times per image" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["lenet5", "--sort", "colour"], "choose from"),
        (["lenet5", "--sort", ""], "choose from"),
        (["lenet5", "--sort", "params,macs"], "one column, not 2"),
        (["lenet5", "--columns", "name,colour"], "choose from"),
        (["lenet5", "--batch", "0"], "--batch"),
        (["", "/", "\udcff"], "error["),
        (["missing.yaml"], "there is no such file"),
        (["lenet5", "--format", "latex"], "latex"),
    ],
)
def test_cannot_be_used(arguments: list[str], said: str) -> None:
    for format_ in ((), ("--format", "markdown"), ("--format", "csv")):
        result = run(*arguments, *(format_ if "latex" not in arguments else ()))
        assert result.exit_code == 2 and said in result.stderr


def test_json() -> None:
    result = run("dcgan", BROKEN, "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (2, "")
    assert set(found) == {"version", "convention", "networks", "errors"} and found["version"] == 1
    assert [each["net"] for each in found["networks"]] == ["generator", "discriminator", None]
    assert [each["code"] for each in found["errors"]] == ["S103"]
    page = (Path(__file__).parent.parent / "docs" / "json.md").read_text("utf-8").split("## A row for each network")[1]
    assert [key for key in found["networks"][0] if f"`{key}`" not in page] == []
    assert all(found["networks"][2][key] is None for key in ("params", "macs", "depth", "training_peak_bytes"))


def test_markdown_cannot_be_broken_by_a_name() -> None:
    table = run("a<b>*c: 3x8x8 | conv 4 3", "3x8x8 | conv 4 3", "--format", "markdown").stdout.splitlines()
    assert "3x8x8 \\| conv 4 3" in table[3]
    assert {line.replace("\\|", "").count("|") for line in table[:4]} == {10}


def test_all(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: place for name, place in library.names().items() if name in ("lenet5", "alexnet", "dcgan")}
    monkeypatch.setattr(library, "names", lambda: few)
    rows = json.loads(run("784 | fc 10", "lenet5", "--all", "--format", "json").stdout)["networks"]
    assert [each["target"] for each in rows] == ["784 | fc 10", "lenet5", "alexnet", "dcgan", "dcgan"]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_all_shows_progress_on_a_terminal_only() -> None:
    ours, theirs = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", "compare", "--all", "--sort", "params"],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "analysing" in shown and "analysing" not in done.stdout.decode()
    names = {line.split()[0].split(".")[0] for line in done.stdout.decode().splitlines()}
    assert set(library.names()) <= names
