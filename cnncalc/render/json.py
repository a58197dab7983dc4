"""The JSON contract, version 1: see docs/json.md and ``cnncalc schema --report``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.errors import Diagnostic
from cnncalc.reach import ReceptiveField
from cnncalc.render.diagnostics import as_json
from cnncalc.units import plain

VERSION = 1


def render(reports: Sequence[Report], errors: Sequence[Diagnostic], tool: str | None = None) -> str:
    """The document for some reports, with what was wrong."""
    document: dict[str, Any] = {"version": VERSION, "networks": [network(report, tool) for report in reports]}
    document["errors"] = [as_json(each) for each in errors]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def network(report: Report, tool: str | None = None) -> dict[str, Any]:
    """One net, with ``as`` where a tool's totals are wanted too."""
    totals = report.totals
    found: dict[str, Any] = {
        "name": report.name,
        "source": report.graph.network.source.name,
        "variant": report.graph.network.variant,
        "net": report.graph.net.name,
        "complete": report.complete,
        "convention": report.convention,
        "batch": report.batch,
        "dtype": report.dtype,
        "per_image": report.graph.per_image,
        "inputs": [{"name": name, "shape": list(shape)} for name, shape in report.inputs],
        "outputs": [{"name": name, "shape": list(shape)} for name, shape in report.outputs],
        "layers": [layer(row) for row in report.rows],
        "totals": {
            "layers": totals.layers,
            "params": totals.params,
            "trainable": totals.trainable,
            "buffers": totals.buffers,
            "macs": totals.macs,
            "flops": totals.flops,
            "activation_bytes": totals.activation_bytes,
            "parameter_bytes": totals.parameter_bytes,
            "buffer_bytes": totals.buffer_bytes,
            "work": totals.work._asdict(),
            "inference_peak_bytes": report.inference.peak_bytes if report.inference else None,
            "training_peak_bytes": report.training.peak_bytes if report.training else None,
        },
    }
    if tool is not None:
        from cnncalc.analysis.counting import as_tool

        found["as"] = as_tool(report, tool)._asdict()
    return found


def layer(row: Row) -> dict[str, Any]:
    """One layer."""
    mark = row.node.mark
    return {
        "name": row.name,
        "line": row.line,
        "kind": row.kind,
        "inputs": list(row.inputs),
        "output": list(row.output),
        "params": row.params,
        "trainable": row.trainable,
        "buffers": row.buffers,
        "macs": row.macs,
        "flops": row.flops,
        "work": row.work._asdict(),
        "activation_bytes": row.activation_bytes,
        "receptive_field": field(row.receptive_field),
        "unread": list(row.unread),
        "parameters": [{"name": each.name, "shape": list(each.shape)} for each in row.parameters],
        "weights_of": row.weights_of,
        "formulas": row.formulas,
        "source": {"line": mark.line, "column": mark.column} if mark else None,
    }


def field(axes: tuple[ReceptiveField, ...]) -> dict[str, list[int | float]]:
    return {
        "size": [axis.size for axis in axes],
        "stride": [plain(axis.stride) for axis in axes],
        "start": [plain(axis.start) for axis in axes],
    }
