"""The edits that fixes are made of: exact in every form a layer is written in, and refused where they cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cnncalc.errors import Edit
from cnncalc.linting.check import check_source
from cnncalc.linting.fixing import edited
from cnncalc.rules import _edits as edits
from cnncalc.rules._subject import Site, Subject
from cnncalc.source import Source

Made = Callable[[Site], tuple[Edit, ...]]


def subject_of(text: str) -> Subject:
    found = check_source(Source("net.yaml" if "input:" in text else "<line>", text))
    assert found.subject is not None and found.loads, [str(each) for each in found.findings]
    return found.subject


def after(text: str, word: str, made: Made) -> str | None:
    """The text with the edits of its first site of this word; None where there are none.  It still loads."""
    subject = subject_of(text)
    found = made(subject.sites(word)[0])
    if not found:
        return None
    new = edited(text, found)
    subject_of(new)
    return new


def lines(*phrases: str) -> str:
    return "\n".join(["input: 3x8x8", "layers:", *(f"  {each}" for each in phrases), ""])


def nobias(site: Site) -> tuple[Edit, ...]:
    return edits.set_option(site, "bias", "nobias", "false")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3x8x8 | conv 4 3 p1 | bn", "3x8x8 | conv 4 3 p1 nobias | bn"),
        ("3x8x8 | conv(4, 3, pad=1) | bn", "3x8x8 | conv(4, 3, pad=1 nobias) | bn"),
        ("3x8x8 | conv(4 3) => 4x6x6 | bn", "3x8x8 | conv(4 3 nobias) => 4x6x6 | bn"),
        ("3x8x8 | conv3-4 | bn", "3x8x8 | conv3-4 nobias | bn"),
        ("3x8x8 | conv 4 3 bias | bn", "3x8x8 | conv 4 3 nobias | bn"),
        ("3x8x8 | conv 4 3 bias=true p1 | bn", "3x8x8 | conv 4 3 nobias p1 | bn"),
        ("3x8x8 | conv 4 3 bias true p1 | bn", "3x8x8 | conv 4 3 nobias p1 | bn"),
        (lines("a: conv 4 3 as u | bn"), lines("a: conv 4 3 nobias as u | bn")),
        (lines("a: conv 4 3 if C > 2 else id"), lines("a: conv 4 3 nobias if C > 2 else id")),
        (lines("a: 'conv 4 3 | bn'"), lines("a: 'conv 4 3 nobias | bn'")),
        (lines("a: add(conv 4 3, conv 4 3)"), lines("a: add(conv 4 3 nobias, conv 4 3)")),
        (lines("a: {op: conv, channels: 4, kernel: 3}"), lines("a: {op: conv, channels: 4, kernel: 3, bias: false}")),
        (
            lines("a: {op: conv, bias: true, channels: 4, kernel: 3}"),
            lines("a: {op: conv, bias: false, channels: 4, kernel: 3}"),
        ),
        (
            lines("a:", "  op: conv", "  channels: 4", "  kernel: 3", "b: bn"),
            lines("a:", "  op: conv", "  channels: 4", "  kernel: 3", "  bias: false", "b: bn"),
        ),
        (
            lines("- op: conv", "  channels: 4", "  kernel: 3  # why", "- bn"),
            lines("- op: conv", "  channels: 4", "  bias: false", "  kernel: 3  # why", "- bn"),
        ),
        (lines('a: "conv 4\\x203 | bn"'), None),
    ],
)
def test_set_option(text: str, expected: str | None) -> None:
    assert after(text, "conv", nobias) == expected


def test_what_the_defaults_say_counts_for_less() -> None:
    text = "input: 3x8x8\ndefaults: {conv: bias}\nlayers:\n  a: conv 4 3\n"
    new = after(text, "conv", nobias)
    assert new == text.replace("conv 4 3", "conv 4 3 nobias")
    assert subject_of(new).views[0].report.totals.params == 4 * 3 * 9


def test_an_option_that_the_word_gives_cannot_be_replaced() -> None:
    assert after("3x8x8 | conv3-4", "conv", lambda site: edits.set_option(site, "pad", "p0", "0")) is None


@pytest.mark.parametrize(
    ("phrase", "field", "expected"),
    [
        ("conv 4 3 p1 nobias", "pad", "conv 4 3 nobias"),
        ("conv 4 3 nobias", "bias", "conv 4 3"),
        ("conv(4, 3, pad=1, nobias)", "pad", "conv(4, 3, nobias)"),
        ("conv(pad=1, channels=4, kernel=3)", "pad", "conv(channels=4, kernel=3)"),
        ("conv 4 3 stride 2 p1", "stride", "conv 4 3 p1"),
        ("conv 4 3 /2 p1", "stride", "conv 4 3 p1"),
        ("conv 4 3", "pad", None),
        ("conv3-4 nobias", "pad", None),
    ],
)
def test_remove_option(phrase: str, field: str, expected: str | None) -> None:
    made = after(f"3x8x8 | {phrase}", "conv", lambda site: edits.remove_option(site, field))
    assert made == (None if expected is None else f"3x8x8 | {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3x8x8 | conv 4 3 | relu | bn", "3x8x8 | conv 4 3 | bn"),
        ("3x8x8 | conv 4 3 -> relu", "3x8x8 | conv 4 3"),
        ("3x8x8 | conv 4 3 | (relu | bn)*2", "3x8x8 | conv 4 3 | (bn)*2"),
        ("3x8x8 | conv 4 3 | relu as u | bn", None),
        ("3x8x8 | conv 4 3 | add(relu, id)", None),
        (lines("a: conv 4 3", "b: relu", "c: bn"), lines("a: conv 4 3", "c: bn")),
        (lines("- conv 4 3", "- relu", "- bn"), lines("- conv 4 3", "- bn")),
        (lines("a: conv 4 3", "b: relu  # why", "c: bn"), None),
        (lines("a: conv 4 3", "b: relu", "c: bn | add(id, b)"), None),
        (lines("a: conv 4 3", "b: relu", "bb: bn", "# of b"), lines("a: conv 4 3", "bb: bn", "# of b")),
        (lines("a: conv 4 3", "b.0: relu", "c: bn"), lines("a: conv 4 3", "c: bn")),
        (lines("a: conv 4 3", "b: relu", "c: bn") + "expect: {b: 4x6x6}\n", None),
        (lines("a: conv 4 3", "c: bn", "b: relu"), None),
        ("3x8x8 | conv 4 3; relu; bn", None),
        ("3x8x8 | conv 4 3 # why\n | relu | bn", None),
    ],
)
def test_remove_step(text: str, expected: str | None) -> None:
    assert after(text, "relu", edits.remove_step) == expected


def test_insert() -> None:
    text = "3x8x8 | conv 4 3 as u | bn"
    assert after(text, "conv", lambda site: edits.insert_after(site, "relu")) == "3x8x8 | conv 4 3 as u | relu | bn"
    assert after(text, "bn", lambda site: edits.insert_before(site, "relu")) == "3x8x8 | conv 4 3 as u | relu | bn"


def test_replace() -> None:
    assert (
        after("3x8x8 | maxpool 2", "maxpool", lambda site: edits.replace_word(site, "avgpool")) == "3x8x8 | avgpool 2"
    )
    assert after("3x8x8 | lrelu 0.1", "lrelu", lambda site: edits.replace_call(site, "relu")) == "3x8x8 | relu"


def test_the_flattening_of_an_fc_is_no_step() -> None:
    site = subject_of("3x8x8 | fc 10").sites("flatten")[0]
    assert site.spot is None and edits.remove_step(site) == ()


def test_number_given() -> None:
    call = subject_of("3x8x8 | conv 4 5 p2 /2").sites("conv")[0].spot
    assert call is not None and call.call is not None
    assert [edits.number_given(call.call, each) for each in ("channels", "kernel", "pad", "stride", "groups")] == [
        4,
        5,
        2,
        2,
        None,
    ]


BLOCKS = """\
input: 3x8x8
params: {width: 4}
variants:
  wide: {width: 8}
blocks:
  twice(c): (conv c 3 p1 | bn)*2
layers:
  a: twice width
  b: twice 6
"""


def test_a_site_has_every_place_that_it_makes() -> None:
    subject = subject_of(BLOCKS)
    (site,) = subject.sites("conv")
    assert [(place.view.variant, place.output[0]) for place in site.places] == [
        (None, 4), (None, 4), (None, 6), (None, 6), ("wide", 8), ("wide", 8), ("wide", 6), ("wide", 6),
    ]  # fmt: skip
    told = site.finding("something")
    assert told.notes == ("the same for 3 more layers made here",)
    assert [str(each.mark) for each in told.related] == ["net.yaml:8:6"]
    only_wide = site.finding("something", places=[each for each in site.places if each.view.variant])
    assert only_wide.notes[-1] == "in variant wide"


def test_a_view_walks_over_what_is_in_between() -> None:
    subject = subject_of("3x8x8 | conv 4 3 | dropout | relu | add(bn, id)")
    (view,) = subject.views
    conv, dropout, relu = view.graph.layers[:3]
    assert view.after(conv) is dropout and view.after(conv, through=("dropout",)) is relu
    assert view.before(relu, through=("dropout",)) is conv
    assert view.after(relu) is None and len(view.consumers(relu)) == 2
    assert view.is_output(view.graph.nodes[-1]) and not view.is_output(conv)
    assert [each.kind for each in view.ancestors(relu)] == ["dropout", "conv", "input"]


def test_comments_lie_outside_of_scalars() -> None:
    text = "# one\ninput: 3x8x8  # two\nlayers:\n  a: 'conv 4 3 # no'\n  b: relu\n".replace(" # no", "")
    subject = subject_of(text)
    assert [(each.text, each.alone) for each in subject.comments] == [("one", True), ("two", False)]
    assert all(text[each.mark.start] == "#" for each in subject.comments)
