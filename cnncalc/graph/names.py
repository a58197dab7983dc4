"""What words stand for where they are written: lines, labels, arguments, what flows in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import did_you_mean
from cnncalc.graph.records import LOST, Bundle, Flowing, Wire, part_of
from cnncalc.graph.space import Faultbook, Flow, Space
from cnncalc.layers import all_words
from cnncalc.layers.fields import got
from cnncalc.lazy import Lazy
from cnncalc.shape import Shape, show
from cnncalc.spec.evaluate import SIZE_NAMES, Scope, SpanFault, Unknown
from cnncalc.spec.network import Block, Net, Statement
from cnncalc.spec.sort_lines import RESERVED
from cnncalc.spec.syntax import Call, Label, Span

if TYPE_CHECKING:
    from cnncalc.spec import foreign
else:
    foreign = Lazy("cnncalc.spec.foreign")


class Names:
    """Looks words up for one net; what there is none of is a :class:`SpanFault`."""

    def __init__(self, net: Net, faults: Faultbook) -> None:
        self.net = net
        self.faults = faults
        self.lines: dict[int, dict[str | None, Statement]] = {}
        """The lines of the net and of blocks by name, by the identity of their statements."""

    def lines_of(self, body: Net | Block) -> dict[str | None, Statement]:
        """The lines of the net or of a block by name."""
        found = self.lines.get(id(body.statements))
        if found is None:
            found = self.lines[id(body.statements)] = {each.name: each for each in body.statements}
        return found

    def label_fault(self, label: Label, space: Space) -> SpanFault | None:
        """What is wrong with a label's name; what a line or an input has, above or below, no label can have."""
        name = label.name
        if name in SIZE_NAMES or (space.block is None and name in RESERVED):
            reserved = ", ".join(RESERVED)
            return SpanFault("G110", f"{name!r} is a reserved name", label.span, (f"reserved are {reserved}",))
        if (
            name in self.lines_of(space.block or self.net)
            or name in space.variables
            or space.names.get(name, LOST) != LOST
        ):
            return SpanFault("G105", f"the name {name!r} is taken already", label.span)
        return None

    def take(self, flow: Flow, span: Span) -> Flowing:
        """What flows in; a fault where nothing does."""
        flow.taken = True
        if flow.value is None:
            names = ", ".join(each.name for each in self.net.inputs)
            if len(self.net.inputs) > 1:
                raise SpanFault("G108", "nothing flows in here", span, (f"begin with the name of an input: {names}",))
            raise SpanFault(
                "G108", "nothing flows in here", span, ("say what the network's input is: `input: 3x224x224`",)
            )
        return flow.value

    def take_wire(self, flow: Flow, span: Span) -> Wire:
        """The one value that flows in."""
        return single(self.take(flow, span), span, "flow in here")

    def scope(self, space: Space, flow: Flow) -> Scope:
        def flowing(span: Span) -> Shape | Unknown:
            found: Shape | Unknown = self.take_wire(flow, span).shape
            return found

        def shape_of(name: str, span: Span) -> Shape | Unknown:
            value = self.resolve(space, name)
            if value is None:
                raise SpanFault("G101", f"there is no line called {name!r}", span, self.help(name, space, ()))
            found: Shape | Unknown = single(value, span).shape
            return found

        return Scope(space.variables, flowing, shape_of, space.round)

    def resolve(self, space: Space, name: str) -> Flowing | None:
        """The value a name stands for, noted as used; None where there is no such line."""
        head, _, rest = name.partition(".")
        variable = space.variables.get(head)
        if isinstance(variable, (Wire, Bundle)):
            return part_of(variable, rest)
        return space.value(name)

    def unknown(self, call: Call, space: Space) -> SpanFault:
        word = call.word
        if self.resolve(space, word) is not None:
            if call.arguments:
                return SpanFault("T103", f"{word!r} is a line: it takes no arguments", call.span)
            return SpanFault(
                "G101",
                f"{word!r} is a line, not a layer",
                call.word_span,
                (f"a line can only begin a chain: `{word} | ...`",),
            )
        later = self.lines_of(self.net).get(word)
        if later is not None and space.block is None:
            if later.name == self.faults.line:
                return SpanFault("G102", f"{word!r} cannot use itself", call.word_span)
            return SpanFault(
                "G102",
                f"{word!r} is not defined yet",
                call.word_span,
                (f"it is defined on line {later.mark.line}; a line can only use the lines above it",),
            )
        if space.block is not None and later is not None:
            return SpanFault(
                "G101",
                f"a block does not see the line {word!r}",
                call.word_span,
                (f"give it as an argument: {space.block.name}(..., {word})",),
            )
        example = {"residual": "residual(F, project = P)", "fork": "fork(loc = A, conf = B)"}.get(word.lower())
        if example is not None:
            return SpanFault("T102", f"{word} needs its branches in parentheses", call.span, (example,))
        what = "line" if call.line else "layer, block or earlier line"
        others = () if call.line or "." in word else (*all_words(), *space.file.blocks)
        message = f"there is no {what} called {word!r}"
        help = "" if call.line or self.faults.full else foreign.layer_help(word)
        return SpanFault("G101", message, call.word_span, (help,) if help else self.help(word, space, others))

    def help(self, word: str, space: Space, others: tuple[str, ...]) -> tuple[str, ...]:
        """The name that may be meant, of the lines or of ``others``; it takes long, so nothing once nobody is told."""
        hint = "" if self.faults.full else did_you_mean(word, [*others, *space.names])
        return (hint,) if hint else ()


def single(value: Flowing | None, span: Span, where: str = "here") -> Wire:
    """The one value; a fault where there are several."""
    if isinstance(value, Bundle):
        message = f"several values {where}: {', '.join(value.values)}"
        raise SpanFault("G107", message, span, ("choose one by its name, e.g. `head.loc | ...`",))
    return value if isinstance(value, Wire) else LOST


def show_value(value: Any) -> str:
    if isinstance(value, Wire):
        return "?" if isinstance(value.shape, Unknown) else show(value.shape)
    if isinstance(value, Bundle):
        return "(" + ", ".join(value.values) + ")"
    return got(value)
