"""JSON Schemas: of an architecture file, made from the table of layers, and of ``summarize --format json``.

Both are draft-07, the newest that editors' YAML language servers support in full.  What may stand under a layer word is
chosen by ``if``/``then`` instead of one big ``oneOf``, and a value of several forms is one schema with several types
instead of an ``anyOf``: so one mistake is one message.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from cnncalc.errors import codes
from cnncalc.layers import SPELLINGS, TABLE, kind_of
from cnncalc.layers.base import Work
from cnncalc.render.json import VERSION
from cnncalc.spec.budget import DTYPES, FIGURES

JSON: TypeAlias = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
SHARED = "^shared_"
"""An ``op`` that begins like this is a block, as ``cnncalc expand`` writes shared weights."""

KEYS: dict[str, str] = {
    "name": "What the network is called; the file's name if not given.",
    "about": "Where the architecture comes from: the paper, the table, the source of the figures.",
    "family": "The family that lists group the network under.",
    "year": "The year of publication.",
    "input": "Shape of the input, channels first (3x224x224, 784, [3, size, size]), or the name of a net above.",
    "inputs": "Several inputs by name; a line begins with the name of the one it takes.",
    "params": "Numbers that phrases may calculate with; `--set width=0.5` overrides one.",
    "variants": "Named sets of params; each may have its own `name`, `year`, `expect` and `budget`.",
    "defaults": "Options of a layer wherever they are not given: `conv: nobias`.",
    "blocks": "Functions from value to value: `bottleneck(c, stride=1): ...`.",
    "shared": "Blocks with one set of weights for all their uses.",
    "layers": "The lines of the network: each goes on from the one above unless it begins with a name.",
    "outputs": "The lines that the network puts out; the last one if not given.",
    "nets": "Several nets in one file, by name.",
    "import": "Files beside this one whose blocks are taken.",
    "tiling": "Whether a stride that does not tile its input is an error.",
    "expect": "Figures that the file vouches for: `conv1: 96x55x55`, `params: 25.6M`.",
    "budget": "Limits that the figures must keep: `params: 5M`, `receptive_field: {min: 224}`.",
    "per_image": "How often the net runs per image (the heads of a detector).",
}
"""The keys of a file, and what they are for."""

NET_KEYS = ("about", "input", "inputs", "layers", "outputs", "per_image", "expect", "budget")


def _ref(name: str) -> JSON:
    return {"$ref": f"#/definitions/{name}"}


def _several(*types: str) -> JSON:
    return {"type": list(types)}


# -- the architecture file -----------------------------------------------------------------------------------------


def architecture() -> JSON:
    """The schema of an architecture file."""
    forms = _forms()
    return {
        "$schema": DRAFT,
        "title": "A convolutional network for cnncalc",
        "type": "object",
        "properties": {key: {"description": text, **forms[key]} for key, text in KEYS.items()},
        "additionalProperties": False,
        "if": {"not": {"required": ["nets"]}},
        "then": {"required": ["layers"]},
        "definitions": {**_parts(), **{word: layer(word) for word in TABLE}},
    }


def _forms() -> dict[str, JSON]:
    """The form of each key."""
    text = _several("string")
    size = _several("integer", "string")
    blocks = {"type": "object", "additionalProperties": _lines()}
    options = {word: _options(word) for word in [*TABLE, *SPELLINGS]}
    return {
        "name": text,
        "about": text,
        "family": text,
        "year": _year(),
        "input": _shape(),
        "inputs": {"type": "object", "additionalProperties": _shape()},
        "params": {"type": "object", "additionalProperties": _several("number", "string", "boolean")},
        "variants": {
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": {"expect": _expect(), "budget": _budget(), "name": text, "year": _year()},
                "additionalProperties": _several("number", "string", "boolean"),
            },
        },
        "defaults": {"type": "object", "properties": options, "additionalProperties": False},
        "blocks": blocks,
        "shared": blocks,
        "layers": _lines(),
        "outputs": {**_several("string", "array", "object"), "items": text, "additionalProperties": text},
        "nets": {"type": "object", "additionalProperties": _ref("net")},
        "import": {**_several("string", "array"), "items": text},
        "tiling": {"enum": ["floor", "strict"], "default": "floor"},
        "expect": _expect(),
        "budget": _budget(),
        "per_image": {**size, "minimum": 1},
    }


def _year() -> JSON:
    return {**_several("integer", "string"), "minimum": 1000, "maximum": 2999, "pattern": "^[12][0-9]{3}$"}


def _shape() -> JSON:
    numbers = {**_several("integer", "string"), "minimum": 1}
    return {**_several("string", "integer", "array"), "minimum": 1, "items": numbers, "minItems": 1}


def _expect() -> JSON:
    numbers = _several("integer")
    return {
        "type": "object",
        "additionalProperties": {**_several("string", "number", "array"), "items": numbers},
    }


def _budget() -> JSON:
    """A figure, or a mapping with its bounds; what the peak of the memory is asked for stands beside them."""
    limits: JSON = {}
    for name in FIGURES:
        whole = ("integer", "string") if name in ("layers", "receptive_field") else ("integer", "number", "string")
        figure = {**_several(*whole), "minimum": 0}
        bounds: JSON = {"max": {"description": "The most that is allowed.", **figure}}
        if name == "receptive_field":
            bounds["min"] = {"description": "The least that will do.", **figure}
            bounds["at"] = {"description": "A line or a layer; the outputs if not given.", **_several("string")}
        if name == "peak_memory":
            bounds |= _memory_step()
        limits[name] = {**_several(*whole, "object"), "minimum": 0, "properties": bounds, "additionalProperties": False}
        either = [{"required": ["min"]}, {"required": ["max"]}]
        inner = {"anyOf": either} if name == "receptive_field" else {"required": ["max"]}
        limits[name] |= {"if": {"type": "object"}, "then": inner}
    return {"type": "object", "properties": limits, "additionalProperties": False}


def _memory_step() -> JSON:
    """What a peak of the memory is asked for."""
    return {
        "batch": {"description": "Examples at a time.", **_several("integer", "string"), "minimum": 1},
        "dtype": {"description": "The data type.", "enum": list(DTYPES), "default": DTYPES[0]},
        "training": {"description": "A training step, not an inference.", "type": "boolean", "default": False},
    }


def _lines() -> JSON:
    """Lines: a phrase, a list, a mapping from name to phrase, or a single long form."""
    return {
        **_several("string", "array", "object"),
        "minLength": 1,
        "items": _ref("item"),
        "minItems": 1,
        "if": {"type": "object"},
        "then": {"if": {"required": ["op"]}, "then": _ref("long_form"), "else": _ref("named")},
    }


def _parts() -> dict[str, JSON]:
    forms = _forms()
    words = [*TABLE, *SPELLINGS]
    return {
        "net": {
            "type": "object",
            "properties": {key: {"description": KEYS[key], **forms[key]} for key in NET_KEYS},
            "required": ["layers"],
            "additionalProperties": False,
        },
        "line": {
            "description": "A phrase such as `conv 96 11x11 /4 | relu`, or a long form {op: conv, channels: 96, ...}.",
            **_several("string", "object"),
            "minLength": 1,
            "if": {"type": "object"},
            "then": _ref("long_form"),
        },
        "named": {"additionalProperties": _ref("line"), "minProperties": 1},
        "item": {
            **_several("string", "object"),
            "minLength": 1,
            "if": {"type": "object"},
            "then": {
                "if": {"required": ["op"]},
                "then": _ref("long_form"),
                "else": {"additionalProperties": _ref("line"), "minProperties": 1, "maxProperties": 1},
            },
        },
        "long_form": {
            "type": "object",
            "properties": {"op": {"description": "The layer's word.", **_op(words)}},
            "required": ["op"],
            "allOf": [
                {
                    "if": {"properties": {"op": {"enum": [word, *_others(word)]}}, "required": ["op"]},
                    "then": _ref(word),
                }
                for word in TABLE
            ],
        },
        "from": {
            "description": "Where the input comes from: the name of an input or of a line above.",
            **_several("string", "array"),
            "items": _several("string"),
            "minItems": 1,
        },
    }


def _op(words: list[str]) -> JSON:
    return {"type": "string", "if": {"pattern": SHARED}, "then": {}, "else": {"enum": words}}


def _others(word: str) -> list[str]:
    return [other for other, canonical in SPELLINGS.items() if canonical == word]


def _options(word: str) -> JSON:
    """Options of a layer under ``defaults``: a phrase of options, or a mapping of them."""
    made = layer(SPELLINGS.get(word, word))
    properties = {key: value for key, value in made["properties"].items() if key not in ("op", "from")}
    return {
        **_several("string", "number", "object"),
        "description": made["description"],
        "properties": properties,
        "additionalProperties": False,
    }


def layer(word: str) -> JSON:
    """The long form of a layer: its fields, ``op`` and ``from``."""
    kind = kind_of(word)
    made = kind.layer.model_json_schema()
    hidden: set[str] = set()
    if "node" in kind.lines.values():  # what an unpooling needs to know it reads off its pooling
        hidden = {name for name in kind.fields if name not in kind.lines}
    properties = {name: _field(each) for name, each in made.get("properties", {}).items() if name not in hidden}
    required = [name for name in kind.required if name not in hidden]
    return {
        "description": made["description"],
        "type": "object",
        "properties": {"op": {}, **properties, "from": _ref("from")},
        "required": [*required, *(["from"] if kind.layer.inputs != 1 else [])],
        "additionalProperties": False,
    }


def _field(made: JSON) -> JSON:
    """A field as one schema: the forms that its value may have are several types."""
    default = made.get("default")
    found = {"description": made["description"], **_merged(made, 0 if default == 0 else None)}
    return found if default is None else {**found, "default": default}


def _merged(made: JSON, least: int | None) -> JSON:
    found: JSON = {"type": []}
    for form in made.get("anyOf", [made]):
        types = form.get("type", "string")  # an enum stands beside a string, which may be any arithmetic
        for each in types if isinstance(types, list) else [types]:
            if each not in ("null", *found["type"]):
                found["type"].append(each)
        if "minimum" in form:
            found["minimum"] = form["minimum"] if least is None else least
        if "items" in form:
            items = _merged(form["items"], least)
            types = items["type"] if isinstance(items["type"], list) else [items["type"]]
            items["type"] = [*types, "string"]
            found |= {key: form[key] for key in ("minItems", "maxItems") if key in form}
            found["items"] = items
    if len(found["type"]) == 1:
        found["type"] = found["type"][0]
    return found


# -- the report ----------------------------------------------------------------------------------------------------


def report() -> JSON:
    """The schema of what ``cnncalc summarize --format json`` prints."""
    return {
        "$schema": DRAFT,
        "title": f"cnncalc summarize --format json, version {VERSION}",
        **_record(
            {
                "version": {"const": VERSION},
                "networks": _list(_ref("network"), "One entry per net, in the order of the targets."),
                "errors": _list(_ref("error"), "Everything that was wrong, by file and place; empty if nothing was."),
            }
        ),
        "definitions": {
            "network": _network(),
            "layer": _layer(),
            "value": _record({"name": _text("Its name."), "shape": _ref("shape")}),
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
            "count": {"type": "integer", "minimum": 0},
            "work": _record({name: _ref("count") for name in Work._fields}, "Operations beside the MACs, by kind."),
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
    return {"description": description, **(_several("string", "null") if null else {"type": "string"})}


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
            "inputs": _list(_ref("value"), "The inputs."),
            "outputs": _list(_ref("value"), "The outputs."),
            "layers": _list(_ref("layer"), "The layers in the order of execution."),
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
                    "work": _ref("work"),
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
            "output": _ref("shape"),
            "params": _count("Learned values that count here: 0 for a later use of shared weights."),
            "trainable": _count("Those of them that training changes."),
            "buffers": _count("Values that are state but not learned."),
            "macs": _count("Multiply-accumulates for the whole batch."),
            "flops": _count("Twice the MACs."),
            "work": _ref("work"),
            "activation_bytes": _count("The output, for the whole batch; 0 for a view or in place."),
            "receptive_field": _record(
                {"size": axes, "stride": axes, "start": axes}, "What one output sees of the input, the largest path."
            ),
            "unread": _list({"type": "integer", "minimum": 0}, "Positions per axis that no window reads."),
            "parameters": _list(
                _record({"name": _text("weight, bias, ..."), "shape": _ref("shape")}), "The learned tensors."
            ),
            "weights_of": _text("The first layer with the same weights.", null=True),
            "formulas": {
                "description": "Worked formulas for one example: output, params, macs.",
                "type": "object",
                "additionalProperties": {"type": "string"},
            },
            "source": {
                "description": "Where it stands in the text, counted from 1.",
                **_several("object", "null"),
                "properties": {"line": _count("The line."), "column": _count("The column.")},
                "required": ["line", "column"],
            },
        }
    )


def _place() -> dict[str, JSON]:
    number = {**_several("integer", "null"), "minimum": 1}
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
