"""The flat long form: what ``cnncalc expand`` writes is read back as the same network, names and figures and all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import api
from cnncalc.analysis.report import Report
from cnncalc.errors import SpecError
from cnncalc.formats.write import yaml
from cnncalc.spec.network import Network

ROOT = Path(__file__).parent.parent
BUNDLED = sorted((ROOT / "architectures").glob("*.yaml"))
NETWORKS = {
    "shared with other strides": """
shared:
  s(c, stride=1): conv c 3 /stride half | bn | prelu
inputs: {left: 3x16x16, right: 3x16x16}
layers:
  a: left | s 8
  b: right | s 8 /2 | flatten
  c: a | gap | flatten
  d: concat(c, b) | fc 3
""",
    "shared with one-sided padding": """
shared: {s(): conv 8 4 /2 same}
inputs: {left: 3x16x16, right: 3x17x15}
layers: {a: left | s | gap, b: right | s | gap, c: 'add(a, b)'}
""",
    "segnet": """
input: 1x20x20
layers:
  d1: conv 4 3 p1 | maxpool 2 as q1 | conv 8 3 p1
  d2: (maxpool 3 /2 p1 | relu)*2
  u1: d1 | conv 4 1 | unpool q1
  u2: d2 | upsample like=u1 bilinear | conv 4 1 | crop u1
  out: concat(u1, u2, mul(u1, u2))
""",
    "fork with an unused branch": "3x8x8 | fork(a = conv 4 1, b = conv 5 1) as f; f.a | relu",
    "two outputs and a label": """
input: 3x16x16
layers:
  stem: conv 8 3 as early | relu inplace | dropout 0.3 spatial
  head: lrelu (1/3) | fc 10 nobias | softmax
outputs: {logits: head, first: early}
""",
    "layer words as names": "3x64x64 | (relu)*8 | concat(id, relu6) | conv 2 3",
    "in one dimension": "4x100 | conv 8 9 same /3 d2 | maxpool 3 /2 ceil | adaptive 7 | reshape 7x8 | crop 5",
    "in three dimensions": "2x9x9x9 | conv 4 3x1x1 p1:0x0x0 | deconv 2 3 /2 same outpad=1 | pad 1:2x0x1 reflect",
    "arithmetic": "{params: {w: 0.1}, input: 30x8x8, layers: bn eps=1e-3 | scale w | dropout (w/3) | gn 3 noaffine}",
    "identity": "3x8x8 | id",
    "identities": "{inputs: {a: 3x8x8, b: 3x8x8}, layers: {x: a, y: b}, outputs: [x, y]}",
    "awkward texts": """
name: "it's: a # \\u0007 [test]"
about: 'yes'
input: 784
layers: {no: fc 10, true: relu}
""",
    "two nets": """
name: two
nets:
  first: {input: 8x1x1, layers: {up: 'deconv 4 4 | tanh'}, expect: {up: 4x4x4, up.params: 516, up.deconv.params: 516}}
  second: {input: first, per_image: 7, layers: 'conv 2 3 | fc 1'}
""",
    "filter bank": "48x27x27 | conv 5x5x24x64 p2 g2 | local 3 3 /2 | l2norm | slice 1 3 | tile 4 | shuffle 2",
}


def reports(network: Network) -> list[Report]:
    found = api.analyse_all(network)
    assert [each for report in found for each in report.diagnostics] == []
    return found


def figures(report: Report) -> dict[str, Any]:
    """Everything that must come back, by row."""
    return {
        "inputs": report.inputs,
        "outputs": report.outputs,
        "totals": report.totals,
        "per image": report.graph.per_image,
        "strict": report.graph.network.strict,
        "net": report.graph.net.name,
        "texts": (report.name, report.graph.network.about),
        "rows": [(*row[:1], *row[2:-2], row.unread, row.parameters, row.buffer_tensors) for row in report.rows],
    }


def comes_back(network: Network) -> str:
    """Expand, read back, compare; the flat text."""
    before = reports(network)
    text = yaml.write([report.graph for report in before])
    after = reports(api.parse(text, "flat.yaml"))
    assert list(map(figures, after)) == list(map(figures, before))
    assert (
        text.splitlines()[1:] == yaml.write([report.graph for report in after]).splitlines()[1:] or network.file.params
    )
    return text


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled(path: Path) -> None:
    comes_back(api.load(path))


@pytest.mark.parametrize("text", NETWORKS.values(), ids=NETWORKS)
def test_networks(text: str) -> None:
    comes_back(api.parse(text, "net.yaml" if text.startswith(("\n", "{")) else "<line>"))


def test_variants_and_settings() -> None:
    text = """
params: {w: 1.0, n: 2}
variants: {wide: {w: 2.0, expect: {params: 260}}}
input: 3x8x8
layers: (conv 2*w 3 p1)*n
"""
    assert "expect" not in comes_back(api.parse(text, set={"n": 3}))
    assert "params: 260" in comes_back(api.parse(text, variant="wide"))
    assert "input: 3x12x12" in comes_back(api.parse("3x8x8 | conv 4 3", input="3x12x12"))


@st.composite
def chains(draw: st.DrawFn, depth: int = 2) -> str:
    """A chain that fits 8 channels of 12x12 or more and leaves 8 channels of the same size."""
    plain = st.sampled_from(
        [
            "conv 8 3 p1", "conv 8 3 half nobias", "conv 8 3 d2 same", "dwconv 5 half", "conv 8 1x3 p0x1 g4", "relu",
            "bn",
            "relu inplace", "prelu", "gn 4", "dropout 0.25", "maxpool 3 /1 p1", "b", "b 5", "w", "w", "avgpool 3 /1 p1",
            "maxpool 2 | upsample like=s", "maxpool 2 | deconv 8 2 /2 | crop s", "upsample 2 bilinear | crop s", "lrn",
            "conv 16 1 | slice 1 2", "conv 8 1", "pad 1 | conv 8 3", "scale", "shuffle 2",
        ]
    )  # fmt: skip
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 6)) if depth else 0
        inner = chains(depth - 1)
        if kind == 1:
            steps.append(f"({draw(inner)})*{draw(st.integers(0, 3))}")
        elif kind == 2:
            steps.append(f"add({draw(inner)}, {draw(st.sampled_from(['id', 's']))}, {draw(inner)})")
        elif kind == 3:
            steps.append(f"concat({draw(inner)}, id) | conv 8 1")
        elif kind == 4:
            steps.append(f"residual({draw(inner)} | conv 8 1, project = conv 8 1)")
        elif kind == 5:
            steps.append(f"mul(id, gap | {draw(st.sampled_from(['sigmoid', 'conv 8 1 | tanh']))})")
        elif kind == 6:
            steps.append(f"(conv 8 3 p1 if C == {draw(st.integers(8, 9))} else ({draw(plain)}))")
        else:
            steps.append(draw(plain))
    return " | ".join(steps)


@st.composite
def networks(draw: st.DrawFn) -> str:
    size = draw(st.integers(12, 15))
    lines = [f"  s: {draw(st.sampled_from(['conv 8 3 p1', 'conv 8 1 | relu']))}"]
    named = draw(st.booleans())
    for number in range(draw(st.integers(1, 3))):
        chain = draw(chains())
        lines.append(f"  l{number}: {chain}" if named else f"  x{number}: {chain}")
    lines.append("  out: add(id, s) | fc 3")
    return "\n".join(
        [
            f"input: 3x{2 * (size // 2)}x12",
            "blocks: {b(k=3): conv 8 k half | relu}",
            "shared: {w(): conv 8 3 p1 | bn}",
            "layers:",
            *lines,
        ]
    )


@settings(max_examples=60, deadline=None)
@given(networks())
def test_random_networks(text: str) -> None:
    comes_back(api.parse(text, "net.yaml"))


@settings(max_examples=40, deadline=None)
@given(chains())
def test_random_lines(chain: str) -> None:
    comes_back(api.parse(f"b(k=3): conv 8 k half | relu; w(): bn; 3x12x12 | conv 8 1 as s | {chain} | add(id, s)"))


def test_the_text() -> None:
    network = api.parse(
        """
name: small
input: 3x9x9
defaults: {conv: nobias}
layers:
  stem: conv 8 3 /2 same | relu
  pool: maxpool
  head: residual(conv 8 1) | fc 2
expect: {stem: 8x5x5, stem.params: 216, stem.conv.macs: 5400, head.params: 130, params: 346, head.weights: 128}
""",
        "small.yaml",
    )
    assert (
        comes_back(network)
        == """\
# The flat long form of small.yaml, one line per layer, written by `cnncalc expand`.
name: small

input: 3x9x9
layers:
  stem.conv: {op: conv, channels: 8, kernel: [3, 3], stride: [2, 2], pad: [1, 1], bias: false, from: input}
  stem.relu: {op: relu, from: stem.conv}
  pool.maxpool: {op: maxpool, kernel: [2, 2], from: stem.relu}
  head.body.conv: {op: conv, channels: 8, kernel: [1, 1], bias: false, from: pool.maxpool}
  head.add: {op: add, from: [head.body.conv, pool.maxpool]}
  head.flatten: {op: flatten, from: head.add}
  head.fc: {op: fc, features: 2, from: head.flatten}
outputs: {head: head.fc}
expect:
  stem.relu: 8x5x5
  stem.params: 216
  stem.conv.macs: 5400
  head.params: 130
  params: 346
  head.weights: 128
"""
    )


def names(text: str) -> list[str]:
    return [row.name for row in api.analyse(api.parse(text)).rows]


def test_names_of_long_forms() -> None:
    """Where all lines say ``from:`` each is a node, and its key is the node's name; else undotted keys are lines."""
    assert names("input: 3x8x8\nlayers:\n  a: {op: conv, channels: 4, kernel: 3}\n  b: {op: relu}") == [
        "a.conv",
        "b.relu",
    ]
    lines = "  a: {op: conv, channels: 4, kernel: 3, from: input}\n  b.c: {op: relu, from: a}\n"
    assert names(f"input: 3x8x8\nlayers:\n{lines}  d: {{op: fc, features: 2, from: b.c}}") == [
        "a",
        "b.c",
        "d.flatten",
        "d.fc",
    ]
    mixed = "  a: conv 4 3\n  b: {op: relu, from: a}\n  c: {op: add, from: [a, b]}\n  d.e: {op: relu, from: c}"
    assert names(f"input: 3x8x8\nlayers:\n{mixed}") == ["a.conv", "b.relu", "c.add", "d.e"]
    assert names("input: 3x8x8\nlayers:\n  a.b: conv 4 3\n  c.d: conv 4 3 | relu") == ["a.b", "c.d.conv", "c.d.relu"]


@pytest.mark.parametrize(
    "lines, code, message",
    [
        ("{a: {op: relu, from: relu}}", "G101", "there is no line called 'relu'"),
        ("{a: {op: relu, from: b}, b: {op: relu, from: a}}", "G102", "'b' is not defined yet"),
        ("{a: {op: relu, from: }}", "Y106", "`from:` has no value"),
        ("{a: {op: add, from: []}}", "Y106", "`from:` has no value"),
        ("{a: {op: add, inplac: true, from: [input, input]}}", "T101", "add has no option 'inplac'"),
        ("{a: {op: residual, from: input}}", "Y107", "residual has no long form"),
        ("{a: {op: relu, from: [input, input]}}", "T103", "relu takes one input"),
    ],
)
def test_faults_of_long_forms(lines: str, code: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        api.analyse(api.parse(f"input: 3x8x8\nlayers: {lines}"))
    assert [(each.code, each.message) for each in caught.value.diagnostics] == [(code, message)]


def test_in_the_flat_form_a_layer_may_stand_unused() -> None:
    """A fork whose branch nobody takes is no fault, so its flat form is none; elsewhere a line must be used."""
    lines = "a: {op: relu, from: input}, b: {op: tanh, from: input}"
    assert names(f"input: 3x8x8\nlayers: {{{lines}}}") == ["a", "b"]
    with pytest.raises(SpecError, match="G103"):
        names(f"input: 3x8x8\nlayers: {{{lines}, c: input | relu}}")


@pytest.mark.parametrize("value", [0.1, 1e-5, 1 / 3, 20.0, 0.0333333333333333333, 2 / 7, 1e-9, 123456.789])
def test_numbers_are_phrases(value: float) -> None:
    layers = f"{{a: {{op: l2norm, scale: {yaml.number(value)}, from: input}}}}"
    (row,) = api.analyse(api.parse(f"input: 3x8x8\nlayers: {layers}")).rows
    assert row.node.layer is not None
    assert getattr(row.node.layer, "scale") == value  # noqa: B009


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cnncalc", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


def test_the_command() -> None:
    done = run("expand", "3x8x8 | conv 4 3")
    assert done.returncode == 0
    assert "  conv1: {op: conv, channels: 4, kernel: [3, 3], from: input}\n" in done.stdout
    assert run("expand", "-", stdin=done.stdout).stdout.splitlines()[1:] == done.stdout.splitlines()[1:]
    broken = run("expand", "3x8x8 | conv 4 9")
    assert (broken.returncode, broken.stdout) == (2, "")
    assert "S103" in broken.stderr
    wrong = run("expand", "-", stdin="input: 3x8x8\nlayers: relu\nexpect: {params: 1}")
    assert wrong.returncode == 1
    assert "op: relu" in wrong.stdout
    assert "E101" in wrong.stderr


def test_the_command_chooses_a_net() -> None:
    text = NETWORKS["two nets"]
    done = run("expand", "-", "--net", "second", stdin=text)
    assert done.returncode == 0
    assert "input: 4x4x4\n" in done.stdout
    assert "nets:" not in done.stdout
