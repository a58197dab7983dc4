"""The words that both schemas are made of."""

from __future__ import annotations

from typing import Any, TypeAlias

JSON: TypeAlias = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"


def ref(name: str) -> JSON:
    return {"$ref": f"#/definitions/{name}"}


def several(*types: str) -> JSON:
    return {"type": list(types)}
