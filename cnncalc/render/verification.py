"""Verifications as a table, as JSON and as JUnit XML (docs/verify.md describes the documents)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from xml.etree import ElementTree

from cnncalc.errors import Diagnostic
from cnncalc.render.ansi import Line, painted
from cnncalc.render.diagnostics import as_json
from cnncalc.shape import show
from cnncalc.units import grouped

VERSION = 1

Document: TypeAlias = Mapping[str, Any]
"""One network, as docs/verify.md describes it."""
GROUPS = ("outputs", "parameters", "buffers", "MACs", "totals", "memory", "numbers")
"""The groups of checks, in the order in which they are told."""

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def figure(value: Any) -> str:
    """``34,944``, ``96x55x55``, words as they are; ``none`` where there is no such thing."""
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return show(tuple(value)) if value else "one number"
    return grouped(value) if isinstance(value, int) else str(value)


def numbered(count: int, word: str) -> str:
    return f"{grouped(count)} {word}" if count == 1 else f"{grouped(count)} {word}s"


def table(networks: Sequence[Document], width: int = 80, verbose: bool = False) -> str:
    """The verifications as plain text."""
    return "".join(f"{text}\n" for _, text in lines(networks, width, verbose))


def lines(networks: Sequence[Document], width: int, verbose: bool) -> Iterator[Line]:
    """Each network, with what was not checked and why; then a sum where there are several, with what holds for all."""
    remarks = [[*skipped_lines(each["skipped"]), *each["notes"]] for each in networks]
    common = [each for each in remarks[0] if all(each in more for more in remarks[1:])] if len(networks) > 1 else []
    for number, each in enumerate(networks):
        if number and (verbose or not (each["equal"] and networks[number - 1]["equal"])):
            yield "", ""
        yield from network_lines(each, width, verbose)
        for remark in remarks[number]:
            if remark not in common:
                yield "dim", f"  {remark}"
    if len(networks) > 1:
        wrong = sum(not each["equal"] for each in networks)
        checks = sum(len(each["checks"]) for each in networks)
        told = "all equal" if not wrong else f"{grouped(wrong)} with differences"
        yield "", ""
        yield (
            "bad" if wrong else "good",
            f"{mark(not wrong)} {numbered(len(networks), 'network')}, {numbered(checks, 'check')}: {told}",
        )
        for remark in common:
            yield "dim", f"  {remark}"


def mark(equal: bool) -> str:
    return "✓" if equal else "✗"


def network_lines(network: Document, width: int, verbose: bool) -> Iterator[Line]:
    """A headline with counts; the rows that differ, or all; with all, what was measured."""
    checks = network["checks"]
    wrong = [each for each in checks if not each["equal"]]
    counts = f"{numbered(len(checks), 'check')}: " + (
        "all equal" if not wrong else f"{grouped(len(wrong))} differ{'s' if len(wrong) == 1 else ''}"
    )
    yield (
        "bad" if wrong else "good",
        (
            f"{mark(not wrong)} {network['name']}   {counts}   "
            f"{network['device']}, {network['dtype']}, batch {network['batch']}, torch {network['torch']}"
        ),
    )
    shown = checks if verbose else wrong
    if shown:
        yield from rows(shown, width)
    for each in network["measured"] if verbose else ():
        yield "dim", f"  {each['what']}: {measured(each)}"


def skipped_lines(skipped: Iterable[Document]) -> Iterator[str]:
    """What was not checked, by reason."""
    reasons: dict[str, list[str]] = {}
    for each in skipped:
        reasons.setdefault(each["reason"], []).append(each["what"])
    for reason, names in reasons.items():
        yield f"{', '.join(names)}: {reason}"


def measured(each: Document) -> str:
    """``1,234,567``, with ours and how far it is off where we have one."""
    found = figure(each["torch"])
    if each["ours"] is None:
        return found
    if not each["torch"]:
        return f"{found}, ours {figure(each['ours'])}"
    return f"{found}, ours {figure(each['ours'])} ({each['ours'] / each['torch'] - 1:+.2%})"


def rows(checks: Sequence[Document], width: int) -> Iterator[Line]:
    """A row per check: a check mark and the figure, or both figures."""
    cells = [
        (each["layer"] or "", each["what"], figure(each["ours"]), "" if each["equal"] else figure(each["torch"]))
        for each in checks
    ]
    heading = ("layer", "what", "ours", "torch")
    columns = [max(map(len, column)) for column in zip(heading, *cells, strict=True)]
    # names give way first; figures are never cut
    spare = sum(columns) + 3 * 2 + 4 - width
    if spare > 0:
        columns[0] = max(columns[0] - spare, min(columns[0], 16))

    def row(texts: Sequence[str]) -> str:
        name, what, ours, torchs = texts
        if len(name) > columns[0]:
            name = "…" + name[1 - columns[0] :]
        return f"{name:<{columns[0]}}  {what:<{columns[1]}}  {ours:>{columns[2]}}  {torchs}".rstrip()

    yield "head", f"    {row(heading)}"
    for each, texts in zip(checks, cells, strict=True):
        yield "" if each["equal"] else "bad", f"  {mark(each['equal'])} {row(texts)}"


STYLES = {"title": "bold", "head": "dim", "good": "green", "bad": "red", "dim": "dim", "": ""}


def coloured(found: Iterable[Line], width: int) -> str:
    """Lines with escape codes."""
    return painted(found, STYLES, max(width, 1))


def as_document(networks: Sequence[Document], errors: Sequence[Diagnostic]) -> str:
    """The JSON document."""
    document = {
        "version": VERSION,
        "networks": list(networks),
        "errors": [as_json(each) for each in errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def junit(networks: Sequence[Document], errors: Sequence[Diagnostic]) -> str:
    """JUnit XML: a suite per network, a test case per group of checks; what could not be run at all is an error."""
    root = ElementTree.Element("testsuites", name="cnncalc verify")
    for network in networks:
        suite(root, network)
    if errors:
        found = ElementTree.SubElement(root, "testsuite", name="errors")
        for each in errors:
            case = ElementTree.SubElement(found, "testcase", classname="cnncalc.verify", name=printable(each.code))
            place = f"{each.mark.source.name}:{each.mark.line}: " if each.mark else ""
            ElementTree.SubElement(case, "error", message=printable(f"{place}{each.message}"))
        totals(found)
    for name in ("tests", "failures", "errors"):  # Jenkins' schema has no `skipped` here
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def suite(root: ElementTree.Element, network: Document) -> None:
    """The suite of one network."""
    found = ElementTree.SubElement(root, "testsuite", name=printable(network["name"]))
    properties = ElementTree.SubElement(found, "properties")
    for name in ("source", "variant", "net", "device", "torch", "batch", "dtype"):
        if network[name] is not None:
            ElementTree.SubElement(properties, "property", name=name, value=printable(str(network[name])))
    skipped = {each["what"]: each["reason"] for each in network["skipped"]}
    classname = printable(f"cnncalc.verify.{network['name']}")
    for name in GROUPS:
        checks = [each for each in network["checks"] if each["group"] == name]
        if not checks and name not in skipped:
            continue
        case = ElementTree.SubElement(found, "testcase", classname=classname, name=name)
        wrong = [each for each in checks if not each["equal"]]
        if wrong:
            failure = ElementTree.SubElement(
                case, "failure", message=f"{len(wrong)} of {numbered(len(checks), 'figure')} differ"
            )
            failure.text = printable(
                "\n".join(
                    f"{each['layer'] or ''} {each['what']}: ours {figure(each['ours'])}, "
                    f"torch {figure(each['torch'])}".strip()
                    for each in wrong
                )
            )
        elif not checks:
            ElementTree.SubElement(case, "skipped", message=printable(skipped.pop(name)))
    for what, reason in skipped.items():
        if what not in GROUPS:
            case = ElementTree.SubElement(found, "testcase", classname=classname, name=printable(what))
            ElementTree.SubElement(case, "skipped", message=printable(reason))
    totals(found)


def totals(found: ElementTree.Element) -> None:
    """How many cases a suite has, and what came of them."""
    found.set("tests", str(len(found.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        found.set(name, str(len(found.findall(f"testcase/{tag}"))))


def printable(text: str) -> str:
    return UNPRINTABLE.sub("?", text)
