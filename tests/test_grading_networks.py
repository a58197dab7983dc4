"""Questions about every kind of layer in real networks: each has a right answer or says why not, and what the networks'
own files state with a source is graded as right."""

from __future__ import annotations

import pytest

from cnncalc import api, library
from cnncalc.analysis.expectations import FIGURES
from cnncalc.errors import SpecError
from cnncalc.grading import asks
from cnncalc.grading.assignment import first_report, one_question
from cnncalc.grading.classroom import Grader
from cnncalc.grading.mistakes import mistakes
from cnncalc.grading.records import Accept, Answer, Question, Submission
from cnncalc.grading.truth import truth

NETWORKS = (
    "alexnet_grouped",
    "googlenet",
    "resnet18",
    "densenet121",
    "mobilenet_v2",
    "unet",
    "dcgan",
    "vnet",
    "yolov3",
    "two_input_cells",
    "segnet",
    "shufflenet_v2_x1_0",
)
CONVENTIONS = (Accept(), Accept(tiling="strict", bias="not", bn="total", flattened=True, units="values", memory="all"))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_can_be_asked_about(name: str) -> None:
    network = api.load(name)
    asked, refused = 0, set()
    for net in network.nets:
        report = first_report(network, net.name, "float32")
        different = list({(row.kind, row.input_shapes): row.name for row in report.rows}.values())[:40]
        for about in (None, *list(report.graph.values)[:10], *different):
            for ask in asks.ASKS if about else asks.TOTALS:
                for accept in CONVENTIONS:
                    question = Question("q", about, ask, accept=accept)
                    try:
                        right, found = truth(question, report), mistakes(question, report)
                    except SpecError as error:
                        refused.add(error.diagnostics[0].code)
                        continue
                    asked += 1
                    for each in found.visible:
                        assert each.value != right.value and each.value not in right.also, (about, ask, each)
                        assert each.message and each.hint and each.formula
    assert asked > 200
    assert refused <= {"A108"}


@pytest.mark.parametrize(
    "name", [name for name, place in library.names().items() if place.variant is None or name in ("vgg16", "resnet50")]
)
def test_what_the_files_state_is_graded_as_right(name: str) -> None:
    network = api.load(name)
    if len(network.nets) > 1:
        pytest.skip("several nets")
    graded = 0
    for each in network.nets[0].expect:
        key, value = each.key.value, each.value.value
        head, _, last = key.rpartition(".")
        if last in ("trainable", "buffers", "layers", "memory") or (head == "" and last in ("output", "memory")):
            continue
        ask = f"{head or 'total'}.{last}" if last in FIGURES else f"{key.removesuffix('.output')}.output"
        rounded = "".join(letter for letter in value if letter.isdigit() or letter == ".").strip("0").replace(".", "")
        accept = Accept(digits=len(rounded) or 1) if last in FIGURES and not value.isdigit() else Accept()
        try:
            assignment = one_question(network, None, ask, accept)
            grader = Grader(assignment)
            found = grader.grade(Submission("x", {assignment.questions[0].id: Answer("q", value)}, "x")).answers[0]
        except SpecError as error:
            raise AssertionError(f"{key}: {error}") from error
        assert found.verdict == "correct", (key, value, found)
        graded += 1
    assert graded
