"""From the arguments of a phrase to the parameters of a block.

The spellings are those of a layer's options; a parameter may also be a line, or a value that a line stands for.
"""

from __future__ import annotations

from typing import Any

from cnncalc.errors import did_you_mean
from cnncalc.spec.bind import LETTERS, Resolver, line_name
from cnncalc.spec.evaluate import Scope, SpanFault, evaluate
from cnncalc.spec.syntax import Argument, Call, Expr, Name, Short, Span


class BlockBinder:
    """Binds one call to the parameters of a block."""

    def __init__(self, call: Call, name: str, parameters: tuple[str, ...], scope: Scope, resolve: Resolver) -> None:
        self.call = call
        self.name = name
        self.parameters = parameters
        self.scope = scope
        self.resolve = resolve
        self.given: dict[str, Any] = {}
        self.declared = f"it is declared as {name}({', '.join(parameters)})"
        if not parameters:
            self.declared = f"it has no parameters: they stand behind its name, as in `{name}(c): conv c 3`"

    def arguments(self) -> dict[str, Any]:
        """The values that the call gives; raises :class:`SpanFault`."""
        rest = list(self.call.arguments)
        while rest:
            argument = rest.pop(0)
            if argument.option is not None:
                self.set(self.option(argument.option, argument.span), self.value(argument.value), argument.span)
            elif self.spelled_out(argument, rest):
                self.set(argument.value.text, self.value(rest.pop(0).value), argument.span)  # type: ignore[union-attr]
            elif not self.shorthand(argument):
                self.positional(argument)
        return self.given

    def set(self, parameter: str, value: Any, span: Span) -> None:
        if parameter in self.given:
            raise SpanFault("T110", f"{self.name}'s {parameter} is given twice", span)
        self.given[parameter] = value

    def value(self, expr: Expr) -> Any:
        """A number, a size, a word such as ``half``, or a line."""
        text = line_name(expr)
        if text is None:
            return evaluate(expr, self.scope)
        if text in self.scope.variables:
            return self.scope.variables[text]
        found = self.resolve(text, expr.span)
        if found is not None:
            return found
        if isinstance(expr, Name) and text.lower() in ("same", "half"):
            return text.lower()
        return evaluate(expr, self.scope)

    def option(self, option: str, span: Span) -> str:
        """The parameter that an option names."""
        option = "stride" if option == "/" else option
        if option in self.parameters:
            return option
        if LETTERS.get(option) in self.parameters:
            return LETTERS[option]
        hint = did_you_mean(option, self.parameters)
        letter = next((each for each, field in LETTERS.items() if field == option), None)
        if letter in self.parameters:
            hint = f"`/` and `{option}=` give a parameter called {option}: write {letter}=..., or call it so"
        help = (hint, self.declared) if hint else (self.declared,)
        raise SpanFault("T101", f"block {self.name} has no parameter {option!r}", span, help)

    def spelled_out(self, argument: Argument, rest: list[Argument]) -> bool:
        """``stride 2``: a parameter's name, and a value behind it."""
        value = argument.value
        if not isinstance(value, Name) or value.text not in self.parameters or value.text in self.scope.variables:
            return False
        if not rest or rest[0].option is not None:
            return False
        if self.resolve(value.text, value.span) is not None:
            message = f"{value.text!r} may be {self.name}'s parameter or the line {value.text!r}"
            help = f"write {value.text}={value.text} for the line, {value.text}=... for the parameter"
            raise SpanFault("T112", message, argument.span, (help,))
        return True

    def shorthand(self, argument: Argument) -> bool:
        """``d4``: a parameter, or else the name of a line; False where it is left to be placed."""
        value = argument.value
        if not isinstance(value, Short) or value.text in self.scope.variables:
            return False
        option = LETTERS[value.letter] if LETTERS[value.letter] in self.parameters else value.letter
        is_line = self.resolve(value.text, value.span) is not None
        if option in self.parameters and is_line:
            message = f"{value.text!r} may be {self.name}'s {option} or the line {value.text!r}"
            help = f"write {option}={value.text[1:]} for the option, or name the parameter that takes the line"
            raise SpanFault("T112", message, argument.span, (help,))
        if option in self.parameters:
            self.set(option, evaluate(value.value, self.scope), argument.span)
            return True
        if not is_line:
            message = f"block {self.name} has no parameter {option!r}, and there is no line called {value.text!r}"
            raise SpanFault("G101", message, argument.span, (self.declared,))
        return False

    def positional(self, argument: Argument) -> None:
        free = [each for each in self.parameters if each not in self.given]
        if not free:
            count = len(self.parameters)
            message = f"block {self.name} takes {count} argument{'s' * (count != 1)}"
            raise SpanFault("T103", message, argument.span, (self.declared,))
        self.set(free[0], self.value(argument.value), argument.span)
