"""The torch twin: names, weights, order of execution, and what it leaves alone."""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import Any

import pytest

from cnncalc.analysis.memory.rules import RULES
from cnncalc.api import parse
from cnncalc.errors import SpecError
from cnncalc.graph import Graph, expand

torch = pytest.importorskip("torch")

from cnncalc.backend.build import build  # noqa: E402
from cnncalc.backend.modules import FUNCTIONS, MODULES, class_named  # noqa: E402
from tests.torch_seen import inspect  # noqa: E402

RESIDUAL = """
inputs: {photo: 3x8x8, drawing: 1x8x8}
blocks:
  double(c): conv c 3 p1 nobias | bn | relu
layers:
  stem: concat(photo, drawing) | conv 4 3 p1
  body: residual(double 4) | (double 4)*2 | relu inplace
  head: gap | ln | fc 5
  maps: body | conv 2 3 p1:0
outputs: {scores: head, maps: maps}
"""


def graph(text: str) -> Graph:
    return expand(parse(text))[0]


def test_names_lead_to_weights() -> None:
    twin = build(graph(RESIDUAL))
    assert list(twin.state_dict()) == [
        "stem.conv.weight",
        "stem.conv.bias",
        *(
            f"body.{path}.{name}"
            for path in ("body.double", "0.double", "1.double")
            for name in (
                "conv.weight",
                *(f"bn.{each}" for each in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
            )
        ),
        "head.ln.weight",
        "head.ln.bias",
        "head.fc.weight",
        "head.fc.bias",
        "maps.conv.weight",
        "maps.conv.bias",
    ]
    assert isinstance(twin.get_submodule("body.body.double.conv"), torch.nn.Conv2d)
    assert twin.get_parameter("body.0.double.conv.weight").shape == (4, 4, 3, 3)
    assert isinstance(twin.maps.conv, torch.nn.Conv2d)
    with pytest.raises(AttributeError, match=r"no module body\.9"):
        twin.get_submodule("body.9")


def test_inputs_and_outputs() -> None:
    twin = build(graph(RESIDUAL)).eval()
    photo, drawing = torch.rand(2, 3, 8, 8), torch.rand(2, 1, 8, 8)
    found = twin(photo, drawing)
    assert {name: tuple(value.shape) for name, value in found.items()} == {"scores": (2, 5), "maps": (2, 2, 7, 7)}
    for again in (
        twin(drawing=drawing, photo=photo),
        twin({"photo": photo, "drawing": drawing}),
        twin(photo, drawing=drawing),
    ):
        assert torch.equal(again["maps"], found["maps"])
    for wrong in ((photo,), (photo, drawing, drawing)):
        with pytest.raises(TypeError, match="this network takes photo, drawing; got #1"):
            twin(*wrong)
    with pytest.raises(TypeError, match="got photo, sketch"):
        twin({"photo": photo, "sketch": drawing})
    assert build(graph("3x8x8 | relu"))(photo).shape == photo.shape


def test_a_seed_decides_and_nothing_else_is_touched() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    one, same, other = (build(graph(RESIDUAL), seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["stem.conv.weight"], other["stem.conv.weight"])
    bare = build(graph(RESIDUAL), device="meta")
    assert torch.equal(torch.get_rng_state(), state)
    assert {each.device.type for each in bare.state_dict().values()} == {"meta"}
    assert torch.empty(1).device.type == "cpu"
    assert torch.get_default_dtype() == torch.float32
    with torch.device("meta"):
        assert build(graph(RESIDUAL)).stem.conv.weight.device.type == "cpu"


def test_data_types() -> None:
    for dtype in ("bfloat16", torch.bfloat16):
        twin = build(graph(RESIDUAL), dtype=dtype)
        assert twin.stem.conv.weight.dtype == torch.bfloat16
        assert twin.state_dict()["body.0.double.bn.num_batches_tracked"].dtype == torch.int64


SHARED = """
inputs: {a: 3x16x16, b: 3x9x9}
shared:
  head(): conv 4 3 /2 same | bn | relu
layers:
  one: a | head
  two: b | head
  three: a | head
outputs: [one, two, three]
"""


def test_shared_weights_are_one() -> None:
    """The padding of `same` differs between the extents: the later use has settings of its own, and the weights of the
    first."""
    twin = build(graph(SHARED))
    assert [name for name, _ in twin.named_parameters()] == [
        f"one.head.{name}" for name in ("conv.weight", "conv.bias", "bn.weight", "bn.bias")
    ]
    a, b = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 9, 9)
    twin(a, b)
    assert int(twin.one.head.bn.num_batches_tracked) == 3
    twin = build(graph(SHARED), dtype=torch.float64).eval()  # still one after a conversion
    found = twin(a.double(), b.double())
    assert torch.equal(found["one"], found["three"])
    assert found["two"].shape == (2, 4, 5, 5)
    conv, bn = twin.one.head.conv, twin.one.head.bn
    padded = torch.nn.functional.pad(b.double(), (1, 1, 1, 1))
    assert torch.allclose(found["two"], bn(torch.nn.functional.conv2d(padded, conv.weight, conv.bias, 2)).relu())
    found["two"].sum().backward()
    assert conv.weight.grad is not None


def test_values_are_released_after_their_last_use() -> None:
    twin = build(graph("1x64 | conv 1 3 p1 | relu | conv 1 3 p1 as u | relu | add(id, u) | relu | relu")).eval()
    known: list[Any] = []
    alive: list[list[int]] = []

    def watch(name: str, value: Any) -> None:
        known.append(weakref.ref(value))
        alive.append([number for number, each in enumerate(known) if each() is not None])

    with torch.no_grad():
        twin.run(twin.bound((torch.rand(1, 1, 64),), {}), watch)
    assert alive == [[0], [0, 1], [1, 2], [2, 3], [2, 3, 4], [4, 5], [5, 6]]


def test_unpooling_takes_the_indices_of_its_pooling() -> None:
    text = "1x5x4 | maxpool 3 /2 p1 as a | maxpool 2 /1 p1:0 as b | unpool b | unpool a"
    twin = build(graph(text))
    value = torch.rand(2, 1, 5, 4) + 1
    found = twin(value)
    assert found.shape == value.shape
    assert torch.equal(found[found != 0], value[found != 0])
    assert int((found != 0).sum()) > 0
    assert inspect(graph(text))["unpool2"].output == (1, 5, 4)


def test_names_that_torch_uses_itself() -> None:
    text = "double(c): conv c 3; 3x8x8 | relu; train: double 4 | (double 2)*2; weight: gap; half: fc 2"
    twin = build(graph(text)).double().eval()
    assert next(name for name, _ in twin.named_parameters()) == "train.double.conv.weight"
    assert twin.get_submodule("train.double").get_submodule("conv").weight.dtype == torch.float64
    assert twin(torch.rand(1, 3, 8, 8).double()).shape == (1, 2)
    again = build(graph(text), seed=1).double()
    again.load_state_dict(twin.state_dict())
    value = torch.rand(1, 3, 8, 8).double()
    assert torch.equal(again.eval()(value), twin(value))


def test_names_of_attributes_that_are_set_anew() -> None:
    twin = build(graph("3x8x8 | relu; training: conv 4 3; steps: conv 2 1; inputs: conv 2 1")).eval()
    assert twin.training is twin.get_submodule("training").training is False
    assert twin(torch.rand(1, 3, 8, 8)).shape == (1, 2, 6, 6)
    assert {name.split(".")[0] for name in twin.state_dict()} == {"training", "steps", "inputs"}


def test_a_module_may_be_put_in_another_ones_place() -> None:
    twin = build(graph("3x8x8 | conv 4 3; b: gap; c: fc 10"))
    twin.c.fc = torch.nn.Linear(4, 2)
    assert twin(torch.rand(1, 3, 8, 8)).shape == (1, 2)


def test_copies_stand_alone() -> None:
    twin = build(graph(SHARED)).eval()
    a, b = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 9, 9)
    before = twin(a, b)["two"]
    for other in (copy.deepcopy(twin), pickle.loads(pickle.dumps(twin))):
        assert torch.equal(other(a, b)["two"], before)
        with torch.no_grad():
            other.one.head.conv.weight.zero_()
    assert torch.equal(twin(a, b)["two"], before)


def test_what_cannot_be_built_is_refused() -> None:
    broken = graph("3x8x8 | conv 4 9")
    with pytest.raises(SpecError, match="S103"):
        build(broken)


def test_the_calls_are_those_whose_memory_is_counted() -> None:
    assert set(RULES) >= {*FUNCTIONS, *MODULES}
    assert {name for name in RULES if not hasattr(torch.nn, name)} == {*FUNCTIONS, *MODULES} - set(dir(torch.nn))
    assert class_named("Conv4d") is None


def run(text: str, *values: Any) -> Any:
    return build(graph(text)).eval()(*values)


@pytest.mark.parametrize("window", ["3 /2 same", "2 /1 same", "3 /1 p1", "3 /2 p1 ceil", "3 /2 p0:1"])
def test_a_mean_without_the_padding(window: str) -> None:
    """By brute force: the sum of the values in a window over their number."""
    value = torch.rand(2, 3, 6, 7)
    sums = run(f"3x6x7 | avgpool {window}", value)
    share = run(f"3x6x7 | avgpool {window}", torch.ones_like(value))
    torch.testing.assert_close(run(f"3x6x7 | avgpool {window} nocount", value), sums / share)
    assert share.min() < 1, "no window of this case sees padding"


def test_a_frozen_norm_is_a_norm_in_evaluation() -> None:
    plain, frozen = build(graph("4x5x5 | bn")), build(graph("4x5x5 | bn frozen"))
    state = {name: torch.rand(4) + 0.5 for name in frozen.state_dict()}
    frozen.load_state_dict(state)
    plain.load_state_dict(state, strict=False)
    value = torch.rand(2, 4, 5, 5)
    torch.testing.assert_close(frozen.train()(value), plain.eval()(value))
    assert list(frozen.parameters()) == []


def test_a_constant_factor_and_an_offset() -> None:
    value = torch.rand(2, 3, 6, 7)
    assert torch.equal(run("3x6x7 | times 0.25", value), value / 4)
    assert torch.equal(run("3x6x7 | crop 2x3 at=1x4", value), value[:, :, 1:3, 4:7])
    shifted = run("3x6x7 | pad 0:1 | crop 6x7 at=1", value)
    assert torch.equal(shifted[:, :, :-1, :-1], value[:, :, 1:, 1:])
    assert not shifted[:, :, -1].any()


@pytest.mark.slow
def test_torch_compile_takes_it() -> None:
    twin = build(graph(RESIDUAL)).eval()
    inputs = (torch.rand(2, 3, 8, 8), torch.rand(2, 1, 8, 8))
    compiled = torch.compile(twin, backend="eager", fullgraph=True)
    assert torch.equal(compiled(*inputs)["maps"], twin(*inputs)["maps"])
