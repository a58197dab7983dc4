"""torchvision's CNNs under torchvision's names: every layer's output and parameters as torchvision builds it, totals as
it publishes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnncalc import api, library
from cnncalc.api import Report
from cnncalc.shape import show

DATA = Path(__file__).parent / "data"
PUBLISHED = json.loads((DATA / "torchvision_published.json").read_text("utf-8"))["networks"]
BUILT = json.loads((DATA / "torchvision_layers.json").read_text("utf-8"))["networks"]

KINDS = {"dwconv": "conv"}
"""torch has one word for both."""


def analysed(network: str, size: str | int, only: str | None = None) -> Report:
    return api.analyse(api.load(network, input=f"3x{size}x{size}"), only=only)


def spread(layers: list[Any]) -> Iterator[str]:
    for each in layers:
        if isinstance(each, str):
            yield each
        else:
            times, repeated = each
            yield from [*spread(repeated)] * times


def ours(report: Report) -> list[str]:
    """The rows with parameters as the file tells torchvision's: kind, output, parameters."""
    return [
        f"{KINDS.get(row.kind, row.kind)} {show(row.output)} {'+'.join(show(each.shape) for each in row.parameters)}"
        for row in report.rows
        if row.params
    ]


def test_all_are_bundled() -> None:
    assert {*PUBLISHED} == {*BUILT} <= {*library.names()}


@pytest.mark.parametrize("name", BUILT)
def test_every_layer_is_torchvisions(name: str) -> None:
    built = BUILT[name]
    report = analysed(name, built["size"])
    assert ours(report) == [*spread(built["layers"])]
    totals = report.totals
    assert [totals.params, totals.buffers, totals.macs] == [built["params"], built["buffers"], built["macs"]]


@pytest.mark.parametrize("name, size", [(name, size) for name, each in PUBLISHED.items() for size in each["gflops"]])
def test_totals_are_those_that_torchvision_publishes(name: str, size: str) -> None:
    told = PUBLISHED[name]
    assert analysed(name, size, told.get("params_of")).totals.params == told["params"]
    assert round(analysed(name, size, told.get("macs_of")).totals.macs / 10**9, 3) == told["gflops"][size]


def test_a_stride_in_the_wrong_convolution_is_found() -> None:
    """The parameters would be the same: ResNet-50 as the paper has it, not as torchvision."""
    text = Path(library.names()["resnet50"].path).read_text("utf-8")
    right, wrong = "conv inner 1 | bn | relu | conv inner 3 /stride", "conv inner 1 /stride | bn | relu | conv inner 3"
    assert text.count(right) == 1
    built = BUILT["resnet50"]
    report = api.analyse(api.parse(text.replace(right, wrong), input="3x224x224"))
    assert report.totals.params == built["params"]
    found, wanted = ours(report), [*spread(built["layers"])]
    assert len(found) == len(wanted)
    assert found != wanted
