"""Verdicts on answers: real cases from lecture notes, errors carried forward, joint diagnosis, whole classes."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import api
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.grading.assignment import read_assignment
from cnncalc.grading.classroom import Grader, summary
from cnncalc.grading.classroom import graded as together
from cnncalc.grading.marking import CARRIED_SHARE
from cnncalc.grading.records import VERDICTS, Answer, Assignment, Graded, GradedSubmission, Submission
from cnncalc.grading.roster import read_roster
from cnncalc.grading.submissions import read_submissions
from cnncalc.layers.mistakes import written
from cnncalc.render.grades import render as render_grades
from cnncalc.source import Source

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "grading"


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def one(network: str, ask: str, answer: str, **accept: str) -> Graded:
    """The graded answer to one question."""
    return api.grade_answer(network, ask, answer, accept=accept).submissions[0].answers[0]


def names(graded: Graded) -> list[str]:
    return [each.name for each in graded.mistakes]


def assignment(text: str) -> Assignment:
    return read_assignment(Source("homework.yaml", text, None))


def answered(text: str, answers: dict[str, str]) -> dict[str, Graded]:
    """One student's answers to an assignment, graded."""
    found = Grader(assignment(text)).grade(
        Submission("Ada", {id: Answer(id, said) for id, said in answers.items()}, "ada.yaml")
    )
    return {each.question.id: each for each in found.answers}


# -- what lecture notes say -------------------------------------------------------------------------------------------


def test_the_exercise_of_the_lecture_and_its_own_solution() -> None:
    found = cnncalc.grade(EXAMPLES / "lecture_exercise.yaml", EXAMPLES / "lecture_exercise_solution.yaml").submissions[
        0
    ]
    wrong = [each for each in found.answers if each.verdict != "correct"]
    assert [each.question.id for each in wrong] == ["sum"]
    assert (wrong[0].verdict, wrong[0].right) == ("diagnosed", "2,561,784")
    assert names(wrong[0]) == ["sum-repeats-row"]
    assert wrong[0].reason == "1,229,824 = fc1: the sum repeats fc1's count"
    assert (found.score, found.max) == (15, 16)


def test_strict_tiling_of_the_exercise() -> None:
    assert one("lecture_exercise", "conv2.output", "14x14x96").verdict == "correct"
    strict = one("lecture_exercise", "conv2.output", "14x14x96", tiling="strict")
    assert (strict.verdict, names(strict)) == ("diagnosed", ["tiling-ignored"])
    assert "the stride does not tile" in strict.reason and "14.5" in strict.formula
    for answer in ("does not tile", "invalid", "14.5x14.5x96"):
        assert one("lecture_exercise", "conv2.output", answer, tiling="strict").verdict == "correct"


def test_the_exercise_as_it_was_first_posed() -> None:
    found = one("3x227x227 | conv 96 11x11 /4 | conv 96 5x5 /8 p2", "conv2.output", "14x14x96")
    assert (found.verdict, names(found)) == ("diagnosed", ["stride-of-another-layer"])
    assert "computed with stride 4" in found.reason
    assert found.formula == "(55 - 5 + 2*2)/8 + 1 = 7.75 -> 7: 96x7x7"


def test_the_table_of_vgg16() -> None:
    found = cnncalc.grade(EXAMPLES / "vgg16.yaml", EXAMPLES / "vgg16_table.csv").submissions[0]
    wrong = {each.question.id: each for each in found.answers if each.verdict != "correct"}
    assert list(wrong) == ["TOTAL memory"]
    assert wrong["TOTAL memory"].right == "60,950,432 bytes (15,237,608 values, 61.0 MB, 58.1 MiB)"
    assert one("vgg16", "total.memory", "61 MB", rounding="sig:2").verdict == "correct"
    assert one("vgg16", "total.memory", "58 MiB", rounding="sig:2").verdict == "correct"
    assert one("vgg16", "total.memory", "15.2M", units="values", rounding="sig:3").verdict == "correct"
    assert one("vgg16", "total.params", "138M").verdict == "unreadable"


@pytest.mark.parametrize(
    "network, ask, answer",
    [
        ("1x5x5 | conv 1 3 /2 p1", "conv1.height", "3"),
        ("1x224x224 | conv 4 9x9 same", "conv1.output", "4x224x224"),
        ("1x224x224 | conv 4 9x9 p4 /2", "conv1.output", "4x112x112"),
        ("3x227x227 | local 96 11 /4", "local1.params", "290400*364 = 105,705,600"),
        ("logistic_regression", "total.params", "7,850"),
        ("logistic_regression", "scores.params", "10*784 + 10"),
        ("6x28x28 | conv 16 5 nobias", "conv1.params", "2400"),
        ("64x112x112 | maxpool 2", "maxpool1.output", "64x56x56"),
        ("64x112x112 | maxpool 2", "maxpool1.stride", "2"),
        ("3x56x56 | conv 64 3 p1", "conv1.pad", "1"),
    ],
)
def test_answers_of_lectures_that_are_right(network: str, ask: str, answer: str) -> None:
    assert one(network, ask, answer).verdict == "correct"


@pytest.mark.parametrize(
    "network, ask, answer, first, words",
    [
        ("3x224x224 | conv 64 3x3", "conv1.output", "224x224x64", "same-padding-assumed", "same padding is assumed"),
        ("alexnet", "conv1.params", "34,848", "no-bias", "34,848 = 11*11*3*96: the 96 biases are missing"),
        ("alexnet", "conv1.params", "105,705,600", "weights-not-shared", "a convolution shares them"),
        ("3x227x227 | local 96 11 /4", "local1.params", "34944", "weights-shared", "every output neuron has its own"),
        ("alexnet", "conv1.output", "55x55", "channels-missing", "the 96 channels are missing"),
        ("alexnet", "conv1.output", "290,400", "flattened-shape", "the number of values"),
        ("alexnet", "conv1.output", "55", "one-axis-only", "a shape names all its axes"),
        ("3x224x224 | conv 96 11x11 /4", "conv1.output", "54.25x54.25x96", "not-rounded", "not rounded down"),
        ("3x20x40 | conv 8 3", "conv1.output", "8x38x18", "height-and-width-swapped", "height and width are swapped"),
    ],
)  # fmt: skip
def test_answers_that_are_diagnosed(network: str, ask: str, answer: str, first: str, words: str) -> None:
    found = one(network, ask, answer)
    assert (found.verdict, names(found)[0]) == ("diagnosed", first)
    assert words in found.reason
    assert found.points == 0


def test_a_transposed_convolution_uses_its_weights_at_the_positions_of_the_input() -> None:
    layer = "16x10x10 | deconv 8 4x4 /2 p1"
    for ask in ("params", "weights"):
        found = one(layer, f"deconv1.{ask}", "204800")  # 4*4*16*8 weights at 10*10 positions
        assert names(found) == ["macs-given"] and "at 100 positions" in found.reason
    assert names(one(layer, "deconv1.flops", "204800")) == ["macs-given"]
    assert one(layer, "deconv1.macs", "204800").verdict == "correct"
    assert "shrinks" not in one(layer, "deconv1.pad", "0").reason


@pytest.mark.parametrize("ask, answer", [("biases", "20"), ("params", "1080")])
def test_no_bias_is_told_apart_from_too_many(ask: str, answer: str) -> None:
    """Nobody hears that a filter has one bias where this one has none."""
    found = one("3x32x48 | conv 20 3 nobias", f"conv1.{ask}", answer)
    assert "one" not in found.reason, found.reason


def test_two_mistakes_that_give_the_same_count() -> None:
    """3x3 filters on 3 channels: forgetting the channels and forgetting one side of the kernel are the same number."""
    found = one("vgg16", "conv1.stage.0.unit.conv.params", "640")
    assert names(found) == ["input-channels-forgotten", "kernel-not-squared"]
    assert found.reason.startswith("either ") and "; or " in found.reason


def test_every_other_stride_of_the_network_is_thought_of() -> None:
    network = "3x225x225 | conv 8 7 /2 | conv 8 3 /5 | conv 8 3 /3"
    for answer, stride in (("54x54x8", 2), ("36x36x8", 3)):
        found = one(network, "conv2.output", answer)
        assert "stride-of-another-layer" in names(found)
        assert f"computed with stride {stride}" in found.reason


def test_a_blank_says_what_would_come_out() -> None:
    found = one("3x224x224 | conv 64 7 /2 p3", "conv1.pad", "2")
    assert found.reason == "not 3, and no known mistake gives it; pad 2 gives 64x111x111, not 64x112x112"
    assert "does not go with" in one("3x4x4 | conv 64 3 p1", "conv1.kernel", "40").reason


# -- one answer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    ["96x55x55", "55x55x96", "(96, 55, 55)", "[55, 55, 96]", "(None, 55, 55, 96)", "torch.Size([1, 96, 55, 55])", "96@55x55",
     r"$55 \times 55 \times 96$", "H=55, W=55, C=96", "55 55 96"],
)  # fmt: skip
def test_notations_of_a_shape(answer: str) -> None:
    assert one("alexnet", "conv1.output", answer).verdict == "correct"


def test_the_order_of_the_axes() -> None:
    assert one("alexnet", "conv1.output", "55x55x96").read_as == "55x55x96 (H x W x C)"
    assert one("alexnet", "conv1.output", "96x55x55").read_as == "96x55x55 (C x H x W)"
    wrong = one("alexnet", "conv1.output", "55x55x96", order="chw")
    assert (wrong.verdict, names(wrong)) == ("diagnosed", ["axes-in-other-order"])
    assert "channels come first here" in wrong.reason
    assert one("alexnet", "conv1.output", "96x55x55", order="hwc").verdict == "diagnosed"
    assert one("alexnet", "conv1.output", "55x55x96", order="hwc").verdict == "correct"


def test_rounded_answers() -> None:
    """35k holds the figures of a missing bias and of a single bias, 34.9k that of a bias per input channel."""
    assert one("alexnet", "conv1.params", "34.94k").verdict == "correct"
    for answer in ("35k", "34.9k", "~35000", "3.5e4"):
        found = one("alexnet", "conv1.params", answer)
        assert (found.verdict, found.points) == ("unreadable", 0)
        assert found.reason == "the right size, but give at least 4 digits"
    assert one("alexnet", "conv1.params", "34.9k", rounding="sig:3").verdict == "correct"
    assert one("alexnet", "conv1.params", "34.8k", rounding="sig:3").verdict == "diagnosed"
    assert one("alexnet", "conv1.params", "35k", rounding="sig:3").verdict == "unreadable"
    assert "35,000 ± 500" in one("alexnet", "conv1.params", "35k").read_as
    assert one("alexnet", "conv1.params", "34945").verdict == "wrong"


@pytest.mark.parametrize(
    "ask, answer, name",
    [
        ("conv1.params", "34.944", "decimal-separator"),
        ("conv1.params", "139,776", "in-bytes"),
        ("conv1.params", "1,118,208", "in-bits"),
        ("conv1.params", "136.5", "in-kibibytes"),
        ("conv1.params", "139.776", "in-kilobytes"),
        ("conv1.memory", "290,400", "in-values"),
        ("conv1.memory", "9,292,800", "in-bits"),
        ("conv1.memory", "1161.6", "decimal-separator"),
        ("conv1.memory", "580800", "two-bytes-per-value"),
    ],
)
def test_unit_slips(ask: str, answer: str, name: str) -> None:
    found = one("alexnet", ask, answer)
    assert (found.verdict, names(found)) == ("unit_slip", [name])


@pytest.mark.parametrize(
    ("dtype", "answer", "name"),
    [  # 7x28x28 are 5,488 values
        ("float16", "5488", "in-values"),
        ("float16", "43904", "eight-bytes-per-value"),
        ("float64", "5488", "in-values"),
        ("float64", "10976", "two-bytes-per-value"),
    ],
)
def test_slips_of_memory_go_by_the_bytes_of_a_value(dtype: str, answer: str, name: str) -> None:
    text = (
        f"network: {{input: [3, 28, 28], layers: {{a: relu, b: conv 7 3 p1}}}}\ndtype: {dtype}\nquestions: [b.memory]\n"
    )
    found = answered(text, {"b.memory": answer})["b.memory"]
    assert (found.verdict, names(found)) == ("unit_slip", [name])


@pytest.mark.parametrize(
    "network, ask, answer",
    [
        ("alexnet", "conv1.biases", "~100"),
        ("alexnet", "conv1.biases", "0.1k"),
        ("lecture_exercise", "total.layers", "0k"),
    ],
)
def test_a_figure_that_is_hardly_one_earns_nothing(network: str, ask: str, answer: str) -> None:
    found = one(network, ask, answer)
    assert (found.verdict, found.points) == ("unreadable", 0)
    assert found.reason.startswith("the right size, but give at least 2 digits")


def test_a_coarse_figure_is_no_evidence_of_a_mistake() -> None:
    assert one("lecture_exercise", "total.layers", "~0").verdict == "wrong"
    assert one("lecture_exercise", "total.layers", "3").mistakes[0].name == "only-convolutions"


@pytest.mark.parametrize(
    "ask, answer",
    [("kernel", "11x11"), ("kernel", "11 × 11"), ("stride", "(4, 4)"), ("height", "55x55"), ("pad", "none")],
)
def test_sides_that_are_alike(ask: str, answer: str) -> None:
    assert one("alexnet", f"conv1.{ask}", answer).verdict == "correct"


def test_one_mistake_comes_before_two() -> None:
    """5x7x9 is one mistake with the channels first, and would be two with the channels last."""
    found = one("4x14x18 | conv 5 3 /2", "conv1.output", "5x7x9")
    assert names(found)[0] == "rounded-up" and "and" not in found.reason


@pytest.mark.parametrize("unit", ["bytes", "MB", "bits"])
def test_a_count_is_no_memory(unit: str) -> None:
    found = one("alexnet", "conv1.params", f"34,944 {unit}")
    assert (found.verdict, names(found)) == ("unit_slip", ["unit-of-memory"]) and unit in found.reason
    assert one("alexnet", "conv1.params", "34,944 values").verdict == "correct"


def test_two_figures_are_no_answer() -> None:
    for answer in ("34848 = 34944", "34944 = 34848"):
        found = one("alexnet", "conv1.params", answer)
        assert found.verdict == "unreadable" and "are two answers" in found.reason
    assert one("alexnet", "conv1.params", "34944 = 34.94k").verdict == "correct"
    assert one("alexnet", "conv1.memory", "290400*4 = 1,161,600 = 1.16 MB").reason.startswith("right, rounded")


def test_axes_that_are_named_wrongly() -> None:
    for answer in ("C=55, H=55, W=96", "55x55x96 (CHW)", "55x55x96 (channels first)"):
        found = one("alexnet", "conv1.output", answer)
        assert names(found) == ["axes-in-other-order"] and "perhaps" not in found.reason
    assert one("alexnet", "conv1.output", "55x55x96 (channels last)").verdict == "correct"
    assert one("alexnet", "conv1.output", "55x55x96 (without the batch)").verdict == "correct"
    assert one("alexnet", "conv1.output", "0x96x55x55").verdict != "correct"


def test_a_product_for_a_side_is_still_a_number() -> None:
    assert one("3x64x64 | conv 8 9x9 /9", "conv1.kernel", "3*3").verdict == "correct"
    assert one("alexnet", "conv1.params", "187*187").read_as == "187*187 = 34,969"


@pytest.mark.parametrize(
    ("network", "ask", "answer", "verdict"),
    [
        ("3x8x8 | conv 4 2", "height", "7", "correct"),
        ("3x8x8 | conv 4 2", "height", "7x7", "correct"),
        ("3x8x8 | conv 4 2", "height", "7*7 = 49", "wrong"),  # 49 is the answer, and wrong
        ("3x50x50 | conv 4 2", "height", "7x7 = 49", "correct"),
        ("3x50x50 | conv 4 2", "height", "7x7", "wrong"),  # 7, and not 49
        ("3x64x64 | conv 8 9 /9", "kernel", "3x3", "wrong"),
    ],
)
def test_a_square_is_the_side_and_its_product_the_product(network: str, ask: str, answer: str, verdict: str) -> None:
    assert one(network, f"conv1.{ask}", answer).verdict == verdict


@pytest.mark.parametrize(
    ("network", "answer", "verdict"),
    [  # 30x30x3 values are 10,800 bytes, 8x60x60 are 115,200
        ("1x32x32 | conv 3 3", "0.0108 MB", "correct"),
        ("1x32x32 | conv 3 3", "0.01 MB", "unreadable"),
        ("3x64x64 | conv 8 5", "0.115 MB", "correct"),
        ("3x64x64 | conv 8 5", "0.12 MB", "unreadable"),
        ("3x64x64 | conv 8 5", "0.11 MB", "unreadable"),
        ("3x64x64 | conv 8 5", "115 kB", "correct"),
    ],
)
def test_significant_digits_begin_behind_the_zeros(network: str, answer: str, verdict: str) -> None:
    assert one(network, "conv1.memory", answer, rounding="sig:3").verdict == verdict


def test_a_field_has_no_channels() -> None:
    """A 3x5 window sees 3 rows and 5 columns."""
    for accept in ({}, {"order": "hwc"}, {"order": "chw"}):
        network, ask = "3x50x50 | conv 4 3x5", "conv1.receptive_field"
        assert one(network, ask, "3x5", **accept).verdict == "correct"
        turned = one(network, ask, "5x3", **accept)
        assert (turned.verdict, names(turned)) == ("diagnosed", ["height-and-width-swapped"])
        for answer in ("3x7", "3", "5", "15"):
            found = one(network, ask, answer, **accept)
            assert found.verdict != "correct" and "channels" not in found.reason and "values" not in found.reason


def test_height_and_width_of_a_volume() -> None:
    """Windows of 3 leave 18, 22 and 26 of 20, 24 and 28."""
    volume = "3x20x24x28 | conv 12 3x3x3"
    assert names(one(volume, "conv1.output", "12x18x26x22")) == ["height-and-width-swapped"]
    assert one(volume, "conv1.output", "12x26x22x18").verdict == "wrong"  # it is depth and width that are swapped


def test_the_depth_of_maps_is_their_channels() -> None:
    for order in ("any", "chw", "hwc"):
        assert one("alexnet", "conv1.output", "W=55, H=55, D=96", order=order).verdict == "correct"
    volume = "3x20x24x28 | conv 12 3x3x3"
    assert one(volume, "conv1.output", "D=18, H=22, W=26, C=12").verdict == "correct"


def test_a_vector_may_be_rounded_as_its_features_may() -> None:
    network = "3x64x64 | conv 12 3 | flatten"  # 12x62x62 are 46,128 values
    for ask in ("output", "features"):
        assert one(network, f"flatten1.{ask}", "46.1k").verdict == "correct"
        assert one(network, f"flatten1.{ask}", "~50000").verdict == "unreadable"
        assert one(network, f"flatten1.{ask}", "46.2k").verdict == "wrong"


def test_what_is_said_where_no_size_is_right() -> None:
    found = one("3x28x28 | conv 4 3 /2", "conv1.height", "99", tiling="strict")
    assert found.reason == "the stride does not tile, and no known mistake gives it"


def test_an_answer_that_names_its_order_is_read_in_it() -> None:
    assert one("3x32x48 | conv 20 3 p1", "conv1.output", "(C, H, W) = (32, 48, 20)").verdict != "correct"
    assert one("3x32x48 | conv 20 3 p1", "conv1.output", "32x48x20 (HxWxC)").verdict == "correct"


def test_units_of_memory() -> None:
    for answer in (
        "1,161,600",
        "1161600 bytes",
        "1,134.375 KiB",
        "1161.6 kB",
        "9,292,800 bits",
        "290,400 values",
        "96*55*55*4",
    ):
        assert one("alexnet", "conv1.memory", answer).verdict == "correct", answer


def test_arithmetic_that_does_not_give_the_answer_is_told() -> None:
    found = one("alexnet", "conv1.params", "11*11*3*96 = 34944")
    assert found.verdict == "correct"
    assert found.reason == "right, 11*11*3*96 is 34,848, not 34,944"


def test_a_lone_size_is_never_stated_as_certain() -> None:
    several = one("alexnet", "conv1.height", "54")
    assert names(several) == ["plus-one-forgotten", "plus-one-inside"]
    assert several.reason.startswith("either ") and " or " in several.reason
    single = one("alexnet", "conv1.height", "217")
    assert names(single) == ["stride-forgotten"]
    assert single.reason.startswith("perhaps ")


# -- a submission -----------------------------------------------------------------------------------------------------

ALEXNET = (
    "network: alexnet\nquestions: [conv1.output, pool1.output, conv2.output, pool2.output, conv3.output, conv4.output, "
    "conv5.output, pool5.output, conv1.params, conv2.params, conv3.params, fc6.params, fc7.params, total.params]\n"
)


def alexnet_with_a_slip(slip: str = "23x23x256") -> dict[str, str]:
    """The table of AlexNet by hand, the padding of conv2 forgotten, everything behind it computed on from there."""
    return {
        "conv1.output": "55x55x96", "pool1.output": "27x27x96", "conv2.output": slip, "pool2.output": "11x11x256",
        "conv3.output": "11x11x384", "conv4.output": "11x11x384", "conv5.output": "11x11x256", "pool5.output": "5x5x256",
        "conv1.params": "34944", "conv2.params": "614656", "conv3.params": "885120", "fc6.params": str(6400 * 4096 + 4096),
        "fc7.params": "16781312", "total.params": str(62_378_344 - 37_752_832 + 6400 * 4096 + 4096),
    }  # fmt: skip


def test_one_slip_costs_one_answer() -> None:
    found = answered(ALEXNET, alexnet_with_a_slip())
    verdicts = [each.verdict for each in found.values()]
    assert verdicts.count("correct") == 6
    assert verdicts.count("carried_forward") == 7
    slip = found["conv2.output"]
    assert (slip.verdict, names(slip)) == ("diagnosed", ["padding-forgotten"])
    assert found["pool2.output"].points == CARRIED_SHARE
    assert found["pool2.output"].reason == "right for your own 256x23x23: (23 - 3 + 2*0)/2 + 1 = 11"
    assert found["fc6.params"].reason == "right for your own 256x5x5: 6400*4096 + 4096 = 26,218,496"
    assert found["total.params"].verdict == "carried_forward"


def test_a_trivial_shape_is_not_carried_on() -> None:
    """Answering 1x1 first would make all that follows easy."""
    text = "network: 3x32x32 | conv 8 3 | conv 8 1 | fc 10\nquestions: [conv1.output, conv2.output, fc1.params]\n"
    trick = answered(text, {"conv1.output": "8x1x1", "conv2.output": "8x1x1", "fc1.params": "90"})
    assert [each.verdict for each in trick.values()].count("carried_forward") == 0
    for shape in ("8x0x0", "8x-1x-1", "8x29.5x29.5", "8"):
        found = answered(text, {"conv1.output": shape, "conv2.output": shape, "fc1.params": "5"})
        assert "carried_forward" not in [each.verdict for each in found.values()]
    honest = answered(
        text, {"conv1.output": "8x29x29", "conv2.output": "8x29x29", "fc1.params": str(8 * 29 * 29 * 10 + 10)}
    )
    assert [each.verdict for each in honest.values()][1:] == ["carried_forward"] * 2


EASY = """
network: {input: 3x64x64, layers: {a: conv 16 5 /2 p2, b: conv 32 3 p1, c: maxpool 2, f: flatten, d: fc 10}}
questions: [a.output, a.params, b.output, b.params, c.output, d.params, {id: sum, layer: total, ask: params}]
"""


def test_made_up_shapes_are_not_carried_on() -> None:
    made_up = answered(EASY, {"a.output": "1x2x1", "b.output": "32x2x1", "b.params": "320", "d.params": "330"})
    assert [each.points for each in made_up.values()] == [0] * 7
    explained = answered(EASY, {"a.output": "16x64x64", "b.output": "32x64x64", "c.output": "32x32x32"})
    assert explained["b.output"].verdict == explained["c.output"].verdict == "carried_forward"
    slipped = answered(EASY, {"a.output": "16x33x34", "b.output": "32x33x34", "c.output": "32x16x17"})
    assert slipped["a.output"].verdict == "wrong"
    assert slipped["b.output"].verdict == slipped["c.output"].verdict == "carried_forward"


@pytest.mark.parametrize("row, total", [("0", "0"), ("1", "3")])
def test_a_sum_of_made_up_rows_earns_nothing(row: str, total: str) -> None:
    found = answered(EASY, {"a.params": row, "b.params": row, "d.params": row, "sum": total})
    assert sum(each.points for each in found.values()) == 0


def test_equal_own_shapes_of_two_branches_are_not_mixed_up() -> None:
    """16 maps instead of 24 in one branch, or instead of 40 in the other: 16 + 40 = 56 come out, or 24 + 16 = 40."""
    grader = Grader(
        assignment(
            "network: {input: [3, 9, 9], layers: {a: conv 24 3 p1, b: {op: conv, channels: 40, kernel: 3, pad: 1, from: input}, "
            "both: {op: concat, from: [a, b]}, c: conv 10 1}}\nquestions: [a.output, b.output, both.channels]\n"
        )
    )
    for answers in ({"a.output": "16x9x9", "both.channels": "56"}, {"b.output": "16x9x9", "both.channels": "40"}):
        found = grader.grade(Submission("", {id: Answer(id, said) for id, said in answers.items()}, ""))
        assert found.answers[2].verdict == "carried_forward"


def test_a_sum_of_carried_rows_is_carried() -> None:
    found = answered(EASY, {"a.output": "16x64x64", "d.params": "327690", "sum": "333546"})
    assert found["d.params"].verdict == found["sum"].verdict == "carried_forward"


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ({"pool.params": "4"}, 112 + 4 + 333 + 230),  # a pooling that was given a 2x2 kernel's weights
        ({"a.params": "108"}, 108 + 333 + 230),  # the line of two convolutions is one row of the student's
        ({"two.params": "324"}, 112 + 324 + 230),
        ({"a.params": "108", "pool.params": "4", "two.params": "324"}, 108 + 4 + 324 + 230),
    ],
)
def test_a_sum_of_own_rows_takes_what_learns_nothing_and_whole_lines(rows: dict[str, str], total: int) -> None:
    """By hand: 3*3*3*4 + 4 = 112; 3*3*4*4 + 4 + 3*3*4*5 + 5 = 333; 3*3*5*5 + 5 = 230."""
    text = "network: {input: [3, 28, 28], layers: {a: conv 4 3 p1, pool: pool 2, two: conv 4 3 p1 -> conv 5 3 p1, "
    text += (
        "c: conv 5 3}}\nquestions: [a.params, pool.params, two.params, c.params, {id: sum, layer: total, ask: params}]"
    )
    given = {"a.params": "112", "pool.params": "0", "two.params": "333", "c.params": "230", **rows}
    assert answered(text, {**given, "sum": str(total)})["sum"].verdict == "carried_forward"
    assert answered(text, {**given, "sum": str(total + 1)})["sum"].verdict != "carried_forward"


OWN = 5 * 5 * 8  # what flows into fc1 after a 6x6 window instead of 5x5: 8 maps of 5x5, not 8 of 6x6
CARRIED = {
    "fc1.params": OWN * 10 + 10,
    "fc1.weights": OWN * 10,
    "fc1.biases": 10,
    "fc1.macs": OWN * 10,
    "fc1.flops": 2 * OWN * 10,
    "maxpool1.memory": 4 * OWN,
    "maxpool1.output": "8x5x5",
    "maxpool1.width": 5,
    "maxpool1.channels": 8,
}


@pytest.mark.parametrize(("id", "answer"), CARRIED.items())
def test_every_figure_is_carried_on(id: str, answer: str | int) -> None:
    text = f"network: 3x16x16 | conv 8 5 | maxpool 2 | fc 10\nquestions: [conv1.output, {id}]\n"
    found = answered(text, {"conv1.output": "8x11x11", id: str(answer)})[id]
    right = answered(text, {"conv1.output": "8x12x12", id: str(answer)})[id]
    if id in ("fc1.biases", "maxpool1.channels"):  # the same on any maps
        assert found.verdict == right.verdict == "correct"
    else:
        assert (found.verdict, right.verdict == "correct") == ("carried_forward", False)


@pytest.mark.parametrize(
    ("net", "own", "id", "answer"),
    [
        ("conv 8 5 | relu", "8x11x11", "conv1.macs", 5 * 5 * 3 * 8 * 11 * 11),
        ("conv 8 5 | relu", "8x11x11", "conv1.flops", 2 * 5 * 5 * 3 * 8 * 11 * 11),
        ("conv 8 5 | relu", "8x11x11", "conv1.memory", 4 * 8 * 11 * 11),
        ("conv 8 5 | relu", "16x12x12", "conv1.macs", 5 * 5 * 3 * 16 * 12 * 12),
        ("dwconv 5 | relu", "3x11x11", "dwconv1.macs", 5 * 5 * 3 * 11 * 11),
        ("maxpool 2", "3x7x7", "maxpool1.memory", 4 * 3 * 7 * 7),
    ],
)
def test_a_wrong_shape_is_carried_on_to_the_figures_of_its_own_layer(net: str, own: str, id: str, answer: int) -> None:
    """The slip costs the shape and no more: a MAC for each weight at the places that the student counted."""
    layer = id.split(".", maxsplit=1)[0]
    text = f"network: 3x16x16 | {net}\nquestions: [{layer}.output, {id}]\n"
    found = answered(text, {f"{layer}.output": own, id: str(answer)})[id]
    assert found.verdict == "carried_forward" and f"right for your own {own}: " in found.reason
    assert answered(text, {f"{layer}.output": own, id: str(answer + 1)})[id].verdict != "carried_forward"
    assert answered(text, {id: str(answer)})[id].verdict != "carried_forward"


def test_own_shapes_of_a_layer_and_of_what_flows_in_go_together() -> None:
    """conv2 sees 4 maps in each of its filters; 8x8x8 is a slip of its own, on top of conv1's."""
    text = "network: 3x16x16 | conv 4 5 | conv 8 3\nquestions: [conv1.output, conv2.output, conv2.macs]\n"
    given = {"conv1.output": "4x11x11", "conv2.output": "8x8x8"}
    found = answered(text, {**given, "conv2.macs": str(3 * 3 * 4 * 8 * 8 * 8)})
    assert found["conv2.macs"].verdict == "carried_forward"
    followed = {"conv1.output": "4x11x11", "conv2.output": "8x9x9", "conv2.macs": str(3 * 3 * 4 * 8 * 9 * 9)}
    assert [each.verdict for each in answered(text, followed).values()][1:] == ["carried_forward"] * 2


def test_what_a_transposed_convolution_multiplies_hangs_on_what_flows_in() -> None:
    text = "network: 8x6x6 | deconv 4 2 /2\nquestions: [deconv1.output, deconv1.macs]\n"
    found = answered(text, {"deconv1.output": "4x11x11", "deconv1.macs": str(8 * 2 * 2 * 4 * 11 * 11)})
    assert found["deconv1.macs"].verdict != "carried_forward"


@pytest.mark.parametrize(("accept", "answer"), [("bias: not", OWN * 10), ("units: values", OWN)])
def test_figures_are_carried_on_by_their_conventions(accept: str, answer: int) -> None:
    asked = "layer: fc1, ask: params" if "bias" in accept else "layer: maxpool1, ask: memory"
    text = (
        "network: 3x16x16 | conv 8 5 | maxpool 2 | fc 10\n"
        f"questions: [conv1.output, {{id: last, {asked}, accept: {{{accept}}}}}]\n"
    )
    assert answered(text, {"conv1.output": "8x11x11", "last": str(answer)})["last"].verdict == "carried_forward"


def test_right_answers_stay_right_whatever_came_before() -> None:
    found = answered(ALEXNET, {**alexnet_with_a_slip(), "pool5.output": "256x6x6"})
    assert found["pool5.output"].verdict == "correct"


def test_a_mistake_on_top_of_an_earlier_one() -> None:
    text = "network: 3x32x32 | conv 8 3 | conv 8 5 p2 /2\nquestions: [conv1.output, conv2.output]\n"
    found = answered(text, {"conv1.output": "8x29x29", "conv2.output": "8x13x13"})["conv2.output"]
    assert (found.verdict, names(found)[0]) == ("diagnosed", "padding-forgotten")


def test_axes_that_are_asked_one_by_one_are_carried_on() -> None:
    text = "network: 3x32x32 | conv 8 3 | maxpool 2\nquestions: [conv1.height, conv1.width, maxpool1.output]\n"
    found = answered(text, {"conv1.height": "32", "conv1.width": "32", "maxpool1.output": "8x16x16"})
    assert found["maxpool1.output"].verdict == "carried_forward"


def test_several_answers_tell_mistakes_apart() -> None:
    """31 after a 3x3 window on 32: three mistakes give it; the second answer leaves one of them."""
    text = "network: 3x32x32 | conv 8 3 /2 | conv 8 5 /3 | conv 4 3 p1 /2\nquestions: [conv1.height, conv2.height, conv3.height]\n"
    sheet = Grader(assignment(text)).sheet()
    plus_one = {
        item.question.id: each.value
        for item in sheet.items
        for each in item.mistakes
        if each.name == "plus-one-forgotten"
    }
    assert len(plus_one) == 3
    found = answered(text, {id: str(value) for id, value in plus_one.items()})
    first = found["conv1.height"]
    assert names(first)[0] == "plus-one-forgotten"
    assert not first.reason.startswith(("perhaps", "either"))


def test_one_mistake_all_the_way_is_found_on_the_own_shapes() -> None:
    """The + 1 forgotten in every layer, each time on the student's own sizes: 25 could be a padding on one side, too."""
    said = {
        "conv1.output": "54x54x96",
        "pool1.output": "25x25x96",
        "conv2.output": "24x24x256",
        "pool2.output": "10x10x256",
        "conv3.output": "9x9x384",
    }
    found = answered(ALEXNET, said)
    for id in said:
        assert (found[id].verdict, names(found[id])[0]) == ("diagnosed", "plus-one-forgotten"), found[id]
        assert not found[id].reason.startswith(("perhaps", "either"))


def test_credit() -> None:
    text = "network: alexnet\ncredit: {no-bias: 50%, unit_slip: 25%, carried_forward: 1}\nquestions: [conv1.params, conv2.params, conv3.params, {layer: conv4, ask: params, points: 4}]\n"
    found = answered(
        text,
        {"conv1.params": "34848", "conv2.params": "614.656", "conv3.params": "7", "conv4.params": str(384 * 384 * 9)},
    )
    assert [each.points for each in found.values()] == [Fraction(1, 2), Fraction(1, 4), 0, 2]


@pytest.mark.parametrize("name", ["plus-one-forgotten", "plus-one-inside"])
def test_of_mistakes_that_nothing_tells_apart_the_best_credit_counts(name: str) -> None:
    text = f"network: alexnet\ncredit: {{{name}: 50%}}\nquestions: [conv1.height]\n"
    (found,) = answered(text, {"conv1.height": "54"}).values()
    assert {"plus-one-forgotten", "plus-one-inside"} <= set(names(found)) and found.points == Fraction(1, 2)


def test_credit_for_what_is_wrong_is_not_for_what_is_not_answered() -> None:
    text = "network: alexnet\ncredit: {wrong: 10%}\nquestions: [conv1.params, conv2.params]\n"
    assert [each.points for each in answered(text, {"conv1.params": "7"}).values()] == [Fraction(1, 10), 0]


def test_what_is_not_answered_is_wrong_and_says_so() -> None:
    found = answered("network: alexnet\nquestions: [conv1.params, conv1.output]\n", {"conv1.params": "?"})
    assert [each.verdict for each in found.values()] == ["wrong", "wrong"]
    assert (found["conv1.params"].reason, found["conv1.params"].right) == ("not answered", "34,944")


# -- files ------------------------------------------------------------------------------------------------------------

SHORT = "network: alexnet\nquestions: [conv1.output, conv1.params]\n"
RIGHT = {"conv1.output": "55x55x96", "conv1.params": "34,944"}


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.yaml", "student: Ada\nanswers:\n  conv1.output: [55, 55, 96]\n  conv1.params: 34,944\n"),
        ("a.yaml", "student: Ada\nconv1.output: 55x55x96\nconv1.params: '34,944'\n"),
        ("a.yaml", "student: Ada\nanswers:\n  conv1: {output: 55x55x96, params: 34944}\n"),
        ("a.yaml", "student: Ada\nanswers:\n  conv1.output: {answer: 55x55x96}\n  conv1.params: {answer: 34944}\n"),
        ("a.yaml", "student: Ada\nanswers:\n  CONV1.output:\n    - 55\n    - 55\n    - 96\n  conv1.params: 34944\n"),
        ("a.json", '{"student": "Ada", "answers": {"conv1.output": [55, 55, 96], "conv1.params": 34944}}'),
        ("a.yaml", "submissions:\n  - student: Ada\n    answers: {conv1.output: 55x55x96, conv1.params: 34944}\n"),
        ("a.csv", 'student,question,answer\nAda,conv1.output,"(55, 55, 96)"\nAda,conv1.params,"34,944"\n'),
        ("a.csv", "Student;Question;Answer\nAda;conv1.output;55x55x96\nAda;conv1.params;34,944\n"),
        ("a.csv", "student,conv1.output,conv1.params\nAda,55x55x96,34944\n"),
        ("a.md", "# Homework\n\nStudent: Ada\n\n| question | what | answer |\n| --- | --- | ---: |\n| conv1.output | shape | 55x55x96 |\n| `conv1.params` | params | **34,944** |\n"),
        ("a.txt", "Name: Ada\n\n| id | answer |\n|---|---|\n| conv1.output | 55x55x96 |\n| conv1.params | 34 944 |\n"),
    ],
)  # fmt: skip
def test_submissions_in_every_format(name: str, text: str) -> None:
    sheet = assignment(SHORT)
    [found] = read_submissions(Source(name, text, "."), sheet)
    assert found.student == "Ada"
    graded = Grader(sheet).grade(found)
    assert (graded.score, found.problems) == (2, ())


def test_an_empty_cell_at_the_end_of_a_row_is_a_cell() -> None:
    text = "| question | answer | remark |\n|---|---|---|\n| conv1.params | 34944 ||\n"
    (found,) = read("ada.md", text + "| conv1.output || none |\n")
    assert {id: each.text for id, each in found.answers.items()} == {"conv1.params": "34944", "conv1.output": ""}


@pytest.mark.parametrize("option", ["--accept=rounding=sig:3", "--set=a=1", "--variant=a", "--input=3x9x9", "--net=a"])
def test_options_for_one_question_are_not_ignored_with_an_assignment(option: str) -> None:
    result = run("grade", str(EXAMPLES / "vgg16.yaml"), str(EXAMPLES / "vgg16_table.csv"), option)
    assert result.exit_code == 2 and f"{option[:5]}" in result.output and "are for one question" in result.output


def test_a_question_may_be_called_as_a_column_of_students_is() -> None:
    text = "network: alexnet\nquestions: [conv1.params, {id: name, layer: conv1, ask: output}]\n"
    table = "student,name,email,conv1.params\nada,55x55x96,ada@example.org,34944\n"
    (found,) = read_submissions(Source("class.csv", table), assignment(text))
    assert {id: each.text for id, each in found.answers.items()} == {"name": "55x55x96", "conv1.params": "34944"}
    assert found.problems == ()


def test_the_name_of_the_file_is_the_student() -> None:
    [found] = read_submissions(Source("class/grace.yaml", "conv1.output: 55x55x96\n", "."), assignment(SHORT))
    assert found.student == "grace"


@pytest.mark.parametrize(
    "name, text, code, words",
    [
        ("a.yaml", "answers: {conv1.outptu: 5, conv1.params: 1}\n", "A203", "did you mean 'conv1.output'?"),
        ("a.yaml", "answers: {other: 5}\n", "A201", "no question of the assignment"),
        ("a.csv", "student,question,answer\nAda,conv1.params,1\nAda,conv1.params,2\n", "A204", "twice"),
        ("a.yaml", "answers: 5\n", "A205", "answers must be a mapping"),
        ("a.yaml", "submissions: 5\n", "A205", "must be a list"),
        ("a.yaml", "submissions: [5]\n", "A205", "must be a mapping"),
        ("a.csv", "a,b\n1,2\n", "A205", "no columns"),
        ("a.yaml", "answers: {conv1.params: 1\n", "Y101", ""),
        ("a.yaml", "answers: {conv1.params: 1, conv1.params: 2}\n", "A204", "twice"),
        ("a.yaml", "answers: {conv1.params: 1}\nanswers: {conv1.params: 2}\n", "Y102", "stands twice"),
        ("a.md", "nothing here\n", "A201", "no question"),
    ],
)
def test_what_is_wrong_with_a_submission(name: str, text: str, code: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(SHORT, "utf-8")
    (tmp_path / name).write_text(text, "utf-8")
    [found] = api.grade(tmp_path / "hw.yaml", tmp_path / name).submissions
    assert code in [each.code for each in found.problems]
    assert any(words in " ".join((each.message, *each.help)) for each in found.problems)


WIDE = (
    "Timestamp,Name,Email Address,conv1.output,conv1.params\n1,Ada,a@b.c,55x55x96,34944\n2,Bob,b@b.c,55x55x96,34848\n"
)


def read(name: str, text: str) -> list[Submission]:
    return read_submissions(Source(name, text), assignment(SHORT))


def test_the_columns_of_a_form_are_told_once_and_name_the_student_as_in_a_roster() -> None:
    ada, bob = read("class.csv", WIDE)
    assert [each.student for each in (ada, bob)] == ["a@b.c", "b@b.c"]
    assert [each.student for each in (ada, bob)] == read_roster(Source("class.csv", WIDE))
    assert [each.message for each in ada.problems] == ["the column 'Timestamp' is no question"]
    assert bob.problems == ()
    assert bob.answers["conv1.params"].text == "34848"


def test_csv_as_a_spreadsheet_writes_it() -> None:
    (ada,) = read("class.csv", "sep=;\nstudent;question;answer\nada;conv1.params;34,944\n")
    mark = ada.answers["conv1.params"].mark
    assert (ada.student, ada.answers["conv1.params"].text) == ("ada", "34,944")
    assert mark is not None and mark.line == 3
    assert read_roster(Source("class.csv", "sep=;\nname;student\nAda;a1\nBob;b1\n")) == ["a1", "b1"]


def test_files_put_one_behind_the_other() -> None:
    head = "student,question,answer\n"
    found = read("class.csv", f"{head}ada,conv1.params,1\n{head}bob,conv1.params,2\n")
    assert [(each.student, each.problems) for each in found] == [("ada", ()), ("bob", ())]


def test_an_answer_given_twice_costs_no_other() -> None:
    (ada,) = read("ada.yaml", "student: ada\nanswers:\n  conv1.params: 1\n  conv1.params: 34944\n  conv1.output: 55\n")
    assert {id: each.text for id, each in ada.answers.items()} == {"conv1.params": "34944", "conv1.output": "55"}
    assert [each.code for each in ada.problems] == ["A204"]


@pytest.mark.parametrize(
    "text", ["- 1\n- 2\n", "hello\n", "", "a: &a 1\nb: *a\n", "a: 1\n---\nb: 2\n", "a: " + "[" * 99]
)
def test_files_of_homework_are_not_told_about_architectures(text: str, tmp_path: Path) -> None:
    (tmp_path / "homework.yaml").write_text(SHORT, "utf-8")
    (tmp_path / "ada.yaml").write_text(text, "utf-8")
    for arguments in (
        ["grade", str(tmp_path / "homework.yaml"), str(tmp_path / "ada.yaml")],
        ["worksheet", str(tmp_path / "ada.yaml")],
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "architecture" not in result.output and "layers:" not in result.output, result.output


def test_an_empty_roster_is_not_told_about_architectures(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("", "utf-8")
    arguments = ["--roster", str(tmp_path / "class.csv"), "--out", str(tmp_path / "sheets")]
    result = run("worksheet", str(EXAMPLES / "variants.yaml"), *arguments)
    assert result.exit_code == 2 and "a roster is CSV" in result.output and "architecture" not in result.output


def test_a_folder_without_submissions(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"x")
    result = run("grade", str(EXAMPLES / "vgg16.yaml"), str(tmp_path))
    assert result.exit_code == 2 and "there are no submissions in" in result.output


def test_a_class_goes_on_whatever_one_file_holds(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(SHORT, "utf-8")
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.yaml").write_text("student: Ada\nanswers: {conv1.output: 55x55x96, conv1.params: 34944}\n", "utf-8")
    (folder / "bob.csv").write_text("student,question,answer\nBob,conv1.params,34848\n", "utf-8")
    (folder / "broken.yaml").write_text("answers: [", "utf-8")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    (folder / "empty.yaml").write_text("", "utf-8")
    (folder / "twice.yaml").write_text("student: Ada\nanswers: {conv1.params: 1}\n", "utf-8")
    (folder / "notes.pdf").write_bytes(b"%PDF")
    found = api.grade(tmp_path / "hw.yaml", folder)
    assert {each.student for each in found.submissions} == {"Ada", "Bob", "broken", "binary", "empty"}
    broken = next(each for each in found.submissions if each.student == "broken")
    assert {each.verdict for each in broken.answers} == {"unreadable"}
    assert (broken.score, broken.max) == (0, 2)
    assert [each.code for each in found.errors] == ["A202"]
    result = run("grade", str(tmp_path / "hw.yaml"), str(folder))
    assert result.exit_code == 2
    assert "6 submissions" in result.stdout and "no-bias" in result.stdout


def test_the_report_of_a_class() -> None:
    sheet = assignment("network: alexnet\nquestions: [conv1.output, conv1.params, conv2.output]\n")
    grader = Grader(sheet)
    students = {
        "a": {"conv1.output": "55x55x96", "conv1.params": "34848", "conv2.output": "27x27x256"},
        "b": {"conv1.output": "55x55x96", "conv1.params": "34848", "conv2.output": "23x23x256"},
        "c": {"conv1.output": "54x54x96", "conv1.params": "34944", "conv2.output": "26x26x256"},
    }
    graded = tuple(
        grader.grade(Submission(name, {id: Answer(id, text) for id, text in answers.items()}, "x"))
        for name, answers in students.items()
    )
    found = summary(together(grader, graded))
    assert (found.submissions, found.mean, found.median) == (3, Fraction(49, 90), Fraction(19, 30))
    assert next((each.name, each.answers, each.students) for each in found.mistakes) == ("no-bias", 2, 2)
    conv1 = found.questions[0]
    assert (conv1.right, conv1.answered) == (2, 3)
    assert conv1.hides == ("rounded-up", "rounded-half-up", "not-rounded")


# -- the command ------------------------------------------------------------------------------------------------------


def test_json_contract() -> None:
    result = run("grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "34848", "--format", "json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["version"] == 1
    [submission] = document["submissions"]
    assert {"student", "score", "max", "answers"} <= set(submission)
    [answer] = submission["answers"]
    assert answer == {
        "question": "conv1.params", "answer": "34848", "read_as": "34,848", "verdict": "diagnosed", "right": "34,944",
        "formula": "(11*11*3)*96 + 96 = 34,944", "points": 0, "max": 1,
        "mistakes": [{"name": "no-bias", "message": "the 96 biases are missing", "formula": "11*11*3*96 = 34,848", "value": 34848}],
        "reason": "34,848 = 11*11*3*96: the 96 biases are missing",
    }  # fmt: skip


def test_levels_of_feedback() -> None:
    ask = ("grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "34848", "--feedback")
    assert "the 96 biases are missing" in run(*ask, "full").stdout
    hint = run(*ask, "hint").stdout
    assert "Every filter has one bias." in hint and "34,944" not in hint and "96" not in hint
    verdict = run(*ask, "verdict").stdout
    assert "diagnosed" in verdict and "bias" not in verdict
    nothing = run(*ask, "none").stdout
    assert "diagnosed" not in nothing and "0/1" in nothing
    for level in ("none", "verdict", "hint"):
        [answer] = json.loads(run(*ask, level, "--format", "json").stdout)["submissions"][0]["answers"]
        assert answer["right"] is None and answer["formula"] is None and answer["mistakes"] == []


def test_mistakes_that_explain_several_answers_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(ALEXNET, "utf-8")
    said = "\n".join(f"  conv{n}.params: {value}" for n, value in ((1, 34848), (2, 614400), (3, 884736)))
    (tmp_path / "ada.yaml").write_text(f"student: Ada\nanswers:\n{said}\n", "utf-8")
    shown = run("grade", str(tmp_path / "hw.yaml"), str(tmp_path / "ada.yaml")).stdout
    assert (
        "Again and again\n  no-bias in 3 answers: conv1.params, conv2.params, conv3.params\n      Every filter has one bias.\n"
        in shown
    )
    hinted = run("grade", str(tmp_path / "hw.yaml"), str(tmp_path / "ada.yaml"), "--feedback", "hint").stdout
    assert "no-bias" not in hinted and "  conv1.params, conv2.params, conv3.params\n" in hinted
    assert (
        "Again"
        not in run("grade", str(tmp_path / "hw.yaml"), str(tmp_path / "ada.yaml"), "--feedback", "verdict").stdout
    )


def test_an_answer_that_was_not_read_does_not_show_the_right_one() -> None:
    for format in ("table", "json", "gradescope", "junit", "markdown"):
        shown = run(
            "grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "35k", "--format", format
        ).stdout
        assert "34,944" not in shown and "34944" not in shown, shown


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["grade"], 2, "Missing argument"),
        (["grade", "x.yaml"], 2, "Missing argument"),
        (["grade", "--network", "alexnet", "--ask", "conv1.params"], 2, "one question takes"),
        (["grade", "x.yaml", "y.yaml", "--set", "width=2"], 2, "are for one question"),
        (["grade", "x.yaml", "y.yaml", "--accept", "rounding=sig:3"], 2, "are for one question"),
        (["grade", "--network", "alexnet", "--ask", "conv9.params", "--answer", "1"], 2, "did you mean"),
        (["grade", "--network", "alexnet", "--ask", "conv1.parms", "--answer", "1"], 2, "did you mean 'params'?"),
        (["grade", "--network", "alexnet", "--ask", "fc8.height", "--answer", "1"], 2, "has no height"),
        (["grade", "--network", "alexnt", "--ask", "conv1.params", "--answer", "1"], 2, "did you mean 'alexnet'?"),
        (["grade", "--network", "dcgan", "--ask", "g1.output", "--answer", "1"], 2, "several nets"),
        (["grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "1", "--accept", "rounding"], 2, "KEY=VALUE"),
        (["grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "1", "--accept", "rounding=3"], 2, "sig:N"),
        (["grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "1", "--format", "xml"], 2, "choose from table"),
        (["grade", "missing.yaml", "x.yaml"], 2, "no such file"),
    ],
)  # fmt: skip
def test_usage(arguments: list[str], code: int, words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, words in result.output) == (code, True), result.output


def test_min_score_and_stdin(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(SHORT, "utf-8")
    half = "student: Ada\nanswers: {conv1.output: 55x55x96, conv1.params: 34848}\n"
    assert run("grade", str(tmp_path / "hw.yaml"), "-", stdin=half).exit_code == 0
    assert run("grade", str(tmp_path / "hw.yaml"), "-", "--min-score", "50", stdin=half).exit_code == 0
    assert run("grade", str(tmp_path / "hw.yaml"), "-", "--min-score", "51", stdin=half).exit_code == 1
    assert run("grade", str(tmp_path / "hw.yaml"), "-", stdin="").exit_code == 2


def test_one_student_of_a_class(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(SHORT, "utf-8")
    (tmp_path / "class.csv").write_text(
        "student,question,answer\nAda,conv1.params,34944\nBob,conv1.params,34848\n", "utf-8"
    )
    result = run("grade", str(tmp_path / "hw.yaml"), str(tmp_path / "class.csv"), "--student", "Bob")
    assert "Bob: 0 of 2 points" in result.stdout and "Ada" not in result.stdout
    wrong = run("grade", str(tmp_path / "hw.yaml"), str(tmp_path / "class.csv"), "--student", "Bobb")
    assert wrong.exit_code == 2 and "did you mean 'Bob'?" in wrong.output


# -- properties -------------------------------------------------------------------------------------------------------


@st.composite
def sheets(draw: st.DrawFn) -> Assignment:
    """An assignment about a chain of layers that fit, with questions about each."""
    size = draw(st.integers(24, 64))
    layers, asks = [], []
    for number in range(1, draw(st.integers(2, 4)) + 1):
        if draw(st.booleans()):
            kernel = draw(st.integers(2, min(5, size)))
            pad, stride = draw(st.integers(0, 2)), draw(st.integers(1, 3))
            bias = draw(st.sampled_from(["", " nobias"]))
            layers.append(f"conv {draw(st.integers(3, 24))} {kernel} p{pad} /{stride}{bias} as l{number}")
            size = (size - kernel + 2 * pad) // stride + 1
        else:
            kernel = draw(st.integers(2, 3))
            layers.append(f"maxpool {kernel} as l{number}")
            size = (size - kernel) // kernel + 1
        asks += [
            f"l{number}.output",
            f"l{number}.height",
            f"l{number}.channels",
            f"l{number}.params",
            f"l{number}.macs",
            f"l{number}.memory",
        ]
        if size < 6:
            break
    layers.append(f"fc {draw(st.integers(2, 50))} as dense")
    asks += ["dense.params", "dense.features", "total.params", "total.macs"]
    text = f"network: {draw(st.integers(1, 4))}x48x64 | {' | '.join(layers)}\nquestions: [{', '.join(asks)}]\n"
    try:
        return assignment(text)
    except SpecError:
        return assignment(
            "network: 3x32x32 | conv 8 3 | fc 10\nquestions: [conv1.output, conv1.params, fc1.params, total.params]\n"
        )


def notations(value: object) -> list[str]:
    """A right answer in every notation."""
    if isinstance(value, tuple):
        hwc = (*value[1:], value[0])
        return [
            "x".join(map(str, value)),
            "x".join(map(str, hwc)),
            str(value),
            str(list(hwc)),
            f"(None, {', '.join(map(str, value))})",
            " × ".join(map(str, hwc)),
        ]
    assert isinstance(value, int)
    grouped = f"{value:,}"
    return [
        str(value),
        grouped,
        grouped.replace(",", " "),
        grouped.replace(",", "'"),
        grouped.replace(",", "_"),
        f"{value - 1} + 1",
        f"2*{value}/2",
        f"= {value}",
    ]


def graded_with(grader: Grader, answers: dict[str, str]) -> GradedSubmission:
    return grader.grade(Submission("s", {id: Answer(id, text) for id, text in answers.items()}, "x"))


@given(sheets(), st.data())
@settings(max_examples=60, deadline=None)
def test_right_answers_score_full_marks_in_every_notation(sheet: Assignment, data: st.DataObject) -> None:
    grader = Grader(sheet)
    answers = {
        item.question.id: data.draw(st.sampled_from(notations(item.truth.value))) for item in grader.sheet().items
    }
    found = graded_with(grader, answers)
    assert [(each.answer, each.reason) for each in found.answers if each.verdict != "correct"] == []
    assert found.score == found.max


@given(sheets(), st.data())
@settings(max_examples=80, deadline=None)
def test_a_mistake_is_among_the_diagnoses(sheet: Assignment, data: st.DataObject) -> None:
    """One answer wrong by one mistake, all others right; and the same mistake in every answer where it shows."""
    grader = Grader(sheet)
    items = grader.sheet().items
    right = {item.question.id: written(item.truth.value) for item in items if item.truth.value is not None}
    item = data.draw(st.sampled_from([item for item in items if item.mistakes]))
    mistake = data.draw(st.sampled_from(item.mistakes))
    lone = graded_with(grader, {**right, item.question.id: said(mistake.value)})
    answer = next(each for each in lone.answers if each.question.id == item.question.id)
    assert answer.verdict in ("diagnosed", "carried_forward"), (mistake, answer)
    assert mistake.name in names(answer)
    if len({each.name for each in item.mistakes if each.value == mistake.value}) == 1:
        assert names(answer)[0] == mistake.name
    makes = {
        each.question.id: one.value for each in items for one in reversed(each.mistakes) if one.name == mistake.name
    }
    everywhere = graded_with(grader, {**right, **{id: said(value) for id, value in makes.items()}})
    wrong = [each for each in everywhere.answers if each.question.id in makes]
    # two poolings in a row: what the second one makes of the wrong shape may be what the mistake makes of the right one
    told = [each for each in wrong if each.verdict != "carried_forward"]
    assert told and all(mistake.name in names(each) for each in told), (mistake, wrong)
    explains = [set(names(each)) for each in wrong]
    if set.intersection(*explains) == {mistake.name} and all(each.verdict == "diagnosed" for each in wrong):
        assert all(names(each)[0] == mistake.name for each in wrong)


def said(value: object) -> str:
    """A value as an exact answer."""
    if isinstance(value, tuple):
        return "x".join(map(said, value))
    return str(value) if isinstance(value, int) else f"{float(value):.9g}"  # type: ignore[arg-type]


# -- what it costs ----------------------------------------------------------------------------------------------------


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a command of its own process has imported."""
    code = f"import sys; sys.argv[1:] = {list(arguments)!r}\nfrom cnncalc.cli._group import group\ntry:\n    group.main()\nexcept SystemExit:\n    pass\nprint('MODULES', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=EXAMPLES.parent.parent.parent
    )
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_summarize_pays_nothing_for_mistakes() -> None:
    assert not {each for each in loaded_by("summarize", "alexnet") if "mistakes" in each or "grading" in each}
    assert {"cnncalc.layers.mistakes.conv"} <= loaded_by(
        "grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "1"
    )


def test_grade_imports_no_framework() -> None:
    assert not {"torch", "rich", "numpy"} & loaded_by(
        "grade", "--network", "alexnet", "--ask", "conv1.params", "--answer", "1"
    )


EVERYTHING = (
    "network: 3x33x41 | conv 8 3 /2 p1 as a | bn as b | maxpool 3 /2 ceil as c | dwconv 3 p1 as d | gap as e | fc 10 as f\n"
    "questions:\n"
    "  - a.output\n  - {id: strict, layer: a, ask: output, accept: {tiling: strict, order: hwc}}\n  - a.height\n  - a.channels\n"
    "  - {id: rounded, layer: a, ask: params, accept: {rounding: 'sig:2'}}\n  - a.weights\n  - a.biases\n  - a.macs\n  - a.flops\n  - a.memory\n"
    "  - {id: values, layer: a, ask: memory, accept: {units: values}}\n  - a.receptive_field\n  - a.pad\n  - {id: kept, layer: b, ask: params, accept: {bn: total}}\n"
    "  - c.output\n  - {id: strictly, layer: c, ask: height, accept: {tiling: strict}}\n  - d.output\n  - d.params\n  - {id: flat, layer: e, ask: output, accept: {flattened: true}}\n"
    "  - f.params\n  - f.features\n  - total.params\n  - total.macs\n  - total.memory\n  - total.layers\n  - total.receptive_field\n"
)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_answers_crash_the_grader(data: st.DataObject) -> None:
    """Whatever is answered to whatever: a verdict, points within bounds, a reason, and every level of feedback."""
    grader = everything()
    said = st.one_of(
        st.text(max_size=30),
        st.integers(-5, 10**12).map(str),
        st.lists(st.integers(-1, 70), min_size=1, max_size=5).map(lambda axes: "x".join(map(str, axes))),
        st.floats(allow_nan=True, allow_infinity=True).map(str),
        st.sampled_from(
            ["invalid", "?", "34.9K", "1 MB", "0", "8x17x21", "17x21x8", "8x8x10", "1e9", "0.0", "14.5x14.5x8", "7/2"]
        ),
    )
    answers = {item.question.id: data.draw(said) for item in grader.sheet().items}
    found = graded_with(grader, answers)
    assert 0 <= found.score <= found.max
    for each in found.answers:
        assert each.verdict in VERDICTS
        assert 0 <= each.points <= each.max
        assert each.reason
        assert (each.verdict == "diagnosed") <= bool(each.mistakes)
    for format_ in ("table", "json"):
        for feedback in ("none", "verdict", "hint", "full"):
            assert render_grades(together(grader, [found]), format_, feedback)


@cache
def everything() -> Grader:
    return Grader(assignment(EVERYTHING))


NORMED = "network: {input: 3x64x64, layers: {a: conv 16 5 p2 | bn | relu, b: conv 8 3 nobias | bn}}\n"


@pytest.mark.parametrize(
    ("ask", "answer", "names_", "line"),
    [
        ("a.params", 1216 + 64, "running-statistics-counted", "1,280: the running means and variances are counted"),
        ("a.params", 1200 + 32, "no-bias", "in a.conv: the 16 biases are missing"),
        ("a.params", 1216 + 16, "one-per-channel", "in a.bn: one per channel"),
        ("a.params", 1216, "row-missing", "the sum leaves out a.bn"),
        ("total.params", 1216 + 64 + 1152 + 32, "running-statistics-counted", "they are not learned"),
    ],
)
def test_mistakes_with_one_of_the_layers_of_a_line(ask: str, answer: int, names_: str, line: str) -> None:
    """5*5*3*16 + 16 = 1,216 and 2*16 = 32; 3*3*16*8 = 1,152 and 2*8 = 16."""
    found = answered(f"{NORMED}questions: [{ask}]\n", {ask: str(answer)})[ask]
    assert found.verdict == "diagnosed" and names_ in names(found) and line in found.reason


def test_the_likeliest_mistake_with_a_norm_is_named_first() -> None:
    """Its statistics are as many as what it learns: counted twice is what else it may be."""
    found = answered(f"{NORMED}questions: [a.params]\n", {"a.params": "1280"})["a.params"]
    assert names(found)[0] == "running-statistics-counted" and "counts a.bn twice" in found.reason
    text = f"{NORMED}accept: {{bn: total}}\nquestions: [a.params]\n"
    assert names(answered(text, {"a.params": "1248"})["a.params"])[0] == "running-statistics-not-counted"


def test_a_sum_of_two_rows_has_one_name_for_the_missing_one() -> None:
    found = answered(f"{NORMED}questions: [a.params]\n", {"a.params": "1216"})["a.params"]
    assert "sum-repeats-row" in names(found) and "repeats" not in found.reason
