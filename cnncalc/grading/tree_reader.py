"""What is wrong with an assignment, collected while its tree is read: every fault at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from cnncalc.errors import Diagnostic, did_you_mean
from cnncalc.grading.records import Number
from cnncalc.source import Mapping, Mark, Scalar, Source, Tree

NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,12}|/\d{1,12})?\Z")


class TreeReader:
    """Takes values out of a tree and collects what is wrong with them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def fault(self, code: str, message: str, mark: Mark | None, label: str = "", help: Iterable[str] = ()) -> None:
        self.found.append(Diagnostic(code, message, mark, label, help=tuple(each for each in help if each)))

    def keys(self, tree: Mapping, known: tuple[str, ...], what: str) -> dict[str, Tree]:
        kept: dict[str, Tree] = {}
        for key, value in tree:
            name = key.value
            if name in known:
                kept[name] = value
            else:
                hint = did_you_mean(name, known) or f"its keys are {', '.join(known)}"
                self.fault("A101", f"unknown key {name!r}", key.mark, f"not a key of {what}", [hint])
        return kept

    def text(self, tree: Tree | None, what: str) -> str:
        if tree is None or isinstance(tree, Scalar):
            return tree.value if tree else ""
        self.fault("A103", f"{what} must be a single value", first_mark(tree))
        return ""

    def mapping(self, tree: Tree | None, what: str, example: str) -> Mapping | None:
        if tree is None or isinstance(tree, Mapping):
            return tree
        self.fault("A103", f"{what} must be a mapping", first_mark(tree), help=[f"for example `{example}`"])
        return None

    def number(self, tree: Tree, what: str) -> Fraction | None:
        text = self.text(tree, what)
        share = text.removesuffix("%").strip()
        if NUMBER.match(share) and not share.endswith("/0"):
            try:
                return Fraction(share) / (100 if text.endswith("%") else 1)
            except ZeroDivisionError:
                pass
        if isinstance(tree, Scalar):
            self.fault("A106", f"{what} must be a number, got {text!r}", tree.mark)
        return None


def plain(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else number


def first_mark(tree: Tree) -> Mark:
    """A mark on the first line of what stands there."""
    mark = tree.mark
    end = tree.source.text.find("\n", mark.start)
    return mark if end < 0 or mark.end <= end else Mark(mark.source, mark.start, max(end, mark.start + 1))
