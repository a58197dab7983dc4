"""Modules that are imported when their first name is asked for: the wording of faults, which most runs never need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class Lazy:
    """Stands for a module until it is used."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None

    def __getattr__(self, name: str) -> Any:
        if self._module is None:
            self._module = import_module(self._name)
        return getattr(self._module, name)
