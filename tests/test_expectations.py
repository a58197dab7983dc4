"""Every figure that may be expected, of a network and of a line, beside figures worked out by hand."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.errors import SpecError

LAYERS = "input: 3x8x8\nlayers:\n  a: conv 4 3\n  b: bn | relu\n  c: fc 2\n"
MAPS = 4 * 6 * 6
CONV = 4 * 3 * 3 * 3
FC = MAPS * 2

FIGURES: dict[str, int] = {
    "params": CONV + 4 + 8 + FC + 2,
    "total.params": CONV + 4 + 8 + FC + 2,
    "trainable": CONV + 4 + 8 + FC + 2,
    "weights": CONV + 4 + FC,  # the norm's scale is a weight, too
    "buffers": 4 + 4 + 1,
    "macs": CONV * 36 + FC,
    "flops": 2 * (CONV * 36 + FC),
    "layers": 5,  # with the flatten in front of the fc
    "memory": 4 * (3 * MAPS + 2),
    "receptive_field": 8,
    "a.params": CONV + 4,
    "a.trainable": CONV + 4,
    "a.weights": CONV,
    "a.macs": CONV * 36,
    "a.flops": 2 * CONV * 36,
    "a.receptive_field": 3,
    "b.buffers": 9,
    "b.layers": 2,
    "b.memory": 4 * 2 * MAPS,
}
SHAPES = {"a": "4x6x6", "a.output": "4x6x6", "b.relu": "4x6x6", "output": "2", "c": "2"}


def expecting(**claims: object) -> list[tuple[str, str]]:
    text = f"{LAYERS}expect:\n" + "".join(f"  {name}: {value}\n" for name, value in claims.items())
    try:
        report = cnncalc.analyse(cnncalc.parse(text))
    except SpecError as error:
        return [(each.code, each.message) for each in error.diagnostics]
    return [(each.code, each.message) for each in report.diagnostics]


def test_what_is_right() -> None:
    assert expecting(**FIGURES, **SHAPES) == []


@pytest.mark.parametrize("said", ["1736 B", "1736B", "1.7 KiB", "1,736", "1.74 kB"])
def test_bytes_are_no_billions(said: str) -> None:
    assert expecting(memory=f"'{said}'") == []
    assert [code for code, _ in expecting(macs="'4176 B'")] == ["E101"]


@pytest.mark.parametrize(("name", "figure"), FIGURES.items())
def test_a_figure_that_is_not(name: str, figure: int) -> None:
    wanted = f"expected {name} to be {figure + 1}, but it is {figure:,}"
    assert expecting(**{name: figure + 1}) == [("E101", wanted)]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        (100, "(+12, +12.00 %)"),
        (1_000, "(-888, -88.80 %)"),
        (12, "(+100, +833.33 %)"),
        (3, "(+109, 37.33 times)"),
        (1, "(+111, 112 times)"),
        ("1.5e2", ""),
        (0, "(+112)"),
    ],
)
def test_how_far_off_a_figure_is(said: object, label: str) -> None:
    """112 parameters; nothing is told of a rounded figure."""
    (found,) = cnncalc.analyse(
        cnncalc.parse(f"input: 3x8x8\nlayers: {{a: conv 4 3}}\nexpect: {{params: {said}}}")
    ).diagnostics
    assert found.label == label


def test_no_field_behind_a_vector() -> None:
    """The name is known; it is the figure that there is none of."""
    text = "input: 10\nlayers: {a: fc 3}\nexpect: {receptive_field: 5, a.receptive_field: 3}"
    found = [each.message for each in cnncalc.analyse(cnncalc.parse(text)).diagnostics]
    assert found == [f"{each} has no receptive_field: a vector flows in" for each in ("the network", "a")]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("a", "4x6x7", "E101"),
        ("a.output", "5x6x6", "E101"),
        ("output", "3", "E101"),
        ("zz", "3", "E103"),
        ("zz.params", "3", "E103"),
        ("a.params", "many", "E103"),
        ("a", "many", "E103"),
        ("a", "[]", "E103"),
    ],
)
def test_what_cannot_be(name: str, value: str, code: str) -> None:
    assert [found for found, _ in expecting(**{name: value})] == [code]
