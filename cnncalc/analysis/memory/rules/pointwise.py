"""Activations and dropout."""

from __future__ import annotations

from cnncalc.analysis.memory import ops
from cnncalc.analysis.memory.layout import like, preserved
from cnncalc.analysis.memory.rules.table import Site, each_rank, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor


@rule("Softmax", "LogSoftmax")
def softmax(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Keeps the result, which is always contiguous."""
    return ops.softmax(tape, x)


@rule("Sigmoid", "Tanh")
def keeps_result(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Their gradient is a function of the result."""
    return ops.unary(tape, x, "result")


@rule("GELU", "Softplus")
def keeps_input(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Their gradient is a function of the input."""
    return ops.unary(tape, x, "input")


@rule("ReLU")
def relu(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Keeps the result; in place that is the input's memory."""
    return _in_place(tape, x) if site.arguments["inplace"] else ops.unary(tape, x, "result")


@rule("LeakyReLU", "ELU", "SELU")
def leaky(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Keeps the input, in place the result."""
    return _in_place(tape, x) if site.arguments["inplace"] else ops.unary(tape, x, "input")


@rule("ReLU6", "SiLU", "Hardswish", "Hardsigmoid", "Mish")
def clones_in_place(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Keep the input; in place autograd copies it first, so that nothing is saved while gradients are wanted.  Up to 6,
    values are clamped into an ``empty_like``."""
    if not site.arguments["inplace"]:
        made = ops.unary(tape, x, "input")
        if site.name == "ReLU6":
            made.strides = preserved(x.shape, x.strides)
        return made
    if not tape.wants(x):
        return ops.overwrite(tape, x)
    copy = tape.another(x, x.shape, "copy of the input", preserved(x.shape, x.strides))
    backward = ops.gradient_of(tape, x)
    out = tape.record(ops.overwrite(tape, x), (x,), backward, (copy,))
    tape.drop(copy)
    return out


def _in_place(tape: Tape, x: Tensor) -> Tensor:
    out = ops.overwrite(tape, x)
    return tape.record(out, (x,), ops.gradient_of(tape, x), (out,))


@rule("times")
def times(tape: Tape, site: Site, x: Tensor) -> Tensor:
    return ops.mul_number(tape, x)


@rule("PReLU")
def prelu(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """``_prelu_kernel_backward`` makes the slopes' gradient in full size, reduced afterwards to the slopes as torch
    lays them out, 1xCx1x1."""
    weight = site.weights["weight"]
    slopes = ops.view(tape, weight, (1, *weight.shape, *(1 for _ in x.shape[2:])))
    wanted, before = tape.wants(x), x.shape

    def backward(gradient: Tensor) -> list[Tensor | None]:
        first = tape.another(gradient, before, "gradient")
        second = tape.another(gradient, before, "gradient")
        if not wanted:
            tape.drop(first)
        return [first if wanted else None, second]

    out = tape.another(x, x.shape, strides=preserved(x.shape, x.strides))
    tape.record(out, (x, slopes), backward, (x, slopes))
    tape.drop(slopes)
    return out


@rule("Dropout", *each_rank("Dropout"))
def dropout(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """On CUDA a fused kernel keeps a mask of bools; else the noise is a tensor like the input, one value per channel
    for whole channels (``Dropout.cpp``)."""
    p, inplace = site.arguments["p"], site.arguments["inplace"]
    if not tape.training or not p:
        return tape.hold(x)
    whole = site.name != "Dropout"
    if not tape.cpu and not whole and not inplace and p < 1:
        out, mask = tape.another(x, x.shape), tape.new(x.shape, "dropout mask", 1)
        tape.record(out, (x,), ops.gradient_of(tape, x), (mask,))
        tape.drop(mask)
        return out
    if p == 1:
        noise = tape.another(x, (), "dropout mask")
    else:
        noise = tape.another(x, (*x.shape[:2], *[1] * (len(x.shape) - 2)) if whole else x.shape, "dropout mask")
    backward = ops.gradient_of(tape, x)
    out = ops.overwrite(tape, x) if inplace else tape.another(x, x.shape, strides=like(x.shape, x.strides))
    tape.record(out, (x,), backward, (noise,))
    tape.drop(noise)
    return out


@rule("DropPath")
def drop_path(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """One value per example, times the input."""
    if not tape.training or not site.arguments["p"]:
        return tape.hold(x)
    mask = tape.another(x, (x.shape[0], *[1] * (len(x.shape) - 1)), "drop path mask")
    tape.drop(tape.crumb())
    out = ops.mul(tape, x, mask)
    tape.drop(mask)
    return out
