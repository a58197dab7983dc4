"""The shape and structure rules: against brute force, on the networks that must show them, and where they keep quiet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import api
from cnncalc.arithmetic import Window
from cnncalc.cli._group import group
from cnncalc.errors import Diagnostic
from cnncalc.linting.check import check_source
from cnncalc.linting.fixing import fix
from cnncalc.linting.settings import Settings
from cnncalc.rules.s201_drops_border import drops
from cnncalc.rules.s203_dead_taps import alive
from cnncalc.rules.s204_windows_in_padding import blind
from cnncalc.source import Source

ROOT = Path(__file__).parent.parent


def findings(text: str, *select: str, folder: str | None = None) -> list[Diagnostic]:
    name = "net.yaml" if ":" in text.split("|", maxsplit=1)[0] else "<line>"
    return list(check_source(Source(name, text, folder), Settings(select=select)).findings)


def messages(text: str, *select: str) -> list[str]:
    return [each.message for each in findings(text, *select)]


def marked(finding: Diagnostic) -> str:
    mark = finding.mark
    assert mark is not None
    return mark.source.text[mark.start : mark.end]


def test_the_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every finding as it is printed; ``UPDATE_GOLDEN=1`` writes it: read it before you commit it."""
    folder = ROOT / "tests" / "data" / "lint" / "structure"
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(group, ["lint", "--no-config", "--select", "S2,G2,B,E", "net.yaml"])
    golden = folder / "net.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(result.stdout, "utf-8")
    assert result.stdout == golden.read_text("utf-8")


# -- shapes ----------------------------------------------------------------------------------------------------------


def test_alexnet_without_padding_is_reported_for_what_it_is() -> None:
    found = check_source(api.load("alexnet_batchnorm").source, Settings(select=("S2",))).findings
    assert [(marked(each), each.label) for each in found if each.code == "S201"] == [
        ("conv 96 11 /4", "(224 - 11 + 2*0)/4 + 1 = 54.25 -> 54"),
        ("maxpool 3 /2", "(54 - 3 + 2*0)/2 + 1 = 26.5 -> 26"),
        ("maxpool 3 /2", "(22 - 3 + 2*0)/2 + 1 = 10.5 -> 10"),
        ("maxpool 3 /2", "(4 - 3 + 2*0)/2 + 1 = 1.5 -> 1"),
    ]
    (collapsed,) = [each for each in found if each.code == "S202"]
    assert collapsed.message == "the maps collapse from 4x4 to 1x1 in front of fc6.fc"
    assert collapsed.label.endswith("-> 22x22 -> 10x10 -> 8x8 -> 6x6 -> 4x4 -> 1x1")
    assert len(found) == 5
    assert "input  223 -> 54   227 -> 55" in found[0].help[0]


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("64x5x5 | maxpool 3 /3 | fc 10", "fc1"),
        ("64x5x5 | maxpool 3 /3 | relu | gap | fc 10", "fc1"),
        ("64x5x5 | maxpool 3 /3 | gmp | flatten | fc 10", "fc1"),
        ("64x6x6 | maxpool 3 /3 | gap | fc 10", None),
        ("64x5x5 | maxpool 5 | gap | fc 10", None),
        ("64x5x5 | conv 8 3 | gap | fc 10", None),
    ],
)
def test_a_map_that_collapses_in_front_of_its_head(line: str, head: str | None) -> None:
    found = check_source(Source("<line>", line), Settings(select=("S202",))).findings
    assert [each.message.rpartition(" ")[2] for each in found] == ([head] if head else [])


WINDOWS = st.builds(
    Window,
    extent=st.integers(1, 12),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 5),
    before=st.integers(0, 7),
    after=st.integers(0, 7),
    dilation=st.integers(1, 4),
).filter(lambda window: window.slack >= 0)


def reads(window: Window, position: int) -> list[int]:
    """The input positions that a window reads, padding left out."""
    taps = (position * window.stride + tap * window.dilation - window.before for tap in range(window.kernel))
    return [each for each in taps if 0 <= each < window.extent]


@given(WINDOWS)
def test_dead_taps_and_blind_windows_are_those_that_brute_force_finds(window: Window) -> None:
    met = {
        tap
        for tap in range(window.kernel)
        for position in range(window.out)
        if 0 <= position * window.stride + tap * window.dilation - window.before < window.extent
    }
    assert alive(window) == sorted(met)
    outside = [
        position
        for position in range(window.out)
        if position * window.stride + window.span <= window.before
        or position * window.stride >= window.before + window.extent
    ]
    assert blind(window) == len(outside)
    assert not any(reads(window, position) for position in outside)


@given(WINDOWS.filter(lambda window: window.dilation == 1))
def test_what_drops_is_never_read(window: Window) -> None:
    read = {each for position in range(window.out) for each in reads(window, position)}
    tail = window.extent - 1 - max(read, default=-1)
    assert drops(window) == (tail > max(0, window.stride - window.kernel)) or not read


@pytest.mark.parametrize(
    "line",
    [
        "64x224x224 | conv 64 7 /2 p3 | maxpool 3 /2 p1",
        "64x56x56 | conv 128 1 /2",
        "64x55x55 | maxpool 2 ceil",
        "64x55x55 | maxpool 2 same",
        "64x7x7 | avgpool 7 | fc 10",
        "64x5x5 | conv 120 5 | fc 84",
        "64x2x2 | maxpool 2 | fc 10",
        "64x2x2 | conv 64 3 p1",
        "64x33x33 | conv 64 3 d24 p24",
        "64x1x1 | conv 64 1",
        "3x32x32 | conv 64 3 p2",
    ],
)
def test_what_is_meant_is_left_alone(line: str) -> None:
    assert messages(line, "S2") == []


def test_weights_that_are_shared_are_dead_only_where_all_uses_are() -> None:
    text = "shared:\n  head(): conv 4 3 p1\ninput: 3x8x8\nlayers:\n  a: {}\n  b: gap | head\n"
    assert not messages(text.format("head | conv 3 1"), "S203")
    assert len(messages(text.format("gap | head | conv 3 1"), "S203")) == 1


def test_every_variant_is_looked_at() -> None:
    text = "params: {n: 8}\nvariants: {odd: {n: 9}}\ninput: [3, n, n]\nlayers: maxpool 2\n"
    (found,) = findings(text, "S201")
    assert found.notes[-1] == "in variant odd"
    assert found.message == "this maxpool never reads the last row and column of the 9x9 map"
    assert "or say `ceil`, which keeps the last, partial window -> 5" in found.help


# -- structure -------------------------------------------------------------------------------------------------------


def test_parameters_are_used_wherever_numbers_are() -> None:
    text = """\
params: {size: 8, a: 1, b: a, c: 3, e: 1, f: 1, g: 2, h: 4, i: 1, j: 2, k: 1, u: 1, v: 1}
variants: {v1: {u: v}}
defaults: {dropout: (e/2)}
input: [3, size, size]
blocks:
  body(d, own=f): conv 4 3 p(d) | (relu)*own
  hidden(u): conv 4 3 p(u)
layers:
  l1: body 1 | conv c 1 if b > 0 else conv g 1
  l2: add(conv h 1, conv h 1) | (relu)*i | conv 4 1 /(j)
  l3: hidden 1 | dropout | crop k
"""
    assert messages(text, "G201") == ["nothing uses the parameter 'u'"]


def test_blocks_that_only_unused_blocks_use() -> None:
    text = "blocks:\n  a(): b\n  b(): relu\n  c(): relu\ninput: 3x8x8\nlayers: conv 4 3 | c\n"
    found = findings(text, "G202")
    assert [each.message for each in found] == ["nothing uses the block 'a'", "nothing uses the block 'b'"]
    assert found[1].notes == ("only a does, which nothing uses",)


def test_nothing_is_said_of_uses_where_a_line_cannot_be_read() -> None:
    text = "params: {n: 4}\nblocks: {a(x): relu}\ninput: 3x8x8\nlayers: {one: conv n 3 |, two: a 1}\n"
    assert [each.code for each in findings(text, "G2")] == ["Y201"]


def test_imports(tmp_path: Path) -> None:
    (tmp_path / "deep.yaml").write_text("blocks: {d(): relu}\ninput: 3x8x8\nlayers: d\n", "utf-8")
    (tmp_path / "mid.yaml").write_text("import: deep.yaml\nblocks: {m(): d}\ninput: 3x8x8\nlayers: m\n", "utf-8")
    (tmp_path / "other.yaml").write_text("blocks: {o(): relu}\ninput: 3x8x8\nlayers: o\n", "utf-8")
    text = "import: [mid.yaml, other.yaml]\ninput: 3x8x8\nlayers: {}\n"
    assert [marked(each) for each in findings(text.format("relu"), "G203", folder=str(tmp_path))] == [
        "mid.yaml",
        "other.yaml",
    ]
    assert [marked(each) for each in findings(text.format("m | o"), "G203", folder=str(tmp_path))] == []
    assert findings(text.format("m"), "G203", folder=str(tmp_path)) == [], "m's own block comes from deep.yaml"


def test_a_variant_may_be_empty_once() -> None:
    text = "params: {{n: 1}}\nvariants: {}\ninput: 3x8x8\nlayers: conv n 3\n"
    assert not findings(text.format("{a: {}, b: {n: 2}}"), "G206")
    assert [marked(each) for each in findings(text.format("{a: {}, b: {}}"), "G206")] == ["b"]
    assert [marked(each) for each in findings(text.format("{a: {}, b: {n: 1}}"), "G206")] == ["b"]
    assert [marked(each) for each in findings(text.format("{b: {n: 1}}"), "G206")] == ["b"]


def test_a_parameter_that_is_calculated_makes_variants_different() -> None:
    text = "params: {a: 2, b: a*2}\nvariants: {p: {a: 4}, q: {a: 4, b: 4}, r: {a: 4, b: 8}}\ninput: 3x8x8\n"
    text += "layers: conv a 3 | relu | conv b 3\n"
    weights = [3 * 9 * 4 + 4 + 4 * 9 * b + b for b in (8, 4, 8)]
    assert [api.analyse(api.parse(text, variant=each)).totals.params for each in "pqr"] == weights
    assert messages(text, "G206") == ["variant 'r' is the same network as 'p'"]


def test_labels_that_others_ask_for() -> None:
    text = "input: 3x8x8\nlayers:\n  a: conv 4 3 as u | relu\n{}"
    assert [marked(each) for each in findings(text.format(""), "G207")] == ["u"]
    for use in (
        "  b: u | relu\noutputs: [a, b]\n",
        "outputs: [a, u]\n",
        "expect: {u: 4x6x6}\n",
        "budget: {receptive_field: {min: 3, at: u}}\n",
        "expect: {u.params: 112}\n",
    ):
        assert not findings(text.format(use), "G207"), use


FIXED = [
    ("G207", "3x8x8 | conv 4 3 as u => 4x6x6 | relu", "3x8x8 | conv 4 3 => 4x6x6 | relu"),
    ("G209", "3x8x8 | id | conv 4 3 | id", "3x8x8 | conv 4 3"),
    ("G209", "3x8x8 | conv 4 3 if C > 2 else id", "3x8x8 | conv 4 3 if C > 2"),
    ("G209", "3x8x8 | concat(id | conv 4 3, conv 4 3)", "3x8x8 | concat(conv 4 3, conv 4 3)"),
    ("G210", "3x8x8 | ( conv 4 3 | relu ) | relu", "3x8x8 | conv 4 3 | relu | relu"),
    ("G210", "3x8x8 | concat((conv 4 3 | relu), ((conv 4 3)))", "3x8x8 | concat(conv 4 3 | relu, conv 4 3)"),
    ("G213", "3x8x8 | conv(4, 3, stride=1, pad=0) | maxpool 2 floor", "3x8x8 | conv(4, 3) | maxpool 2"),
    ("G213", "3x8x8 | conv 4 3 stride 1 d1 bias true p0", "3x8x8 | conv 4 3"),
]


@pytest.mark.parametrize(("code", "text", "expected"), FIXED)
def test_what_the_fixes_write(code: str, text: str, expected: str) -> None:
    after = fix(Source("<line>", text), Settings(select=(code,)), unsafe=False)
    assert after.source.text == expected
    assert not after.checked.findings


@pytest.mark.parametrize(
    "line",
    [
        "3x8x8 | id as x | conv 4 3 p1 | add(id, conv 4 3 p1) | concat(x, id)",
        "3x8x8 | residual(conv 3 3 p1, project = id)",
        "3x8x8 | (conv 4 3 p1 | relu) as u | add(u, id)",
        "3x8x8 | (conv 4 3 | relu) => 4x6x6",
        "3x8x8 | (conv 4 3 | relu) if C == 3 else (relu | relu)",
        "3x8x8 | conv 4 3 if C == 3",
        "3x8x8 | (conv 4 3 p1 | relu)*2 | (maxpool 2 if H > 4) | relu",
        "3x8x8 | conv 4 3 p1 | relu | conv 8 3 p1 | relu | maxpool 2 /2 | dropout 0.5",
        "3x8x8 | conv 4 3 | conv 4 3 | relu",
    ],
)
def test_steps_that_do_something_are_left_alone(line: str) -> None:
    assert messages(line, "G207", "G209", "G210", "G211", "G212", "G213") == []


@pytest.mark.parametrize(
    ("call", "extent"),
    [("conv 16 3 /1 1", 32), ("conv(16, 3, /1, 1)", 32), ("conv 16 /1 3 1", 32), ("conv 16 3 p0 2", 15)],
)
def test_a_safe_fix_of_an_option_moves_no_number_into_its_place(call: str, extent: int) -> None:
    """In ``conv 16 3 /1 1`` the last is the padding; without the ``/1`` it would be the stride."""
    text = f"3x32x32 | {call} | relu"
    assert api.analyse(api.parse(text)).rows[-1].output == (16, extent, extent)
    after = fix(Source("<line>", text), Settings(select=("G213",)), unsafe=False).source.text
    assert (after == text) is ("p0" not in call)
    assert api.analyse(api.parse(after)).rows[-1].output == (16, extent, extent)


def test_defaults_of_the_file_count_as_defaults() -> None:
    text = "defaults: {{conv: nobias p1}}\ninput: 3x8x8\nlayers: conv 4 3 {}\n"
    assert [marked(each) for each in findings(text.format("p1"), "G213")] == ["p1"]
    assert not findings(text.format("p0"), "G213")
    assert not findings(text.format("bias"), "G213")


def test_written_twice() -> None:
    chain = "conv 8 3 p1 | bn | relu | maxpool 2"
    text = f"input: 3x32x32\nlayers:\n  a: {chain}\n  b: {chain}\n  c: concat({chain}, gap)\n"
    (found,) = findings(text.replace(", gap", ", maxpool 2"), "G212")
    assert found.message == "the same 4 layers are written 3 times"
    assert found.help == (f"say it once under blocks: `part(): {chain}`, and `part` in its places",)
    assert [each.mark.line for each in found.related] == [4, 5]
    in_row = "3x8x8 | conv 4 3 p1 | relu | conv 4 3 p1 | relu | conv 4 3 p1 | relu"
    (found,) = findings(in_row, "G212")
    assert found.help == ("say it once: (conv 4 3 p1 | relu)*3",)
    assert marked(found) == in_row[8:]


def test_a_chain_in_a_block_is_said_once_with_its_parameters() -> None:
    body = "concat(conv c 3 p1 | bn | relu | conv n 1, conv c 3 p1 | bn | relu | conv n 1)"
    (found,) = findings(f"params: {{n: 2}}\nblocks: {{b(c): '{body}'}}\ninput: 3x8x8\nlayers: b 4\n", "G212")
    assert "`part(c): conv c 3 p1 | bn | relu | conv n 1`, and `part c`" in found.help[0]


def test_a_constant_condition() -> None:
    assert messages("3x8x8 | conv 4 3 if 1 == 2", "G211") == ["this condition is always false"]
    assert messages("3x8x8 | conv 4 3 if 1/0 == 2", "G211") != ["this condition is always false"]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("3x32x32 | conv(3, 16, 3) | relu", "conv 16 3"),
        ("3x64x64 | conv 3 32 1 | relu", "conv 32 1"),
        ("1x32x32 | conv(1, 6, 5) | tanh", "conv 6 5"),
        ("3x32x32 | conv(3, 16, 5, 1, 2) | relu", "conv 16 5 p2"),
        ("3x32x32 | conv(3, 16, 3, 2, 1) | relu", "conv 16 3 /2 p1"),
        ("8x32x32 | deconv(8, 16, 3) | relu", "deconv 16 3"),
        ("4x64x64 | conv 8 3 | conv(8, 16, 3, nobias) | bn", None),  # told, but not rewritten
    ],
)
def test_numbers_in_the_order_of_torch(line: str, meant: str | None) -> None:
    (found,) = (each for each in check_source(Source("<line>", line)).findings if each.code == "S205")
    assert (found.fix is not None) == (meant is not None)
    if found.fix is not None and meant is not None:
        (edit,) = found.fix.edits
        assert edit.text == meant and not found.fix.safe
        mended = line[: edit.mark.start] + edit.text + line[edit.mark.end :]
        assert api.analyse(mended).outputs
        assert not messages(mended, "S205")


@pytest.mark.parametrize(
    "line",
    [
        "64x32x32 | conv 64 11 4 | relu",  # AlexNet's and DQN's windows
        "32x84x84 | conv 32 8 4 | relu",
        "64x32x32 | conv 64 7 2 p3 | relu",
        "16x32x32 | conv 16 16 16 | relu",  # patches
        "3x32x32 | conv 3 k16 /3 | relu",  # named, so meant
        "4x32x32 | conv 3 16 3 | relu",  # other channels flow in
        "64x32x32 | conv 64 3 3 | relu",
    ],
)
def test_unusual_windows_that_are_meant(line: str) -> None:
    assert not messages(line, "S205")
