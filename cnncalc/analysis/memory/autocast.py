"""``torch.autocast``: which data type an operator runs in, and the copies that this takes (``autocast_mode.cpp``).

Weights, gradients and the optimizer's state stay float32.  Operators of ``LOW`` get their tensors in the low data type
(float16 on CUDA, bfloat16 on the CPU, torch's defaults), those of ``FULL`` in float32, those of ``WIDEST`` all in that
of the widest; everything else runs in what it gets.  A cast is a tensor of its own; that of a weight is kept until the
context is left, so that it is made once per forward pass.  The context holds the forward pass and the loss; backward
runs outside of it, in the data types of forward.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.analysis.memory.layout import like, preserved
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor

AMP = "amp"
LOW_DTYPES = {"cpu": "bfloat16", "cuda": "float16"}
LOW_BYTES, FULL_BYTES = 2, 4

LOW = frozenset({
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear", "bmm", "prelu",
})  # fmt: skip
"""The same on both devices."""

FULL = {
    "cpu": frozenset({
        "avg_pool3d", "adaptive_avg_pool3d", "max_pool3d", "adaptive_max_pool3d", "max_unpool2d", "max_unpool3d",
        "reflection_pad1d", "reflection_pad2d", "cross_entropy_loss",
    }),
    "cuda": frozenset({
        "softplus", "layer_norm", "group_norm", "pow", "linalg_vector_norm", "softmax", "log_softmax",
        "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d", "upsample_bilinear2d",
        "upsample_trilinear3d", "nll_loss", "nll_loss2d",
    }),
}  # fmt: skip

WIDEST = {"cpu": frozenset({"cat"}), "cuda": frozenset[str]()}
"""Where this is empty torch's own type promotion makes the same result without copies."""

WIDENING = frozenset({"softmax", "log_softmax", "linalg_vector_norm"})
"""On CUDA these read float16 and write float32 (``half_to_float`` in ``SoftMax.cpp``): no copy of the input."""

OPS = {"PReLU": "prelu", "concat": "cat", "MaxUnpool1d": "max_unpool2d"}
"""The operators of calls that are called otherwise."""


def op_of(name: str, arguments: Mapping[str, Any], rank: int) -> str:
    """The operator that a call is, as ATen calls it (``Conv2d`` is ``conv2d``); ``rank`` spatial axes."""
    if name == "pad":
        return f"reflection_pad{rank}d" if arguments["mode"] == "reflect" else "pad"
    if name == "Upsample":
        return f"upsample_{arguments['mode']}{rank}d"
    return OPS.get(name) or re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


def cast_for(tape: Tape, op: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    """What an operator works on, to be dropped when it is done; the last argument is cast first, as compilers order
    the arguments of a call.  Whole numbers and float64 stay what they are."""
    itemsize = None
    if tape.autocast:
        if op in LOW:
            itemsize = LOW_BYTES
        elif op in WIDEST[tape.device]:
            itemsize = max(each.itemsize for each in tensors)
        elif op in FULL[tape.device] and not (op in WIDENING and not tape.cpu):
            itemsize = FULL_BYTES
    if itemsize is None:
        return [tape.hold(each) for each in tensors]
    return [cast(tape, each, itemsize) for each in reversed(tensors)][::-1]


def itemsize_of(tape: Tape, op: str, x: Tensor) -> int:
    """The bytes per value of what an operator makes that need not copy its input."""
    return FULL_BYTES if tape.autocast and not tape.cpu and op in WIDENING else x.itemsize


def cast(tape: Tape, x: Tensor, itemsize: int) -> Tensor:
    """``x.to(dtype)``: the tensor itself, or a copy; that of a weight is made once (``cached_cast``)."""
    if x.itemsize in (itemsize, 8):
        return tape.hold(x)
    if itemsize != LOW_BYTES or not x.parameter:
        return _copied(tape, x, itemsize)
    known = tape.casts.get(id(x))
    if known is None:
        tape.casts[id(x)] = known = _copied(tape, x, itemsize)
    return tape.hold(known)


def _copied(tape: Tape, x: Tensor, itemsize: int) -> Tensor:
    """A copy of another data type; backward casts the gradient back."""
    before = x.itemsize

    def backward(gradient: Tensor) -> list[Tensor | None]:
        return [tape.new(gradient.shape, "gradient", before, like(gradient.shape, gradient.strides))]

    name = f"{x.storage.name}, cast"
    return tape.record(tape.new(x.shape, name, itemsize, preserved(x.shape, x.strides)), (x,), backward)


def leave(tape: Tape) -> None:
    """The end of the context: the cached casts go."""
    tape.autocast = False
    tape.drop(*tape.casts.values())
    tape.casts.clear()
