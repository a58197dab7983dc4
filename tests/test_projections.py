"""The projection that a message says to paste makes the two shapes equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import api
from cnncalc.errors import SpecError
from cnncalc.layers.merge import projection, ways_to_add
from cnncalc.shape import Shape, show

SIZES = st.integers(1, 40)
MAPS = st.tuples(st.integers(1, 8), SIZES, SIZES)


@given(MAPS, MAPS)
def test_what_is_pasted_makes_the_shape(was: Shape, wanted: Shape) -> None:
    project = projection(was, wanted)
    if project is not None:
        assert api.analyse(api.parse(f"{show(was)} | {project}")).outputs[0][1] == wanted
    else:
        assert not [
            stride for stride in range(1, 41) if tuple((size - 1) // stride + 1 for size in was[1:]) == wanted[1:]
        ], "there is one after all"


def refused(line: str) -> str:
    with pytest.raises(SpecError) as error:
        api.analyse(api.parse(line))
    (found,) = error.value.diagnostics
    return " ".join(found.help)


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("3x32x32 | conv 8 3 p1 | add(id, conv 16 3 p1 /2)", "project the branch of 8x32x32: `| conv 16 1 /2` makes"),
        ("3x32x32 | conv 8 3 p1 | add(conv 16 3 p1, id)", "project the branch of 16x32x32: `| conv 8 1` makes"),
        ("3x32x32 | conv 8 3 p1 | add(conv 16 3 p1 /2, id)", "project the branch of 8x32x32: `| conv 16 1 /2` makes"),
        ("100 | add(id, fc 10)", "project the branch of 100: `| fc 10` makes 10 of it"),
        ("8x4x6 | add(id, gap)", "stretch the branch of 8x1x1: `| upsample to=4x6` makes 8x4x6 of it"),
        ("8x4x6 | add(gap, id)", "stretch the branch of 8x1x1: `| upsample to=4x6` makes 8x4x6 of it"),
        ("3x8x8 | add(id, fc 10)", "flatten all of them, or none"),
        ("3x32x32 | add(conv 16 3, conv 16 5)", "or cut the larger maps with `| crop 28x28`"),
        ("3x32x32 | add(conv 8 3, conv 16 5)", "`| crop 28x28`, and give both 16 channels"),
        ("100 | residual(fc 10)", "project it: residual(..., project = fc 10)"),
        ("3x32x32 | residual(conv 8 3 /2 p1)", "project it: residual(..., project = conv 8 1 /2)"),
        ("3x32x32 | residual(conv 8 3)", "pad the body so that it keeps the size (`half` does at stride 1)"),
    ],
)
def test_the_help_of_a_mismatch(line: str, help: str) -> None:
    assert help in refused(line)


def test_crop_and_channels_are_both_needed() -> None:
    assert ways_to_add((8, 30, 30), (16, 28, 28)).endswith("and give both 16 channels")


def test_what_is_stretched_has_the_shape() -> None:
    assert api.analyse(api.parse("8x4x6 | add(id, gap | upsample to=4x6)")).outputs[0][1] == (8, 4, 6)
