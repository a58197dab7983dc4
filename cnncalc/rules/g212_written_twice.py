"""The same steps are written several times, where a repeat or a block would do.

## What it means

A run of steps follows on itself word by word: `(...)*n` says it once. Or the
same long chain stands in several places: a block says it once.

## Why it matters

A change has to be made in every place, and one is forgotten.

## Bad

```yaml
input: 3x32x32
layers:
  body: conv 32 3 p1 | bn | relu | conv 32 3 p1 | bn | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  body: (conv 32 3 p1 | bn | relu)*2
  head: gap | fc 10
```

## How to fix it

- A repeat: `(conv 32 3 p1 | bn | relu)*2`; the weights of each round are its
  own. The layers inside get other names (`body.0.conv`).
- A block under `blocks:`, with a parameter for each number that differs.
- Steps that follow on each other are told from two steps twice, or one three
  times; chains in different places from four steps twice, or three three times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnncalc.errors import Diagnostic, Related
from cnncalc.rules._phrases import is_long, mark_of
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import atoms_in, chains_of, names_in
from cnncalc.source import Mark
from cnncalc.spec.network import Statement
from cnncalc.spec.syntax import Call, Chain, Merge, Repeat, Span

SEVERITY = "info"

LONGEST = 8
"""Runs of more steps are not looked for."""
FEWEST = {2: 4, 3: 3}
"""How many layers a chain must have that stands so many times."""


class Part(NamedTuple):
    """A chain of a line: its layers are counted, and its words are as YAML folds them."""

    chain: Chain
    layers: int
    words: str


class Run(NamedTuple):
    """Steps that follow on themselves: where, how many times, and the words of one of them."""

    span: Span
    times: int
    steps: Sequence[str]


class Copy(NamedTuple):
    """One of the places where a chain stands."""

    statement: Statement
    part: Part

    @property
    def mark(self) -> Mark:
        return mark_of(self.statement.text, self.part.chain.span)


def check(subject: Subject) -> Iterator[Diagnostic]:
    known: dict[int, tuple[list[Part], list[Run]]] = {}  # lines with the same text share one tree
    copies: dict[str, list[Copy]] = {}
    for statement, line in chains_of(subject):
        if is_long(statement.text):
            continue
        if id(line) not in known:
            known[id(line)] = read(statement.text.text, line)
        parts, runs = known[id(line)]
        for run in runs:
            yield repeated(subject, statement, run)
        for part in parts:
            copies.setdefault(part.words, []).append(Copy(statement, part))
    inside: set[int] = set()
    for text, found in sorted(copies.items(), key=lambda item: -len(item[0])):
        found = [each for each in found if id(each.part.chain) not in inside]
        if len(found) < 2 or found[0].part.layers < FEWEST[min(len(found), max(FEWEST))]:
            continue
        for each in {id(each.part.chain): each.part.chain for each in found}.values():
            inside.update(map(id, chains_in(each)))
        yield copied(subject, text, sorted(found, key=lambda each: each.mark.start))


def read(text: str, line: Chain) -> tuple[list[Part], list[Run]]:
    """What there is to see in a line by itself: the chains that are long enough to be copies, and the runs."""
    parts: list[Part] = []
    runs: list[Run] = []
    for chain in chains_in(line):
        runs += runs_in(text, chain)
        layers = count(chain)
        if layers >= min(FEWEST.values()):
            parts.append(Part(chain, layers, words(text, chain.span)))
    return parts, runs


def copied(subject: Subject, text: str, found: Sequence[Copy]) -> Diagnostic:
    """The finding about a chain that stands in several places."""
    first = found[0]
    chain, layers, _ = first.part
    blocks = subject.network.file.blocks.values()
    block = next((each for each in blocks if any(line is first.statement for line in each.statements)), None)
    own = {each.name for each in block.parameters} if block is not None else set()
    parameters = [name for name in dict.fromkeys(used_in(chain)) if name in own]
    call = " ".join(["part", *parameters])
    return subject.finding(
        f"the same {layers} layers are written {often(len(found))}",
        first.mark,
        help=(f"say it once under blocks: `part({', '.join(parameters)}): {text}`, and `{call}` in its places",),
        related=[Related("again", each.mark) for each in found[1:4]],
        layer=first.statement.name,
    )


def repeated(subject: Subject, statement: Statement, run: Run) -> Diagnostic:
    """The finding about steps that follow on themselves."""
    length = len(run.steps)
    return subject.finding(
        f"the same {'step is' if length == 1 else f'{length} steps are'} written {often(run.times)} in a row",
        mark_of(statement.text, run.span),
        help=(f"say it once: ({' | '.join(run.steps)})*{run.times}",),
        layer=statement.name,
    )


def runs_in(text: str, chain: Chain) -> Iterator[Run]:
    """The steps of a chain that follow on themselves."""
    if len(chain.steps) < 2:
        return
    steps = [words(text, step.span) for step in chain.steps]
    start = 0
    while start < len(steps) - 1:
        length, times = longest_run(steps, start)
        if times < 2:
            start += 1
            continue
        last = start + length * times - 1
        yield Run((chain.steps[start].span[0], chain.steps[last].span[1]), times, steps[start : start + length])
        start = last + 1


def longest_run(steps: Sequence[str], start: int) -> tuple[int, int]:
    """How many steps from here on are repeated, and how often: the shortest that is worth a repeat."""
    for length in range(1, LONGEST + 1):
        times = 1
        while steps[start : start + length] == steps[start + times * length : start + (times + 1) * length]:
            times += 1
        if times >= (3 if length == 1 else 2):
            return length, times
    return 0, 0


def chains_in(chain: Chain) -> Iterator[Chain]:
    """A chain and all chains in it, the outer ones first."""
    yield chain
    for _, _, _, atom in atoms_in(chain):
        if isinstance(atom, Repeat):
            yield atom.chain
        elif isinstance(atom, Merge):
            for branch in atom.branches:
                yield branch.chain


def count(chain: Chain) -> int:
    """The layers and blocks that a chain names."""
    return sum(isinstance(atom, (Call, Merge)) for _, _, _, atom in atoms_in(chain))


def used_in(chain: Chain) -> Iterator[str]:
    for _, _, step, atom in atoms_in(chain):
        if step.test is not None:
            yield from names_in(step.test)
        if isinstance(atom, Call):
            yield from names_in(*(each.value for each in atom.arguments))
        elif isinstance(atom, Repeat) and atom.count is not None:
            yield from names_in(atom.count)


def often(times: int) -> str:
    return "twice" if times == 2 else f"{times} times"


def words(text: str, span: Span) -> str:
    """A stretch of a line, with blanks as YAML folds them."""
    return " ".join(text[slice(*span)].split())
