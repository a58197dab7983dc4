"""The operators of torch that several calls are made of, with what each keeps for backward.

Names as in ATen; where the rules come from: ``derivatives.yaml`` for what is saved, ``FunctionsManual.cpp`` for what a
backward formula allocates on its way, both of torch 2.13.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.memory import autocast
from cnncalc.analysis.memory.layout import (
    Strides,
    channels_last,
    contiguous,
    is_channels_last,
    lies_as,
    like,
    permuted,
    preserved,
    reshaped,
    simplest,
)
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Backward, InplaceFault, NotModelled, Tensor
from cnncalc.shape import Shape

INDEX_BYTES = 8
"""Indices are int64."""


def unary(tape: Tape, x: Tensor, saves: str) -> Tensor:
    """A new tensor of the same shape; keeps its ``result``, its ``input`` or ``nothing``; one gradient in backward."""
    out = tape.another(x, x.shape, strides=like(x.shape, x.strides))
    kept = {"result": (out,), "input": (x,), "nothing": ()}[saves]
    return tape.record(out, (x,), gradient_of(tape, x), kept)


def softmax(tape: Tape, x: Tensor) -> Tensor:
    """``softmax`` and ``log_softmax``: contiguous, and kept."""
    out = tape.new(x.shape, "output", autocast.itemsize_of(tape, "softmax", x))
    return tape.record(out, (x,), gradient_of(tape, x), (out,))


def gradient_of(tape: Tape, x: Tensor) -> Backward:
    """The backward of an operator that allocates the gradient of its one input."""
    shape, itemsize, strides = x.shape, x.itemsize, like(x.shape, x.strides)
    return lambda gradient: (tape.new(shape, "gradient", itemsize, strides),)


def resized(tape: Tape, x: Tensor, shape: Shape, saves: Sequence[Tensor] = (), packed: bool = False) -> Tensor:
    """A new tensor of another shape, in the input's memory format or ``packed``, contiguous; backward allocates the
    input's gradient: in the input's format where that is kept, else in that of the gradient that flows in."""
    strides = channels_last(shape) if not packed and is_channels_last(x.shape, x.strides) else None
    before, itemsize = x.shape, x.itemsize

    def backward(gradient: Tensor) -> list[Tensor | None]:
        last = is_channels_last(gradient.shape, gradient.strides)
        return [tape.new(before, "gradient", itemsize, format_of(before, last))]

    made = tape.another(x, shape, strides=strides)
    return tape.record(made, (x,), gradient_of(tape, x) if saves else backward, saves)


def view(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """``view``: another shape of the same memory; its gradient is a view too, or a copy where it cannot be one."""
    possible, strides = reshaped(x.shape, x.strides, shape)
    assert possible, (x.shape, x.strides, shape)
    before = x.shape
    return tape.record(tape.view(x, shape, strides), (x,), lambda gradient: (_reshaped(tape, gradient, before),))


def _reshaped(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """``reshape`` in backward, where nothing is recorded."""
    possible, strides = reshaped(x.shape, x.strides, shape)
    return tape.view(x, shape, strides) if possible else _as_view(tape.another(x, shape, "gradient"))


def _as_view(x: Tensor) -> Tensor:
    x.is_view = True
    return x


def reshape(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """``reshape``: a view where one exists, else a contiguous copy."""
    if reshaped(x.shape, x.strides, shape)[0]:
        return view(tape, x, shape)
    before = x.shape
    copy = contiguous_of(tape, x)
    out = Tensor(copy.storage, shape, copy.itemsize)
    tape.record(out, (copy,), lambda gradient: (_reshaped(tape, gradient, before),))
    tape.drop(copy)
    return out


def contiguous_of(tape: Tape, x: Tensor) -> Tensor:
    """``contiguous``: the tensor itself, or a copy whose gradient passes through."""
    if lies_as(x.shape, x.strides, None):
        return tape.hold(x)
    return tape.record(tape.another(x, x.shape), (x,), lambda gradient: (tape.hold(gradient),))


def format_of(shape: Shape, last: bool) -> Strides | None:
    """The strides of a tensor in channels last, or of a contiguous one."""
    return channels_last(shape) if last else None


def formatted(tape: Tape, x: Tensor, last: bool) -> Tensor:
    """``contiguous(memory_format=...)``: channels last or contiguous, by a copy where it lies otherwise."""
    strides = format_of(x.shape, last)
    if lies_as(x.shape, x.strides, strides):
        return tape.hold(x)
    made = tape.another(x, x.shape, strides=strides)
    return tape.record(made, (x,), lambda gradient: (tape.hold(gradient),))


def permute(tape: Tape, x: Tensor, order: Sequence[int]) -> Tensor:
    back = [0] * len(order)
    for place, axis in enumerate(order):
        back[axis] = place
    out = _permute_free(tape, x, order)
    return tape.record(out, (x,), lambda gradient: (_permute_free(tape, gradient, back),))


def _permute_free(tape: Tape, x: Tensor, order: Sequence[int]) -> Tensor:
    shape = permuted(x.shape, order)
    return tape.view(x, shape, permuted(x.strides or contiguous(x.shape), order))


def narrow(tape: Tape, x: Tensor, axis: int, length: int) -> Tensor:
    """``narrow``: a view; its gradient is a new tensor of the whole size, zero outside."""
    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    before = x.shape
    out = tape.view(x, shape, simplest(shape, x.strides or contiguous(x.shape)))
    return tape.record(out, (x,), lambda gradient: (tape.another(gradient, before, "gradient"),))


def broadcast(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    return tuple(map(max, (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b))


def wider(*tensors: Tensor) -> int:
    """The bytes per value of what comes out of several: type promotion."""
    return max(each.itemsize for each in tensors)


def add(tape: Tape, x: Tensor, y: Tensor) -> Tensor:
    """``x + y``: keeps nothing; both inputs share the one gradient."""
    shape = broadcast(x.shape, y.shape)
    wanted = (tape.wants(x), tape.wants(y))

    def backward(gradient: Tensor) -> list[Tensor | None]:
        return [tape.hold(gradient) if want else None for want in wanted]

    return tape.record(tape.new(shape, "output", wider(x, y), _pairwise(x, y, shape)), (x, y), backward)


def add_(tape: Tape, x: Tensor, y: Tensor) -> Tensor:
    """``x.add_(y)``."""
    if tape.recording and y.needs_grad and x.storage in tape.batch:
        raise InplaceFault(
            f"{tape.place} overwrites the network's input with a value that needs a gradient", tape.place
        )
    wanted = (tape.wants(x), tape.wants(y))

    def backward(gradient: Tensor) -> list[Tensor | None]:
        return [tape.hold(gradient) if want else None for want in wanted]

    return tape.record(overwrite(tape, x, y.needs_grad), (x, y), backward)


def mul(tape: Tape, x: Tensor, y: Tensor) -> Tensor:
    """``x * y``: keeps each factor that the other's gradient needs."""
    shape = broadcast(x.shape, y.shape)
    wanted = (tape.wants(x), tape.wants(y))
    itemsize, strides = wider(x, y), _pairwise(x, y, shape)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        return [tape.new(shape, "gradient", itemsize, strides) if want else None for want in wanted]

    saves = [each for each, want in ((x, wanted[1]), (y, wanted[0])) if want]
    return tape.record(tape.new(shape, "output", itemsize, strides), (x, y), backward, saves)


def div(tape: Tape, x: Tensor, y: Tensor) -> Tensor:
    """``x / y``: keeps both; ``div_tensor_other_grad`` goes through -grad * ((x / y) / y)."""
    shape = broadcast(x.shape, y.shape)
    wanted = (tape.wants(x), tape.wants(y))
    itemsize = wider(x, y)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        first = tape.new(shape, "gradient", itemsize) if wanted[0] else None
        second = None
        if wanted[1]:
            negative = tape.new(shape, "gradient", itemsize)
            once = tape.new(shape, "quotient", itemsize)
            twice = tape.new(shape, "quotient", itemsize)
            tape.drop(once)
            second = tape.new(shape, "gradient", itemsize)
            tape.drop(negative, twice)
        return [first, second]

    saves = [y, x] if wanted[1] else [y]
    return tape.record(tape.new(shape, "output", itemsize, _pairwise(x, y, shape)), (x, y), backward, saves)


def _pairwise(x: Tensor, y: Tensor, shape: Shape) -> tuple[int, ...] | None:
    """The strides of a result of two: those of the first that has the full shape, unless both lie contiguous."""
    full = x if x.shape == shape else y
    if full.shape != shape or (x.shape == y.shape and all(lies_as(shape, each.strides, None) for each in (x, y))):
        return None
    return preserved(shape, full.strides)


def cat(tape: Tape, *values: Tensor, channels: int | None = None) -> Tensor:
    """``torch.cat(values, 1)``: keeps nothing; the gradients are slices of the one gradient.  ``channels`` come out
    where that are more than of these values."""
    first = values[0].shape
    shape = (first[0], channels or sum(each.shape[1] for each in values), *first[2:])
    shapes = [each.shape for each in values]
    wanted = [tape.wants(each) for each in values]
    strides = None
    if all(is_channels_last(each.shape, each.strides) for each in values):
        strides = channels_last(shape)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        lies = gradient.strides or contiguous(gradient.shape)
        return [
            tape.view(gradient, shape, simplest(shape, lies)) if want else None
            for shape, want in zip(shapes, wanted, strict=True)
        ]

    return tape.record(tape.new(shape, "output", wider(*values), strides), values, backward)


def overwrite(tape: Tape, x: Tensor, needs_grad: bool = False) -> Tensor:
    """The result of an operation in place: the tensor itself, with its memory's version counted up; ``needs_grad``:
    what is written into it does."""
    if tape.recording and x.is_view and (x.needs_grad or needs_grad):
        raise NotModelled(
            f"{tape.place} overwrites a view of another value: the memory model does not cover that", tape.place
        )
    x.storage.version += 1
    x.storage.overwriter = tape.place
    return tape.hold(x)


def mul_number(tape: Tape, x: Tensor) -> Tensor:
    """``x * 0.5``: Python wraps the number, which backward keeps."""
    number = tape.crumb()
    out = tape.another(x, x.shape, strides=preserved(x.shape, x.strides))
    tape.record(out, (x,), gradient_of(tape, x), () if number is None else (number,))
    tape.drop(number)
    return out


def add_number(tape: Tape, x: Tensor) -> Tensor:
    """``x + 0.5``: the gradient passes through."""
    number = tape.crumb()
    out = tape.another(x, x.shape, strides=preserved(x.shape, x.strides))
    tape.drop(number)
    return tape.record(out, (x,), lambda gradient: (tape.hold(gradient),))


def power(tape: Tape, x: Tensor) -> Tensor:
    """``x ** exponent`` (``pow_backward``: grad * (exponent * x ** (exponent - 1)))."""
    (x,) = autocast.cast_for(tape, "pow", (x,))
    shape = x.shape

    def backward(gradient: Tensor) -> list[Tensor | None]:
        raised = tape.another(gradient, shape, "power")
        scaled = tape.another(gradient, shape, "power")
        tape.drop(raised)
        out = tape.another(gradient, shape, "gradient")
        tape.drop(scaled)
        return [out]

    out = tape.record(tape.another(x, shape, strides=like(shape, x.strides)), (x,), backward, (x,))
    tape.drop(x)
    return out


def mean(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """``mean`` over some axes: keeps nothing; backward divides the expanded gradient."""
    before = x.shape
    return tape.record(tape.another(x, shape), (x,), lambda gradient: (tape.another(gradient, before, "gradient"),))


def restride(tape: Tape, x: Tensor, strides: Strides) -> None:
    """``as_strided_``: the same values seen with other strides; the gradient is a view of a copy
    (``as_strided_backward``)."""
    shape = x.shape
    x.strides = strides
    tape.record(x, (x,), lambda gradient: (_as_view(tape.another(gradient, shape, "gradient", strides)),))
