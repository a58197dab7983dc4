"""Canonical spelling: the phrases of a file rewritten in place, everything else left as it stands.

A layer gets the table's own word (``MaxPool`` becomes ``maxpool``, ``dense`` becomes ``fc``), an option its shortest
form (``stride=2`` becomes ``/2``, ``bias=false`` becomes ``nobias``), steps are joined by `` | ``, arguments by blanks.
Sizes and numbers stay as they were written, and so do the names of blocks and lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from typing import Any, NamedTuple

from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.layers import Kind, canonical, kind_of
from cnncalc.source import Items, Mapping, Scalar, Source, Tree
from cnncalc.spec.bind import vgg_call
from cnncalc.spec.lexer import PhraseError
from cnncalc.spec.phrase import parse_chain_text, parse_signature
from cnncalc.spec.spell import spell
from cnncalc.spec.syntax import (
    Argument,
    Branch,
    Call,
    Chain,
    Label,
    Merge,
    Name,
    Number,
    Padding,
    Repeat,
    Short,
    Size,
    Step,
)
from cnncalc.spec.validate import validate

_UNQUOTED = re.compile(r"[A-Za-z0-9_(][\w |./*+()=>,-]*\Z")
_TYPED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_COMMENT = re.compile(r"([ \t]+)#")


class Edit(NamedTuple):
    """Another text for a stretch of the source."""

    start: int
    end: int
    text: str


class Words(NamedTuple):
    """What the words of a phrase may mean besides layers: names of lines, blocks and inputs; parameters."""

    names: frozenset[str]
    variables: frozenset[str]


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
            bare = not flow and _UNQUOTED.match(new) and new.lower() not in _TYPED
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


# -- phrases -------------------------------------------------------------------------------------------------------


def spelt(text: str, words: Words) -> str | None:
    """The canonical spelling of a phrase on one line; None where it cannot be written otherwise."""
    chain = parse_chain_text(text)
    new = spell(_Canonical(text, words).chain(chain))
    try:
        again = spell(_Canonical(new, words).chain(parse_chain_text(new)))
    except PhraseError:
        return None
    return new if again == new else None


def calls_spelt(scalar: Scalar, words: Words) -> list[Edit]:
    """The edits of a phrase that spans lines: its calls, each if it stands on one line; its breaks stay."""
    text = scalar.text
    found = []
    for call in _calls(parse_chain_text(text)):
        old = text[slice(*call.span)]
        if "\n" in old or "\r" in old:
            continue
        new = spelt(old, words)
        if new is not None and new != old:
            found.append(Edit(scalar.base + call.span[0], scalar.base + call.span[1], new))
    return found


def _calls(chain: Chain) -> Iterator[Call]:
    for step in chain.steps:
        one: Step | None = step
        while one is not None:
            atom = one.atom
            if isinstance(atom, Call):
                yield atom
            elif isinstance(atom, Merge):
                for branch in atom.branches:
                    yield from _calls(branch.chain)
            elif isinstance(atom, Repeat):
                yield from _calls(atom.chain)
            one = one.otherwise


def bare_values(arguments: list[Argument], kind: Kind, given: set[str]) -> Iterator[Argument]:
    """The arguments without ``kernel=`` and the like where the value finds its place by itself, as the binder has it.

    ``given`` are the fields that the word has set.  Behind a value that may be a number or a size, all stays."""
    certain = True
    before: Any = None
    for argument in arguments:
        value = argument.value
        literal = isinstance(value, (Number, Size)) or (isinstance(value, Name) and value.text[:1].isdigit())
        fitting = [name for name in kind.fields if name not in given]
        if isinstance(value, Size):
            fitting = [name for name in fitting if name in kind.sizes]
        if argument.option is None and isinstance(value, Short):
            given.add(kind.letters.get(value.letter, ""))
        elif argument.option is None and isinstance(value, Name) and value.text in kind.words:
            given.add(kind.words[value.text][0])
        elif argument.option is None:
            certain = certain and literal and bool(fitting)
            given.update(fitting[:1])
        else:
            field = _Canonical.field(argument.option, kind)
            leading = field in (*kind.required, "kernel", kind.fields[0]) and field != "in_channels"
            if certain and leading and literal and fitting[:1] == [field] and not isinstance(before, Name):
                argument = argument._replace(option=None)
            elif leading:
                certain = False
            given.add(field)
        before = value
        yield argument


class _Canonical:
    """The canonical form of the syntax tree of a phrase."""

    def __init__(self, text: str, words: Words) -> None:
        self.text = text
        self.words = words

    def chain(self, chain: Chain) -> Chain:
        return chain._replace(steps=tuple(map(self.step, chain.steps)))

    def step(self, step: Step) -> Step:
        atom: Any = step.atom
        if isinstance(atom, Call):
            atom = self.call(atom)
        elif isinstance(atom, Merge):
            atom = atom._replace(branches=tuple(map(self.branch, atom.branches)))
        elif isinstance(atom, Repeat):
            atom = atom._replace(chain=self.chain(atom.chain), count=self.as_written(atom.count))
        otherwise = step.otherwise and self.step(step.otherwise)
        suffixes = tuple(each if isinstance(each, Label) else self.as_written(each) for each in step.suffixes)
        return Step(atom, suffixes, self.as_written(step.test), otherwise, step.span)

    def branch(self, branch: Branch) -> Branch:
        return branch._replace(chain=self.chain(branch.chain))

    def as_written(self, value: Any) -> Any:
        """A value whose decimals keep their digits: 1e-5, not 1e-05."""
        if isinstance(value, Number):
            return Name(self.text[slice(*value.span)], value.span) if isinstance(value.value, float) else value
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self.as_written, value))
        if isinstance(value, tuple):
            return tuple(map(self.as_written, value))
        return value

    def call(self, call: Call) -> Call:
        word = call.word
        vgg = vgg_call(word)
        layer = vgg[0] if vgg else canonical(word)
        arguments = tuple(map(self.as_written, call.arguments))
        if layer is None or {word, layer} & self.words.names:
            known = word.lower() == "id" and not arguments and not {word, "id"} & self.words.names
            return call._replace(word="id" if known else word, arguments=arguments)
        kind = kind_of(layer)
        if not kind.lines:  # p2 may be a line there
            arguments = tuple(bare_values(list(self.options(arguments, kind)), kind, set(vgg[1]) if vgg else set()))
        return call._replace(word=word if vgg else layer, arguments=arguments)

    def options(self, arguments: tuple[Argument, ...], kind: Kind) -> Iterator[Argument]:
        """The arguments with every option in its shortest form; ``stride 4`` is two arguments."""
        rest = list(arguments)
        while rest:
            argument = rest.pop(0)
            value = argument.value
            if argument.option is not None:
                yield self.option(argument, self.field(argument.option, kind), kind)
            elif isinstance(value, Short) and kind.letters.get(value.letter) == "stride":
                yield argument._replace(option="/", value=value.value)
            elif isinstance(value, Name) and value.text not in self.words.variables:
                if rest and rest[0].option is None and self.is_option(value.text, rest[0].value, kind):
                    following = rest.pop(0)
                    whole = argument._replace(option=value.text, value=following.value)
                    yield self.option(whole, value.text, kind)
                elif value.text not in kind.words and value.text.lower() in kind.words:
                    yield argument._replace(value=value._replace(text=value.text.lower()))
                else:
                    yield argument
            else:
                yield argument

    @staticmethod
    def field(option: str, kind: Kind) -> str:
        if option == "/":
            return "stride"
        return kind.letters.get(option, option) if option not in kind.fields else option

    @staticmethod
    def is_option(name: str, following: Any, kind: Kind) -> bool:
        """Whether a word and the value behind it are one option, as the binder has it."""
        if name not in kind.fields:
            return False
        if name in kind.words:
            return isinstance(following, Name) and following.text in ("true", "false")
        return name in kind.letters.values() and name != "kernel"

    def option(self, argument: Argument, field: str, kind: Kind) -> Argument:
        """One option in its shortest form; its own form where there is none shorter."""
        value = argument.value
        plain = argument._replace(option=field) if field in kind.fields else argument
        if field == "stride" and not isinstance(value, Padding):
            return argument._replace(option="/")
        letter = next((letter for letter, each in kind.letters.items() if each == field), None)
        if letter and field != "kernel":
            if isinstance(value, (Number, Size, Padding)):
                digits = self.text[slice(*value.span)]
                short = Short(f"{letter}{''.join(digits.split()).replace('×', 'x')}", letter, value, value.span)
                return argument._replace(option=None, value=short)
            if isinstance(value, Name) and value.text.lower() in kind.words and not self.taken(value.text):
                return argument._replace(option=None, value=value._replace(text=value.text.lower()))
            return argument if argument.option == letter else plain
        if isinstance(value, Name) and value.text.lower() in ("true", "false") and not self.taken(value.text):
            word = self.flag(kind.words, field, value.text.lower() == "true")
            if word is not None and not self.taken(word):
                return argument._replace(option=None, value=value._replace(text=word))
        return plain

    def taken(self, word: str) -> bool:
        return bool({word, word.lower()} & self.words.variables)

    @staticmethod
    def flag(words: Dict[str, tuple[str, Any]], field: str, value: bool) -> str | None:
        return next((word for word, each in words.items() if each == (field, value)), None)
