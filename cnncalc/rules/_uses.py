"""Which names the lines of a file use: read off the syntax, once for all rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from cnncalc.rules._subject import Subject
from cnncalc.source import Mapping, Scalar, Tree
from cnncalc.spec.network import Block, Net, Statement
from cnncalc.spec.syntax import Atom, Call, Chain, Dotted, Expr, Label, Merge, Name, Number, Repeat, Short, Step


class Body(NamedTuple):
    """The lines of a net or of a block, and what they use."""

    owner: Net | Block
    words: frozenset[str]
    """The words that begin a step: layers, blocks, earlier lines."""
    names: frozenset[str]
    """The names in arguments, counts, conditions and claims; of ``skip.H`` the ``skip``."""
    marked: tuple[tuple[Statement, Chain], ...]
    """The lines that are more than layers and merges: with labels, claims, conditions, parentheses or a bare ``id``."""

    @property
    def block(self) -> Block | None:
        return self.owner if isinstance(self.owner, Block) else None

    def uses(self, name: str) -> bool:
        """Whether a line of this body speaks of a name."""
        return name in self.words or name in self.names


class Uses(NamedTuple):
    """All bodies of a file: its nets, its own blocks, and the blocks it imports."""

    nets: tuple[Body, ...]
    blocks: dict[str, Body]

    @property
    def bodies(self) -> Iterator[Body]:
        yield from self.nets
        yield from self.blocks.values()

    def called(self) -> set[str]:
        """The names of the blocks that the nets use, directly or through other blocks."""
        found: set[str] = set()
        waiting = [word for net in self.nets for word in net.words if word in self.blocks]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [word for word in self.blocks[name].words if word in self.blocks]
        return found


_KNOWN: WeakKeyDictionary[Subject, Uses] = WeakKeyDictionary()


def uses_of(subject: Subject) -> Uses:
    """What the lines of a file use."""
    if subject not in _KNOWN:
        network = subject.network
        blocks = {block.name: _body(block, block.statements) for block in network.file.blocks.values()}
        _KNOWN[subject] = Uses(tuple(_body(net, net.statements) for net in network.nets), blocks)
    return _KNOWN[subject]


def readable(subject: Subject) -> bool:
    """Whether every line of the file could be read: else nobody knows what is used."""
    return not subject.network.diagnostics


def words_in(tree: Tree | None) -> set[str]:
    """All words of the values under a key."""
    found: set[str] = set()
    waiting = [] if tree is None else [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Scalar):
            found.update(re.findall(r"[^\W\d]\w*", each.text))
        else:
            waiting += [value for _, value in each] if isinstance(each, Mapping) else each.items
    return found


def names_in(*expressions: Expr) -> Iterator[str]:
    """The names that expressions speak of."""
    waiting: list[object] = list(expressions)
    while waiting:
        each = waiting.pop()
        if isinstance(each, (Name, Short)):
            yield each.text
        elif isinstance(each, Dotted):
            yield each.text.partition(".")[0]
        elif isinstance(each, tuple):
            waiting += [part for part in each if isinstance(part, tuple)]


def atoms_in(chain: Chain) -> Iterator[tuple[Chain, int, Step, Atom]]:
    """Every atom of a chain and of the chains in it: with its chain, its place there, and its step, which may be one
    behind an ``else``."""
    for position, step in enumerate(chain.steps):
        alternative: Step | None = step
        while alternative is not None:
            atom = alternative.atom
            yield chain, position, alternative, atom
            if isinstance(atom, Repeat):
                yield from atoms_in(atom.chain)
            elif isinstance(atom, Merge):
                for branch in atom.branches:
                    yield from atoms_in(branch.chain)
            alternative = alternative.otherwise


def chains_of(subject: Subject) -> Iterator[tuple[Statement, Chain]]:
    """The lines of the nets and of the file's own blocks, those that could be read."""
    network = subject.network
    bodies = [net.statements for net in network.nets]
    bodies += [block.statements for block in network.file.blocks.values() if block.file is network.file]
    for statements in bodies:
        for statement in statements:
            if statement.chain is not None:
                yield statement, statement.chain


def marked_lines(subject: Subject) -> Iterator[tuple[Statement, Chain]]:
    """Those of ``chains_of`` in which there is more than layers and merges (see ``Body.marked``)."""
    file = subject.network.file
    for body in uses_of(subject).bodies:
        if body.block is None or body.block.file is file:
            yield from body.marked


def _body(owner: Net | Block, statements: Iterable[Statement]) -> Body:
    words: set[str] = set()
    names: set[str] = set()
    marked: list[tuple[Statement, Chain]] = []
    known: dict[int, bool] = {}  # lines with the same text share one tree
    for statement in statements:
        chain = statement.chain
        if chain is None:
            continue
        if id(chain) not in known:
            known[id(chain)] = _note(chain, words, names)
        if known[id(chain)]:
            marked.append((statement, chain))
    return Body(owner, frozenset(words), frozenset(names), tuple(marked))


def _note(chain: Chain, words: set[str], names: set[str]) -> bool:
    """Add what a chain uses; whether there is more in it than layers and merges."""
    more = False
    for _, _, step, atom in atoms_in(chain):
        if step.test is not None:
            more = True
            names.update(names_in(step.test))
        for suffix in step.suffixes:
            more = True
            if not isinstance(suffix, Label):
                names.update(names_in(suffix.value))
        if isinstance(atom, Call):
            words.add(atom.word)
            if "." in atom.word:
                words.add(atom.word.partition(".")[0])
            for argument in atom.arguments:
                if type(argument.value) is not Number:
                    names.update(names_in(argument.value))
            more = more or (not atom.arguments and atom.word.lower() == "id")
        elif isinstance(atom, Merge):
            words.add(atom.word)
        elif isinstance(atom, Repeat):
            more = True
            if atom.count is not None:
                names.update(names_in(atom.count))
    return more
