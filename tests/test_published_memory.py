"""Runs that others measured on their GPUs: who fitted and who did not, and how far the model is off."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

import pytest

from tests.published_memory import DATA, errors_of, fits

PUBLISHED: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
DEVICES: dict[str, int] = PUBLISHED["device_bytes"]


def named(row: dict[str, Any]) -> str:
    return f"{row['model']} {row['optimizer']} {row['batch']} {row['gpu']}"


@pytest.mark.parametrize("row", PUBLISHED["out_of_memory"], ids=named)
def test_a_run_that_was_out_of_memory(row: dict[str, Any]) -> None:
    assert not fits(row, DEVICES[row["gpu"]])


def test_runs_that_fitted() -> None:
    """All of them fit here, too, and half of them are closer than half of the published estimates are."""
    rows = PUBLISHED["table"] + PUBLISHED["others"]
    errors = [errors_of(row, DEVICES[row["gpu"]]) for row in rows]
    ours, xmem = (median(abs(each[name]) for each in errors) for name in ("ours", "xmem"))
    assert len(rows) == 53
    assert ours < 0.03 < xmem
