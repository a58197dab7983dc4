"""Source text in lines of a given width, broken the way ``ruff format`` breaks them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

WIDTH = 100
INDENT = "    "


class Call(NamedTuple):
    """``head(arguments)``: each argument with its keyword, or None; the brackets may be a tuple's."""

    head: str
    arguments: list[tuple[str | None, Doc]]
    tail: str = ")"


class Loop(NamedTuple):
    """``*(body for index in range(count))``."""

    body: Doc
    header: str


Doc: TypeAlias = "str | Call | Loop"


def flat(doc: Doc) -> str:
    """Everything on one line."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, Loop):
        return f"*({flat(doc.body)} {doc.header})"
    inside = ", ".join(flat_argument(each) for each in doc.arguments)
    comma = "," if doc.head == "(" and len(doc.arguments) == 1 else ""
    return f"{opened(doc)}{inside}{comma}{doc.tail}"


def opened(doc: Call) -> str:
    """The text up to the first argument."""
    return doc.head if doc.head[-1] in "({" else f"{doc.head}("


def flat_argument(argument: tuple[str | None, Doc]) -> str:
    key, doc = argument
    return flat(doc) if key is None else f"{key}={flat(doc)}"


def lines(doc: Doc, indent: int, before: str = "", after: str = "") -> list[str]:
    """A document in lines, with text before and after it on the first and the last."""
    whole = f"{INDENT * indent}{before}{flat(doc)}{after}"
    if len(whole) <= WIDTH or isinstance(doc, str):
        return [whole]
    start = f"{INDENT * indent}{before}"
    if isinstance(doc, Loop):
        body = lines(doc.body, indent + 1)
        return [f"{start}*(", *body, f"{INDENT * (indent + 1)}{doc.header}", f"{INDENT * indent}){after}"]
    found = [start + opened(doc)]
    inside = f"{INDENT * (indent + 1)}{', '.join(map(flat_argument, doc.arguments))}"
    alone = len(doc.arguments) == 1 and doc.head not in ("(", "{")
    if len(inside) <= WIDTH and doc.head not in ("(", "{"):
        found.append(inside)
    else:
        for key, each in doc.arguments:
            found += lines(each, indent + 1, "" if key is None else f"{key}=", "" if alone else ",")
    return [*found, f"{INDENT * indent}{doc.tail}{after}"]
