"""Every lint rule by its own docstring: Bad gives its code, Good does not, and its fix makes Bad clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc import rules
from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic, codes, rule_files
from cnncalc.linting import config
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.fixing import fix
from cnncalc.linting.settings import Settings
from cnncalc.render import page
from cnncalc.source import Source

SECTIONS = ["What it means", "Why it matters", "Bad", "Good", "How to fix it"]

_BLOCK = re.compile(r"^## (Bad|Good)\n\n```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_HELPER = re.compile(r"^```yaml (\S+\.yaml)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_SETTINGS = re.compile(r"^```toml\n(.*?)\n```$", re.MULTILINE | re.DOTALL)

ALL = list(rule_files())


def settings_of(rule: rules.Rule) -> Settings:
    """The rule alone, with the settings that its docstring shows."""
    found = _SETTINGS.search(rule.page)
    settings = config.read(Source("cnncalc.toml", found[1])) if found else Settings()
    return settings._replace(select=(rule.code,))


def example(rule: rules.Rule, title: str, folder: Path) -> Source:
    """The Bad or the Good text of a rule; files that it shows lie beside it."""
    for found in _HELPER.finditer(rule.page):
        (folder / found[1]).write_text(found[2], "utf-8")
    kind, text = next((found[2], found[3]) for found in _BLOCK.finditer(rule.page) if found[1] == title)
    return Source("example.yaml", text, str(folder)) if kind == "yaml" else Source("<line>", text)


def check(rule: rules.Rule, title: str, folder: Path) -> Checked:
    return check_source(example(rule, title, folder), settings_of(rule))


@pytest.mark.parametrize("code", ALL)
def test_the_page(code: str) -> None:
    rule = rules.load(code)
    text = page.page(code)
    assert text.startswith(f"# {code} {rule.name}\n\nSeverity: {rule.severity}")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert not [line for line in text.splitlines()[3:] if len(line) > 80]
    assert rule.summary.endswith(".") and len(rule.summary) <= 100
    assert rule.severity in rules.SEVERITIES
    assert list(codes().values()).count(rule.name) == 1
    assert rule.fixable or not rule.changes


@pytest.mark.parametrize("code", ALL)
def test_bad_gives_the_code_and_good_does_not(code: str, tmp_path: Path) -> None:
    rule = rules.load(code)
    bad = check(rule, "Bad", tmp_path).findings
    assert {each.code for each in bad} == {code}, [str(each) for each in bad]
    assert all(each.severity == rule.severity for each in bad)
    for each in bad:
        lies_inside(each)
    assert [str(each) for each in check(rule, "Good", tmp_path).findings] == []


def lies_inside(finding: Diagnostic) -> None:
    """A finding has a place inside its text, on one line."""
    mark = finding.mark
    assert mark is not None
    assert 0 <= mark.start <= mark.end <= len(mark.source.text)
    assert 1 <= mark.column < mark.end_column <= len(mark.source.line(mark.line)) + 2


@pytest.mark.parametrize("code", ALL)
def test_the_fix_makes_bad_clean_and_keeps_the_figures(code: str, tmp_path: Path) -> None:
    rule = rules.load(code)
    before = check(rule, "Bad", tmp_path)
    fixes = [each.fix for each in before.findings if each.fix is not None]
    assert bool(fixes) == rule.fixable
    assert all(each.safe != bool(rule.changes) for each in fixes)
    if not fixes:
        return
    after = fix(example(rule, "Bad", tmp_path), settings_of(rule), unsafe=True).checked
    assert [str(each) for each in after.findings] == []
    assert after.loads
    for was, now in zip(reports(before), reports(after), strict=True):
        unlike = {name for name in was.totals._fields if getattr(was.totals, name) != getattr(now.totals, name)}
        assert unlike <= set(rule.changes)
        assert was.outputs == now.outputs or "outputs" in rule.changes


def reports(checked: Checked) -> list[Report]:
    assert checked.subject is not None
    return [view.report for view in checked.subject.views]


def test_a_rule_is_found_by_its_file_alone() -> None:
    folder = Path(rules.__file__).parent
    files = {path.stem for path in folder.glob("[a-z][0-9][0-9][0-9]_*.py")}
    assert files == set(rule_files().values())
    others = {path.stem for path in folder.glob("*.py")} - files
    assert all(each.startswith("_") for each in others)
