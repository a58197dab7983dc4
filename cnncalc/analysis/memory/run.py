"""Run a graph on the tape: the forward pass, the loss, backward and the optimizer's step, node by node.

What "memory" means here: the bytes of the storages that tensors hold, as requested, in torch's eager mode, when the
graph is run as follows, in the second step (the optimizer's state is there, the gradients are not).  What one leaf
operator allocates and frees inside itself is workspace and not counted.

* The nodes in order; the calls of a node one after the other, each value bound to the same name
  (``value = call(value)``), so that a value between two calls lives until the second is done;
* every value is released right after the last node that takes it; outputs right after the loss took them;
* the input of a call lives as long as the node runs, whoever else needs it;
* a max pooling that an ``unpool`` links to gives its indices, a value of their own, released right after the last
  unpooling;
* a node of shared weights uses the modules of its owner.

A training step is ``optimizer.zero_grad(set_to_none=True)``, forward, loss, ``loss.backward()``, ``optimizer.step()``.
The torch twin (``cnncalc.backend.build``) runs a graph so, and the written source does.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.memory import autocast, optimizers
from cnncalc.analysis.memory import loss as losses
from cnncalc.analysis.memory.autocast import AMP, FULL_BYTES, LOW_DTYPES
from cnncalc.analysis.memory.rules import Site, rule_of
from cnncalc.analysis.memory.sharing import overwrites_shared
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import NotModelled, Storage, Tensor
from cnncalc.graph import Graph, Node
from cnncalc.units import COUNTER_BYTES, DTYPE_BYTES

TARGET_BYTES = 8
"""Class numbers are int64."""


class Run:
    """One run of a graph."""

    def __init__(
        self,
        graph: Graph,
        batch: int,
        dtype: str,
        training: bool,
        optimizer: str,
        device: str,
        loss: str | None,
        inplace: frozenset[int],
        torch: tuple[int, int],
    ) -> None:
        self.arguments = graph, batch, dtype, training, optimizer, device, loss, inplace, torch
        self.graph = graph
        self.batch = batch
        self.training = training
        self.optimizer = optimizer if training else "none"
        self.inplace = inplace
        self.phase = "forward"
        self.loss = losses.loss_of(graph, loss)
        self.tape = Tape(FULL_BYTES if dtype == AMP else DTYPE_BYTES[dtype], device, training, torch)
        self.amp = dtype == AMP
        self.scaling = self.amp and training and LOW_DTYPES[device] == "float16"
        self.kinds: dict[Storage, str] = {}
        self.weights: dict[int, dict[str, Tensor]] = {}
        self.values: dict[int, Tensor] = {}
        self.indices: dict[int, Tensor] = {}
        self.linked = {link for node in graph.nodes for link in node.links}
        self.kept: set[Storage] = set()
        """What is saved for backward when the forward pass is over."""
        self.releases, self.index_releases = self._last_uses()

    def _last_uses(self) -> tuple[list[list[int]], list[list[int]]]:
        """By node: the values and the indices that nobody takes after it."""
        nodes = self.graph.nodes
        values: list[list[int]] = [[] for _ in nodes]
        indices: list[list[int]] = [[] for _ in nodes]
        last = list(range(len(nodes)))
        last_index = dict.fromkeys(self.linked, 0)
        for node in nodes:
            for each in node.inputs:
                last[each] = node.index
            for each in node.links:
                last_index[each] = node.index
        outputs = {index for _, index in self.graph.outputs}
        for value, at in enumerate(last):
            if value not in outputs:
                values[at].append(value)
        for value, at in last_index.items():
            indices[at].append(value)
        return values, indices

    # -- before the step ---------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Parameters, buffers, the batch, the target, the optimizer's state."""
        tape = self.tape
        tape.at("setup", "parameters")
        for node in self.graph.nodes:
            if node.owner != node.index:
                continue
            tape.place = node.name
            weights = {}
            for parameter in node.facts.parameters:
                tensor = tape.new(parameter.shape, parameter.name)
                tensor.parameter = parameter.trainable
                tensor.storage.listed = False
                tensor.needs_grad = self.training and parameter.trainable
                weights[parameter.name] = tensor
                self.kinds[tensor.storage] = "parameter"
            self.weights[node.index] = weights
            for buffer in node.facts.buffers:
                made = tape.new(buffer.shape, buffer.name, COUNTER_BYTES if buffer.counter else None)
                made.storage.listed = False
                self.kinds[made.storage] = "buffer"
        tape.at("setup", "batch")
        for name, index in self.graph.inputs:
            tape.place = name
            made = tape.new((self.batch, *self.graph.shape(index)), "batch")
            self.kinds[made.storage] = "input"
            tape.batch.add(made.storage)
            self.values[index] = made
        self.batch_tensors = [tape.hold(each) for each in self.values.values()]
        self.target: Tensor | None = None
        if self.training and self.loss.name == losses.CROSS_ENTROPY:
            sizes = self.graph.shape(self.loss.node)[1:]
            self.target = tape.new((self.batch, *sizes), "target", TARGET_BYTES)
            self.kinds[self.target.storage] = "input"

    def learning(self) -> list[Tensor]:
        """The parameters that receive a gradient: those that the loss depends on."""
        if overwrites_shared(self.graph, self.inplace):
            reached = self._tried()
        else:
            owners = self._owners_behind_loss()
            reached = {(owner, name) for owner in owners for name in self.weights[owner]}
        return [
            tensor
            for owner, weights in self.weights.items()
            for name, tensor in weights.items()
            if tensor.needs_grad and (owner, name) in reached
        ]

    def _owners_behind_loss(self) -> set[int]:
        nodes = self.graph.nodes
        stack = (
            [self.loss.node] if self.loss.name == losses.CROSS_ENTROPY else [index for _, index in self.graph.outputs]
        )
        seen = set(stack)
        while stack:
            for each in nodes[stack.pop()].inputs:
                if each not in seen:
                    seen.add(each)
                    stack.append(each)
        return {nodes[index].owner for index in seen if nodes[index].layer is not None}

    def _tried(self) -> set[tuple[int, str]]:
        """The parameters behind the loss, by owner and name, of a forward pass made to see: a layer that reads a value
        after it was overwritten in place depends on what was written."""
        trial = Run(*self.arguments)
        trial.set_up()
        trial.forward()
        parameters = trial.tape.parameters_behind(trial.lose())
        return {
            (owner, name)
            for owner, weights in trial.weights.items()
            for name, tensor in weights.items()
            if tensor in parameters
        }

    # -- the step ----------------------------------------------------------------------------------------------

    def forward(self) -> None:
        """All nodes in order."""
        for node in self.graph.nodes:
            self.advance(node)

    def advance(self, node: Node) -> None:
        """One node, then the release of what nobody takes any more."""
        tape, values = self.tape, self.values
        if node.layer is not None:
            tape.at(self.phase, node.name)
            taken = [values[each] for each in node.inputs]
            skipped = self.training and self.loss.name == losses.CROSS_ENTROPY and node.index == self.loss.skipped
            values[node.index] = tape.hold(taken[0]) if skipped else self.run(node, taken)
        for each in self.releases[node.index]:
            tape.drop(values.pop(each))
        for each in self.index_releases[node.index]:
            tape.drop(self.indices.pop(each))

    def run(self, node: Node, taken: list[Tensor]) -> Tensor:
        """The calls of one node."""
        tape = self.tape
        assert node.layer is not None
        calls = node.layer.torch(*self.graph.input_shapes(node))
        shape = (self.batch, *node.facts.output)
        weights = self.weights[node.owner]
        inputs: Sequence[Tensor] = [*taken, *[self.indices[each] for each in node.links]]
        own = False
        for number, call in enumerate(calls):
            wanted = node.index in self.linked and call.name.startswith("MaxPool")
            arguments = {**call.arguments, "inplace": True} if node.index in self.inplace else call.arguments
            site = Site(call.name, arguments, shape, number == len(calls) - 1, weights, wanted)
            result = self.call(site, inputs)
            if isinstance(result, tuple):
                result, self.indices[node.index] = result
            if own:
                tape.drop(inputs[0])
            inputs, own = (result,), True
        assert inputs[0].shape == shape, (node, inputs[0].shape, shape)
        return inputs[0]

    def call(self, site: Site, inputs: Sequence[Tensor]) -> Tensor | tuple[Tensor, Tensor]:
        """One call, under autocast with what it casts."""
        tape = self.tape
        rule = rule_of(site.name)
        if not tape.autocast:
            return rule(tape, site, *inputs)
        op = autocast.op_of(site.name, site.arguments, len(site.shape) - 2)
        if site.indices:
            op += "_with_indices"
        made = autocast.cast_for(tape, op, (*inputs, *site.parameters))
        taken = made[: len(inputs)]
        weights = dict(zip(site.weights, made[len(inputs) :], strict=True))
        result = rule(tape, site._replace(weights=weights), *taken)
        tape.drop(*made)
        return result

    def lose(self) -> Tensor:
        """The loss; it is the last to take the outputs."""
        tape = self.tape
        tape.at("loss", self.loss.name)
        outputs = [self.values.pop(index) for index in dict.fromkeys(index for _, index in self.graph.outputs)]
        if self.loss.name == losses.CROSS_ENTROPY:
            assert self.target is not None
            loss = losses.cross_entropy(tape, outputs[0], self.target)
        else:
            loss = losses.means(tape, outputs)
        tape.drop(*outputs)
        return loss

    def train(self) -> None:
        """The step of a training loop."""
        tape = self.tape
        self.set_up()
        learning = self.learning()
        scaler = optimizers.Scaler(tape) if self.scaling else None
        tape.at("setup", "optimizer state")
        parameters = [each for weights in self.weights.values() for each in weights.values() if each.needs_grad]
        for each in optimizers.make_state(tape, self.optimizer, parameters, learning):
            self.kinds[each.storage] = "optimizer"
        resident = tape.now
        tape.autocast = self.amp
        self.forward()
        loss = self.lose()
        autocast.leave(tape)
        if scaler is None:
            self.kept = tape.kept(loss)
            tape.backward(loss)
        else:
            scaled = scaler.scaled(loss)
            self.kept = tape.kept(scaled)
            tape.backward(scaled)
            tape.drop(scaled)
        for tensor in tape.gradients.values():
            self.kinds[tensor.storage] = "gradient"
        tape.at("optimizer", self.optimizer)
        if scaler is not None:
            scaler.unscale()
        optimizers.step(tape, self.optimizer, learning)
        tape.at("end", "")
        self.gradient_bytes = sum(each.storage.bytes for each in tape.gradients.values())
        tape.drop(loss, *tape.gradients.values())
        if scaler is not None:
            scaler.update()
        tape.close()
        if tape.now > resident:
            self.refuse_leak(tape.now - resident)

    def refuse_leak(self, bytes: int) -> None:
        """Raise :class:`NotModelled` for a network whose steps leave more and more behind.

        A saved input is the tensor itself, with its place in the autograd graph.  Overwritten by what was made of it,
        it holds the step that needs it, in a circle that torch never frees where backward does not pass.
        """
        culprit = next(each.overwriter for each in self.tape.events if each.overwriter and each not in self.kinds)
        raise NotModelled(
            f"{culprit} overwrites in place what was kept for a gradient that the loss never asks for: torch does not "
            f"free that, and every training step needs {bytes:,} bytes more",
            culprit,
        )

    def infer(self) -> None:
        """A forward pass without gradients, in evaluation mode."""
        tape = self.tape
        self.set_up()
        tape.autocast = self.amp
        self.forward()
        tape.at("end", "")
        autocast.leave(tape)
        tape.drop(*[self.values.pop(index) for index in dict.fromkeys(index for _, index in self.graph.outputs)])
        tape.close()
