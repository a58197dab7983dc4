"""The formats of `cnncalc lint`: golden files, the official schema of SARIF, and what each consumer is strict about."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.cli.lint import FORMATS
from cnncalc.errors import SpecError, fault
from cnncalc.linting import settings
from cnncalc.linting.records import Outcome, findings_of
from cnncalc.linting.settings import Settings
from cnncalc.render import findings as formats
from cnncalc.render.findings import github
from cnncalc.render.findings._line_hash import line_hashes
from cnncalc.source import Source
from tests.junit_schema import check_junit

DATA = Path(__file__).parent / "data"
PROJECT = DATA / "lint" / "project"
GOLDEN = DATA / "lint" / "golden"

SELECT = Settings(select=("P101", "E1", "X"))
"""Rules that come later must not change what is golden here."""

HOSTILE = 'input: 3x8x8\nlayers:\n  "a,b%:]|<": "conv 4 \\x1b\\u2028 | ]]> ::error::x"\n  ünï: conv 4 99 | bn 🙂\n'
"""Commas, colons, brackets, tags, escape codes and commands where a format has them, too."""


def lint(*arguments: str, folder: Path = PROJECT, stdin: str | None = None) -> Result:
    here = os.getcwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(group, ["lint", "--select", "P101,E1,X", *arguments], input=stdin)
    finally:
        os.chdir(here)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    here = os.getcwd()
    os.chdir(PROJECT)
    try:
        return api.lint(".", override=lambda _: SELECT)
    finally:
        os.chdir(here)


@pytest.fixture(scope="module")
def hostile() -> Outcome:
    found = []
    for text in (HOSTILE, HOSTILE.replace("\\x1b", "rel").replace("\\u2028", "u")):
        made = api.lint([], override=lambda _: SELECT)
        from cnncalc.linting.check import check_source

        found += check_source(Source("a,b:%]\n<é>.yaml", text)).findings
        assert not made.findings
    assert found
    return Outcome(
        tuple(findings_of(found, SELECT)),
        ("a,b:%]\n<é>.yaml",),
        errors=(fault("Y001", "a\n::error::b").diagnostics[0],),
    )


@pytest.mark.parametrize("format_", FORMATS)
def test_golden(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    result = lint("--format", format_)
    said = f"{result.stdout}{result.stderr}exit {result.exit_code}\n"
    golden = GOLDEN / f"{format_}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said, "utf-8")
    assert said == golden.read_text("utf-8")


def test_the_command_knows_every_format() -> None:
    assert settings.FORMATS == FORMATS
    folder = Path(formats.__file__).parent
    assert {each.replace("-", "_") for each in FORMATS} <= {path.stem for path in folder.glob("*.py")}


@pytest.mark.parametrize("format_", FORMATS)
def test_the_exit_status_is_the_same_in_every_format(format_: str) -> None:
    assert lint("--format", format_).exit_code == 1
    assert lint("--format", format_, "nets/fine.yaml").exit_code == 0
    assert lint("--format", format_, "nets/missing.yaml").exit_code == 2
    assert lint("--output-format", format_, "--exit-zero").exit_code == 0


@pytest.mark.parametrize("format_", FORMATS)
def test_no_text_of_a_file_gets_out_of_its_place(format_: str, hostile: Outcome) -> None:
    text = formats.render(hostile, format_)
    assert "\x1b" not in text and "\u2028" not in text
    assert not re.search(r"^::error::", text, re.MULTILINE)
    assert text.encode("utf-8")
    if format_ in ("json", "gitlab", "sarif", "rdjson"):
        json.loads(text)
    elif format_ == "json-lines":
        assert [json.loads(line) for line in text.splitlines()]
    elif format_ == "junit":
        ElementTree.fromstring(text)


# -- JSON --------------------------------------------------------------------------------------------------------------

KEYS = ["code", "name", "severity", "message", "file", "line", "column", "end_column", "layer", "help", "fix", "url"]


def test_a_finding_in_json(outcome: Outcome) -> None:
    document = json.loads(formats.render(outcome, "json"))
    assert document["version"] == 1 and document["errors"] == []
    for each in document["findings"]:
        assert [*each] == KEYS
        assert not os.path.isabs(each["file"]) and not each["file"].startswith("./")
        assert each["line"] >= 1 and 1 <= each["column"] < each["end_column"]
    lines = [json.loads(line) for line in formats.render(outcome, "json-lines").splitlines()]
    assert lines == document["findings"]
    (accented,) = (each for each in document["findings"] if each["layer"] == "café.conv")
    line = (PROJECT / accented["file"]).read_text("utf-8").splitlines()[accented["line"] - 1]
    assert line[accented["column"] - 1 : accented["end_column"] - 1] == "conv(16, 3)"
    edit = accented["fix"]["edits"][0]
    assert line[: edit["column"] - 1] + edit["text"] == "  café: 'conv(16, 3 nobias"


@pytest.mark.parametrize("format_", [each for each in FORMATS if each != "full"])
def test_the_variant_is_told_in_every_format(format_: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "input: 3x8x8\nparams: {c: 4}\nlayers:\n  a: conv c 3 p1\nvariants:\n  wide: {c: 8, expect: {params: 2}}\n"
    )
    assert lint("--format", format_, "net.yaml", folder=tmp_path).stdout.count("in variant wide") >= 1


def test_errors_of_settings_are_json_too(tmp_path: Path) -> None:
    (tmp_path / "cnncalc.toml").write_text("[lint]\nselct = []\n", "utf-8")
    result = lint("--format", "json", folder=tmp_path)
    document = json.loads(result.stdout)
    assert result.exit_code == 2 and [each["code"] for each in document["errors"]] == ["X101"]
    assert (document["errors"][0]["line"], document["errors"][0]["column"]) == (2, 1)


# -- GitHub ------------------------------------------------------------------------------------------------------------


def many(errors: int, warnings: int, infos: int = 0) -> Outcome:
    source = Source("net.yaml", "input: 3x8x8\n" * 99)
    from cnncalc.errors import Diagnostic
    from cnncalc.source import Mark

    kinds = ["warning"] * warnings + ["info"] * infos + ["error"] * errors
    made = [Diagnostic("P101", f"m{n}", Mark(source, n, n + 1), severity=kind) for n, kind in enumerate(kinds)]
    return Outcome(tuple(findings_of(made, SELECT)), ("net.yaml",))


@pytest.mark.parametrize(
    ("counts", "shown", "closing"),
    [
        ((3, 2, 1), {"error": 3, "warning": 2, "notice": 1}, 0),
        ((10, 10, 10), {"error": 10, "warning": 10, "notice": 10}, 0),
        ((12, 0, 0), {"error": 10, "notice": 1}, 2),
        ((11, 10, 10), {"error": 10, "warning": 10, "notice": 10}, 2),
        ((0, 40, 40), {"warning": 10, "notice": 10}, 61),
    ],
)
def test_github_shows_ten_of_a_kind(counts: tuple[int, int, int], shown: dict[str, int], closing: int) -> None:
    lines = github.render(many(*counts)).splitlines()
    kinds = [line.split(" ")[0].strip(":") for line in lines]
    assert Counter(kinds) == shown
    assert kinds == sorted(kinds, key=["error", "warning", "notice"].index)
    assert (f"{closing} findings more" in lines[-1]) == bool(closing)


def test_github_escapes(hostile: Outcome) -> None:
    line = github.render(hostile).splitlines()[len(hostile.errors)]
    assert "file=a%2Cb%3A%25] <é>.yaml,line=" in line


def test_the_summary_of_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    lint("--format", "concise")
    assert summary.read_text() == "before\n"
    lint("--format", "github")
    text = summary.read_text("utf-8")
    assert text.startswith("before\n### cnncalc lint\n")
    assert "| error | `nets/broken.yaml:3` | S103 kernel-too-large |" in text
    summary.unlink()
    assert lint("--format", "github", "no/net.yaml", "nets/fine.yaml").exit_code == 2
    text = summary.read_text("utf-8")
    assert "nothing to report in 1 file (1 path or setting cannot be used)" in text
    assert "\n- cannot read no/net.yaml: there is no directory no\n" in text


def test_github_annotates_what_cannot_be_used() -> None:
    names = [f"no{number}.yaml" for number in range(9)]
    lines = lint("--format", "github", *names, "nets").stdout.splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    assert errors[0] == "::error title=Y001 unreadable-file::cannot read no0.yaml: there is no such file"
    assert len(errors) == 10 and lines[: len(errors)] == errors


# -- GitLab, SARIF, JUnit, rdjson, Azure -------------------------------------------------------------------------------


def test_gitlab_fingerprints_are_unique_and_stable(outcome: Outcome, tmp_path: Path) -> None:
    issues = json.loads(formats.render(outcome, "gitlab"))
    prints = [each["fingerprint"] for each in issues]
    assert len(set(prints)) == len(prints)
    assert all(each["location"]["positions"]["begin"]["line"] >= 1 for each in issues)
    moved = tmp_path / "nets"
    moved.mkdir()
    for name in ("biased.yaml", "broken.yaml"):
        text = (PROJECT / "nets" / name).read_text("utf-8")
        (moved / name).write_text("# a comment\n\n" + text, "utf-8")
    later = json.loads(lint("--format", "gitlab", folder=tmp_path).stdout)
    assert [each["fingerprint"] for each in later] == prints


def test_two_alike_in_one_file_have_two_fingerprints(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nlayers:\n  - conv 4 3 p1 | bn | conv 4 3 p1 | bn\n", "utf-8")
    issues = json.loads(lint("--format", "gitlab", folder=tmp_path).stdout)
    assert len({each["fingerprint"] for each in issues}) == len(issues) == 2


SCHEMA: dict[str, Any] = json.loads((DATA / "sarif-schema-2.1.0.json").read_text("utf-8"))


def sarif(outcome: Outcome) -> Any:
    document = json.loads(formats.render(outcome, "sarif"))
    jsonschema.Draft7Validator(SCHEMA).validate(document)
    return document["runs"][0]


def test_sarif_is_what_code_scanning_takes(outcome: Outcome) -> None:
    run = sarif(outcome)
    assert run["columnKind"] == "unicodeCodePoints"
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    for each in run["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
        (location,) = each["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"nets/\w+\.yaml", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] == place["region"]["endLine"]
        assert place["region"]["startColumn"] < place["region"]["endColumn"]
        assert each["partialFingerprints"]["primaryLocationLineHash"]
        assert "baselineState" not in each
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
        assert len(rule["fullDescription"]["text"]) <= 1024 and len(rule["properties"]["tags"]) <= 10


def lines_hashed(text: str) -> list[str]:
    """The hashes of codeql-action's ``src/fingerprints.ts``, told there sign by sign, here line by line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen: Counter[int] = Counter()
    hashes = []
    for number in range(len(lines)):
        rest = "\n".join(lines[number:]).replace(" ", "").replace("\t", "").encode("utf-16-be")
        signs = [rest[at] << 8 | rest[at + 1] for at in range(0, min(len(rest), 200), 2)]
        padded = ([*signs, 0xFFFF] + [0] * 100)[:100]
        found = sum(sign * 37 ** (99 - at) for at, sign in enumerate(padded)) % 2**64
        seen[found] += 1
        hashes.append(f"{found:x}:{seen[found]}")
    return hashes


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (
            "input: 3x8x8\nlayers:\n  - conv 4 3 p1 | bn\n  - conv 4 3 p1 | bn\n",
            [
                "e555bef34eaaef30:1",
                "b0da5b4c797e8411:1",
                "92db2fbc0b113539:1",
                "91df0095eab14fa8:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
        (
            "a: ünï 🙂\r\n\r\n\tb: 1\rc",
            ["80f8855a6cd9b92c:1", "f73ad49353e4672f:1", "c360934520e25761:1", "188ff2f224477a1e:1"],
        ),
    ],
)
def test_lines_are_hashed_as_the_upload_hashes_them(text: str, hashes: list[str]) -> None:
    """The figures are those of the algorithm of codeql-action, run with node."""
    assert line_hashes(text) == lines_hashed(text) == hashes


@given(st.text(st.sampled_from("ab \t\r\n:é🙂"), max_size=300).map(lambda each: each * 2))
def test_lines_are_hashed_in_any_text(text: str) -> None:
    assert line_hashes(text) == lines_hashed(text)


def test_sarif_names_the_line_as_the_upload_does(tmp_path: Path) -> None:
    """The upload warns of every result whose hash is another one (codeql-action, issue 4052)."""
    text = "input: 3x8x8\nlayers:\n  - conv 4 3 p1 | bn | conv 4 3 p1 | bn\n"
    (tmp_path / "net.yaml").write_text(text, "utf-8")
    run = json.loads(lint("--format", "sarif", folder=tmp_path).stdout)["runs"][0]
    prints = [each["partialFingerprints"] for each in run["results"]]
    assert [each["primaryLocationLineHash"] for each in prints] == [lines_hashed(text)[2]] * 2
    assert len({each["cnncalc/v1"] for each in prints}) == 2


def test_sarif_of_nothing_of_errors_and_of_hostile_names(hostile: Outcome) -> None:
    assert sarif(Outcome(()))["results"] == []
    run = sarif(hostile)
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "a%2Cb%3A%25%5D%0A%3C%C3%A9%3E.yaml"
    )


def test_the_schema_can_refuse() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_sarif_with_a_baseline(tmp_path: Path) -> None:
    net = tmp_path / "net.yaml"
    net.write_text("input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn\n", "utf-8")
    assert lint("--baseline", "b.json", "--write-baseline", folder=tmp_path).exit_code == 0
    net.write_text("input: 3x8x8\nlayers:\n  b: conv 8 3 p1 | bn\n  a: conv 4 3 p1 | bn\n", "utf-8")
    result = lint("--baseline", "b.json", "--format", "sarif", folder=tmp_path)
    document = json.loads(result.stdout)
    jsonschema.Draft7Validator(SCHEMA).validate(document)
    states = {
        each["locations"][0]["physicalLocation"]["region"]["startLine"]: each["baselineState"]
        for each in document["runs"][0]["results"]
    }
    assert states == {3: "new", 4: "unchanged"} and result.exit_code == 1


def test_junit(outcome: Outcome) -> None:
    root = ElementTree.fromstring(formats.render(outcome, "junit"))
    check_junit(root)
    cases = root.findall(".//testcase")
    assert int(root.attrib["tests"]) == len(cases)
    assert int(root.attrib["failures"]) == len(root.findall(".//failure"))
    broken = ElementTree.fromstring(lint("--format", "junit", "no.yaml", "nets/fine.yaml").stdout)
    check_junit(broken)
    assert (broken.attrib["tests"], broken.attrib["errors"]) == ("2", "1") and len(broken.findall(".//testcase")) == 2
    assert [each.attrib["name"] for each in root] == ["nets/biased.yaml", "nets/broken.yaml", "nets/fine.yaml"]


def test_rdjson_counts_bytes(outcome: Outcome) -> None:
    document = json.loads(formats.render(outcome, "rdjson"))
    (accented,) = (each for each in document["diagnostics"] if each["location"]["range"]["start"]["line"] == 11)
    line = (PROJECT / "nets/biased.yaml").read_bytes().splitlines()[10]
    place = accented["location"]["range"]
    assert line[place["start"]["column"] - 1 : place["end"]["column"] - 1] == b"conv(16, 3)"


def test_rdjson_has_one_suggestion_for_all_edits_of_a_fix(tmp_path: Path) -> None:
    """For reviewdog each suggestion is one of its own, and all have to lie on the lines of the first."""
    text = "input: 3x8x8\nlayers:\n  vü: (conv 4 3 p1 | relu) | maxpool 2\n"
    (tmp_path / "net.yaml").write_text(text, "utf-8")
    result = lint("--format", "rdjson", "--extend-select", "G210", folder=tmp_path)
    (found,) = json.loads(result.stdout)["diagnostics"]
    (suggestion,) = found["suggestions"]
    place = suggestion["range"]
    assert place["start"]["line"] == place["end"]["line"] == 3
    line = text.splitlines()[2].encode("utf-8")
    line = line[: place["start"]["column"] - 1] + suggestion["text"].encode() + line[place["end"]["column"] - 1 :]
    assert line.decode() == "  vü: conv 4 3 p1 | relu | maxpool 2"


def test_azure_escapes(hostile: Outcome) -> None:
    line = formats.render(hostile, "azure").splitlines()[0]
    assert line.startswith("##vso[task.logissue type=error;sourcepath=a,b:%AZP25%5D <é>.yaml;linenumber=")
    assert line.count("]") == 1 + line.split("]", 1)[1].count("]")


def test_statistics() -> None:
    text = lint("--statistics").stdout
    assert re.search(r"^ *3  warning  P101 bias-before-norm  \(3 with a fix\)$", text, re.MULTILINE)
    document = json.loads(lint("--statistics", "--format", "json").stdout)
    assert {each["code"]: each["count"] for each in document["statistics"]}["P101"] == 3
    assert document["errors"] == []


def test_statistics_say_what_cannot_be_used() -> None:
    for arguments, code in ((("no.yaml",), "Y001"), (("--select", "Z9"), "X102")):
        result = lint("--statistics", "--format", "json", *arguments)
        assert result.exit_code == 2
        assert [each["code"] for each in json.loads(result.stdout)["errors"]] == [code]


def test_a_link_to_the_page(tmp_path: Path) -> None:
    (tmp_path / "cnncalc.toml").write_text('[lint]\ndocs-url = "https://example.invalid/docs/"\n', "utf-8")
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | bn\n  b: relu | conv 4 99\n", "utf-8")
    found = json.loads(lint("--format", "json", folder=tmp_path).stdout)["findings"]
    assert [each["url"] for each in found] == [
        "https://example.invalid/docs/rules.md#p101-bias-before-norm",
        "https://example.invalid/docs/diagnostics.md#s103-kernel-too-large",
    ]
    run = json.loads(lint("--format", "sarif", folder=tmp_path).stdout)["runs"][0]
    assert {each["helpUri"] for each in run["tool"]["driver"]["rules"]} == {each["url"] for each in found}


def test_the_default_links_lead_to_headings() -> None:
    docs = Path(__file__).parent.parent / "docs"
    for code, page in (("p101-bias-before-norm", "rules.md"), ("s103-kernel-too-large", "diagnostics.md")):
        assert f"## {code.split('-')[0].upper()} {code[5:]}\n" in (docs / page).read_text("utf-8")


def test_the_library_raises_for_settings(tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text("[lint]\nfail-on = 3\n", "utf-8")
    with pytest.raises(SpecError, match="X102"):
        api.lint([], config=str(config))
