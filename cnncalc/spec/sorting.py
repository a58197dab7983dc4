"""What sorting a tree needs everywhere: faults collected, values taken for what they should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from cnncalc.errors import Diagnostic, Related, SpecError, did_you_mean
from cnncalc.layers import canonical
from cnncalc.source import Items, Mapping, Mark, Scalar, Tree
from cnncalc.spec.evaluate import SIZE_NAMES

KEYWORDS = ("as", "if", "else", "and", "or", "not")
"""Words of phrases; nothing may be called so."""

IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_YEAR = re.compile(r"[12][0-9]{3}\Z")


class Sorter:
    """Collects what is wrong with a tree while it sorts it."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def report(
        self,
        code: str,
        message: str,
        mark: Mark | None,
        label: str = "",
        help: Iterable[str] = (),
        notes: Iterable[str] = (),
        related: Iterable[Related] = (),
    ) -> None:
        self.diagnostics.append(
            Diagnostic(code, message, mark, label, tuple(notes), tuple(each for each in help if each), tuple(related))
        )

    def guarded(self, parse: Callable[[Scalar], Any], scalar: Scalar) -> Any:
        """The parse of a scalar; None, with its diagnostics kept, where it fails."""
        try:
            return parse(scalar)
        except SpecError as error:
            self.diagnostics.extend(error.diagnostics)
            return None

    def scalar(self, tree: Tree, what: str) -> Scalar | None:
        if isinstance(tree, Scalar):
            return tree
        self.report("Y107", f"{what} must be a single value", first_mark(tree))
        return None

    def mapping(self, tree: Tree, what: str, example: str) -> Mapping | None:
        if isinstance(tree, Mapping):
            return tree
        if isinstance(tree, Scalar) and not tree.text.strip():
            return Mapping(tree.source, [], tree.start, tree.end)
        self.report("Y107", f"{what} must be a mapping", first_mark(tree), help=(f"for example `{example}`",))
        return None

    def keys(self, tree: Mapping, known: tuple[str, ...], what: str) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for key, value in tree:
            name = key.value
            if name not in known:
                hint = did_you_mean(name, known)
                if not hint and canonical(name.split(" ")[0]):
                    hint = "layers stand under `layers:`"
                if name in ("batch", "batch_size"):
                    hint = "a file says nothing of the batch: `--batch 8` does"
                elif isinstance(value, Scalar) and _NUMBER.match(value.value) and IDENTIFIER.match(name):
                    hint = f"{hint} a number to calculate with stands under `params: {{{name}: {value.value}}}`".strip()
                blank = key.source.text[key.start : key.start + 1]  # nothing for an empty key at the end
                if blank.isspace():
                    hint = f"indent with plain blanks: U+{ord(blank):04X} is a letter to YAML"
                self.report(
                    "Y103",
                    f"unknown key {name!r}",
                    key.mark,
                    f"not a key of {what}",
                    (hint or f"its keys are {', '.join(known)}",),
                )
            else:
                found[name] = value
        return found

    def text(self, tree: Tree | None) -> str:
        return tree.value if isinstance(tree, Scalar) else ""

    def year(self, tree: Tree | None) -> None:
        if tree is not None and not _YEAR.match(self.text(tree)):
            self.report("T104", "a year has four digits", first_mark(tree), help=("for example `year: 2015`",))

    def good_name(self, name: str, mark: Mark, what: str) -> bool:
        if not IDENTIFIER.match(name) or name in KEYWORDS:
            self.report(
                "Y107",
                f"{what}'s name must be a word, got {name!r}",
                mark,
                help=(name_help(name),),
            )
            return False
        if name in SIZE_NAMES:
            self.report("G110", f"{name!r} is the name of a size that flows in", mark, help=("choose another name",))
            return False
        return True


def name_help(name: str) -> str:
    """What a name may look like; phrases know it by a first letter of a to z."""
    foreign = name[:1].isalpha() and not name.isascii()
    return f"letters, digits and _, {'the first of a to z' if foreign else 'not beginning with a digit'}"


def first_mark(tree: Tree) -> Mark:
    """The mark of a tree, or of its first key: a block mapping's own mark runs too far."""
    if isinstance(tree, Mapping) and tree.items and not tree.flow:
        return tree.items[0][0].mark
    if isinstance(tree, Items) and tree.items and not tree.flow:
        return first_mark(tree.items[0])
    return tree.mark
