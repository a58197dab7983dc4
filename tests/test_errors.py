"""The golden messages: each file of tests/data/errors with what is said about it (.txt beside it)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnncalc.cli._group import group

FOLDER = Path(__file__).parent / "data" / "errors"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(group, ["summarize", name])
    golden = FOLDER / name.replace(".yaml", ".txt")
    said = f"{result.stderr}exit {result.exit_code}\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(said, "utf-8")
    assert said == golden.read_text("utf-8")


def test_every_case_of_the_design_is_here() -> None:
    assert len(FILES) >= 23


def test_a_golden_can_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nlayers: conv 4 3\n", "utf-8")
    result = CliRunner().invoke(group, ["summarize", "net.yaml"])
    assert result.exit_code == 0
    assert not result.stderr


def test_the_table_ends_at_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(group, ["summarize", "05_kernel_too_big.yaml"])
    assert result.exit_code == 2
    assert "body.3.maxpool" in result.stdout
    assert "conv5" not in result.stdout
    assert "kernel 5 does not fit into 2" in result.stderr


def test_set_of_an_unknown_parameter() -> None:
    result = CliRunner().invoke(group, ["summarize", "resnet50", "--set", "clases=10"])
    assert result.exit_code == 2
    assert "resnet50.yaml has no parameter 'clases'" in result.stderr
    assert "did you mean 'classes'? its parameters: " in result.stderr


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(
        "input: 3x32x32\nlayer: x\nlayers:\n  a: convv 3 3\n  b: conv 64 99\n  c: conv 3 3 strid=2\n  d: relu |\n  a: relu\n",
        "utf-8",
    )
    result = CliRunner().invoke(group, ["summarize", str(path)])
    assert result.exit_code == 2
    for part in ("unknown key 'layer'", "called 'convv'", "no option 'strid'", "stands twice"):
        assert part in result.stderr
    assert "Traceback" not in result.stderr


def test_no_traceback_from_a_real_process(tmp_path: Path) -> None:
    for arguments in (["summarize", str(tmp_path)], ["summarize", str(tmp_path / "no.yaml")], ["summarize", "rsnet50"]):
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "error[Y001]" in done.stderr


def test_a_full_disk_is_told() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", "summarize", "alexnet"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "cnncalc: cannot write: No space left on device\n"
