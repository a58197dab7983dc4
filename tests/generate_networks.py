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
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cnncalc import api
from cnncalc.analysis import catalogue
from cnncalc.analysis.comparison import depth, output_field
from cnncalc.analysis.report import Group, Report, Row
from cnncalc.shape import show
from cnncalc.units import grouped, short_count

FOLDER = Path(__file__).parent.parent / "docs" / "networks"
UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}
NEAR = Fraction(3, 100)
"""Rows of a paper are marked where they are further off than this."""

LABELS = {"params": "params", "macs": "MACs", "flops": "FLOPs"}
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
        return grouped(value) if unit is None else f"{value / UNITS[unit]:.{2 if unit == 'M' else 3}f} {unit}"

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


# -- stages ------------------------------------------------------------------------------------------------------------

SHOWN = ("conv", "dwconv", "deconv", "local", "fc", "maxpool", "avgpool", "gap", "upsample", "unpool", "crop", "pad")
MOST = 9
"""More words than this are counted, not listed."""


def word(row: Row) -> tuple[str, str]:
    """A layer as papers write it, and its stride: ``3x3, 64`` and ``/2``."""
    layer: Any = row.node.layer
    settings = row.kernel.split()
    if row.kind == "fc":
        return f"fc {layer.features}", ""
    if row.kind not in ("conv", "dwconv", "deconv", "local", "maxpool", "avgpool"):
        return row.kind, ""
    stride = next((each for each in settings if each.startswith("/")), "")
    more = [each for each in settings[1:] if re.match(r"[dg]\d", each) and row.kind != "dwconv"]
    head = {"conv": "", "maxpool": "max pool ", "avgpool": "avg pool "}.get(row.kind, f"{row.kind} ")
    tail = f", {row.output[0]}" if row.kind not in ("maxpool", "avgpool", "dwconv") else ""
    return " ".join([f"{head}{settings[0]}{tail}", *more]), stride


def layers(rows: Iterable[Row]) -> str:
    """What stands in a line: ``[1x1, 64; 3x3, 64; 1x1, 256] x3``, a ``+`` between branches; only counted where that would
    be long."""
    seen = [row for row in rows if row.kind in SHOWN and ".project" not in row.name]
    words = [word(row) for row in seen]
    places = [branch_of(row.name) for row in seen]
    for number, (before, here) in enumerate(pairwise(places), 1):
        if here != before and not here.endswith("branch1"):
            words[number] = (f"+ {words[number][0]}", words[number][1])
    parts: list[str] = []
    at = 0
    while at < len(words):
        length, times = repeated([each[0] for each in words[at:]])
        unit = words[at : at + length]
        if times == 1:
            parts.append(" ".join(filter(None, unit[0])))
        else:
            stride = next((each[1] for each in unit if each[1]), "")
            inside = "; ".join(each[0] for each in unit)
            parts.append((f"[{inside}]" if length > 1 or "," in inside else inside) + f" x{times}")
            if stride and not all(each[1] == stride for each in unit):
                parts[-1] += f", first {stride}"
        at += length * times
    if sum(part.count(";") + 1 for part in parts) > MOST:
        kinds = [row.kind for row in seen]
        parts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    return "; ".join(parts).replace("; +", " +") or "-"


def branch_of(name: str) -> str:
    """The path of the innermost branch that a layer is part of."""
    found = re.match(r"(.*\.)?branch\d+(?=\.)", name)
    return found[0] if found else "branch1"


def repeated(words: list[str]) -> tuple[int, int]:
    """The unit that comes several times first: its length and how often; the one that covers most."""
    best = (1, 1)
    for length in range(1, min(len(words) // 2, 12) + 1):
        times = 1
        while words[length * times : length * (times + 1)] == words[:length]:
            times += 1
        if times > 1 and length * times > best[0] * best[1]:
            best = (length, times)
    return best


def agrees(printed: str, exact: int) -> bool:
    """Whether a figure is what is printed, rounded or cut off at the last digit."""
    return (
        -distance(printed) / 2 <= exact - value_of(printed) < distance(printed)
        if distance(printed) > 1
        else (exact == value_of(printed))
    )


def value_of(printed: str) -> Fraction:
    digits = printed.rstrip("kKMGB")
    return Fraction(digits) * UNITS[printed[len(digits) :]]


def distance(printed: str) -> Fraction:
    digits = printed.rstrip("kKMGB")
    return Fraction(UNITS[printed[len(digits) :]], 10 ** len(digits.partition(".")[2]))


class Paper(NamedTuple):
    """What a paper prints of the stages of a network; it counts weights without biases, ``k`` to a K."""

    source: str = ""
    figures: Mapping[str, Mapping[str, str]] = {}
    k: int = 1000

    @property
    def names(self) -> list[str]:
        return [name for name in ("params", "macs") if any(name in row for row in self.figures.values())]

    def beside(self, line: str, name: str, rows: Sequence[Row]) -> str:
        """A figure of the paper, in bold with the difference where ours is another."""
        printed = self.figures.get(line, {}).get(name)
        if printed is None:
            return ""
        told = value_of(printed) * (Fraction(self.k, 1000) if printed.endswith("K") else 1)
        weights = [each.count for row in rows for each in row.parameters if each.name != "bias"]
        exact = sum(weights) if name == "params" else sum(row.macs for row in rows)
        apart = (told - exact) / exact
        return printed if abs(apart) <= NEAR else f"**{printed}** ({100 * float(apart):+.0f} %)"


def stages(nets: Nets, network: str, names: Mapping[str, str] = {}, about: str = "", rows: Any = None) -> Iterable[str]:
    """The table of a network's lines; with the figures of a paper beside ours where ``rows`` has them."""
    (report, *_) = nets.reports(network)
    paper = Paper(**(rows or {}))
    yield f"### {report.name}" + (f": {nets.filled(about)}" if about else "")
    yield ""
    yield table_line(
        ["stage", "output", "layers", "params", "MACs", *(f"{LABELS[each]} there" for each in paper.names)]
    )
    yield table_line(["---", "---", "---", "---:", "---:", *["---:"] * len(paper.names)])
    for line in dict.fromkeys(row.line or row.name for row in report.rows):
        found = report.find(line)
        assert found is not None
        made = found.rows if isinstance(found, Group) else (found,)
        cells = [
            names.get(line, line),
            show(found.output),
            layers(made),
            figure(found.params),
            figure(found.macs, True),
        ]
        yield table_line([*cells, *(paper.beside(line, each, made) for each in paper.names)])
    totals = [f"**{grouped(report.totals.params)}**", f"**{short_count(report.totals.macs)}**"]
    yield table_line(["**total**", "", "", *totals, *[""] * len(paper.names)])
    if paper.names:
        yield f"\nThere: {paper.source}. In bold is what is more than {float(100 * NEAR):.0f} % off."


def figure(value: int, short: bool = False) -> str:
    return "-" if not value else short_count(value) if short else grouped(value)


def table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


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
    parts = [f"# {source['family']}", "", nets.filled(source["new"]), "", "## The networks", ""]
    parts += [*overview(source["family"]), ""]
    if source.get("stages"):
        parts += ["## Stage by stage", ""]
        for each in source["stages"]:
            parts += [*stages(nets, **each), ""]
    if source.get("published"):
        parts += ["## Beside what has been published", "", *published(nets, source["published"]), ""]
    if source.get("notes"):
        parts += ["## What does not add up, and what only has the same name", ""]
        parts += [f"- {nets.filled(each)}" for each in source["notes"]]
        parts += [""]
    return "\n".join([*parts, MARK.format(f"`{stem}.yaml`"), ""])


def index() -> str:
    """The list of all pages, by the year of each family's first network."""
    found = sources()
    pages = {source["family"]: (stem, source) for stem, source in found.items()}
    lines = [
        "# The networks", "",
        "Every network that lectures draw and papers compare with, by family and year: what was new in it, its stages with "
        "exact figures, and what has been published of it beside what comes out here. Every figure on these pages is "
        "worked out from the text of the network: `cnncalc summarize NAME` prints all of it, `cnncalc show NAME` the text.",
        "", table_line(["family", "from", "names", "new"]), table_line(["---"] * 4),
    ]  # fmt: skip
    for family, members in entries().items():
        stem, source = pages[family]
        names = ", ".join(f"`{each.name}`" for each in members)
        lines.append(table_line([f"[{family}]({stem}.md)", str(members[0].year), names, source["in_short"]]))
    return "\n".join([*lines, "", MARK.format("the `.yaml` files"), ""])
