"""Solving for windows: every solution against sliding the window by hand, and nothing common left out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.solve import solve
from cnncalc.arithmetic import Transposed, Window
from cnncalc.cli._group import group


def places(extent: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> tuple[int, bool]:
    """How many places a window has, and whether the last one ends at the end: by sliding it."""
    line = before + extent + after
    span = dilation * (kernel - 1) + 1
    starts = [start for start in range(0, line, stride) if start + span <= line]
    return len(starts), bool(starts) and starts[-1] + span == line


def enlarged(extent: int, kernel: int, stride: int, dilation: int) -> int:
    """The size of a transposed window's full output: by laying the kernels down."""
    return max(at * stride + tap * dilation for at in (0, extent - 1) for tap in (0, kernel - 1)) + 1


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["solve", *arguments])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 2))
def test_every_window_does_what_is_said(extent: int, out: int, dilation: int) -> None:
    found = solve(input=extent, output=out, dilation=dilation)
    assert len({each.window for each in found}) == len(found)
    tiles = [each.tiles for each in found]
    assert tiles == sorted(tiles, reverse=True)
    for window, tiling in found:
        assert isinstance(window, Window)
        hand = places(window.extent, window.kernel, window.stride, window.before, window.after, window.dilation)
        assert (window.extent, hand) == (extent, (out, tiling))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.integers(1, 60))
def test_every_transposed_window_does_what_is_said(extent: int, out: int) -> None:
    for window, exact in solve(input=extent, output=out, transposed=True):
        assert isinstance(window, Transposed)
        full = enlarged(extent, window.kernel, window.stride, window.dilation)
        assert full - window.before - window.after + window.outpad == out
        assert exact == (window.outpad == 0) and window.outpad < max(window.stride, window.dilation)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 6), st.sampled_from(["same", "half"]), st.booleans())
def test_words_mean_what_they_mean_in_the_language(out: int, kernel: int, stride: int, pad: str, given: bool) -> None:
    """A transposed ``same`` leads to W*S even where the kernel is smaller than the stride."""
    choice = {"kernel": kernel, "stride": stride} if given else {}
    for window, _ in [
        *solve(output=out, pad=pad, transposed=True, **choice),
        *solve(input=out, pad=pad, kernel=kernel),
    ]:
        word = "deconv" if isinstance(window, Transposed) else "conv"
        phrase = f"{word} 1 {window.kernel} /{window.stride} {pad}"
        if isinstance(window, Transposed):
            own = max(window.stride - window.kernel, 0) if pad == "same" else 0
            phrase += f" outpad={window.outpad - own}"
        report = cnncalc.analyse(cnncalc.parse(f"1x{window.extent} | {phrase}"))
        assert report.outputs[0][1] == (1, window.out)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 50), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))
def test_nothing_common_is_left_out(extent: int, kernel: int, stride: int, pad: int) -> None:
    out, tiling = places(extent, kernel, stride, pad, pad, 1)
    if out == 0 or pad >= kernel or (out == 1 and stride > 1):  # any larger stride gives 1 too: one of them is listed
        return
    wanted = (Window(extent, kernel, stride, pad, pad), tiling)
    assert wanted in solve(input=extent, output=out)
    given = {"kernel": kernel, "stride": stride, "pad": pad}
    assert solve(input=extent, output=out, **given) == [wanted]
    assert solve(input=extent, **given) == [wanted]
    for name in given:
        assert wanted in solve(input=extent, output=out, **{key: value for key, value in given.items() if key != name})
    if tiling:
        assert wanted in solve(output=out, **given)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))
def test_all_inputs_are_found(out: int, kernel: int, stride: int, pad: int) -> None:
    found = {each.window.extent for each in solve(output=out, kernel=kernel, stride=stride, pad=pad)}
    assert found == {extent for extent in range(1, 400) if places(extent, kernel, stride, pad, pad, 1)[0] == out}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ({"input": 227, "output": 55}, "11 /4"),
        ({"input": 32, "output": 32}, "3 p1"),
        ({"input": 32, "output": 28}, "5"),
        ({"input": 28, "output": 14}, "2 /2"),
        ({"input": 7, "output": 1}, "7"),
        ({"input": 14, "output": 28, "transposed": True}, "2 /2"),
        ({"input": 14, "output": 28, "transposed": True, "kernel": 4}, "4 /2 p1"),
        ({"input": 14, "output": 28, "transposed": True, "kernel": 3, "pad": 1}, "3 /2 p1 outpad=1"),
        ({"input": 224, "output": 112, "kernel": 3}, "3 /2 p0:1"),
        ({"input": 224, "output": 112, "kernel": 7, "pad": 3}, "7 /2 p3"),
        ({"input": 224, "output": 112, "pad": "same", "kernel": 3}, "3 /2 p0:1"),
        ({"input": 56, "output": 56, "pad": "half"}, "3 p1"),
        ({"output": 55, "kernel": 11, "stride": 4, "pad": 0}, "11 /4"),
        ({"output": 28, "kernel": 4, "stride": 2, "pad": 1, "transposed": True}, "4 /2 p1"),
        ({"input": 1, "output": 4, "transposed": True}, "4"),
    ],
)
def test_the_likeliest_comes_first(question: dict[str, Any], first: str) -> None:
    assert solve(**question)[0].settings == first


@pytest.mark.parametrize(
    "question",
    [
        {"input": 10**15, "output": 1},
        {"input": 10**15, "output": 10**15},
        {"input": 10**15, "output": 10**14 + 1},
        {"input": 1, "output": 10**15},
        {"output": 10**15},
        {"output": 1, "pad": 10**15},
        {"input": 10**15, "output": 999, "dilation": 10**15},
        {"input": 1, "output": 10**15, "transposed": True},
        {"input": 10**15, "output": 10**15, "transposed": True},
        {"output": 10**15, "transposed": True, "dilation": 10**12},
        {"output": 10**15, "kernel": 10**15, "stride": 10**15, "pad": (10**15, 1)},
        {"input": 10**15, "output": 3, "pad": "same"},
        {"input": 10**6, "output": 10**3, "kernel": 10**5},
    ],
)
def test_huge_numbers_do_not_hang(question: dict[str, Any]) -> None:
    start = time.process_time()
    solve(**question)
    assert time.process_time() - start < 3


# -- the command ------------------------------------------------------------------------------------------------------


def test_table() -> None:
    result = run("--input", "227", "--output", "55", "--limit", "2")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "the stride tiles:",
        "    W   F  S  P  output",
        "  227  11  4  0  (227 - 11 + 2*0)/4 + 1 = 55",
        "  227  13  4  1  (227 - 13 + 2*1)/4 + 1 = 55",
    ]
    assert "rounded down (floor): what is left over is never read, or is padding:" in lines
    assert lines[-1] == "W input, F kernel, S stride, P padding; as a layer: conv CHANNELS 11 /4"
    assert max(map(len, lines)) <= 80 and "\x1b" not in result.stdout


def test_the_output_alone() -> None:
    result = run("--kernel", "3", "--stride", "2", "--pad", "1", "--input", "224")
    assert result.exit_code == 0 and "(224 - 3 + 2*1)/2 + 1 = 112.5 -> 112" in result.stdout


def test_json() -> None:
    result = run("--input", "14", "--output", "28", "--transposed", "--limit", "1", "--format", "json")
    found = json.loads(result.stdout)
    assert (found["version"], found["message"]) == (1, None) and found["total"] > 2
    assert found["question"]["transposed"] is True and found["question"]["kernel"] is None
    assert found["solutions"][0] == {
        "input": 14,
        "kernel": 2,
        "stride": 2,
        "pad": [0, 0],
        "dilation": 1,
        "outpad": 0,
        "transposed": True,
        "output": 28,
        "tiles": True,
        "formula": "(14 - 1)*2 - 2*0 + 2 = 28",
        "settings": "2 /2",
    }
    assert [each["tiles"] for each in found["solutions"]] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--input 224 --output 200 --kernel 3 --stride 2", "from 224 it makes 111 to 113, depending on the padding"),
        ("--input 5 --output 300", "takes a transposed convolution: --transposed"),
        ("--input 300 --output 3 --transposed", "leave out --transposed"),
        ("--input 3 --kernel 5", "does not fit into 3: it spans 5 positions"),
        ("--input 227 --output 55 --stride 5", "without --stride there is: 11 /4"),
    ],
)
def test_nothing_fits(arguments: str, said: str) -> None:
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout) == (1, "") and said in result.stderr
    result = run(*arguments.split(), "--format", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1 and found["solutions"] == [] and said in found["message"]


@pytest.mark.parametrize(
    "arguments",
    ["", "--input 5", "--kernel 3", "--input 0", "--input x", "--input 5 --output 5 --pad 1:2:3", "--pad -1", "--nope",
     "--input 9 --output 9 --pad ²", "--input 10000000000000000 --output 1", "--output 5 --limit 0"],
)  # fmt: skip
def test_wrong_usage(arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2 and result.stdout == "" and "Traceback" not in result.stderr
