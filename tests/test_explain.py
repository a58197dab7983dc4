"""Explanations: every number in them against torch, or against counting one by one; never against our own formulas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import library
from cnncalc.analysis.derivation import Derivation
from cnncalc.analysis.explain import Explanation
from cnncalc.analysis.steps import NUMBERS
from cnncalc.api import analyse_all, load
from cnncalc.arithmetic import Transposed, Window
from cnncalc.errors import SpecError
from cnncalc.render import explanation as rendered

torch = pytest.importorskip("torch")
torch.set_num_threads(1)


def only(network: str, layer: str, **options: Any) -> Derivation:
    (found,) = cnncalc.explain(cnncalc.load(network), layer, **options).layers
    return found


def figures(layer: Derivation, section: str) -> Any:
    found = layer.section(section)
    assert found is not None, section
    return found.figures


def texts(layer: Derivation, section: str) -> list[str]:
    found = layer.section(section)
    return [step.text for step in found.steps] if found else []


# -- the lines themselves ---------------------------------------------------------------------------------------------

_EQUATION = re.compile(
    r"(?P<left>[-\d()*/+, .]*?[*/+-][-\d()*/+, .]*?) = (?P<right>-?[\d,./]+)(?: -> (?P<rounded>-?\d+))?"
)


def equations(line: str) -> list[tuple[Fraction, Fraction, int | None]]:
    """Every ``left = right -> rounded`` of a line, worked out by Python."""
    found = []
    for each in _EQUATION.finditer(re.sub(r"max\([^=]*=", "", line)):
        left = re.sub(r"(?<=\d),(?=\d)", "", each["left"]).strip(" ,")
        if not re.search(r"\d", left):
            continue
        value = eval(re.sub(r"\d+", lambda number: f"Fraction({number[0]})", left), {"Fraction": Fraction})
        right = Fraction(re.sub(r",", "", each["right"].rstrip(",")))
        found.append((Fraction(value), right, int(each["rounded"]) if each["rounded"] else None))
    return found


@pytest.mark.parametrize("name", library.names())
def test_every_worked_line_of_every_bundled_layer_is_true(name: str) -> None:
    checked = 0
    for report in analyse_all(load(name)):
        seen: set[str] = set()
        for row in report.rows:
            seen.add(row.name)
            if len(seen) > 60:  # blocks repeat themselves
                break
            for section in cnncalc.explain(report, row.name).layers[0].sections:
                for step in section.steps:
                    if step.kind != NUMBERS:
                        continue
                    for left, right, rounded in equations(step.text):
                        checked += 1
                        assert abs(left - right) < Fraction(1, 1000), (row.name, step)
                        assert rounded is None or abs(right - rounded) < 1, (row.name, step)
    assert checked > 3


def test_the_test_can_fail() -> None:
    assert equations("(227 - 11 + 2*0)/4 + 1 = 56") == [(Fraction(55), Fraction(56), None)]
    assert equations("1 + (11 - 1)*1 = 11.5 -> 12") == [(Fraction(11), Fraction(23, 2), 12)]


# -- shapes -----------------------------------------------------------------------------------------------------------


def windows_by_hand(window: Window) -> tuple[int, int]:
    """How many places the window has, and how many positions at the end it never reads: by sliding it."""
    line = [None] * window.before + list(range(window.extent)) + [None] * window.after
    read: set[int] = set()
    places = start = 0
    while start + window.span <= len(line):
        read.update(each for each in line[start : start + window.span] if each is not None)
        places += 1
        start += window.stride
    beyond = max(read, default=-1)
    return places, window.extent - 1 - beyond


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)
)
def test_places_and_unread_positions(extent: int, kernel: int, stride: int, before: int, after: int, d: int) -> None:
    window = Window(extent, kernel, stride, before, after, d)
    places, unread = windows_by_hand(window)
    if places == 0:
        assert not window.fits
        return
    line = f"1x{extent} | conv 1 {kernel} /{stride} p{before}:{after} d{d}"
    layer = only(line, "conv1")
    (axis,) = figures(layer, "shape")["axes"]
    assert axis["output"] == places == figures(layer, "shape")["output"][1]
    assert axis["tiles"] == ((extent + before + after - window.span) % stride == 0)
    if stride <= window.span:  # else what lies between the windows is not read either
        assert axis["unread"] == unread
        assert any("never read" in text for text in texts(layer, "shape")) == (unread > 0), texts(layer, "shape")


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        ("3x227x227 | conv 96 11x11 /4", "the stride tiles: the last window ends exactly at the end"),
        ("3x224 | conv 96 11 /4", "not whole, rounded down: the last position is never read"),
        ("3x224x230 | conv 96 11 /4", "not whole, rounded down: the last row is never read"),
        ("3x9x9 | maxpool 3 /2 ceil", "the stride tiles: the last window ends exactly at the end"),
        ("3x8x8 | maxpool 3 /2 ceil", "not whole, rounded up: the last window reaches 1 over the end"),
        ("3x4x4 | conv 4 1 /2 p1", "not whole, rounded down: the 1 position left over lies in the padding"),
        ("3x9x9 | conv 4 3 d2", "with dilation 2, 3 taps span d*(F - 1) + 1 = 5 positions"),
        (
            "3x9x9 | conv 4 2 /4 p1",
            "the stride is larger than the window: between two windows 2 rows and columns stay unread",
        ),
        ("3x9x9 | deconv 4 2 /2", "neighbouring inputs stand 2 apart in the output"),
        ("3x9x9 | relu", "every value keeps its place, the shape stays 3x9x9"),
        ("3x9x9 | dwconv 3 mult=2", "3 channels, 2 filters each, make 6 channels: 6x7x7"),
        ("3x9x9 | pixelunshuffle 3", "3*3*3 = 27 channels, 9/3 = 3"),
        ("18x9x9 | pixelshuffle 3", "18/(3*3) = 2 channels, 9*3 = 27"),
        ("3x9x9 | upsample 2", "9*2 = 18"),
        ("3x9x8 | pad 1:2x3", "H: 9 + 1 + 2 = 12, W: 8 + 3 + 3 = 14"),
        ("3x9x8 | crop 4x4", "H: 9 - 2 - 3 = 4, W: 8 - 2 - 2 = 4"),
        ("6x9x9 | slice 0 2", "6/2 = 3 channels"),
        ("6x9x9 | tile 2", "6*2 = 12 channels"),
        ("3x9x9 | concat(id, conv 4 1)", "3 + 4 = 7 channels"),
        ("3x9x9 | flatten", "3*9*9 = 243"),
    ],
)
def test_what_the_shape_section_says(network: str, wanted: str) -> None:
    explained = cnncalc.explain(network, cnncalc.analyse(network).rows[-1].name)
    assert any(wanted in text for text in texts(explained.layers[-1], "shape")), texts(explained.layers[-1], "shape")


def test_same_and_half_are_worked_out() -> None:
    layer = only("3x14x14 | conv 6 3x5 /2 same", "conv1")
    assert figures(layer, "settings")["pad"] == [[0, 1], [1, 2]]
    assert "max((7 - 1)*2 + 3 - 14, 0) = 1: 0 before, 1 after" in texts(layer, "settings")
    assert "max((7 - 1)*2 + 5 - 14, 0) = 3: 1 before, 2 after" in texts(layer, "settings")
    assert "2*(3 - 1)/2 = 2" in texts(only("3x14x14 | conv 6 3 half d2", "conv1"), "settings")
    assert "(4 - 1)/2 = 1.5 -> 2" in texts(only("3x14x14 | conv 6 4 half", "conv1"), "settings")
    assert "max(4 - 3, 0) = 1: 0 before, 1 after" in texts(only("3x14x14 | deconv 6 4 /3 same", "deconv1"), "settings")


# -- parameters, MACs, matrix product ---------------------------------------------------------------------------------


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[str, dict[str, Any], tuple[int, ...]]:
    """A convolution that fits: its phrase, torch's arguments, and the shape that flows in."""
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    seen, made = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    pad = draw(st.integers(0, 2))
    bias = draw(st.booleans())
    # at least 5, or the shape might look like height x width x channels
    height, width = (max(dilation * (size - 1) + 1, 5) + draw(st.integers(0, 8)) for size in kernel)
    phrase = f"{made} {kernel[0]}x{kernel[1]} /{stride} p{pad} d{dilation} g{groups}{'' if bias else ' nobias'}"
    options = {
        "in_channels": seen,
        "out_channels": made,
        "kernel_size": kernel,
        "stride": stride,
        "padding": pad,
        "dilation": dilation,
        "groups": groups,
        "bias": bias,
    }
    return phrase, options, (seen, height, width)


def torch_macs(module: Any, value: Any) -> int:
    """Multiply-accumulates as torch's own counter sees them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(value)
    return int(counter.get_total_flops()) // 2


@settings(max_examples=80, deadline=None)
@given(convolutions(), st.integers(1, 3))
def test_conv_against_torch(drawn: tuple[str, dict[str, Any], tuple[int, ...]], batch: int) -> None:
    phrase, options, shape = drawn
    layer = only(f"{'x'.join(map(str, shape))} | conv {phrase}", "conv1", batch=batch, dtype="float16")
    module = torch.nn.Conv2d(**options)
    value = torch.ones(batch, *shape)
    assert figures(layer, "shape")["output"] == list(module(value).shape[1:])
    assert figures(layer, "params")["params"] == sum(each.numel() for each in module.parameters())
    assert {each["name"]: each["shape"] for each in figures(layer, "params")["tensors"]} == {
        name: list(each.shape) for name, each in module.named_parameters()
    }
    macs = torch_macs(module, value)
    assert figures(layer, "macs")["macs"] == macs and figures(layer, "macs")["flops"] == 2 * macs
    unfolded = torch.nn.functional.unfold(
        value, options["kernel_size"], options["dilation"], options["padding"], options["stride"]
    )
    matrix = figures(layer, "matrix")
    groups = options["groups"]
    assert (matrix["products"], matrix["m"]) == (groups, options["out_channels"] // groups)
    assert (groups * matrix["k"], matrix["n"]) == (unfolded.shape[1], batch * unfolded.shape[2])
    assert (matrix["values"], matrix["bytes"]) == (unfolded.numel(), 2 * unfolded.numel())
    assert matrix["copies"] == pytest.approx(float(unfolded.sum()) / value.numel())
    assert groups * matrix["m"] * matrix["k"] * matrix["n"] == macs


@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_deconv_against_torch(drawn: tuple[str, dict[str, Any], tuple[int, ...]]) -> None:
    phrase, options, shape = drawn
    module = torch.nn.ConvTranspose2d(**options)
    value = torch.ones(1, *shape)
    try:
        out = module(value)
    except RuntimeError:  # the padding takes all of it
        with pytest.raises(SpecError):
            only(f"{'x'.join(map(str, shape))} | deconv {phrase}", "deconv1")
        return
    layer = only(f"{'x'.join(map(str, shape))} | deconv {phrase}", "deconv1")
    assert figures(layer, "shape")["output"] == list(out.shape[1:])
    assert figures(layer, "params")["params"] == sum(each.numel() for each in module.parameters())
    assert figures(layer, "macs")["macs"] == torch_macs(module, value)
    # col2im is the adjoint of im2col: the columns that fold adds up are those that unfold would copy
    columns = torch.nn.functional.unfold(
        torch.ones_like(out), options["kernel_size"], options["dilation"], options["padding"], options["stride"]
    )
    matrix = figures(layer, "matrix")
    assert (options["groups"] * matrix["m"], matrix["n"]) == tuple(columns.shape[1:])
    assert matrix["k"] == options["in_channels"] // options["groups"]
    assert (matrix["values"], matrix["bytes"]) == (columns.numel(), 4 * columns.numel())
    assert matrix["copies"] == pytest.approx(float(columns.sum()) / out.numel())


def test_reads_and_adds_are_counted_one_by_one() -> None:
    for extent in range(1, 9):
        for kernel in range(1, 5):
            for stride in range(1, 4):
                for before, after in ((0, 0), (2, 1), (3, 4)):
                    for dilation in (1, 2, 3):
                        window = Window(extent, kernel, stride, before, after, dilation)
                        places = range(window.out if window.fits else 0)
                        at = [o * stride + k * dilation - before for o in places for k in range(kernel)]
                        assert not window.fits or window.reads == sum(0 <= each < extent for each in at)
                        turned = Transposed(extent, kernel, stride, before, after, dilation)
                        at = [o * stride + k * dilation - before for o in range(extent) for k in range(kernel)]
                        assert turned.out < 1 or turned.adds == sum(0 <= each < turned.out for each in at)


def test_other_matrix_products() -> None:
    fc = figures(only("784 | fc 300", "fc1", batch=4), "matrix")
    assert [fc[each] for each in ("products", "m", "k", "n", "values")] == [1, 300, 784, 4, 3136]
    local = figures(only("3x8x8 | local 4 3", "local1"), "matrix")
    assert [local[each] for each in ("products", "m", "k", "n")] == [36, 4, 27, 1]
    assert local["values"] == torch.nn.functional.unfold(torch.ones(1, 3, 8, 8), 3).numel()
    depthwise = figures(only("6x8x8 | dwconv 3 mult=2 p1", "dwconv1"), "matrix")
    assert [depthwise[each] for each in ("products", "m", "k", "n")] == [6, 2, 9, 64]
    plain = only("6x8x8 | conv 4 1", "conv1")
    assert "the input is that matrix already: nothing is copied" in texts(plain, "matrix")
    assert only("3x8x8 | maxpool 2", "maxpool1").section("matrix") is None


def test_alexnet_as_every_lecture_has_it() -> None:
    layer = only("alexnet", "conv1.conv")
    assert "(227 - 11 + 2*0)/4 + 1 = 55" in texts(layer, "shape")
    assert "(W - F + 2*P)/S + 1" in texts(layer, "shape")[0]
    assert "(11*11*3)*96 + 96 = 34,944" in texts(layer, "params")
    assert "(F*F*Cin)*Cout + Cout" in texts(layer, "params")
    assert "(11*11*3)*96*55*55 = 105,415,200" in texts(layer, "macs")
    assert "2*105,415,200 = 210,830,400 FLOPs" in texts(layer, "macs")[-2]
    assert "96*363*3025 = 105,415,200 MACs, as above" in texts(layer, "matrix")
    assert figures(layer, "inputs")["inputs"] == [{"name": "input", "kind": "input", "shape": [3, 227, 227]}]


# -- receptive fields -------------------------------------------------------------------------------------------------


def field_by_gradient(module: Any, extent: int) -> tuple[int, Fraction, Fraction]:
    """Size, jump and start of the field of a 1-D network: which inputs have a gradient."""
    value = torch.ones(1, 1, extent, requires_grad=True)
    out = module(value)[0, 0]
    middle = out.shape[0] // 2
    spans = []
    for place in (middle - 12, middle, middle + 12):
        (gradient,) = torch.autograd.grad(out[place], value, retain_graph=True)
        seen = gradient[0, 0].nonzero().flatten()
        spans.append((int(seen[0]), int(seen[-1])))
    jump = Fraction(spans[2][0] - spans[0][0], 24)
    return max(last - first + 1 for first, last in spans), jump, spans[1][0] - middle * jump


CHAINS = [
    ["conv 1 3"],
    ["conv 1 7 /2 p3", "maxpool 3 /2 p1"],
    ["conv 1 11 /4", "maxpool 3 /2", "conv 1 5 p2"],
    ["conv 1 3 d4 p4", "conv 1 5 /3 p1"],
]


def torch_layer(phrase: str) -> Any:
    """One of the layers above; averages in place of maxima, so that every input of a window has a gradient."""
    word, *rest = phrase.split()
    options = {each[0]: int(each[1:]) for each in rest if not each.isdigit()}
    sizes = [int(each) for each in rest if each.isdigit()]
    stride, pad, dilation = options.get("/", 1), options.get("p", 0), options.get("d", 1)
    if word == "maxpool":
        return torch.nn.AvgPool1d(sizes[0], stride, pad)
    return torch.nn.Conv1d(1, 1, sizes[1], stride, pad, dilation)


@pytest.mark.parametrize("phrases", CHAINS, ids=" ".join)
def test_receptive_fields_by_gradient(phrases: list[str]) -> None:
    modules = [torch_layer(each) for each in phrases]
    for module in modules:
        for each in module.parameters():
            torch.nn.init.ones_(each)
    network = f"1x2000 | {' | '.join(phrases)}"
    rows = cnncalc.analyse(network).rows
    found: Any = None
    for number in range(1, len(phrases) + 1):
        size, jump, start = field_by_gradient(torch.nn.Sequential(*modules[:number]), 2000)
        before, found = found, figures(only(network, rows[number - 1].name), "receptive_field")
        assert found["after"] == {"size": [size], "jump": [jump], "start": [start]}
        assert before is None or found["before"] == before["after"]
    assert [each["layer"] for each in found["path"]] == [row.name for row in rows]


def test_the_recurrence_is_shown() -> None:
    lines = texts(only("alexnet", "conv2.conv"), "receptive_field")
    assert "size 19, jump 8, start 0" in lines
    assert [line for line in lines if "=" in line][-3:] == [
        "size + (n - 1)*jump = 19 + (5 - 1)*8 = 51",
        "jump*step = 8*1 = 8",
        "start + first*jump = 0 + (-2)*8 = -16",
    ]
    assert "conv1.conv 11, pool1.maxpool 19, conv2.conv 51" in lines
    lines = texts(only("4x8x8 | deconv 2 4 /2 p1", "deconv1"), "receptive_field")
    assert "jump*step = 1*(1/2) = 1/2" in lines
    merged = texts(only("3x32x32 | concat(conv 4 3 p1, conv 4 5 p2)", "concat1"), "receptive_field")
    assert "size 3x3" in merged and "size 5x5" in merged and "the largest counts, along every axis" in merged


# -- which layers -----------------------------------------------------------------------------------------------------


def names(explained: Explanation) -> list[str]:
    return [layer.name for layer in explained.layers]


def test_a_layer_is_found_by_name_line_label_and_path() -> None:
    net = cnncalc.load("resnet50")
    assert len(names(cnncalc.explain(net, "conv3"))) > 20
    every = names(cnncalc.explain(net))
    inner = next(name for name in every if name.count(".") >= 3)
    assert names(cnncalc.explain(net, inner)) == [inner]
    prefix = inner.rsplit(".", 1)[0]
    found = names(cnncalc.explain(net, prefix))
    assert inner in found and all(name.startswith(prefix + ".") for name in found)
    assert names(cnncalc.explain("3x8x8 | conv 4 3 as u | relu | concat(id, u)", "u")) == ["conv1"]
    assert names(cnncalc.explain("3x8x8 | conv 4 3 | relu", "output")) == ["relu1"]


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("conv11", "did you mean 'conv1"),
        ("input", "is an input"),
        ("zzz", "its layers: conv1, pool1"),
        ("", "its layers: conv1"),
    ],
)
def test_an_unknown_layer(layer: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.explain("alexnet", layer)
    (one,) = caught.value.diagnostics
    assert one.code == "G101" and hint in one.help[0]


def test_several_nets_and_shared_weights() -> None:
    with pytest.raises(SpecError):
        cnncalc.explain("dcgan", "g2")
    assert names(cnncalc.explain("dcgan", "g2", net="generator")) == ["g2.deconv", "g2.bn", "g2.relu"]
    text = "input: 16x8x8\nshared:\n  head(): conv 16 3 p1\nlayers:\n  a: head\n  b: head\n"
    second = cnncalc.explain(cnncalc.parse(text), "b").layers[0]
    assert any(line.startswith("these are the weights of a.") for line in texts(second, "params"))
    assert figures(second, "params")["params"] == 16 * 16 * 9 + 16


def test_buffers_and_other_work() -> None:
    layer = only("8x4x4 | bn", "bn1", batch=2)
    assert figures(layer, "buffers")["buffers"] == 17
    assert figures(layer, "params")["params"] == 16
    assert "no weighted sums: 0 MACs" in texts(layer, "macs")
    assert "counted apart, never as MACs: 256 values normalised" in texts(layer, "macs")
    assert only("8x4x4 | relu", "relu1").section("buffers") is None


# -- text, Markdown, JSON ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [None, "conv1", "pool5", "fc6"])
def test_80_columns_are_enough(layer: str | None) -> None:
    explained = cnncalc.explain("alexnet", layer)
    text = rendered.text([explained], 80)
    wide = [line for line in text.splitlines() if len(line) > 80 and "architectures" not in line]
    assert not wide
    assert "\x1b" not in text and text.endswith("\n")
    plain = re.sub(r"\x1b\[[\d;]*m", "", rendered.coloured([explained], 80))
    assert [line.rstrip() for line in plain.splitlines()] == text.splitlines()


def test_brief_has_the_sums() -> None:
    text = rendered.text([cnncalc.explain("lenet5")], 80)
    assert "conv 6 5x5: 1x32x32 -> 6x28x28, (32 - 5 + 2*0)/1 + 1 = 28" in text
    assert "(5*5*1)*6 + 6 = 156 params; (5*5*1)*6*28*28 = 117,600 MACs" in text
    assert "61,706 parameters" in text


def test_str_and_markdown() -> None:
    explained = cnncalc.explain("alexnet", "conv1")
    assert "    weight: 96x3x11x11: 96*3*11*11 = 34,848" in str(explained).splitlines()
    page = rendered.markdown([explained])
    assert page.startswith("## AlexNet\n\n### `conv1.conv`: conv 96 11x11 /4\n")
    assert "- H, W: `(227 - 11 + 2*0)/4 + 1 = 55`" in page.splitlines()
    assert "- `c1.conv`, conv 6 5x5: `1x32x32" in rendered.markdown([cnncalc.explain("lenet5")])


def test_json() -> None:
    found = json.loads(rendered.as_document([cnncalc.explain("alexnet", "conv1.conv", batch=2)]))
    assert found["version"] == 1 and found["errors"] == []
    (network,) = found["networks"]
    assert {key: network[key] for key in ("name", "net", "batch", "dtype", "brief")} == {
        "name": "AlexNet",
        "net": None,
        "batch": 2,
        "dtype": "float32",
        "brief": False,
    }
    (layer,) = network["layers"]
    assert (layer["name"], layer["kind"], layer["output"]) == ("conv1.conv", "conv", [96, 55, 55])
    sections = {each["name"]: each for each in layer["sections"]}
    assert [*sections] == ["inputs", "settings", "shape", "params", "macs", "receptive_field", "matrix"]
    assert sections["macs"]["figures"]["macs"] == 2 * 105_415_200
    assert sections["matrix"]["figures"]["n"] == 2 * 55 * 55
    assert {"kind": "numbers", "label": "H, W", "text": "(227 - 11 + 2*0)/4 + 1 = 55"} in sections["shape"]["steps"]


def test_huge_numbers_do_not_hang() -> None:
    layer = only("1x1000000000000 | conv 1 1000000000 p999999999 d2", "conv1")
    assert figures(layer, "matrix")["k"] == 10**9
    assert only("1x1 | deconv 1 1000000000 /3", "deconv1").output == (1, 10**9)
    assert only("1x10 | adaptive 1000000007", "adaptive1").output == (1, 1_000_000_007)


def test_explaining_imports_neither_torch_nor_rich_nor_click() -> None:
    script = (
        "import sys, cnncalc; str(cnncalc.explain('3x227x227 | conv 96 11x11 /4', 'conv1'));"
        "print([each for each in ('torch', 'rich', 'click') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_labels_stand_in_one_column() -> None:
    """``num_batches_tracked`` and the names of branches are wider than most labels."""
    shown = rendered.text([cnncalc.explain("3x8x8 | bn", "bn1")])
    buffers = shown[shown.index("Buffers") : shown.index("Multiply")].splitlines()[1:4]
    assert {re.search(r"\d+ values?", line).start() for line in buffers if re.search(r"\d+ values?", line)} == {23}


def test_a_pooling_whose_indices_are_used_flows_in_once() -> None:
    lines = texts(only("64x16x16 | maxpool 2 as p | unpool p", "unpool1"), "inputs")
    assert lines == ["64x8x8: C = 64, H = 8, W = 8", "64x8x8, only its indices are used: C = 64, H = 8, W = 8"]
