"""The syntax behind a site: the call as it is written, the step and the chain it stands in, the line it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.formats.read import is_yaml
from cnncalc.source import Mark, Scalar
from cnncalc.spec.network import Network, Statement
from cnncalc.spec.syntax import Call, Chain, Given, Merge, Repeat, Span, Step


class Spot(NamedTuple):
    """Where a layer is written.  All spans are offsets into ``text``."""

    text: Scalar
    call: Call | None
    """The call; None for a merge (then see ``merge``)."""
    merge: Merge | None
    step: Step
    """The step of the chain; its atom is another where the call stands behind an ``else``."""
    chain: Chain
    position: int
    """Which step of the chain it is."""
    outer: bool
    """Whether the chain is the whole line, and no branch or parenthesis in it."""
    statements: tuple[Statement, ...]
    """The lines of the net or the block."""
    line: int
    """Which of them it stands in."""

    @property
    def statement(self) -> Statement:
        return self.statements[self.line]

    @property
    def span(self) -> Span:
        atom = self.call or self.merge
        assert atom is not None
        return atom.span

    @property
    def long(self) -> bool:
        """Whether it is written in the long form, ``{op: conv, ...}``."""
        return self.text.text is self.text.source.text and is_yaml(self.text.source)

    @property
    def phrase(self) -> bool:
        """Whether offsets of the text are exact in the file: no long form, no escapes."""
        return self.text.offsets is None and not self.long


class Spots:
    """Every call and merge that is written in the nets and blocks of a network; a line is read off when it is asked
    for."""

    def __init__(self, network: Network) -> None:
        bodies = [net.statements for net in network.nets]
        bodies += [block.statements for block in network.file.blocks.values()]
        self._lines = {
            statement.text: (statements, number)
            for statements in bodies
            for number, statement in enumerate(statements)
            if statement.chain is not None
        }
        self._read: dict[Scalar, dict[Span, Spot]] = {}
        self._marked: dict[Mark, Spot] | None = None

    def at(self, text: Scalar, span: Span) -> Spot | None:
        """What is written in a stretch of a line; None where no call or merge is."""
        line = self._lines.get(text)
        if line is None:
            return self._by_mark().get(text.at(*span))  # a variant has made the line again
        if text not in self._read:
            self._read[text] = dict(spots_in(*line))
        return self._read[text].get(span)

    def _by_mark(self) -> dict[Mark, Spot]:
        if self._marked is None:
            lines = self._lines.values()
            self._marked = {spot.text.at(*span): spot for line in lines for span, spot in spots_in(*line)}
        return self._marked


def spots_in(statements: tuple[Statement, ...], line: int) -> Iterator[tuple[Span, Spot]]:
    """The spots of one of these lines, with their spans."""
    chain = statements[line].chain
    assert chain is not None
    return ((spot.span, spot) for spot in _in_chain(chain, statements, line, True))


def _in_chain(chain: Chain, statements: tuple[Statement, ...], line: int, outer: bool) -> Iterator[Spot]:
    text = statements[line].text
    for index, step in enumerate(chain.steps):
        alternative: Step | None = step
        while alternative is not None:
            atom = alternative.atom
            if isinstance(atom, Call):
                yield Spot(text, atom, None, step, chain, index, outer, statements, line)
            elif isinstance(atom, Merge):
                yield Spot(text, None, atom, step, chain, index, outer, statements, line)
                for branch in atom.branches:
                    yield from _in_chain(branch.chain, statements, line, False)
            elif isinstance(atom, Repeat):
                yield from _in_chain(atom.chain, statements, line, False)
            else:
                assert isinstance(atom, Given)
            alternative = alternative.otherwise
