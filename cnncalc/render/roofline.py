"""The roofline plot of a probe's record: an SVG by hand, log-log, a panel for each row that has layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import atan, ceil, degrees, floor, log10, sqrt
from typing import Any, NamedTuple

from cnncalc.render.measures import rate, seconds
from cnncalc.render.probe import KEY_HEADINGS, named

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 82, 190, 64, 62

# Okabe and Ito's colours, which the colour-blind tell apart; the shapes repeat with another period.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")
SHAPES = ("circle", "square", "triangle", "diamond", "cross")


class Point(NamedTuple):
    """A layer, or a row: its kind, intensity (operations per byte), operations per second, share of the time."""

    name: str
    kind: str
    intensity: float
    speed: float
    share: float
    note: str


class Panel(NamedTuple):
    """A plot: its title, the roofs (label, peak, bandwidth) and the points below them."""

    title: str
    roofs: list[tuple[str, float, float]]
    points: list[Point]
    remark: str


def svg(record: Mapping[str, Any]) -> str:
    """The plot of a record: its layers where they were timed, else its rows."""
    made = list(panels(record))
    body = [part for number, each in enumerate(made) for part in drawn(each, number * HEIGHT, number)]
    height = HEIGHT * len(made)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12" fill="#222">'
    )
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', *body, "</svg>"]) + "\n"


def panels(record: Mapping[str, Any]) -> Iterator[Panel]:
    where = f"{record['network']['name']} on {record['environment']['name']}"
    timed = [row for row in record["rows"] if row["time"]]
    layered = [row for row in timed if row["layers"] and any(map(place, row["layers"]))]
    for row in layered:
        points = [each for each in map(layer_point, row["layers"]) if each]
        total = sum(each.share for each in points) or 1.0
        points = [each._replace(share=each.share / total) for each in points]
        remark = "one point per layer, timed alone; area: its share of the time"
        yield Panel(f"{where}: {named(row)}", roofs(record, [row["dtype"]]), points, remark)
    if not layered:
        varying = [name for name in KEY_HEADINGS if len({row[name] for row in timed}) > 1 and name != "batch"]
        points = []
        for row in timed:
            if row["operations"] and row["bytes"]:
                kind = " ".join(str(row[name]) for name in varying) or row["dtype"]
                spent = row["time"]["median_seconds"]
                speed = row["operations"] / spent
                note = f"{named(row)}: {seconds(spent)}, {rate(speed, 'op/s')}"
                points.append(Point(named(row), kind, row["operations"] / row["bytes"], speed, 0.02, note))
        dtypes = list(dict.fromkeys(row["dtype"] for row in timed))
        yield Panel(where, roofs(record, dtypes), points, "one point per row: the whole network")


def place(layer: Mapping[str, Any]) -> bool:
    return bool(layer["time"] and layer["operations"] and layer["bytes"])


def layer_point(layer: Mapping[str, Any]) -> Point | None:
    """A layer as a point; None where it computes or moves nothing."""
    if not place(layer):
        return None
    spent = layer["time"]["median_seconds"]
    speed = layer["operations"] / spent
    note = f"{layer['name']} ({layer['kind']}): {seconds(spent)}, {layer['intensity']:.3g} op/B, {rate(speed, 'op/s')}"
    return Point(layer["name"], layer["kind"], layer["intensity"], speed, spent, note)


def roofs(record: Mapping[str, Any], dtypes: Sequence[str]) -> list[tuple[str, float, float]]:
    ceilings = record["ceilings"]
    if not ceilings["copy"]:
        return []
    peaks = {each["dtype"]: each["flops_per_second"] for each in ceilings["matmul"]}
    bandwidth = ceilings["copy"]["bytes_per_second"]
    return [(each, peaks[each], bandwidth) for each in dtypes if peaks.get(each)]


class Axis(NamedTuple):
    """A logarithmic axis: powers of ten from ``low`` to ``high`` on the pixels from ``start`` to ``end``."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def axis(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis of whole powers of ten around all values, two at least."""
    low = floor(log10(min(values)))
    high = max(ceil(log10(max(values) * 1.05)), low + 2)
    return Axis(low, high, start, end)


def drawn(panel: Panel, top: float, number: int) -> Iterator[str]:
    across = [each.intensity for each in panel.points] + [peak / width for _, peak, width in panel.roofs]
    up = [each.speed for each in panel.points] + [peak for _, peak, _ in panel.roofs]
    x = axis([value / 3 for value in across] + [value * 3 for value in across] or [1, 100], LEFT, WIDTH - RIGHT)
    y = axis(up or [1e9, 1e12], top + HEIGHT - BOTTOM, top + TOP)
    yield text(LEFT, top + 26, panel.title, size=15, weight="bold")
    yield text(LEFT, top + 44, panel.remark, fill="#666")
    yield from grid(x, y)
    clip = f"plot{number}"
    yield (
        f'<clipPath id="{clip}"><rect x="{x.start:.1f}" y="{y.end:.1f}" width="{x.end - x.start:.1f}" '
        f'height="{y.start - y.end:.1f}"/></clipPath>'
    )
    yield f'<g clip-path="url(#{clip})">'
    for roof in panel.roofs:
        yield from roof_lines(roof, x, y)
    kinds = list(dict.fromkeys(each.kind for each in panel.points))
    for each in sorted(panel.points, key=lambda point: -point.share):
        style = kinds.index(each.kind)
        radius = max(3.5, min(22.0, 40 * sqrt(each.share)))
        yield mark(style, x.at(each.intensity), y.at(each.speed), radius, each.note)
    yield "</g>"
    for roof in panel.roofs:
        yield from roof_labels(roof, x, y)
    for index, kind in enumerate(kinds):
        place_y = top + TOP + 14 + 20 * index
        if place_y > top + HEIGHT - BOTTOM:
            break
        yield mark(index, WIDTH - RIGHT + 26, place_y - 4, 5.5, "")
        yield text(WIDTH - RIGHT + 40, place_y, kind)


def grid(x: Axis, y: Axis) -> Iterator[str]:
    """The frame, a line per power of ten, a short one per digit, labels with units."""
    for power in range(x.low, x.high + 1):
        place_x = x.at(10.0**power)
        yield line(place_x, y.start, place_x, y.end, "#ddd")
        yield text(place_x, y.start + 18, plain_power(power), anchor="middle")
    for power in range(x.low, x.high):
        for digit in range(2, 10):
            place_x = x.at(digit * 10.0**power)
            yield line(place_x, y.start, place_x, y.start - 4, "#999")
    for power in range(y.low, y.high + 1):
        place_y = y.at(10.0**power)
        yield line(x.start, place_y, x.end, place_y, "#ddd")
        yield text(x.start - 8, place_y + 4, rate(10.0**power).replace(".00", "").replace(".0", ""), anchor="end")
    yield (
        f'<rect x="{x.start:.1f}" y="{y.end:.1f}" width="{x.end - x.start:.1f}" height="{y.start - y.end:.1f}" '
        'fill="none" stroke="#444"/>'
    )
    yield text((x.start + x.end) / 2, y.start + 42, "arithmetic intensity [operations per byte]", anchor="middle")
    middle = (y.start + y.end) / 2
    yield (
        f'<text x="20" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 20 {middle:.1f})">'
        "speed [operations per second]</text>"
    )


def plain_power(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


def roof_lines(roof: tuple[str, float, float], x: Axis, y: Axis) -> Iterator[str]:
    """The slope of the bandwidth up to the ridge, the level of the peak from there."""
    _, peak, bandwidth = roof
    ridge = peak / bandwidth
    left = 10.0**x.low
    yield line(x.at(left), y.at(left * bandwidth), x.at(ridge), y.at(peak), "#444", width=1.8)
    yield line(x.at(ridge), y.at(peak), x.end, y.at(peak), "#444", width=1.8)
    yield line(x.at(ridge), y.at(peak), x.at(ridge), y.start, "#999", dash="3 4")


def roof_labels(roof: tuple[str, float, float], x: Axis, y: Axis) -> Iterator[str]:
    name, peak, bandwidth = roof
    yield text(x.end - 6, y.at(peak) - 6, f"{name}: {rate(peak, 'op/s')}", anchor="end", fill="#444")
    ridge = peak / bandwidth
    yield text(x.at(ridge) + 5, y.start - 8, f"ridge {ridge:.3g}", fill="#777", size=11)
    # the label of the slope lies on it, half way between where it enters the plot and the ridge
    entry = max(10.0**x.low, 10.0**y.low / bandwidth)
    middle = sqrt(entry * ridge)
    slope = -(y.start - y.end) / (y.high - y.low) / ((x.end - x.start) / (x.high - x.low))
    place_x, place_y = x.at(middle), y.at(middle * bandwidth)
    yield (
        f'<text x="{place_x:.1f}" y="{place_y - 7:.1f}" text-anchor="middle" fill="#444" '
        f'transform="rotate({degrees(atan(slope)):.1f} {place_x:.1f} {place_y:.1f})">'
        f"{escape(rate(bandwidth, 'B/s'))}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
        f'stroke-width="{width:g}"{dashes}/>'
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, weight: str = "", fill: str = ""
) -> str:
    more = f' font-weight="{weight}"' if weight else ""
    more += f' fill="{fill}"' if fill else ""
    more += f' font-size="{size}"' if size != 12 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def mark(style: int, x: float, y: float, radius: float, note: str) -> str:
    """A point in the colour and shape of its kind; its note appears under the mouse."""
    colour = COLOURS[style % len(COLOURS)]
    shape = SHAPES[style % len(SHAPES)]
    inside = f"<title>{escape(note)}</title>" if note else ""
    paint = f'fill="{colour}" fill-opacity="0.55" stroke="{colour}"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {paint}>{inside}</circle>'
    r = radius
    if shape == "cross":
        arms = f"M{x - r:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}M{x - r:.1f} {y + r:.1f}L{x + r:.1f} {y - r:.1f}"
        return f'<path d="{arms}" stroke="{colour}" stroke-width="2" fill="none">{inside}</path>'
    corners = {
        "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        "triangle": [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        "diamond": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    }[shape]
    path = " ".join(f"{x + dx * r:.1f},{y + dy * r:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}" {paint}>{inside}</polygon>'
