"""Tensors without values, and a tape of what backward will do with them: torch's autograd as far as memory goes.

A :class:`Tensor` counts who holds it, as a TensorImpl does, and holds a :class:`Storage`; the storage is freed with its
last tensor, which the :class:`Log` notes.  The rules of the engine are those of torch 2.6 to 2.15:

* ready nodes run by descending sequence number (reverse order of creation); a parameter's gradient is taken over by
  ``.grad`` when those of all its uses are there, and added in place in a later pass (``accumulate_grad.h``);
* the gradients that flow in are alive while a node runs, all its results exist together; then the incoming gradient is
  released, then the saved tensors, then the results go to their consumers (``engine.cpp``);
* a second gradient for the same value is added in place only where the first is held by nobody else and is no view made
  in backward (``input_buffer.cpp``, ``can_accumulate_inplace``); else old, new and sum coexist.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NoReturn

from cnncalc.analysis.memory.layout import lies_as, like
from cnncalc.analysis.memory.log import Log
from cnncalc.analysis.memory.tensors import (
    Backward,
    InplaceFault,
    NotModelled,
    Step,
    Storage,
    Strides,
    Tensor,
)
from cnncalc.shape import Shape

OLDEST = (2, 6)
TORCH = (2, 15)
"""The release of torch that is followed where none is named."""


class Tape(Log):
    """The log of one run with the autograd graph while it lives.

    ``recording`` whether gradients are wanted; ``training`` whether layers such as dropout are in training mode;
    ``torch`` the release that is followed; ``autocast`` whether operators choose their data type
    (:mod:`cnncalc.analysis.memory.autocast`).
    """

    def __init__(self, itemsize: int, device: str, training: bool, torch: tuple[int, int] = TORCH) -> None:
        super().__init__(itemsize, device)
        self.torch = torch
        self.autocast = False
        self.casts: dict[int, Tensor] = {}
        """The weights that autocast has cast, by the parameter."""
        self.training = training
        self.recording = training
        self.sequence = 0
        self.gradients: dict[int, Tensor] = {}
        self.saved: set[Storage] = set()
        """Whatever a step has saved, whether it still does or not."""
        self.batch: set[Storage] = set()

    # -- who holds what ----------------------------------------------------------------------------------------

    def hold(self, tensor: Tensor) -> Tensor:
        tensor.holders += 1
        return tensor

    def drop(self, *tensors: Tensor | None) -> None:
        """Let go of tensors; the last holder frees."""
        for tensor in tensors:
            if tensor is None:
                continue
            tensor.holders -= 1
            if not tensor.holders:
                if tensor.step is not None:
                    self.drop_step(tensor.step)
                    tensor.step = None
                self.release(tensor.storage)

    def drop_step(self, step: Step) -> None:
        """Let go of a step; what nobody can reach any more gives back what it saved."""
        stack = [step]
        while stack:
            step = stack.pop()
            step.holders -= 1
            if not step.holders:
                self.forget(step)
                stack += [edge for edge in step.edges if type(edge) is Step]

    def view(self, tensor: Tensor, shape: Shape, strides: Strides | None = None) -> Tensor:
        """Another tensor on the same storage."""
        return Tensor(tensor.storage, shape, tensor.itemsize, strides, True)

    def detached(self, tensor: Tensor) -> Tensor:
        """Another tensor on the same storage, without the step."""
        return Tensor(tensor.storage, tensor.shape, tensor.itemsize, tensor.strides)

    # -- recording ---------------------------------------------------------------------------------------------

    def record(
        self,
        result: Tensor,
        inputs: Sequence[Tensor],
        backward: Backward,
        saves: Sequence[Tensor] = (),
    ) -> Tensor:
        """Note how gradients flow from ``result`` to ``inputs`` (parameters among them), if any of them needs one."""
        if not self.recording:
            return result
        for each in inputs:
            if each.is_view and each.version != each.storage.version:
                self.refuse_stale(each.storage)
        if not any(each.needs_grad for each in inputs):
            return result
        saved = []
        for each in saves:
            storage = each.storage
            saved.append((self.detached(each) if each is result else self.hold(each), storage.version))
            if storage.listed:
                self.saved.add(storage)
        edges = [(each if each.parameter else each.step) if each.needs_grad else None for each in inputs]
        self.sequence += 1
        before = result.step  # an operation in place
        metadata = [(each.shape, each.itemsize) for each in inputs]
        result.step = Step(self.sequence, self.place, backward, saved, edges, metadata)
        if before is not None:
            self.drop_step(before)
        result.needs_grad = True
        return result

    def refuse_stale(self, storage: Storage) -> NoReturn:
        """Torch puts what was written in place into the history of every view of it, which then keeps other things."""
        raise NotModelled(
            f"{self.place} reads a view of what {storage.overwriter} overwrote in place: the memory model does not "
            "cover that",
            storage.overwriter,
        )

    def wants(self, tensor: Tensor) -> bool:
        """Whether backward has to work out a gradient for this input."""
        return self.recording and tensor.needs_grad

    def behind(self, result: Tensor) -> set[Step]:
        """The steps that backward from here would run."""
        stack = [] if result.step is None else [result.step]
        seen = set(stack)
        while stack:
            behind = {edge for edge in stack.pop().edges if type(edge) is Step} - seen
            seen |= behind
            stack += behind
        return seen

    def parameters_behind(self, result: Tensor) -> set[Tensor]:
        """The parameters that backward from here would reach."""
        return {edge for step in self.behind(result) for edge in step.edges if type(edge) is Tensor}

    def kept(self, result: Tensor) -> set[Storage]:
        """What the steps behind ``result`` have saved; those of values that it does not hang on are gone with them."""
        saved = (tensor.storage for step in self.behind(result) for tensor, _ in step.saved)
        return {storage for storage in saved if storage.listed}

    # -- backward ----------------------------------------------------------------------------------------------

    def backward(self, loss: Tensor) -> None:
        """Run the steps behind ``loss``; parameters receive their gradients."""
        if loss.step is None:
            return
        self.at("backward", loss.step.place)
        seed = self.another(loss, loss.shape, "gradient of the loss")
        self.flow(loss.step, self.hold(seed))
        self.drop(seed)

    def flow(self, root: Step, gradient: Tensor) -> None:
        """Run all steps behind ``root``, which receives this gradient."""
        seen = {root}
        stack = [root]
        uses: dict[Tensor, int] = {}
        while stack:
            for edge in stack.pop().edges:
                if type(edge) is Step:
                    edge.waiting += 1
                    if edge not in seen:
                        seen.add(edge)
                        stack.append(edge)
                elif type(edge) is Tensor:
                    uses[edge] = uses.get(edge, 0) + 1
        waiting: dict[Step | Tensor, Tensor] = {root: gradient}
        heap = [(-root.sequence, root)]
        while heap:
            _, step = heapq.heappop(heap)
            if step.place != self.place or self.phase != "backward":
                self.at("backward", step.place)
            gradient = waiting.pop(step)
            for saved, version in step.saved:
                if saved.storage.version != version:
                    culprit = saved.storage.overwriter
                    message = f"{culprit} overwrites in place what {step.place} needs for its gradient: torch refuses"
                    raise InplaceFault(message, culprit)
            results = self.validated(step, step.backward(gradient))
            self.drop(gradient)
            self.forget(step)
            for result, edge in zip(results, step.edges, strict=True):
                if result is None:
                    continue
                if edge is None:
                    self.drop(result)
                elif type(edge) is Step:
                    self.give(waiting, edge, result)
                    edge.waiting -= 1
                    if not edge.waiting:
                        heapq.heappush(heap, (-edge.sequence, edge))
                else:
                    assert type(edge) is Tensor
                    self.give(waiting, edge, result)
                    uses[edge] -= 1
                    if not uses[edge]:
                        self.keep(edge, waiting.pop(edge))

    def validated(self, step: Step, results: Sequence[Tensor | None]) -> list[Tensor | None]:
        """``validate_outputs``: one after the other, the gradients of broadcast inputs are reduced, and those of inputs
        of another data type cast; all of them exist before the first is."""
        found = list(results)
        for place, (shape, itemsize) in enumerate(step.metadata):
            gradient = found[place]
            if gradient is None or step.edges[place] is None:
                continue
            if gradient.shape != shape:
                small = self.new(shape, "gradient", gradient.itemsize)
                small.is_view = len(shape) < len(gradient.shape)
                self.drop(gradient)
                found[place] = gradient = small
            if gradient.itemsize != itemsize:
                found[place] = self.new(shape, "gradient", itemsize, like(shape, gradient.strides))
                self.drop(gradient)
        return found

    def forget(self, step: Step) -> None:
        """Release what a step had saved."""
        saved, step.saved = step.saved, []
        for tensor, _ in saved:
            self.drop(tensor)

    def give(self, waiting: dict[Step | Tensor, Tensor], to: Step | Tensor, gradient: Tensor) -> None:
        """``InputBuffer::accumulate``, of a step or of a parameter."""
        old = waiting.get(to)
        if old is None:
            waiting[to] = gradient
        elif old.holders == 1 and old.storage.holders == 1 and not old.is_view:
            self.drop(gradient)
        else:
            waiting[to] = self.another(old, old.shape, "sum of gradients", old.strides)
            self.drop(old, gradient)

    def keep(self, parameter: Tensor, gradient: Tensor) -> None:
        """``AccumulateGrad``: the first is taken over if it lies like the parameter; that of a later pass is added in
        place."""
        key = id(parameter)
        if key in self.gradients:
            self.drop(gradient)
        elif lies_as(gradient.shape, gradient.strides, None):
            gradient.storage.name = f"gradient of {parameter.storage.name}"
            gradient.storage.place = parameter.storage.place
            self.gradients[key] = gradient
        else:
            self.gradients[key] = self.another(parameter, parameter.shape, f"gradient of {parameter.storage.name}")
            self.drop(gradient)
