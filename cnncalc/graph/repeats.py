"""Repeats: ``(...)*n``, round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.builder import Round, limit_reached
from cnncalc.graph.names import show_value
from cnncalc.graph.records import LOST, Flowing, Wire
from cnncalc.graph.space import REPEAT_LIMIT, STEPS_PER_NODE, Flow, Space
from cnncalc.spec.evaluate import ROUND, SpanFault, Unknown, evaluate
from cnncalc.spec.syntax import Chain, Merge, Repeat, speaks_of

if TYPE_CHECKING:
    from cnncalc.graph.expander import Expander


class Repeater:
    """Expands the rounds of a repeat, and stamps those that would come out as the one before."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.builder = expander.builder
        self.names = expander.names
        self.nodes = expander.graph.nodes
        self.depth = 0
        """How many repeats the step stands in."""
        self.least: dict[int, tuple[Chain, int]] = {}
        self.counting: dict[int, tuple[Chain, bool]] = {}

    def run(self, atom: Repeat, space: Space, flow: Flow) -> Flowing | None:
        if atom.count is None:
            return self.expander.run_chain(atom.chain, space, flow)
        count = evaluate(atom.count, self.names.scope(space, flow))
        if isinstance(count, Unknown):
            self.expander.run_chain(atom.chain, space, Flow(LOST))
            flow.taken = True
            return LOST
        if isinstance(count, (bool, str, tuple)) or count != int(count) or count < 0:
            raise SpanFault("T105", f"a repeat needs a whole number from 0, got {show_value(count)}", atom.count.span)
        times = int(count)
        if times > REPEAT_LIMIT:
            raise SpanFault(
                "G112", f"a repeat of {times:,} is more than the limit of {REPEAT_LIMIT:,}", atom.count.span
            )
        if times * self.least_steps(atom.chain) > STEPS_PER_NODE * self.builder.limit:
            raise limit_reached(self.builder.limit, atom.span, space)
        if times == 0:
            return self.names.take(flow, atom.span)
        self.depth += 1
        try:
            return self.run_rounds(atom, times, space, flow)
        finally:
            self.depth -= 1

    def run_rounds(self, atom: Repeat, times: int, space: Space, flow: Flow) -> Flowing | None:
        """The rounds of a repeat.  A round that meets the shape of the one before it is stamped from it."""
        value: Flowing | None = None
        known = len(space.names)
        before: Round | None = None
        counted = ROUND not in space.variables and self.counts(atom.chain)
        outside = space.round
        for number in range(times):
            labels = list(space.names)[known:] if len(space.names) > known else []  # names are never taken away
            for label in labels:
                del space.names[label]  # a label in a repeat belongs to its round
            start = len(self.nodes)
            if before is not None and not labels and not counted and self.can_stamp(before, flow):
                if not self.builder.has_room((before.end - before.start) * (times - number)):
                    raise limit_reached(self.builder.limit, atom.span, space)
                value = self.builder.stamp(before, flow.value, space)
                flow.taken = True
                flow = Flow(value)
                continue
            inner = space if space.numbered else space.inner(f"{space.path}{space.index()}.", space.line)
            inner.round = number
            value = self.expander.run_chain(atom.chain, inner, flow)
            space.round = outside
            if isinstance(value, Wire) and value.node < 0:
                flow.taken = True
                return LOST
            if number > 0:
                before = Round(start, len(self.nodes), flow.value, value, inner.path)
            flow = Flow(value)
        return value

    def counts(self, chain: Chain) -> bool:
        """Whether a chain speaks of the number of the round."""
        known = self.counting.get(id(chain))
        if known is None:
            known = self.counting[id(chain)] = (chain, speaks_of(chain, ROUND))
        return known[1]

    def can_stamp(self, before: Round, flow: Flow) -> bool:
        """Whether a round would be the one before it over again: the same shape flows in, no weights are shared."""
        was, now = before.incoming, flow.value
        return isinstance(was, Wire) and isinstance(now, Wire) and was.shape == now.shape and not self.builder.weights

    def least_steps(self, chain: Chain) -> int:
        """The least number of steps a chain takes, as far as the numbers in it are written out."""
        known = self.least.get(id(chain))
        if known:
            return known[1]
        total = 0
        for step in chain.steps:
            if step.test is not None:
                continue
            atom = step.atom
            if isinstance(atom, Merge):
                total += sum(self.least_steps(each.chain) for each in atom.branches if each.name != "project")
            elif isinstance(atom, Repeat):
                count = 1 if atom.count is None else getattr(atom.count, "value", 0)
                total += self.least_steps(atom.chain) * (count if isinstance(count, int) else 0)
            else:
                total += 1
        self.least[id(chain)] = (chain, total)
        return total
