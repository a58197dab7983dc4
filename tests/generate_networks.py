"""The pages about the bundled families, ``docs/networks/``: prose and published figures from ``FAMILY.yaml`` beside each
page, everything else worked out from the networks by the program.

A page's source says ``family``, what is ``new``, which networks' ``stages`` are shown, what has been ``published`` of
which network (``why`` where ours is another figure), ``rows`` that a paper prints, and under ``notes`` what does not add
up or goes by the same name.  ``{vgg16 fc6 params}`` in prose is that figure: a network, a line or layer if need be, a
figure, and ``k``, ``M``, ``G`` or ``%`` (of the whole network's) behind it.  ``also`` names networks that a page needs
besides the bundled ones: a bundled one with other parameters, another input or a piece of its text changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml

from cnncalc import api
from cnncalc.analysis import catalogue
from cnncalc.analysis.comparison import depth, output_field
from cnncalc.analysis.report import Report
from cnncalc.shape import show
from cnncalc.units import grouped, short_count
from tests.network_stages import LABELS, UNITS, Paper, agrees, stages, table_line

FOLDER = Path(__file__).parent.parent / "docs" / "networks"
MARK = "<!-- Written by `python -m tests.generate_docs` from {} beside it; do not edit. -->"


@cache
def sources() -> dict[str, dict[str, Any]]:
    """The sources of all pages by the name of their file."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


@cache
def entries() -> dict[str, list[catalogue.Entry]]:
    return catalogue.families(catalogue.entry(*each) for each in catalogue.names().items())


class Nets:
    """The networks of a page by the names it has for them."""

    def __init__(self, also: Mapping[str, Mapping[str, Any]]) -> None:
        self.also = also

    def reports(self, name: str) -> list[Report]:
        name, _, net = name.partition(".")
        found = analysed(name) if name not in self.also else changed(**self.also[name])
        return [each for each in found if net in ("", each.graph.net.name)]

    def called(self, name: str) -> str:
        """A network as one would type it."""
        return f"`{self.also[name]['shown'] if name in self.also else name}`"

    def figure(self, words: str) -> str:
        """What ``{vgg16 fc6 params M}`` stands for."""
        name, *rest = words.split()
        unit = rest.pop() if rest[-1] in ("k", "M", "G", "%") else None
        *line, figure = rest
        reports = self.reports(name)
        of: Any = reports[0].totals
        if line:
            of = reports[0].find(line[0])
            assert of is not None, words
        if figure == "output":
            return show(of.output)
        if figure == "field":
            fields = of.receptive_field if line else output_field(reports[0])
            return str(fields[0].size)
        if figure == "depth":
            return str(depth(reports[0].graph))
        total = sum(getattr(report.totals, figure) for report in reports)
        value = getattr(of, figure) if line else total
        if unit == "%":
            return f"{100 * value / total:.2f} %"
        return grouped(value) if unit is None else f"{value / UNITS[unit]:.{3 if unit == 'G' else 2}f} {unit}"

    def filled(self, text: str) -> str:
        return re.sub(r"\{([^{}]+)\}", lambda found: self.figure(found[1]), text).strip()


@cache
def analysed(name: str) -> list[Report]:
    return api.analyse_all(api.load(name))


def changed(
    network: str, shown: str, old: str = "", new: str = "", only: str | None = None, **options: Any
) -> list[Report]:
    """The reports of a bundled network with a piece of its text, its parameters or its input changed; ``shown`` is how
    the page calls it."""
    place = catalogue.names()[network]
    text = Path(place.path).read_text("utf-8")
    assert not old or text.count(old) == 1, (network, old)
    made = api.parse(text.replace(old, new), place.path, variant=place.variant, **options)
    return api.analyse_all(made, only=only)


# -- pages -------------------------------------------------------------------------------------------------------------


def overview(family: str) -> Iterable[str]:
    """Every bundled network of the family, one row each."""
    yield table_line(["name", "network", "year", "input", "params", "MACs", "depth", "field"])
    yield table_line(["---", "---", "---", "---", "---:", "---:", "---:", "---:"])
    for entry in entries()[family]:
        reports = analysed(entry.name)
        shapes = ", ".join(dict.fromkeys(show(shape) for _, shape in entry.inputs))
        fields = [str(each.size) for each in output_field(reports[0])[:1]]
        many = f" in {len(reports)} nets" if len(reports) > 1 else ""
        assert entry.params is not None and entry.macs is not None
        yield table_line(
            [
                f"`{entry.name}`",
                entry.title + many,
                str(entry.year),
                shapes,
                grouped(entry.params),
                short_count(entry.macs),
                str(max(depth(each.graph) for each in reports)),
                *(fields or ["-"]),
            ]
        )


def stage_table(
    nets: Nets, network: str, names: Mapping[str, str] = {}, about: str = "", rows: Any = None
) -> Iterable[str]:
    """The stages of a network under its name; ``rows`` are the figures that a paper prints of them."""
    (report, *_) = nets.reports(network)
    yield f"### {report.name}" + (f": {nets.filled(about)}" if about else "")
    yield ""
    yield from stages(report, names, Paper(**(rows or {})))


def published(nets: Nets, told: list[dict[str, Any]]) -> Iterable[str]:
    """What sources print, and ours."""
    yield table_line(["network", "source", "", "there", "here", "why"])
    yield table_line(["---", "---", "---", "---:", "---:", "---"])
    for each in told:
        reports = nets.reports(each["network"])
        for name in ("params", "macs", "flops"):
            if name not in each:
                continue
            exact = total(reports, name)
            why = "" if agrees(each[name], exact) else nets.filled(each["why"])
            there = grouped(int(each[name])) if each[name].isdigit() else each[name]
            yield table_line([nets.called(each["network"]), each["source"], LABELS[name], there, grouped(exact), why])


def total(reports: Iterable[Report], name: str) -> int:
    """Of all nets of a network; what is done per image, as often as it is done."""
    return sum(getattr(each.totals, name) * (1 if name == "params" else each.graph.per_image) for each in reports)


def page(stem: str) -> str:
    """The page of a family."""
    source = sources()[stem]
    nets = Nets(source.get("also", {}))
    told = [wrapped(nets.filled(each)) for each in source["new"].split("\n\n")]
    parts = [f"# {source['family']}", "", "\n\n".join(told), "", "## The networks", ""]
    parts += [*overview(source["family"]), ""]
    if source.get("stages"):
        parts += ["## Stage by stage", ""]
        for each in source["stages"]:
            parts += [*stage_table(nets, **each), ""]
    if source.get("published"):
        parts += ["## Beside what has been published", "", *published(nets, source["published"]), ""]
    if source.get("notes"):
        parts += ["## What does not add up, and what only has the same name", ""]
        parts += [wrapped(nets.filled(each), "- ") for each in source["notes"]]
        parts += [""]
    return "\n".join([*parts, MARK.format(f"`{stem}.yaml`"), ""])


def wrapped(text: str, bullet: str = "") -> str:
    """A paragraph in lines of at most 120 characters."""
    return fill(
        text,
        120,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def index() -> str:
    """The list of all pages, by the year of each family's first network."""
    found = sources()
    pages = {source["family"]: (stem, source) for stem, source in found.items()}
    lines = [
        "# The networks", "",
        wrapped(
            "Every network that lectures draw and papers compare with, by family and year: what was new in it, its stages "
            "with exact figures, and what has been published of it beside what comes out here. Every figure on these pages "
            "is worked out from the text of the network: `cnncalc summarize NAME` prints all of it, `cnncalc show NAME` "
            "the text."
        ),
        "", table_line(["family", "from", "names", "new"]), table_line(["---"] * 4),
    ]  # fmt: skip
    for family, members in entries().items():
        stem, source = pages[family]
        names = ", ".join(f"`{each.name}`" for each in members)
        lines.append(table_line([f"[{family}]({stem}.md)", str(members[0].year), names, source["in_short"]]))
    return "\n".join([*lines, "", MARK.format("the `.yaml` files"), ""])
