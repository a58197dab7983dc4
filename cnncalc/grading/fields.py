"""What goes wrong with receptive fields, along the first axis of a chain of windows."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.grading.subject import Subject
from cnncalc.layers.mistakes import Mistake, written
from cnncalc.layers.windowed import Windowed
from cnncalc.reach import Field
from cnncalc.units import fraction


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
