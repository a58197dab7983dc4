"""`cnncalc lint --fix`: exact, atomic, never so that a file no longer loads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnncalc import library
from cnncalc.errors import Diagnostic, Edit, Fix
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.fixing import ROUNDS, compatible, edited, fix
from cnncalc.linting.settings import Settings
from cnncalc.source import Mark, Source
from tests.test_lint import BIASED, FINE, ONLY, here, lint, put

__all__ = ["here"]  # the fixture that gives every test a folder of its own

UNSAFE = ("--fix", "--unsafe-fixes")
NONE = Settings(select=("E1",))


def test_fix_writes_what_is_safe_and_more_only_if_asked() -> None:
    put("net.yaml", BIASED.replace("relu", "relu  # cnncalc: ignore[P101]"))
    result = lint(*ONLY, "--fix")
    assert Path("net.yaml").read_text() == BIASED
    assert result.exit_code == 1 and "1 warning in 1 file (1 fixed)" in result.stdout
    result = lint(*ONLY, *UNSAFE)
    assert Path("net.yaml").read_text() == FINE
    assert result.exit_code == 0 and "nothing to report in 1 file (1 fixed)" in result.stdout


def test_diff_writes_nothing() -> None:
    put("net.yaml", BIASED)
    result = lint(*ONLY, "--diff", "--unsafe-fixes")
    assert result.exit_code == 1 and "1 fix in 1 file" in result.stderr
    assert "-  a: conv 4 3 p1 | bn\n+  a: conv 4 3 p1 nobias | bn\n" in result.stdout
    assert Path("net.yaml").read_text() == BIASED
    assert lint(*ONLY, "--diff").exit_code == 0
    assert lint(*ONLY, "--diff", "--unsafe-fixes", "--exit-zero").exit_code == 0


def test_what_is_written_keeps_its_mode_its_link_its_line_ends_and_its_mark() -> None:
    put("real/net.yaml", "")
    path = Path("real/net.yaml")
    path.write_bytes(b"\xef\xbb\xbf" + BIASED.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    Path("link.yaml").symlink_to("real/net.yaml")
    assert lint(*ONLY, *UNSAFE, "link.yaml").exit_code == 0
    assert Path("link.yaml").is_symlink()
    assert path.read_bytes() == b"\xef\xbb\xbf" + FINE.replace("\n", "\r\n").encode()
    assert path.stat().st_mode & 0o7777 == 0o640
    assert os.listdir("real") == ["net.yaml"]


def test_a_file_that_cannot_be_written_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    put("net.yaml", BIASED)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    result = lint(*ONLY, *UNSAFE)
    assert result.exit_code == 2 and "cannot write net.yaml: permission denied" in result.stderr
    assert Path("net.yaml").read_text() == BIASED and os.listdir() == ["net.yaml"]


def test_a_file_that_changed_in_the_meantime_is_left_alone() -> None:
    from cnncalc import api
    from cnncalc.linting import run

    put("net.yaml", BIASED)
    outcome = api.lint("net.yaml", fix=True, unsafe_fixes=True, override=lambda each: each._replace(select=("P101",)))
    put("net.yaml", BIASED + "  c: relu\n")
    assert [each.code for each in run.write_changes(outcome).errors] == ["Y001"]
    assert Path("net.yaml").read_text() == BIASED + "  c: relu\n"


def test_stdin_is_fixed_on_stdout() -> None:
    result = lint(*ONLY, *UNSAFE, "-", stdin=BIASED)
    assert result.stdout == FINE and "nothing to report" in result.stderr
    result = lint(*ONLY, *UNSAFE, "-", stdin=FINE)
    assert result.stdout == FINE and "nothing to report" in result.stderr
    result = lint(*ONLY, *UNSAFE, "--diff", "-", stdin=FINE)
    assert result.stdout == "" and result.exit_code == 0


def test_stdin_with_the_name_of_a_file_leaves_the_file_alone() -> None:
    for saved in (BIASED, "something else\n"):
        put("net.yaml", saved)
        result = lint(*ONLY, *UNSAFE, "--stdin-filename", "net.yaml", "-", stdin=BIASED)
        assert (result.stdout, result.exit_code, Path("net.yaml").read_text()) == (FINE, 0, saved)


def test_stdin_with_an_excluded_name_comes_back_as_it_is() -> None:
    arguments = (*ONLY, "--exclude", "old", "--stdin-filename", "old/net.yaml", "-")
    assert "P101" in lint(*arguments, stdin=BIASED).stdout
    result = lint(*arguments, "--force-exclude", stdin=BIASED)
    assert result.exit_code == 0 and "P101" not in result.stdout
    assert lint(*arguments, *UNSAFE, "--force-exclude", stdin=BIASED).stdout == BIASED


def test_what_is_imported_is_not_touched() -> None:
    put("blocks.yaml", "blocks:\n  f(c): conv c 3 p1 | bn\n")
    text = "import: blocks.yaml\ninput: 3x8x8\nlayers:\n  a: f 4\n"
    put("net.yaml", text)
    result = lint(*ONLY, *UNSAFE, "net.yaml")
    assert result.exit_code == 1 and "blocks.yaml:2:" in result.stdout
    assert Path("net.yaml").read_text() == text


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_is_fixed_with_its_imports_as_they_will_be(jobs: str) -> None:
    put("a.yaml", "import: b.yaml\ninput: 3x8x8\nlayers:\n  a: g 4\n")
    put("b.yaml", "import: c.yaml\nblocks:\n  g(c): f c | relu\n")
    put("c.yaml", "input: 3x8x8\nblocks:\n  f(c): conv c 3 p1 | bn\nlayers:\n  a: f 4\n")
    chosen = ("--select", "P101,E1,E202", "--jobs", jobs)
    result = lint(*chosen, *UNSAFE)
    assert result.stdout.startswith("nothing to report in 3 files (")
    assert "conv c 3 p1 nobias | bn" in Path("c.yaml").read_text()
    assert "params: 116" in Path("a.yaml").read_text()  # 3*3*3*4 + 2*4
    assert lint(*chosen).stdout == "nothing to report in 3 files\n"


def test_an_unsafe_fix_may_break_an_expectation_which_is_told() -> None:
    put("net.yaml", BIASED + "expect: {params: 120}\n")
    assert lint("--select", "P101,E1").stdout.count("[P101") == 1
    lint("--select", "P101", *UNSAFE)
    assert "E101" in lint("--select", "P101,E1").stdout and "nobias" in Path("net.yaml").read_text()


def test_an_expectation_is_mended_only_when_it_is_asked_for() -> None:
    put("net.yaml", BIASED + "expect: {params: 1}\n")
    assert "E101" in lint("--select", "E1", "--fix").stdout and "params: 1}" in Path("net.yaml").read_text()
    assert lint("--select", "E1", *UNSAFE).exit_code == 0
    assert lint("--select", "E1").exit_code == 0


def test_all_uses_of_a_block_must_agree() -> None:
    put("net.yaml", "input: 3x8x8\nblocks:\n  f(c): conv c 3 p1\nlayers:\n  a: f 4 | bn\n  b: f 4 | relu\n")
    assert lint(*ONLY, *UNSAFE).exit_code == 1
    assert "nobias" not in Path("net.yaml").read_text()


# -- the engine, with rules made up for the purpose ------------------------------------------------------------------------


def checker(word: str, made: str, safe: bool = True):  # type: ignore[no-untyped-def]
    """A check that finds every ``word`` and would write ``made`` in its place."""

    def check(source: Source, settings: Settings) -> Checked:
        checked = check_source(source, settings)
        return checked._replace(findings=(*checked.findings, *findings(source)))

    def findings(source: Source) -> Iterator[Diagnostic]:
        for found in re.finditer(word, source.text):
            mark = Mark(source, *found.span())
            yield Diagnostic("P101", f"{word} at {found.start()}", mark, fix=Fix("change", (Edit(mark, made),), safe))

    return check


NET = "input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | relu\n  b: conv 4 3 p1 | relu\n"


def test_a_fix_that_breaks_the_file_is_taken_back() -> None:
    fixed = fix(Source("net.yaml", NET), NONE, False, checker("relu", "rellu"))
    assert fixed.source.text == NET and not fixed.applied
    assert len(fixed.checked.findings) == 2


def test_of_several_fixes_only_the_bad_one_is_taken_back() -> None:
    fixed = fix(Source("net.yaml", NET), NONE, False, checker(r"a: conv|p1(?= \| relu\n\Z)", "b2: conv"))
    assert fixed.source.text == NET.replace("a: conv", "b2: conv")
    assert fixed.applied["P101"] == 1


@pytest.mark.parametrize("bad", [(39,), (0,), (0, 17, 39), tuple(range(0, 40, 3))])
def test_of_many_fixes_all_but_the_bad_ones_are_applied(bad: tuple[int, ...]) -> None:
    number = 40
    text = "input: 3x8x8\nlayers:\n" + "".join(f"  c{each}: relu\n" for each in range(number))

    def check(source: Source, settings: Settings) -> Checked:
        checked = check_source(source, settings)
        findings = []
        for found in re.finditer(r"c(\d+): (relu)\n", source.text):
            mark = Mark(source, *found.span(2))
            made = "rellu" if int(found[1]) in bad else "gelu"
            findings.append(Diagnostic("P101", f"in c{found[1]}", mark, fix=Fix("change", (Edit(mark, made),))))
        return checked._replace(findings=(*checked.findings, *findings))

    fixed = fix(Source("net.yaml", text), NONE, False, check)
    assert fixed.applied["P101"] == number - len(bad)
    assert [int(each) for each in re.findall(r"c(\d+): relu\n", fixed.source.text)] == list(bad)


def test_a_safe_fix_must_keep_what_the_file_expects() -> None:
    text = NET + "expect: {b: 4x8x8}\n"
    assert fix(Source("net.yaml", text), NONE, False, checker("p1", "p2")).source.text == text
    assert fix(Source("net.yaml", text), NONE, True, checker("p1", "p2", safe=False)).source.text != text
    assert fix(Source("net.yaml", text), NONE, False, checker("p1", "p2", safe=False)).source.text == text


def test_fixes_are_applied_until_nothing_changes() -> None:
    fixed = fix(Source("net.yaml", NET), NONE, False, checker("relu6?(?!u)", "gelu"))
    assert fixed.source.text == NET.replace("relu", "gelu")
    fixed = fix(Source("net.yaml", NET), NONE, False, checker(r"p1(?= \|)", "p1 g1"))
    assert fixed.source.text == NET.replace("p1", "p1 g1")


def test_fixes_that_go_round_in_circles_end() -> None:
    calls = []
    turn = checker("4 3 p1", "4 3x3 p1")
    back = checker("4 3x3 p1", "4 3 p1")

    def check(source: Source, settings: Settings) -> Checked:
        calls.append(1)
        checked = turn(source, settings)
        return checked._replace(findings=(*checked.findings, *back(source, settings).findings))

    fixed = fix(Source("net.yaml", NET), NONE, False, check)
    assert fixed.checked.loads and len(calls) <= ROUNDS + 1


def test_a_broken_file_may_be_fixed_but_gets_no_worse() -> None:
    text = NET + "  c: rellu\n"
    assert fix(Source("net.yaml", text), NONE, False, checker("rellu", "relu6")).source.text == NET + "  c: relu6\n"
    assert fix(Source("net.yaml", text), NONE, False, checker("p1", "pp")).source.text == text


def test_edits_that_meet_are_not_applied_together() -> None:
    source = Source("x", "abcdef")

    def finding(*spans: tuple[int, int]) -> Diagnostic:
        edits = tuple(Edit(Mark(source, *each), "-") for each in spans)
        return Diagnostic("P101", "m", Mark(source, 0, 1), fix=Fix("f", edits))

    first, inside, touching, apart, both = (
        finding((0, 2)), finding((1, 2)), finding((2, 2)), finding((3, 4)), finding((5, 6), (0, 1)),
    )  # fmt: skip
    assert compatible([first, inside, touching, apart, both]) == [first, apart]
    assert compatible([both, apart, first]) == [both, apart]
    assert (
        edited("abcdef", [Edit(Mark(source, 0, 2), "X"), Edit(Mark(source, 3, 3), "YY"), Edit(Mark(source, 5, 6), "")])
        == "XcYYde"
    )


def test_a_bundled_network_is_never_edited(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = here / "bundled"
    bundled.mkdir()
    (bundled / "small.yaml").write_text(BIASED)
    monkeypatch.setattr(library, "folder", lambda: str(bundled))
    result = lint("small", *ONLY, *UNSAFE)
    assert (bundled / "small.yaml").read_text() == BIASED
    assert (result.exit_code, result.stdout) == (0, FINE) and "(1 fixed)" in result.stderr
    assert lint("small", *ONLY).exit_code == 1
    lint(str(bundled / "small.yaml"), *ONLY, *UNSAFE)
    assert (bundled / "small.yaml").read_text() == FINE, "named as a file it is one"
