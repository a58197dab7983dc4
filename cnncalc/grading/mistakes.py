"""The wrong answers to a question: the mistakes of its layer's kind, and those with sums and receptive fields."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.analysis.report import Report, Row
from cnncalc.arithmetic import Field, fraction
from cnncalc.grading.records import Question, Truth, Value
from cnncalc.grading.subject import Subject, place, subject
from cnncalc.grading.truth import COUNTED, counted_layer, truth
from cnncalc.layers.mistakes import Found, Mistake, found, written
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import elements
from cnncalc.units import grouped

NOWHERE: Value = -1
"""The right value of a question that has none: no mistake gives it."""

SUM_HINT = "Add up all rows, each once."


def mistakes(question: Question, report: Report) -> Found:
    """The known mistakes of a question: those that show, the likeliest kinds first, and the names of those that would
    give the right value.  Their credit is 0; whoever grades fills in that of the assignment.

    Raises :class:`SpecError` as :func:`cnncalc.grading.truth.truth` does.
    """
    about, right = subject(question, report), truth(question, report)
    value = NOWHERE if right.value is None else right.value
    if question.blank is not None:
        return apart(settings(question, about), right)
    if question.ask == "receptive_field":
        return apart(fields(about), right)
    if question.ask in COUNTED:
        return counts(question, about, right)
    row = about.maker
    if row is None:
        return Found((), ())
    ask = "channels" if question.ask == "features" else question.ask
    seen = found(place(row), ask, value)
    if right.value is None:
        ignored = ignored_tiling(question, about)
        seen = seen._replace(visible=(ignored, *(each for each in seen.visible if each.value != ignored.value)))
    return seen


def apart(wrong: Iterator[Mistake], right: Truth) -> Found:
    """Mistakes that show, and the names of those that do not."""
    visible: list[Mistake] = []
    invisible: dict[str, None] = {}
    for each in wrong:
        if each.value == right.value or each.value in right.also:
            invisible[each.name] = None
        elif not (isinstance(each.value, int) and each.value < 0):
            visible.append(each)
    return Found(tuple(visible), tuple(name for name in invisible if name not in {each.name for each in visible}))


def ignored_tiling(question: Question, about: Subject) -> Mistake:
    """What comes out where a stride that does not tile is rounded down although the question is strict."""
    floor = truth(question._replace(accept=question.accept._replace(tiling="floor")), about.report)
    assert floor.value is not None
    return Mistake(
        "tiling-ignored",
        floor.value,
        floor.formula,
        "rounded down, but the stride does not tile the input",
        "Does the stride take the window exactly to the other end?",
    )


# -- counts -----------------------------------------------------------------------------------------------------------


def counts(question: Question, about: Subject, right: Truth) -> Found:
    """The mistakes of the only row that counts, and those with the sum where several do."""
    assert right.value is not None
    ask = "weights" if question.ask == "params" and question.accept.bias == "not" else question.ask
    terms = list(terms_of(question, about))
    row = about.maker if ask == "memory" else about.learner
    if about.name is not None and row is not None and len(terms) <= 1:
        value_bytes = 1 if question.accept.units == "values" else about.report.value_bytes
        return found(place(row, value_bytes=value_bytes), ask, right.value)
    return apart(sums(question, about, terms), right)


def terms_of(question: Question, about: Subject) -> Iterator[tuple[str, int]]:
    """The rows that a figure adds up, by name, as far as they are not 0."""
    if question.ask == "layers":
        return
    if question.ask == "memory":
        if about.name is None:
            value_bytes = 1 if question.accept.units == "values" else about.report.value_bytes
            yield from ((name, elements(shape) * value_bytes) for name, shape in about.report.inputs)
            for row in about.rows:
                if row.node.facts.fresh if question.accept.memory == "all" else counted_layer(row):
                    yield row.line or row.name, elements(row.output) * value_bytes
        return
    for row in about.rows:
        value = COUNTED[question.ask](question, about._replace(rows=(row,))).value
        if isinstance(value, int) and value:
            yield short_name(row, about.report), value


def short_name(row: Row, report: Report) -> str:
    """The name of a row's line where no other row of that line learns anything: ``fc1`` for ``fc1.fc``."""
    if row.line is None:
        return row.name
    learning = [each for each in report.rows if each.line == row.line and each.parameters]
    return row.line if len(learning) == 1 else row.name


def sums(question: Question, about: Subject, terms: list[tuple[str, int]]) -> Iterator[Mistake]:
    """What goes wrong with a sum: a row twice, a row missing, a row instead of the sum, some rows only."""
    total = sum(value for _, value in terms)
    for name, value in terms if len(terms) > 1 else ():
        yield Mistake(
            "sum-repeats-row", value, f"{name} = {grouped(value)}", f"the sum repeats {name}'s count", SUM_HINT
        )
    for name, value in terms if len(terms) > 1 else ():
        worked = f"{grouped(total)} - {grouped(value)} = {grouped(total - value)}"
        yield Mistake("row-missing", total - value, worked, f"the sum leaves out {name}", SUM_HINT)
    for name, value in terms:
        worked = f"{grouped(total)} + {grouped(value)} = {grouped(total + value)}"
        yield Mistake("row-twice", total + value, worked, f"the sum counts {name} twice", SUM_HINT)
    yield from parts(question, about)


def parts(question: Question, about: Subject) -> Iterator[Mistake]:
    """Sums over some rows only, or of another figure."""

    def figure(ask: str, rows: tuple[Row, ...]) -> int:
        value = COUNTED[ask](question._replace(ask=ask), about._replace(rows=rows)).value
        assert isinstance(value, int)
        return value

    families: dict[str, tuple[Row, ...]] = {}
    for row in about.rows:
        layer = row.node.layer
        if layer is not None and row.parameters:
            families[layer.family] = (*families.get(layer.family, ()), row)
    ask = question.ask
    names = {"convolution": ("only-convolutions", "convolutions"), "dense": ("only-dense", "fully connected layers")}
    if len(families) > 1 and ask != "memory":
        for family, (name, plural) in names.items():
            value = figure(ask, families.get(family, ()))
            if value:
                yield Mistake(name, value, grouped(value), f"the {plural} only", SUM_HINT)
    if ask == "params" and question.accept.bias == "counted":
        value = figure("weights", about.rows)
        yield Mistake(
            "no-bias",
            value,
            grouped(value),
            "the biases are missing in every row",
            "Every filter and every output has one bias.",
        )
    if ask in ("macs", "flops"):
        other = "flops" if ask == "macs" else "macs"
        value = figure(other, about.rows)
        said = {"flops": "these are FLOPs: a MAC is two of them", "macs": "these are MACs: each is two FLOPs"}[other]
        yield Mistake(
            f"{other}-given", value, grouped(value), said, "One MAC is a multiplication and an addition: two FLOPs."
        )
        value = figure("params", about.rows)
        yield Mistake(
            "params-given",
            value,
            grouped(value),
            "that is the number of parameters",
            "Every weight is used at every output position.",
        )
    if ask == "memory":
        yield from memory_parts(question, about)


def memory_parts(question: Question, about: Subject) -> Iterator[Mistake]:
    """Other sums of bytes that are given for the memory of the values."""
    value_bytes = 1 if question.accept.units == "values" else about.report.value_bytes
    total = COUNTED["memory"](question, about).value
    assert isinstance(total, int)
    learned = about.report.totals.params * value_bytes
    hint = "The question is about the values that flow, not about those that are learned."
    yield Mistake(
        "parameters-counted", learned, grouped(learned), "the memory of the parameters, not of the values", hint
    )
    yield Mistake(
        "parameters-added",
        total + learned,
        f"{grouped(total)} + {grouped(learned)} = {grouped(total + learned)}",
        "the parameters are counted as well",
        hint,
    )
    yield Mistake(
        "forward-and-backward",
        2 * total,
        f"2*{grouped(total)} = {grouped(2 * total)}",
        "counted twice, forward and backward",
        "Count the forward pass only.",
    )


# -- receptive fields -------------------------------------------------------------------------------------------------


def fields(about: Subject) -> Iterator[Mistake]:
    """What goes wrong with the recurrence, along the first axis of a chain of windows."""
    way = list(windows_before(about))
    if not way:
        return
    before, (span, stride) = Field(1, 1, 0), way[-1]
    for each, step in way[:-1]:
        before = Field(before.size + (each - 1) * before.stride, before.stride * step, 0)
    size, jump = before.size, before.stride
    grows = "Every window adds its size less one, times the strides of all layers before it."
    yield counted("own-kernel-only", span, f"{span}", "the kernel of this layer only", grows)
    ones = " + ".join(f"({each} - 1)" for each, _ in way)
    yield counted(
        "strides-forgotten", 1 + sum(each - 1 for each, _ in way), f"1 + {ones}", "the strides are missing", grows
    )
    own = fraction(jump * stride)
    said = "the stride of this layer is counted: only those before it are"
    worked = f"{size} + ({span} - 1)*{own}"
    yield counted("own-stride-counted", size + (span - 1) * jump * stride, worked, said, grows)
    yield counted(
        "minus-one-forgotten",
        size + span * jump,
        f"{size} + {span}*{fraction(jump)}",
        "the window's first position counts twice",
        grows,
    )
    yield counted(
        "kernels-multiplied",
        prod(each for each, _ in way),
        "*".join(str(each) for each, _ in way),
        "the kernels are multiplied",
        grows,
    )
    yield counted(
        "kernels-added",
        sum(each for each, _ in way),
        " + ".join(str(each) for each, _ in way),
        "the kernels are added",
        grows,
    )
    yield counted("layer-before", size, f"{size}", "the field before this layer", grows)


def counted(name: str, value: object, worked: str, message: str, hint: str) -> Mistake:
    """A mistake with its worked line; sizes of fields are whole where no layer enlarges."""
    size = int(value)  # type: ignore[call-overload]
    return Mistake(name, size, worked if worked == str(size) else f"{worked} = {written(size)}", message, hint)


def windows_before(about: Subject) -> Iterator[tuple[int, int]]:
    """Span and stride of every window from the input on, along the first axis; nothing where the way is no chain."""
    if not about.rows:
        return
    report = about.report
    node, way = about.rows[-1].node, []
    while node.layer is not None:
        if len(node.inputs) != 1:
            return
        if isinstance(node.layer, Windowed):
            if node.layer.word == "deconv":
                return
            window = node.layer.windows(report.graph.input_shapes(node)[0])[0]
            way.append((window.span, window.stride))
        elif node.facts.reach is not None:
            return
        node = report.graph.nodes[node.inputs[0]]
    yield from reversed(way)


# -- hyperparameters --------------------------------------------------------------------------------------------------


def settings(question: Question, about: Subject) -> Iterator[Mistake]:
    """What is given for a blank hyperparameter that has another value."""
    row = next((row for row in about.rows if isinstance(row.node.layer, Windowed)), None)
    if row is None or question.blank not in ("pad", "stride", "kernel"):
        return
    layer = row.node.layer
    assert isinstance(layer, Windowed)
    window = layer.windows(row.input_shapes[0])[0]
    span, stride = window.span, window.stride
    if question.blank == "pad":
        hint = "The padding is on both sides: put the size into the formula."
        yield counted("padding-not-halved", span - 1, f"{window.kernel} - 1" if window.dilation == 1 else f"{span} - 1",
                      "what the kernel takes off, on one side: there are two", hint)  # fmt: skip
        yield counted("kernel-given", window.kernel, f"{window.kernel}", "that is the kernel", hint)
        yield counted("padding-forgotten", 0, "0", "without padding the size shrinks by the kernel less one", hint)
    if question.blank == "stride":
        yield counted(
            "kernel-given",
            window.kernel,
            f"{window.kernel}",
            "that is the kernel",
            "The stride is how far the window moves.",
        )
    if question.blank == "kernel":
        yield counted(
            "stride-given", stride, f"{stride}", "that is the stride", "The kernel is how much the window sees."
        )
        yield counted(
            "kernel-less-one",
            span - 1,
            f"{span} - 1",
            "the kernel less one",
            "Solve the formula for the kernel: mind the 1.",
        )


__all__ = ["Found", "Mistake", "mistakes"]
