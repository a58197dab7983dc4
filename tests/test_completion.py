"""What a shell is told when somebody presses the tab key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc import errors, library

BUNDLED = {"alexnet", "alexnet_batchnorm", "alexnet_grouped", "alexnet_torchvision"}


def asked(*words: str, cwd: Path | None = None) -> set[str]:
    """What is offered for the last of these words."""
    line = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1), "_CNNCALC_COMPLETE": "bash_complete"}
    code = "from cnncalc.cli import main\ntry: main()\nfinally:\n import sys; print('MODULES', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **line}, cwd=cwd, capture_output=True, text=True, check=False
    )
    found, _, modules = done.stdout.partition("MODULES")
    assert not {"torch", "rich", "pydantic", "yaml", "cnncalc.layers"} & set(modules.split()), modules
    return set(found.split())


@pytest.mark.parametrize(
    "command", ["summarize", "explain", "compare", "diff lenet5", "memory", "verify", "probe", "export", "lint"]
)
def test_a_target_is_a_bundled_name_or_a_file(command: str) -> None:
    found = asked("cnncalc", *command.split(), "alexn")
    assert {each.removeprefix("plain,") for each in found if each.startswith("plain,")} == BUNDLED
    assert "file,alexn" in found


def test_where_only_files_may_stand() -> None:
    for command in ("grade", "grade homework.yaml", "worksheet", "quiz", "fmt", "init"):
        assert asked("cnncalc", *command.split(), "alexn") == {"file,alexn"}


def test_codes_and_names_of_rules() -> None:
    assert asked("cnncalc", "rule", "P10") == {f"plain,{code}" for code in errors.codes() if code.startswith("P10")}
    assert asked("cnncalc", "rule", "bias-be") == {"plain,bias-before-norm"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_offers_names_and_files_side_by_side(tmp_path: Path) -> None:
    """Click's own script forgets the names as soon as files may stand there, too."""
    for name in ("alexis.yaml", "alex is", "alex[1].yaml", "alex1.yaml", "other.yaml"):
        (tmp_path / name).touch()
    program = tmp_path / "bin" / "cnncalc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n')
    program.chmod(0o755)
    script = subprocess.run([program, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    line = "COMP_WORDS=(cnncalc summarize alex); COMP_CWORD=2; _cnncalc_completion cnncalc 2>/dev/null"
    done = subprocess.run(
        ["bash", "--norc", "-c", f'{script}\n{line}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'],
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    bundled = [name for name in library.names() if name.startswith("alex")]
    assert bundled and sorted(done.stdout.splitlines()) == sorted(
        [*bundled, "alex is", "alexis.yaml", "alex[1].yaml", "alex1.yaml"]
    )
