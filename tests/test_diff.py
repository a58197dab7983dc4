"""``cnncalc diff``: what became of which layer, sums of deltas, git revisions, formats, exit codes."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cnncalc
from cnncalc import api
from cnncalc.analysis.difference import FIGURES, Difference
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.render import difference as render
from cnncalc.render import difference_documents as documents
from cnncalc.revision import is_revision

ROOT = Path(__file__).parent.parent


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, ["diff", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def told(a: str, b: str) -> list[str]:
    """``~ conv1 -> conv2``: the changes in brief, without layers that are equal."""
    found = cnncalc.diff(cnncalc.parse(a), cnncalc.parse(b))
    return [
        f"{render.MARKS[each.status]} {render.layer_name(each)}" for each in found.changes if each.status != "equal"
    ]


def yaml(*lines: str, head: str = "input: 3x16x16") -> str:
    return f"{head}\nlayers:\n" + "".join(f"  {line}\n" for line in lines)


# -- which layer is which ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        ("3x16x16 | conv 4 3 | relu", "3x16x16 | conv 4 3 | relu", []),
        ("3x16x16 | conv 4 3x3 /1 p1", "3x16x16 | conv 4 3 same", []),
        ("3x16x16 | maxpool 2", "3x16x16 | maxpool 2 /2", []),
        ("3x16x16 | conv 4 3 p1", "3x16x16 | conv 4 5 p2", ["~ conv1"]),
        ("3x16x16 | conv 4 3 | relu | conv 8 3", "3x16x16 | conv 4 3 | conv 8 3", ["- relu1"]),
        ("3x16x16 | conv 4 3", "3x16x16 | conv 4 3 | relu", ["+ relu1"]),
        # names are numbered: what is put in in front does not change all that comes behind
        ("3x16x16 | conv 3 3 | conv 8 5 | conv 9 1", "3x16x16 | conv 3 1 | conv 3 3 | conv 8 5 | conv 9 1",
         ["+ conv1", "> conv1 -> conv2", "> conv2 -> conv3", "> conv3 -> conv4"]),
        (yaml("a: conv 4 3", "b: conv 8 3"), yaml("a: conv 4 3", "c: conv 8 3"), ["> b.conv -> c.conv"]),
        (yaml("a: conv 4 3", "b: conv 8 3 | relu"), yaml("a: conv 4 3", "c: conv 8 5 | relu"),
         ["~ b.conv -> c.conv", "~ b.relu -> c.relu"]),
        (yaml("a: conv 4 3 | relu", "b: conv 8 3"), yaml("a: conv 4 3", "r: relu", "b: conv 8 3"), ["> a.relu -> r.relu"]),
        (yaml("a: conv 4 3 p1", "b: relu", "c: add(a, b)"), yaml("a: conv 4 3 p1", "b: relu", "c: add(b, a)"), ["~ c.add"]),
        (yaml("a: conv 4 3", "b: conv 8 3"), yaml("a: conv 4 3", "b: conv 8 3 nobias"), ["~ b.conv"]),
        (yaml("a: conv 4 3", "b: relu"), yaml("b: relu", "a: conv 4 3"), ["~ b.relu", "~ a.conv"]),
        (yaml("a: (conv 3 3 p1 | relu)*2"), yaml("a: (conv 3 3 p1 | relu)*3"), ["+ a.2.conv", "+ a.2.relu"]),
    ],
)  # fmt: skip
def test_which_layer_is_which(a: str, b: str, changes: list[str]) -> None:
    found = told(a, b)
    if "~" in "".join(changes) or not changes:
        assert found == changes
    else:
        assert [each for each in found if each[0] != "~"] == changes


def test_what_differs() -> None:
    found = cnncalc.diff("3x16x16 | conv 4 3 | bn | relu", "3x16x16 | conv 8 3 p1 | bn | relu")
    conv, norm, relu = found.changes
    assert [tuple(each) for each in conv.settings] == [("channels", 4, 8), ("pad", 0, 1)]
    assert conv.itself and not norm.itself and not relu.itself
    assert norm.differs[:4] == ("output", "params", "trainable", "buffers")
    assert found.totals["params"].delta == 8 * 27 + 8 + 16 - (4 * 27 + 4 + 8)
    assert found.counts == {"added": 0, "removed": 0, "changed": 3, "renamed": 0, "equal": 0}
    assert "<changed conv1: settings" in repr(conv) and "3 changed" in repr(found)


def test_wiring_counts() -> None:
    """The same layers, shapes and figures, and another network."""
    a = yaml("a: conv 4 3 p1", "b: a | conv 4 3 p1", "c: b | conv 4 3 p1", "d: add(c, b)")
    b = yaml("a: conv 4 3 p1", "b: a | conv 4 3 p1", "c: b | conv 4 3 p1", "d: add(c, a)")
    found = cnncalc.diff(cnncalc.parse(a), cnncalc.parse(b))
    assert [each.differs for each in found.changes if each.differs] == [("inputs",)] and not found.equal


def test_shared_weights_inputs_and_outputs_count() -> None:
    shared = "shared: {s: conv 3 3 p1}\ninput: 3x16x16\nlayers:\n  a: s\n  b: s\n"
    own = "blocks: {s: conv 3 3 p1}\ninput: 3x16x16\nlayers:\n  a: s\n  b: s\n"
    found = cnncalc.diff(cnncalc.parse(shared), cnncalc.parse(own))
    assert "weights_of" in found.changes[1].differs and found.totals["params"].delta == 84
    two = [yaml("a: conv 4 3", "b: a | relu") + f"outputs: [{names}]\n" for names in ("b", "a, b")]
    found = cnncalc.diff(*map(cnncalc.parse, two))
    assert found.differs == ("outputs",) and found.counts["equal"] == 2 and not found.equal
    named = [f"inputs: {{{name}: 3x16x16}}\nlayers:\n  a: {name} | conv 4 3\n" for name in ("x", "y")]
    found = cnncalc.diff(*map(cnncalc.parse, named))
    assert found.differs == ("inputs",) and found.counts["equal"] == 1


def test_an_output_from_another_layer() -> None:
    a = "input: 3x8x8\nlayers:\n  a: relu\n  b: fork(x = conv 3 3 p1, y = conv 3 3 p1)\noutputs: {p: b.x, q: b.y}\n"
    found = cnncalc.diff(cnncalc.parse(a), cnncalc.parse(a.replace("p: b.x, q: b.y", "p: b.y, q: b.x")))
    assert found.differs == ("outputs",) and found.counts["equal"] == 3 and not found.equal
    assert "other layers" in render.text([found]) and "other layers" in documents.markdown([found])


PAIRS = [("alexnet", "alexnet_grouped"), ("resnet18", "resnet34"), ("alexnet", "vgg16"), ("unet", "vnet"),
         ("densenet121", "densenet169"), ("googlenet", "googlenet_torchvision"), ("lenet5", "784 | fc 10")]  # fmt: skip


@pytest.mark.parametrize("name", ["alexnet", "unet", "googlenet", "yolov3", "segnet", "densenet201"])
def test_a_network_equals_itself(name: str) -> None:
    found = cnncalc.diff(name, name)
    assert found.equal and not found.differs and {each.status for each in found.changes} == {"equal"}
    assert all(each.delta in (0, None) for each in found.totals.values())
    assert run(name, name).exit_code == 0


def check(found: Difference, other: Difference) -> None:
    """What holds for any two networks: sums, and the mirror image."""
    assert found.a is not None and found.b is not None
    for name in FIGURES:
        figure = found.totals[name]
        assert figure.delta == sum(each.deltas[name] for each in found.changes)
        assert (figure.a, figure.b) == (getattr(found.a.totals, name), getattr(found.b.totals, name))
        assert figure.delta == -(other.totals[name].delta or 0)
    assert [each.b.name for each in found.changes if each.b] == [row.name for row in found.b.rows]
    assert sorted(each.a.name for each in found.changes if each.a) == sorted(row.name for row in found.a.rows)
    here = {(each.a and each.a.name, each.b and each.b.name, each.differs) for each in found.changes}
    there = {(each.b and each.b.name, each.a and each.a.name, each.differs) for each in other.changes}
    assert here == there
    assert found.counts["added"] == other.counts["removed"] and found.equal == other.equal
    assert found.differs == other.differs


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_sums_and_mirror(names: tuple[str, str]) -> None:
    a, b = map(cnncalc.analyse, names)
    check(cnncalc.diff(a, b), cnncalc.diff(b, a))


STEPS = ("conv {n} 3 p1", "conv {n} 1", "dwconv 3 p1", "relu", "bn", "maxpool 3 /1 p1", "residual(conv C 3 p1 | relu)")


def random_steps(rng: random.Random, count: int) -> list[str]:
    return [rng.choice(STEPS).format(n=rng.choice((2, 4, 8))) for _ in range(count)]


def edited(rng: random.Random, steps: list[str]) -> list[str]:
    place = rng.randrange(len(steps))
    return rng.choice(
        [
            [*steps[:place], *random_steps(rng, 1), *steps[place:]],
            [*steps[:place], *steps[place + 1 :]] or ["relu"],
            [*steps[:place], *random_steps(rng, 1), *steps[place + 1 :]],
            [*steps[:place], *steps[place : place + 3][::-1], *steps[place + 3 :]],
        ]
    )


@pytest.mark.parametrize("seed", range(150))
def test_one_edit(seed: int) -> None:
    rng = random.Random(seed)
    steps = random_steps(rng, rng.randint(1, 9))
    other = edited(rng, steps)
    a, b = (cnncalc.analyse(" | ".join(["4x8x8", *each])) for each in (steps, other))
    found = cnncalc.diff(a, b)
    check(found, cnncalc.diff(b, a))
    assert found.equal == (steps == other), (steps, other)
    # what one step makes is at most three layers; three steps may have been turned round
    touched = found.counts["added"] + found.counts["removed"] + sum("settings" in e.differs for e in found.changes)
    assert touched <= 18
    render.text([found], rng.choice((20, 80, 300)), every=rng.random() < 0.5)
    documents.markdown([found])
    json.loads(documents.as_document([found]))


# -- several nets -----------------------------------------------------------------------------------------------------


def test_several_nets(tmp_path: Path) -> None:
    file = tmp_path / "nets.yaml"
    file.write_text("nets:\n  a: {input: 3x8x8, layers: conv 4 3}\n  b: {input: 9, layers: fc 3}\n")
    both = json.loads(run("dcgan", "dcgan", "--format", "json").stdout)
    assert [each["b"]["net"] for each in both["networks"]] == ["generator", "discriminator"] and both["equal"]
    result = run(str(file), str(file), "--net-a", "a", "--net-b", "b", "--format", "json")
    (network,) = json.loads(result.stdout)["networks"]
    assert (result.exit_code, network["a"]["net"], network["b"]["net"]) == (1, "a", "b")
    other = tmp_path / "other.yaml"
    other.write_text("nets:\n  a: {input: 3x8x8, layers: conv 4 3}\n  c: {input: 9, layers: fc 3}\n")
    found = api.diff_all(str(file), str(other))
    assert [(each.a is None, each.b is None, each.differs) for each in found] == [
        (False, False, ()),
        (True, False, ("nets",)),
        (False, True, ("nets",)),
    ]
    assert found[1].totals["params"].delta == 30 and found[2].counts["removed"] == 1
    result = run(str(file), str(other))
    assert result.exit_code == 1 and "other.c: only in B" in result.stdout and "nets.b: only in A" in result.stdout
    run(str(file), str(other), "--format", "markdown")
    with pytest.raises(SpecError, match="G107"):
        cnncalc.diff("dcgan", "dcgan")
    assert cnncalc.diff("dcgan", "dcgan", net="generator").equal


# -- git revisions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of ``nets/net.yaml``, which imports a file beside it, and a third version that is not committed."""
    for key in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    root = tmp_path / "repository"
    nets = root / "nets"
    nets.mkdir(parents=True)
    net, unit = nets / "net.yaml", nets / "unit.yaml"
    git(root, "init", "-q", "-b", "trunk")
    unit.write_text("blocks:\n  unit(c): conv c 3 p1 | relu\n")
    net.write_text("import: unit.yaml\ninput: 3x8x8\nlayers:\n  a: unit 4\n")
    (nets / "link.yaml").symlink_to("net.yaml")
    (root / "top.yaml").write_text("import: nets/unit.yaml\ninput: 3x8x8\nlayers:\n  a: unit 4\n")
    commit(root)
    unit.write_text("blocks:\n  unit(c): conv c 5 p2 | relu\n")
    commit(root)
    net.write_text("import: unit.yaml\ninput: 3x8x8\nlayers:\n  a: unit 6\n")
    monkeypatch.chdir(root)
    return root


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "x")


def settings_of(result: Result) -> dict[str, object]:
    (network,) = json.loads(result.stdout)["networks"]
    return {name: (each["a"], each["b"]) for layer in network["layers"] for name, each in layer["settings"].items()}


def test_revisions_take_their_imports_along(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("HEAD~1:nets/net.yaml", "HEAD:nets/net.yaml", "--format", "json")
    assert result.exit_code == 1 and settings_of(result) == {"kernel": (3, 5), "pad": (1, 2)}
    assert settings_of(run("trunk:nets/net.yaml", "nets/net.yaml", "--format", "json")) == {"channels": (4, 6)}
    assert run("HEAD:top.yaml", "top.yaml").exit_code == 0
    assert run("HEAD~1:top.yaml", "top.yaml").exit_code == 1
    assert run(":nets/net.yaml", "HEAD:nets/net.yaml").exit_code == 0
    git(repository, "add", "nets/net.yaml")
    assert run(":nets/net.yaml", "nets/net.yaml").exit_code == 0
    monkeypatch.chdir(repository / "nets")
    assert run("HEAD:./net.yaml", "HEAD:nets/net.yaml").exit_code == 0
    assert run("HEAD:../top.yaml", "../top.yaml").exit_code == 0
    result = run("HEAD:net.yaml", "net.yaml")
    assert result.exit_code == 2 and "HEAD:nets/net.yaml, or HEAD:./net.yaml" in result.stderr


def test_revisions_in_the_library(repository: Path) -> None:
    found = cnncalc.diff("HEAD:nets/net.yaml", "nets/net.yaml")
    assert found.a is not None and found.b is not None
    assert (found.a.name, found.a.graph.network.source.name) == ("net", "HEAD:nets/net.yaml")
    assert cnncalc.diff("HEAD:top.yaml", "HEAD:top.yaml").a.name == "top"  # type: ignore[union-attr]
    with pytest.raises(SpecError):
        cnncalc.load("HEAD:nets/net.yaml")  # only diff knows revisions


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("HAED:nets/net.yaml", "there is no revision 'HAED'\n = help: did you mean 'HEAD'?"),
        ("trank:nets/net.yaml", "did you mean 'trunk'?"),
        ("HEAD~9:nets/net.yaml", "there is no revision 'HEAD~9'"),
        ("HEAD..trunk:nets/net.yaml", "there is no revision"),
        ("HEAD:nets/nett.yaml", "no such file in revision HEAD\n = help: did you mean 'net.yaml'?"),
        ("HEAD:nets", "it is a directory\n = help: architectures in it: link.yaml, net.yaml, unit.yaml"),
        ("HEAD:nets/", "it is a directory"),
        ("HEAD:nets/link.yaml", "it is a symbolic link"),
        ("HEAD:../outside.yaml", "it lies outside of the repository"),
        ("HEAD:/etc/passwd", "without a leading /"),
        (":nothing.yaml", "no such file among the staged files"),
        ("HEAD:nets/unit.yaml", "there are no layers\n --> HEAD:nets/unit.yaml:1:1"),
        ("--upload-pack=x:net.yaml", "error[Y001]"),
        ("-n:net.yaml", "error["),
        ("HEAD:net\udcff.yaml", "error[Y001]"),
        ("$(touch pwned):net.yaml", "there is no revision"),
        ("HEAD:$(touch pwned).yaml", "no such file"),
        (":(top)net.yaml", "no such file"),
    ],
)
def test_revisions_that_cannot_be_read(repository: Path, target: str, said: str) -> None:
    for arguments in ((target, "lenet5"), ("lenet5", target)):
        result = run("--", *arguments)
        assert result.exit_code == 2 and said in result.stderr, result.stderr
    assert not (repository / "pwned").exists()


def test_an_import_that_was_not_there_yet(repository: Path) -> None:
    (repository / "late.yaml").write_text("blocks:\n  unit(c): conv c 1\n")
    (repository / "top.yaml").write_text("import: late.yaml\ninput: 3x8x8\nlayers:\n  a: unit 4\n")
    git(repository, "add", "top.yaml")
    result = run(":top.yaml", "top.yaml")
    assert result.exit_code == 2 and "cannot import 'late.yaml'" in result.stderr and ":top.yaml:1:9" in result.stderr
    (repository / "top.yaml").write_text("import: ../late.yaml\ninput: 3x8x8\nlayers:\n  a: unit 4\n")
    git(repository, "add", "top.yaml")
    assert "error[G111]" in run(":top.yaml", "lenet5").stderr


def test_without_a_repository_or_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    result = run("HEAD:net.yaml", "lenet5")
    assert result.exit_code == 2 and "not a git repository" in result.stderr
    monkeypatch.setenv("PATH", str(folder))
    result = run("HEAD:net.yaml", "lenet5")
    assert result.exit_code == 2 and "git is not installed" in result.stderr


def test_what_is_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for target in ("HEAD:net.yaml", "HEAD@{2 days ago}:a b.yaml", "origin/trunk:x/y.yaml", ":net.yaml", "v1^:net"):
        assert is_revision(target), target
    for target in (
        "alexnet",
        "net.yaml",
        "a: conv 3",
        "input: 3x8x8",
        "x: 3x8x8 | a:conv",
        "-x:net",
        "",
        "a:",
        "HEAD:a\nb",
    ):
        assert not is_revision(target), target
    Path("HEAD:net.yaml").write_text("x")
    assert not is_revision("HEAD:net.yaml")


# -- the command ------------------------------------------------------------------------------------------------------


def test_golden_text() -> None:
    result = run("3x32x32 | conv 8 5 | relu | fc 10", "3x32x32 | conv 8 3 | bn | relu | fc 10")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == GOLDEN_TEXT


def test_golden_markdown() -> None:
    result = run("3x32x32 | conv 8 5 | relu | fc 10", "3x32x32 | conv 8 3 | bn | relu | fc 10", "--format", "markdown")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == GOLDEN_MARKDOWN


GOLDEN_TEXT = """\
network
                         A          B      change
layers                   4          5          +1  +25.00 %
depth                    2          2           =
params              63,338     72,250      +8,912  +14.07 %
buffers                  0         17         +17
MACs               533,120    266,400    -266,720  -50.03 %
activations       49.0 KiB   84.4 KiB   +35.4 KiB  +72.14 %
weights          247.4 KiB  282.2 KiB   +34.8 KiB  +14.07 %
peak, inference  308.4 KiB  350.5 KiB   +42.1 KiB  +13.66 %
peak, training   578.0 KiB  688.2 KiB  +110.2 KiB  +19.07 %
field                   32         32           =
inputs             3x32x32    3x32x32           =
outputs                 10         10           =

layers: 1 added, 4 changed (3 only by what flows in)
~ conv1     kernel 5 -> 3, output 8x28x28 -> 8x30x30, params 608 -> 224 (-384),
            MACs 470.40 k -> 194.40 k (-276.00 k),
            activations 24.5 KiB -> 28.1 KiB (+3.6 KiB), field 5 -> 3
+ bn1       bn, 8x30x30, 16 params, 17 buffers
~ relu1     output 8x28x28 -> 8x30x30,
            activations 24.5 KiB -> 28.1 KiB (+3.6 KiB), field 5 -> 3
~ flatten1  output 6272 -> 7200
~ fc1       params 62,730 -> 72,010 (+9,280), MACs 62.72 k -> 72.00 k (+9,280)
MACs: multiply-accumulates of conv, deconv, fc and local, without bias; FLOPs =
  2 x MACs; shapes channels first, without the batch; MiB = 2^20 bytes
"""

GOLDEN_MARKDOWN = """\
### network

| | A | B | change | |
| --- | ---: | ---: | ---: | ---: |
| layers | 4 | 5 | **+1** | +25.00 % |
| depth | 2 | 2 |  |  |
| params | 63,338 | 72,250 | **+8,912** | +14.07 % |
| buffers | 0 | 17 | **+17** |  |
| MACs | 533,120 | 266,400 | **-266,720** | -50.03 % |
| activations | 49.0 KiB | 84.4 KiB | **+35.4 KiB** | +72.14 % |
| weights | 247.4 KiB | 282.2 KiB | **+34.8 KiB** | +14.07 % |
| peak, inference | 308.4 KiB | 350.5 KiB | **+42.1 KiB** | +13.66 % |
| peak, training | 578.0 KiB | 688.2 KiB | **+110.2 KiB** | +19.07 % |
| field | 32 | 32 |  |  |
| inputs | 3x32x32 | 3x32x32 |  |  |
| outputs | 10 | 10 |  |  |

<details><summary>Layers: 1 added, 4 changed (3 only by what flows in)</summary>

| | layer | settings | output | params | buffers | MACs | activations | field |
| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |
| changed | `conv1` | kernel 5 → 3 | 8x28x28 → 8x30x30 | -384 |  | -276,000 | +3.6 KiB | 5 → 3 |
| added | `bn1` | bn | 8x30x30 | +16 | +17 |  | +28.1 KiB |  |
| changed | `relu1` |  | 8x28x28 → 8x30x30 |  |  |  | +3.6 KiB | 5 → 3 |
| changed | `flatten1` |  | 6272 → 7200 |  |  |  |  |  |
| changed | `fc1` |  | 10 | +9,280 |  | +9,280 |  |  |

<sub>MACs: multiply-accumulates of conv, deconv, fc and local, without bias; FLOPs = 2 x MACs; shapes channels first, without the batch; MiB = 2^20 bytes</sub>

</details>
"""


def test_equal_networks() -> None:
    result = run("lenet5", "lenet5")
    assert result.exit_code == 0 and result.stdout.splitlines()[1] == "equal: 12 layers, 61,706 params, 416.52 k MACs"
    every = run("lenet5", "lenet5", "--all")
    assert every.exit_code == 0 and len(every.stdout.splitlines()) == len(result.stdout.splitlines()) + 12
    assert json.loads(run("lenet5", "lenet5", "--format", "json").stdout)["equal"]
    assert "Equal: 12 layers" in run("lenet5", "lenet5", "--format", "markdown").stdout


def test_all_shows_equal_layers_too() -> None:
    arguments = ("resnet18", "resnet34")
    assert "\n  ... 18 equal\n+ conv2." in run(*arguments).stdout
    whole = run(*arguments, "--all")
    assert "... " not in whole.stdout and "  conv1.conv " in whole.stdout
    some, all_ = (
        json.loads(run(*arguments, "--format", "json", *more).stdout)["networks"][0] for more in ((), ("--all",))
    )
    assert len(all_["layers"]) == sum(all_["counts"].values()) and len(some["layers"]) < len(all_["layers"])


def test_settings_of_one_side(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "params: {width: 8}\nvariants: {wide: {width: 16}}\ninput: 3x32x32\nlayers:\n  a: conv width 3\n"
        "expect: {params: 224}\n"
    )
    name = str(file)
    assert run(name, name, "--set", "width=9").exit_code == 0
    assert settings_of(run(name, name, "--set-b", "width=9", "--format", "json")) == {"channels": (8, 9)}
    both = run(name, name, "--set", "width=4", "--set-a", "width=5", "--format", "json")
    assert settings_of(both) == {"channels": (5, 4)}
    assert settings_of(run(name, name, "--variant-a", "wide", "--format", "json")) == {"channels": (16, 8)}
    assert run(name, name, "--variant", "wide", "--set-b", "width=16").exit_code == 0
    wider = run(name, name, "--input-b", "3x64x64")
    assert wider.exit_code == 1 and "inputs" in wider.stdout and "3x64x64" in wider.stdout
    assert run(name, "-", stdin=file.read_text()).exit_code == 0
    assert settings_of(run("densenet121", "densenet121", "--variant-b", "densenet121", "--format", "json")) == {}


def test_a_difference_of_expectations_is_none(tmp_path: Path) -> None:
    for name, params in (("a", 224), ("b", 225)):
        (tmp_path / f"{name}.yaml").write_text(
            f"input: 3x32x32\nlayers:\n  a: conv 8 3\nexpect: {{params: {params}}}\n"
        )
    result = run(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lenet5"], "Missing argument 'B'"),
        (["-", "-"], "stdin is read once"),
        (["lenet5", "nonsense"], "no bundled network called 'nonsense'"),
        (["nonsense", "lenet5"], "no bundled network called 'nonsense'"),
        (["lenet5", "3x8x8 | conv 4 30"], "kernel 30 does not fit into 8"),
        (["lenet5", "lenet5", "--set", "x"], "--set takes NAME=NUMBER"),
        (["lenet5", "lenet5", "--set-a", "nothing=1"], "has no parameter 'nothing'"),
        (["lenet5", "lenet5", "--variant-b", "x"], "no such variant"),
        (["lenet5", "lenet5", "--input-a", "x"], "is no shape"),
        (["dcgan", "dcgan", "--net", "generater"], "did you mean 'generator'?"),
        (["", ""], "error["),
        (["lenet5", "\udcff"], "error["),
        (["lenet5", "/"], "it is a directory"),
        (["lenet5", "lenet5", "--batch", "0"], "--batch"),
        (["lenet5", "lenet5", "--format", "csv"], "csv"),
    ],
)
def test_cannot_be_used(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "") and said in result.stderr


def test_both_faults_are_told_at_once() -> None:
    result = run("3x8x8 | conv 4 30", "3x8x8 | rellu", "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["networks"], found["equal"]) == (2, [], False)
    assert len(found["errors"]) == 2
    with pytest.raises(SpecError) as caught:
        cnncalc.diff("3x8x8 | conv 4 30", "3x8x8 | rellu")
    assert len(caught.value.diagnostics) == 2


def test_json() -> None:
    found = json.loads(run("lenet5", "alexnet", "--batch", "2", "--format", "json").stdout)
    assert set(found) == {"version", "equal", "networks", "errors"} and (found["version"], found["equal"]) == (1, False)
    (network,) = found["networks"]
    page = (ROOT / "docs" / "json.md").read_text("utf-8").split("## Two networks side by side")[1].split("\n## ")[0]
    keys = [*network, *network["a"], *network["totals"], *network["counts"], *network["layers"][0]]
    keys += [key for layer in network["layers"] for side in "ab" for key in layer[side] or ()]
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert network["a"]["batch"] == 2 and {each["status"] for each in network["layers"]} <= set(network["counts"])
    for name in FIGURES:
        assert network["totals"][name]["delta"] == sum(each["delta"][name] for each in network["layers"])


def test_markdown_shape() -> None:
    lines = run("resnet18", "resnet34", "--format", "markdown").stdout.splitlines()
    assert lines[0] == "### ResNet\\-18 → ResNet\\-34"
    table = [line for line in lines if line.startswith("| added") or line.startswith("| changed")]
    assert len({line.count("|") for line in table}) == 1 and len(table) == 108
    assert lines.count("</details>") == 1 and any(
        line.startswith("<details><summary>Layers: 56 added") for line in lines
    )
    long = run("resnet18", "resnet152", "--format", "markdown").stdout
    assert f"{documents.LONGEST}" and "more: `cnncalc diff` lists them all" in long and len(long) < 60_000


def test_a_name_cannot_break_markdown(tmp_path: Path) -> None:
    for name, text in (("a", "x | </details> `*`"), ("b", "[y](http://z) <b>")):
        (tmp_path / f"{name}.yaml").write_text(f"name: '{text}'\ninput: 3x8x8\nlayers: conv {len(text)} 3\n")
    found = run(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"), "--format", "markdown").stdout
    assert found.splitlines()[0] == "### x \\| \\</details\\> \\`\\*\\` → \\[y\\]\\(http://z\\) \\<b\\>"


def test_no_line_is_wider_than_the_terminal() -> None:
    for names in PAIRS:
        for width in (80, 120):
            lines = render.text(api.diff_all(*names), width, every=True).splitlines()
            names_alone = [line for line in lines if line.startswith(("~ ", "> ")) and line.count(" ") == 3]
            assert not [line for line in lines if len(line) > width and line not in names_alone]


def test_colours() -> None:
    found = api.diff_all("lenet5", "784 | fc 10")
    assert "\x1b[" in render.coloured(found, 80) and "\x1b" not in render.text(found, 80)


@pytest.mark.parametrize("name", ["mask_rcnn", "nasnet_a_mobile", "yolov3", "fcn8s", "unet", "segnet", "r2plus1d_18"])
def test_the_same_said_another_way_is_equal(name: str) -> None:
    """The flat form spells sizes, sides and lines out."""
    network = api.load(name)
    text = CliRunner().invoke(group, ["expand", name]).stdout
    found = api.diff_all(network, api.parse(text))
    assert found and all(each.equal for each in found)


def test_a_wide_terminal_has_names_and_differences_side_by_side() -> None:
    found = cnncalc.diff("resnet18", "resnet34")
    narrow, wide = (render.text([found], width) for width in (80, 120))
    name = "+ conv2.stage.1.basic.body.conv"
    assert f"{name}\n" in narrow and f"{name}   conv 3x3 p1" in wide
    assert max(map(len, narrow.splitlines())) <= 80 and max(map(len, wide.splitlines())) <= 120
