"""The windows that ``solve`` found, as a table and as JSON (version 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.analysis.solve import Solution
from cnncalc.arithmetic import Transposed
from cnncalc.render.ansi import painted
from cnncalc.units import grouped

VERSION = 1

HEADINGS = ("W", "F", "S", "P", "d", "outpad", "output")


def shown(found: Sequence[Solution], limit: int) -> tuple[list[Solution], list[Solution]]:
    """The first ``limit`` that tile, and the first that do not."""
    return [each for each in found if each.tiles][:limit], [each for each in found if not each.tiles][:limit]


def cells(solution: Solution) -> tuple[str, ...]:
    window = solution.window
    pad = str(window.before) if window.before == window.after else f"{window.before}:{window.after}"
    outpad = str(window.outpad) if isinstance(window, Transposed) else "0"
    return (
        str(window.extent),
        str(window.kernel),
        str(window.stride),
        pad,
        str(window.dilation),
        outpad,
        str(window),
    )


def table(found: Sequence[Solution], limit: int) -> str:
    """A table of at most ``limit`` windows that tile, then of as many that do not."""
    groups = shown(found, limit)
    rows = [cells(each) for group in groups for each in group]
    transposed = isinstance(found[0].window, Transposed)
    wanted = [
        index
        for index, (heading, neutral) in enumerate(zip(HEADINGS, ("", "", "", "", "1", "0", ""), strict=True))
        if heading not in ("d", "outpad") or any(row[index] != neutral for row in rows)
    ]
    widths = [max(len(HEADINGS[index]), *(len(row[index]) for row in rows)) for index in wanted]
    lines: list[str] = []
    for group, title in zip(groups, titles(transposed), strict=True):
        if not group:
            continue
        total = sum(each.tiles == group[0].tiles for each in found)
        lines += ["", title] if lines else [title]
        lines.append(line(HEADINGS, wanted, widths))
        lines += [line(cells(each), wanted, widths) for each in group]
        if total > len(group):
            lines.append(f"  and {grouped(total - len(group))} more: --limit N shows N of them")
    word = "deconv" if transposed else "conv"
    lines += ["", f"W input, F kernel, S stride, P padding; as a layer: {word} CHANNELS {found[0].settings}"]
    return "\n".join(lines) + "\n"


def titles(transposed: bool) -> tuple[str, str]:
    if transposed:
        return "exact:", "with rows added at the end (outpad):"
    return "the stride tiles:", "rounded down (floor): what is left over is never read, or is padding:"


def line(texts: Sequence[str], wanted: Sequence[int], widths: Sequence[int]) -> str:
    parts = [f"{texts[index]:>{width}}" for index, width in zip(wanted[:-1], widths, strict=False)]
    return "  " + "  ".join([*parts, texts[wanted[-1]]])


def coloured(words: str, width: int) -> str:
    """The table with the colours of a terminal, through rich."""
    return painted(
        ((style_of(each), each) for each in words.splitlines()), {"dim": "dim", "bold": "bold", "": ""}, width
    )


def style_of(line: str) -> str:
    """Questions and remarks recede, titles stand out."""
    return "dim" if line.startswith(("  W", "W ", "  and")) else "bold" if line.endswith(":") else ""


def as_document(question: Mapping[str, Any], found: Sequence[Solution], limit: int, message: str = "") -> str:
    """``{"version", "question", "solutions": [...], "total", "message"}``."""
    document = {
        "version": VERSION,
        "question": dict(question),
        "solutions": [solution_data(each) for group in shown(found, limit) for each in group],
        "total": len(found),
        "message": message or None,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def solution_data(solution: Solution) -> dict[str, Any]:
    window = solution.window
    return {
        "input": window.extent,
        "kernel": window.kernel,
        "stride": window.stride,
        "pad": [window.before, window.after],
        "dilation": window.dilation,
        "outpad": window.outpad if isinstance(window, Transposed) else 0,
        "transposed": isinstance(window, Transposed),
        "output": window.out,
        "tiles": solution.tiles,
        "formula": str(window),
        "settings": solution.settings,
    }
