"""Nothing but findings comes of any text, each has its place on one line of it, and no fix makes a file that is broken."""

from __future__ import annotations

import random
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc.errors import codes
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.fixing import fix
from cnncalc.linting.records import Outcome, findings_of
from cnncalc.linting.settings import FORMATS, Settings, loading
from cnncalc.render import findings as formats
from cnncalc.source import Source
from tests.mutations import corpus, mutate

EVERYTHING = Settings(select=("ALL",))
"""The rules that are off by default must stand it, too."""

IGNORES = (
    "# cnncalc: ignore[P101] x", "# cnncalc: ignore-file[P]", "# cnncalc: ignore", "# cnncalc: ignore[", "#cnncalc:ignore[S,]",
)  # fmt: skip

CORPUS = corpus()


def source_of(spec: str) -> Source:
    return Source("spec.yaml" if "\n" in spec else "<line>", spec)


def commented(spec: str, rng: random.Random) -> str:
    """A text with comments for the linter, some at the end of a line and some in the middle of it."""
    lines = spec.split("\n")
    for _ in range(rng.choice((0, 0, 1, 2))):
        at = rng.randrange(len(lines))
        lines[at] += f" {rng.choice(IGNORES)}"
    return "\n".join(lines)


def check(spec: str) -> Checked:
    started = time.process_time()
    checked = check_source(source_of(spec), EVERYTHING)
    nodes = sum(len(view.graph.nodes) for view in checked.subject.views) if checked.subject is not None else 0
    assert time.process_time() - started < 3 + 50e-6 * nodes  # a mutation may repeat a block a thousand times
    for each in (*checked.findings, *checked.hidden):
        assert each.code in codes() and each.severity in ("error", "warning", "info")
        mark = each.mark
        assert mark is not None
        text = mark.source.text
        assert 0 <= mark.start <= mark.end <= len(text)
        line = mark.source.line(mark.line)
        assert 1 <= mark.column < mark.end_column <= len(line) + 2
        assert mark.column <= len(line) + 1
        if each.fix is not None:
            assert all(0 <= edit.mark.start <= edit.mark.end <= len(text) for edit in each.fix.edits)
            assert all(edit.mark.source is checked_source(checked, edit.mark.source) for edit in each.fix.edits)
    outcome = Outcome(tuple(findings_of(checked.findings, EVERYTHING)), ("spec.yaml",))
    for format_ in FORMATS:
        formats.render(outcome, format_).encode("utf-8")
    return checked


def checked_source(checked: Checked, source: Source) -> Source:
    """The text that may be edited: the one that was checked."""
    return checked.subject.source if checked.subject is not None else source


def check_fix(spec: str, unsafe: bool) -> None:
    before = check(spec)
    fixed = fix(source_of(spec), EVERYTHING, unsafe)
    if before.loads:
        assert fixed.checked.loads
    faults = {each.code for each in before.findings if loading(each.code)}
    assert {each.code for each in fixed.checked.findings if loading(each.code)} <= faults
    if not any(each.fix is not None for each in before.findings):
        assert fixed.source.text == spec


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_nothing_but_findings(seed: int) -> None:
    rng = random.Random(seed)
    check(mutate(commented(rng.choice(CORPUS), rng), rng))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_fixes_of_mutated_files(seed: int) -> None:
    rng = random.Random(seed)
    check_fix(mutate(commented(rng.choice(CORPUS), rng), rng), unsafe=rng.random() < 0.7)


@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_fixes_of_every_text_as_it_is(number: int) -> None:
    check_fix(CORPUS[number], unsafe=True)


def test_a_value_that_is_missing_at_the_end() -> None:
    assert [each.code for each in check("layers: conv 4 3\ninput:").findings][:1] == ["Y201"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text(spec: str) -> None:
    check(spec)


def many(count: int, seed: int) -> None:
    """So many mutated files, every tenth with fixes: ``python -m tests.test_lint_robustness 10000``."""
    rng = random.Random(seed)
    for number in range(count):
        spec = mutate(commented(rng.choice(CORPUS), rng), rng)
        try:
            check(spec) if number % 10 else check_fix(spec, unsafe=True)
        except Exception:
            print(f"number {number} of seed {seed}:\n{spec}")
            raise


def test_some_of_the_many() -> None:
    many(60, seed=1)


if __name__ == "__main__":
    many(int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
