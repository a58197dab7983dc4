"""Blocks and lines: from their trees to statements."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.layers import STEPS, canonical
from cnncalc.source import Mapping, Scalar, Tree
from cnncalc.spec.evaluate import SIZE_NAMES
from cnncalc.spec.longform import long_form
from cnncalc.spec.network import Block, File, Statement
from cnncalc.spec.phrase import parse_line, parse_signature
from cnncalc.spec.sorting import KEYWORDS, Sorter, first_mark, name_help

RESERVED = ("output", "params", "weights", "macs", "memory", "total", *SIZE_NAMES)
"""Names that questions about a network use; no line may have one."""

_BELOW = "they stand below it, each indented by two blanks: `conv1: conv 64 3`"
_INPUT = re.compile(r"\d+x\d+x\d+\s*(\||->|→|\Z)")
"""The size of an image, alone or in front of steps, as only the first line of a one-liner has it."""
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*\Z")


class LineSorter(Sorter):
    """Sorts what stands under ``layers:``, ``blocks:`` and ``shared:``."""

    def blocks(self, tree: Tree | None, file: File, shared: bool) -> None:
        where = "shared" if shared else "blocks"
        mapping = (
            self.mapping(tree, where, f"{where}: {{double(c): (conv c 3 p1 | relu)*2}}") if tree is not None else None
        )
        for key, value in mapping or ():
            signature = self.guarded(parse_signature, key)
            if signature is None:
                continue
            if canonical(signature.name) or signature.name.lower() in STEPS:
                self.report(
                    "G105",
                    f"{signature.name!r} is a layer already",
                    key.mark,
                    help=("choose another name for the block",),
                )
                continue
            if not self.good_name(signature.name, key.mark, "a block"):
                continue
            if any(each.name in SIZE_NAMES for each in signature.parameters):
                clash = next(each for each in signature.parameters if each.name in SIZE_NAMES)
                self.report(
                    "G110",
                    f"{clash.name!r} is the name of a size that flows in",
                    key.at(*clash.span),
                    help=("choose another name",),
                )
                continue
            known = file.blocks.get(signature.name)
            if known is not None and known.file is file:
                self.report(
                    "G105",
                    f"block {signature.name!r} is defined twice",
                    key.mark,
                    notes=(f"first on line {known.text.mark.line}",),
                )
                continue
            statements = self.statements(value, f"block {signature.name}", top=False)
            file.blocks[signature.name] = Block(signature.name, signature.parameters, statements, file, key, shared)

    def statements(self, tree: Tree, what: str, top: bool) -> tuple[Statement, ...]:
        found: list[Statement] = []
        if isinstance(tree, Scalar):
            if not tree.text.strip():
                self.report("Y106", f"{what} has no layers", tree.mark, help=(_BELOW,))
            else:
                found.append(self.statement(None, tree, top))
        elif isinstance(tree, Mapping):
            if any(key.value == "op" for key, _ in tree):
                found.append(self.statement(None, tree, top))
            else:
                found.extend(self.statement(key, value, False) for key, value in tree)
        else:
            for item in tree:
                if isinstance(item, Mapping) and not any(key.value == "op" for key, _ in item):
                    if len(item.items) != 1:
                        self.report(
                            "Y107", "an item of the list is one phrase, or one `name: phrase`", first_mark(item)
                        )
                    found.extend(self.statement(key, value, False) for key, value in item)
                else:
                    found.append(self.statement(None, item, top and not found))
        if not found and not isinstance(tree, Scalar):
            self.report("Y106", f"{what} has no layers", tree.mark)
        self.check_names(found, top, twice=not isinstance(tree, Mapping))
        if not (top and all(each.whole for each in found)):  # not the flat form
            found = [each._replace(whole=False) if each.whole else each for each in found]
        return tuple(found)

    def check_names(self, statements: list[Statement], top: bool, twice: bool) -> None:
        """Names that are words, not reserved, and (``twice``: the reader has not seen to it) not taken."""
        seen: dict[str, Statement] = {}
        for statement in statements:
            name = statement.name
            if name is None:
                continue
            if not _PATH.match(name) or name in KEYWORDS:
                self.report(
                    "Y107",
                    f"a line's name must be a word, got {name!r}",
                    statement.mark,
                    help=(name_help(name),),
                )
            elif name.split(".")[0] in RESERVED and (top or name in SIZE_NAMES):
                self.report(
                    "G110",
                    f"{name!r} is a reserved name",
                    statement.mark,
                    help=(f"reserved are {', '.join(RESERVED)}",),
                )
            elif name in seen and twice:
                self.report(
                    "G105",
                    f"{name!r} stands twice in layers",
                    statement.mark,
                    notes=(f"first on line {seen[name].mark.line}",),
                )
            seen.setdefault(name, statement)

    def statement(self, key: Scalar | None, value: Tree, given: bool) -> Statement:
        """A line; ``given`` where it may begin with the input's size, as the first line of a one-liner does."""
        name = key.value if key is not None else None
        if isinstance(value, Scalar):
            told = len(self.diagnostics)
            chain = self.guarded(parse_line if given else parse_bare_line, value)
            if chain is None:
                self.diagnostics[told:] = [with_way_out(each, name, value) for each in self.diagnostics[told:]]
            return Statement(name, chain, value, key.mark if key is not None else value.mark)
        if isinstance(value, Mapping):
            try:
                text, chain = long_form(value)
            except SpecError as error:
                self.diagnostics.extend(error.diagnostics)
                text, chain = Scalar(value.source, "", value.start, value.start, value.start), None
            mark = key.mark if key is not None else first_mark(value)
            return Statement(name, chain, text, mark, value.get("from") is not None)
        self.report(
            "Y107", "a line is a phrase, or a mapping with `op:`", first_mark(value), help=("join steps with |",)
        )
        text = Scalar(value.source, "", value.start, value.start, value.start)
        return Statement(name, None, text, key.mark if key is not None else first_mark(value))


def with_way_out(fault: Diagnostic, name: str | None, value: Scalar) -> Diagnostic:
    """What is wrong with a line, with the way out that its place in the file tells."""
    is_size = value.value[:1].isdigit() and not _INPUT.match(value.value)
    if name and canonical(name) and is_size and fault.code == "Y201":
        help = f"`{name}` is only the name of this line: write {name}: {name} {value.value}"
        return fault._replace(message=f"{value.value!r} is no layer", label="a layer's word comes first", help=(help,))
    if fault.code == "Y203" and not value.quoted:
        behind = value.source.text[value.end : value.end + 1]
        if behind == ",":
            return fault._replace(help=("between { and } or [ and ] a comma ends the value: put it into quotes",))
        if behind == ";" and fault.label.startswith("the text ends"):
            return fault._replace(help=(*fault.help, "a ';' ends the line: branches have ',' between them"))
    return fault


def parse_bare_line(scalar: Scalar) -> Any:
    """A line that does not begin with a size."""
    return parse_line(scalar, given=False)
