"""What the memory model says: a table with a chart of the step, JSON (docs/memory.md), and the chart as SVG."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from textwrap import wrap
from typing import Any

from cnncalc.analysis.memory import MemoryReport, Stage
from cnncalc.analysis.memory.allocator import WORKSPACE_PER_CALL
from cnncalc.analysis.memory.estimate import Estimate
from cnncalc.errors import Diagnostic
from cnncalc.render import diagnostics
from cnncalc.render.ansi import Line, painted, unpainted
from cnncalc.units import grouped, short_bytes

VERSION = 1
CHART_HEIGHT = 8
ALIVE_SHOWN = 8
_EIGHTHS = " ▁▂▃▄▅▆▇█"


STYLES = {"title": "bold", "chart": "cyan", "dim": "dim", "": ""}


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else ""


def table(estimate: Estimate, width: int = 80) -> str:
    """The report in plain text, with what was asked for below."""
    return unpainted(lines(estimate, width))


def coloured(estimate: Estimate, width: int) -> str:
    """The same with the colours of a terminal."""
    return painted(lines(estimate, width), STYLES, width)


def lines(estimate: Estimate, width: int) -> Iterator[Line]:
    """What it is made of, the peak, the allocator, the chart, and what was asked for."""
    report = estimate.report
    kind = f"a training step ({report.optimizer})" if report.training else "an inference"
    rule = "─" * min(width, 64)
    yield "title", f"{report.graph}   {kind}, batch {report.batch}, {data_type(report)}, {report.device}"
    yield "dim", rule
    for name, size in parts(report):
        yield "", amount(name, size)
    yield "dim", rule
    yield "title", amount("peak", report.peak_bytes)
    yield "", f"at {report.peak_at} ({report.peak_phase}), where these are alive:"
    for each in alive(report, width):
        yield "dim", each
    if estimate.cuda is not None:
        cuda = estimate.cuda
        taken = f"{short_bytes(cuda.allocated_bytes)} allocated, {short_bytes(cuda.reserved_bytes)} reserved"
        yield "", f"CUDA's allocator: {taken};"
        if estimate.workspace_bytes:
            yield "", workspaces(estimate)
        yield "", "  cuDNN's workspaces come on top"
    yield "", ""
    for each in chart(report.timeline, width):
        yield "chart", each
    yield "", ""
    if report.training:
        yield "", f"loss: {report.loss_about}"
    for line in advice(estimate):
        for each in wrap(line, max(width, 40), subsequent_indent="  "):
            yield "", each


def amount(name: str, size: int) -> str:
    return f"{name:<20}{short_bytes(size):>12}   {grouped(size):>18} bytes"


def workspaces(estimate: Estimate) -> str:
    """What cuBLAS takes, where there are matrix products."""
    size = estimate.workspace_bytes
    if estimate.report.torch >= WORKSPACE_PER_CALL:
        return f"  cuBLAS's workspace: {short_bytes(size)} while a matrix product runs;"
    threads = len({product.backward for product in estimate.report.products})
    if threads == 1:
        return f"  {short_bytes(size)} of it are cuBLAS's workspace;"
    return f"  {short_bytes(threads * size)} of it are cuBLAS's workspaces, for forward and for backward;"


def data_type(report: MemoryReport) -> str:
    """``float32``, ``amp (float16)``."""
    return f"{report.dtype} ({report.autocast})" if report.autocast else report.dtype


def parts(report: MemoryReport) -> list[tuple[str, int]]:
    """What the bytes are made of; they do not all live at the same time."""
    found = [
        ("parameters", report.parameters_bytes),
        ("buffers", report.buffers_bytes),
        ("input and target", report.input_bytes),
    ]
    if report.training:
        found += [
            ("gradients", report.gradients_bytes),
            ("optimizer state", report.optimizer_bytes),
            ("saved for backward", report.saved_bytes),
        ]
    return found


def alive(report: MemoryReport, width: int) -> list[str]:
    """The largest of what is alive at the peak."""
    lines = []
    longest = max((len(held.place) + len(held.what) + 2 for held in report.alive[:ALIVE_SHOWN]), default=0)
    room = min(max(16, width - 36), max(16, longest))
    for held in report.alive[:ALIVE_SHOWN]:
        name = f"{held.place} {held.what}".strip()
        if len(name) > room:
            name = f"{name[: room // 2 - 1]}…{name[-(room - room // 2) :]}"
        part = share(held.bytes, report.peak_bytes)
        lines.append(f"  {name:<{room}} {held.kind:<11}{short_bytes(held.bytes):>11} {part}")
    rest = report.alive[ALIVE_SHOWN:]
    if rest:
        total = sum(held.bytes for held in rest)
        part = share(total, report.peak_bytes)
        lines.append(f"  {f'and {len(rest)} more':<{room + 12}}{short_bytes(total):>11} {part}")
    return lines


def advice(estimate: Estimate) -> list[str]:
    """The largest batch, and what would help."""
    lines = []
    fit = estimate.fit
    if fit is not None and estimate.limit is not None:
        room = short_bytes(estimate.limit)
        if fit.batch:
            lines.append(f"largest batch in {room}: {grouped(fit.batch)}, which takes {short_bytes(fit.bytes)}")
        else:
            lines.append(f"not even a batch of 1 fits {room}")
        if fit.batch and not estimate.fits:
            lines.append(f"batch {grouped(estimate.report.batch)} does not fit {room}")
    peak = estimate.report.peak_bytes
    for hint in estimate.hints:
        saved = 100 * (peak - hint.peak_bytes) / peak
        lines.append(f"{hint.name} ({hint.about}): peak {short_bytes(hint.peak_bytes)}, {saved:.0f} % less")
        if hint.name == "checkpoint":
            lines[-1] += f"; they end at {', '.join(hint.nodes)}"
    return lines


def sampled(timeline: Sequence[Stage], columns: int) -> list[int]:
    """The largest number of bytes alive in each of ``columns`` equal stretches of the step."""
    peaks = [stage.peak for stage in timeline if stage.phase != "setup"] or [0]
    count = min(columns, len(peaks))
    cuts = [index * len(peaks) // count for index in range(count + 1)]
    return [max(peaks[start:end]) for start, end in pairwise(cuts)]


def chart(timeline: Sequence[Stage], width: int = 80, height: int = CHART_HEIGHT) -> list[str]:
    """Bytes alive over the step, as bars of eighths; the phases below."""
    columns = max(8, width - 12)
    values = sampled(timeline, columns)
    top = max(values) or 1
    lines = []
    for row in range(height, 0, -1):
        cells = []
        for value in values:
            eighths = round(value / top * height * 8) - (row - 1) * 8
            cells.append(_EIGHTHS[max(0, min(8, eighths))])
        label = short_bytes(top) if row == height else "0 B" if row == 1 else ""
        lines.append(f"{label:>10} {''.join(cells).rstrip()}")
    lines.append(" " * 11 + phases(timeline, len(values)))
    return lines


def phases(timeline: Sequence[Stage], columns: int) -> str:
    """``forward      backward     optimizer`` below the stretches where they happen."""
    stages = [stage.phase for stage in timeline if stage.phase != "setup"]
    if not stages:
        return ""
    text = [" "] * columns
    for phase in dict.fromkeys(each for each in stages if each != "loss"):
        at = stages.index(phase) * columns // len(stages)
        word = ("|" + phase)[: columns - at]
        if all(text[at + offset] == " " for offset in range(len(word))):
            text[at : at + len(word)] = word
    return "".join(text).rstrip()


def document(estimate: Estimate) -> dict[str, Any]:
    """The JSON contract, version 1."""
    report, cuda, fit = estimate.report, estimate.cuda, estimate.fit
    names = (
        "batch", "dtype", "autocast", "loss_scaling", "training", "optimizer", "device", "loss", "parameters_bytes",
        "buffers_bytes", "gradients_bytes", "optimizer_bytes", "input_bytes", "saved_bytes", "peak_bytes", "peak_at",
        "peak_phase",
    )  # fmt: skip
    return {
        "version": VERSION,
        "network": report.graph,
        "torch": ".".join(map(str, report.torch)),
        **{name: getattr(report, name) for name in names},
        "alive_at_peak": [held._asdict() for held in report.alive],
        "cuda": {**cuda._asdict(), "workspace_bytes": estimate.workspace_bytes} if cuda is not None else None,
        "limit_bytes": estimate.limit,
        "fits": estimate.fits,
        "largest_batch": fit._asdict() if fit is not None else None,
        "hints": [hint._asdict() for hint in estimate.hints],
        "timeline": [stage._asdict() for stage in report.timeline],
    }


def as_json(estimates: Sequence[Estimate]) -> str:
    """One document; for several nets ``{"version": 1, "networks": [...]}``."""
    documents = [document(each) for each in estimates]
    value: Any = documents[0] if len(documents) == 1 else {"version": VERSION, "networks": documents}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def errors_as_json(errors: Sequence[Diagnostic]) -> str:
    """What could not be used: a document without networks."""
    document = {"version": VERSION, "networks": [], "errors": [diagnostics.as_json(each) for each in errors]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def svg(report: MemoryReport, width: int = 900, height: int = 360) -> str:
    """The bytes alive over the step as a self-contained picture."""
    stages = [stage for stage in report.timeline if stage.phase != "setup"] or list(report.timeline)
    left, bottom, top = 80, 40, 40
    inner, tall = width - left - 20, height - bottom - top
    largest = max(stage.peak for stage in stages) or 1
    step = inner / max(1, len(stages))

    def at(value: int) -> float:
        return top + tall * (1 - value / largest)

    points = [f"{left:.1f},{top + tall}"]
    for number, stage in enumerate(stages):
        points += [
            f"{left + number * step:.1f},{at(stage.peak):.1f}",
            f"{left + (number + 1) * step:.1f},{at(stage.peak):.1f}",
        ]
    points.append(f"{left + inner:.1f},{top + tall}")
    kind = f"training step, {report.optimizer}" if report.training else "inference"
    peak = f"peak {short_bytes(report.peak_bytes)} at {report.peak_at}"
    title = escape(f"{report.graph}: {kind}, batch {report.batch}, {data_type(report)}: {peak}")
    box = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="22" font-size="14">{title}</text>',
        f'<polygon points="{" ".join(points)}" fill="#7aa6c2" stroke="#2f6690"/>',
    ]
    for tick in range(5):
        value = largest * tick // 4
        y = at(value)
        lines.append(
            f'<line x1="{left}" x2="{left + inner}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc" stroke-width="0.5"/>'
        )
        lines.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{short_bytes(value)}</text>')
    names = [stage.phase for stage in stages]
    for phase in dict.fromkeys(names):
        x = left + names.index(phase) * step
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + tall}" stroke="#888" stroke-dasharray="3 3"/>'
        )
        lines.append(f'<text x="{x + 4:.1f}" y="{height - 16}">{escape(phase)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
