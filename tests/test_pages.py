"""The pages of the diagnostics: every code has one, its Bad example gives the code, its Good one gives nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.errors import CODES, Diagnostic, SpecError, code_of
from cnncalc.linting import config
from cnncalc.linting.check import check_source
from cnncalc.render import page
from cnncalc.source import Source

PAGES = Path(page.FOLDER)

WITHOUT_EXAMPLE = {
    "Y001": "about a file that is not there",
    "Y002": "about bytes, which a page of text cannot show",
    "Y003": "about 20 MB of text",
    "X104": "about a file of JSON",
    "D101": "about the environment",
    "D102": "about the machine",
    "D103": "about the machine",
    "T113": "about --variant on the command line",
    "A201": "about a submission, which needs its assignment beside it",
    "A202": "about two submissions",
    "A203": "about a submission, which needs its assignment beside it",
    "A204": "about a submission, which needs its assignment beside it",
    "A205": "about a submission, which needs its assignment beside it",
}
"""Codes that no text can show."""

SEVERITY = {"X001": "info", "X002": "warning"}
"""Of the codes that are no errors."""

SECTIONS = ["What it means", "Why it matters", "Bad", "Good", "How to fix it"]

_BLOCK = re.compile(r"^## (Bad|Good)\n\n```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_HELPER = re.compile(r"^```yaml (\S+\.yaml)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def diagnostics(code: str, kind: str, text: str, folder: Path) -> list[Diagnostic]:
    """What is wrong with an example, read as a user's file or one-liner is."""
    if kind == "toml":
        try:
            config.read(Source("cnncalc.toml", text))
        except SpecError as error:
            return list(error.diagnostics)
        return []
    target: str | Path = text
    if kind == "yaml":
        target = folder / "example.yaml"
        target.write_text(text, "utf-8")
    try:
        if code.startswith("A"):
            api.read_assignment(target)
            return []
        network = api.read_network(target)
        reports = api.analyse_all(network, partial=True)
    except SpecError as error:
        return list(error.diagnostics)
    return [*network.diagnostics, *(each for report in reports for each in report.diagnostics)]


def test_every_page_belongs_to_a_code() -> None:
    assert {path.stem for path in PAGES.iterdir()} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_page(code: str, tmp_path: Path) -> None:
    text = page.page(code)
    assert text.startswith(f"# {code} {CODES[code]}\n\nSeverity: {SEVERITY.get(code, 'error')}")
    wide = [line for line in text.splitlines() if len(line) > 80]
    assert not wide or code == "Y105", wide
    examples = {found[1]: (found[2], found[3]) for found in _BLOCK.finditer(text)}
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    if code in WITHOUT_EXAMPLE:
        assert not examples and titles == [each for each in SECTIONS if each not in ("Bad", "Good")]
        return
    assert titles == SECTIONS
    for found in _HELPER.finditer(text):
        (tmp_path / found[1]).write_text(found[2], "utf-8")
    if code in ("X001", "X002"):
        bad, good = (list(check_source(Source("net.yaml", examples[each][1])).findings) for each in ("Bad", "Good"))
    else:
        bad, good = (diagnostics(code, *examples[each], tmp_path) for each in ("Bad", "Good"))
    assert {each.code for each in bad} == {code}, [str(each) for each in bad]
    assert [*map(str, good)] == []


@pytest.mark.parametrize("code", CODES)
def test_the_code_and_the_name_print_the_page(code: str) -> None:
    runner = CliRunner()
    for asked in (code, code.lower(), CODES[code], CODES[code].upper()):
        result = runner.invoke(group, ["explain", asked])
        assert (result.exit_code, result.output) == (0, page.page(code))
    result = runner.invoke(group, ["explain", code, "--format", "json"])
    found = json.loads(result.output)
    assert {key: found[key] for key in ("version", "code", "name", "severity")} == {
        "version": 1,
        "code": code,
        "name": CODES[code],
        "severity": SEVERITY.get(code, "error"),
    }


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("S199", "S101 does-not-tile"),
        ("Q101", "codes begin with Y, T, S, G, E, A, P, B, D or X"),
        ("does-not-tle", "did you mean 'does-not-tile'?"),
        ("does-not-zzzzzzzzzzzzz-exist", "no diagnostic"),
    ],
)
def test_a_wrong_code(asked: str, hint: str) -> None:
    result = CliRunner().invoke(group, ["explain", asked])
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith("error[G101]: there is no diagnostic") and hint in result.stderr


def test_a_diagnostic_has_no_layers() -> None:
    result = CliRunner().invoke(group, ["explain", "S101", "conv1"])
    assert result.exit_code == 2 and "Traceback" not in result.output


def test_no_bundled_network_is_called_like_a_diagnostic() -> None:
    from cnncalc import library

    assert not [name for name in library.names() if code_of(name)]


def test_the_test_can_fail(tmp_path: Path) -> None:
    assert diagnostics("G101", "phrase", "3x32x32 | conv 16 3 | rellu", tmp_path)[0].code == "G101"
