"""The commands explain, list, show and init: exit codes, what goes where, JSON; no input gives a traceback."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnncalc import api, library
from cnncalc.analysis import catalogue
from cnncalc.cli import _commands, _output
from cnncalc.cli._group import group

STRIDED = "3x227x227 | conv 96 11x11 /4 | relu"


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(group, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# -- explain ----------------------------------------------------------------------------------------------------------


def test_explain_a_layer() -> None:
    result = run("explain", STRIDED, "conv1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "  H, W  (227 - 11 + 2*0)/4 + 1 = 55\n" in result.stdout
    assert "\x1b" not in result.stdout


def test_explain_takes_what_summarize_takes(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("params: {width: 8}\ninput: 3x32x32\nlayers:\n  a: conv width 3\n  b: relu\n")
    assert "16 filters" in run("explain", str(file), "a", "--set", "width=16").stdout
    assert "(64 - 3 + 2*0)/1 + 1 = 62" in run("explain", str(file), "a", "--input", "3x64x64").stdout
    assert "batch of 4" in run("explain", str(file), "a", "--batch", "4").stdout
    assert "as float16" in run("explain", str(file), "a", "--dtype", "float16").stdout
    assert "a.conv" in run("explain", "-", "a", stdin=file.read_text()).stdout
    assert "20,013,928" in run("explain", "densenet121", "--variant", "densenet201").stdout
    assert "DCGAN.generator" in run("explain", "dcgan", "g2", "--net", "generator").stdout
    both = run("explain", "dcgan", "--format", "json")
    assert [each["net"] for each in json.loads(both.stdout)["networks"]] == ["generator", "discriminator"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["alexnet", "conv9"], "did you mean 'conv"),
        (["alexnet", "conv"], "which one: conv1, conv2, conv3, conv4, conv5?"),
        (["alexnet", "maxpool"], "which one: pool1.maxpool, pool2.maxpool, pool5.maxpool?"),
        (["resnet18", "bn"], "which one: conv1.bn, conv2.stage.basic.body.bn, "),
        (["alexnt"], "did you mean 'alexnet'?"),
        (["s10"], "these begin with S10:\n      S101 does-not-tile\n"),
        (["v1"], "there is no file, bundled network or layer called 'v1'"),
        (["dcgan", "--net", "generater"], "did you mean 'generator'?"),
        (["dcgan", "nothing"], "there is no layer called 'nothing'"),
        (["alexnet", "--set", "classes"], "--set takes NAME=NUMBER"),
        (["alexnet", "--variant", "x"], "no such variant"),
        (["3x8x8 | conv 4 30"], "kernel 30 does not fit into 8"),
        (["3x8x8 | conv 4 30", "conv1"], "kernel 30 does not fit into 8"),
        (["3x8x8 | rellu"], "did you mean 'relu'?"),
        ([""], "error["),
        (["/"], "error["),
        (["missing.yaml"], "there is no such file"),
        (["alexnet", "conv1", "--batch", "0"], "--batch"),
        (["a" * 5000], "error["),
        (["\udcff"], "error["),
        (["3x8x8 | conv 4 3", "\udcff"], "error[G101]"),
    ],
)
def test_explain_cannot_use_it(arguments: list[str], said: str) -> None:
    result = run("explain", *arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_explain_tells_what_it_can_before_the_fault() -> None:
    result = run("explain", "3x8x8 | conv 4 3 | conv 4 30")
    assert result.exit_code == 2 and "conv1" in result.stdout and "error[S103]" in result.stderr
    found = json.loads(run("explain", "3x8x8 | conv 4 3 | conv 4 30", "--format", "json").stdout)
    assert [each["name"] for each in found["networks"][0]["layers"]] == ["conv1"]
    assert [each["code"] for each in found["errors"]] == ["S103"]


def test_explain_exit_1_where_an_expectation_differs(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: 3x32x32\nlayers:\n  a: conv 8 3\nexpect: {a: 8x31x31}\n")
    result = run("explain", str(file), "a")
    assert result.exit_code == 1 and "= 30" in result.stdout and "error[E101]" in result.stderr


def test_explain_formats() -> None:
    assert run("explain", STRIDED, "conv1", "--format", "markdown").stdout.startswith("## network\n\n### `conv1`: conv")
    found = json.loads(run("explain", STRIDED, "conv1", "--format", "json").stdout)
    assert set(found) == {"version", "networks", "errors"}
    assert run("explain", "alexnet", "conv1", "--format", "csv").exit_code == 2


def test_a_file_is_stronger_than_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("S101").write_text("input: 3x32x32\nlayers:\n  a: conv 8 3\n")
    assert "a.conv" in run("explain", "S101", "a").stdout


@pytest.mark.parametrize("arguments", [["alexnet", "conv1"], ["S101"]])
def test_colours_only_where_they_are_wanted(arguments: list[str]) -> None:
    plain = process("explain", *arguments, NO_COLOR="1")
    assert plain.returncode == 0 and "\x1b" not in plain.stdout
    coloured = process("explain", *arguments, NO_COLOR="", FORCE_COLOR="1")
    assert coloured.returncode == 0 and "\x1b[" in coloured.stdout


# -- list and show ----------------------------------------------------------------------------------------------------


def test_list() -> None:
    result = run("list")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    row = next(line for line in lines if line.startswith("  alexnet "))
    assert row.split() == ["alexnet", "2012", "62,378,344", "1.14", "G", "3x227x227"]
    assert {line.split()[0] for line in lines if re.match(r"  \w", line)} == set(library.names())


def test_list_json() -> None:
    found = json.loads(run("list", "--format", "json").stdout)
    assert (found["version"], found["errors"]) == (1, [])
    networks = {each["name"]: each for each in found["networks"]}
    assert set(networks) == set(library.names())
    assert set(networks["alexnet"]) == {
        "name", "title", "file", "variant", "family", "year", "params", "macs", "inputs", "about",
    }  # fmt: skip
    deep = networks["densenet201"]
    assert (deep["file"], deep["variant"], deep["params"]) == ("densenet121.yaml", "densenet201", 20_013_928)
    for name, each in networks.items():
        assert each["about"] and each["family"] and 1980 < each["year"] < 2100, name
        reports = api.analyse_all(api.load(name))
        assert each["params"] == sum(report.totals.params for report in reports), name
        assert each["macs"] == sum(report.totals.macs * report.graph.per_image for report in reports), name


def test_list_of_a_family() -> None:
    result = run("list", "--family", "vgg", "--format", "json")
    assert {each["family"] for each in json.loads(result.stdout)["networks"]} == {"VGG"}
    result = run("list", "--family", "vggg")
    assert result.exit_code == 2 and "did you mean 'VGG'?" in result.stderr


def test_a_family_is_listed_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    every = json.loads(run("list", "--format", "json").stdout)["networks"]
    analysed: list[str] = []
    entry = catalogue.entry

    def noted(name: str, place: library.Place) -> catalogue.Entry:
        analysed.append(name)
        return entry(name, place)

    monkeypatch.setattr(catalogue, "entry", noted)
    for asked in (("lenet",), ("VGG", "AlexNet"), ("resnet",)):
        options = [word for each in asked for word in ("--family", each)]
        found = json.loads(run("list", "--format", "json", *options).stdout)["networks"]
        wanted = {each.lower() for each in asked}
        assert found == [each for each in every if each["family"].lower() in wanted] and found
        assert sorted(analysed) == sorted(each["name"] for each in found)
        analysed.clear()


def test_a_year_and_a_name_per_variant_in_the_list() -> None:
    found = {each["name"]: each for each in json.loads(run("list", "--format", "json").stdout)["networks"]}
    years = {name: found[name]["year"] for name in ("resnet18", "resnet101", "resnext50_32x4d", "wide_resnet50_2")}
    assert years == {"resnet18": 2015, "resnet101": 2015, "resnext50_32x4d": 2016, "wide_resnet50_2": 2016}
    assert [found[name]["title"] for name in ("resnet50", "resnet101", "efficientnet_v2_l", "r2plus1d_18")] == [
        "ResNet-50", "ResNet-101", "EfficientNetV2-L", "R(2+1)D-18",
    ]  # fmt: skip
    titles = [each["title"] for each in found.values()]
    assert sorted(titles) == sorted(set(titles)), "two networks with one name"


def test_the_list_is_in_the_order_of_years_and_files() -> None:
    names = [line.split()[0] for line in run("list", "--family", "resnet").stdout.splitlines()[2:] if line[2:3] > " "]
    assert names[:5] == ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    assert names.index("preact_resnet164") > names.index("resnet152_v1")
    assert names[-2:] == ["wide_resnet50_2", "wide_resnet101_2"]


@pytest.mark.parametrize("columns, shown", [("80", False), ("140", True)])
def test_full_names_where_there_is_room(columns: str, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = run("list", "--family", "resnet").stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert any(line.endswith("  Wide ResNet-101-2") for line in lines) is shown
    assert sum("He et al. 2015 (arXiv 1512.03385), table 1, with the stride" in line for line in lines) == 1


def test_show_says_that_it_is_a_variant() -> None:
    result = run("show", "densenet201")
    assert result.stdout == run("show", "densenet121").stdout
    assert "--variant densenet201" in result.stderr
    assert run("show", "vgg16").stderr == ""


def test_list_goes_on_past_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.yaml").write_text("family: F\nyear: 2000\ninput: 3x8x8\nlayers: conv 4 3\n")
    (tmp_path / "shape.yaml").write_text("family: F\nyear: 2001\ninput: 3x8x8\nlayers: conv 4 30\n")
    (tmp_path / "yaml.yaml").write_text("layers: [\n")
    monkeypatch.setattr(library, "folder", lambda: str(tmp_path))
    result = run("list")
    assert result.exit_code == 2 and "good" in result.stdout
    assert "error[S103]" in result.stderr and "error[Y101]" in result.stderr


def test_list_where_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "folder", lambda: None)
    assert run("list").exit_code == 0
    assert json.loads(run("list", "--format", "json").stdout)["networks"] == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_list_shows_progress_on_a_terminal_only() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", "list"],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode("utf-8", "replace")  # what the terminal's buffer still holds
    os.close(ours)
    assert "analysing" in shown and "analysing" not in done.stdout.decode()


@pytest.mark.parametrize("name", library.names())
def test_show(name: str) -> None:
    place = library.find(name)
    assert place is not None
    assert run("show", name).stdout == Path(place.path).read_text("utf-8")
    assert run("show", name, "--path").stdout == f"{place.path}\n"


@pytest.mark.parametrize("name", ["densnet201", "../alexnet", "alexnet.yaml", "", "a b", "\udcff", "zzzzzz"])
def test_show_nothing(name: str) -> None:
    result = run("show", name)
    assert (result.exit_code, result.stdout) == (2, "") and "error[Y001]" in result.stderr


# -- init -------------------------------------------------------------------------------------------------------------


def test_the_starter_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "start.yaml"
    result = run("init", str(file))
    assert (result.exit_code, result.stdout) == (0, "") and "cnncalc summarize" in result.stderr
    text = file.read_text("utf-8")
    assert text == run("init").stdout == run("init", "-").stdout
    assert text.splitlines()[0].startswith("# yaml-language-server: $schema=")
    assert text.splitlines()[1].startswith("# $schema: ")
    assert max(map(len, text.splitlines())) <= 120
    assert run("summarize", str(file)).exit_code == 0
    report = api.analyse(api.load(file))
    assert report.outputs == (("head", (10,)),) and not report.diagnostics
    assert run("summarize", str(file), "--set", "classes=100").exit_code == 0
    assert run("explain", str(file), "stage1").exit_code == 0


def test_init_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("precious")
    result = run("init", str(file))
    assert result.exit_code == 2 and "--force" in result.stderr and file.read_text() == "precious"
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "nowhere.yaml")
    assert run("init", str(link)).exit_code == 2 and not (tmp_path / "nowhere.yaml").exists()
    assert run("init", str(file), "--force").exit_code == 0
    assert file.read_text().startswith("# yaml-language-server")


@pytest.mark.parametrize("name", ["", ".", "no/such/folder/x.yaml", "a\0b", "x" * 300])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_init_cannot_write(name: str, force: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("init", name, *force)
    assert result.exit_code == 2 and "error[Y001]" in result.stderr and not list(tmp_path.iterdir())


# -- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", _commands.names())
def test_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0 and max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["explain", "resnet50"], ["list"], ["show", "yolov3"]])
def test_a_closed_pipe_is_no_failure(arguments: list[str]) -> None:
    command = f'"{sys.executable}" -m cnncalc {" ".join(arguments)} | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout and done.stderr == ""


def test_the_commands_do_not_import_torch() -> None:
    for arguments in (["explain", STRIDED, "conv1"], ["list"], ["solve", "--input", "5", "--output", "3"]):
        script = (
            "import sys; from cnncalc.cli._group import group; "
            f"group.main({arguments!r}, standalone_mode=False); assert 'torch' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


# -- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("summarize", "alexnett"),
        ("explain", "alexnett"),
        ("explain", "S999"),
        ("diff", "alexnett", "alexnet"),
        ("compare", "alexnett"),
        ("memory", "alexnett"),
        ("probe", "alexnett"),
        ("verify", "alexnett"),
        ("lint", "alexnett.yaml"),
        ("lint", "--select", "Q9", "alexnet"),
        ("rule", "Q9"),
        ("grade", "nothing.yaml", "nothing.csv"),
        ("grade", "--network", "alexnett", "--ask", "conv1.params", "--answer", "1"),
    ],
    ids=" ".join,
)
def test_what_cannot_begin_is_json_where_json_is_asked_for(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--format", "json")
    assert (result.exit_code, result.stderr) == (2, "")
    document = json.loads(result.stdout)
    found = document["errors"] or [{"message": each["error"]} for each in document["networks"]]
    assert document["version"] == 1 and all(each["message"] for each in found) and found


def test_a_heading_names_a_bundled_file_shortly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("summarize", "alexnet").stdout.splitlines()[0] == "AlexNet   input 3x227x227   bundled alexnet.yaml"
    heading = run("explain", "alexnet", "conv1.conv").stdout.splitlines()[0]
    assert heading == "conv1.conv   conv 96 11x11 /4   AlexNet, bundled alexnet.yaml:11:10"


@pytest.mark.parametrize("columns", [None, ["name", "output", "params", "macs", "bias", "norm", "activation", "rf"]])
@pytest.mark.parametrize("width", [30, 60, 79, 80, 200])
def test_a_terminal_cuts_nothing_out_of_a_table(width: int, columns: list[str] | None) -> None:
    from cnncalc.render import table

    made = table.sheet(api.analyse("alexnet"), columns=columns, width=width)
    shown = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in table.coloured(made, width).splitlines()]
    plain = table.plain(made, width).splitlines()
    assert shown == [line for line in plain if not line.startswith("─")] and not any("…" in line for line in plain)
    if columns is None and width >= 60:
        assert max(map(len, plain)) <= width


def test_bars_give_way_to_columns_that_were_asked_for() -> None:
    from cnncalc.render import table

    asked = ["name", "output", "params", "macs", "bias", "norm", "rf"]
    report = api.analyse("alexnet")
    narrow, wide = (table.plain(table.sheet(report, 1, asked, width), width) for width in (80, 120))
    assert "█" in wide and "█" not in narrow and "62,378,344" in narrow


def test_live_bytes_by_layer() -> None:
    """What is there throughout, the values that a layer takes and the one that it makes."""
    throughout = 4 * (4 * 3 * 9 + 4 + 2 * 144 + 2) + 4 * 3 * 8 * 8
    wanted = {"conv1": 576, "relu1": 2 * 576, "flatten1": 576, "fc1": 576 + 8}
    shown = run("summarize", "3x8x8 | conv 4 3 | relu | fc 2", "--columns", "name,memory", "--format", "csv").stdout
    assert shown.splitlines()[1:] == [f"{name},{throughout + bytes_}" for name, bytes_ in wanted.items()]


@pytest.mark.parametrize("value", ["abc", "0", "2.5", "3x227x227"])
def test_what_is_no_whole_number(value: str) -> None:
    assert (
        f"'--batch': {value!r} is no whole number from 1 to 1,000,000,000"
        in run("summarize", "lenet5", "--batch", value).stderr
    )
    assert f"'--depth': {value!r} is no whole number from 1\n" in run("summarize", "lenet5", "--depth", value).stderr


def test_every_character_that_is_shown_has_a_look_alike() -> None:
    """On a terminal that knows ASCII only nothing of ours becomes a question mark."""
    folder = Path(_output.__file__).parent.parent / "render"
    texts = [path.read_text("utf-8") for path in folder.rglob("*.py")]
    shown = {character for text in texts for character in text if not character.isascii()}
    assert shown and [each for each in sorted(shown) if b"?" in _output.encode(each, "ascii")] == []


def test_a_folder_hides_no_layer_and_no_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for word in ("conv", "S101"):
        expected = run("explain", word)
        (tmp_path / word).mkdir()
        found = run("explain", word)
        assert (found.exit_code, found.stdout) == (0, expected.stdout) and expected.exit_code == 0
    (tmp_path / "nets").mkdir()
    assert "cannot read nets: it is a directory" in run("explain", "nets").stderr


def test_the_columns_that_help_names() -> None:
    from cnncalc.cli.summarize import COLUMN_NAMES
    from cnncalc.render.columns import COLUMNS

    assert list(COLUMN_NAMES) == list(COLUMNS)


def test_columns_by_their_headings() -> None:
    by_name = run("summarize", "lenet5", "--columns", "name,macs,rf").stdout
    assert run("summarize", "lenet5", "--columns", "layer,MACs,field").stdout == by_name
    assert "furlongs: choose from name, " in run("summarize", "lenet5", "--columns", "furlongs").stderr


@pytest.mark.parametrize(
    ("layer", "way_out"),
    [
        ("why is it 55?", "such a number is a figure of conv1.conv, conv1.relu"),
        ("34944", "such a number is a figure of conv1.conv\n"),
        ("conv1.params", "all figures of a layer are told: name conv1\n"),
        ("total", "without the name of a layer, all of them and the total are told"),
        ("total.macs", "without the name of a layer, all of them and the total are told"),
        ("conv1.kernal", "did you mean"),
    ],
)
def test_what_is_asked_instead_of_a_layer(layer: str, way_out: str) -> None:
    found = run("explain", "alexnet", layer)
    assert (found.exit_code, found.stdout) == (2, "") and way_out in found.stderr


@pytest.mark.parametrize(
    ("word", "way_out"),
    [
        ("padding", "is about an argument of conv, "),
        ("same", "cnncalc explain conv"),
        ("nobias", "is about an argument of conv, "),
        ("Conv2d", "it is called conv here"),
        ("resnet", "which one: resnet18, resnet34, "),
        ("rellu", "did you mean 'relu'?"),
    ],
)
def test_what_is_asked_instead_of_a_layer_word(word: str, way_out: str) -> None:
    found = run("explain", word)
    assert (found.exit_code, found.stdout) == (2, "") and way_out in found.stderr


def test_a_family_is_no_network() -> None:
    wanted = "which one: vgg11, vgg13, vgg16, vgg19, "
    assert wanted in run("summarize", "vgg").stderr and wanted in run("show", "VGG").stderr
    assert "did you mean 'alexnet'?" in run("summarize", "AlexNet").stderr


def test_a_network_is_no_command() -> None:
    assert "did you mean: cnncalc summarize vgg16" in run("vgg16").stderr
    assert "did you mean: cnncalc --help" in run("help").stderr


def test_a_partial_table_says_so() -> None:
    """Its sum is not that of the network."""
    from cnncalc.render import table

    text = "3x8x8 | conv 4 3 | rellu | fc 10"
    shown, marked = (run("summarize", text, "--format", each).stdout for each in ("table", "markdown"))
    assert "\nso far " in shown and "\ntotal" not in shown and table.PARTIAL in shown
    assert "**so far**" in marked and "**total**" not in marked
    assert "\nso far " in run("explain", text).stdout
    whole = run("summarize", "3x8x8 | conv 4 3").stdout
    assert "\ntotal " in whole and table.PARTIAL not in whole


def test_a_fault_before_the_first_layer_leaves_nothing_to_explain() -> None:
    found = run("explain", "receptive field")
    assert (found.exit_code, found.stdout) == (2, "") and "called 'receptive'" in found.stderr


@pytest.mark.parametrize("name", ["model.py", "model.PTH", "net.onnx", "lenet.prototxt", "notes.ipynb"])
def test_files_of_other_tools(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is no YAML with a fault in its third line."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"class Net(nn.Module):\n    def __init__(self): pass\n")
    found = run("summarize", name)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(f"error[Y005]: {name} is no architecture: ") and "docs/tutorial.md" in found.stderr
    linted = run("lint", name)
    assert linted.exit_code == 1 and f": {name} is no architecture: " in linted.stdout
    formatted = run("fmt", name)
    assert formatted.exit_code == 2 and f": {name} is no architecture: " in formatted.stderr
    assert "error[Y001]: there is no file" in run("summarize", f"other{name}").stderr
