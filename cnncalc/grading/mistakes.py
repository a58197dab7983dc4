"""The wrong answers to a question: the mistakes of its layer's kind, and those with sums and receptive fields."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.report import Report
from cnncalc.grading.counts import COUNTED
from cnncalc.grading.fields import counted, fields
from cnncalc.grading.records import Question, Truth, Value
from cnncalc.grading.subject import Subject, place, subject
from cnncalc.grading.sums import sums, terms_of
from cnncalc.grading.truth import truth
from cnncalc.layers.mistakes import Found, Mistake, found
from cnncalc.layers.windowed import Windowed

NOWHERE: Value = -1
"""The right value of a question that has none: no mistake gives it."""


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
        if layer.word != "deconv":
            worked = f"{window.kernel if window.dilation == 1 else span} - 1"
            said = "what the kernel takes off, on one side: there are two"
            yield counted("padding-not-halved", span - 1, worked, said, hint)
            said = "without padding the size shrinks by the kernel less one"
            yield counted("padding-forgotten", 0, "0", said, hint)
        yield counted("kernel-given", window.kernel, f"{window.kernel}", "that is the kernel", hint)
    if question.blank == "stride":
        hint = "The stride is how far the window moves."
        yield counted("kernel-given", window.kernel, f"{window.kernel}", "that is the kernel", hint)
    if question.blank == "kernel":
        hint = "The kernel is how much the window sees."
        yield counted("stride-given", stride, f"{stride}", "that is the stride", hint)
        hint = "Solve the formula for the kernel: mind the 1."
        yield counted("kernel-less-one", span - 1, f"{span} - 1", "the kernel less one", hint)


__all__ = ["Found", "Mistake", "mistakes"]
