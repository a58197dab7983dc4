"""What the rules of practice claim, proved on the torch twins of networks that they speak about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from cnncalc.api import parse
from cnncalc.errors import Diagnostic
from cnncalc.graph import Graph, expand
from cnncalc.linting.check import Checked, check_source
from cnncalc.linting.fixing import apply
from cnncalc.linting.settings import Settings
from cnncalc.source import Source
from cnncalc.units import read_figure

torch = pytest.importorskip("torch")

from cnncalc.backend.build import Twin, build  # noqa: E402


def checked(code: str, line: str) -> Checked:
    return check_source(Source("<line>", line), Settings(select=(code,)))


def spoken_about(code: str, lines: Iterator[str]) -> Iterator[tuple[str, Diagnostic]]:
    """The lines with one finding of this code; there must be some, and some others, for the test to be worth it."""
    silent = told = 0
    for line in lines:
        found = checked(code, line)
        if not found.loads:
            continue
        ours = [each for each in found.findings if each.code == code]
        told += bool(ours)
        silent += not ours
        for each in ours[:1]:
            yield line, each
    assert told >= 3 and silent >= 3, (told, silent)


def graph(line: str) -> Graph:
    return expand(parse(line))[0]


def twin(line: str, training: bool = False) -> Twin:
    """A twin with random weights, none of them 0, in double precision."""
    torch.manual_seed(1)
    made = build(graph(line)).double().train(training)
    with torch.no_grad():
        for each in made.parameters():
            each.uniform_(0.2, 1.0)
            each *= torch.sign(torch.randn_like(each))
    return made


def run(made: Twin, x: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(2)
    return made(x.clone()).detach()


def values(line: str, batch: int = 4) -> torch.Tensor:
    torch.manual_seed(3)
    report_graph = graph(line)
    return torch.randn(batch, *report_graph.nodes[0].facts.output, dtype=torch.double)


def chains(first: str, *middles: tuple[str, ...]) -> Iterator[str]:
    for each in product(*middles):
        yield " | ".join([first, *filter(None, each)])


def test_a_bias_that_has_no_effect_has_none() -> None:
    lines = chains(
        "6x8x8",
        ("conv 6 3 p1", "dwconv 3 p1", "deconv 6 2 /2", "conv 6 3 nobias"),
        (
            "",
            "maxpool",
            "avgpool 2",
            "avgpool 3 /2 ceil",
            "avgpool 2 p1",
            "upsample 2 bilinear",
            "gmp",
            "relu",
            "shuffle 2",
            "adaptive 3",
            "dropout",
        ),
        ("bn", "instnorm", "gn 6", "gn 2", "ln"),
    )
    told = dict(spoken_about("P101", lines))
    assert "6x8x8 | conv 6 3 p1 | avgpool 2 | bn" in told and "6x8x8 | conv 6 3 p1 | avgpool 2 p1 | bn" not in told
    for line in told:
        made = twin(line, training=True)
        x = values(line)
        before = run(made, x)
        with torch.no_grad():
            bias = next(value for name, value in made.named_parameters() if name.endswith("bias"))
            bias += 10 * torch.randn_like(bias)
        assert torch.allclose(before, run(made, x), atol=1e-6), line


def test_the_first_of_two_norms_has_no_effect_but_for_its_sign() -> None:
    for line, _ in spoken_about(
        "P103", chains("6x8x8", ("bn", "gn 3", "instnorm affine", "ln", "relu"), ("bn", "instnorm", "relu"))
    ):
        made = twin(line, training=True)
        x = values(line)
        before = run(made, x)
        with torch.no_grad():
            weight, bias = list(made.parameters())[:2]
            weight *= 3
            bias += 1
        assert torch.allclose(before, run(made, x), atol=1e-3), line


def test_a_norm_of_one_value_forgets_its_input() -> None:
    for line, _ in spoken_about(
        "P104", chains("6x8x8", ("", "gap", "conv 1 1", "conv 6 1"), ("gn 6", "gn 2", "ln", "gn 1"), ("", "relu"))
    ):
        made = twin(line)
        assert torch.allclose(run(made, values(line)), run(made, 7 * values(line) + 1)), line


def test_without_a_shift_the_output_grows_with_the_input() -> None:
    """Thresholds at 0 know no scale: what is twice as large gives twice as much, through a pooling, too."""
    lines = chains(
        "6x8x8",
        ("conv 4 3 nobias", "dwconv 3 nobias", "conv 4 3"),
        ("", "maxpool 2", "avgpool 2", "gap", "bn", "maxpool 2 | bn"),
        ("relu", "lrelu"),
    )
    told = [line for line, _ in spoken_about("P106", lines)]
    assert "6x8x8 | conv 4 3 nobias | maxpool 2 | relu" in told
    assert len(told) == 2 * 4 * 2
    for line in told:
        made = twin(line)
        assert torch.allclose(run(made, 2 * values(line)), 2 * run(made, values(line)), atol=1e-5), line


@pytest.mark.parametrize("code", ["P201", "P202"])
def test_an_activation_that_changes_nothing_can_go(code: str) -> None:
    lines = chains(
        "6x8x8",
        ("relu", "relu6", "sigmoid", "tanh", "softmax", "add(relu, sigmoid)", "mul(relu, tanh)", "lrelu"),
        ("", "maxpool", "concat(id, gelu)", "dropout 0.3", "upsample 2 | pad 1 reflect", "bn", "avgpool 3 /1 p1"),
        ("relu", "relu6"),
        ("", "fc 3"),
    )
    count = 0
    for line, found in spoken_about(code, lines):
        if found.fix is None:
            continue
        count += 1
        after = apply(Source("<line>", line), [found.fix]).text
        old, new = twin(line), twin(after)
        assert torch.equal(run(old, values(line)), run(new, values(line))), line
    assert count >= 3


def test_what_is_one_linear_layer_is_linear() -> None:
    lines = chains(
        "6x9x9",
        ("relu",),
        ("conv 6 3 p1", "fc 30", "conv 8 1", "dwconv 3"),
        (
            "",
            "bn",
            "avgpool",
            "gap",
            "dropout",
            "maxpool",
            "ln",
            "scale",
            "times 2",
            "gelu",
            "upsample 2",
            "adaptive 3 max",
        ),
        ("conv 6 3", "fc 4", "fc 40"),
    )
    for line, _ in spoken_about("P203", lines):
        made = twin(line)
        x, y = values(line).abs(), values(line).flip(0).abs()  # relu leaves them as they are
        left = run(made, x) + run(made, y)
        assert torch.allclose(left, run(made, x + y) + run(made, 0 * x)), line


def test_a_softmax_of_one_channel_is_constant() -> None:
    for line, _ in spoken_about(
        "P205", chains("6x4x4", ("conv 1 1", "conv 2 1", "fc 1"), ("softmax", "logsoftmax", "relu"))
    ):
        assert len(run(twin(line), values(line)).unique()) == 1


def test_the_least_loss_behind_a_softmax() -> None:
    for line, found in spoken_about("P207", chains("6", ("fc 1", "fc 2", "fc 10", "fc 100"), ("softmax", "sigmoid"))):
        classes = int(re.findall(r"fc (\d+)", line)[0])
        best = torch.eye(classes, dtype=torch.double)[:1]
        assert classes > 1  # else it is P205
        loss = torch.nn.functional.cross_entropy(best, torch.tensor([0]))
        assert found.label.endswith(f"= {loss:.4f}".rstrip("0"))


def test_what_works_in_place_changes_what_others_read() -> None:
    lines = chains(
        "6x8x8",
        ("conv 6 1", "conv 6 1 | flatten"),
        (
            "residual(relu inplace | dropout 0)",
            "residual(relu | dropout 0)",
            "concat(relu inplace, id)",
            "relu inplace",
        ),
        ("", "tanh"),
    )
    for line, found in spoken_about("P210", lines):
        assert found.fix is not None
        after = apply(Source("<line>", line), [found.fix]).text
        with torch.no_grad():
            assert not torch.equal(run(twin(line), values(line)), run(twin(after), values(line))), line


KINDS = (
    "conv 4 1", "conv 4 3 p1", "dwconv 3 p1", "deconv 4 3 p1", "local 4 1", "bn", "gn 2", "ln", "instnorm", "lrn 3", "l2norm", "scale",
    "relu", "relu6", "lrelu", "prelu", "elu", "selu", "gelu", "silu", "hswish", "hsigmoid", "mish", "sigmoid", "tanh",
    "softplus", "softmax", "logsoftmax", "dropout 0.5", "droppath 0.5", "times 2", "maxpool 3 /1 p1", "avgpool 3 /1 p1", "adaptive 8", "gap",
    "gmp", "upsample 2", "shuffle 2", "crop 4", "pad 1", "flatten", "reshape 8x4x8", "mul(id, sigmoid)", "add(id, id)", "concat(id, id)",
    "relu inplace", "relu6 inplace", "lrelu inplace", "elu inplace", "selu inplace", "silu inplace", "hswish inplace",
    "hsigmoid inplace", "mish inplace", "dropout 0.5 inplace", "relu | flatten", "lrelu inplace | flatten",
)  # fmt: skip


@pytest.mark.parametrize("line", ["{} | dropout 0.5 inplace", "{} | dropout 0 inplace", "concat({}, relu inplace)"])
def test_what_is_needed_for_a_gradient_is_not_overwritten(line: str) -> None:
    wrong = []
    for kind in KINDS:
        text = f"3x8x8 | conv 4 1 | {line.format(kind)} | flatten | fc 2"
        found = checked("P210", text)
        if not found.loads:  # the branches differ in size
            continue
        told = any("gradient" in each.message for each in found.findings)
        try:
            twin(text, training=True)(values(text)).sum().backward()
            stops = False
        except RuntimeError as error:
            if "inplace operation" not in str(error):
                raise
            stops = True
        if told is not stops:
            wrong.append((text, "told" if told else "not told"))
    assert wrong == []


def test_positions_that_are_never_read() -> None:
    lines = chains(
        "2x12x11", ("conv 3 1 /2", "conv 3 2 /3 p1", "maxpool 1 /3", "avgpool 2x1 /2x4", "conv 3 3 /2", "conv 3 1x3 /2x1", "conv 3 2 d2 /4", "conv 3 3 d2 /2", "conv 3 2 d2 /3 p1", "conv 3 3 d3 /2", "conv 3 2 d2 /2x1", "conv 3 2 d3 /6", "avgpool 2", "maxpool 3 /2")
    )  # fmt: skip
    for line, found in spoken_about("P302", lines):
        x = values(line).requires_grad_()
        twin(line)(x).sum().backward()
        blind = int((x.grad[0, 0] == 0).sum())
        told = read_figure(re.findall(r"= ([\d,]+) of", found.label)[0])
        assert told is not None and told.value == blind, (line, found.label)


def test_one_pooling_does_what_two_do() -> None:
    steps = (
        "maxpool",
        "maxpool 3 /2",
        "maxpool 3 /1",
        "avgpool",
        "avgpool 3",
        "gap",
        "gmp",
        "avgpool 3 /1",
        "maxpool 2 p1",
    )
    for line, found in spoken_about("P305", chains("2x25x37", ("", "pad 1"), steps, steps)):
        one = found.help[0].removesuffix(" in place of both")
        head = line.split(" | ")[:-2]
        assert torch.allclose(run(twin(line), values(line)), run(twin(" | ".join([*head, one])), values(line))), line


def test_taps_of_a_transposed_convolution() -> None:
    steps = [f"deconv 1 {kernel} /{stride} nobias" for kernel in range(1, 8) for stride in range(1, 5)]
    for line, found in spoken_about("P306", chains("1x12", tuple(steps))):
        made = build(graph(line)).double()
        with torch.no_grad():
            for each in made.parameters():
                each.fill_(1)
            taps = made(torch.ones(1, 1, 12, dtype=torch.double))[0, 0, 8:-8]
        least, most = map(int, re.findall(r"whole: (\d+) or (\d+) taps", found.label)[0])
        assert {int(each) for each in taps} == {least, most}, line


def noise(line: str, measure: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """How much the values vary from run to run while training."""
    torch.manual_seed(5)
    made = build(graph(line)).double().train()
    x = torch.ones(20_000, *graph(line).nodes[0].facts.output, dtype=torch.double)
    return float(measure(made(x)))


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_the_noise_of_dropout(p: float) -> None:
    found = checked("P102", f"3x2x2 | dropout {p} | bn").findings[0]
    told = float(re.findall(r"= ([\d.]+) times", found.label)[0])
    assert noise(f"3x2x2 | dropout {p}", torch.var) == pytest.approx(told, rel=0.05)
    found = checked("P401", f"1x7x7 | dropout {p} | gap").findings[0]
    told = float(re.findall(r"= ([\d.]+) times", found.label)[0])
    ratio = noise(f"1x7x7 | dropout {p}", torch.std) / noise(f"1x7x7 | dropout {p} | gap", torch.std)
    assert ratio == pytest.approx(told, rel=0.05)
    found = checked("P403", f"4 | dropout {p} | dropout 0.5").findings[0]
    told = float(re.findall(r"= ([\d.]+) of", found.label)[0])
    assert noise(f"4 | dropout {p} | dropout 0.5", lambda y: (y == 0).double().mean()) == pytest.approx(told, rel=0.05)
