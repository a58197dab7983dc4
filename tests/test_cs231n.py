"""``summarize --style cs231n``: the table of VGG-16 in Stanford's CS231n notes, row by row, and every other network."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result

from cnncalc import api, library
from cnncalc.cli._group import group
from cnncalc.render import cs231n

NOTES = """
INPUT: [224x224x3] 224*224*3=150K 0
CONV3-64: [224x224x64] 224*224*64=3.2M (3*3*3)*64 = 1,728
CONV3-64: [224x224x64] 224*224*64=3.2M (3*3*64)*64 = 36,864
POOL2: [112x112x64] 112*112*64=800K 0
CONV3-128: [112x112x128] 112*112*128=1.6M (3*3*64)*128 = 73,728
CONV3-128: [112x112x128] 112*112*128=1.6M (3*3*128)*128 = 147,456
POOL2: [56x56x128] 56*56*128=400K 0
CONV3-256: [56x56x256] 56*56*256=800K (3*3*128)*256 = 294,912
CONV3-256: [56x56x256] 56*56*256=800K (3*3*256)*256 = 589,824
CONV3-256: [56x56x256] 56*56*256=800K (3*3*256)*256 = 589,824
POOL2: [28x28x256] 28*28*256=200K 0
CONV3-512: [28x28x512] 28*28*512=400K (3*3*256)*512 = 1,179,648
CONV3-512: [28x28x512] 28*28*512=400K (3*3*512)*512 = 2,359,296
CONV3-512: [28x28x512] 28*28*512=400K (3*3*512)*512 = 2,359,296
POOL2: [14x14x512] 14*14*512=100K 0
CONV3-512: [14x14x512] 14*14*512=100K (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] 14*14*512=100K (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] 14*14*512=100K (3*3*512)*512 = 2,359,296
POOL2: [7x7x512] 7*7*512=25K 0
FC: [1x1x4096] 4096 7*7*512*4096 = 102,760,448
FC: [1x1x4096] 4096 4096*4096 = 16,777,216
FC: [1x1x1000] 1000 4096*1000 = 4,096,000
"""
"""The notes' rows; only their total of the memory, 24M * 4 bytes ~= 93MB, is not the sum of its column."""

ROW = re.compile(r"(\S+: \[[\dx]+\])  memory: (\S+)   params: (.+)")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["summarize", *arguments, "--style", "cs231n"])


def lines(text: str) -> list[str]:
    return cs231n.text(api.analyse(api.parse(text)), 80).splitlines()


def test_the_table_of_the_notes() -> None:
    shown = run("vgg16").stdout.splitlines()
    rows = [found for found in map(ROW.fullmatch, shown) if found]
    assert [" ".join(found.groups()) for found in rows] == NOTES.strip().splitlines()
    memory, params = shown[len(rows) : len(rows) + 2]
    assert memory.startswith("TOTAL memory: 15.2M * 4 bytes = 58.1 MiB (61.0 MB) / image")
    assert params == "TOTAL params: 138M = 138,344,128 weights, 138,357,544 with the biases"


def test_the_total_is_the_sum_of_the_column() -> None:
    """By the products that the notes themselves print, not by our figures."""
    products = [line.split()[2].partition("=")[0] for line in NOTES.strip().splitlines()]
    total = sum(cs231n.prod(map(int, each.split("*"))) for each in products)
    assert total == 15_237_608 and round(total * 4 / 2**20) == 58


@pytest.mark.parametrize("name", [name for name in library.names() if not name.startswith(("regnet", "efficient"))])
def test_every_network_has_such_a_table(name: str) -> None:
    for report in api.analyse_all(api.load(name)):
        shown = cs231n.text(report, 80).splitlines()
        rows = [found for found in map(ROW.fullmatch, shown) if found]
        total = next(line for line in shown if line.startswith("TOTAL params"))
        counts = [int(found[3].split()[-1].replace(",", "")) for found in rows if "those of" not in found[3]]
        weights = int(total.split(" = ")[1].split()[0].replace(",", ""))
        biases = sum(
            each.count
            for row in report.rows
            for each in row.parameters
            if each.name == "bias" and row.kind in ("conv", "dwconv", "deconv", "local", "fc") and not row.weights_of
        )
        assert sum(counts) == weights == report.totals.params - biases


@pytest.mark.parametrize(
    "text, row",
    [
        ("3x8x8 | conv 4 1x3", "CONV1x3-4: [8x6x4]  memory: 8*6*4=192   params: (1*3*3)*4 = 36"),
        ("4x8x8 | conv 8 3 g2 nobias", "CONV3-8: [6x6x8]  memory: 6*6*8=288   params: (3*3*2)*8 = 144"),
        ("4x8x8 | dwconv 3 p1", "DWCONV3-4: [8x8x4]  memory: 8*8*4=256   params: (3*3*1)*4 = 36"),
        ("4x8x8 | deconv 2 2 /2", "DECONV2-2: [16x16x2]  memory: 16*16*2=512   params: (2*2*4)*2 = 32"),
        ("4x8x8 | local 2 3", "LOCAL3-2: [6x6x2]  memory: 6*6*2=72   params: 2*6*6*4*3*3 = 2,592"),
        ("4x8x8 | bn", "BN: [8x8x4]  memory: 8*8*4=256   params: 2*4 = 8"),
        ("4x8x8 | bn frozen", "BN: [8x8x4]  memory: 8*8*4=256   params: 0"),
        ("4x8x8 | avgpool", "AVGPOOL2: [4x4x4]  memory: 4*4*4=64   params: 0"),
        ("4x8x8 | gap", "GAP: [1x1x4]  memory: 1*1*4=4   params: 0"),
        ("7 | fc 10", "FC: [1x1x10]  memory: 10   params: 7*10 = 70"),
        ("3x16x16x16 | conv 4 3 p1", "CONV3-4: [16x16x16x4]  memory: 16*16*16*4=16K   params: (3*3*3*3)*4 = 324"),
    ],
)
def test_rows_of_other_layers(text: str, row: str) -> None:
    assert lines(text)[1] == row


def test_shared_weights_count_once() -> None:
    text = "input: 3x8x8\nshared: {s(): conv 3 3 p1}\nlayers: [s, s]"
    assert lines(text)[2].endswith("params: 0 (those of s1.conv)")
    assert "81 weights, 84 with" in lines(text)[4]


@pytest.mark.parametrize(
    "value, digits, found",
    [
        (999, 2, "999"),
        (1000, 2, "1K"),
        (9_192, 2, "9.2K"),
        (999_999, 2, "1M"),
        (150_528, 2, "150K"),
        (802_816, 2, "800K"),
        (15_237_608, 3, "15.2M"),
        (138_344_128, 3, "138M"),
        (99_960, 3, "100K"),
    ],
)
def test_rough_figures(value: int, digits: int, found: str) -> None:
    assert cs231n.rough(value, digits) == found


@pytest.mark.parametrize("other", [["--batch", "2"], ["--format", "json"], ["--depth", "1"], ["--columns", "name"]])
def test_what_the_notes_do_not_know(other: list[str]) -> None:
    result = run("vgg16", *other)
    assert result.exit_code == 2 and "--style cs231n" in result.stderr


def test_several_networks_and_faults() -> None:
    result = run("dcgan", "3x8x8 | conv 4 9")
    assert result.exit_code == 2 and "S103" in result.stderr
    assert [line for line in result.stdout.splitlines() if line.startswith("DCGAN")] == [
        "DCGAN.generator", "DCGAN.discriminator",
    ]  # fmt: skip
