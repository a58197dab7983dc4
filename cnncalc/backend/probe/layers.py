"""The layers of a network, each timed alone on the values that reach it when the network runs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnncalc.analysis.roofline import learns
from cnncalc.backend.build import Borrowed, Own, Step, Twin, module_at
from cnncalc.backend.probe import record
from cnncalc.backend.probe.errors import is_expected, message_of, status_of
from cnncalc.backend.probe.network import gradient_like
from cnncalc.backend.probe.stopwatch import Stopwatch, Work
from cnncalc.backend.probe.timer import Rule, Timing, measure
from cnncalc.graph import Graph

GRAPH_SECONDS = 200e-6
"""A graph of a layer holds so many runs that it takes about this long."""
GRAPH_BYTES = 2**30
"""... and no more memory than this."""


class Outcome(NamedTuple):
    """One layer: how it went."""

    number: int
    mode: str
    status: str
    message: str | None
    timing: Timing | None


class Walk:
    """The nodes of a twin one after the other, as the twin itself runs them; :meth:`advance` times one and goes on.

    The layers get copies where they would overwrite what flows in.
    """

    def __init__(
        self, twin: Twin, graph: Graph, inputs: Sequence[Tensor], stopwatch: Stopwatch, rule: Rule, *, training: bool
    ) -> None:
        self.twin = twin
        self.graph = graph
        self.stopwatch = stopwatch
        self.rule = rule
        self.training = training
        self.learned = learns(graph)
        self.steps = list(twin.steps)
        self.values: dict[int, Tensor] = {number: each for (_, number), each in zip(graph.inputs, inputs, strict=True)}
        self.indices: dict[int, Tensor] = {}

    def advance(self, step: Step, graphs: bool) -> Outcome:
        """Time one node, then compute its value; raises what the second raises."""
        taken = [*(self.values[each] for each in step.inputs), *(self.indices[each] for each in step.links)]
        mode = "graph" if graphs else "eager"
        try:
            work, once_only = self.work(step, taken)
            if graphs and once_only:
                mode, graphs = "eager", False
            outcome = Outcome(step.number, mode, record.OK, None, self.timing(step, work, graphs, taken))
        except Exception as error:
            if not is_expected(error):
                raise
            outcome = Outcome(step.number, mode, status_of(error), message_of(error), None)
            self.stopwatch.release()
        self.go_on(step, taken)
        return outcome

    def timing(self, step: Step, work: Work, graphs: bool, taken: Sequence[Tensor]) -> Timing:
        if not graphs:
            return measure(self.stopwatch.eager(work), self.rule)
        sample = self.stopwatch.eager(work)
        sample(2)
        once = min(sample(3))
        weights = [each for call in step.calls for each in parameters(callable_of(self.twin, call))]
        # what flows in, what comes out, and the gradients of both, as a guess
        size = sum(each.numel() * each.element_size() for each in (*taken, *weights)) * 4
        copies = min(int(GRAPH_SECONDS / max(once, 1e-9)) + 1, GRAPH_BYTES // max(size, 1))
        return measure(self.stopwatch.captured(work, max(copies, 1)), self.rule)

    def go_on(self, step: Step, taken: list[Tensor]) -> None:
        """Compute the value and let go of those that nobody needs any more, as the twin does."""
        with torch.no_grad():
            value: Any = run_calls([callable_of(self.twin, each) for each in step.calls], taken)
        if step.indexed:
            value, self.indices[step.number] = value
        self.values[step.number] = value
        taken.clear()
        for each in step.gone:
            del self.values[each]
        for each in step.indices_gone:
            del self.indices[each]

    def work(self, step: Step, taken: list[Tensor]) -> tuple[Work, bool]:
        """The work of a node, and whether a run spoils its arguments for the next."""
        calls = [callable_of(self.twin, each) for each in step.calls]
        layer = self.graph.nodes[step.number].layer
        inplace = layer is not None and layer.is_inplace
        if self.training and self.learned[step.number]:
            return self.backward(step, calls, taken, inplace), inplace

        def run(calls: Sequence[Callable[..., Any]], *given: Tensor) -> Any:
            return run_calls(calls, given)

        def prepare() -> tuple[Any, ...]:
            return calls, *(each.clone() if inplace else each for each in taken)

        with torch.no_grad():
            return Work(run, prepare, lambda: (list(map(own_copy, calls)), *map(torch.clone, taken))), False

    def backward(self, step: Step, calls: list[Callable[..., Any]], taken: list[Tensor], inplace: bool) -> Work:
        """Forward, then the gradients of what flowed in (as far as it depends on a parameter) and of the weights."""
        followed = [self.learned[each] for each in step.inputs] + [False] * len(step.links)

        def arguments(calls: list[Callable[..., Any]], copied: bool) -> tuple[Any, ...]:
            values = [(each.clone() if copied else each).detach() for each in taken]
            leaves = [each.requires_grad_() for each, wanted in zip(values, followed, strict=True) if wanted]
            # an in-place layer may not overwrite a leaf; the gradient passes a clone unchanged, so it costs nothing
            given = [each.clone() for each in values] if inplace else values
            return calls, leaves, weights(calls), *given

        def run(calls: list[Callable[..., Any]], leaves: list[Tensor], learned: list[Tensor], *given: Tensor) -> Any:
            value = run_calls(calls, given)
            if step.indexed:
                value = value[0]
            return torch.autograd.grad(value, [*leaves, *learned], wanted, allow_unused=True)

        def weights(calls: list[Callable[..., Any]]) -> list[Tensor]:
            found = [parameter for each in calls for parameter in parameters(each)]
            found += [
                parameter
                for each in step.calls
                if isinstance(each, Borrowed)
                for parameter in module_at(self.twin, each.path).parameters(recurse=False)
            ]
            return [each for each in found if each.requires_grad]

        with torch.enable_grad():
            _, _, _, *given = arguments(calls, copied=False)
            value = run_calls(calls, given)
            wanted = gradient_like(value[0] if step.indexed else value, step.number)
            del given, value
        return Work(
            run, lambda: arguments(calls, copied=False), lambda: arguments(list(map(own_copy, calls)), copied=True)
        )


def run_calls(calls: Sequence[Callable[..., Any]], taken: Sequence[Tensor]) -> Any:
    """The calls of a node, one after the other."""
    value = calls[0](*taken)
    for call in calls[1:]:
        value = call(value)
    return value


def callable_of(twin: Twin, call: Own | Borrowed | Callable[..., Any]) -> Callable[..., Any]:
    """What a call of a step runs."""
    if isinstance(call, Own):
        own: Callable[..., Any] = module_at(twin, call.path)
        return own
    if isinstance(call, Borrowed):
        return lambda *taken: twin.call(call, *taken)
    return call


def parameters(call: Callable[..., Any]) -> list[nn.Parameter]:
    return list(call.parameters(recurse=False)) if isinstance(call, nn.Module) else []


def own_copy(call: Callable[..., Any]) -> Callable[..., Any]:
    """A module with weights of its own, so that it does not find them in a cache that another run filled."""
    if not isinstance(call, nn.Module):
        return call
    made: nn.Module = copy.copy(call)
    made._modules = {}
    made._parameters = {
        name: None if each is None else nn.Parameter(each.detach().clone(), each.requires_grad)
        for name, each in call._parameters.items()
    }
    made._buffers = {name: None if each is None else each.clone() for name, each in call._buffers.items()}
    whole: Callable[..., Any] = made
    return whole
