"""The lint rules: one file each, found by its name; this module knows how to read one.

``p101_bias_before_norm.py`` is the rule P101, called bias-before-norm.  Its docstring is its page and its test (a line
that says it all, then the sections of ``cnncalc/pages``), its constants are what else there is to know, and its
``check`` gives the findings.  See docs/adding.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Diagnostic, codes, rule_files

if TYPE_CHECKING:
    from cnncalc.rules._subject import Subject

SEVERITIES = ("info", "warning", "error")
"""From the least to the worst."""


class Rule(NamedTuple):
    """One rule, as its file describes it."""

    code: str
    name: str
    severity: str
    """``SEVERITY``: error, warning or info."""
    fixable: bool
    """``FIXABLE``: whether some of its findings carry a fix."""
    default: bool
    """``DEFAULT``: whether it is on unless it is chosen by name."""
    changes: tuple[str, ...]
    """``CHANGES``: the totals of a report that its fix changes; such a fix is unsafe."""
    options: Mapping[str, Any]
    """``OPTIONS``: its settings and their values where the user gives none; a value has the type of that value."""
    summary: str
    page: str
    """The sections of its docstring."""
    check: Callable[[Subject], Iterator[Diagnostic]]


@cache
def load(code: str) -> Rule:
    """The rule of a code; imports its file."""
    module = import_module(f"cnncalc.rules.{rule_files()[code]}")
    summary, _, page = (module.__doc__ or "").partition("\n\n")
    return Rule(
        code,
        codes()[code],
        module.SEVERITY,
        getattr(module, "FIXABLE", False),
        getattr(module, "DEFAULT", True),
        getattr(module, "CHANGES", ()),
        getattr(module, "OPTIONS", {}),
        " ".join(summary.split()),
        page,
        module.check,
    )
