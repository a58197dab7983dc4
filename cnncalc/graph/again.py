"""Lines that were written before: the nodes of a line are copied from an earlier one in the same words.

Only of lines that make the same wherever they stand: layers with constant arguments, merges and repeats of them, where
the same shape flows in and no word in front is the name of a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.graph.records import Flowing, Frame, Node, Wire
from cnncalc.graph.space import Space
from cnncalc.layers import canonical, kind_of
from cnncalc.shape import Shape
from cnncalc.spec.bind import is_constant, vgg_call
from cnncalc.spec.network import File, Statement
from cnncalc.spec.syntax import Call, Chain, Merge, Name, Number, Repeat, Size


class Line(NamedTuple):
    """What a line made: its nodes, what flowed in and came out, how long the path of their names is, the steps it
    took."""

    start: int
    end: int
    incoming: Wire
    value: Wire
    cut: int
    steps: int


class Lines:
    """The lines of a net so far that can be copied.  ``known`` keeps the chains, so that none takes the place of
    another."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.known: dict[int, tuple[Chain, frozenset[str] | None]] = {}
        self.made: dict[tuple[int, Shape], Line] = {}

    def like(self, statement: Statement, space: Space, incoming: Flowing | None) -> Line | None:
        """The line to copy, if there is one."""
        if type(incoming) is not Wire or not self._can_come_again(statement):
            return None
        line = self.made.get((id(statement.chain), incoming.shape))
        return line if line is not None and self._is_free(statement.chain, space) else None

    def keep(self, statement: Statement, line: Line) -> None:
        """Note what a line made; whether it can be copied is looked at when its words come again."""
        if line.value.node >= 0 and self._can_come_again(statement):
            self.made[id(statement.chain), line.incoming.shape] = line

    def _can_come_again(self, statement: Statement) -> bool:
        """Whether the line has a name that its nodes begin with, and is no long form, whose tree is never another's."""
        name, text = statement.name, statement.text
        return name is not None and "." not in name and not statement.whole and text.text is not text.source.text

    def _is_free(self, chain: Chain | None, space: Space) -> bool:
        """Whether a chain makes the same wherever it stands: also beside the lines above it."""
        assert chain is not None
        known = self.known.get(id(chain))
        if known is None:
            first: set[str] = set()
            known = self.known[id(chain)] = (chain, frozenset(first) if self._is_closed(chain, first) else None)
        return known[1] is not None and space.names.keys().isdisjoint(known[1])

    def _is_closed(self, chain: Chain, first: set[str]) -> bool:
        """Whether nothing in a chain depends on its place; ``first`` is told the words that could be names of lines."""
        for number, step in enumerate(chain.steps):
            atom = step.atom
            if step.test is not None or step.suffixes:
                return False
            if isinstance(atom, Call):
                if number == 0:
                    first.add(atom.word)
                if not self._is_layer(atom):
                    return False
            elif isinstance(atom, Merge):
                if atom.word == "fork" or not all(self._is_closed(branch.chain, first) for branch in atom.branches):
                    return False
            elif isinstance(atom, Repeat):
                counted = atom.count is None or isinstance(atom.count, Number)
                if not counted or not self._is_closed(atom.chain, first):
                    return False
            else:
                return False
        return True

    def _is_layer(self, call: Call) -> bool:
        """Whether a call is a layer with one input and constant arguments."""
        vgg = vgg_call(call.word)
        word = vgg[0] if vgg else canonical(call.word)
        if word is None or call.line or "." in call.word or call.word in self.file.blocks:
            return False
        kind = kind_of(word)
        return kind.layer.inputs == 1 and not kind.lines and is_constant(call, kind, self.file.params)


def copies(nodes: list[Node], line: Line, statement: Statement, incoming: int, frame: Frame) -> None:
    """The nodes of a line once more, for a statement in the same words."""
    assert statement.name is not None
    shift, old, cut, path = len(nodes) - line.start, line.incoming.node, line.cut, f"{statement.name}."
    nodes += [
        Node(
            node.index + shift,
            path + node.name[cut:],
            statement.name,
            node.layer,
            node.facts,
            tuple([incoming if each == old else each + shift for each in node.inputs]),
            frame,
            node.span,
        )
        for node in nodes[line.start : line.end]
    ]


def words_of(call: Call, variables: Mapping[str, object]) -> tuple[object, ...] | None:
    """What a call says, wherever it stands; None where a name in it could stand for something else."""
    words: list[object] = [call.word]
    for argument in call.arguments:
        value = argument.value
        kind = type(value)
        truth = isinstance(value, Name) and value.text in ("true", "false") and value.text not in variables
        if not truth and kind is not Number and kind is not Size:
            return None
        words += (argument.option, type(value[0]), value[0])
    return tuple(words)
