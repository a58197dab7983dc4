"""The right answers: figures of the same rows that ``summarize`` shows, each with its worked formula."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.grading.asks import AXES, SHAPES, SIZES
from cnncalc.grading.blanks import setting
from cnncalc.grading.counts import COUNTED
from cnncalc.grading.records import Question, Truth, Value
from cnncalc.grading.subject import Subject, subject, unanswerable
from cnncalc.layers.mistakes import written
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import elements, show
from cnncalc.units import grouped


def truth(question: Question, report: Report) -> Truth:
    """The right value of a question with its worked formula; raises :class:`SpecError` (A104, A108)."""
    about = subject(question, report)
    if question.blank is not None:
        return setting(question, about)
    if question.ask in SHAPES:
        return shape(question, about)
    if question.ask == "receptive_field":
        return field(question, about)
    return COUNTED[question.ask](question, about)


# -- shapes -----------------------------------------------------------------------------------------------------------


def shape(question: Question, about: Subject) -> Truth:
    """The output shape, or one axis of it."""
    if not about.output:
        raise unanswerable(question, "the network has no single output")
    row = about.maker
    formula = row.formulas.get("output", "") if row else ""
    exact = untiled(row) if row and question.accept.tiling == "strict" else None
    ask, output = question.ask, about.output
    if ask == "output":
        shown = show(output)
        if exact is not None:
            return Truth(None, no_whole(formula), "the stride does not tile", "shape", (), exact)
        also = ((elements(output),),) if question.accept.flattened and len(output) > 1 else ()
        return Truth(output, f"{formula}: {shown}" if formula else shown, shown, "shape", also)
    if ask in ("channels", "features"):
        if ask == "features" and len(output) > 1:
            raise unanswerable(question, f"{show(output)} is no vector", "ask for channels")
        return Truth(output[0], str(output[0]), grouped(output[0]))
    name, position = AXES[ask]
    if len(output) not in SIZES[ask]:
        raise unanswerable(question, f"its output {show(output)} has no {ask}", "ask for output, features or channels")
    if exact is not None:
        return Truth(None, no_whole(formula), "the stride does not tile", "count", (), exact[position])
    axis = dict(each.split(": ", 1) for each in formula.split(", ")).get(name, formula) if ": " in formula else formula
    value = output[position]
    return Truth(value, axis or str(value), grouped(value))


def no_whole(formula: str) -> str:
    """The worked line of a stride that does not tile, without the rounding."""
    return f"{formula.partition(' -> ')[0]}, no whole number"


def untiled(row: Row) -> tuple[int | Fraction, ...] | None:
    """The output with fractions where a stride does not tile; None where it does."""
    layer = row.node.layer
    if not isinstance(layer, Windowed) or layer.word == "deconv":
        return None
    windows = layer.windows(row.input_shapes[0])
    if all(window.tiles or window.ceil for window in windows):
        return None
    return (row.output[0], *(int(each.exact) if each.tiles else each.exact for each in windows))


# -- the receptive field ----------------------------------------------------------------------------------------------


def field(question: Question, about: Subject) -> Truth:
    """The size of the receptive field: one number where all axes are alike."""
    if about.name is None:
        report = about.report
        sizes: tuple[int, ...] = ()
        for _, index in report.graph.outputs[:1]:
            sizes = tuple(paths.largest.size for paths in report.fields[index])
    else:
        sizes = tuple(each.size for each in about.rows[-1].receptive_field) if about.rows else ()
    if not sizes:
        raise unanswerable(question, "there are no spatial axes")
    value: Value = sizes[0] if len(set(sizes)) == 1 else sizes
    return Truth(
        value, worked_field(about) or written(value), written(value), "count" if isinstance(value, int) else "shape"
    )


def worked_field(about: Subject) -> str:
    """The recurrence of the last window with the numbers filled in, along its first axis."""
    for row in reversed(about.rows):
        reach = row.node.facts.reach
        before = row.setting.fields[row.node.inputs[0]] if row.node.inputs else ()
        if isinstance(reach, tuple) and before and before[0].sliding is not None:
            return before[0].sliding.worked(reach[0])["size"]
    return ""
