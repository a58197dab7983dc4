"""``cnncalc export --to torch``: the source compiles, needs torch alone, and is the network that ``build`` makes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import api, library
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.formats.write.torch import is_class_name, write
from cnncalc.formats.write.torch.helpers import HELPERS
from cnncalc.formats.write.torch.names import MODULE_ATTRIBUTES, attribute, class_name, identifier, variable
from cnncalc.graph import Graph, expand
from cnncalc.layers import TABLE

torch = pytest.importorskip("torch")

from cnncalc.backend.build import build  # noqa: E402
from tests.test_contract import CASES, REFUSALS, Case, graph_of  # noqa: E402

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "data" / "export"
RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))


def graphs_of(target: str, **options: Any) -> list[Graph]:
    network = api.load(target, **options)
    return expand(network, shapes=network.extra.get("input"))


def classes_of(source: str, count: int) -> list[Any]:
    """The classes of the nets: the last ones, in the order of the nets."""
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), space)
    assert not any("cnncalc" in str(getattr(each, "__module__", "")) for each in space.values())
    found = [
        each for each in space.values() if getattr(each, "__module__", "") == "exported" and isinstance(each, type)
    ]
    return found[-count:]


def compare(graphs: list[Graph], device: str = "cpu", batch: int = 2) -> str:
    """The source, after a check of every tensor's shape and of the outputs with the same weights."""
    source = write(graphs)
    for graph, made in zip(graphs, classes_of(source, len(graphs)), strict=True):
        twin = build(graph, device=device).eval()
        with torch.device(device):
            net = made().eval()
        ours, theirs = twin.state_dict(), net.state_dict()
        assert [tuple(each.shape) for each in theirs.values()] == [tuple(each.shape) for each in ours.values()]
        assert [each.rpartition(".")[2] for each in theirs] == [each.rpartition(".")[2] for each in ours]
        assert len(list(net.parameters())) == len(list(twin.parameters()))
        net.load_state_dict(dict(zip(theirs, ours.values(), strict=True)))
        generator = None if device == "meta" else torch.Generator().manual_seed(0)
        inputs = [torch.rand(batch, *graph.shape(n), device=device, generator=generator) for _, n in graph.inputs]
        with torch.no_grad():
            wanted, found = twin(*[each.clone() for each in inputs]), net(*[each.clone() for each in inputs])
        wanted, found = ({"": each} if not isinstance(each, dict) else each for each in (wanted, found))
        assert list(wanted) == list(found)
        for name, value in wanted.items():
            assert found[name].shape == value.shape
            if device != "meta":
                torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-6, equal_nan=True)
    return source


# -- bundled networks --------------------------------------------------------------------------------------------------

SMALL: dict[str, dict[str, Any]] = {
    "lenet5": {},
    "lenet5_1998": {},
    "dcgan": {},
    "two_input_cells": {},
    "inception_v3_module_c": {},
    "resnet50": {"input": "3x64x64"},
    "densenet121": {"input": "3x64x64"},
    "unet": {"input": "1x188x188"},
    "segnet": {"input": "3x64x64"},
    "shufflenet_v2_x1_0": {"input": "3x64x64"},
    "convnext_tiny": {"input": "3x64x64"},
    "squeezenet1_0": {"input": "3x64x64"},
    "mobilenet_v3_small": {"input": "3x64x64"},
    "regnet_y_400mf": {"input": "3x64x64"},
    "efficientnet_b0": {"set": {"size": 64}},
    "mask_rcnn": {"set": {"size": 128}},
    "r3d_18": {"set": {"frames": 4, "size": 32}},
    "pnasnet5_mobile": {},
}
"""Networks that are run, with an input that is small enough."""


@pytest.mark.parametrize("name", [name for name in SMALL if name in library.names()])
def test_same_output_with_the_same_weights(name: str) -> None:
    compare(graphs_of(name, **SMALL[name]))


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ("alexnet", "vgg16") else pytest.mark.slow) for name in library.names()],
)
def test_bundled_networks(name: str) -> None:
    compare(graphs_of(name), "meta")


@pytest.mark.parametrize("name", library.names())
def test_bundled_networks_are_written(name: str) -> None:
    """Formatted, in short lines, each helper only where it is used."""
    source = write(graphs_of(name))
    compile(source, name, "exec")
    assert max(map(len, source.splitlines())) <= 100
    assert not re.search(r"[ \t]$", source, re.MULTILINE)
    for helper in HELPERS:
        assert len(re.findall(rf"\b{helper}\b", source)) != 1
    assert len(source.splitlines()) < 700


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_ruff_has_nothing_to_say(tmp_path: Path) -> None:
    for name in library.names():
        (tmp_path / f"{name}.py").write_text(write(graphs_of(name)), "utf-8")
    for number, text in enumerate(ONE_LINERS):
        (tmp_path / f"line{number}.py").write_text(write(graphs_of(text)), "utf-8")
    for arguments in (["format", "--diff"], ["check", "--select", "E,F,W,I,UP"]):
        command = [str(RUFF), *arguments, "--isolated", "--line-length", "100", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:]


def test_resnet50_reads_as_one_would_write_it() -> None:
    source = write(graphs_of("resnet50"))
    assert len(source.splitlines()) < 100
    for line in (
        "    def __init__(self, in_channels: int, c: int, stride: int = 1) -> None:",
        "        if stride != 1 or in_channels != 4 * c:",
        "        return self.relu(self.body(x) + self.project(x))",
        "            Bottleneck(in_channels, c, stride=stride), *(Bottleneck(4 * c, c) for _ in range(n - 1))",
        "        self.conv4 = Stage(512, 256, 6)",
    ):
        assert f"{line}\n" in source


# -- every kind --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", CASES)
def test_every_kind(word: str) -> None:
    @settings(
        max_examples=60 if word in ("conv", "deconv", "maxpool", "avgpool", "local", "unpool") else 12, deadline=None
    )
    @given(CASES[word])
    def check(case: Case) -> None:
        graph = whole_graph(case)
        try:
            twin = build(graph)
            with torch.no_grad():
                twin.eval()(*(torch.rand(2, *shape) for shape in case.shapes))
        except REFUSALS:
            return
        compare([graph])

    check()


def whole_graph(case: Case) -> Graph:
    """The graph of a case, as one that was expanded has it; None where our rules refuse the case."""
    graph = graph_of(case)
    network = api.parse("1 | relu")
    graph.network, graph.net, graph.name = network, network.nets[0], "case"
    return graph


ONE_LINERS = [
    "3x8x8 | relu",
    "8x6x6 | slice 1 2",
    "8 | shuffle 2 | fc 3",
    "4x9x9 | add(id, id) | mul(id, gap) | concat(id, conv 3 1) | tile 2",
    "4x9x9 | add(conv 4 1, conv 4 1, inplace) | relu inplace | mul(add(id, id), add(id, id))",
    "4x9x9 | conv 4 1 | add(id, gap | upsample to=9, gmp | upsample to=9, inplace) | conv 2 1",
    "6x7 | conv 4 3 | add(id, id, elu inplace) | conv 1 1",  # overwritten before the first sum
    "6x7x7 | conv 4 3 | add(id, relu inplace, gap | relu | upsample to=5, elu inplace) | conv 2 1",
    "6x7x7 | conv 4 3 | add(shuffle 1, elu inplace) | concat(id, shuffle 4 | selu inplace, id)",  # views
    "3x9x8 | conv 4 3 /2 same | conv 4 3 p0:1x2:0 | pad 1 reflect | pad 2 | maxpool 3 /2 p0:1 | deconv 5 3 /2 p0:1",
    "1x12x12 | maxpool 2 as a | maxpool 3 /2 p1:0 as b | unpool b | unpool a",
    "1x7x7 | maxpool 2 /2 as a | conv 2 3 p1 | slice 0 2 | unpool a",
    "6 | reshape 6x1x1 | upsample 3 | upsample 2 bilinear | upsample to=(7, 9) | adaptive 2x3 | fc 4 | softmax",
    "3x12 | conv 8 3 half | ln | gelu | scale | droppath 0.2 | dropout 0.3 | gn 4 | instnorm affine",
    "4x5x5x5 | bn | conv 4 3 /2 p1 | prelu | l2norm | lrn 3 | gmp",
    "4x9x9 | crop 6x4 | local 3 2 | lrelu 0.2 | pixelunshuffle 1 | pixelshuffle 1 | ln | logsoftmax",
    "2x8x8 | (conv 4 3 p1 | relu)*3 | flatten | fc 3",
    "cell(c, k=3): residual(conv c k half | relu, project = conv c 1); 3x8x8 | cell 4 | (cell 4)*3 | cell 8 5",
    "stage(c, n): (conv c 3 p1 | relu)*n | maxpool 2; 3x16x16 | stage 4 1 | stage 8 2 | stage 8 3",
    "grow(): concat(id, conv 3 3 p1); 2x6x6 | (grow)*4 | (grow | relu)*2",
    "2x6x6 | (residual(conv 2 3 p1))*4 | concat(id, (conv 2 1 | relu)*2)",
    "double(c): conv c 3; 3x8x8 | relu; train: double 4 | (double 2)*2; weight: gap; half: fc 2; _x: relu",
    "fire(s): conv s 1; 3x8x8 | relu; fire2: fire 4 | relu; fire3: fire 5 | relu; class: fire 2; for: gap",
    "heads(k): fork(a = conv k 1, b = (conv k 1 | relu)); 3x8x8 | conv 4 1; x: heads 2; y: add(x.a, x.b)",
    "3x8x8 | conv 4 3 p1 as a | conv 4 3 p1 as b | concat(a, b, id) | add(id, id)",
    "3x8x8 | conv 4 3; center_crop: relu; a: conv 4 3; concat(a, center_crop | crop a, center_crop | crop 4)",
    "grow(i): concat(id, conv i 3 p1); dens(n, i): (grow i)*n; 3x8x8 | dens 3 4 | relu | dens 4 5 | dens 2 6",
    "twice(c): conv c 3 p1 | relu; outer(Twice, n): twice Twice | (twice 4)*n; 3x8x8 | outer 5 2 | outer 6 3",
]


@pytest.mark.parametrize("text", ONE_LINERS)
def test_one_liners(text: str) -> None:
    compare(graphs_of(text))


FILES = {
    "several inputs and outputs": """
inputs: {photo: 3x8x8, drawing: 1x8x8}
blocks:
  double(c): conv c 3 p1 nobias | bn | relu
layers:
  stem: concat(photo, drawing) | conv 4 3 p1
  body: residual(double 4) | (double 4)*2 | relu inplace
  head: gap | ln | fc 5
  maps: body | conv 2 3 p1:0
outputs: {scores: head, "the 'maps'": maps, again: maps, photo: photo}
""",
    "shared weights": """
inputs: {a: 3x16x16, b: 3x9x9}
shared:
  head(): conv 4 3 /2 same | bn | relu
layers:
  one: a | head
  two: b | head
  three: a | head
  four: concat(one, three) | conv 4 1 | gap
outputs: [one, two, three, four]
""",
    "shared weights in the midst of other things": """
input: 4x8x8
shared:
  unit(): conv 4 3 p1 | bn | relu
  pair(): unit | add(id, unit)
layers:
  first: conv 4 1 | pair | conv 4 1
  second: first | unit | (conv 4 1 | unit)*2 | maxpool 2
  third: pair | fork(a = unit, b = conv 2 1)
outputs: [third, first]
""",
    "shared parts of which not all is used": """
input: 4x8x8
shared:
  heads(): conv 4 3 p1 | relu | fork(a = conv 2 1, b = conv 3 1)
layers:
  one: heads
  two: one.a | conv 4 1 | heads
  three: two.b | conv 4 1 | heads
outputs: {x: two.a, y: three}
""",
    "names across lines": """
input: 3x9x9
layers:
  layer1.0.conv1: {op: conv, channels: 4, kernel: 3, pad: 1}
  layer2.0.conv1: {op: conv, channels: 4, kernel: 3, pad: 1}
  layer1.0.conv2: {op: conv, from: layer1.0.conv1, channels: 4, kernel: 3, pad: 1}
  sum: {op: add, from: [layer2.0.conv1, layer1.0.conv2]}
  layer1.0: {op: conv, from: sum, channels: 2, kernel: 1}
""",
    "shortcuts that some do without": """
input: 4x16x16
blocks:
  inverted(e, c, stride=1): residual(conv e*C 1 | relu6 | dwconv 3 /stride half | conv c 1, project = none)
  stage(n, e, c, stride=1): inverted e c /stride | (inverted e c)*(n-1)
layers: {a: stage 3 2 6 /2, b: stage 2 3 6, c: stage 2 2 8 /2}
""",
    "a line called as a function of the source": """
input: 4x9x7
shared: {h(): conv 4 3 /2 same}
layers: {a: h, run_with_weights_of: relu, b: run_with_weights_of | h, c: "add(run_with_weights_of | gap, b | h | gap)"}
""",
    "lines called as what nn.Module and the twin have": """
input: 4x8x8
layers:
  training: conv 4 3 | bn
  steps: add(training, training) | conv 4 1
  _modules: add(steps, training) | conv 2 1 | relu
  _apply: add(_modules, _modules) | conv 2 1
outputs: [_apply, steps]
""",
    "quotes": r"""
name: "a \"quoted\\\" name\\"
about: "three \"\"\" quotes, a backslash \\ and one more \""
input: 3x4x4
layers: [relu]
""",
}


@pytest.mark.parametrize("name", FILES)
def test_files(name: str) -> None:
    compare(expand(api.parse(FILES[name])))


def test_shared_weights_are_one_module() -> None:
    source = write(expand(api.parse(FILES["shared weights"])))
    (made,) = classes_of(source, 1)
    assert len(list(made().parameters())) == 4 + 2
    assert source.count("self.one(") == 2
    assert "run_with_weights_of" in source


def test_weights_that_are_lent_are_not_drawn_again() -> None:
    layers = "layers: {c: a | h, d: b | h, e: 'add(c, d)'}"
    for line in ("conv 4 3 /2 same", "local 4 3 /2 same"):
        text = f"inputs: {{a: 3x9x9, b: 3x10x10}}\nshared: {{h(): {line}}}\n{layers}\n"
        source = compare(expand(api.parse(text)))
        assert "run_with_weights_of(" in source
        (made,) = classes_of(source, 1)
        net, a, b = made(), torch.rand(2, 3, 9, 9), torch.rand(2, 3, 10, 10)
        before = torch.get_rng_state()
        net(a, b)
        assert torch.equal(torch.get_rng_state(), before)


# -- random networks ---------------------------------------------------------------------------------------------------

PLAIN = [
    "conv {c} 3 p1",
    "conv {c} 1 nobias",
    "bn",
    "relu",
    "relu inplace",
    "prelu",
    "maxpool 3 /1 p1",
    "dwconv 3 half",
    "ln",
    "dropout",
    "pad 1 | crop 6x5",
    "conv {c} 3 same",
    "shuffle 2",
    "id",
]


@st.composite
def chains(draw: st.DrawFn, depth: int, words: list[str], lines: list[str]) -> str:
    """A chain that keeps 4 channels and the size, so that everything can be added to everything."""
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 9 if depth else 2))
        inner = chains(depth - 1, words, lines)
        if kind <= 2:
            steps.append(draw(st.sampled_from(PLAIN)).format(c=4))
        elif kind == 3:
            steps.append(f"({draw(inner)})*{draw(st.integers(1, 3))}")
        elif kind == 4:
            steps.append(f"residual({draw(inner)})")
        elif kind == 5:
            other = draw(st.sampled_from([*lines, "id"]))
            steps.append(f"add({draw(inner)}, {other})")
        elif kind == 6:
            steps.append(f"concat({draw(inner)}, id, {draw(inner)}) | conv 4 1")
        elif kind == 7:
            steps.append(f"mul(id, gap | {draw(st.sampled_from(['conv 4 1 | sigmoid', 'sigmoid']))})")
        elif words:
            steps.append(draw(st.sampled_from(words)))
    return " | ".join(steps) or "relu"


@st.composite
def networks(draw: st.DrawFn) -> str:
    words: list[str] = []
    blocks = {"blocks": [], "shared": []}  # type: ignore[var-annotated]
    for number in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(["blocks", "blocks", "shared"]))
        sized = draw(st.booleans())
        body = draw(chains(1, list(words), []))
        if sized:
            body = f"conv k 3 p1 | {draw(st.sampled_from(['relu', 'bn', 'id']))} | conv 4 1 | {body}"
        blocks[place].append(f"  b{number}({'k' if sized else ''}): {body}")
        sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=2))
        words += [f"b{number} {size if place == 'blocks' else 3}" for size in sizes] if sized else [f"b{number}"]
    lines: list[str] = []
    texts = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(st.sampled_from(["x", *lines]))
        texts.append(f"  n{number}: {start} | {draw(chains(2, words, list(lines)))}")
        lines.append(f"n{number}")
    found = ["inputs: {x: 4x6x5}"]
    for place, declared in blocks.items():
        found += [f"{place}:", *declared] if declared else []
    return "\n".join([*found, "layers:", *texts, f"outputs: [{', '.join(lines)}]", ""])


@settings(max_examples=150, deadline=None)
@given(networks())
def test_random_networks(text: str) -> None:
    try:
        graphs = expand(api.parse(text))
    except SpecError:
        return
    if graphs[0].complete:
        compare(graphs)


# -- the look of it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lenet5", "blocks"])
def test_golden(name: str) -> None:
    """Written anew where the file is removed."""
    path = GOLDEN / f"{name}.py.txt"
    if name == "lenet5":
        source = write(graphs_of("lenet5"))
    else:
        source = write(expand(api.parse((GOLDEN / "blocks.yaml").read_text("utf-8"))))
    if not path.exists():
        path.write_text(source, "utf-8")
        pytest.fail(f"{path.name} was written; look at it")
    assert source == path.read_text("utf-8")


def test_faults_are_refused() -> None:
    with pytest.raises(SpecError, match="S103"):
        write(expand(api.parse("3x8x8 | conv 4 9")))


def test_names() -> None:
    own = {each for each in dir(torch.nn.Module) if not each.startswith("__")}
    for kind in (torch.nn.Module, torch.nn.Sequential, torch.nn.ModuleDict):
        own |= {each for each in dir(kind()) if not each.startswith("_")}
    assert {each for each in own if not each.startswith("_")} <= MODULE_ATTRIBUTES
    assert not {attribute(each) for each in dir(torch.nn.Sequential())} & set(dir(torch.nn.Sequential()))
    assert attribute("double") == "double_"
    assert (attribute("0"), attribute("1a"), attribute("a-b"), attribute("for")) == ("round0", "n1a", "a_b", "for_")
    assert attribute("__init__") == "__init___"
    assert (variable("x"), variable("torch"), variable("sum"), variable("é1")) == ("x", "torch_", "sum_", "é1")
    assert identifier("???") == "layer"
    assert (class_name("ResNet-50"), class_name("squeeze_excite"), class_name("2d net")) == (
        "ResNet50",
        "SqueezeExcite",
        "Net2dNet",
    )
    assert is_class_name("Mine")
    assert not any(map(is_class_name, ["class", "a b", "Tensor", "nn", "CenterCrop", ""]))


# -- the command -------------------------------------------------------------------------------------------------------


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, ["export", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_export_runs_alone(tmp_path: Path) -> None:
    """Written without torch; run without cnncalc."""
    file = tmp_path / "net.py"
    code = (
        "import sys; sys.argv[1:] = ['export', 'resnet50', '--to', 'torch', '-o', sys.argv[1]]\n"
        "from cnncalc.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert not {'torch', 'numpy', 'rich'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], cwd=ROOT, check=True, capture_output=True, timeout=60)
    code = (
        "import sys, net, torch\n"
        "assert not any(each.startswith('cnncalc') for each in sys.modules)\n"
        "model = net.ResNet50().eval()\n"
        "print(sum(each.numel() for each in model.parameters()), tuple(model(torch.rand(1, 3, 64, 64)).shape))"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "25557032 (1, 1000)\n", done.stderr


def test_export_the_options(tmp_path: Path) -> None:
    assert "self.fc8 = nn.Linear(4096, 10)" not in run("vgg16", "--to", "torch").stdout
    changed = run("vgg16", "--to", "torch", "--set", "classes=10", "--variant", "vgg11", "--class-name", "Mine").stdout
    assert "class Mine(nn.Module):" in changed
    assert "nn.Linear(4096, 10)" in changed
    assert "Input: batch x 3 x 64 x 64." in run("resnet50", "--to", "torch", "--input", "3x64x64").stdout
    both = run("dcgan", "--to", "torch").stdout
    assert re.findall(r"^class (\w+)", both, re.MULTILINE)[-2:] == ["DCGANGenerator", "DCGANDiscriminator"]
    named = run("dcgan", "--to", "torch", "--class-name", "Gan").stdout
    assert re.findall(r"^class (\w+)", named, re.MULTILINE)[-2:] == ["GanGenerator", "GanDiscriminator"]
    one = run("dcgan", "--to", "torch", "--net", "generator", "--class-name", "Maker").stdout
    assert re.findall(r"^class (\w+)", one, re.MULTILINE) == ["Maker"]
    assert "class Network(nn.Module):" in run("-", "--to", "torch", stdin="3x8x8 | relu").stdout


def test_export_overwrites_by_force_only(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    result = run("lenet5", "--to", "torch", "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    written = file.read_text("utf-8")
    refused = run("alexnet", "--to", "torch", "-o", str(file))
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr and "--force overwrites it" in refused.stderr
    assert file.read_text("utf-8") == written
    assert run("alexnet", "--to", "torch", "-o", str(file), "--force").exit_code == 0
    assert "class AlexNet(nn.Module):" in file.read_text("utf-8")
    assert run("lenet5", "--to", "torch", "-o", str(tmp_path), "--force").exit_code == 2
    assert run("lenet5", "--to", "torch", "-o", str(tmp_path / "no" / "net.py")).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("nosuchnet", "--to", "torch"),
        ("3x8x8 | conv 4 9", "--to", "torch"),
        ("lenet5",),
        ("lenet5", "--to", "cobol"),
        ("lenet5", "--to", "torch", "--class-name", "a b"),
        ("lenet5", "--to", "torch", "--net", "other"),
    ],
)
def test_export_refuses(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_every_kind_is_tried() -> None:
    assert set(CASES) == set(TABLE)
