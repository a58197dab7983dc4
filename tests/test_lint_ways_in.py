"""What other programs start the linter with: the hook for pre-commit, the action for GitHub, the modelines."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cnncalc.cli._group import group
from cnncalc.cli.init import STARTER
from cnncalc.linting.walk import is_architecture

ROOT = Path(__file__).parent.parent


def test_the_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["id"] == "cnncalc-lint" and hook["language"] == "python" and hook["types"] == ["yaml"]
    files = re.compile(hook["files"])
    assert files.search("architectures/deep/net.yml") and files.search("x/net.cnn.yaml")
    assert not files.search(".github/workflows/ci.yaml")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "cnncalc"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cnncalc.toml").write_text('[lint]\nselect = ["P101"]\nextend-exclude = ["old.yaml"]\n', "utf-8")
    for name in ("old.yaml", "new.yaml"):
        (tmp_path / name).write_text("input: 3x8x8\nlayers: conv 4 3 | bn\n", "utf-8")
    result = CliRunner().invoke(group, [*arguments, "old.yaml", "new.yaml"])
    assert result.exit_code == 1 and "new.yaml:2:" in result.stdout and "old.yaml" not in result.stdout


@pytest.fixture
def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def lint_step(action: Any, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action as a runner would, with the inputs put into its environment."""
    step = action["runs"]["steps"][-1]
    given = {name: str(each["default"]) for name, each in action["inputs"].items()} | inputs
    environment = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    shim = folder / "bin" / "cnncalc"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n')
    shim.chmod(0o755)
    kept = {**os.environ, "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**kept, **environment, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action(action: Any, tmp_path: Path) -> None:
    assert action["runs"]["using"] == "composite"
    scripts = "".join(step["run"] for step in action["runs"]["steps"])
    assert "${{" not in scripts  # what comes from outside goes through the environment
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("input: 3x8x8\nlayers: conv 4 3 | bn\n", "utf-8")
    made = lint_step(action, tmp_path, paths="a.yaml", arguments="--select P101 --fail-on error")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("::warning title=P101 bias-before-norm,file=a.yaml,line=2,")
    assert "b.yaml" not in made.stdout and "cnncalc lint" in (tmp_path / "summary.md").read_text()
    assert lint_step(action, tmp_path, arguments="--select P101").returncode == 1
    assert lint_step(action, tmp_path, paths="$(touch pwned) `touch pwned` a.yaml; touch pwned").returncode > 0
    assert not (tmp_path / "pwned").exists()


def test_the_upload_to_code_scanning_may_write() -> None:
    """Without the permission GitHub refuses it: "Resource not accessible by integration"."""
    blocks = (ROOT / "docs" / "ci.md").read_text("utf-8").split("```")
    (upload,) = (each for each in blocks if "upload-sarif" in each)
    assert "    permissions:\n" in upload and "      security-events: write\n" in upload
    assert upload.index("checkout@") < upload.index("cnncalc lint --format sarif") < upload.index("upload-sarif@")


def test_the_modelines_of_both_editor_families() -> None:
    assert STARTER.startswith(
        "# yaml-language-server: $schema=./cnncalc.schema.json\n# $schema: ./cnncalc.schema.json\n"
    )
    assert is_architecture("\n".join(STARTER.splitlines()[:2]) + "\nlayer: relu\n")
    assert STARTER.splitlines()[0] in (ROOT / "docs" / "ci.md").read_text("utf-8")


def test_what_init_writes_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(STARTER, "utf-8")
    result = CliRunner().invoke(group, ["lint", "--fail-on", "error"])
    assert result.exit_code == 0 and "in 1 file" in result.stdout
