"""The JSON Schema of an architecture file, made from the table of layers."""

from __future__ import annotations

from cnncalc.layers import SPELLINGS, TABLE, kind_of
from cnncalc.schema.terms import DRAFT, JSON, ref, several
from cnncalc.spec.budget import DTYPES, FIGURES

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
    text = several("string")
    size = several("integer", "string")
    blocks = {"type": "object", "additionalProperties": _lines()}
    options = {word: _options(word) for word in [*TABLE, *SPELLINGS]}
    return {
        "name": text,
        "about": text,
        "family": text,
        "year": _year(),
        "input": _shape(),
        "inputs": {"type": "object", "additionalProperties": _shape()},
        "params": {"type": "object", "additionalProperties": several("number", "string", "boolean")},
        "variants": {
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": {"expect": _expect(), "budget": _budget(), "name": text, "year": _year()},
                "additionalProperties": several("number", "string", "boolean"),
            },
        },
        "defaults": {"type": "object", "properties": options, "additionalProperties": False},
        "blocks": blocks,
        "shared": blocks,
        "layers": _lines(),
        "outputs": {**several("string", "array", "object"), "items": text, "additionalProperties": text},
        "nets": {"type": "object", "additionalProperties": ref("net")},
        "import": {**several("string", "array"), "items": text},
        "tiling": {"enum": ["floor", "strict"], "default": "floor"},
        "expect": _expect(),
        "budget": _budget(),
        "per_image": {**size, "minimum": 1},
    }


def _year() -> JSON:
    return {**several("integer", "string"), "minimum": 1000, "maximum": 2999, "pattern": "^[12][0-9]{3}$"}


def _shape() -> JSON:
    numbers = {**several("integer", "string"), "minimum": 1}
    return {**several("string", "integer", "array"), "minimum": 1, "items": numbers, "minItems": 1}


def _expect() -> JSON:
    numbers = several("integer")
    return {
        "type": "object",
        "additionalProperties": {**several("string", "number", "array"), "items": numbers},
    }


def _budget() -> JSON:
    """A figure, or a mapping with its bounds; what the peak of the memory is asked for stands beside them."""
    limits: JSON = {}
    for name in FIGURES:
        whole = ("integer", "string") if name in ("layers", "receptive_field") else ("integer", "number", "string")
        figure = {**several(*whole), "minimum": 0}
        bounds: JSON = {"max": {"description": "The most that is allowed.", **figure}}
        if name == "receptive_field":
            bounds["min"] = {"description": "The least that will do.", **figure}
            bounds["at"] = {"description": "A line or a layer; the outputs if not given.", **several("string")}
        if name == "peak_memory":
            bounds |= _memory_step()
        limits[name] = {**several(*whole, "object"), "minimum": 0, "properties": bounds, "additionalProperties": False}
        either = [{"required": ["min"]}, {"required": ["max"]}]
        inner = {"anyOf": either} if name == "receptive_field" else {"required": ["max"]}
        limits[name] |= {"if": {"type": "object"}, "then": inner}
    return {"type": "object", "properties": limits, "additionalProperties": False}


def _memory_step() -> JSON:
    """What a peak of the memory is asked for."""
    return {
        "batch": {"description": "Examples at a time.", **several("integer", "string"), "minimum": 1},
        "dtype": {"description": "The data type.", "enum": list(DTYPES), "default": DTYPES[0]},
        "training": {"description": "A training step, not an inference.", "type": "boolean", "default": False},
    }


def _lines() -> JSON:
    """Lines: a phrase, a list, a mapping from name to phrase, or a single long form."""
    return {
        **several("string", "array", "object"),
        "minLength": 1,
        "items": ref("item"),
        "minItems": 1,
        "if": {"type": "object"},
        "then": {"if": {"required": ["op"]}, "then": ref("long_form"), "else": ref("named")},
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
            **several("string", "object"),
            "minLength": 1,
            "if": {"type": "object"},
            "then": ref("long_form"),
        },
        "named": {"additionalProperties": ref("line"), "minProperties": 1},
        "item": {
            **several("string", "object"),
            "minLength": 1,
            "if": {"type": "object"},
            "then": {
                "if": {"required": ["op"]},
                "then": ref("long_form"),
                "else": {"additionalProperties": ref("line"), "minProperties": 1, "maxProperties": 1},
            },
        },
        "long_form": {
            "type": "object",
            "properties": {"op": {"description": "The layer's word.", **_op(words)}},
            "required": ["op"],
            "allOf": [
                {
                    "if": {"properties": {"op": {"enum": [word, *_others(word)]}}, "required": ["op"]},
                    "then": ref(word),
                }
                for word in TABLE
            ],
        },
        "from": {
            "description": "Where the input comes from: the name of an input or of a line above.",
            **several("string", "array"),
            "items": several("string"),
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
        **several("string", "number", "object"),
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
        "properties": {"op": {}, **properties, "from": ref("from")},
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
