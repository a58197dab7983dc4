"""The catalogue of mistakes: every value that is stated for a layer, and every rule on a layer where it shows."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from fractions import Fraction

import pytest

from cnncalc import api
from cnncalc.grading.assignment import read_assignment
from cnncalc.grading.catalogue import known_mistakes
from cnncalc.grading.mistakes import mistakes
from cnncalc.grading.records import Accept, Question
from cnncalc.grading.sheet import sheet_of
from cnncalc.grading.slips import BYTES_SLIPS, COUNT_SLIPS
from cnncalc.layers import TABLE, kind_of
from cnncalc.layers.conv import Conv
from cnncalc.layers.mistakes import AXES, CHANNELS, SIZE, Mistake, Place, Rule, Value, every, found
from cnncalc.source import Source
from tests.generate_docs import EXAMPLE_ANSWERS


def wrong(network: str, subject: str, **accept: object) -> dict[str, Value]:
    """The visible mistakes of a question by name; of several with one name the first."""
    return {each.name: each.value for each in reversed(all_wrong(network, subject, **accept))}


def all_wrong(network: str, subject: str, **accept: object) -> tuple[Mistake, ...]:
    layer, _, ask = subject.rpartition(".")
    question = Question("q", None if layer == "total" else layer, ask, accept=Accept(**accept))  # type: ignore[arg-type]
    return mistakes(question, api.analyse(api.load(network), strict=False)).visible


CONV1 = "3x227x227 | conv 96 11x11 /4"
ALEXNET_CONV1_PARAMS = {
    "no-bias": 34_848,
    "input-channels-forgotten": 11_712,
    "input-channels-and-biases-forgotten": 11_616,
    "one-bias": 34_849,
    "input-channels-forgotten-one-bias": 11_617,
    "bias-per-input-channel": 34_851,
    "bias-per-kernel-slice": 35_136,
    "bias-per-weight": 69_696,
    "one-filter-only": 364,
    "one-filter-without-bias": 363,
    "kernel-not-squared": 3_264,
    "kernel-not-squared-no-bias": 3_168,
    "channels-added": 11_979,
    "weights-not-shared": 105_705_600,
    "macs-given": 105_415_200,
    "activations-given": 290_400,
    "bias-per-output": 325_248,
    "input-size-as-kernel": 14_840_448,
    "batch-norm-added": 35_136,
    "batch-norm-and-statistics-added": 35_328,
}
ALEXNET_CONV1_SIZE = {
    "plus-one-forgotten": 54,
    "plus-one-inside": 54,
    "stride-forgotten": 217,
    "kernel-forgotten": 57,
    "kernel-and-stride-swapped": 21,
    "same-padding-assumed": 57,
    "divided-by-stride": 56,
    "size-unchanged": 227,
}
ALEXNET_CONV2_GROUPED = {
    "groups-ignored": 614_656,
    "groups-and-biases-ignored": 614_400,
    "groups-divided-twice": 153_856,
    "one-group-only": 153_728,
    "bias-divided-by-groups": 307_328,
    "multiplied-by-groups": 1_229_056,
}
ALEXNET_FC6 = {
    "no-bias": 37_748_736,
    "one-bias": 37_748_737,
    "bias-per-input": 37_757_952,
    "inputs-and-outputs-added": 13_312,
    "channels-forgotten": 151_552,
    "one-side-forgotten": 6_295_552,
    "channels-only": 1_052_672,
    "flattened-before-pooling": 177_213_440,
}


@pytest.mark.parametrize(
    "network, subject, stated",
    [
        (CONV1, "conv1.params", ALEXNET_CONV1_PARAMS),
        (CONV1, "conv1.height", ALEXNET_CONV1_SIZE),
        ("3x224x224 | conv 96 11x11 /4", "conv1.height", {"not-rounded": Fraction(217, 4)}),
        ("96x27x27 | conv 256 5x5 p2 g2", "conv1.params", ALEXNET_CONV2_GROUPED),
        ("256x13x13 | maxpool 3 /2 | fc 4096", "fc1.params", ALEXNET_FC6),
        ("alexnet", "fc6.params", ALEXNET_FC6),
        (
            "64x10x10 | bn", "bn1.params",
            {"running-statistics-counted": 256, "one-per-channel": 64, "per-position": 12_800, "nothing-learned": 0, "one-pair": 2},
        ),
        (
            "64x10x10 | maxpool 3", "maxpool1.params",
            {"kernel-counted": 9, "kernel-per-channel": 576, "kernel-per-channel-and-bias": 640, "counted-as-convolution": 36_928, "one-per-channel": 64},
        ),
    ],
)  # fmt: skip
def test_the_values_of_the_catalogue(network: str, subject: str, stated: dict[str, Value]) -> None:
    found = wrong(network, subject)
    assert {name: found.get(name) for name in stated} == stated


@pytest.mark.parametrize(
    "network, subject, stated",
    [
        # a quiz about convolutional networks that circulates on the web, with the answers it offers
        ("3x300x300 | conv 100 5", "conv1.params", {"no-bias": 7500, "input-channels-forgotten": 2600, "input-channels-forgotten-one-bias": 2501}),
        ("3x300x300 | fc 100", "fc1.params", {"one-bias": 27_000_001, "channels-forgotten": 9_000_100, "channels-forgotten-one-bias": 9_000_001}),
        ("3x256x256 | conv 128 7", "conv1.params", {"no-bias": 18_816, "input-channels-forgotten": 6400, "weights-per-input-position": 1_233_125_504}),
        ("16x121x121 | conv 32 4 /3", "conv1.output", {"stride-forgotten": (32, 118, 118), "channels-kept": (16, 40, 40)}),
        ("32x31x31 | pad 1", "pad1.output", {"padding-once": (32, 32, 32), "channels-padded": (33, 33, 33)}),
        ("32x31x31 | pad 1", "pad1.channels", {"channels-padded-twice": 34}),
        ("12x128x128 | maxpool 4", "maxpool1.output", {"channels-divided-by-stride": (3, 32, 32)}),
        ("12x128x128 | maxpool 4", "maxpool1.height", {"size-unchanged": 128}),
        ("12x32x32 | maxpool 2", "maxpool1.height", {"plus-one-forgotten": 15}),
        ("3x128x128 | conv 64 5 p2 nobias", "conv1.params", {"input-channels-forgotten": 1600, "macs-given": 78_643_200}),
    ],
)  # fmt: skip
def test_distractors_of_real_quizzes(network: str, subject: str, stated: dict[str, Value]) -> None:
    found = wrong(network, subject)
    assert {name: found.get(name) for name in stated} == stated


@pytest.mark.parametrize(
    "network, subject, stated",
    [
        ("32x56x56 | dwconv 3 p1", "dwconv1.params", {"standard-convolution": 9 * 32 * 32 + 32}),
        ("32x56x56 | conv 16 3 p2 /3", "conv1.height",
         {"padding-forgotten": 18, "padding-once": 19, "padding-subtracted": 17, "padding-added-after": 22, "stride-and-padding-swapped": 30,
          "padding-only": 60}),
        ("32x57x57 | conv 16 3 p2 /3", "conv1.height", {"rounded-up": 21, "not-rounded": Fraction(61, 3)}),
        ("3x40x40 | conv 8 3 d2", "conv1.height", {"dilation-forgotten": 38, "dilation-times-kernel": 35}),
        ("3x40x40 | maxpool 3 /2 ceil", "maxpool1.height", {"rounded-down": 19}),
        ("3x55x55 | conv 96 5 /4 p2 | conv 8 3 /8", "conv2.height", {"stride-of-another-layer": 3}),
        ("8x14x14 | deconv 4 4 /2 p1", "deconv1.height",
         {"forward-formula": 7, "padding-not-removed": 30, "padding-once": 29, "minus-one-forgotten": 30, "size-unchanged": 14}),
        ("8x14x14 | deconv 4 3 /2 p1 outpad=1", "deconv1.height", {"outpad-forgotten": 27}),
        ("8x14x14 | deconv 4 3 /2", "deconv1.height", {"times-stride": 28}),
        ("3x10x10 | local 4 3", "local1.params",
         {"weights-shared": 112, "no-bias": 6912, "bias-per-filter": 6916, "input-channels-forgotten": 2560, "activations-given": 256}),
        ("3x10x10 | conv 4 3 nobias", "conv1.params", {"bias-that-is-not-there": 112}),
        ("3x10x10 | conv 4 3", "conv1.weights", {"biases-counted": 112}),
        ("3x10x10 | conv 4 3", "conv1.biases", {"one-bias": 1, "bias-per-input-channel": 3, "bias-per-output": 256}),
        ("3x10x10 | conv 4 3", "conv1.macs",
         {"positions-forgotten": 108, "input-positions": 10_800, "input-channels-forgotten": 2304, "flops-given": 13_824,
          "bias-additions-counted": 7168}),
        ("3x10x10 | conv 4 3", "conv1.flops", {"macs-given": 6912, "bias-additions-counted": 14_080}),
        ("3x10x10 | conv 4 3", "conv1.memory",
         {"input-counted": 1200, "channels-not-counted": 256, "parameters-counted": 448, "forward-and-backward": 2048}),
        ("784 | fc 10", "fc1.params", {"no-bias": 7840, "one-bias": 7841}),
        ("4x6x6 | flatten", "flatten1.features", {"channels-forgotten": 36, "one-side-forgotten": 24, "channels-only": 4}),
        ("4x6x6 | concat(conv 8 3 p1, conv 16 3 p1)", "concat1.channels", {"first-input-only": 8, "last-input-only": 16}),
        ("4x6x6 | add(id, conv 4 3 p1)", "add1.channels", {"concatenated-instead": 8}),
        ("4x6x6 | gap", "gap1.height", {"size-unchanged": 6}),
        ("4x6x6 | upsample 2", "upsample1.height", {"size-unchanged": 6}),
        ("3x64x64 | conv 8 3 /2 | conv 8 3", "conv2.receptive_field",
         {"own-kernel-only": 3, "strides-forgotten": 5, "minus-one-forgotten": 9, "kernels-added": 6, "kernels-multiplied": 9, "layer-before": 3}),
        ("3x64x64 | conv 8 3 /2 | conv 8 3 /2", "conv2.receptive_field", {"own-stride-counted": 11}),
    ],
)  # fmt: skip
def test_other_rules_where_they_show(network: str, subject: str, stated: dict[str, Value]) -> None:
    found = wrong(network, subject)
    assert {name: found.get(name) for name in stated} == stated


def test_mistakes_with_sums() -> None:
    found = all_wrong("lecture_exercise", "total.params")
    by_message = {each.message: each.value for each in found}
    assert by_message["the sum repeats fc4's count"] == 1_229_824
    assert by_message["the sum leaves out conv2"] == 2_561_784 - 230_496
    assert by_message["the sum counts conv3 twice"] == 2_561_784 + 41_520
    assert by_message["the convolutions only"] == 34_944 + 230_496 + 41_520
    assert by_message["the biases are missing in every row"] == 2_561_784 - 96 - 96 - 48 - 1024 - 1000


def test_depthwise_separable_convolutions() -> None:
    """Right: 3*3*32 + 32 + 32*64 + 64."""
    found = wrong("32x56x56 | dwconv 3 p1 | conv 64 1", "total.params")
    assert found["standard-convolution"] == 3 * 3 * 32 * 64 + 64
    assert found["multiplied-not-added"] == 3 * 3 * 32 * 32 * 64
    parts = {
        each.value
        for each in all_wrong("32x56x56 | dwconv 3 p1 | conv 64 1", "total.params")
        if each.name == "sum-repeats-row"
    }
    assert parts == {3 * 3 * 32 + 32, 32 * 64 + 64}


# -- all rules --------------------------------------------------------------------------------------------------------

PLACES = (
    CONV1, "96x27x27 | conv 256 5x5 p2 g4", "32x56x55 | conv 16 3x5 p2 /3", "8x40x40 | conv 6 3 d2 p1", "3x10x10 | conv 4 3 nobias",
    "12x21x20 | dwconv 3 p1 mult=2", "8x14x14 | deconv 4 3 /2 p1 outpad=1 d2", "3x10x9 | local 4 3", "3x41x41 | maxpool 3 /2 ceil", "3x42x42 | maxpool 3 /2 ceil",
    "3x41x41 | avgpool 3 /2 p1", "4x9x9 | gap", "4x9x9 | adaptive 3", "alexnet", "784 | fc 10", "784 | fc 10 nobias", "4x6x5 | maxpool 2 | flatten",
    "64x10x10 | bn", "64x10x10 | gn 4", "64x10x10 | lrn", "64x10x10 | relu", "32x31x30 | pad 1", "4x6x6 | upsample 2", "4x6x6 | crop 4",
    "4x6x6 | concat(conv 8 3 p1, conv 16 3 p1)", "4x6x6 | add(id, conv 4 3 p1)", "4x6x6x6 | conv 5 2", "4x30 | conv 5 3 /2", "5x55x55 | conv 96 5 /4 p2 | conv 8 3 /8",
)  # fmt: skip
ASKS = ("output", *AXES, "channels", "params", "weights", "biases", "macs", "flops", "memory")


def all_rules() -> dict[tuple[str, tuple[str, ...], str], Rule]:
    """Every rule of every kind, by name, asks and formula."""
    found = {}
    for word in TABLE:
        kind = kind_of(word).layer
        for _, rules in kind.mistakes():
            for rule in rules:
                found[rule.name, rule.asks, rule.wrong.text({})] = rule
    return found


def everywhere() -> Iterator[tuple[str, str, Mistake]]:
    """The mistakes of all rows of some networks, whether they show or not."""
    from cnncalc.grading.subject import place

    for network in PLACES:
        for row in api.analyse(api.load(network), strict=False).rows:
            for ask in ASKS:
                if ask in AXES and len(row.output) <= -AXES[ask] % 4:
                    continue
                yield from ((f"{network}: {row.name}", ask, each) for each in every(place(row), ask))


def test_every_rule_shows_somewhere() -> None:
    from cnncalc.grading.subject import place

    seen = set()
    for network in PLACES:
        for row in api.analyse(api.load(network), strict=False).rows:
            right = {
                "output": row.output, "channels": row.output[0], "params": row.params, "macs": row.macs, "flops": row.flops,
                "memory": row.activation_bytes, "weights": sum(each.count for each in row.parameters if each.name == "weight"),
                "biases": sum(each.count for each in row.parameters if each.name == "bias"),
            }  # fmt: skip
            for ask, value in right.items():
                kinds = {ask, SIZE, CHANNELS} if ask == "output" else {ask, CHANNELS} if ask == "channels" else {ask}
                names = {each.name for each in found(place(row), ask, value).visible}
                if row.kind == "bn" and ask == "params":  # the other convention, in which the statistics count
                    names |= {each.name for each in found(place(row), ask, 2 * value).visible}
                assert row.node.layer is not None
                for _, rules in row.node.layer.mistakes():
                    seen |= {
                        (rule.name, rule.asks, rule.wrong.text({}))
                        for rule in rules
                        if rule.name in names and kinds & set(rule.asks)
                    }
    assert set(all_rules()) - seen == set()


def test_a_mistake_with_one_axis_only() -> None:
    """By hand: with stride 1 along the height and 2 along the width, and padding 0 and 2, of 64 and 64 come out
    64 - 3 + 1 = 62 and floor((64 - 3 + 4)/2) + 1 = 33; without the stride 66, without the padding 31."""
    from cnncalc.grading.subject import place

    row = api.analyse(api.load("3x64x64 | conv 8 3 /1x2 p0x2"), strict=False).rows[0]
    assert row.output == (8, 62, 33)
    for ask, right, wrong in (("width", 33, {"stride-forgotten": 66, "padding-forgotten": 31}), ("height", 62, {})):
        seen = {each.name: each.value for each in found(place(row), ask, right).visible}
        assert {name: seen[name] for name in ("stride-forgotten", "padding-forgotten") if name in seen} == wrong
    whole = found(place(row), "output", row.output).visible
    assert {each.name: each.value for each in whole if each.name in ("stride-forgotten", "padding-forgotten")} == {
        "stride-forgotten": (8, 62, 66), "padding-forgotten": (8, 62, 31),
    }  # fmt: skip
    for each in whole:
        assert [each] == [one for one in found(place(row), "output", row.output, each.value).visible if one == each]
    (said,) = (each for each in found(place(row), "width", 33).visible if each.name == "same-padding-assumed")
    assert said.message.endswith("the padding is 2")


def test_the_worked_line_gives_the_value() -> None:
    """The formula of a mistake, worked out by Python, is the value: they come from one expression."""
    count = 0
    for where, ask, mistake in everywhere():
        for line in mistake.formula.split(", "):
            if re.search(r"\d,\d", line) and " = " not in line:
                continue
            worked, _, shown = line.partition(" = ")
            if not re.fullmatch(r"[\d+\-*/() ]+", worked):
                continue
            exact, _, rounded = shown.replace(",", "").partition(" -> ")
            if shown:
                assert float(eval(worked)) == pytest.approx(float(exact), abs=1e-4), (where, ask, mistake)
                value = mistake.value if isinstance(mistake.value, tuple) else (mistake.value,)
                assert float(rounded or exact) in [pytest.approx(float(each), abs=1e-4) for each in value], (
                    where,
                    mistake,
                )
                count += 1
    assert count > 500


def test_names_are_words_and_texts_say_something() -> None:
    for (name, _, _), rule in all_rules().items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name), name
        assert rule.message and rule.hint.endswith((".", "?")), name
        assert not re.search(r"\d", rule.hint.replace("1", "", rule.hint.count("- 1"))), (
            name,
            "a hint gives no number",
        )


def test_no_mistake_is_right() -> None:
    """What would give the right value is told apart, never listed."""
    text = "network: alexnet\nquestions: [conv1.output, conv2.output, conv2.params, pool1.output, fc6.params, total.params, conv1.macs]\n"
    for item in sheet_of(read_assignment(Source("x.yaml", text))).items:
        assert item.truth.value not in [each.value for each in item.mistakes]
    conv1 = sheet_of(read_assignment(Source("x.yaml", text))).items[0]
    assert set(conv1.invisible) == {"rounded-up", "rounded-half-up", "not-rounded"}


def test_a_count_is_evidence_and_a_size_is_not() -> None:
    """How often a wrong number that nobody computed follows from some rule, for convolutions drawn at random."""
    chance = random.Random(3)
    hits = {"params": [0, 0], "height": [0, 0]}
    for _ in range(300):
        size, kernel, pad, stride = (
            chance.randrange(12, 230),
            chance.randrange(1, 8),
            chance.randrange(4),
            chance.randrange(1, 5),
        )
        seen, made = chance.choice([1, 3, 6, 16, 24, 48, 64, 96, 128]), chance.choice([6, 16, 32, 48, 64, 96, 128, 256])
        layer, shape = Conv(channels=made, kernel=kernel, stride=stride, pad=pad), (seen, size, size)
        here = Place(layer, (shape,), layer.output(shape), strides=(2,))
        count = kernel * kernel * seen * made + made
        counts = {each.value for each in found(here, "params", count).visible}
        sizes = {each.value for each in found(here, "height", here.output[1]).visible}
        wrong = [chance.randrange(count // 4, 4 * count) for _ in range(100)]
        near = [here.output[1] + by for by in range(-5, 6) if by and here.output[1] + by > 0]
        for ask, numbers, values in (("params", wrong, counts), ("height", near, sizes)):
            hits[ask][0] += sum(number in values for number in numbers)
            hits[ask][1] += len(numbers)
    assert 0 < hits["params"][0] / hits["params"][1] < 0.005
    assert 0.3 < hits["height"][0] / hits["height"][1] < 0.5


def test_every_name_is_known_by_whoever_gives_credit() -> None:
    """The names of all diagnoses are in one catalogue, and nothing else is."""
    told = {name for name, _, _ in all_rules()} | {slip.name for slip in (*COUNT_SLIPS, *BYTES_SLIPS)}
    for network, subject in (
        ("lecture_exercise", "total.params"), ("lecture_exercise", "total.macs"), ("lecture_exercise", "total.flops"), ("lecture_exercise", "total.memory"),
        ("3x64x64 | conv 8 5 /2 | conv 8 3 /2 | conv 8 3 /3", "conv3.receptive_field"),
        ("32x56x56 | dwconv 3 p1 | conv 64 1", "total.params"),
    ):  # fmt: skip
        told |= {each.name for each in all_wrong(network, subject)}
    for blank in ("pad", "stride", "kernel"):
        question = Question("q", "conv1", "blank", blank=blank)
        told |= {each.name for each in mistakes(question, api.analyse("3x56x56 | conv 64 5 /2 p2")).visible}
    for network, ask, answer, accept in EXAMPLE_ANSWERS:
        told.add(api.grade_answer(network, ask, answer, accept=accept).submissions[0].answers[0].mistakes[0].name)
    assert told == known_mistakes()
