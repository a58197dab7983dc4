"""Forward passes: the calls of a cell as statements, with values put where they are used if that reads well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from cnncalc.formats.write.torch.layout import Call, Doc, flat, lines
from cnncalc.formats.write.torch.names import unique, variable
from cnncalc.formats.write.torch.operations import Function

Ref: TypeAlias = tuple[int, int]
"""A value: the number of a step and which of its results; an input is (-1 - number, 0)."""

LONGEST = 84
"""An expression with another one in it is no longer than this."""

TIGHTNESS = {"add": 1, "mul": 2, "times": 2}


class Step(NamedTuple):
    """A call: a module by the way to it (``.body``), or a function."""

    call: str | Function
    inputs: tuple[Ref, ...]
    outputs: int
    name: str
    """What its result may be called."""
    before: tuple[str, ...] = ()
    """Arguments before its inputs."""
    after: tuple[tuple[str, str], ...] = ()
    """Named arguments behind them."""
    mutates: bool = False
    """It overwrites what flows in, or may."""


class Program(NamedTuple):
    """A forward pass."""

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]

    def structure(self) -> Program:
        """Without names, which make no difference."""
        return self._replace(steps=tuple(step._replace(name="") for step in self.steps))


class Tree(NamedTuple):
    """A step whose operands may be steps."""

    number: int
    step: Step
    operands: tuple[Tree | Ref, ...]


def statements(program: Program, whole: bool = True) -> list[Tree]:
    """The steps that stand on their own, others as their operands, in the order of execution; the last returns."""
    uses: dict[Ref, int] = {}
    for ref in [*program.outputs, *(ref for step in program.steps for ref in step.inputs)]:
        uses[ref] = uses.get(ref, 0) + 1
    last = Step(Function("return"), program.outputs, 0, "")
    end = len(program.steps) - 1
    ports = range(program.steps[end].outputs) if program.steps else ()
    once = len(program.outputs) > 1 and all(uses[ref] == 1 for ref in program.outputs)
    if whole and once and program.outputs == tuple((end, port) for port in ports):
        # what the last call returns is returned as it is
        program = program._replace(steps=(*program.steps[:end], program.steps[end]._replace(outputs=1)))
        last = last._replace(inputs=((end, 0),))
        uses[end, 0] = 1
    found: list[Tree] = []
    waiting: list[Tree] = []
    for number, step in enumerate([*program.steps, last]):
        pending: dict[Ref, Tree] = {(tree.number, 0): tree for tree in waiting}
        wanted = [pending[ref] for ref in step.inputs if ref in pending]
        operands: tuple[Tree | Ref, ...] = step.inputs
        if wanted:
            inside = tuple(pending.get(ref, ref) for ref in step.inputs)
            tree = Tree(number, step, inside)
            nested = all(fits(each, step) for each in wanted) and in_time(tree) and short(tree)
            if waiting[-len(wanted) :] == wanted and nested:
                del waiting[-len(wanted) :]
                operands = inside
            else:
                upto = max(waiting.index(each) for each in wanted) + 1
                found += waiting[:upto]
                del waiting[:upto]
        waiting.append(Tree(number, step, operands))
        if step.outputs != 1 or uses.get((number, 0), 0) != 1:
            found += waiting
            waiting = []
    return found + waiting


def fits(tree: Tree, step: Step) -> bool:
    """Calls of modules are not nested: a chain of them is a column of statements."""
    return isinstance(step.call, Function) or isinstance(tree.step.call, Function)


def in_time(tree: Tree) -> bool:
    """``a.add_(b).add_(c)`` works c out when a has changed already: what may read a must stand before.  So does
    ``a + b + c`` when a and b are added: what may overwrite them must stand before."""
    call = tree.step.call
    late = [each for each in tree.operands[2:] if isinstance(each, Tree)]
    if isinstance(call, str) or call.kind not in ("add", "mul", "add_"):
        return True
    return not late if call.kind == "add_" else not any(map(mutates, late))


def mutates(tree: Tree) -> bool:
    """Whether something in an expression overwrites what flows in."""
    return tree.step.mutates or any(mutates(each) for each in tree.operands if isinstance(each, Tree))


def short(tree: Tree) -> bool:
    named = [flat(document(tree, lambda ref: "x" if ref[0] < 0 else "value"))]
    joins = isinstance(tree.step.call, Function) and tree.step.call.kind in ("concat", "return")
    return joins or len(named[0]) <= LONGEST


def document(tree: Tree, name: object) -> Doc:
    """The expression of a tree, names of values by ``name``."""
    step = tree.step
    assert callable(name)
    docs: list[Doc] = [document(each, name) if isinstance(each, Tree) else str(name(each)) for each in tree.operands]
    if isinstance(step.call, str):
        arguments: list[tuple[str | None, Doc]] = [(None, each) for each in step.before]
        arguments += [(None, each) for each in docs]
        arguments += step.after
        return Call(f"self{step.call}" if step.call[0] in ".[" else step.call, arguments)
    kind, settings = step.call
    if kind == "concat":
        return Call("torch.cat", [(None, Call("(", [(None, each) for each in docs])), ("dim", "1")])
    if kind == "center_crop":
        return Call("center_crop", [(None, each) for each in docs])
    if kind == "return":
        if len(docs) == 1:
            return docs[0]
        text = ", ".join(map(flat, docs))
        return text if len(text) <= LONGEST else Call("(", [(None, each) for each in docs])
    mine = TIGHTNESS.get(kind, 1 if kind == "return" else 0 if kind == "tile" else 3)
    texts = [
        f"({flat(doc)})" if isinstance(each, Tree) and tightness(each) < mine + (number > 0) else flat(doc)
        for number, (each, doc) in enumerate(zip(tree.operands, docs, strict=True))
    ]
    if kind in ("add", "mul"):
        return f" {'+' if kind == 'add' else '*'} ".join(texts)
    if kind == "times":
        return f"{texts[0]} * {settings[0]!r}"
    if kind == "add_":
        return texts[0] + "".join(f".add_({flat(each)})" for each in docs[1:])
    if kind == "chunk":
        return f"{texts[0]}.chunk({settings[0]}, dim=1)[{settings[1]}]"
    if kind == "tile":
        return f"torch.cat([{texts[0]}] * {settings[0]}, dim=1)"
    assert kind == "shuffle", kind
    return f"{texts[0]}.unflatten(1, ({settings[0]}, -1)).transpose(1, 2).flatten(1, 2)"


def tightness(tree: Tree) -> int:
    """How tightly an expression binds: a sum 1, a product 2, everything else more."""
    return TIGHTNESS.get(tree.step.call.kind, 9) if isinstance(tree.step.call, Function) else 9


class Writing:
    """Names for the values of a program, as few as keep it readable."""

    def __init__(self, program: Program, inputs: Sequence[str], labels: Sequence[str] = ()) -> None:
        self.program = program
        self.trees = statements(program, not labels)
        self.names: dict[Ref, str] = {(-1 - number, 0): name for number, name in enumerate(inputs)}
        self.labels = labels
        """The keys of a dictionary that is returned."""
        self.left: dict[Ref, int] = {}
        for tree in self.trees:
            for ref in reads(tree):
                self.left[ref] = self.left.get(ref, 0) + 1
        self.uses = dict(self.left)

    def body(self, indent: int = 2) -> list[str]:
        """The statements."""
        found: list[str] = []
        for tree in self.trees:
            doc = self.returned(tree) if tree.step.outputs == 0 else document(tree, self.names.__getitem__)
            for ref in reads(tree):
                self.left[ref] -= 1
                if not self.left[ref]:
                    del self.names[ref]
            if tree.step.outputs == 0:
                found += lines(doc, indent, "return ")
            else:
                found += lines(doc, indent, f"{', '.join(self.results(tree))} = ")
        return found

    def returned(self, tree: Tree) -> Doc:
        if not self.labels:
            return document(tree, self.names.__getitem__)
        values = [
            document(each, self.names.__getitem__) if isinstance(each, Tree) else self.names[each]
            for each in tree.operands
        ]
        pairs = [f"{quoted(label)}: {flat(doc)}" for label, doc in zip(self.labels, values, strict=True)]
        return Call("{", [(None, pair) for pair in pairs], "}")

    def results(self, tree: Tree) -> list[str]:
        """Names for what a statement makes."""
        made: list[str] = []
        for port in range(tree.step.outputs):
            ref = (tree.number, port)
            alive = {name for other, name in self.names.items() if self.left.get(other)} | set(made)
            uses = self.uses.get(ref, 0)
            if not uses:
                made.append("_")
            elif uses == 1 and tree.step.outputs == 1 and "x" not in alive:
                made.append("x")
            else:
                hint = tree.step.name if tree.step.outputs == 1 else port_name(tree.step.name, port)
                made.append(unique(variable(hint), alive))
            self.names[ref] = made[-1]
        return made


def port_name(name: str, port: int) -> str:
    names = name.split("|")
    return names[port] if port < len(names) else f"{names[0]}{port + 1}"


def reads(tree: Tree) -> list[Ref]:
    """The values that a statement reads."""
    found: list[Ref] = []
    for each in tree.operands:
        found += reads(each) if isinstance(each, Tree) else [each]
    return found


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())
