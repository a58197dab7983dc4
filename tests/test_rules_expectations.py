"""Expected figures and figures in comments: what is told, what is left alone, and what the fixes write."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import api
from cnncalc.errors import Diagnostic
from cnncalc.linting.check import check_source
from cnncalc.linting.fixing import Fixed, fix
from cnncalc.linting.settings import Settings
from cnncalc.rules._prose import Count, Sizes, Sum, claims_in, holds
from cnncalc.source import Source

ROOT = Path(__file__).parent.parent
COMMENTS = Settings(select=("E201",))

ALEXNET = """\
{head}
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4 | relu   # {line}
  pool1: maxpool 3x3 /2
expect:
  conv1.params: 34944   # {expect}
"""


def said(head: str = "AlexNet", line: str = "the first", expect: str = "by hand") -> list[str]:
    text = ALEXNET.format(head=f"# {head}", line=line, expect=expect)
    return [each.message for each in check_source(Source("net.yaml", text), COMMENTS).findings]


@pytest.mark.parametrize(
    "line",
    [
        "96x55x55",
        "96 × 55 × 55",
        "-> 96x55x55",
        "-> 55x55",
        "=> 227 x 227",
        "55x55x96",
        "3x227x227",
        "11x11x3x96",
        "96x55x55, 34,944 params",
        "34.9k params; 105M MACs",
        "105.4 M multiply-adds",
        "211 MFLOPs",
        "105M FLOPs",
        "(227 - 11)/4 + 1 = 55",
        "(227 - 11 + 2*0)/4 + 1 = 55",
        "(11*11*3)*96 + 96 = 34,944",
        "(224 - 11)/4 + 1 = 54.25 -> 54, which is why it is 227",
        "11*11*3",
        "the paper says 96x54x54",
        "96x54x54 without padding",
        "34,000 params, all in all",
        "5x5",
        "2012",
        "table 1",
        "3/2 = 1",
        "1",
    ],
)
def test_right_comments_and_prose_are_left_alone(line: str) -> None:
    assert said(line=line) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("96x54x54", "the comment says 96x54x54, but conv1 makes 96x55x55"),
        ("-> 54x54", "the comment says 54x54, but conv1 makes 96x55x55"),
        ("=> 96x54x54.", "the comment says 96x54x54, but conv1 makes 96x55x55"),
        ("34,943 params", "the comment says 34,943 params, but conv1 has 34,944"),
        ("35.0k params", "the comment says 35.0k params, but conv1 has 34,944"),
        ("96x55x55, 106M MACs", "the comment says 106M MACs, but conv1 has 105,415,200"),
        ("(227 - 11)/4 + 1 = 54", "the comment says 54, but this is 55"),
        ("(224 - 11)/4 + 1 = 54", "the comment works out 54, but conv1 makes 96x55x55"),
        ("(11*11*3)*96 + 96 = 34,954", "the comment says 34954, but this is 34944"),
    ],
)
def test_wrong_comments_on_a_line(line: str, message: str) -> None:
    assert said(line=line) == [message]


def test_a_volume_may_be_told_without_its_channels() -> None:
    text = "input: 1x8x8x8\nlayers:\n  a: conv 16 3 p1  # 8x8x8\n  b: conv 16 3 p1  # 8x8x9\n"
    found = check_source(Source("net.yaml", text), COMMENTS).findings
    assert [each.message for each in found] == ["the comment says 8x8x9, but b makes 16x8x8x8"]


def test_comments_at_the_top_are_about_the_whole() -> None:
    assert said(head="34.9k params, 105M MACs") == []
    assert said(head="96x54x54") == [], "the shape of what?"
    assert said(head="35M params") == ["the comment says 35M params, but they are 34,944"]


def test_comments_behind_expected_figures() -> None:
    assert said(expect="(11*11*3)*96 + 96") == []
    assert said(expect="(11*11*3)*96") == ["the comment works out 34848, but conv1.params is 34,944"]
    assert said(expect="(11*11*3)*96, without the bias") == []


def test_a_variant_or_the_sum_of_the_nets_may_be_meant() -> None:
    nets = "# {}\nnets:\n  a: {{input: 3x8x8, layers: conv 4 3}}\n  b: {{input: a, layers: conv 4 3}}\n"
    for figure, count in (("112 params", 0), ("260 params", 0), ("261 params", 1)):
        assert len(check_source(Source("net.yaml", nets.format(figure)), COMMENTS).findings) == count
    wide = "# {}\nparams: {{n: 4}}\nvariants: {{wide: {{n: 8}}}}\ninput: 3x8x8\nlayers: conv n 3\n"
    for figure, count in (("112 params", 0), ("224 params", 0), ("225 params", 1)):
        assert len(check_source(Source("net.yaml", wide.format(figure)), COMMENTS).findings) == count


def test_comments_of_the_bundled_networks_are_read_and_hold() -> None:
    read = 0
    for path in sorted((ROOT / "architectures").glob("*.yaml")):
        checked = check_source(api.load(str(path)).source, COMMENTS)
        assert not checked.findings, path.name
        assert checked.subject is not None
        read += sum(len(claims_in(each.text)) for each in checked.subject.comments)
    assert read >= 10


def test_what_is_read_of_a_comment() -> None:
    count, sizes = claims_in("25.6 million parameters, 96x55x55")
    assert isinstance(count, Count) and count.figure.value == 25_600_000
    assert isinstance(sizes, Sizes) and sizes.shape == (96, 55, 55)
    (total,) = claims_in("(224 - 11)/4 + 1 = 54.25 -> 54")
    assert isinstance(total, Sum) and total.window and holds(total)
    assert claims_in("10**9 = 1") == claims_in("1/0 = 1") == claims_in("(" * 150 + "1") == ()


def fixed(text: str, unsafe: bool, select: tuple[str, ...] = ("E",)) -> Fixed:
    return fix(Source("net.yaml", text), Settings(select=select), unsafe)


WRONG = """\
params: {n: 4}
variants: {wide: {n: 8, expect: {params: 225}}}
input: 3x8x8
layers:
  a: conv n 3 => 4x5x5 | relu
expect: {a: [4, 7, 7], params: "113", a.macs: 4.1k}
"""

RIGHT = """\
params: {n: 4}
variants: {wide: {n: 8, expect: {params: 224}}}
input: 3x8x8
layers:
  a: conv n 3 => 4x6x6 | relu
expect: {a: 4x6x6, params: 112, a.macs: 3888}
"""


def test_wrong_expectations_are_mended_only_when_it_is_asked_for() -> None:
    assert fixed(WRONG, unsafe=False, select=("E1",)).source.text == WRONG
    after = fixed(WRONG, unsafe=True, select=("E1",))
    assert after.source.text == RIGHT
    left = [(each.code, each.notes) for each in after.checked.findings]
    assert left == [("E102", ("conv: (8 - 3 + 2*0)/1 + 1 = 6", "in variant wide"))], "a claim for one variant only"


def test_a_claim_with_several_values_is_not_mended() -> None:
    for body in ("(conv 4 3 => 4x5x5)*2", "conv 4 3 => 4xC+1x5", "twice"):
        text = f"blocks: {{twice(): conv 4 3 => 4x5x5}}\ninput: 3x8x8\nlayers:\n  a: {body}\n  b: twice\n"
        assert fixed(text, unsafe=True, select=("E1",)).source.text == text


def test_figures_are_made_exact_and_written_down() -> None:
    text = RIGHT.replace("params: 224", "params: 0.2k").replace("params: 112", "params: 0.1k")
    assert fixed(text, unsafe=False, select=("E203",)).source.text == RIGHT
    bare = "input: 3x8x8\r\nlayers: conv 4 3"
    expected = bare + "\r\nexpect:\r\n  params: 112\r\n  macs: 3888\r\n"
    assert fixed(bare, unsafe=False, select=("E202",)).source.text == expected


def findings(text: str, *select: str) -> list[Diagnostic]:
    return list(check_source(Source("net.yaml", text), Settings(select=select)).findings)


def test_a_file_with_any_expectation_is_not_told_of() -> None:
    bare = "input: 3x8x8\nlayers: {a: conv 4 3}\n"
    assert len(findings(bare, "E202")) == 1
    assert not findings(bare.replace("conv 4 3", "conv 4 3 => 4x6x6"), "E202")
    assert not findings(bare + "variants: {v: {expect: {params: 112}}}\n", "E202")
    assert not findings("nets: {g: {input: 3x8x8, layers: conv 4 3, expect: {params: 112}}}\n", "E202")
    assert len(findings("nets: {g: {input: 3x8x8, layers: conv 4 3}}\n", "E202")) == 1
