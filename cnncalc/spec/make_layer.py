"""From the fields that a call gives to the layer, or to what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cnncalc.layers import Kind
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import got
from cnncalc.spec.bind import Faults, Slot
from cnncalc.spec.evaluate import SpanFault, Unknown
from cnncalc.spec.syntax import Call


def make_layer(
    call: Call, kind: Kind, slots: Mapping[str, Slot], defaults: Mapping[str, Any], made: dict[Any, Layer]
) -> Layer | None:
    """The layer with these fields, the file's defaults for those not given; None where a value is unknown.

    Equal layers become one object (``made`` is the pool).  Raises :class:`Faults`.
    """
    fields = {field: slot.value for field, slot in slots.items()}
    for field, value in defaults.items():
        fields.setdefault(field, value)
    if any(isinstance(value, Unknown) for value in fields.values()):
        missing = [field for field in kind.required if field not in fields]
        if missing:
            raise Faults([missing_fault(call, kind, slots, missing[0])])
        return None
    key = (kind.word, repr(sorted(fields.items())))  # written out, true is not 1
    layer = made.get(key)
    if layer is not None:
        return layer
    try:
        layer = kind.layer(**fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Faults([field_fault(call, kind, slots, each) for each in found]) from None
    made[key] = layer
    return layer


def field_fault(call: Call, kind: Kind, slots: Mapping[str, Slot], found: Mapping[str, Any]) -> SpanFault:
    """What pydantic found, in our words, at the value that it is about."""
    field = str(found["loc"][0]) if found["loc"] else ""
    if found["type"] == "missing":
        return missing_fault(call, kind, slots, field)
    code = {"not_whole": "T105", "too_large": "T106"}.get(found["type"], "T104")
    help = ("wrap it in round8(...), ceil(...) or int(...)",) if code == "T105" else ()
    if isinstance(kind.layer.model_fields[field].default, bool):
        help = (f"{takes(kind)}; what flows in is known, and no argument",)
    span = slots[field].span if field in slots else call.span
    return SpanFault(code, f"{kind.word}'s {field} {found['msg']}", span, help)


def missing_fault(call: Call, kind: Kind, slots: Mapping[str, Slot], field: str) -> SpanFault:
    given = ", ".join(f"{name}={got(slot.value)}" for name, slot in slots.items())
    example = {"conv": "conv 64 3x3", "deconv": "deconv 64 2x2 /2", "fc": "fc 1000"}.get(kind.word, "")
    help = (f"{takes(kind)}; for example `{example}`" if example else takes(kind),)
    return SpanFault(
        "T102", f"{kind.word} needs {field!r}", call.span, help, f"got {given}" if given else "got nothing"
    )


def takes(kind: Kind) -> str:
    """``fc takes: features [bias]``"""
    optional = [name for name in kind.fields if name not in kind.required and name != "in_channels"]
    parts = (f"{kind.word} takes:", ", ".join(kind.required), f"[{', '.join(optional)}]" if optional else "")
    return " ".join(part for part in parts if part)
