"""The totals as other tools count them: equal to what the tools were measured to print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cnncalc import api
from cnncalc.analysis.counting import TOOLS, as_tool
from cnncalc.analysis.counting.tools import OWN_CLASSES
from cnncalc.analysis.counting.totals import differences
from cnncalc.analysis.counting.use import use_of
from cnncalc.analysis.report import Report
from cnncalc.cli._group import group
from cnncalc.cli.summarize import TOOL_NAMES

DATA = json.loads((Path(__file__).parent / "data" / "other_tools.json").read_text("utf-8"))


def analysed(text: str, batch: int = 1) -> Report:
    if "\n" in text:
        return api.analyse(api.parse(text), batch=batch)
    if "|" in text:
        return api.analyse(text, batch=batch)
    name, _, net = text.partition(":")
    return api.analyse(name, batch=batch, net=net or None)


def totals(report: Report, tool: str) -> list[Any]:
    found = as_tool(report, tool)
    if tool == "torchvision" and found.operations is not None:
        return [found.params, round(found.operations / 10**9, 3)]
    return [found.params, found.operations]


def shown(entry: dict[str, Any]) -> str:
    return str(entry.get("made", entry["network"]))[:40]


@pytest.mark.parametrize("entry", DATA["networks"], ids=shown)
def test_what_was_measured(entry: dict[str, Any]) -> None:
    report = analysed(entry["network"], entry["batch"])
    assert {tool: totals(report, tool) for tool in entry["figures"]} == entry["figures"]


@pytest.mark.parametrize("entry", DATA["apart"], ids=shown)
def test_what_is_apart_is_not_claimed(entry: dict[str, Any]) -> None:
    """Networks written in a way that a tool counts otherwise: if these agreed, the reason given would be wrong."""
    report = analysed(entry["network"], entry["batch"])
    for tool, figures in entry["figures"].items():
        assert totals(report, tool)[1] != figures[1]


def test_every_tool_was_measured() -> None:
    assert tuple(TOOLS) == TOOL_NAMES
    assert {tool for entry in DATA["networks"] for tool in entry["figures"]} == set(TOOLS)
    for name, tool in TOOLS.items():
        assert DATA["tools"][name]["version"].startswith(tool.version)


@pytest.mark.parametrize("name", TOOLS)
def test_every_class_with_a_rule_was_measured(name: str) -> None:
    seen = set()
    for entry in DATA["networks"]:
        if name in entry["figures"]:
            report = analysed(entry["network"])
            seen |= {use_of(row.node, row.input_shapes, 1).name for row in report.rows}
    rules = TOOLS[name].rules or {}
    if name == "torchvision":  # counts what its script names, convolutions and products, and nothing else
        rules = {each: rules[each] for each in ("Conv", "Linear", "ChannelScale")}
    assert set(rules) <= seen


def test_resnet50() -> None:
    report = analysed("resnet50")
    found = as_tool(report, "fvcore")
    assert found == (
        "fvcore",
        "0.1.5",
        25_557_032,
        4_111_512_576,
        "flops",
        "our 4,089,184,256 MACs + 22,227,968 bn + 100,352 gap; "
        "one flop is one multiply-add; no bias; norms count, of poolings only adaptive averages over two axes",
    )
    keras = as_tool(report, "keras")
    assert (keras.params, keras.operations) == (25_557_032 + 53_120, None)
    assert "our 25,557,032 params + 53,120 bn; 26,560 more with the biases" in keras.note
    assert "the same as our MACs; published as 4.089 GFLOPS" in as_tool(report, "torchvision").note


def test_differences_in_short() -> None:
    more = {"a": 3, "b": -40, "c": 0, "d": 1000, "e": 2, "f": 5, "g": 1, "h": 7}
    assert differences("ours", more) == ["ours + 1,000 d - 40 b + 7 h + 5 f + 3 a + 3 others"]
    del more["e"]
    assert differences("ours", more) == ["ours + 1,000 d - 40 b + 7 h + 5 f + 3 a + 1 g"]
    assert differences("ours", {"c": 0}) == []


def test_stretched_transposed_convolutions() -> None:
    report = analysed("8x8x8 | deconv 4 2 /2")
    assert report.totals.macs == 8192
    assert [as_tool(report, tool).operations for tool in ("thop", "torchinfo", "fvcore")] == [32_768, 33_792, 8192]
    assert "transposed" in as_tool(report, "thop").note
    assert "transposed" not in as_tool(analysed("8x8x8 | conv 4 2 /2"), "thop").note


@pytest.mark.parametrize("step", ["local 4 3", "scale", "l2norm"])
@pytest.mark.parametrize("name", TOOLS)
def test_what_was_not_measured_is_refused_by_name(name: str, step: str) -> None:
    report = analysed(f"8x9x9 | conv 8 3 | {step} | relu")
    word = step.partition(" ")[0]
    assert {use_of(row.node, row.input_shapes, 1).name for row in report.rows} & OWN_CLASSES
    found = as_tool(report, name)
    if (name, word) == ("torchvision", "scale"):  # ConvNeXt has them
        assert found.operations == report.totals.macs
        return
    assert found.operations is None
    assert f"what it makes of {word} ({word}1) was not measured" in found.note
    assert (found.params is None) == (name in ("thop", "keras"))


def test_grouped_transposed_convolutions_in_keras() -> None:
    found = as_tool(analysed("8x9x9 | deconv 8 2 g2 | deconv 8 2 g4"), "keras")
    assert found.params is None
    assert "no total: what it makes of deconv (deconv1 and 1 more) was not measured" in found.note


def test_one_example_whatever_the_batch() -> None:
    one, many = (analysed("8x9x9 | conv 8 3 | relu", batch) for batch in (1, 7))
    for name, tool in TOOLS.items():
        if tool.rules is not None:
            factor = 1 if tool.per_example else 7
            assert as_tool(many, name).operations == factor * (as_tool(one, name).operations or 0)


# -- the command line --------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["summarize", *arguments])


def test_in_the_table() -> None:
    ran = run("resnet50", "--as", "fvcore")
    assert ran.exit_code == 0
    text = " ".join(ran.output.split())
    assert (
        "as fvcore 0.1.5: 25,557,032 params, 4,111,512,576 flops: our 4,089,184,256 MACs + 22,227,968 bn + 100,352 gap;"
        in text
    )
    assert all(len(line) <= 80 for line in ran.output.splitlines())
    assert "as keras 3.15: 25,610,152 params: our 25,557,032 params + 53,120 bn;" in " ".join(
        run("resnet50", "--as", "keras").output.split()
    )
    refused = " ".join(run("8x9x9 | local 4 3", "--as", "thop").output.split())
    assert "as thop 0.1.1: params not known, MACs not known: no total: what it makes of local (local1)" in refused


def test_in_json() -> None:
    ran = run("8x8x8 | deconv 4 2 /2", "--as", "thop", "--format", "json")
    (network,) = json.loads(ran.output)["networks"]
    note = network["as"].pop("note")
    assert note.startswith("our 8,192 MACs + 24,576 deconv; no bias;")
    assert network["as"] == {"tool": "thop", "version": "0.1.1", "params": 132, "operations": 32_768, "figure": "MACs"}
    ran = run("8x8x8 | local 4 3", "--as", "thop", "--format", "json")
    (network,) = json.loads(ran.output)["networks"]
    assert network["as"]["params"] is None and network["as"]["operations"] is None
    (network,) = json.loads(run("8x8x8 | relu", "--format", "json").output)["networks"]
    assert "as" not in network


@pytest.mark.parametrize("format_", ["csv", "markdown"])
def test_formats_without_totals_refuse(format_: str) -> None:
    refused = run("8 | fc 2", "--as", "thop", "--format", format_)
    assert refused.exit_code == 2
    assert f"--format {format_} has no place for it" in " ".join(refused.output.split())


def test_an_unknown_tool() -> None:
    ran = run("alexnet", "--as", "fvcor")
    assert ran.exit_code == 2
    text = " ".join(ran.output.split())
    assert "Invalid value for '--as': 'fvcor' is not one of 'torchinfo', 'fvcore'," in text
    assert text.endswith("Did you mean 'fvcore'?")
    assert run("alexnet", "--as", "Keras").exit_code == 0
    assert not run("alexnet", "--as", "qqqqqqqq").output.rstrip().endswith("?")
