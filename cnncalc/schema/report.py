"""The JSON Schema of what ``summarize --format json`` prints."""

from __future__ import annotations

from cnncalc.errors import codes
from cnncalc.layers import TABLE
from cnncalc.layers.base import Work
from cnncalc.render.json import VERSION
from cnncalc.schema.terms import DRAFT, JSON, ref, several


def report() -> JSON:
    """The schema of what ``cnncalc summarize --format json`` prints."""
    return {
        "$schema": DRAFT,
        "title": f"cnncalc summarize --format json, version {VERSION}",
        **_record(
            {
                "version": {"const": VERSION},
                "networks": _list(ref("network"), "One entry per net, in the order of the targets."),
                "errors": _list(ref("error"), "Everything that was wrong, by file and place; empty if nothing was."),
            }
        ),
        "definitions": {
            "network": _network(),
            "layer": _layer(),
            "value": _record({"name": _text("Its name."), "shape": ref("shape")}),
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
            "count": {"type": "integer", "minimum": 0},
            "work": _record({name: ref("count") for name in Work._fields}, "Operations beside the MACs, by kind."),
            "error": _error(),
        },
    }


def _record(properties: dict[str, JSON], description: str = "") -> JSON:
    """An object that has all of these properties; more may come with a later release."""
    made: JSON = {"type": "object", "properties": properties, "required": list(properties)}
    return {"description": description, **made} if description else made


def _list(items: JSON, description: str) -> JSON:
    return {"description": description, "type": "array", "items": items}


def _text(description: str, null: bool = False) -> JSON:
    return {"description": description, **(several("string", "null") if null else {"type": "string"})}


def _count(description: str, null: bool = False) -> JSON:
    return {"description": description, "type": ["integer", "null"] if null else "integer", "minimum": 0}


def _network() -> JSON:
    return _record(
        {
            "name": _text("The network's name; with the net's behind a dot where there are several."),
            "source": _text("The file, `<stdin>`, or `<line>` for a one-line network."),
            "variant": _text("The variant that was chosen.", null=True),
            "net": _text("The net, where the file has several.", null=True),
            "complete": {"description": "False where the layers end at a fault.", "type": "boolean"},
            "convention": _text("What the figures count, in words."),
            "batch": {"description": "Examples at a time.", "type": "integer", "minimum": 1},
            "dtype": _text("The data type of values and weights."),
            "per_image": {"description": "How often the net runs per image.", "type": "integer", "minimum": 1},
            "inputs": _list(ref("value"), "The inputs."),
            "outputs": _list(ref("value"), "The outputs."),
            "layers": _list(ref("layer"), "The layers in the order of execution."),
            "totals": _record(
                {
                    "layers": _count("How many layers there are."),
                    "params": _count("Learned values, each once."),
                    "trainable": _count("Those of them that training changes."),
                    "buffers": _count("Values that are state but not learned."),
                    "macs": _count("Multiply-accumulates for the whole batch."),
                    "flops": _count("Twice the MACs."),
                    "activation_bytes": _count("The outputs of all layers, for the whole batch."),
                    "parameter_bytes": _count("The parameters."),
                    "buffer_bytes": _count("The buffers."),
                    "work": ref("work"),
                    "inference_peak_bytes": _count("The most bytes alive in a forward pass.", null=True),
                    "training_peak_bytes": _count("The most bytes alive in a training step with SGD.", null=True),
                },
                "The sums over the layers.",
            ),
        }
    )


def _layer() -> JSON:
    axes = {"description": "One number per spatial axis.", "type": "array", "items": {"type": "number"}}
    return _record(
        {
            "name": _text("The node's name: a path of lines, blocks and branches, ending in the layer word."),
            "line": _text("The line it stands in, where that has a name.", null=True),
            "kind": {"description": "The layer word.", "enum": list(TABLE)},
            "inputs": _list({"type": "string"}, "The nodes or inputs that flow in."),
            "output": ref("shape"),
            "params": _count("Learned values that count here: 0 for a later use of shared weights."),
            "trainable": _count("Those of them that training changes."),
            "buffers": _count("Values that are state but not learned."),
            "macs": _count("Multiply-accumulates for the whole batch."),
            "flops": _count("Twice the MACs."),
            "work": ref("work"),
            "activation_bytes": _count("The output, for the whole batch; 0 for a view or in place."),
            "receptive_field": _record(
                {"size": axes, "stride": axes, "start": axes}, "What one output sees of the input, the largest path."
            ),
            "unread": _list({"type": "integer", "minimum": 0}, "Positions per axis that no window reads."),
            "parameters": _list(
                _record({"name": _text("weight, bias, ..."), "shape": ref("shape")}), "The learned tensors."
            ),
            "weights_of": _text("The first layer with the same weights.", null=True),
            "formulas": {
                "description": "Worked formulas for one example: output, params, macs.",
                "type": "object",
                "additionalProperties": {"type": "string"},
            },
            "source": {
                "description": "Where it stands in the text, counted from 1.",
                **several("object", "null"),
                "properties": {"line": _count("The line."), "column": _count("The column.")},
                "required": ["line", "column"],
            },
        }
    )


def _place() -> dict[str, JSON]:
    number = {**several("integer", "null"), "minimum": 1}
    return {
        "file": _text("The file.", null=True),
        "line": {"description": "The line, counted from 1.", **number},
        "column": {"description": "The first column, counted from 1 in code points.", **number},
        "end_column": {"description": "One past the last column.", **number},
    }


def _error() -> JSON:
    return _record(
        {
            "code": {"description": "A stable code.", "enum": list(codes())},
            "name": {"description": "The code's name in words.", "enum": list(codes().values())},
            "severity": {"enum": ["error", "warning", "info"]},
            "message": _text("What is wrong; stands alone."),
            **_place(),
            "layer": _text("The line or layer it is about.", null=True),
            "label": _text("What the caret says: the arithmetic, mostly."),
            "notes": _list({"type": "string"}, "Where the values came from."),
            "help": _list({"type": "string"}, "Ways out."),
            "related": _list(_record({"message": _text("What is there."), **_place()}), "Other places it points to."),
        }
    )
