"""The whole promise in a page: a text goes in, exact figures with their arithmetic come out."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cnncalc


def test_a_line_becomes_figures_with_their_arithmetic() -> None:
    report = cnncalc.analyse("3x227x227 | conv 96 11x11 /4 | relu | maxpool 3x3 /2")
    conv, _, pool = report.rows
    assert conv.output == (96, 55, 55)
    assert conv.formulas["output"] == "(227 - 11 + 2*0)/4 + 1 = 55"
    assert conv.formulas["params"] == "(11*11*3)*96 + 96 = 34,944"
    assert conv.macs == 105_415_200
    assert pool.output == (96, 27, 27)
    assert pool.receptive_field[0].size == 19
    assert report.totals.params == 34_944


def test_a_bundled_network_by_name() -> None:
    report = cnncalc.analyse("alexnet")
    assert report.totals.params == 62_378_344
    assert report.find("pool5").output == (256, 6, 6)  # type: ignore[union-attr]
    assert report.diagnostics == []


def test_a_fault_has_its_place_its_arithmetic_and_a_way_out() -> None:
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.analyse(cnncalc.parse("input: 3x32x32\nlayers:\n  c: conv 64 99\n", "net.yaml"))
    fault = caught.value.diagnostics[0]
    assert (fault.code, fault.name) == ("S103", "kernel-too-large")
    assert fault.mark is not None
    assert (fault.mark.line, fault.mark.column) == (3, 6)
    assert fault.label == "32 - 99 + 2*0 = -67 is negative"
    assert "pad=34" in fault.help[0]


def test_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", "summarize", "alexnet"], capture_output=True, text=True, check=True
    )
    assert "62,378,344" in done.stdout
    assert "\x1b" not in done.stdout


def test_notebooks_see_a_table() -> None:
    html = cnncalc.analyse("1x32x32 | conv 6 5x5 | fc 10")._repr_html_()
    assert html.startswith("<div>")
    assert "<td" in html
    assert "6x28x28" in html
