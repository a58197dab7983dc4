"""Lines in the words of earlier ones: what is copied is what would be made."""

from __future__ import annotations

import pytest

from cnncalc import api
from cnncalc.errors import SpecError
from cnncalc.graph import expand
from cnncalc.graph.again import Lines

LINES = (
    "conv 8 3 p1 nobias | bn | relu",
    "residual(conv 8 3 p1 | relu | conv 8 3 p1) | relu",
    "residual(conv 8 1, project = conv 8 1) | (conv 8 3 p1 | relu)*2",
    "concat(conv 4 1, conv 4 3 p1 | relu, id) | conv 8 1",
    "(conv 8 3 p1 | bn) | relu",
    "id",
    "maxpool 2",
    "conv3-8",
    "dropout 0.5 | conv 8 3 p1",
    "relu | conv 8 1",
)
ABOVE = ("conv 8 3 p1", "conv 8 1", "maxpool 2 1", "conv 8 3 p1 | relu")


def network(*lines: str) -> str:
    return "input: 8x16x16\nlayers:\n" + "".join(f"  l{number}: {line}\n" for number, line in enumerate(lines))


def figures(text: str) -> list[object]:
    (graph,) = expand(api.parse(text))
    assert not graph.diagnostics
    return [(node.name, node.line, node.layer, node.facts, node.inputs, node.links, node.owner) for node in graph.nodes]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("above", ABOVE)
def test_a_line_again(line: str, above: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = network(line, above, line, line)
    copied = figures(text)
    monkeypatch.setattr(Lines, "like", lambda *_: None)
    assert figures(text) == copied


@pytest.mark.parametrize("line", LINES[:4])
def test_marks(line: str) -> None:
    """Every layer stands in its own line of the file."""
    (graph,) = expand(api.parse(network(line, line, line)))
    for node in graph.layers:
        assert node.mark is not None
        assert node.line == f"l{node.mark.line - 3}"


def test_a_line_takes_the_name_of_a_layer() -> None:
    """``relu`` is a layer in the first line and a line of the network in the last."""
    text = "input: 8x16x16\nlayers:\n  a: relu | conv 8 1\n  relu: conv 4 3 p1\n  b: relu | conv 8 1\n"
    with pytest.raises(SpecError, match="is a layer and a line of this network"):
        api.analyse(api.parse(text))


def test_faults_are_told_where_they_are() -> None:
    """The second time the same words do not fit, and the mark is theirs."""
    with pytest.raises(SpecError) as raised:
        api.analyse(api.parse(network("conv 8 9 | relu", "conv 8 9 | relu")))
    (found,) = raised.value.diagnostics
    assert found.mark is not None
    assert found.mark.line == 4


@pytest.mark.parametrize("width", ["1", "1.0"])
def test_equal_numbers_are_not_the_same(width: str) -> None:
    """``true`` makes no layer that 1 then is, in no network of the process."""
    api.parse("input: 3x8x8\nlayers:\n  a: conv 4 3 bias=true\n")
    expand(api.parse("input: 3x8x8\nlayers:\n  a: conv 4 3 bias=true\n"))
    with pytest.raises(SpecError):
        api.analyse(api.parse(f"input: 3x8x8\nlayers:\n  a: conv 4 3 bias={width}\n"))


def test_long_forms() -> None:
    """A word is the value of a parameter where there is one."""
    text = """
params: {true: false}
input: 3x8x8
layers:
  a: {op: conv, channels: 4, kernel: 3, bias: true}
  b: {op: conv, channels: 4, kernel: 3, bias: true}
"""
    with_name, without = (expand(api.parse(each))[0] for each in (text, text.replace("params: {true: false}", "")))
    assert [node.facts.trainable for node in with_name.layers] == [4 * 27, 4 * 36]
    assert [node.facts.trainable for node in without.layers] == [4 * 27 + 4, 4 * 36 + 4]
