"""The bundled networks with their figures: what ``list`` shows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc import library
from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic, SpecError
from cnncalc.files import load_source
from cnncalc.formats.read import read
from cnncalc.graph import expand
from cnncalc.library import Place
from cnncalc.shape import Shape
from cnncalc.source import Scalar
from cnncalc.spec.network import Network
from cnncalc.spec.validate import validate


class Entry(NamedTuple):
    """A bundled name: its file, the variant it stands for there, and the figures.

    ``params`` and ``macs`` are sums over the nets of the file, MACs for one example (one image, where a net runs
    several times per image); None where the network cannot be built, which ``diagnostics`` tell.
    """

    name: str
    file: str
    variant: str | None
    title: str
    family: str
    year: int | None
    params: int | None
    macs: int | None
    inputs: tuple[tuple[str, Shape], ...]
    about: str
    diagnostics: tuple[Diagnostic, ...] = ()


def entry(name: str, place: Place) -> Entry:
    """The entry of a bundled name."""
    try:
        network = validate(read(load_source(place.path)), {}, place.variant, load_source, read)
        reports = [Report(graph) for graph in expand(network)]
    except SpecError as error:
        return Entry(name, place.path, place.variant, name, "", None, None, None, (), "", error.diagnostics)
    found = (*network.diagnostics, *(each for report in reports for each in report.diagnostics))
    whole = not found
    return Entry(
        name,
        place.path,
        place.variant,
        network.name,
        text_of(network, "family") or network.name,
        year_of(network),
        sum(report.totals.params for report in reports) if whole else None,
        sum(report.totals.macs * report.graph.per_image for report in reports) if whole else None,
        tuple(each for report in reports for each in report.inputs),
        network.about,
        found,
    )


def family_of(place: Place) -> str:
    """The family that a bundled file says it belongs to, without a look at its network; empty where it says none."""
    try:
        tree = read(load_source(place.path))
    except SpecError:
        return ""
    return next((value.value for key, value in tree if key.value == "family" and isinstance(value, Scalar)), "")


def text_of(network: Network, key: str) -> str:
    tree = network.extra.get(key)
    return tree.value if isinstance(tree, Scalar) else ""


def year_of(network: Network) -> int | None:
    text = text_of(network, "year")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def families(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries by family; families in the order of their first year, their members by year and file; those of a
    file stay in its order."""
    groups: dict[str, list[Entry]] = {}
    for each in entries:
        groups.setdefault(each.family, []).append(each)
    for members in groups.values():
        members.sort(key=lambda each: (each.year or 9999, os.path.basename(each.file)))
    return dict(sorted(groups.items(), key=lambda item: (item[1][0].year or 9999, item[0].lower())))


def names() -> dict[str, Place]:
    """Every bundled name and where it leads."""
    return library.names()
