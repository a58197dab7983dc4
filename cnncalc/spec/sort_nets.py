"""Nets: their inputs, lines and outputs, and what is expected and allowed."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import SpecError, did_you_mean
from cnncalc.source import Items, Mapping, Mark, Scalar, Tree
from cnncalc.spec.budget import EXAMPLE, Limit, read_budget
from cnncalc.spec.longform import tree_value
from cnncalc.spec.network import Expectation, File, Input, Net, Statement
from cnncalc.spec.phrase import parse_value
from cnncalc.spec.sort_lines import LineSorter
from cnncalc.spec.sorting import IDENTIFIER, first_mark
from cnncalc.spec.syntax import Given, Group, Size

NET_KEYS = ("about", "input", "inputs", "layers", "outputs", "per_image", "expect", "budget")


class NetSorter(LineSorter):
    """Sorts what stands under ``nets:``, or what a file with a single net has in its place."""

    def nets(self, tree: Tree, file: File) -> list[Net]:
        mapping = self.mapping(tree, "nets", "nets: {generator: {input: 100x1x1, layers: ...}}")
        found: list[Net] = []
        for key, value in mapping or ():
            name = key.value
            if not self.good_name(name, key.mark, "a net"):
                continue
            inner = self.mapping(value, f"net {name}", f"{name}: {{input: 3x64x64, layers: ...}}")
            if inner is None:
                continue
            keys = self.keys(inner, NET_KEYS, "a net")
            if "layers" not in keys:
                if any("'layers'" in help for each in self.diagnostics for help in each.help):
                    raise SpecError(self.diagnostics)
                self.report("Y106", f"net {name!r} has no layers", key.mark)
                continue
            found.append(self.net(name, keys, file, key.mark, tuple(each.name or "" for each in found)))
        return found

    def net(
        self, name: str | None, keys: dict[str, Tree], file: File, mark: Mark | None, earlier: tuple[str, ...]
    ) -> Net:
        statements = self.statements(keys["layers"], "the network" if name is None else f"net {name}", top=True)
        inputs = self.inputs(keys, file, earlier, statements)
        for statement in statements:
            if statement.name in file.blocks:
                self.report(
                    "G105", f"{statement.name!r} is a block and a line", statement.mark, help=("rename one of them",)
                )
            if statement.name is not None and any(each.name == statement.name for each in inputs):
                self.report(
                    "G105", f"{statement.name!r} is an input and a line", statement.mark, help=("rename one of them",)
                )
        per_image = None
        if "per_image" in keys:
            scalar = self.scalar(keys["per_image"], "per_image")
            expr = self.guarded(parse_value, scalar) if scalar is not None else None
            per_image = (expr, scalar) if expr is not None and scalar is not None else None
        return Net(
            name,
            inputs,
            statements,
            self.outputs(keys.get("outputs")),
            per_image,
            self.expectations(keys.get("expect")),
            mark,
            budget=self.budget(keys.get("budget")) if name is not None else (),
        )

    def inputs(
        self, keys: dict[str, Tree], file: File, earlier: tuple[str, ...], statements: tuple[Statement, ...]
    ) -> tuple[Input, ...]:
        given = given_input(statements)
        if "inputs" in keys:
            if "input" in keys:
                self.report("Y107", "a net has either input or inputs", first_mark(keys["input"]))
            mapping = self.mapping(keys["inputs"], "inputs", "inputs: {photo: 3x256x256, drawing: 3x256x256}")
            found = []
            for key, value in mapping or ():
                if self.good_name(key.value, key.mark, "an input"):
                    each = self.input(key.value, value, earlier, file.params)
                    if each is not None:
                        found.append(each)
            return tuple(found)
        if "input" in keys:
            found_one = self.input("input", keys["input"], earlier, file.params)
            return (
                (found_one,)
                if found_one is not None
                else (Input("input", (), statements[0].text, "?"),)
                if statements
                else ()
            )
        return (given,) if given is not None else ()

    def input(self, name: str, tree: Tree, earlier: tuple[str, ...], params: dict[str, Any]) -> Input | None:
        if isinstance(tree, Mapping):
            self.report("Y107", "an input is a shape such as 3x224x224", first_mark(tree))
            return None
        if isinstance(tree, Scalar):
            if tree.value in earlier:
                return Input(name, (), tree, tree.value)
            if IDENTIFIER.match(tree.value) and "x" not in tree.value[1:]:
                hint = did_you_mean(tree.value, earlier) or "write a shape such as 3x224x224"
                if tree.value in params:
                    hint = f"for the parameter write [{tree.value}], for a shape such as 3x224x224 the numbers"
                self.report("G101", f"there is no net called {tree.value!r} above", tree.mark, help=(hint,))
                return None
            expr = self.guarded(parse_value, tree)
            if expr is None:
                return None
            items = expr.items if isinstance(expr, Group) else (expr,)
            return Input(name, items, tree)
        try:
            text, expr = tree_value(tree)
        except SpecError as error:
            self.diagnostics.extend(error.diagnostics)
            return None
        assert isinstance(expr, Group)
        if not expr.items:
            self.report("T104", "an input needs at least one size", tree.mark)
            return None
        return Input(name, expr.items, text)

    def outputs(self, tree: Tree | None) -> tuple[tuple[str, Scalar], ...] | None:
        if tree is None:
            return None
        found: list[tuple[str, Scalar]] = []
        if isinstance(tree, Mapping):
            for key, value in tree:
                scalar = self.scalar(value, "an output")
                if scalar is not None:
                    found.append((key.value, scalar))
        else:
            for item in tree if isinstance(tree, Items) else [tree]:
                scalar = self.scalar(item, "an output")
                if scalar is not None:
                    found.append((scalar.value, scalar))
        seen: set[str] = set()
        for label, scalar in found:
            if label in seen:
                self.report("G105", f"output {label!r} stands twice", scalar.mark)
            seen.add(label)
        return tuple(found)

    def budget(self, tree: Tree | None) -> tuple[Limit, ...]:
        mapping = self.mapping(tree, "budget", EXAMPLE) if tree is not None else None
        return tuple(read_budget(mapping, self.report)) if mapping is not None else ()

    def expectations(self, tree: Tree | None) -> tuple[Expectation, ...]:
        if tree is None:
            return ()
        mapping = self.mapping(tree, "expect", "expect: {conv1: 96x55x55, params: 25.6M}")
        found = []
        for key, value in mapping or ():
            scalar = self.scalar(joined(value) if isinstance(value, Items) else value, "an expected figure")
            if scalar is not None:
                found.append(Expectation(key, scalar))
        return tuple(found)


def joined(sizes: Items) -> Tree:
    """A list of sizes as one text, ``96x55x55``; what is in it and is no single value, if anything is."""
    odd = next((each for each in sizes if not isinstance(each, Scalar)), None)
    if odd is not None:
        return odd
    text = "x".join(each.value for each in sizes if isinstance(each, Scalar))
    return Scalar(sizes.source, text, sizes.start, sizes.end, sizes.start)


def given_input(statements: tuple[Statement, ...]) -> Input | None:
    """The input that a one-liner begins with."""
    for statement in statements:
        if statement.chain is not None and isinstance(statement.chain.steps[0].atom, Given):
            atom = statement.chain.steps[0].atom
            return Input("input", (Size(atom.dims, atom.span),), statement.text)
    return None
