"""The canonical spelling of a phrase: the table's own words, every option in its shortest form."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from typing import Any, NamedTuple

from cnncalc.layers import Kind, canonical, kind_of
from cnncalc.spec.bind import vgg_call
from cnncalc.spec.lexer import PhraseError
from cnncalc.spec.phrase import parse_chain_text
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


class Words(NamedTuple):
    """What the words of a phrase may mean besides layers: names of lines, blocks and inputs; parameters."""

    names: frozenset[str]
    variables: frozenset[str]


def spelt(text: str, words: Words) -> str | None:
    """The canonical spelling of a phrase on one line; None where it cannot be written otherwise."""
    chain = parse_chain_text(text)
    new = spell(Canonical(text, words).chain(chain))
    try:
        again = spell(Canonical(new, words).chain(parse_chain_text(new)))
    except PhraseError:
        return None
    return new if again == new else None


def calls_in(chain: Chain) -> Iterator[Call]:
    for step in chain.steps:
        one: Step | None = step
        while one is not None:
            atom = one.atom
            if isinstance(atom, Call):
                yield atom
            elif isinstance(atom, Merge):
                for branch in atom.branches:
                    yield from calls_in(branch.chain)
            elif isinstance(atom, Repeat):
                yield from calls_in(atom.chain)
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
            field = Canonical.field(argument.option, kind)
            leading = field in (*kind.required, "kernel", kind.fields[0]) and field != "in_channels"
            if certain and leading and literal and fitting[:1] == [field] and not isinstance(before, Name):
                argument = argument._replace(option=None)
            elif leading:
                certain = False
            given.add(field)
        before = value
        yield argument


class Canonical:
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
