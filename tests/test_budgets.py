"""Budgets: how they are read, which one holds for which network, and what is said of one that is broken."""

from __future__ import annotations

import re
import sys
from typing import Any

import jsonschema
import pytest

from cnncalc import schema
from cnncalc.analysis.memory.simulate import DTYPES as MODELLED
from cnncalc.analysis.memory.simulate import simulate
from cnncalc.errors import Diagnostic
from cnncalc.linting.check import check_source
from cnncalc.linting.settings import Settings
from cnncalc.source import Source
from cnncalc.spec.budget import DTYPES, FIGURES, Limit, Wrong, read_limit
from tests.test_schema import load

NET = "input: 3x8x8\nlayers:\n  a: conv 4 3 p1 | relu\n  b: fc 10\n"
"""112 + 2,570 parameters, 6,912 + 2,560 MACs, 4 layers (the flattening is one)."""


def findings(text: str, select: tuple[str, ...] = ("B",), **budgets: Any) -> list[Diagnostic]:
    return list(check_source(Source("net.yaml", text), Settings(select=select, budgets=budgets)).findings)


def messages(text: str, **budgets: Any) -> list[str]:
    return [each.message for each in findings(text, **budgets)]


def test_the_overrun_and_what_weighs_most() -> None:
    (found,) = findings(NET + "budget: {params: 2k}\n")
    assert found.message == "2,682 parameters, the budget is 2k (+34.1 %)"
    assert found.label == "2,682 - 2,000 = 682 too many"
    assert found.notes == ("most are in b: 2,570 (95.8 %), a: 112 (4.2 %)",)
    assert found.mark is not None and found.mark.source.text[found.mark.start : found.mark.end] == "2k"
    assert not findings(NET + "budget: {params: 2682}\n")
    assert len(findings(NET + "budget: {params: 2681}\n")) == 1


def test_every_figure() -> None:
    said = messages(NET + "budget: {params: 2681, macs: 9471, flops: 18943, layers: 3, receptive_field: {max: 2}}\n")
    assert said == [
        "2,682 parameters, the budget is 2681 (+0.04 %)",
        "9,472 MACs, the budget is 9471 (+0.01 %)",
        "18,944 FLOPs, the budget is 18943 (+0.005 %)",
        "4 layers, the budget is 3 (+33.3 %)",
        "an output sees 10 positions of the input, at most 2 are allowed",
    ]
    assert not messages(
        NET + "budget: {params: 2682, macs: 9472, flops: 18944, layers: 4, receptive_field: {max: 10}}\n"
    )


def test_the_receptive_field_has_two_ends() -> None:
    net = "input: 3x8x8\nlayers: conv 4 3 | conv 4 3\n"
    assert messages(net + "budget: {receptive_field: 6}\n") == [
        "an output sees 5 positions of the input, at least 6 were asked for"
    ]
    assert messages(net + "budget: {receptive_field: {max: 4}}\n") == [
        "an output sees 5 positions of the input, at most 4 are allowed"
    ]
    assert not messages(net + "budget: {receptive_field: {min: 5, max: 5}}\n")


def test_the_receptive_field_of_a_line() -> None:
    assert not messages(NET + "budget: {receptive_field: {max: 3, at: a}}\n")
    assert messages(NET + "budget: {receptive_field: {min: 4, at: a}}\n") == [
        "a sees 3 positions of the input, at least 4 were asked for"
    ]
    (found,) = findings(NET.replace("a:", "stem:") + "budget: {receptive_field: {max: 3, at: sten}}\n")
    assert found.message == "there is nothing called 'sten' whose receptive field could be limited"
    assert found.help == ("did you mean 'stem'?",)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_memory_is_that_of_the_model(training: bool, batch: int, dtype: str) -> None:
    subject = check_source(Source("net.yaml", NET)).subject
    assert subject is not None
    optimizer = "sgd" if training else "none"
    peak = simulate(subject.views[0].graph, batch=batch, dtype=dtype, training=training, optimizer=optimizer).peak_bytes
    limit = f"batch: {batch}, dtype: {dtype}, training: {str(training).lower()}"
    assert not findings(NET + f"budget: {{peak_memory: {{max: {peak}, {limit}}}}}\n")
    (found,) = findings(NET + f"budget: {{peak_memory: {{max: {peak - 1}, {limit}}}}}\n")
    assert found.message.startswith("a training step needs" if training else "an inference needs")
    assert f"at batch {batch} in {dtype}" in found.label


def test_the_memory_model_runs_only_for_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    import cnncalc.analysis.memory.simulate  # noqa: F401  (its name in the package is that of the function)

    def fail(*given: Any, **more: Any) -> None:
        raise AssertionError("simulated")

    monkeypatch.setattr(sys.modules["cnncalc.analysis.memory.simulate"], "simulate", fail)
    findings(NET + "budget: {params: 3k}\n", select=("ALL",))
    with pytest.raises(AssertionError, match="simulated"):
        findings(NET + "budget: {peak_memory: 1GiB}\n")


def test_a_limit_of_the_file_counts_before_the_configured_one() -> None:
    assert len(findings(NET, params="2k")) == 1
    assert len(findings(NET, params=2000)) == 1
    assert not findings(NET + "budget: {params: 3k}\n", params="2k")
    (found,) = findings(NET, macs={"max": "9k"})
    assert found.mark is not None and (found.mark.start, found.mark.end) == (0, 0)


def test_a_variant_has_its_own() -> None:
    text = NET.replace(
        "layers:", "params: {n: 10}\nvariants: {base: {}, big: {n: 20}, own: {n: 20, budget: {params: 3k}}}\nlayers:"
    )
    text = text.replace("fc 10", "fc n")
    assert messages(text + "budget: {params: 3k}\n") == ["5,252 parameters, the budget is 3k (+75.1 %)"]
    (found,) = findings(text + "budget: {params: 3k}\n")
    assert found.notes[-1] == "in variant own"
    assert len(messages(text, params="2.6k")) == 3, "the configured one holds for all, but where a file has its own"


def test_a_variant_that_only_has_a_budget() -> None:
    text = NET.replace("layers:", "variants: {small: {budget: {params: 1k}}}\nlayers:")
    assert messages(text) == ["2,682 parameters, the budget is 1k (+168.2 %)"]


def test_nets_have_their_own_beside_that_of_the_file() -> None:
    text = (
        "nets:\n  g: {input: 3x8x8, layers: conv 4 3, budget: {params: 100}}\n"
        "  d: {input: g, layers: conv 4 3}\nbudget: {params: 120, macs: 1M}\n"
    )
    assert messages(text) == [
        "112 parameters in g, the budget is 100 (+12.0 %)",
        "148 parameters in d, the budget is 120 (+23.3 %)",
    ]


WRONG = [
    ("{parms: 5M}", "Y103", "unknown key 'parms'", "did you mean 'params'?", "parms"),
    ("{params: many}", "T104", "a budget of params is a figure such as 5M, got 'many'", "", "many"),
    ("{params: [1]}", "T104", "a budget of params is a figure or a mapping", "budget: {params: 5M, macs: 600M}", "params"),
    ("{params: {mx: 5M}}", "Y103", "a budget of params has no 'mx'", "did you mean 'max'?", "mx"),
    ("{params: {max: -3}}", "T104", "a budget of params is a figure such as 5M, got '-3'", "", "-3"),
    ("{params: {min: 5M}}", "Y103", "a budget of params has no 'min'", "it takes max", "min"),
    ("{layers: 4.5}", "T104", "a budget of layers is a figure such as 50, got '4.5'", "", "4.5"),
    ("{peak_memory: {batch: 32}}", "T104", "a budget of peak_memory needs max", "for example `peak_memory: {max: ...}`", "peak_memory"),
    ("{peak_memory: {max: 1GiB, batch: 0}}", "T104", "a batch has 1 to 1,000,000 examples, not 0", "", "0"),
    ("{peak_memory: {max: 1GiB, dtype: floot16}}", "T104", "dtype must be one of float32, float16, bfloat16, float64, amp, not 'floot16'", "did you mean 'float16'?", "floot16"),
    ("{peak_memory: {max: 1GiB, training: yes}}", "T104", "training is true or false, not 'yes'", "", "yes"),
    ("{receptive_field: {min: 9, max: 5}}", "T104", "no receptive_field is at least 9 and at most 5", "", "9"),
    ("{receptive_field: {at: a}}", "T104", "a budget of receptive_field needs min or max", "for example `receptive_field: {min: ...}`", "receptive_field"),
    ("{receptive_field: {min: 3, at: ''}}", "T104", "at is the name of a line or a layer", "", "''"),
    ("5M", "Y107", "budget must be a mapping", "for example `budget: {params: 5M, macs: 600M}`", "5M"),
]  # fmt: skip


@pytest.mark.parametrize(("budget", "code", "message", "help", "marked"), WRONG)
def test_a_wrong_budget_is_refused_at_its_place(budget: str, code: str, message: str, help: str, marked: str) -> None:
    for text in (
        NET + f"budget: {budget}\n",
        NET.replace("layers:", f"variants: {{v: {{budget: {budget}}}}}\nlayers:"),
        f"nets:\n  a: {{input: 3x8x8, layers: relu, budget: {budget}}}\n",
    ):
        (found,) = findings(text)
        assert (found.code, found.message, "".join(found.help)) == (code, message, help)
        assert found.mark is not None and found.mark.source.text[found.mark.start : found.mark.end] == marked


@pytest.mark.parametrize("budget", [each[0] for each in WRONG if not re.search(r"max: 5}|many|''", each[0])])
def test_the_schema_refuses_what_is_wrong(budget: str) -> None:
    """Which figure a text is, and which bound is the larger, is beyond a schema."""
    assert list(jsonschema.Draft7Validator(schema.architecture()).iter_errors(load(NET + f"budget: {budget}\n")))


def test_the_schema_takes_what_is_right() -> None:
    text = "budget: {params: 5M, macs: {max: 600M}, flops: 1, layers: 3, receptive_field: {min: 3, max: 9, at: a}, " + (
        "peak_memory: {max: 2GiB, batch: 32, dtype: float16, training: true}}\n"
    )
    jsonschema.validate(load(NET + text), schema.architecture())
    assert all(each in text for each in FIGURES)
    assert not [each for each in findings(NET + text) if each.code[0] != "B"]


def test_a_configured_budget() -> None:
    assert read_limit("params", "5M") == Limit("params", 5_000_000, None, "5M")
    assert read_limit("peak_memory", {"max": "2GiB", "batch": 32}) == Limit("peak_memory", 2**31, None, "2GiB", 32)
    assert read_limit("receptive_field", 224) == Limit("receptive_field", None, 224, "224")
    with pytest.raises(Wrong, match="is a figure such as 5M, got 'True'"):
        read_limit("params", True)


def test_data_types_are_those_of_the_memory_model() -> None:
    assert DTYPES == MODELLED


def test_bytes_are_no_billions() -> None:
    found = check_source(Source("net.yaml", NET + "budget: {peak_memory: 120B}\n")).findings
    assert [each.code for each in found if each.code == "B104"] == ["B104"]
