"""Canonical spelling: the phrases of a file rewritten in place, everything else left as it stands.

A layer gets the table's own word (``MaxPool`` becomes ``maxpool``, ``dense`` becomes ``fc``), an option its shortest
form (``stride=2`` becomes ``/2``, ``bias=false`` becomes ``nobias``), steps are joined by `` | ``, arguments by blanks.
Sizes and numbers stay as they were written, and so do the names of blocks and lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.formats.write.canonical import Words, calls_in, spelt
from cnncalc.formats.write.yaml_text import TYPED
from cnncalc.layers import canonical
from cnncalc.source import Items, Mapping, Scalar, Source, Tree
from cnncalc.spec.phrase import parse_chain_text, parse_signature
from cnncalc.spec.validate import validate

_UNQUOTED = re.compile(r"[A-Za-z0-9_(][\w |./*+()=>,-]*\Z")
_COMMENT = re.compile(r"([ \t]+)#")


class Edit(NamedTuple):
    """Another text for a stretch of the source."""

    start: int
    end: int
    text: str


def rewrite(source: Source) -> str:
    """The text in canonical spelling.  Raises :class:`SpecError` where it is no network."""
    tree = read(source)
    validate(tree, {}, None, load_source, read).sound()
    return apply(source.text, _Formatter(tree).edits())


def apply(text: str, edits: list[Edit]) -> str:
    """The text with all edits made; they do not overlap."""
    parts = []
    end = 0
    for edit in sorted(edits):
        parts += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*parts, text[end:]])


class _Formatter:
    def __init__(self, tree: Mapping) -> None:
        self.tree = tree
        params = tree.get("params")
        self.params = {key.value for key, _ in params} if isinstance(params, Mapping) else set()
        self.names = frozenset(_names(tree))
        self.found: list[Edit] = []

    def edits(self) -> list[Edit]:
        self.net(self.tree)
        nets = self.tree.get("nets")
        for _, net in nets if isinstance(nets, Mapping) else ():
            if isinstance(net, Mapping):
                self.net(net)
        for key in ("blocks", "shared"):
            blocks = self.tree.get(key)
            for head, body in blocks if isinstance(blocks, Mapping) else ():
                inside = {each.name for each in parse_signature(head).parameters}
                self.lines(body, Words(self.names, frozenset(self.params | inside)), _flows(blocks))
        defaults = self.tree.get("defaults")
        for head, value in defaults if isinstance(defaults, Mapping) else ():
            if isinstance(value, Scalar):
                self.phrase(
                    value, Words(self.names, frozenset(self.params)), _flows(defaults), canonical(head.value) or ""
                )
        return self.found

    def net(self, net: Mapping) -> None:
        layers = net.get("layers")
        if layers is not None:
            self.lines(layers, Words(self.names, frozenset(self.params)), net.flow)

    def lines(self, tree: Tree, words: Words, flow: bool) -> None:
        if isinstance(tree, Scalar):
            self.phrase(tree, words, flow)
        elif isinstance(tree, Items):
            for item in tree:
                self.lines(item, words, flow or tree.flow)
        elif isinstance(op := tree.get("op"), Scalar):
            word = canonical(op.value)
            if word and not {op.value, word} & words.names and not op.quoted:
                self.replace(op, word)
        else:
            for _, value in tree:
                self.lines(value, words, flow or tree.flow)

    def phrase(self, scalar: Scalar, words: Words, flow: bool, prefix: str = "") -> None:
        """The edits of one phrase; ``prefix`` is the layer whose options it holds."""
        text = scalar.text
        if scalar.offsets is not None or not text.strip():
            return  # escapes: what is read is not what is written
        if "\n" in text or "\r" in text:
            self.found += [] if prefix else calls_spelt(scalar, words)
            return
        new = spelt(f"{prefix} {text}", words)
        if new is None:
            return
        new = new.removeprefix(prefix).lstrip() if prefix else new
        if not scalar.quoted:
            self.replace(scalar, new)
        elif scalar.source.text[scalar.start] in "'\"":
            bare = not flow and _UNQUOTED.match(new) and new.lower() not in TYPED
            quote = scalar.source.text[scalar.start]
            self.replace(scalar, new if bare else f"{quote}{new}{quote}")
        elif new != text:  # a block scalar of one line
            self.found.append(Edit(scalar.base, scalar.base + len(text), new))

    def replace(self, scalar: Scalar, new: str) -> None:
        """Another text for a scalar; a comment behind it keeps its column where that can be."""
        start, end = scalar.start, scalar.end
        text = scalar.source.text
        shorter = end - start - len(new)
        if text[start:end] == new:
            return
        comment = _COMMENT.match(text, end)
        if comment:
            blanks = comment[1]
            end = comment.end(1)
            new += " " * max(len(blanks) + shorter, min(len(blanks), 2)) if "\t" not in blanks else blanks
        self.found.append(Edit(start, end, new))


def _flows(tree: Tree | None) -> bool:
    return isinstance(tree, Mapping) and tree.flow


def _names(tree: Tree) -> Iterator[str]:
    """Whatever may be the name of a line, a block, an input or a label."""
    if isinstance(tree, Scalar):
        yield from re.findall(r"\bas\s+(\w+)", tree.text)
    elif isinstance(tree, Items):
        for item in tree:
            yield from _names(item)
    else:
        for key, value in tree:
            if key.value != "defaults":
                yield from re.findall(r"\w+", key.value)
                yield from _names(value)


def calls_spelt(scalar: Scalar, words: Words) -> list[Edit]:
    """The edits of a phrase that spans lines: its calls, each if it stands on one line; its breaks stay."""
    text = scalar.text
    found = []
    for call in calls_in(parse_chain_text(text)):
        old = text[slice(*call.span)]
        if "\n" in old or "\r" in old:
            continue
        new = spelt(old, words)
        if new is not None and new != old:
            found.append(Edit(scalar.base + call.span[0], scalar.base + call.span[1], new))
    return found
