"""Where names live while a net is expanded, and what flows into a chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.errors import Diagnostic
from cnncalc.graph.records import Flowing, Frame, part_of
from cnncalc.spec.evaluate import SpanFault
from cnncalc.spec.network import Block, File
from cnncalc.spec.syntax import Call, Chain, Label, Merge, Repeat

NODE_LIMIT = 200_000
REPEAT_LIMIT = 10_000
DEPTH_LIMIT = 80
DIAGNOSTIC_LIMIT = 100
STEPS_PER_NODE = 4
"""An expansion may take this many steps for each node it may have: steps that make no node must end too."""


class Flow:
    """What flows into a chain; it notes whether anybody took it."""

    __slots__ = ("taken", "value")

    def __init__(self, value: Flowing | None) -> None:
        self.value = value
        self.taken = False


class Space:
    """Where names live while a net or a block's body is expanded."""

    __slots__ = (
        "block",
        "counters",
        "depth",
        "file",
        "frame",
        "line",
        "names",
        "numbered",
        "path",
        "round",
        "shared",
        "taken",
        "used",
        "variables",
    )

    def __init__(
        self,
        file: File,
        variables: dict[str, Any],
        path: str,
        frame: Frame | None,
        depth: int,
        names: dict[str, Flowing] | None = None,
        used: set[str] | None = None,
    ) -> None:
        self.file = file
        self.variables = variables
        self.path = path
        self.frame = frame
        self.depth = depth
        self.names: dict[str, Flowing] = {} if names is None else names
        self.used: set[str] = set() if used is None else used
        self.counters: dict[str, int] = {}
        self.taken: dict[str, str] = {}
        """Segments in use, and the word each was made of."""
        self.numbered = False
        self.line: str | None = None
        self.round: int | None = None
        """The number of the round of the repeat that this is part of."""
        self.shared: tuple[Block, str] | None = None
        """The shared block that this is part of, and the path of the call of it."""
        self.block: Block | None = None

    def segment(self, word: str, always: bool = False) -> str:
        """A name not yet taken in this place: ``conv``, ``conv2``; ``conv1`` where all (or this word) are numbered."""
        count = self.counters.get(word, 0) + 1
        name = word if count == 1 and not self.numbered and not always else f"{word}{count}"
        while name in self.taken:
            count += 1
            name = f"{word}{count}"
        self.counters[word] = count
        self.taken[name] = word
        return name

    def renaming(self, path: str) -> Callable[[str], str]:
        """How the names of one round of a repeat become those of the next: a new index in the path; where all are
        numbered, a new number for each first segment."""
        if not self.numbered:
            new = f"{self.path}{self.index()}."
            cut = len(path)
            return lambda name: new + name[cut:]
        known: dict[str, str] = {}
        taken = self.taken

        def renamed(name: str) -> str:
            head, dot, rest = name.partition(".")
            if head not in known:
                known[head] = self.segment(taken[head])
            return known[head] + dot + rest

        return renamed

    def value(self, name: str) -> Flowing | None:
        """The value of a line or label, noted as used; None where there is no such name."""
        if name in self.names:
            self.used.add(name)
            return self.names[name]
        head, _, rest = name.partition(".")
        if rest and head in self.names:
            found = part_of(self.names[head], rest)
            if found is not None:
                self.used.add(head)
            return found
        return None

    def index(self) -> int:
        """The number of the next round of a repeat in this place."""
        count = self.counters.get("#", 0)
        self.counters["#"] = count + 1
        return count

    def inner(self, path: str, line: str | None) -> Space:
        """The same names and variables under a longer path: a branch, one round of a repeat."""
        space = Space(self.file, self.variables, path, self.frame, self.depth, self.names, self.used)
        space.line = line
        space.round = self.round
        space.shared = self.shared
        space.block = self.block
        return space


class Faultbook:
    """The diagnostics of an expansion, each place once; ``line`` is the line being expanded."""

    __slots__ = ("diagnostics", "line", "seen")

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        self.line: str | None = None
        self.seen: set[tuple[str, str, int]] = set()

    @property
    def full(self) -> bool:
        """Whether no more are kept."""
        return len(self.diagnostics) >= DIAGNOSTIC_LIMIT

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, once for each place."""
        mark = diagnostic.mark
        key = (diagnostic.code, mark.source.name if mark else "", mark.start if mark else -1)
        if key not in self.seen and not self.full:
            self.seen.add(key)
            self.diagnostics.append(
                diagnostic if diagnostic.layer or not self.line else diagnostic._replace(layer=self.line)
            )

    def report_span(self, fault: SpanFault, frame: Frame) -> None:
        """Keep the fault of a phrase that stands in this frame."""
        mark = frame.text.at(*fault.span)
        self.report(Diagnostic(fault.code, fault.message, mark, fault.label, (), fault.help, frame.related()))


class LimitReached(Exception):
    """The expansion ends here: going on could take for ever."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def single_word(chain: Chain) -> str | None:
    """The word of a chain that is one bare word."""
    if len(chain.steps) != 1:
        return None
    step = chain.steps[0]
    if isinstance(step.atom, Call) and not step.atom.arguments and not step.suffixes and step.test is None:
        return step.atom.word
    return None


def labels_of(chain: Chain | None) -> set[str]:
    """The labels that stand in a chain."""
    found: set[str] = set()
    steps = list(chain.steps) if chain is not None else []
    for step in steps:
        if step.otherwise is not None:
            steps.append(step.otherwise)
        found.update(each.name for each in step.suffixes if isinstance(each, Label))
        if isinstance(step.atom, Merge):
            for branch in step.atom.branches:
                found |= labels_of(branch.chain)
        elif isinstance(step.atom, Repeat):
            found |= labels_of(step.atom.chain)
    return found
