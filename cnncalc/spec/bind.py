"""From the arguments of a phrase to the fields of a layer.

Every spelling of language.md ends here: positional values, ``stride=2``, ``stride 2``, ``/2``, ``s2``, ``p(k//2)``,
bare words such as ``nobias``, filter banks such as ``5x5x48x256``, and the names of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.layers import Kind
from cnncalc.layers.fields import got
from cnncalc.lazy import Lazy
from cnncalc.shape import show
from cnncalc.spec.evaluate import ROUND, SIZE_NAMES, UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.syntax import Argument, Binary, Call, Dotted, Expr, Name, Number, Padding, Short, Size, Span

if TYPE_CHECKING:
    from cnncalc.spec import option_advice
else:
    option_advice = Lazy("cnncalc.spec.option_advice")

LETTERS = {"k": "kernel", "s": "stride", "p": "pad", "d": "dilation", "g": "groups"}
_VGG = re.compile(r"(conv(\d+)|fc)-(\d+)\Z", re.IGNORECASE)


class Slot(NamedTuple):
    """A value that found its field, and where it stands."""

    value: Any
    span: Span


class Faults(Exception):
    """Several faults of one call."""

    def __init__(self, faults: list[SpanFault]) -> None:
        super().__init__("; ".join(each.message for each in faults))
        self.faults = faults


Resolver = Callable[[str, Span], Any]
"""Gives the value of a named line, or None where there is no such line."""


def vgg_call(word: str) -> tuple[str, dict[str, Any]] | None:
    """``conv3-64`` is ``conv 64 3 half``, ``FC-4096`` is ``fc 4096``: (word, fields)."""
    found = _VGG.match(word)
    if not found:
        return None
    if found[2] is None:
        return "fc", {"features": int(found[3])}
    return "conv", {"channels": int(found[3]), "kernel": int(found[2]), "pad": "half"}


def line_name(expr: Expr) -> str | None:
    """The text of an expression that may be the name of a line."""
    return expr.text if isinstance(expr, (Name, Dotted, Short)) else None


def is_constant(call: Call, kind: Kind, variables: Mapping[str, Any]) -> bool:
    """Whether the arguments are the same whatever flows in and the ``variables`` are."""
    for argument in call.arguments:
        value = argument.value
        if isinstance(value, (Number, Size, Padding)):
            continue
        if isinstance(value, Short) and argument.option is None and value.letter in kind.letters and not kind.lines:
            continue
        word = isinstance(value, Name) and argument.option is None and value.text.lower() in kind.words
        if word and line_name(value) not in variables:
            continue
        return False
    return True


class Binder:
    """Binds one call to the fields of a layer kind."""

    def __init__(self, call: Call, kind: Kind, scope: Scope, resolve: Resolver) -> None:
        self.call = call
        self.kind = kind
        self.scope = scope
        self.resolve = resolve
        self.slots: dict[str, Slot] = {}
        self.faults: list[SpanFault] = []

    def fields(self) -> dict[str, Slot]:
        """The fields that the call gives; raises :class:`Faults` with all that is wrong with it."""
        vgg = vgg_call(self.call.word)
        if vgg:
            self.slots.update({field: Slot(value, self.call.word_span) for field, value in vgg[1].items()})
        arguments = list(self.call.arguments)
        while arguments:
            argument = arguments.pop(0)
            try:
                if argument.option is not None:
                    self.option(argument)
                elif self.spelled_out(argument, arguments):
                    self.named(argument.value.text, arguments.pop(0).value, argument.span)  # type: ignore[union-attr]
                else:
                    self.positional(argument)
            except SpanFault as fault:
                self.faults.append(fault)
        if self.faults:
            raise Faults(self.faults)
        self.split_bank()
        return self.slots

    def spelled_out(self, argument: Argument, rest: list[Argument]) -> bool:
        """``stride 4``: an option's name, and a value behind it."""
        value = argument.value
        if not isinstance(value, Name) or value.text not in self.kind.fields or not rest or rest[0].option is not None:
            return False
        following = rest[0].value
        if value.text in self.kind.words:
            return isinstance(following, Name) and following.text in ("true", "false")
        if value.text not in self.scope.variables:
            return True
        if any(field not in self.slots for field in self.kind.required):
            return False
        raise SpanFault(
            "T112",
            f"{value.text!r} may be {self.kind.word}'s option or the parameter {value.text!r}",
            argument.span,
            (f"write {value.text}=... if the option is meant",),
        )

    def set(self, field: str, value: Any, span: Span) -> None:
        if field in self.slots:
            before = f"it is {got(self.slots[field].value)} already"
            raise SpanFault("T110", f"{self.kind.word}'s {field} is given twice", span, (self.takes(),), before)
        self.slots[field] = Slot(value, span)

    def option(self, argument: Argument) -> None:
        option = argument.option
        assert option is not None
        if option == "/":
            option = "stride"
        elif option in self.kind.letters and option not in self.kind.fields:
            option = self.kind.letters[option]
        if option not in self.kind.fields:
            key, value = argument.name_span, argument.span  # apart in the long form
            raise self.no_option(option, key if key[1] <= value[0] else value)
        self.named(option, argument.value, argument.span)

    def named(self, field: str, value: Expr, span: Span) -> None:
        if field in self.kind.lines:
            found = self.line(value, self.kind.lines[field])
            if found is not None:
                self.set(field, found, span)
                return
        self.set(field, self.evaluate(value, field), span)

    def evaluate(self, value: Expr, field: str | None = None) -> Any:
        """The value; a bare word that is no parameter stays a word, for the field to judge."""
        if isinstance(value, Name) and value.text not in self.scope.variables:
            word = value.text.lower()
            if word in ("true", "false"):
                return word == "true"
            if word in ("same", "half"):
                return word
            if value.text in self.kind.words:
                return self.kind.words[value.text][1]
            if field == "pad" and word in ("valid", "full"):
                said = option_advice.hint(word, self.call.word, self.kind).rstrip(".")
                raise SpanFault("T108", f"there is no padding called {value.text!r}", value.span, (said,))
        return evaluate(value, self.scope)

    def line(self, value: Expr, use: str) -> Any:
        """What a field takes of a named line; None where the expression names none."""
        name = line_name(value)
        if name is None:
            return None
        variable = self.scope.variables.get(name)
        if variable is not None and isinstance(variable, (int, float, str, tuple, Unknown)):
            return None
        found = self.resolve(name, value.span)
        if found is None or isinstance(found, Unknown):
            return found
        if use == "node":
            return found
        if isinstance(found.shape, Unknown):
            return UNKNOWN
        if len(found.shape) < 2:
            raise SpanFault("S106", f"{name!r} is a vector of {show(found.shape)}: it has no size to take", value.span)
        return found.shape[1:]

    def positional(self, argument: Argument) -> None:
        """A value without the name of an option: a shorthand, a word, a line, or what its place says."""
        value, span = argument.value, argument.span
        if self.shorthand(value, span) or self.word(value, span) or self.line_taken(value, span):
            return
        self.refuse_negative(value, span)
        if isinstance(value, Name):
            counted = value.text == ROUND and self.scope.round is not None
            if value.text not in (*self.scope.variables, *SIZE_NAMES) and not counted:
                missing = [field for field in self.kind.required if field not in self.slots]
                known = (*SIZE_NAMES, *self.scope.variables)
                behind = self.behind(argument)
                hint = option_advice.bare_hint(value.text, behind, self.call.word, self.kind, known, missing)
                raise self.no_option(value.text, span, hint)
        self.place(self.evaluate(value), span)

    def shorthand(self, value: Expr, span: Span) -> bool:
        """``p2``: an option's letter; False where it is the name of a line or of a parameter."""
        if not isinstance(value, Short):
            return False
        kind = self.kind
        field = kind.letters.get(value.letter)
        is_line = bool(kind.lines) and self.resolve(value.text, value.span) is not None
        if field and is_line:
            ways = f"write {field}={value.text[1:]}" + (f", or like={value.text}" if "like" in kind.fields else "")
            message = f"{value.text!r} may be {kind.word}'s {field} or the line {value.text!r}"
            raise SpanFault("T112", message, span, (ways,))
        if field:
            self.set(field, evaluate(value.value, self.scope), span)
            return True
        if not is_line and value.text not in self.scope.variables:
            raise self.no_option(LETTERS[value.letter], span)
        return False

    def word(self, value: Expr, span: Span) -> bool:
        """``nobias``: a word that sets a field."""
        if not isinstance(value, Name) or value.text in self.scope.variables:
            return False
        meaning = self.kind.words.get(value.text) or self.kind.words.get(value.text.lower())
        if meaning:
            self.set(*meaning, span)
        return bool(meaning)

    def line_taken(self, value: Expr, span: Span) -> bool:
        """The name of a line, for the first field that has to have one."""
        for field, use in self.kind.lines.items():
            if field in self.slots or (use != "node" and field not in self.kind.required):
                continue
            found = self.line(value, use)
            if found is not None:
                self.set(field, found, span)
                return True
            if use == "node" and line_name(value):
                raise SpanFault("G101", f"there is no line called {line_name(value)!r}", span)
        return False

    def refuse_negative(self, value: Expr, span: Span) -> None:
        """``p-1`` reads as a difference; no padding may be negative.  ``k-1`` is one, of a parameter."""
        if not isinstance(value, Binary) or value.op != "-" or not isinstance(value.right, Number):
            return
        letter = value.left.text if isinstance(value.left, Name) else ""
        if self.kind.letters.get(letter) == "pad" and letter not in self.scope.variables:
            message = f"{self.kind.word}'s pad cannot be negative"
            raise SpanFault("T104", message, span, (f"{letter}2 is short for pad=2",))

    def place(self, value: Any, span: Span) -> None:
        """The field that a value without a name belongs to: the next one, or the next that takes its form."""
        kind = self.kind
        open_fields = [field for field in kind.fields if field not in self.slots]
        if isinstance(value, tuple):
            sided = any(isinstance(each, tuple) for each in value)
            fitting = [field for field in open_fields if field in (kind.sides if sided else kind.sizes)]
            if not fitting:
                raise SpanFault("T103", f"{kind.word} takes no size here, got {got(value)}", span, (self.takes(),))
            self.set(fitting[0], value, span)
            return
        if not open_fields:
            raise SpanFault("T103", f"{kind.word} takes at most {len(kind.fields)} arguments", span, (self.takes(),))
        self.set(open_fields[0], value, span)

    def split_bank(self) -> None:
        """``5x5x48x256``, the lecture's filter bank FxFxCinxCout, where no channels are given otherwise."""
        kernel = self.slots.get("kernel")
        if kernel is None or "channels" in self.slots or "in_channels" not in self.kind.fields:
            return
        if not isinstance(kernel.value, tuple) or len(kernel.value) < 3:
            return
        *sizes, seen, made = kernel.value
        self.slots["kernel"] = kernel._replace(value=tuple(sizes))
        self.slots["in_channels"] = kernel._replace(value=seen)
        self.slots["channels"] = kernel._replace(value=made)

    def takes(self) -> str:
        fields = [field for field in self.kind.fields if field != "in_channels"]
        return f"{self.kind.word} takes: {', '.join(fields)}" if fields else f"{self.kind.word} takes nothing"

    def behind(self, argument: Argument) -> Expr | None:
        """The bare value that follows an argument."""
        place = self.call.arguments.index(argument) + 1
        following = self.call.arguments[place] if place < len(self.call.arguments) else None
        return following.value if following is not None and following.option is None else None

    def no_option(self, word: str, span: Span, hint: str = "") -> SpanFault:
        """A word that is no option of the layer; ``hint`` is the way out that the place of it suggests."""
        if word in self.kind.fields:
            return SpanFault("T102", f"{self.kind.word}'s {word} has no value", span, (f"for example {word}=2",))
        hint = hint or option_advice.hint(word, self.call.word, self.kind)
        return SpanFault("T101", f"{self.kind.word} has no option {word!r}", span, (f"{hint} {self.takes()}".strip(),))
