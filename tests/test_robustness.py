"""Nothing but the project's own error escapes from any text, and every text is done with within a second."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import api, loading
from cnncalc.errors import Diagnostic, SpecError, codes
from cnncalc.render.diagnostics import as_json, text
from cnncalc.source import Source
from tests.mutations import corpus, mutate

CORPUS = corpus()


def diagnostics_of(spec: str) -> list[Diagnostic]:
    """Everything that is said about a text; the figures are worked out as far as they go."""
    try:
        network = loading.network_of(Source("spec.yaml" if "\n" in spec else "<line>", spec))
        found = list(network.diagnostics)
        for report in api.analyse_all(network, partial=True):
            assert report.totals.params == sum(row.params for row in report.rows)
            found += report.diagnostics
    except SpecError as error:
        return list(error.diagnostics)
    return found


def check(spec: str) -> None:
    started = time.process_time()
    found = diagnostics_of(spec)
    assert time.process_time() - started < 1
    text(found)
    for each in found:
        assert each.code in codes()
        shown = as_json(each)
        if each.mark is not None:
            assert 1 <= shown["line"] <= spec.count("\n") + spec.count("\r") + 1
            assert 1 <= shown["column"] < shown["end_column"]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_nothing_but_spec_error_escapes(seed: int) -> None:
    rng = random.Random(seed)
    check(mutate(rng.choice(CORPUS), rng))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused_or_understood(spec: str) -> None:
    check(spec)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("1x8x8 | (((conv 1 1)*9999)*9999)", "G112"),
        ("1x8x8 | ((((((id)*9999)*9999)*9999)*9999)*9999)", "G112"),
        ("f(n): (conv 1 1)*n; g(n): (f n)*n; 1x8x8 | g 9999", "G112"),
        ("1x8x8 | conv 10**30 3", "Y201"),
        ("1x8x8 | conv 999999999*999999999 3", "T106"),
        ("1x8x8 | conv 1000000000000000000000 3", "T106"),
        ("f(n): f n; 1x8x8 | f 3", "G106"),
        ("f(n): g n; g(n): f n; 1x8x8 | f 3", "G106"),
        ("1x8x8 | " + "(" * 3000 + "conv 1 1" + ")" * 3000, "G112"),
        ("1x8x8 | conv 1 " + "(" * 3000 + "1" + ")" * 3000, "G112"),
        ("1x8x8 | " + "add(id, " * 3000 + "id" + ")" * 3000, "G112"),
        ("1x8x8 | conv 1 1" + " | conv 1 1" * 150_000, "G112"),
        ("input: 1x8x8\nlayers: " + "[" * 10_000, "Y105"),
        ("a: &a [x,x,x]\nb: &b [*a,*a,*a]\nlayers: [*b,*b]", "Y104"),
        ("1x8x8 | relu" + "".join(f"; a{n}: input | konv{n} 1" for n in range(4000)), "G101"),
        ("1x8x8 | con\u0475 1 1", "G101"),
        ("1x8x8 | relu | \uff43onv 1 1", "Y201"),
    ],
)  # fmt: skip
def test_hostile_texts_are_refused_quickly(spec: str, code: str) -> None:
    started = time.process_time()
    found = diagnostics_of(spec)
    assert time.process_time() - started < 2
    assert code in {each.code for each in found}, [each.message for each in found]


def test_repeats_of_nothing_end_too() -> None:
    started = time.process_time()
    assert diagnostics_of("f(n): (id)*n; g(n): (f n)*n; h(n): (g n)*n; 1x8x8 | h 9999 | relu") == []
    assert time.process_time() - started < 2


def test_nested_blocks_have_a_limit() -> None:
    blocks = "; ".join(f"b{n}(x): b{n + 1} x" for n in range(200))
    found = diagnostics_of(f"{blocks}; b200(x): conv x 1; 1x8x8 | b0 3")
    assert {each.code for each in found} == {"G112"}


@pytest.mark.parametrize(
    "spec",
    [
        "3x8x8 | (relu)*10",
        "3x8x8 | (id | relu)*10",
        "3x8x8 | (residual(conv 8 3 p1, project = conv 8 1 | bn | relu))*10",
        "3x8x8 | relu as x; (add(id, x) | add(x, id))*10",
        "3x8x8 | (conv 8 1 | conv 8 1 if i == 0)*10",
        "3x8x8 | relu; a: conv 8 3 p1; b: conv 8 3 p1; c: conv 8 3 p1; d: gap | fc 10",
        "inputs: {a: 3x8x8, b: 3x8x8}\nlayers: add(a, b) | relu",
    ],
)
def test_the_limit_is_that_of_the_layers(spec: str) -> None:
    """Inputs are none, and steps that make no layer do not count."""
    network = cnncalc.parse(spec)
    count = len(cnncalc.analyse(network))
    assert len(cnncalc.analyse(network, limit=count)) == count
    with pytest.raises(SpecError, match=f"G112 this network has more than {count - 1} layers"):
        cnncalc.analyse(network, limit=count - 1)
