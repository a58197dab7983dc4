"""The two JSON Schemas: every network that loads agrees with the first, every report with the second."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml as pyyaml

from cnncalc import api, loading, schema
from cnncalc.errors import Diagnostic, SpecError
from cnncalc.formats.write import yaml
from cnncalc.layers import TABLE, kind_of
from cnncalc.render.json import render
from cnncalc.source import Source
from cnncalc.spec import sort_nets, validate

ROOT = Path(__file__).parent.parent
BUNDLED = sorted((ROOT / "architectures").glob("*.yaml"))
FILE = jsonschema.Draft7Validator(schema.architecture())
REPORT = jsonschema.Draft7Validator(schema.report())

_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")


class Core(pyyaml.BaseLoader):
    """YAML 1.2 as editors read it: plain scalars are typed by the core schema."""


def _scalar(loader: Core, node: pyyaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style is not None:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _INTEGER.match(text):
        return int(text, 0 if text.startswith("0x") else 8 if text.startswith("0o") else 10)
    if _FLOAT.match(text):
        return float(text)
    return text


Core.add_constructor("tag:yaml.org,2002:str", _scalar)  # type: ignore[no-untyped-call]


def load(text: str) -> Any:
    return pyyaml.load(text, Core)


def messages(text: str) -> list[str]:
    return [error.message for error in FILE.iter_errors(load(text))]


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft7Validator.check_schema(schema.architecture())
    jsonschema.Draft7Validator.check_schema(schema.report())


def test_the_keys_are_those_of_the_language() -> None:
    assert set(schema.KEYS) == set(validate.KEYS)
    assert set(schema.NET_KEYS) == set(sort_nets.NET_KEYS)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled(path: Path) -> None:
    assert messages(path.read_text("utf-8")) == []
    flat = yaml.write([report.graph for report in api.analyse_all(api.load(path))])
    assert messages(flat) == []


FORMS = """
params: {k: 3, half: 0.5}
variants: {small: {k: 1, expect: {output: 7}}, same:}
input: [3, 32, 8*k+8]
defaults: {conv: nobias, maxpool: {ceil: true}, batchnorm: noaffine}
import: [other.yaml]
blocks:
  f(c): conv c k
  g():
    - relu as a
    - b: add(a, id)
  h(): {op: bn, eps: 1e-3}
shared: {w: {a: conv 3 1, b: relu}}
layers:
  a: {op: conv, channels: 2*k, kernel: [k, 3], pad: [[0, 1], 1], stride: 2, bias: true}
  b: {op: pool, from: a}
  c: {op: deconv, channels: 3, kernel: 2, outpad: [0, 0]}
"""


def test_forms() -> None:
    assert messages(FORMS) == []
    for layers in ("conv 8 3", "[conv 8 3, {a: relu}, {op: relu}, {b: {op: relu, from: a}}]", "{op: relu}"):
        assert messages(f"{{input: 784, layers: {layers}, outputs: {{a: b}}, expect: {{output: [3, 4]}}}}") == []
    assert messages("nets: {a: {input: 3x8x8, layers: relu}, b: {input: a, layers: relu, per_image: 3}}") == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("layers: {a: {op: conf, channels: 8, kernel: 3}}", "'conf' is not one of ['conv', "),
        (
            "layers: [{op: conv, channels: 8, kernel: 3, strid: 2}]",
            "Additional properties are not allowed ('strid' was",
        ),
        ("layers: {a: {op: conv, kernel: 3}}", "'channels' is a required property"),
        ("layers: {a: {op: add}}", "'from' is a required property"),
        ("layers: {a: {op: conv, channels: 8, kernel: 0}}", "0 is less than the minimum of 1"),
        ("layers: {a: {op: conv, channels: 1.5, kernel: 3}}", "1.5 is not of type 'integer', 'string'"),
        ("layers: {a: {op: conv, channels: 8, kernel: 3, bias: no}}", "'no' is not of type 'boolean'"),
        ("layers: {a: {op: conv, channels: 8, kernel: [3, -3]}}", "-3 is less than the minimum of 1"),
        ("layers: {a: {op: unpool, like: b, kernel: 3}}", "Additional properties are not allowed ('kernel' was"),
        ("layers: {a: {channels: 8}}", "'op' is a required property"),
        ("layers: {a: 5}", "5 is not of type 'string', 'object'"),
        ("layers: [{a: relu, b: relu}]", "{'a': 'relu', 'b': 'relu'} has too many properties"),
        ("layers: ", "None is not of type 'string', 'array', 'object'"),
        ("{layers: relu, layer: relu}", "Additional properties are not allowed ('layer' was unexpected)"),
        ("input: 3x8x8", "'layers' is a required property"),
        ("nets: {a: {input: 3x8x8}}", "'layers' is a required property"),
        ("{layers: relu, tiling: sloppy}", "'sloppy' is not one of ['floor', 'strict']"),
        ("{layers: relu, defaults: {conf: nobias}}", "Additional properties are not allowed ('conf' was"),
        ("{layers: relu, defaults: {conv: {pd: 1}}}", "Additional properties are not allowed ('pd' was"),
        ("{layers: relu, input: [3, 0, 8]}", "0 is less than the minimum of 1"),
        ("{layers: relu, params: [1]}", "[1] is not of type 'object'"),
    ],
)
def test_one_mistake_is_one_message(text: str, message: str) -> None:
    (found,) = messages(text)
    assert found.startswith(message)


def test_every_mistake_is_told() -> None:
    lines = "{a: {op: conf}, b: {op: conv, kernel: 3}, c: {op: conv, channels: 8, kernel: 3, strid: 2}, d: relu}"
    assert len(messages(f"layers: {lines}")) == 3


@pytest.mark.parametrize("word", TABLE)
def test_every_layer_is_in_it(word: str) -> None:
    properties = schema.layer(word)["properties"]
    assert {*properties} - {"op", "from"} == {*kind_of(word).fields} or word == "unpool"
    for name, field in properties.items():
        assert name in ("op", "from") or field["description"]
        if "default" in field:
            jsonschema.Draft7Validator(field).validate(field["default"])


# -- the report ----------------------------------------------------------------------------------------------------


def closed(made: Any) -> Any:
    """The schema with every object closed, so that nothing goes undescribed."""
    if isinstance(made, list):
        return [closed(each) for each in made]
    if not isinstance(made, dict):
        return made
    found = {key: closed(value) for key, value in made.items()}
    if "properties" in made and "type" in made and "required" in made:
        found["additionalProperties"] = False
    return found


CLOSED = jsonschema.Draft7Validator(closed(schema.report()))


def documents() -> Iterator[tuple[str, list[Any], list[Diagnostic]]]:
    for path in BUNDLED:
        yield path.stem, api.analyse_all(api.load(path)), []
    texts = {
        "nothing": "",
        "shape": "3x8x8 | conv 4 3 | conv 4 9 | relu",
        "names": "3x8x8 | conf 4 3 | reluu",
        "block": "f(c): conv c 9; 3x8x8 | f 4",
        "claim": "3x8x8 | conv 4 3 => 4x5x5",
        "signal": "4x100 | conv 8 9 /3 | gap | fc 2",
        "shared": "input: 3x8x8\nshared: {s: conv 3 3 p1 | bn}\nlayers: s | s",
        "identity": "3x8x8 | id",
        "vector": "784 | fc 10 | softmax",
        "expectation": "input: 3x8x8\nlayers: relu\nexpect: {params: 3, nothing: 7}",
    }
    for name, text in texts.items():
        try:
            network = loading.network_of(Source("<line>", text))
            reports = api.analyse_all(network, partial=True, batch=3, dtype="int8")
            yield name, reports, [*network.diagnostics, *(each for report in reports for each in report.diagnostics)]
        except SpecError as error:
            yield name, [], list(error.diagnostics)


DOCUMENTS = {name: (reports, errors) for name, reports, errors in documents()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_reports(name: str) -> None:
    document = json.loads(render(*DOCUMENTS[name]))
    REPORT.validate(document)
    CLOSED.validate(document)


def test_some_documents_have_errors() -> None:
    assert {"nothing", "shape", "names", "block", "claim", "expectation"} == {
        name for name, (_, errors) in DOCUMENTS.items() if errors
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(version=2),
        lambda one: one.pop("errors"),
        lambda one: one["networks"][0]["layers"][0].pop("macs"),
        lambda one: one["networks"][0]["layers"][0].update(kind="conf"),
        lambda one: one["networks"][0]["layers"][0].update(output=[3, 0]),
        lambda one: one["networks"][0]["totals"].update(params="3"),
    ],
)
def test_the_report_schema_can_fail(change: Any) -> None:
    document = json.loads(render(*DOCUMENTS["signal"]))
    change(document)
    assert not REPORT.is_valid(document)


def test_the_command() -> None:
    for arguments, expected in (([], schema.architecture()), (["--report"], schema.report())):
        command = [sys.executable, "-m", "cnncalc", "schema", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
        assert json.loads(done.stdout) == expected


def test_the_pages_name_every_key() -> None:
    language = (ROOT / "docs" / "language.md").read_text("utf-8")
    missing = [key for key in schema.KEYS if f"`{key}`" not in language]
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    made = schema.report()
    parts = [made, *(made["definitions"][part] for part in ("network", "layer", "error"))]
    missing += [key for part in parts for key in part["properties"] if f"`{key}`" not in page]
    assert missing == []
