"""``cnncalc fmt``: one spelling for every phrase; figures never change, and a second time changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import api, loading
from cnncalc.cli._group import group
from cnncalc.errors import SpecError
from cnncalc.formats.write.fmt import rewrite
from cnncalc.source import Source

ROOT = Path(__file__).parent.parent
BUNDLED = sorted((ROOT / "architectures").glob("*.yaml"))
ONE_LINERS = [
    "3x227x227 -> conv 96 11x11 stride 4 -> ReLU -> MaxPool 3 stride=2 -> (Dense 4096 -> relu -> dropout(0.5))*2",
    "3x224x224 | conv3-64 | Conv3-64 | Pool | (conv3-128)*2 | pool | FC-4096 | Linear 10 bias=false | softmax",
    "basic(c, stride=1): residual(Conv c 3 stride=stride pad=1 | BatchNorm, project = Conv c 1 s2) | ReLU; "
    "3x32x32 | conv 8 7 /2 p3 | basic 16 /2",
    "3x32x32 | conv(8, 3, pad=same) as e | maxpool | upsample(like=e) | concat(e, id) | Conv 4 1 => 4x32x32",
    "1x28x20 | conv 32 3 x 1 p0x0 | conv 32 1x7 pad=0x3 | slice 0 1 | crop (26, 20) | pad pad=1:2 reflect=true",
    "Pooled(c): Conv c 3; 3x9x9 | Pooled 4 | relu   # a block has nearly the name",
    "3x9x9 | conv channels=4 kernel=3 | lrelu slope=0.10 | bn eps=1e-3 | dropout (1/3) | LRN 5 alpha=1e-4",
]


def formatted(text: str, name: str = "<line>") -> str:
    return rewrite(Source(name, text))


def figures(text: str, name: str) -> list[object]:
    return [
        ([(*row[:-2], row.parameters) for row in report.rows], report.totals, report.outputs)
        for report in api.analyse_all(api.parse(text, name))
    ]


@pytest.mark.parametrize(
    "before, after",
    [
        ("MaxPool 3 stride=2", "maxpool 3 /2"),
        ("pool", "maxpool"),
        ("Dense 10 | Linear(10)", "fc 10 | fc 10"),
        ("conv(96, 11, stride=4)", "conv 96 11 /4"),
        ("conv 96 11x11 stride 4 pad 2", "conv 96 11x11 /4 p2"),
        ("conv 96 11x11 s4 p(2)", "conv 96 11x11 /4 p2"),
        ("conv channels=96 kernel=11", "conv 96 11"),
        ("conv 96 kernel=11 pad=same", "conv 96 11 same"),
        ("conv 96 3 pad=1:2 dilation=2 groups 3 bias=false", "conv 96 3 p1:2 d2 g3 nobias"),
        ("conv 96 3 padding", None),
        ("conv 96 7x7/2  p3", "conv 96 7x7 /2 p3"),
        ("conv3-64->FC-10", "conv3-64 | FC-10"),
        ("CONVT 8 2 stride=2 outpad=1", "deconv 8 2 /2 outpad=1"),
        ("conv 8 3 | Swish   |  HardSwish", "conv 8 3 | silu | hswish"),
        ("add( id,conv 3 1 inplace )", None),
        ("maxpool 3 2 ceil=true", "maxpool 3 2 ceil"),
        ("conv 8 3 nobias => 8 x 6 x 6", "conv 8 3 nobias => 8x6x6"),
        ("lrn size=5 k=2 alpha=1e-4", "lrn 5 k=2 alpha=1e-4"),
        ("bn eps=1e-05 affine=false", "bn eps=1e-05 noaffine"),
        ("conv 8 3 p1 as u | ID | concat(u,u)", "conv 8 3 p1 as u | id | concat(u, u)"),
        ("dropout p=0.50 spatial=true", "dropout 0.50 spatial"),
        ("slice index=0 parts=3", "slice 0 3"),
        ("(conv 3 3 p1|relu) *3", "(conv 3 3 p1 | relu)*3"),
        ("conv 4*C//2 1 if (C==3) else relu", "conv 4*C//2 1 if (C == 3) else relu"),
        ("upsample factor=2 bilinear=true", "upsample factor=2 bilinear=true"),  # p2 and the like may be lines there
    ],
)
def test_phrases(before: str, after: str | None) -> None:
    if after is None:
        with pytest.raises(SpecError):
            api.analyse(api.parse(f"3x8x8 | {before}"))
        return
    assert formatted(f"3x8x8 | {before}") == f"3x8x8 | {after}"
    assert formatted(f"3x8x8 | {after}") == f"3x8x8 | {after}"


FILE = """\
# A file with all that may stand in one
name: Dense is a word of the name
params: {width: 1.5}
input: [3, 64, 64]          # Pool
defaults:
  Conv: bias=false          # as a phrase
  maxpool: ceil=true

blocks:
  down(c, stride=2, pad=1):  conv  c 3 /stride pad=pad|ReLU      # the parameter keeps its name
  Fire(c):
    - Conv c 1 as Squeeze
    - add(Squeeze|Conv(c, 3, pad=1),   Squeeze | conv c 1)
layers:
  stem:   Conv 12 7 stride=2 pad=3 | BatchNorm | ReLU   # (64 - 7 + 2*3)/2 + 1
  Pooled: MaxPool 3 stride 2
  quoted: 'Pooled | Conv 8*width 1'
  double: "Conv 8 3 pad=1\\x20"
  long: residual(Conv 8 3 pad=1
                 | Convolution(8, 3,
                       pad=1) -> ReLU,
                 project = Conv 8 1)   # it spans lines
  folded: >-
    Conv 8 3 pad=1
    | ReLU
  form: {op: Dense, features: 7}
  out: down 4|Fire 6 | Dense(10)
outputs: {pooled: Pooled, out: out}
expect: {out: 10}
"""

RESULT = """\
# A file with all that may stand in one
name: Dense is a word of the name
params: {width: 1.5}
input: [3, 64, 64]          # Pool
defaults:
  Conv: nobias              # as a phrase
  maxpool: ceil

blocks:
  down(c, stride=2, pad=1):  conv c 3 /stride pad=pad | relu     # the parameter keeps its name
  Fire(c):
    - conv c 1 as Squeeze
    - add(Squeeze | conv c 3 p1, Squeeze | conv c 1)
layers:
  stem:   conv 12 7 /2 p3 | bn | relu                   # (64 - 7 + 2*3)/2 + 1
  Pooled: maxpool 3 /2
  quoted: Pooled | conv 8*width 1
  double: "Conv 8 3 pad=1\\x20"
  long: residual(conv 8 3 p1
                 | Convolution(8, 3,
                       pad=1) -> relu,
                 project = conv 8 1)   # it spans lines
  folded: >-
    conv 8 3 p1
    | relu
  form: {op: fc, features: 7}
  out: down 4 | Fire 6 | fc 10
outputs: {pooled: Pooled, out: out}
expect: {out: 10}
"""


def test_a_file() -> None:
    text = FILE.replace("  form: {op: Dense, features: 7}\n", "")
    result = RESULT.replace("  form: {op: fc, features: 7}\n", "")
    assert formatted(text, "a.yaml") == result
    assert formatted(result, "a.yaml") == result
    assert figures(text, "a.yaml") == figures(result, "a.yaml")
    assert formatted(FILE, "a.yaml") == RESULT


def test_line_ends_and_flow_stay() -> None:
    text = "layers: {a: 'Conv 8 3', b: \"add(Pool, Pool)\", c: Dense 3}\r\ninput: 3x8x8\r\n"
    assert formatted(text, "a.yaml") == text.replace("Conv 8", "conv 8").replace("Pool", "maxpool").replace(
        "Dense", "fc"
    )
    json = '{"input": "3x8x8", "layers": ["Conv 8 3", {"a": "Pool"}]}'
    assert formatted(json, "a.json") == json.replace("Conv", "conv").replace("Pool", "maxpool")


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled(path: Path) -> None:
    text = path.read_text("utf-8")
    source = Source(str(path), text, str(path.parent))
    new = rewrite(source)
    assert rewrite(Source(str(path), new, str(path.parent))) == new
    assert [line.partition("#")[2] for line in new.splitlines()] == [
        line.partition("#")[2] for line in text.splitlines()
    ]

    def rows(source: Source) -> list[object]:
        reports = api.analyse_all(loading.network_of(source))
        return [([row[:-2] for row in report.rows], report.totals, report.outputs) for report in reports]

    assert rows(Source(str(path), new, str(path.parent))) == rows(source)


@pytest.mark.parametrize("text", ONE_LINERS)
def test_one_liners(text: str) -> None:
    new = formatted(text)
    assert figures(new, "<line>") == figures(text, "<line>")
    assert formatted(new) == new


OPTIONS = st.lists(
    st.sampled_from(
        [
            "stride=2", "stride 2", "/2", "s2", "/stride", "pad=1", "p1", "p(k//2)", "pad same", "pad=same", "HALF",
            "dilation=1", "d1", "groups 1", "g1", "g=1", "bias=false", "nobias", "NoBias", "kernel=3", "k3", "kernel 3",
            "channels=8", "8", "3", "3x3", "3 x 3", "c", "k", "in_channels=3", "outpad=1", "ceil", "ceil=true", "max",
            "p=0.5", "0.5", "pad=p", "affine=false", "inplace=true", "inplace", "eps=1e-4", "to=(16, 16)", "e",
            "like=e", "bilinear",
        ]
    ),
    max_size=4,
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "conv", "Conv", "dwconv", "convt", "local", "MaxPool", "pool", "avgpool", "fc", "Dense", "adaptive", "bn",
        "GroupNorm", "lrn", "ReLU", "leaky", "dropout", "upsample",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(WORDS, OPTIONS, st.booleans())
def test_whatever_loads_keeps_its_figures(word: str, options: list[str], brackets: bool) -> None:
    call = f"{word}({', '.join(options)})" if brackets else " ".join([word, *options])
    text = f"""
params: {{c: 8, k: 3, p: 1, stride: 2}}
input: 3x32x32
layers:
  e: relu
  a: e | {call}
"""
    try:
        before = figures(text, "a.yaml")
    except SpecError:
        return
    new = formatted(text, "a.yaml")
    assert figures(new, "a.yaml") == before
    assert formatted(new, "a.yaml") == new


def run(*arguments: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cnncalc", "fmt", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=60, cwd=cwd, env=environment, check=False
    )


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    (tmp_path / "a.yaml").chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "b.yaml").write_text("input: 3x8x8\nlayers: conv 8 3\n")
    (tmp_path / "c.yaml").write_text("input: 3x8x8\nlayers: conv 8 3 |\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    check = run("--check", "link.yaml", "b.yaml", cwd=tmp_path)
    assert (check.returncode, check.stdout, check.stderr) == (1, "", "would rewrite link.yaml\n")
    difference = run("--diff", "link.yaml", "b.yaml", cwd=tmp_path)
    assert difference.returncode == 1
    assert run("--diff", "b.yaml", cwd=tmp_path).returncode == 0
    assert {"-  Pooled: MaxPool 3 stride 2", "+  Pooled: maxpool 3 /2"} <= {*difference.stdout.splitlines()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    done = run("c.yaml", "link.yaml", "b.yaml", "no.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("rewrote link.yaml\n")
    assert "c.yaml:2:" in done.stderr
    assert "cannot read no.yaml" in done.stderr
    assert (tmp_path / "a.yaml").read_bytes() == b"\xef\xbb\xbf" + RESULT.replace("\n", "\r\n").encode()
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "c.yaml").read_bytes() == before["c.yaml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(before)
    assert run("--check", "a.yaml", "b.yaml", cwd=tmp_path).returncode == 0


def test_a_file_that_cannot_be_written_keeps_no_other_from_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnncalc import files
    from cnncalc.errors import fault

    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("input: 3x8x8\nlayers: Conv 8 3\n")
    write = files.replace_file

    def refuse(path: str, text: str) -> None:
        if path == "a.yaml":
            raise fault("Y001", "cannot write a.yaml: permission denied")
        write(path, text)

    monkeypatch.setattr(files, "replace_file", refuse)
    done = CliRunner().invoke(group, ["fmt", "no.yaml", "a.yaml", "b.yaml"])
    assert done.exit_code == 2 and "rewrote b.yaml" in done.stderr and "rewrote a.yaml" not in done.stderr
    assert "cannot read no.yaml" in done.stderr and "cannot write a.yaml" in done.stderr
    assert (tmp_path / "b.yaml").read_text() == "input: 3x8x8\nlayers: conv 8 3\n"


def test_standard_input() -> None:
    done = run("-", stdin="3x8x8 -> Conv(8, 3) -> Pool\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3x8x8 | conv 8 3 | maxpool\n", "")
    assert run("-", "--check", stdin="3x8x8 | conv 8 3\n").returncode == 0
    assert run("-", stdin="3x8x8 | conv 8 3 |").returncode == 2
