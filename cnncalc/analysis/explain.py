"""Explanations: how the figures of a layer, or of all layers in brief, come about.

>>> from cnncalc.api import explain
>>> explain("3x227x227 | conv 96 11x11 /4", "conv1").layers[0].section("params").steps[-2].text
'(11*11*3)*96 + 96 = 34,944'
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cnncalc.analysis.derivation import Derivation, brief, derivation
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Group, Row
from cnncalc.errors import did_you_mean, fault
from cnncalc.units import grouped


class Explanation(NamedTuple):
    """The derivations of some layers of a net; ``brief`` where they are a line or two each."""

    report: Report
    layers: tuple[Derivation, ...]
    brief: bool = False

    @property
    def name(self) -> str:
        """The network's."""
        return self.report.name

    @property
    def totals(self) -> str:
        """The sums in words."""
        totals = self.report.totals
        return (
            f"{totals.layers} layers, {grouped(totals.params)} parameters, "
            f"{grouped(totals.macs)} MACs, {grouped(totals.flops)} FLOPs"
        )

    def __str__(self) -> str:
        lines: list[str] = []
        for layer in self.layers:
            lines += [f"{layer.name}   {layer.kind} {layer.settings}".rstrip()]
            for section in layer.sections:
                lines += [f"  {section.title}"] if section.title else []
                lines += [f"    {step.label + ': ' if step.label else ''}{step.text}" for step in section.steps]
        return "\n".join(lines)


FIGURES = ("output", "params", "weights", "biases", "macs", "flops", "memory", "receptive_field")
"""What questions of homework and expectations ask behind the name of a layer."""

WHOLE = "without the name of a layer, all of them and the total are told"
_NUMBERS = re.compile(r"(?<![\w.])\d{2,15}(?![\w.])")


def explain(report: Report, layer: str | None = None) -> Explanation:
    """The derivation of a layer, of all layers of a line, label or path; without ``layer`` of the whole net in brief.

    Raises :class:`SpecError` (G101) where there is no such layer.
    """
    if layer is None:
        return Explanation(report, tuple(map(brief, report.rows)), True)
    rows = layers_called(report, layer)
    if not rows:
        raise fault("G101", f"there is no layer called {layer!r} in {report.name}", help=[name_help(report, layer)])
    return Explanation(report, tuple(map(derivation, rows)))


def layers_called(report: Report, name: str) -> tuple[Row, ...]:
    """The layer of that name; else all layers of the line, label, output or path."""
    found = report.find(name)
    if isinstance(found, Row):
        return (found,)
    return found.rows if isinstance(found, Group) else ()


def name_help(report: Report, name: str) -> str:
    """The names that may be meant, the nearest one, or what names there are."""
    if name in dict(report.inputs):
        return f"{name!r} is an input: nothing is computed there"
    head, _, figure = name.rpartition(".")
    if figure in FIGURES and (head == "total" or layers_called(report, head)):
        return f"all figures of a layer are told: name {head}" if head != "total" else WHOLE
    if name in ("total", *FIGURES):
        return WHOLE
    asked = set(map(int, _NUMBERS.findall(name)))
    made = [row.name for row in report.rows if asked & {*row.output, row.params, row.macs}]
    if made:
        return f"such a number is a figure of {listed(made)}"
    lines = list(dict.fromkeys(row.line or row.name for row in report.rows))
    meant = [each for each in lines if name and each.startswith(name)]
    meant = meant or [row.name for row in report.rows if row.kind == name]
    if len(meant) > 1:
        return f"which one: {listed(meant)}?"
    known = list(dict.fromkeys([*report.names(), *prefixes(report)]))
    hint = did_you_mean(name, known)
    if hint:
        return hint
    return f"its layers: {listed(lines)}" if lines else "it has no layers"


def listed(names: list[str]) -> str:
    """The first dozen of several names, and how many more there are."""
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def prefixes(report: Report) -> set[str]:
    """Every path that leads to a layer."""
    found: set[str] = set()
    for row in report.rows[:20_000]:
        parts = row.name.split(".")
        found.update(".".join(parts[:length]) for length in range(1, len(parts)))
    return found
