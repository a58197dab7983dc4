"""Two records side by side: ratios, and whether a difference is more than the spread of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.backend.probe.record import KEY, VERSION, Unreadable

KIND = "cnncalc probe comparison"


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison document of two records, see docs/probe.md; ratios are B over A.  Raises :class:`Unreadable` where
    one was changed so that figures are missing or none."""
    try:
        return document(one, other)
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"one of the records is not as `cnncalc probe` wrote it: {error}") from None


def document(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    rows, others = by_key(one["rows"]), by_key(other["rows"])
    return {
        "version": VERSION,
        "kind": KIND,
        "a": heading(one),
        "b": heading(other),
        "differences": differences(one, other),
        "ceilings": ceilings(one["ceilings"], other["ceilings"]),
        "rows": [both(rows[key], others[key]) for key in rows if key in others],
        "only_a": [dict(zip(KEY, key, strict=True)) for key in rows if key not in others],
        "only_b": [dict(zip(KEY, key, strict=True)) for key in others if key not in rows],
    }


def by_key(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[each] for each in KEY): row for row in rows}


def heading(record: Mapping[str, Any]) -> dict[str, Any]:
    environment = record["environment"]
    return {
        "network": record["network"].get("name"),
        "device": environment.get("name"),
        "torch": environment.get("torch"),
        "date": record["date"],
        "complete": record["complete"],
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the surroundings of the measurements differ: device, versions, settings."""
    found = []
    for part in ("environment", "settings"):
        for name in dict.fromkeys([*one[part], *other[part]]):
            a, b = one[part].get(name), other[part].get(name)
            if a != b:
                found.append({"name": f"{part}.{name}", "a": a, "b": b})
    return found


def ceilings(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ceilings that both have; times are of runs of different sizes, so only rates are compared."""
    found = []
    pairs = [("copy", "bytes_per_second", one.get("copy"), other.get("copy"))]
    matmuls = {each["dtype"]: each for each in other.get("matmul", [])}
    pairs += [
        (f"matmul {each['dtype']}", "flops_per_second", each, matmuls.get(each["dtype"]))
        for each in one.get("matmul", [])
    ]
    for name, unit, a, b in pairs:
        if a and b and a.get(unit) and b.get(unit):
            found.append({"name": name, "unit": unit, "a": a[unit], "b": b[unit], "ratio": b[unit] / a[unit]})
    return found


def both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A row that both records have; with its layers where both timed them."""
    found: dict[str, Any] = {each: one[each] for each in KEY}
    found |= {"a_status": one["status"], "b_status": other["status"]}
    found |= times(one["time"], other["time"])
    layers = {each["name"]: each for each in other["layers"] or ()}
    found["layers"] = [
        {"name": each["name"], "kind": each["kind"], **times(each["time"], layers[each["name"]]["time"])}
        for each in one["layers"] or ()
        if each["name"] in layers
    ]
    return found


def times(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> dict[str, Any]:
    """Both medians, B over A, and whether the interquartile ranges lie apart; None where a time is missing."""
    if not one or not other:
        a, b = (each["median_seconds"] if each else None for each in (one, other))
        return {"a_seconds": a, "b_seconds": b, "ratio": None, "beyond_spread": None}
    a, b = one["median_seconds"], other["median_seconds"]
    apart = one["q3_seconds"] < other["q1_seconds"] or other["q3_seconds"] < one["q1_seconds"]
    return {"a_seconds": a, "b_seconds": b, "ratio": b / a if a else None, "beyond_spread": apart}
