"""Weighted sums: convolutions of every kind and fully connected layers."""

from __future__ import annotations

import operator
from math import prod

from cnncalc.analysis.memory import autocast, ops
from cnncalc.analysis.memory.layout import channels_last, contiguous, is_channels_last, lies_as, like, simplest
from cnncalc.analysis.memory.rules.resize import padded
from cnncalc.analysis.memory.rules.table import Site, each_rank, gradients_of, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import NotModelled, Tensor
from cnncalc.shape import Shape


@rule(*each_rank("Conv"), *each_rank("ConvTranspose"))
def convolution(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """``aten::convolution`` keeps the input, needed or not, and the weight; the bias is added inside."""
    shape = site.shape if site.last else _transposed_shape(site, x.shape)
    wanted, before, strides = tape.wants(x), x.shape, x.strides
    last = _keeps_channels_last(tape, site, x)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        first = tape.another(gradient, before, "gradient", like(before, strides)) if wanted else None
        made = gradients_of(tape, site.parameters)
        if last and made[0] is not None:
            # it lies otherwise than the weight: accumulating will copy it
            made[0].strides = simplest(made[0].shape, channels_last(made[0].shape))
        return [first, *made]

    if site.name == "ConvTranspose3d" and site.arguments["groups"] == 1 and _has_own_kernel(tape, site, x):
        out = _in_place_of(tape, x, shape)
    else:
        out = tape.another(x, shape, strides=channels_last(shape) if last else None)
    return tape.record(out, (x, *site.parameters), backward, (x, site.weights["weight"]))


def _keeps_channels_last(tape: Tape, site: Site, x: Tensor) -> bool:
    """Whether channels-last maps stay so.  The CPU's own kernel for volumes makes contiguous ones, and so does CUDA
    for float64 (``cudnn_conv_suggest_memory_format``).  A single axis is brought in order and seen as two; of one
    channel, it may lie both ways."""
    shape, strides = x.shape, x.strides
    if len(shape) == 3 and strides is not None and lies_as(shape, strides, None):
        shape, strides = (*shape[:2], 1, shape[2]), (*strides[:2], shape[2] * strides[2], strides[2])
    if not is_channels_last(shape, strides) or (x.itemsize == 8 and not tape.cpu):
        return False
    return len(shape) == 4 or not _has_own_kernel(tape, site, x)


def _has_own_kernel(tape: Tape, site: Site, x: Tensor) -> bool:
    """Whether the CPU's own kernel takes volumes; oneDNN is used where it is worth it, and knows no output padding of a
    stride or more (``use_mkldnn`` and ``is_output_padding_big`` in ``Convolution.cpp``)."""
    given = site.arguments
    if not tape.cpu or x.itemsize == 8:
        return tape.cpu
    if any(map(operator.ge, given.get("output_padding", ()), given["stride"])):
        return True
    if x.itemsize != 4:
        return False
    large = all(each > 3 for each in given["kernel_size"][-2:])
    return not (given["groups"] > 1 or large or x.shape[0] > 1 or prod(x.shape[:4]) > 20480)


def _in_place_of(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """A tensor as large as the input, resized: memory grows by that, but does not shrink
    (``slow_conv_transpose3d_cpu``)."""
    if prod(shape) >= prod(x.shape):
        return tape.another(x, shape)
    room = tape.another(x, x.shape)
    out = Tensor(room.storage, shape, x.itemsize)
    tape.drop(room)
    return out


def _transposed_shape(site: Site, shape: Shape) -> Shape:
    """What a transposed convolution makes whose padding is cut by a call behind it."""
    given = site.arguments
    if "output_padding" not in given:
        raise NotModelled(f"{site.name} is expected to be the last call of its layer")
    axes = zip(
        shape[2:],
        *(given[each] for each in ("kernel_size", "stride", "padding", "output_padding", "dilation")),
        strict=True,
    )
    sizes = [(extent - 1) * s - 2 * p + d * (k - 1) + 1 + more for extent, k, s, p, more, d in axes]
    return (shape[0], given["out_channels"], *sizes)


@rule("Linear")
def linear(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """``addmm`` of the bias, the input and the weight transposed, whose gradient is therefore a view: keeps the input,
    and the weight where the input needs a gradient; the bias receives the gradient itself, reduced once all exist."""
    wanted, before = tape.wants(x), x.shape
    weight, *biases = site.parameters

    def backward(gradient: Tensor) -> list[Tensor | None]:
        first = tape.another(gradient, before, "gradient") if wanted else None
        if wanted:
            tape.multiplies()
        second = tape.another(gradient, weight.shape, "gradient")
        second.is_view = True
        tape.multiplies()
        return [*[tape.hold(gradient) for _ in biases], first, second]

    out = tape.another(x, site.shape)
    # cuBLASLt adds the bias, unless the weight is a single row or column (Blas.cpp)
    tape.multiplies(fused=bool(biases) and min(weight.shape) > 1)
    saves = (x, weight) if wanted else (x,)
    return tape.record(out, (*biases, x, weight), backward, saves)


@rule("LocallyConnected")
def locally_connected(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """The windows as a view, copied to places x batch x taps, times the weights of each place (``bmm``)."""
    given = site.arguments
    rank = len(given["kernel_size"])
    weight = site.weights["weight"]
    made, *out_size = weight.shape[: 1 + rank]
    places, taps = prod(out_size), prod(weight.shape[1 + rank :])
    batch = x.shape[0]
    value = tape.hold(x)
    if any(any(each) for each in given["sides"]):
        value = _then(tape, value, padded(tape, value, given["sides"], "constant"))
    for axis in range(rank):
        kernel, stride, dilation = (given[each][axis] for each in ("kernel_size", "stride", "dilation"))
        value = _then(tape, value, _unfold(tape, value, 2 + axis, dilation * (kernel - 1) + 1, stride))
        if dilation > 1:
            value = _then(tape, value, _every(tape, value, dilation))
    order = (*range(2, 2 + rank), 0, 1, *range(2 + rank, 2 + 2 * rank))
    value = _then(tape, value, ops.permute(tape, value, order))
    value = _then(tape, value, ops.reshape(tape, value, (*value.shape[: rank + 1], taps)))
    value = _then(tape, value, ops.reshape(tape, value, (places, batch, taps)))
    lines = ops.reshape(tape, weight, (made, *out_size, taps))
    lines = _then(tape, lines, ops.reshape(tape, lines, (made, places, taps)))
    lines = _then(tape, lines, ops.permute(tape, lines, (1, 2, 0)))
    value = _then(tape, value, _bmm(tape, value, lines))
    tape.drop(lines)
    value = _then(tape, value, ops.permute(tape, value, (1, 2, 0)))
    value = _then(tape, value, ops.view(tape, value, (batch, made, *out_size)))
    value = _then(tape, value, ops.contiguous_of(tape, value))
    if "bias" in site.weights:
        value = _then(tape, value, ops.add(tape, value, site.weights["bias"]))
    return value


def _then(tape: Tape, before: Tensor, after: Tensor) -> Tensor:
    """The same Python name bound to the next value."""
    tape.drop(before)
    return after


def _unfold(tape: Tape, x: Tensor, axis: int, size: int, step: int) -> Tensor:
    """``unfold``: a view; ``unfold_backward`` makes a new tensor of the whole size."""
    lies = x.strides or contiguous(x.shape)
    before = x.shape
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    strides = (*lies[:axis], lies[axis] * step, *lies[axis + 1 :], lies[axis])
    out = tape.view(x, shape, simplest(shape, strides))
    return tape.record(out, (x,), lambda gradient: (tape.another(gradient, before, "gradient"),))


def _every(tape: Tape, x: Tensor, step: int) -> Tensor:
    """``x[..., ::step]``."""
    lies = x.strides or contiguous(x.shape)
    before = x.shape
    shape = (*x.shape[:-1], (x.shape[-1] - 1) // step + 1)
    out = tape.view(x, shape, simplest(shape, (*lies[:-1], lies[-1] * step)))
    return tape.record(out, (x,), lambda gradient: (tape.another(gradient, before, "gradient"),))


def _bmm(tape: Tape, x: Tensor, y: Tensor) -> Tensor:
    """``bmm``: keeps what the other's gradient needs; both gradients are products."""
    x, y = autocast.cast_for(tape, "bmm", (x, y))
    wanted = (tape.wants(x), tape.wants(y))
    shapes = (x.shape, y.shape)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        made: list[Tensor | None] = []
        for shape, want in zip(shapes, wanted, strict=True):
            made.append(tape.another(gradient, shape, "gradient") if want else None)
            if want:
                tape.multiplies()
        return made

    saves = [each for each, want in ((x, wanted[1]), (y, wanted[0])) if want]
    product = tape.another(x, (x.shape[0], x.shape[1], y.shape[2]))
    tape.multiplies()
    out = tape.record(product, (x, y), backward, saves)
    tape.drop(x, y)
    return out
