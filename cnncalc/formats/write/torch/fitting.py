"""Parameters for a class: the least that tells its uses apart, each other slot an expression in them.

Every expression is checked against the values of all uses; one that only looks right is not possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.formats.write.torch.names import unique, variable

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


def annotation(value: Any) -> str:
    if isinstance(value, tuple):
        return "tuple[tuple[int, int], ...]" if value and isinstance(value[0], tuple) else "tuple[int, ...]"
    return type(value).__name__


class Fitting:
    """The parameters of a class, found slot by slot.

    ``known`` are candidates by name: the channels that flow in, and what the uses of a block were given.
    """

    def __init__(self, known: dict[str, Sequence[Any]], reserved: set[str], defaults: dict[str, Any]) -> None:
        self.known = {name: Fitted(name, tuple(values)) for name, values in known.items() if varies(values)}
        self.used: dict[str, tuple[Any, ...]] = {}
        self.reserved = reserved | set(known)
        self.defaults = defaults

    def fit(self, column: Sequence[Any], role: str) -> Fitted:
        """The expression for a slot; a new parameter where there is none in those that exist."""
        values = [each for each in column if each is not None]
        if all(same(each, values[0]) for each in values):
            return Fitted(repr(values[0]) if values else "None", tuple(column))
        for candidate in self.candidates(role, column):
            if agrees(candidate.values, column):
                return self.note(candidate)
        name = unique(variable(ROLES.get(role, role)), self.reserved)
        self.reserved.add(name)
        filled = tuple(values[0] if each is None else each for each in column)
        self.known[name] = Fitted(name, filled)
        return self.note(self.known[name])

    def note(self, fitted: Fitted) -> Fitted:
        """The parameters in an expression are needed."""
        words = fitted.text.replace("(", " ").replace(")", " ").split()
        for word in words:
            if word in self.known:
                self.used.setdefault(word, self.known[word].values)
        return fitted

    def candidates(self, role: str, column: Sequence[Any]) -> Iterator[Fitted]:
        """Expressions in the parameters, the plainest first."""
        names = list(self.known)
        names.sort(key=lambda name: (not (name in ("in_channels", "in_features")) == role.startswith("in_"), 0))
        atoms = [self.known[name] for name in names]
        yield from atoms
        numeric = [each for each in atoms if all(is_whole(value) for value in each.values)]
        for each in numeric:
            pairs = [(a, b) for a, b in zip(each.values, column, strict=True) if b is not None and is_whole(b)]
            if len(pairs) != sum(value is not None for value in column):
                return
            a, b = next(((a, b) for a, b in pairs if a), (1, 0))
            if b % a == 0 and b // a > 1:
                yield Fitted(f"{b // a} * {each.text}", tuple(value * (b // a) for value in each.values), False)
            if b and a % b == 0 and a // b > 1:
                yield Fitted(f"{each.text} // {a // b}", tuple(value // (a // b) for value in each.values), False)
            if b and a // b > 1:
                yield Fitted(f"{each.text} // {a // b}", tuple(value // (a // b) for value in each.values), False)
            difference = b - a
            sign = "+" if difference > 0 else "-"
            yield Fitted(
                f"{each.text} {sign} {abs(difference)}", tuple(value + difference for value in each.values), False
            )
        if len(set(column)) < 3:
            return
        for one in numeric:
            for other in numeric:
                if one is not other:
                    yield Fitted(f"{one.text} * {other.text}", tuple(map(multiplied, one.values, other.values)), False)
        for number, one in enumerate(numeric):
            for other in numeric[number + 1 :]:
                sums = tuple(a + b for a, b in zip(one.values, other.values, strict=True))
                yield Fitted(f"{one.text} + {other.text}", sums, False)

    def condition(self, column: Sequence[bool], name: str, made: Fitted | None) -> str:
        """A test that tells where an optional part is there; a parameter of that name where there is none."""
        tests: list[tuple[str, list[bool]]] = []
        entering = self.known.get("in_channels")
        stride = self.known.get("stride")
        if entering and made and agrees(made.values, made.values):
            differs = [a != b for a, b in zip(entering.values, made.values, strict=True)]
            if stride:
                either = [s != 1 or d for s, d in zip(stride.values, differs, strict=True)]
                tests.append((f"stride != 1 or in_channels != {made.text}", either))
            tests.append((f"in_channels != {made.text}", differs))
        if stride:
            tests.append(("stride != 1", [each != 1 for each in stride.values]))
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


def multiplied(a: int, b: int) -> int:
    return a * b


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def varies(values: Sequence[Any]) -> bool:
    return bool(values) and any(not same(each, values[0]) for each in values)


def agrees(values: Sequence[Any], column: Sequence[Any]) -> bool:
    return all(each is None or same(value, each) for value, each in zip(values, column, strict=True))
