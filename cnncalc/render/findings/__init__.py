"""What the linter found, for people and for programs: one format, one module with ``render(outcome) -> str``.

Paths are relative, lines and columns counted from 1 in code points, ``end_column`` is one past the end: a format that
counts otherwise converts.
"""

from __future__ import annotations

from importlib import import_module

from cnncalc.linting.records import Outcome
from cnncalc.render.findings._common import counted

__all__ = ["counted", "render"]


def render(outcome: Outcome, format_: str) -> str:
    """The outcome in one of ``settings.FORMATS``; empty where a format has nothing to say."""
    text: str = import_module(f"cnncalc.render.findings.{format_.replace('-', '_')}").render(outcome)
    return text
