"""What optimizers hold and what a step of theirs allocates (``torch/optim``, torch 2.13).

On the CPU torch steps one tensor after the other, on CUDA by lists (``foreach``), with list-sized temporaries.  The
step counters are float32 on the CPU whatever the device, so that CUDA holds none of them.  Adagrad makes its state for
every parameter when it is built, the others for those that have received a gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.memory import ops
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor

STEP_BYTES = 4


class Optimizer(NamedTuple):
    """``copies`` parameter-sized tensors per parameter, a step counter where ``counts``; what a step needs: ``roots``
    of a second moment one tensor after the other, or ``lists`` of all; ``eager`` where the state is there at once."""

    copies: int
    counts: bool = False
    roots: int = 0
    lists: int = 0
    eager: bool = False


OPTIMIZERS: dict[str, Optimizer] = {
    "none": Optimizer(0),
    "sgd": Optimizer(0),
    "momentum": Optimizer(1),
    "adam": Optimizer(2, True, 2, 1),
    "adamw": Optimizer(2, True, 2, 1),
    "adagrad": Optimizer(1, True, 1, 2, eager=True),
    "rmsprop": Optimizer(1, True, 1, 1),
}


class Scaler:
    """``torch.amp.GradScaler``: a factor and a counter of its own, one product, and two flags while it unscales."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        tape.at("setup", "loss scaling")
        self.factor = tape.new((), "loss scale", 4)
        self.tracker = tape.new((), "growth tracker", 4)

    def scaled(self, loss: Tensor) -> Tensor:
        return ops.mul(self.tape, loss, self.factor)

    def unscale(self) -> None:
        """The factor is inverted in float64; gradients are unscaled in place; ``found_inf`` lives through the step."""
        tape = self.tape
        wide = tape.new((), "loss scale", 8)
        inverse = tape.new((), "inverse scale", 8)
        tape.drop(wide)
        narrow = tape.new((), "inverse scale", 4)
        tape.drop(inverse)
        self.found = tape.new((), "found inf", 4)
        tape.drop(narrow)

    def update(self) -> None:
        """The flag of this step is forgotten."""
        self.tape.drop(self.found)


def make_state(tape: Tape, name: str, parameters: Sequence[Tensor], learning: Sequence[Tensor]) -> list[Tensor]:
    """The state that is there from the second step on; ``learning`` are the parameters with gradients."""
    kind = OPTIMIZERS[name]
    made = []
    for each in parameters if kind.eager else learning:
        tape.place = each.storage.place
        if kind.counts and tape.cpu:
            made.append(tape.new((), "step counter", STEP_BYTES))
        made += [tape.new(each.shape, f"optimizer state of {each.storage.name}") for _ in range(kind.copies)]
    return made


def step(tape: Tape, name: str, learning: Sequence[Tensor]) -> None:
    """The temporaries of one step."""
    kind = OPTIMIZERS[name]
    if name in ("none", "sgd") or not learning:
        return
    if not tape.cpu:
        # _foreach_sqrt gives a list; adagrad multiplies the gradients into one more
        names = ("root of the second moment", "scaled gradient")[: kind.lists]
        tape.drop(*[tape.new(each.shape, name) for name in names for each in learning])
        return
    before: Tensor | None = None
    for each in learning:
        tape.drop(tape.crumb())
        if kind.roots:
            root = tape.new(each.shape, "root of the second moment")
            if name == "rmsprop":
                tape.drop(before)
                before = None
            number = tape.crumb()
            if kind.roots == 2:
                # (exp_avg_sq.sqrt() / bias_correction2_sqrt).add_(eps): the root lives until the quotient is there
                quotient = tape.new(each.shape, "denominator")
                tape.drop(root)
                root = quotient
            # the Python name of the last parameter's denominator is bound again only now
            tape.drop(number, before)
            before = root
    tape.drop(before)
