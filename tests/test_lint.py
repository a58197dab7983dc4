"""`cnncalc lint`: which files, which rules, settings and their mistakes, ignores, baselines, exit statuses."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cnncalc
from cnncalc.cli._group import group
from cnncalc.errors import codes
from cnncalc.linting import patterns, targets
from cnncalc.linting.check import check_source
from cnncalc.linting.settings import Settings
from cnncalc.linting.walk import is_architecture
from cnncalc.source import Source

BIASED = "input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn\n  b: relu\n"
FINE = "input: 3x8x8\nlayers:\n  a: conv 4 3 p1 nobias | bn\n  b: relu\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a folder of its own, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("CNNCALC_FORMAT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def lint(*arguments: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(group, ["lint", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def found(*arguments: str, stdin: str | bytes | None = None) -> list[tuple[str, int, str]]:
    """File, line and code of every finding."""
    result = lint("--format", "json", *arguments, stdin=stdin)
    return [(each["file"], each["line"], each["code"]) for each in json.loads(result.stdout)["findings"]]


def codes_of(text: str, **settings: object) -> list[str]:
    chosen = {"select": ("P101", "E1", "X"), **settings}
    return [each.code for each in check_source(Source("net.yaml", text), Settings(**chosen)).findings]  # type: ignore[arg-type]


ONLY = ("--select", "P101,X")


# -- files -------------------------------------------------------------------------------------------------------------


def test_folders_are_walked_in_order_and_other_yaml_is_skipped() -> None:
    for name in ("b/z.yml", "b/a.yaml", "a.yaml", ".git/x.yaml", "venv/lib/x.yaml", "b/node_modules/x.yaml"):
        put(name, BIASED)
    put("b/workflow.yaml", "on: [push]\njobs: {}\n")
    put("b/notes.txt", "3x8x8 | conv 4 3 p1 | bn")
    result = lint(*ONLY, "--format", "concise")
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:3]] == ["a.yaml", "b/a.yaml", "b/z.yml"]
    assert "3 warnings in 3 files (1 other YAML file skipped)" in result.stdout
    assert lint("--show-files").stdout.split() == ["a.yaml", "b/a.yaml", "b/z.yml"]
    assert [each for each, _, _ in found(*ONLY, "b", "./b/a.yaml", "b")] == ["b/a.yaml", "b/z.yml"]


def test_an_empty_file_of_a_folder_is_no_architecture() -> None:
    put("nets/empty.yaml", "")
    put("nets/comment.yaml", "# nothing yet\n")
    result = lint("nets")
    assert result.exit_code == 0 and "in 0 files (2 other YAML files skipped)" in result.stdout
    assert lint("--show-files", "nets").stdout == "no file\n"
    assert found("nets/empty.yaml") == [("nets/empty.yaml", 1, "Y004")]


def test_what_is_named_is_linted_whatever_it_is() -> None:
    put("workflow.yaml", "on: [push]\njobs: {}\n")
    put("notes.txt", "3x8x8 | conv 4 3 p1 | bn")
    assert {each[0] for _, _, each in found(*ONLY, "workflow.yaml")} == {"Y"}
    assert found(*ONLY, "notes.txt") == [("notes.txt", 1, "P101")]
    assert found(*ONLY, "3x8x8 | conv 4 3 p1 | bn", "3x8x8 | conv 4 3 p1 | bn") == [
        ("<line>", 1, "P101"),
        ("<line 2>", 1, "P101"),
    ]


def test_what_is_named_is_linted_though_its_folder_is_named_too() -> None:
    put("nets/other.yaml", "foo: 1\n")
    for arguments in (("nets/other.yaml", "nets"), ("nets", "nets/other.yaml"), ("nets", "./nets/other.yaml", "nets")):
        assert {code for _, _, code in found(*arguments)} == {"Y103", "Y106"}, arguments
    assert found("nets") == []


def test_bundled_names_and_stdin() -> None:
    assert {each for _, _, each in found(*ONLY, "alexnet_batchnorm")} == {"P101"}
    assert found(*ONLY, "-", stdin=BIASED) == [("<stdin>", 3, "P101")]
    assert found(*ONLY, "-", "--stdin-filename", "nets/net.yaml", stdin=BIASED) == [("nets/net.yaml", 3, "P101")]
    assert found(*ONLY, "--stdin-filename", "net.yaml", stdin=BIASED) == [("net.yaml", 3, "P101")]
    assert found("--stdin-filename", "net.yaml", stdin=b"\xff\xfe") == [("net.yaml", 1, "Y002")]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (BIASED, True),
        ("{layers: conv 4 3, input: 3x8x8}", True),
        ("blocks:\n  f(c): conv c 3\n", True),
        ("nets:\n  a: {input: 3x8x8, layers: relu}\n", True),
        ("# yaml-language-server: $schema=./cnncalc.schema.json\nlayer: relu\n", True),
        ("services: {}\nlayers: []\nsources: {}\ngrids: {}\n", False),
        ("name: x\non: push\njobs: {}\n", False),
        ("- a\n- b\n", False),
        ("", False),
    ],
)
def test_what_is_an_architecture(text: str, is_one: bool) -> None:
    assert is_architecture(text) is is_one


def test_paths_that_cannot_be_read_are_2_and_the_rest_is_linted() -> None:
    put("a.yaml", BIASED)
    result = lint(*ONLY, "--format", "concise", "a.yaml", "b.yaml")
    assert result.exit_code == 2
    assert "a.yaml:3:6: warning P101" in result.stdout
    assert "error[Y001]: cannot read b.yaml: there is no such file" in result.stderr
    assert lint("alexnt").exit_code == 2
    assert lint("--show-files", "b.yaml").exit_code == 2
    assert lint("--show-files", "-", "alexnet", "3x8x8 | fc 2").stdout == "-\nalexnet\n3x8x8 | fc 2\n"


@pytest.mark.parametrize(
    "path",
    ["my nets/a.yaml", "my net.yml", "no/such", "a b/c d", "./no", "../no/such", "/no such", "~/no", "nets/*", "no/"],
)
def test_what_looks_like_a_path_is_no_network_on_one_line(path: str) -> None:
    result = lint(path)
    assert result.exit_code == 2 and f"error[Y001]: cannot read {path}: there is no" in result.stderr


@pytest.mark.parametrize(
    "line", ["3x8x8 | conv 4 3 /2", "3x8x8; conv 4 3/2", "3x8x8 conv 4 3/2", "{layers: {a: relu/x}}"]
)
def test_a_network_on_one_line_is_no_path(line: str) -> None:
    assert lint("--exit-zero", line).exit_code == 0


def test_a_folder_that_cannot_be_read_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.yaml", BIASED)
    put("closed/b.yaml", BIASED)
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = lint(*ONLY, "--format", "concise")
    assert result.exit_code == 2 and "a.yaml:3:6: " in result.stdout
    assert "cannot read closed: permission denied" in result.stderr


def test_a_file_that_does_not_load_is_a_finding() -> None:
    Path("latin.yaml").write_bytes(b"input: 3x8x8\nlayers: relu # \xe9\n")
    put("empty.yaml", "\n")
    put("bad.yaml", "input: 3x8x8\nlayers: [\n")
    assert {each for _, _, each in found("latin.yaml", "empty.yaml", "bad.yaml")} == {"Y002", "Y004", "Y101"}
    assert lint("bad.yaml").exit_code == 1
    assert lint("--select", "P", "bad.yaml").exit_code == 1
    assert lint("--ignore", "Y101", "bad.yaml").exit_code == 0


def test_a_variant_is_named_once_though_several_nets_have_its_fault() -> None:
    text = "params: {k: 3}\nblocks:\n  b: conv 8 k\nnets:\n"
    text += "  u: {input: 3x16x16, layers: [b | relu]}\n  v: {input: 3x16x16, layers: [b | relu]}\n"
    for variants, named in (("{p: {k: 31}}", "in variant p"), ("{p: {k: 31}, q: {k: 32}}", "in variants p, q")):
        (fault,) = [
            each
            for each in check_source(Source("net.yaml", f"{text}variants: {variants}\n")).findings
            if each.code == "S103"
        ]
        assert [each for each in fault.notes if "variant" in each] == [named]


def test_a_library_of_blocks_has_no_layers() -> None:
    put("blocks.yaml", "blocks:\n  f(c): conv c 3 p1 | bn\n")
    put("net.yaml", "import: blocks.yaml\ninput: 3x8x8\nlayers:\n  a: f 4\n")
    put("net2.yaml", "import: blocks.yaml\ninput: 3x8x8\nlayers:\n  a: f 4\n")
    assert found(*ONLY) == [("blocks.yaml", 2, "P101")]  # told once, where it is written
    put("blocks.yaml", "blocks:\n  f(c): conv c 3 p1 | bn  # cnncalc: ignore[P101] so\n")
    assert found(*ONLY) == []


def test_what_is_imported_and_linted_itself_keeps_its_fix() -> None:
    put("b.yaml", "input: 3x8x8\nblocks:\n  f(c): conv c 3 p1 | bn\nlayers:\n  a: f 4 | relu | conv 4 3 | bn\n")
    put("a.yaml", "import: b.yaml\ninput: 3x8x8\nlayers:\n  a: f 4\n")
    findings = json.loads(lint(*ONLY, "--format", "json").stdout)["findings"]
    assert [(each["file"], each["line"], each["fix"] is not None) for each in findings] == [
        ("b.yaml", 3, True),
        ("b.yaml", 5, True),
    ]


def test_excludes() -> None:
    for name in ("old/a.yaml", "new/old/b.yaml", "new/c.draft.yaml", "new/d.yaml"):
        put(name, BIASED)
    put("cnncalc.toml", '[lint]\nselect = ["P101"]\nextend-exclude = ["/old/", "*.draft.yaml"]\n')
    assert [each for each, _, _ in found()] == ["new/d.yaml", "new/old/b.yaml"]
    assert [each for each, _, _ in found("old/a.yaml")] == ["old/a.yaml"]
    assert found("old/a.yaml", "--force-exclude") == []
    assert [each for each, _, _ in found("--exclude", "d.yaml")] == ["new/old/b.yaml"]
    put("cnncalc.toml", '[lint]\nselect = ["P101"]\nexclude = []\nforce-exclude = true\nextend-exclude = ["old"]\n')
    assert [each for each, _, _ in found("old/a.yaml", "old", "new/d.yaml")] == ["new/d.yaml"]


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("build", "a/build/x.yaml", True),
        ("build", "a/builder/x.yaml", False),
        ("*.yaml", "a/b.yaml", True),
        ("/a.yaml", "b/a.yaml", False),
        ("a/b.yaml", "a/b.yaml", True),
        ("a/b.yaml", "c/a/b.yaml", False),
        ("a/**/b.yaml", "a/b.yaml", True),
        ("a/**/b.yaml", "a/x/y/b.yaml", True),
        ("**/b.yaml", "b.yaml", True),
        ("a/*", "a/b/c.yaml", True),
        ("x?.yaml", "xy.yaml", True),
        ("x[0-9].yaml", "x7.yaml", True),
        ("x[!0-9].yaml", "x7.yaml", False),
        ("x[z-a].yaml", "x7.yaml", False),
        ("b.yaml/", "b.yaml", False),
        ("(a+.yaml", "(a+.yaml", True),
    ],
)
def test_patterns(pattern: str, path: str, meant: bool) -> None:
    assert patterns.matches(path, [pattern], ".") is meant


def test_a_pattern_can_take_back() -> None:
    assert patterns.matches("a.yaml", ["*.yaml"], ".") and not patterns.matches("a.yaml", ["*.yaml", "!a.yaml"], ".")


# -- rules -------------------------------------------------------------------------------------------------------------


def test_selection() -> None:
    put("net.yaml", BIASED + "expect: {params: 1}\n")
    assert [each for _, _, each in found("--select", "P101,E101")] == ["P101", "E101"]
    assert [each for _, _, each in found("--select", "bias-before-norm")] == ["P101"]
    assert [each for _, _, each in found("--select", "E1")] == ["E101"]
    assert [each for _, _, each in found("--select", "P1,E1", "--ignore", "P101")] == ["E101"]
    assert [each for _, _, each in found("--select", "P101", "--ignore", "P")] == ["P101"]
    assert [each for _, _, each in found("--ignore", "ALL", "--extend-select", "P101")] == ["P101"]
    assert found("--select", "P101", "--per-file-ignores", "*.yaml:P101") == []
    assert [each for _, _, each in found("--select", "P101", "--per-file-ignores", "x/*.yaml:P101")] == ["P101"]
    assert found("--select", "P101", "--per-file-ignores", "!x/*.yaml:P101") == []


@pytest.mark.parametrize(
    ("said", "arguments", "left"),
    [
        ('ignore = ["P101"]', ["--select", "P101"], ["P101"]),
        ('ignore = ["P"]', ["--select", "P1"], ["P101"]),
        ('extend-select = ["E1"]', ["--select", "P101"], ["P101"]),
        ('select = ["P101"]', ["--ignore", "P"], []),
        ('select = ["P1", "E1"]', ["--ignore", "P101"], ["E101"]),
        ('select = ["E1"]\nextend-select = ["P101"]', ["--ignore", "P"], ["E101"]),
        ('select = ["E1"]\nignore = ["P101"]', ["--extend-select", "P1"], ["P101", "E101"]),
        ('select = ["E1"]\nignore = ["P"]', ["--extend-select", "P101"], ["P101", "E101"]),
        ('select = ["E1"]\nignore = ["P", "E1"]', ["--extend-select", "P101"], ["P101"]),
    ],
)
def test_the_command_line_chooses_over_the_file(said: str, arguments: list[str], left: list[str]) -> None:
    put("net.yaml", BIASED + "expect: {params: 1}\n")
    put("cnncalc.toml", f"[lint]\n{said}\n")
    assert [each for _, _, each in found(*arguments)] == left


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "P9999"], "'P9999' is no code, prefix or name of a rule"),
        (["--ignore", "bias-before-nrom"], "did you mean 'bias-before-norm'?"),
        (["--per-file-ignores", "P101"], "'P101' is not PATTERN:CODES"),
        (["--per-file-ignores", "a.yaml:"], "names no CODES"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--config", "no.toml"], "cannot read no.toml"),
        (["--write-baseline"], "needs --baseline FILE"),
        (["--fix", "--write-baseline", "--baseline", "x"], "one after the other"),
        (["--diff", "--write-baseline", "--baseline", "x"], "one after the other"),
        (["--diff", "--output-file", "x"], "leave out --output-file"),
        (["--diff", "--statistics"], "leave out --statistics"),
        (["--config", "cnncalc.toml", "--no-config"], "--config and --no-config exclude each other"),
        (["--stdin-filename", "x.yaml", "."], "add - to the PATHS"),
        (["--jobs", "0"], "'0' is no whole number from 1"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_usage_is_2(arguments: list[str], said: str) -> None:
    put("net.yaml", FINE)
    result = lint(*arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_fail_on() -> None:
    put("net.yaml", BIASED)
    put("idle.yaml", FINE.replace("relu", "relu  # cnncalc: ignore[P101]"))
    assert lint(*ONLY, "net.yaml").exit_code == 1
    assert lint(*ONLY, "net.yaml", "--fail-on", "error").exit_code == 0
    assert lint(*ONLY, "net.yaml", "--exit-zero").exit_code == 0
    assert lint(*ONLY, "idle.yaml").exit_code == 0
    assert lint(*ONLY, "idle.yaml", "--fail-on", "info").exit_code == 1
    assert lint(*ONLY, "idle.yaml", "--warn-unused-ignores").exit_code == 1


# -- settings ----------------------------------------------------------------------------------------------------------


def test_the_nearest_configuration_counts_for_each_file() -> None:
    put("a/net.yaml", BIASED)
    put("b/deep/net.yaml", BIASED)
    put("pyproject.toml", '[tool.cnncalc.lint]\nselect = ["P101"]\n')
    put("b/cnncalc.toml", '[lint]\nselect = ["E1"]\n')
    put("a/pyproject.toml", "[tool.other]\nx = 1\n")
    assert [each for each, _, _ in found()] == ["a/net.yaml"]
    assert [each for each, _, _ in found("--config", "pyproject.toml")] == ["a/net.yaml", "b/deep/net.yaml"]
    put("cnncalc.toml", '[lint]\nselect = ["E1"]\n')
    assert found() == []
    assert {each for _, _, each in found("--no-config")} >= {"P101"}


def test_every_setting_does_something() -> None:
    put("old/net.yaml", BIASED)
    put("net.yaml", FINE.replace("relu", "relu  # cnncalc: ignore[P101]"))
    put(
        "cnncalc.toml",
        """\
[lint]
select = ["P1", "X"]
ignore = ["E"]
extend-select = ["bias-before-norm"]
fail-on = "info"
format = "concise"
baseline = "known.json"
warn-unused-ignores = true
docs-url = "x/"
[lint.per-file-ignores]
"old/*" = ["P"]
[lint.budgets]
params = "30M"
receptive-field = 100
peak-memory = {max = "8 GiB", batch = 32}
""",
    )
    result = lint("--show-settings")
    for line in (
        "# cnncalc.toml",
        'select = ["P1", "X"]',
        'fail-on = "info"',
        'baseline = "known.json"',
        '"old/*" = ["P"]',
        'params = "30M"',
        "receptive-field = 100",
        'peak-memory = {max = "8 GiB", batch = 32}',
    ):
        assert line in result.stdout.splitlines()
    assert lint("--write-baseline").exit_code == 0
    assert json.loads(Path("known.json").read_text())["findings"][0]["code"] == "X001"
    Path("known.json").unlink()
    put("known.json", '{"version": 1, "findings": []}')
    result = lint()
    assert "old/net.yaml" not in result.stdout
    assert result.exit_code == 1 and result.stdout.startswith("net.yaml:4:30: warning X001 unused-ignore [*] P101")


@pytest.mark.parametrize(
    ("text", "code", "place", "said"),
    [
        ("[lint]\nselct = []\n", "X101", "2:1", "did you mean 'select'?"),
        ("[lnt]\n", "X101", "1:2", "did you mean 'lint'?"),
        ('[lint]\nselect = ["P101", "Q7"]\n', "X102", "2:20", "`cnncalc rule --all` lists the rules"),
        (
            '[lint]\nselect = [\n  "P101",\n  "bias-before-nrom",\n]\n',
            "X102",
            "4:4",
            "did you mean 'bias-before-norm'?",
        ),
        ('[lint]\nfail-on = "never"\n', "X102", "2:1", "one of error, warning, info"),
        ("[lint]\nforce-exclude = 1\n", "X102", "2:1", "true or false"),
        ('[lint.per-file-ignores]\n"a.yaml" = "P"\n', "X102", "2:2", "a list of codes"),
        ("[lint.budgets]\nparms = 3\n", "X101", "2:1", "did you mean 'params'?"),
        ("[lint.budgets]\nparams = true\n", "X102", "2:1", "a budget of params is a figure such as 5M"),
        ('[lint.budgets]\npeak-memory = {max = 1, dtype = "int3"}\n', "X102", "2:25", "float16"),
        ("[lint.budgets.peak-memory]\nmax = 1\nbtach = 3\n", "X101", "3:1", "did you mean 'batch'?"),
        ("[lint.budgets]\nmemory = 1\n", "X101", "2:1", "did you mean 'peak-memory'?"),
        ("[lint.rules.bias-before-norm]\nx = 1\n", "X101", "2:1", "there are none here"),
        ("[lint.rules.bias-before-nrom]\n", "X101", "1:13", "did you mean 'bias-before-norm'?"),
        ("[lint]\nselect = [\n", "X103", "3:1", ""),
        ("lint = 3\n", "X102", "1:1", "a table of settings"),
        ('[lint]\n# select = ["Q7"]\nselect = ["Q7"]\n', "X102", "3:12", "`cnncalc rule --all` lists the rules"),
        ("# [lnt]\n[lnt]\n", "X101", "2:2", "did you mean 'lint'?"),
    ],
)
def test_a_wrong_configuration_is_2_with_its_place(text: str, code: str, place: str, said: str) -> None:
    put("cnncalc.toml", text)
    put("net.yaml", FINE)
    result = lint()
    assert result.exit_code == 2 and result.stdout == ""
    assert f"error[{code}]: " in result.stderr and f"--> cnncalc.toml:{place}\n" in result.stderr
    assert said in result.stderr
    put("cnncalc.toml", "")
    tool = text.replace("[lint", "[tool.cnncalc.lint").replace("lint = 3", "tool.cnncalc.lint = 3")
    if "[lnt]" not in text:
        Path("cnncalc.toml").unlink()
        put("pyproject.toml", tool)
        assert f"error[{code}]: " in lint().stderr


def test_a_misspelt_table_of_pyproject() -> None:
    put("pyproject.toml", "[tool.cnncalc.lnt]\nselect = []\n[tool.other]\n[project]\nname = 'x'\n")
    result = lint()
    assert result.exit_code == 2 and "unknown setting 'lnt'" in result.stderr


def test_a_configuration_that_is_empty_says_nothing_and_hides_those_above() -> None:
    put("cnncalc.toml", '[lint]\nselect = ["P101"]\n')
    put("sub/net.yaml", BIASED)
    assert [each for _, _, each in found("sub")] == ["P101"]
    put("sub/cnncalc.toml", "")
    put("sub/net.yaml", "input: 3x8x8\nparams: {c: 4}\nlayers:\n  a: relu\n")
    assert [each for _, _, each in found("sub")] == ["G201"]


def test_the_settings_that_are_shown_can_be_read_again() -> None:
    put("cnncalc.toml", '[lint.budgets]\npeak-memory = {max = "1 GiB", batch = 2}\n')
    shown = lint("--show-settings").stdout
    assert 'peak-memory = {max = "1 GiB", batch = 2}' in shown
    put("cnncalc.toml", shown)
    assert lint("--show-settings").stdout == shown


def test_shown_settings_name_a_pattern_once() -> None:
    put("cnncalc.toml", '[lint.per-file-ignores]\n"old/*" = ["P101"]\n')
    shown = lint("--show-settings", "--per-file-ignores", "old/*:P102").stdout
    assert tomllib.loads(shown)["lint"]["per-file-ignores"] == {"old/*": ["P101", "P102"]}


def test_the_format_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    put("net.yaml", BIASED)
    monkeypatch.setenv("CNNCALC_FORMAT", "concise")
    assert lint(*ONLY).stdout.startswith("net.yaml:3:6: ")
    assert lint(*ONLY, "--format", "json").stdout.startswith("{")
    monkeypatch.setenv("CNNCALC_FORMAT", "xml")
    assert lint(*ONLY).exit_code == 2


def test_the_report_in_a_file() -> None:
    put("net.yaml", BIASED)
    result = lint(*ONLY, "--format", "json", "--output-file", "out.json")
    assert result.stdout == "" and result.exit_code == 1
    assert json.loads(Path("out.json").read_text())["findings"][0]["code"] == "P101"
    assert lint("--output-file", "no/such/folder").exit_code == 2


# -- ignores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[P101] why\n", []),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[bias-before-norm]\n", []),
        ("  a: conv 4 3 p1 | bn  # CNNCALC:IGNORE[ p ]\n", []),
        ("  # cnncalc: ignore[P]\n  a: conv 4 3 p1 | bn\n", []),
        ("  # cnncalc: ignore[P]\n  # and why\n\n  a: conv 4 3 p1 | bn\n", []),
        ("  # cnncalc: ignore[P]\n  a: relu\n  b: conv 4 3 p1 | bn\n", ["X001", "P101"]),
        ("  a: relu\n  b: conv 4 3 p1 | bn\n  # cnncalc: ignore[P]\n", ["P101", "X001"]),
        ("  a:  # cnncalc: ignore[P101]\n    op: conv\n    channels: 4\n    kernel: 3\n  b: bn\n", []),
        ("  a: >  # cnncalc: ignore[P101]\n    relu\n    | conv 4 3 p1 | bn\n", []),
        ("  a: >  # cnncalc: ignore[P101]\n    relu # cnncalc: ignore[X]\n    | conv 4 3 p1 | bn\n", ["Y201"]),
        ("  a: relu\n    | conv 4 3 p1  | bn\n", ["P101"]),
        ("  # cnncalc: ignore[P101]\n  a: relu\n    | conv 4 3 p1  | bn\n", []),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[E, P101]\n", ["X001"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[]\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[ALL]\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: ignore[P999]\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: noqa[P101]\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc ignore[P101]\n", ["P101", "X002"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc ignore is not for this\n", ["P101"]),
        ("  a: conv 4 3 p1 | bn  # cnncalc: summarize this\n", ["P101"]),
        ("  a: conv 4 3 p1 | bn  # see cnncalc: ignore[P101]\n", ["P101"]),
        ("  a: conv 4 3 p1 | bn  # why # cnncalc: ignore[P101]\n", []),
    ],
)
def test_ignores(text: str, left: list[str]) -> None:
    assert codes_of("input: 3x8x8\nlayers:\n" + text) == left


def test_a_comment_in_a_scalar_is_none() -> None:
    text = "input: 3x8x8\nabout: |\n  # cnncalc: ignore-file[P101]\nlayers:\n  a: conv 4 3 p1 | bn\n"
    assert codes_of(text) == ["P101"]


def test_ignore_file() -> None:
    assert codes_of("# cnncalc: ignore-file[P] old weights\n" + BIASED) == []
    assert codes_of("# cnncalc: ignore-file[P, E101]\n" + BIASED) == ["X001"]
    assert codes_of("input: 3x8x8\n# cnncalc: ignore-file[Y]\nlayers: [\n") == []


def test_an_ignore_of_a_whole_block() -> None:
    text = "input: 3x8x8\nblocks:\n  f(c):  # cnncalc: ignore[P101]\n    x: conv c 3 p1\n    y: bn\nlayers:\n  a: f 4\n"
    assert codes_of(text) == []


def test_an_ignore_of_a_rule_that_is_off_is_not_unused() -> None:
    assert codes_of(FINE.replace("relu", "relu  # cnncalc: ignore[P101]"), select=("E1", "X")) == []


def test_the_fix_of_an_unused_ignore() -> None:
    put(
        "net.yaml",
        "# cnncalc: ignore-file[E]\r\ninput: 3x8x8\r\nlayers:\r\n  a: conv 4 3 p1 | bn  # cnncalc: ignore[T, P101, E101] x\r\n  b: relu  # cnncalc: ignore[P101]\r\n",
    )
    result = lint("--select", "P101,E1,T,X", "--fix")
    assert result.exit_code == 0
    assert (
        Path("net.yaml").read_bytes()
        == b"input: 3x8x8\r\nlayers:\r\n  a: conv 4 3 p1 | bn  # cnncalc: ignore[P101] x\r\n  b: relu\r\n"
    )


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ("P101, P102, S201", "P101"),
        ("P101,P102 S201 , P103", "P101"),
        ("P102, S201, P101", "P101"),
        ("P102, P101, S201", "P101"),
        ("P102, P101 , S201, bias-before-norm, P103", "P101, bias-before-norm"),
    ],
)
def test_the_fix_of_several_unused_selectors(listed: str, left: str) -> None:
    put("net.yaml", f"input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn  # cnncalc: ignore[{listed}] why\n")
    assert lint("--select", "P1,S,X", "--fix").exit_code == 0
    assert Path("net.yaml").read_text().endswith(f"| bn  # cnncalc: ignore[{left}] why\n")


def test_many_ignores_take_no_more_than_their_number_of_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line once for all comments, and each finding only at the ignores of its own line."""
    from cnncalc.linting import ignores

    looks: list[str] = []
    fits = ignores.fits
    monkeypatch.setattr(ignores, "fits", lambda selector, code: looks.append(code) or fits(selector, code))
    line = Source.line
    monkeypatch.setattr(Source, "line", lambda self, number: looks.append("line") or line(self, number))
    number = 200
    behind = "".join(f"  c{each}: conv 4 3 p1 | bn | relu  # cnncalc: ignore[P101]\n" for each in range(number))
    above = "  # cnncalc: ignore[P101]\n" * number + "  x: conv 4 3 p1 | bn\n"
    for text in (behind, above):
        looks.clear()
        assert codes_of("input: 3x8x8\nlayers:\n" + text) == []
        assert len(looks) < 10 * number


# -- baselines ---------------------------------------------------------------------------------------------------------

BASELINE = ("--baseline", "known.json")


def test_a_baseline_knows_findings_wherever_their_lines_go() -> None:
    put("nets/net.yaml", BIASED)
    result = lint(*ONLY, *BASELINE, "--write-baseline")
    assert result.exit_code == 0 and "wrote 1 finding to known.json" in result.stderr
    text = Path("known.json").read_text()
    assert '"nets/net.yaml"' in text and "line" in text and "\r" not in text
    assert lint(*ONLY, *BASELINE).exit_code == 0
    put("nets/net.yaml", BIASED.replace("layers:", "# one\n\nlayers:"))
    result = lint(*ONLY, *BASELINE)
    assert result.exit_code == 0 and "nothing to report in 1 file (1 in the baseline)" in result.stdout
    put("nets/net.yaml", BIASED + "  c: conv 4 3 p1 | bn\n")
    assert found(*ONLY, *BASELINE) == [("nets/net.yaml", 5, "P101")]


def test_a_baseline_only_shrinks() -> None:
    put("net.yaml", BIASED + "  c: conv 4 3 p1 | bn\n")
    lint(*ONLY, *BASELINE, "--write-baseline")
    put("net.yaml", BIASED)
    assert "1 finding of the baseline no longer found: --write-baseline shrinks it" in lint(*ONLY, *BASELINE).stdout
    put("net.yaml", BIASED + "  d: conv 4 3 p1 | bn\n")
    result = lint(*ONLY, *BASELINE, "--write-baseline")
    assert result.exit_code == 1  # the new one is told
    assert [each["layer"] for each in json.loads(Path("known.json").read_text())["findings"]] == ["a.conv"]


def test_a_baseline_hides_no_budget_that_is_exceeded_by_more() -> None:
    text = "input: 8x9x9\nbudget: {{params: 500, receptive_field: 9}}\nlayers:\n  a: conv {} 3 p1\n"
    budgets = ("--select", "B", *BASELINE)
    put("net.yaml", text.format(16))
    assert found(*budgets[:2]) == [("net.yaml", 2, "B101"), ("net.yaml", 2, "B106")]
    lint(*budgets, "--write-baseline")
    known = json.loads(Path("known.json").read_text())["findings"]
    assert [(each["code"], each["beyond"]) for each in known] == [("B101", 8 * 9 * 16 + 16 - 500), ("B106", 9 - 3)]
    assert found(*budgets) == []
    put("net.yaml", text.format(12))
    assert found(*budgets) == []  # better
    put("net.yaml", text.format(17))
    assert found(*budgets) == [("net.yaml", 2, "B101")]  # worse
    lint(*budgets, "--write-baseline")
    assert json.loads(Path("known.json").read_text())["findings"] == known  # it takes in nothing
    put("net.yaml", text.format(12))
    lint(*budgets, "--write-baseline")
    put("net.yaml", text.format(16))
    assert found(*budgets) == [("net.yaml", 2, "B101")]  # it only shrinks


def test_a_baseline_hides_no_expectation_that_drifts_on() -> None:
    text = "input: 8x9x9\nexpect: {{params: 500}}\nlayers:\n  a: conv {} 3 p1\n"
    put("net.yaml", text.format(16))
    lint("--select", "E1", *BASELINE, "--write-baseline")
    assert found("--select", "E1", *BASELINE) == []
    put("net.yaml", text.format(12))
    assert found("--select", "E1", *BASELINE) == [("net.yaml", 2, "E101")]


def test_a_baseline_keeps_what_it_knows_of_files_that_are_not_linted() -> None:
    for name in ("a.yaml", "sub/b.yaml", "sub/gone.yaml"):
        put(name, BIASED)
    lint(*ONLY, *BASELINE, "--write-baseline")
    assert "no longer found" not in lint(*ONLY, *BASELINE, "a.yaml").stdout
    put("a.yaml", FINE)
    Path("sub/gone.yaml").unlink()
    result = lint(*ONLY, *BASELINE, "--write-baseline", "a.yaml")
    assert result.exit_code == 0 and "no longer found" not in result.stdout
    assert [each["path"] for each in json.loads(Path("known.json").read_text())["findings"]] == ["sub/b.yaml"]
    assert lint(*ONLY, *BASELINE).exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{}]}', "[" * 9999,
        '{"version": 1, "findings": [{"path": 1, "code": "P101", "layer": "", "line": "x", "count": 1}]}',
        '{"version": 1, "findings": [{"path": "a", "code": "P101", "layer": "", "line": "x", "count": Infinity}]}',
    ],
)  # fmt: skip
def test_what_is_no_baseline(text: str) -> None:
    put("known.json", text)
    put("net.yaml", BIASED)
    result = lint(*ONLY, *BASELINE)
    assert result.exit_code == 2 and "error[X104]: known.json is " in result.stderr


def test_a_baseline_that_is_not_there() -> None:
    put("net.yaml", BIASED)
    assert lint(*ONLY, *BASELINE).exit_code == 2


# -- variants, the library, processes ------------------------------------------------------------------------------------


def test_every_variant_is_checked_and_named_once() -> None:
    text = """\
input: 3x8x8
params: {size: 3}
variants:
  same: {}
  large: {size: 9}
  larger: {size: 10}
  wrong: {size: 1, expect: {params: 1}}
layers:
  a: conv 4 size => 4x6x6
"""
    checked = check_source(Source("net.yaml", text))
    told = {(each.code, each.message): each.notes for each in checked.findings if each.code[0] in "SE"}
    assert told["S103", "kernel 9 does not fit into 8"][-1] == "in variants large, larger"
    assert told["E101", "expected params to be 1, but it is 16"] == ("in variant wrong",)
    assert [notes[-1] for (code, _), notes in told.items() if code == "E102"] == ["in variant wrong"]


def test_the_library() -> None:
    put("net.yaml", BIASED)
    outcome = cnncalc.lint("net.yaml", override=lambda settings: settings._replace(select=("P101",)))
    (finding,) = outcome.findings
    assert (finding.code, finding.path, finding.mark.line, outcome.exit_code) == ("P101", "net.yaml", 3, 1)
    assert cnncalc.lint(["3x8x8 | relu"]).exit_code == 0
    assert [each.code for each in cnncalc.lint(Path("no.yaml")).errors] == ["Y001"]


def test_several_processes_find_the_same() -> None:
    for number in range(40):
        put(f"n{number}.yaml", BIASED if number % 3 else FINE)
    one, two = (lint(*ONLY, "--format", "json", "--jobs", jobs).stdout for jobs in "12")
    assert one == two and len(json.loads(one)["findings"]) == 26


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_processes_that_are_forked_and_processes_that_are_not(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from cnncalc.linting import pool, run

    monkeypatch.setattr(pool, "sys", SimpleNamespace(platform=platform))
    tasks = [run.Task(str(put(f"n{number}.yaml", BIASED)), True, Settings(select=("P101",))) for number in range(3)]
    assert [len(each.findings) for each in pool.spread(tasks, 2)] == [1, 1, 1]


def test_where_no_process_can_be_started_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    from cnncalc.linting import pool, run

    def refuse(_: str) -> object:
        return type("Context", (), {"Pool": lambda *_: (_ for _ in ()).throw(OSError(38, "not implemented"))})()

    monkeypatch.setattr(multiprocessing, "get_context", refuse)
    tasks = [run.Task(str(put("net.yaml", BIASED)), True, Settings(select=("P101",)))] * 2
    assert [len(each.findings) for each in pool.spread(tasks, 2)] == [1, 1]


def test_large_runs_use_every_processor_there_is() -> None:
    from cnncalc.linting import run

    big = put("big.yaml", BIASED + "".join(f"  l{n}: relu\n" for n in range(15_000)))
    tasks = [run.Task(str(big), True, Settings())] * 3
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert run.worth(tasks) == min(3, available or 1)
    assert run.worth([run.Task(str(put("small.yaml", BIASED)), True, Settings())]) == 1


# -- rule ----------------------------------------------------------------------------------------------------------------


def rule(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["rule", *arguments])


def test_rule() -> None:
    from cnncalc.render import page

    for asked in ("P101", "p101", "bias-before-norm"):
        assert rule(asked).stdout == page.page("P101")
    assert rule("S101").stdout == page.page("S101")
    document = json.loads(rule("P101", "--format", "json").stdout)
    assert document["rule"]["fix"] == "unsafe" and document["rule"]["text"] == page.page("P101")
    every = json.loads(rule("--all", "--format", "json").stdout)["rules"]
    linted = {code: name for code, name in codes().items() if code[0] != "A"}
    assert [each["code"] for each in every] == list(linted)
    assert all(each["summary"] for each in every)
    listed = rule("--all").stdout
    assert all(f"  {code} {name} " in listed for code, name in linted.items())
    assert max(map(len, listed.splitlines())) <= 80
    assert "| P101 bias-before-norm | warning |" in rule("--all", "--format", "markdown").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["P199"], "there is no rule called 'P199'"),
        (["P10"], "these begin with P10:\n      P101 bias-before-norm\n"),
        ([""], "`cnncalc rule --all` lists them"),
        (["bias-before-nrom"], "did you mean 'bias-before-norm'?"),
        (["x y"], "`cnncalc rule --all` lists them"),
        ([], "name one rule, or --all"),
        (["P101", "--all"], "name one rule, or --all"),
    ],
)
def test_rule_is_asked_wrongly(arguments: list[str], said: str) -> None:
    result = rule(*arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_explain_knows_rules_too() -> None:
    assert CliRunner().invoke(group, ["explain", "bias-before-norm"]).stdout == rule("P101").stdout


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    put("net.yaml", BIASED)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;33mwarning[P101 bias-before-norm]" in lint(*ONLY).stdout
    assert "\x1b" not in lint(*ONLY, "--format", "concise").stdout
    assert "nothing to report" in lint(*ONLY, "3x8x8 | relu").stdout


def test_the_api_takes_a_path_like_command_line() -> None:
    assert targets.folder_of("x/y.yaml") == "x" and targets.folder_of("y.yaml") == "."


def test_a_baseline_that_is_not_there_yet(tmp_path: Path) -> None:
    missing = str(tmp_path / "baseline.json")
    result = lint("3x8x8 | conv 4 3 | relu", "--baseline", missing)
    assert result.exit_code == 2
    assert "cannot read" in result.stderr and "= help: the first one is written with --write-baseline" in result.stderr
    assert lint("3x8x8 | conv 4 3 | relu", "--baseline", str(tmp_path)).stderr.count("help") == 0
