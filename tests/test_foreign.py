"""What beginners write, in the words of other frameworks or not quite in ours: the place, and a way out that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnncalc
from cnncalc.errors import Diagnostic, SpecError
from cnncalc.layers import TABLE, kind_of
from cnncalc.spec import foreign

BLOCK = "b(c, s=1): conv c 3 /s"

BEGINNERS: list[tuple[str, str, str, str, str]] = [
    # text, code, what is marked, a part of the way out, the text that it leads to (nothing: not to be tried)
    ("3x32x32 | Conv2d(3, 6, 5)", "G101", "Conv2d", "it is called conv here", "3x32x32 | conv 6 5"),
    ("3x32x32 | nn.Conv2d(3, 6, 5)", "G101", "nn.Conv2d", "what flows in is known", "3x32x32 | conv 6 5"),
    ("3x32x32 | nn.Conv2d(3, 6, kernel_size=5)", "Y201", "=", "it is called conv here", "3x32x32 | conv 6 kernel=5"),
    ("3x32x32 | nn.ReLU()", "Y201", ")", "it is called relu here", "3x32x32 | relu"),
    ("3x32x32 | MaxPooling2D((2, 2))", "G101", "MaxPooling2D", "it is called maxpool", "3x32x32 | maxpool((2, 2))"),
    ("3x32x32 | Conv2DTranspose(3, 3)", "G101", "Conv2DTranspose", "it is called deconv", "3x32x32 | deconv(3, 3)"),
    ("3x32x32 | ConvTranspose2d 3 3", "G101", "ConvTranspose2d", "it is called deconv", "3x32x32 | deconv 3 3"),
    ("3x32x32 | nn.Linear(3072, 10)", "G101", "nn.Linear", "it is called fc here", "3x32x32 | fc 10"),
    ("3x32x32 | nn.AdaptiveAvgPool2d(1)", "G101", "nn.AdaptiveAvgPool2d", "called adaptive", "3x32x32 | adaptive 1"),
    ("3x32x32 | BatchNormalization", "G101", "BatchNormalization", "did you mean 'bn'?", "3x32x32 | bn"),
    ("3x32x32 | max pool 2", "G101", "max", "did you mean 'maxpool'?", "3x32x32 | maxpool 2"),
    ("3x32x32 | global average pool", "G101", "global", "gap is the mean", "3x32x32 | gap"),
    ("3x32x32 | global max pool", "G101", "global", "gmp the maximum", "3x32x32 | gmp"),
    ("3x32x32 | AdaptiveMaxPool2d(4)", "G101", "AdaptiveMaxPool2d", "`adaptive 6 max`", "3x32x32 | adaptive 4 max"),
    ("3x32x32 | nn.Dropout2d(0.5)", "G101", "nn.Dropout2d", "`dropout 0.5 spatial`", "3x32x32 | dropout 0.5 spatial"),
    ("3x32x32 | ZeroPad2d(1)", "G101", "ZeroPad2d", "`pad 1`", "3x32x32 | pad 1"),
    ("3x32x32 | UpSampling2D(2)", "G101", "UpSampling2D", "`upsample 2`", "3x32x32 | upsample 2"),
    (
        "3x32x32 | multiply(id, relu)",
        "G101",
        "multiply",
        "`mul(id, gap | sigmoid)`",
        "3x32x32 | mul(id, gap | sigmoid)",
    ),
    ("3x32x32 | depthwise conv 3", "T101", "conv", "did you mean 'dwconv'?", "3x32x32 | dwconv 3"),
    ("3x32x32 | conv transpose 8 3", "T101", "transpose", "did you mean 'deconv'?", "3x32x32 | deconv 8 3"),
    ("3x32x32 | conv 8 3 p 2", "T101", "p", "write p2, close together", "3x32x32 | conv 8 3 p2"),
    ("3x32x32 | conv 8 k 3", "T101", "k", "write k3, close together", "3x32x32 | conv 8 k3"),
    ("3x32x32 | conv 8 K=3", "T101", "K=3", "did you mean 'k'?", "3x32x32 | conv 8 k=3"),
    ("3x32x32 | (conv 8 1)**2", "Y201", "**", "(layer ...)*2", "3x32x32 | (conv 8 1)*2"),
    ("3x32x32 | conv (3+1)**2 1", "Y201", "**", "write a product", "3x32x32 | conv (3+1)*(3+1) 1"),
    ("3x32x32 | (conv 8 1) conv 16 3", "Y201", "conv", "write '|' between steps", "3x32x32 | (conv 8 1) | conv 16 3"),
    ("3x32x32 | conv(8, 1) relu", "Y201", "relu", "write '|' between steps", "3x32x32 | conv(8, 1) | relu"),
    ("3x32x32 | residual(relu) x2", "Y201", "x2", "(layer ...)*2", "3x32x32 | (residual(relu))*2"),
    ("3x32x32 | slice 0,3", "Y201", ",", "blanks between arguments, 0 3", "3x32x32 | slice 0 3"),
    ("3x32x32 | slice 0, 3", "Y201", ",", "separate arguments with blanks", "3x32x32 | slice 0 3"),
    ("3x32x32 | flatten | 10", "Y201", "10", "for example fc 10", "3x32x32 | flatten | fc 10"),
    ("3x32x32 | 8 conv 3", "Y201", "8", "write conv 8", "3x32x32 | conv 8 3"),
    ("3x32x32 | 3*relu | relu", "Y201", "3", "(layer ...)*3", "3x32x32 | (relu)*3 | relu"),
    ("3x32x32 | c1: conv 6 3", "Y201", ":", "conv ... as c1", "3x32x32 | conv 6 3 as c1"),
    ("3x32x32 | leaky relu", "T101", "relu", "write leakyrelu, in one word", "3x32x32 | leakyrelu"),
    ("3x32x32 | identity", "G101", "identity", "is called id", "3x32x32 | id"),
    ("input 3x32x32 | relu", "G101", "input", "an input is its size alone", "3x32x32 | relu"),
    ("3x32x32 | conv 6 5 padding=same", "T101", "padding=same", "it is called pad here", "3x32x32 | conv 6 5 pad=same"),
    ("3x32x32 | conv 6 5 padding 1", "T101", "padding", "it is called pad here", "3x32x32 | conv 6 5 pad 1"),
    ("3x32x32 | conv filters=6 5", "T101", "filters=6", "it is called channels", "3x32x32 | conv channels=6 5"),
    ("3x32x32 | fc units=10", "T101", "units=10", "it is called features here", "3x32x32 | fc features=10"),
    ("3x32x32 | conv 6 5 use_bias=False", "T101", "use_bias=False", "called bias", "3x32x32 | conv 6 5 bias=False"),
    ("3x32x32 | conv 6 5 valid", "T101", "valid", "leave it out", "3x32x32 | conv 6 5"),
    ("3x32x32 | conv 6 5 pad=valid", "T108", "valid", "leave it out", "3x32x32 | conv 6 5"),
    ("3x32x32 | conv 6 5 full", "T101", "full", "the kernel less 1", "3x32x32 | conv 6 5 p4"),
    ("3x32x32 | fc 10 in_features=3072", "T101", "in_features=3072", "leave it out", "3x32x32 | fc 10"),
    ("3x32x32 | conv 6 5 activation=relu", "T101", "activation=relu", "... | relu", "3x32x32 | conv 6 5 | relu"),
    ('3x32x32 | conv(6, 5, activation="relu")', "Y201", '"', "... | relu", "3x32x32 | conv(6, 5) | relu"),
    ("3x32x32 | conv 6 5 no bias", "T101", "no", "write nobias", "3x32x32 | conv 6 5 nobias"),
    ("3x32x32 | conv 6 5 pad", "T102", "pad", "for example pad=2", "3x32x32 | conv 6 5 pad=2"),
    ("3x32x32 | conv 6 5 p-1", "T104", "p-1", "p2 is short for pad=2", "3x32x32 | conv 6 5 p2"),
    ("3x32x32 | conv 6 3,3", "Y201", ",", "write 3x3 for a size", "3x32x32 | conv 6 3x3"),
    ("3x32x32 | conv 6 3, relu", "Y201", ",", "write '|' between steps", "3x32x32 | conv 6 3 | relu"),
    ("3x32x32, conv 6 3", "Y201", ",", "write '|' between steps", "3x32x32 | conv 6 3"),
    ("3x32x32 => conv 6 3", "Y201", "6", "write '|' or '->'", "3x32x32 -> conv 6 3"),
    ("3x32x32 | conv(16, 3) + relu", "Y201", "+", "write '|' between steps", "3x32x32 | conv(16, 3) | relu"),
    ("3x32x32 | conv 16 3 + relu", "Y201", "+", "write '|' between steps", "3x32x32 | conv 16 3 | relu"),
    ("3x32x32 | conv 16 3 & relu", "Y201", "&", "write '|' between steps", "3x32x32 | conv 16 3 | relu"),
    ("3x32x32 | relu -> -> fc 10", "Y201", "->", "write a single '->'", "3x32x32 | relu -> fc 10"),
    ("3x32x32 | conv(16, 3,)", "Y201", ")", "delete the ','", "3x32x32 | conv(16, 3)"),
    ("3x32x32 | concat[relu, id]", "Y201", "[", "parentheses: concat(...)", "3x32x32 | concat(relu, id)"),
    ("3x32x32 | concat(relu; id)", "Y203", "(", "branches have ','", "3x32x32 | concat(relu, id)"),
    ("3x32x32 | residual conv 3 1", "T102", "residual conv 3 1", "residual(F,", "3x32x32 | residual(conv 3 1)"),
    ("3x32x32 | (conv 8 1)^2", "Y201", "^", "(layer ...)*2", "3x32x32 | (conv 8 1)*2"),
    ("3x32x32 | (conv 8 1) x 2", "Y201", "x", "(layer ...)*2", "3x32x32 | (conv 8 1)*2"),
    ("3x32x32 | dropout 0,5", "Y201", ",", "0.5", "3x32x32 | dropout 0.5"),
    ("3x32x32 | separable 16", "G101", "separable", "dwconv 3 p1 |", "3x32x32 | dwconv 3 p1 | conv 64 1"),
    ("3x32x32 | dropout 50%", "Y201", "%", "0.5", "3x32x32 | dropout 0.5"),
    ("3x32x32 | conv 5x5x6x16", "S104", "5x5x6x16", "5x5x3x16", "3x32x32 | conv 5x5x3x16"),
    ("28x28 | conv 6 5x5", "S106", "5x5", "one channel are 1xHxW", "1x28x28 | conv 6 5x5"),
    ("input: 3x32x32; conv 6 3", "Y201", "3x32x32", "an input comes first", "3x32x32 | conv 6 3"),
    (
        "3x32x32; relu | relu",
        "Y201",
        "3x32x32",
        "`3x32x32 | conv 64 3 as a` names what comes out",
        "3x32x32 | relu as a; relu",
    ),
    (
        "3x8x8 | conv 3 1 as a | conv 3 1 as b; a + b",
        "Y201",
        "+",
        "write add(a, b)",
        "3x8x8 | conv 3 1 as a | conv 3 1 as b; add(a, b)",
    ),
    (
        "64x8x8 | residual(conv 8 3 p1, conv 8 1)",
        "T103",
        "conv 8 1",
        "project = P",
        "64x8x8 | residual(conv 8 3 p1, project = conv 8 1)",
    ),
    (f"3x32x32 | b 3 /2; {BLOCK}", "T101", "/2", "write s=...", f"3x32x32 | b 3 s=2; {BLOCK}"),
    ("3x32x32 | b 3; b(): conv 3 3", "T103", "3", "stand behind its name", "3x32x32 | b 3; b(c): conv c 3"),
    # files
    ("input: 3x8x8\nlayers:\n  - fc: 10\n", "Y201", "10", "write fc: fc 10", "input: 3x8x8\nlayers:\n  - fc: fc 10\n"),
    (
        "input: 3x8x8\nlayers:\n  - conv: 6 3\n",
        "Y201",
        "6 3",
        "write conv: conv 6 3",
        "input: 3x8x8\nlayers:\n  - conv: conv 6 3\n",
    ),
    (
        "blocks:\n  b c: conv c 3\ninput: 3x8x8\nlayers: [relu]\n",
        "Y201",
        "c",
        "b(c)",
        "blocks:\n  b(c): conv c 3\ninput: 3x8x8\nlayers: [relu]\n",
    ),
    ("input: 3x8x8\nlayers:\n", "Y106", "", "indented by two blanks", "input: 3x8x8\nlayers:\n  a: conv 64 3\n"),
    (
        "input: 3x8x8\nlayers: [fc n]\n",
        "T101",
        "n",
        "params: {n: 64}",
        "params: {n: 64}\ninput: 3x8x8\nlayers: [fc n]\n",
    ),
    (
        "classes: 10\ninput: 3x8x8\nlayers: [relu]\n",
        "Y103",
        "classes",
        "`params: {classes: 10}`",
        "params: {classes: 10}\ninput: 3x8x8\nlayers: [relu]\n",
    ),
    (
        "input: 3x8x8\nlayers:\n  a: {op: conv, filters: 6, kernel: 3}\n",
        "T101",
        "filters",
        "it is called channels here",
        "input: 3x8x8\nlayers:\n  a: {op: conv, channels: 6, kernel: 3}\n",
    ),
    (
        "input: [32, 32, 3]\nlayers: [relu]\n",
        "T107",
        "32, 32, 3",
        "write 3x32x32",
        "input: 3x32x32\nlayers: [relu]\n",
    ),
    ("32x32x3 | relu", "T107", "32x32x3", "write 3x32x32", "3x32x32 | relu"),
    ("1x3x32x32 | relu", "T114", "1x3x32x32", "write 3x32x32", "3x32x32 | relu"),
    ("1x1x28x28 | relu", "T114", "1x1x28x28", "write 1x28x28", "3x28x28 | reshape 1x3x28x28 | relu"),
    ("8x3x16x32x32 | conv 8 3", "S106", "conv 8 3", "the batch is no part", "3x16x32x32 | conv 8 3"),
]


WITHOUT: list[tuple[str, str]] = [
    # text, and what its way out must not say: it would be wrong
    ("3x32x32 | conv 8 3 no padding", "nobias"),
    ("3x32x32 | conv 8 3 bias=full", "padding"),
    ("3x32x32 | conv 8 stride=valid", "padding"),
    ("3x32x32 | conv 8 rate=2", "params: {rate"),
    ("3x32x32 | conv t 3", "convt"),
    ("3x32x32 | conv k 3", "k3"),
    ("3x32x32 | fc 10 p1", "| pad"),
    ("3x32x32 | depthwise separable conv 3", "params: {separable"),
    ("3x32x32 | relu as head; haed.conv | relu", "conv"),
    ("3x32x32 | relu as head; haed.bn | relu", "bn"),
    ("3x32x32 | (relu) tanh 5", "*5"),
    ("input: 3x8x8\nlayers:\n  - relu: 3x8x8 | relu\n", "relu: relu"),
    ("3x32x32 | conv 32 % c 3", "0.32"),
    ("3x32x32 | conv 8 k-1", "negative"),
    ("input: 3x8x8\nlayers:\n  - relu: 3x8x8\n", "relu: relu"),
    ("year max: 2015\ninput: 3x8x8\nlayers: [relu]\n", "params"),
    ("3x32x32 | conv(3, 3 | relu; relu", "branches"),
    ("batch: 8\ninput: 3x8x8\nlayers: [relu]\n", "params"),
]


@pytest.mark.parametrize(("text", "wrong"), WITHOUT)
def test_a_way_out_that_would_be_wrong_is_not_told(text: str, wrong: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.analyse(cnncalc.parse(text))
    for each in caught.value.diagnostics:
        assert wrong not in re.sub("'.*?'", "", each.message) + " ".join(each.help)


def test_the_examples_of_other_frameworks_words_are_networks() -> None:
    for word in (*foreign.LAYERS, *foreign.EXAMPLES):
        example = re.search("`(.+?)`", foreign.layer_help(f"nn.{word}"))
        if example and "unpool" not in example[1]:
            assert first(f"32x32x32 | {example[1]}") is None, example[1]


def first(text: str) -> Diagnostic | None:
    try:
        cnncalc.analyse(cnncalc.parse(text))
    except SpecError as error:
        return error.diagnostics[0]
    return None


@pytest.mark.parametrize(("text", "code", "marked", "way_out", "better"), BEGINNERS)
def test_what_beginners_write(text: str, code: str, marked: str, way_out: str, better: str) -> None:
    found = first(text)
    assert found is not None and found.mark is not None
    assert (found.code, text[found.mark.start : found.mark.end].strip()) == (code, marked)
    assert way_out in "\n".join(found.help), found
    assert first(better) is None, first(better)


def test_a_batch_in_front_of_another_input() -> None:
    """What stands instead of a volume is no image with a batch, whatever its numbers are."""
    assert cnncalc.analyse(cnncalc.load("1x16x32x32 | conv 8 3", input="1x3x32x32")).rows[0].output == (8, 1, 30, 30)
    for network in ("3x32x32 | conv 8 3", "784 | fc 10"):
        with pytest.raises(SpecError, match="T114"):
            cnncalc.load(network, input=(1, 3, 32, 32))


def test_a_comma_between_braces_ends_a_value() -> None:
    text = "input: 3x8x8\nlayers: {a: conv(3, 3)}\n"
    found = first(text)
    assert found is not None and found.code == "Y203" and "put it into quotes" in found.help[0]
    assert first(text.replace("conv(3, 3)", "'conv(3, 3)'")) is None


def test_the_words_of_other_frameworks_lead_to_ours() -> None:
    assert {word for word in foreign.LAYERS.values() if word not in TABLE} == set()
    fields = {field for word in TABLE for field in kind_of(word).fields}
    assert {each for meant in foreign.OPTIONS.values() for each in meant} <= fields
    for word in (*foreign.LAYERS, *foreign.SAID):
        assert foreign.layer_help(word)
    for word in ("conv", "rellu", "x", "input1"):
        assert foreign.layer_help(word) == ""


ROW = re.compile(r"\| `(?P<theirs>[A-Z]\w+\(.*?\))` \| .* \| `(?P<ours>[^`]+)`[^|]*\|")
TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"


def translations() -> list[tuple[str, str]]:
    """What the table of the tutorial says: torch's layer, and ours."""
    found = map(ROW.match, TUTORIAL.read_text("utf-8").splitlines())
    return [(each["theirs"], each["ours"]) for each in found if each]


@pytest.mark.parametrize(("theirs", "ours"), translations())
def test_the_translations_of_the_tutorial_are_the_same_layers(theirs: str, ours: str) -> None:
    torch = pytest.importorskip("torch")
    module = eval(f"nn.{theirs}", {"nn": torch.nn})
    width = re.search(r"\((\d+), \d|BatchNorm2d\((\d+)", theirs)
    channels = int(width[1] or width[2]) if width and "Pool" not in theirs else 16
    shape = (channels,) if theirs.startswith("Linear") else (channels, 17, 18)
    made = module.eval()(torch.zeros(1, *shape))
    report = cnncalc.analyse(cnncalc.parse(f"{'x'.join(map(str, shape))} | {ours}"))
    assert report.outputs[0][1] == tuple(made.shape[1:])
    assert report.totals.params == sum(each.numel() for each in module.parameters())


def test_the_tutorial_translates_most_layers() -> None:
    assert len(translations()) >= 9
