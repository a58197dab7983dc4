"""Assignment files: how questions are written, what their right answers are, and every fault at its place."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.grading.assignment import read_assignment, report_of
from cnncalc.grading.records import Assignment
from cnncalc.grading.sheet import Item, sheet_of
from cnncalc.source import Source


def assignment(text: str, folder: str | None = None) -> Assignment:
    return read_assignment(Source("homework.yaml", text, folder))


def items(*questions: str, network: str = "alexnet", more: str = "") -> dict[str, Item]:
    text = f"network: {network!r}\n{more}\nquestions:\n" + "".join(f"  - {each}\n" for each in questions)
    return {each.question.id: each for each in sheet_of(assignment(text)).items}


def codes(text: str) -> list[tuple[str, int]]:
    """The code and the line of every fault."""
    with pytest.raises(SpecError) as raised:
        assignment(text)
    return [(each.code, each.mark.line if each.mark else 0) for each in raised.value.diagnostics]


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        ("set: {width: [1]}", "A103", 2),
        ("set: {width: 8.1.2}", "A106", 2),
        ("dtype: float31", "A106", 2),
        ("params: {width: many}", "A106", 2),
        ("params: {width: []}", "A106", 2),
        ("params: {width: 9..1}", "A106", 2),
        ("params: {depth: 3}", "A109", 2),
        ("mistakes: no-bias", "A103", 2),
        ("accept: {bais: yes}", "A101", 2),
        ("credit: [1]", "A103", 2),
    ],
)
def test_a_value_that_cannot_be(more: str, code: str, line: int) -> None:
    network = "{params: {width: 4}, input: 3x8x8, layers: {a: conv width 3}}"
    assert codes(f"network: {network}\n{more}\nquestions: [a.params]\n") == [(code, line)]


@pytest.mark.parametrize("network", ["[alexnet]", "{input: 3x8x8, layers: {a: conv 4 30}}", "{layers: [3]}"])
def test_a_network_that_cannot_be(network: str) -> None:
    assert codes(f"network: {network}\nquestions: [a.params]\n")[0][1] == 1


def test_parameters_that_are_set() -> None:
    network = "{params: {width: 4}, input: 3x8x8, layers: {a: conv width 3}}"
    found = assignment(f"network: {network}\nset: {{width: 6}}\nquestions: [a.params]\n")
    assert sheet_of(found).items[0].truth.value == 6 * 27 + 6


def test_right_answers_of_alexnet() -> None:
    """The figures of the lecture's AlexNet, as its notes state them."""
    found = items(
        "conv1.output", "conv1.height", "conv1.channels", "conv1.params", "conv1.weights", "conv1.biases", "conv1.macs",
        "conv1.flops", "conv1.memory", "pool5.receptive_field", "fc8.features", "pool1.params", "total.params",
    )  # fmt: skip
    values = {name: item.truth.value for name, item in found.items()}
    assert values == {
        "conv1.output": (96, 55, 55),
        "conv1.height": 55,
        "conv1.channels": 96,
        "conv1.params": 34_944,
        "conv1.weights": 34_848,
        "conv1.biases": 96,
        "conv1.macs": 105_415_200,
        "conv1.flops": 210_830_400,
        "conv1.memory": 96 * 55 * 55 * 4,
        "pool5.receptive_field": 195,
        "fc8.features": 1000,
        "pool1.params": 0,
        "total.params": 62_378_344,
    }
    assert found["conv1.params"].truth.formula == "(11*11*3)*96 + 96 = 34,944"


def test_memory_of_vgg_as_the_notes_add_it_up() -> None:
    """15.2 million values: the input and what convolutions, poolings and fully connected layers make."""
    per_row = [150_528, 3_211_264, 3_211_264, 802_816, 1_605_632, 1_605_632, 401_408, *[802_816] * 3, 200_704]
    per_row += [*[401_408] * 3, 100_352, *[100_352] * 3, 25_088, 4096, 4096, 1000]
    found = items(
        "{layer: total, ask: memory, accept: {units: values}}",
        "{id: bytes, layer: total, ask: memory}",
        network="vgg16",
    )
    assert found["total.memory"].truth.value == sum(per_row) == 15_237_608
    assert found["bytes"].truth.value == 4 * sum(per_row)


def test_conventions() -> None:
    found = items(
        "{id: with, layer: a, ask: params}",
        "{id: without, layer: a, ask: params, accept: {bias: not}}",
        "{id: trained, layer: b, ask: params}",
        "{id: kept, layer: b, ask: params, accept: {bn: total}}",
        "{id: floor, layer: c, ask: output}",
        "{id: strict, layer: c, ask: output, accept: {tiling: strict}}",
        "{id: flat, layer: c, ask: output, accept: {flattened: true}}",
        network="3x10x10 | conv 8 3 as a | bn as b | maxpool 3 as c",
    )
    assert [found[name].truth.value for name in ("with", "without", "trained", "kept")] == [224, 216, 16, 32]
    assert found["floor"].truth.value == (8, 2, 2)
    assert found["strict"].truth.value is None
    assert found["strict"].truth.exact == (8, Fraction(8, 3), Fraction(8, 3))
    assert found["strict"].mistakes[0].name == "tiling-ignored"
    assert found["flat"].truth.also == ((32,),)


def test_a_blank_takes_every_value_that_gives_the_same_shape() -> None:
    found = items("conv1.pad", "conv1.stride", network="3x224x224 | conv 64 3 p1 | conv 64 3 /2 p1")
    assert (found["conv1.pad"].truth.value, found["conv1.pad"].truth.also) == (1, ())
    other = items("conv2.pad", network="3x224x224 | conv 64 3 p1 | conv 64 2 /2")
    assert (other["conv2.pad"].truth.value, other["conv2.pad"].truth.also) == (0, ())


def test_networks_come_from_everywhere(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: 3x32x32\nlayers: {a: conv 6 5}\n", "utf-8")
    (tmp_path / "homework.yaml").write_text("network: net.yaml\nquestions: [a.output]\n", "utf-8")
    beside = api.read_assignment(tmp_path / "homework.yaml")
    inline = assignment("network:\n  input: 3x32x32\n  layers: {a: conv 6 5}\nquestions: [a.output]\n")
    line = assignment("network: 3x32x32 | conv 6 5 as a\nquestions: [a.output]\n")
    assert beside.id == "homework"
    for each in (beside, inline, line):
        assert sheet_of(each).items[0].truth.value == (6, 28, 28)


def test_defaults_and_their_exceptions() -> None:
    found = assignment(
        "network: alexnet\npoints: 2\naccept: {order: chw, rounding: 'sig:3'}\ncredit: {no-bias: 50%, unit_slip: 0.25}\n"
        "questions:\n  - conv1.output\n  - {layer: conv1, ask: params, points: 1/2, accept: {rounding: exact}}\n"
    )
    first, second = found.questions
    assert (first.points, first.accept.order, first.accept.digits) == (2, "chw", 3)
    assert (second.points, second.accept.order, second.accept.digits) == (Fraction(1, 2), "chw", None)
    assert found.points == Fraction(5, 2)
    sheet = sheet_of(found)
    assert {each.name: each.credit for each in sheet.items[1].mistakes}["no-bias"] == 0.5


def test_variants_change_the_network() -> None:
    found = assignment(
        "network:\n  params: {width: 16, k: 3}\n  input: 3x32x32\n  layers: {a: conv width k}\n"
        "params: {width: [16, 24], k: 3..7 step 2}\nquestions: [a.params]\n"
    )
    assert found.choices == {"width": (16, 24), "k": (3, 5, 7)}
    assert sheet_of(found, {"width": 24, "k": 5}).items[0].truth.value == 24 * 3 * 25 + 24
    assert report_of(found).totals.params == 16 * 3 * 9 + 16


@pytest.mark.parametrize(
    "text, expected",
    [
        ("questions: [a.output]\n", [("A102", 1)]),
        ("network: alexnet\n", [("A102", 1)]),
        ("network: alexnet\nquestion: [conv1.output]\n", [("A102", 1), ("A101", 2)]),
        ("network: alexnet\nquestions: conv1.output\n", [("A103", 2)]),
        ("network: alexnet\nquestions: []\n", [("A103", 2)]),
        ("network: alexnet\nquestions: [[conv1.output]]\n", [("A103", 2)]),
        ("network: alexnet\nquestions:\n  - conv1.output\n  - conv9.output\n", [("A104", 4)]),
        ("network: alexnet\nquestions:\n  - conv1.outputs\n", [("A105", 3)]),
        ("network: alexnet\nquestions: [conv1]\n", [("A105", 2)]),
        ("network: alexnet\npoints: many\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\npoints: -1\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\npoints: 1/0\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\naccept: {order: whc}\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\naccept: {rounding: 'sig:0'}\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\naccept: {rouding: exact}\nquestions: [conv1.output]\n", [("A101", 2)]),
        ("network: alexnet\ncredit: {no-bias: 200%}\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\ncredit: {correct: 50%}\nquestions: [conv1.output]\n", [("A106", 2)]),
        ("network: alexnet\nquestions: [{layer: conv1, ask: params, blank: pad}]\n", [("A106", 2)]),
        ("network: alexnet\nquestions: [{blank: pad}]\n", [("A108", 2)]),
        ("network: alexnet\nquestions: [conv1.output, conv1.output]\n", [("A107", 2)]),
        ("network: alexnet\nquestions: [fc8.height]\n", [("A108", 2)]),
        ("network: alexnet\nquestions: [conv1.features]\n", [("A108", 2)]),
        ("network: alexnet\nquestions: [total.height]\n", [("A108", 2)]),
        ("network: alexnet\nquestions: [pool1.groups]\n", [("A108", 2)]),
        ("network: alexnet\nparams: {width: [1]}\nquestions: [conv1.output]\n", [("A109", 2)]),
        ("network: alexnett\nquestions: [conv1.output]\n", [("Y001", 1)]),
        ("network: 3x8x8 | conv 4 30\nquestions: [conv1.output]\n", [("S103", 1)]),
        ("network: dcgan\nquestions: [g1.output]\n", [("A102", 1)]),
        ("network: dcgan\nnet: generater\nquestions: [g1.output]\n", [("A106", 2)]),
        ("network: '-'\nquestions: [conv1.output]\n", [("A106", 1)]),
    ],
)  # fmt: skip
def test_faults(text: str, expected: list[tuple[str, int]]) -> None:
    assert codes(text) == expected


def test_all_faults_at_once() -> None:
    found = codes("network: alexnet\nfoo: 1\npoints: x\nquestions:\n  - conv1.parms\n  - {layer: conv1, aks: params}\n")
    assert [code for code, _ in found] == ["A101", "A106", "A105", "A101"]


FOLDER = Path(__file__).parent / "data" / "assignments"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden messages: what is said about each file (``UPDATE_GOLDEN=1`` writes them)."""
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(group, ["grade", name, name])
    said = f"{result.stderr}exit {result.exit_code}\n"
    golden = FOLDER / name.replace(".yaml", ".txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(said, "utf-8")
    assert said == golden.read_text("utf-8")


def test_messages_name_the_way_out() -> None:
    with pytest.raises(SpecError) as raised:
        assignment("network: alexnet\nquestions: [conv1.parms, cnv2.output]\n")
    helps = [each.help for each in raised.value.diagnostics]
    assert helps[0] == ("did you mean 'params'?",)
