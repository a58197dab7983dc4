"""Parameters for a class: the least that tells its uses apart, each other slot an expression in them.

Every expression is checked against the values of all uses; one that only looks right is not possible.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.formats.write.torch.expressions import written
from cnncalc.formats.write.torch.names import unique, variable

ENTERING = ("in_channels", "in_features")

ROLES = {"out_channels": "channels", "num_features": "channels", "num_channels": "channels", "out_features": "features"}
"""Names of new parameters where the slot's own would not read well."""


class Fitted(NamedTuple):
    """An expression and its value in every use; None where it does not matter."""

    text: str
    values: tuple[Any, ...]
    atom: bool = True


class Parameter(NamedTuple):
    """A parameter of a class: ``default`` is ... where there is none."""

    name: str
    values: tuple[Any, ...]
    default: Any = ...

    @property
    def annotation(self) -> str:
        kinds = dict.fromkeys(annotation(each) for each in self.values if each is not None)
        if set(kinds) == {"int", "float"}:
            return "float"
        return " | ".join(kinds)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def annotation(value: Any) -> str:
    if isinstance(value, tuple):
        return "tuple[tuple[int, int], ...]" if value and isinstance(value[0], tuple) else "tuple[int, ...]"
    return type(value).__name__


class Fitting:
    """The parameters of a class, found slot by slot.

    ``known`` are candidates by name: the channels that flow in, and what the uses of a block were given.
    """

    def __init__(self, known: Mapping[str, Sequence[Any]], reserved: set[str], defaults: dict[str, Any]) -> None:
        self.known = {name: Fitted(name, tuple(values)) for name, values in known.items() if varies(values)}
        entering = next(iter(known), "")
        own = self.known.get(entering)
        if own and any(each.values == own.values for name, each in self.known.items() if name != entering):
            del self.known[entering]  # the block's own name for it reads better
        self.used: dict[str, tuple[Any, ...]] = {}
        self.reserved = reserved | set(known)
        self.defaults = defaults

    def fit(self, column: Sequence[Any], role: str) -> Fitted:
        """The expression for a slot; a new parameter where there is none in those that exist."""
        values = [each for each in column if each is not None]
        if all(same(each, values[0]) for each in values):
            return Fitted(written(values[0]) if values else "None", tuple(column))
        found = self.found(column, role) or self.by_axis(column, role)
        if found is not None:
            return self.note(found)
        name = unique(variable(ROLES.get(role, role)), self.reserved)
        self.reserved.add(name)
        filled = tuple(values[0] if each is None else each for each in column)
        self.known[name] = Fitted(name, filled)
        return self.note(self.known[name])

    def found(self, column: Sequence[Any], role: str) -> Fitted | None:
        """An expression in the parameters that there are."""
        values = [each for each in column if each is not None]
        if all(same(each, values[0]) for each in values):
            return Fitted(written(values[0]), tuple(column))
        return next((each for each in self.candidates(role, column) if agrees(each.values, column)), None)

    def by_axis(self, column: Sequence[Any], role: str) -> Fitted | None:
        """``(1, k, k)``: an expression for each axis."""
        ranks = {len(each) for each in column if isinstance(each, tuple)}
        if len(ranks) != 1 or not all(each is None or is_whole(each) or isinstance(each, tuple) for each in column):
            return None
        rank = ranks.pop()
        rows = [each if isinstance(each, tuple) else (each,) * rank for each in column]
        axes = [self.found([row[axis] for row in rows], role) for axis in range(rank)]
        if any(each is None for each in axes) or rank == 1:
            return None
        return Fitted(f"({', '.join(each.text for each in axes if each)})", tuple(column))

    def note(self, fitted: Fitted) -> Fitted:
        """The parameters in an expression are needed."""
        words = fitted.text.replace("(", " ").replace(")", " ").replace(",", " ").split()
        for word in words:
            if word in self.known:
                self.used.setdefault(word, self.known[word].values)
        return fitted

    def candidates(self, role: str, column: Sequence[Any]) -> Iterator[Fitted]:
        """Expressions in the parameters, the plainest first."""
        entering = [each for name, each in self.known.items() if name in ENTERING]
        own = [each for name, each in self.known.items() if name not in ENTERING]
        yield from [*entering, *own] if role in ENTERING else [*own, *entering]
        numeric = [each for each in [*own, *entering] if all(map(is_whole, each.values))]
        if not all(each is None or is_whole(each) for each in column):
            return
        if role != "repeats":
            for each in numeric:
                yield from scaled(each, column)
        if role == "padding":
            for each in numeric:
                half = tuple(value // 2 for value in each.values)
                for other in numeric:
                    if other is not each:
                        values = tuple(map(operator.mul, half, other.values))
                        yield Fitted(f"{each.text} // 2 * {other.text}", values, False)
        for each in numeric:
            difference = next(b - a for a, b in zip(each.values, column, strict=True) if b is not None)
            text = f"{each.text} {'+' if difference > 0 else '-'} {abs(difference)}"
            yield Fitted(text, tuple(value + difference for value in each.values), False)
        if len(set(column)) < 3:
            return
        for number, one in enumerate(numeric):
            for other in numeric[number + 1 :]:
                for sign, apply in (("*", operator.mul), ("+", operator.add)):
                    text = f"{one.text} {sign} {other.text}"
                    yield Fitted(text, tuple(map(apply, one.values, other.values)), False)

    def condition(self, column: Sequence[bool], name: str, made: Fitted | None) -> str:
        """A test that tells where an optional part is there; a parameter of that name where there is none."""
        tests: list[tuple[str, list[bool]]] = []
        entering = next((each for key, each in self.known.items() if key in ENTERING), None)
        stride = self.known.get("stride")
        if stride:
            strides = [each != 1 for each in stride.values]
            tests += [("stride != 1", strides), ("stride == 1", [not each for each in strides])]
        if entering and made and len(made.values) == len(entering.values):
            differs = [a != b for a, b in zip(entering.values, made.values, strict=True)]
            here = f"{entering.text} != {made.text}"
            there = here.replace("!=", "==")
            tests += [(here, differs), (there, [not each for each in differs])]
            if stride:
                either = [s or d for s, d in zip(strides, differs, strict=True)]
                tests[:0] = [
                    (f"stride != 1 or {here}", either),
                    (f"stride == 1 and {there}", [not each for each in either]),
                ]
        for text, found in tests:
            if found == list(column):
                self.note(Fitted(text, ()))
                return text
        return self.fit([bool(each) for each in column], name).text

    def parameters(self) -> list[Parameter]:
        """What the expressions need, parameters with a default last."""
        found = []
        for name in self.known:
            if name in self.used:
                values = self.used[name]
                default = self.defaults.get(name, ...)
                fits = any(same(default, value) for value in values)
                found.append(Parameter(name, values, default if fits else ...))
        return [each for each in found if each.default is ...] + [each for each in found if each.default is not ...]


def scaled(parameter: Fitted, column: Sequence[Any]) -> Iterator[Fitted]:
    """Multiples and parts of a parameter that may make a column."""
    a, b = next((a, b) for a, b in zip(parameter.values, column, strict=True) if b is not None)
    if a and b % a == 0 and b // a > 1:
        yield Fitted(f"{b // a} * {parameter.text}", tuple(value * (b // a) for value in parameter.values), False)
    for part in dict.fromkeys([a // b if b else 0, 2]):
        if part > 1:
            yield Fitted(f"{parameter.text} // {part}", tuple(value // part for value in parameter.values), False)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def varies(values: Sequence[Any]) -> bool:
    return bool(values) and any(not same(each, values[0]) for each in values)


def agrees(values: Sequence[Any], column: Sequence[Any]) -> bool:
    return all(each is None or same(value, each) for value, each in zip(values, column, strict=True))
