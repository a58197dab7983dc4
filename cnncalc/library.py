"""The bundled architectures: where they lie, and which names they answer to.

They lie in the package (an installed wheel), else beside it (a checkout).  A file answers to its own name and to those
of its variants.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from cnncalc.errors import did_you_mean

_VARIANTS = re.compile(r"^variants:[^\n]*\n((?:[ \t]+[^\n]*\n|[ \t]*#[^\n]*\n|[ \t]*\n)+)", re.MULTILINE)
_KEY = re.compile(r"^(?: {2}|\t)([A-Za-z_]\w*)\s*:", re.MULTILINE)


class Place(NamedTuple):
    """Where a bundled name leads: a file, and the variant it is there (None: the file's own parameters)."""

    path: str
    variant: str | None


def folder() -> str | None:
    """The folder of the bundled architectures; None where there is none."""
    package = os.path.dirname(os.path.abspath(__file__))
    for candidate in (os.path.join(package, "architectures"), os.path.join(os.path.dirname(package), "architectures")):
        if os.path.isdir(candidate):
            return shortened(candidate)
    return None


def shortened(path: str) -> str:
    """A path below the working directory as one would type it."""
    if not os.path.isabs(path):
        return path
    here = os.path.join(os.getcwd(), "")
    return path[len(here) :] if path.startswith(here) else path


def told(path: str) -> str:
    """A path as a heading tells it: a bundled file that lies elsewhere by its name alone."""
    short, here = shortened(path), folder()
    if here is not None and os.path.isabs(short) and os.path.dirname(short) == here:
        return f"bundled {os.path.basename(short)}"
    return short


def files() -> list[str]:
    """The paths of all bundled files, by name."""
    here = folder()
    if here is None:
        return []
    return [os.path.join(here, name) for name in sorted(os.listdir(here)) if name.endswith(".yaml")]


def variants_of(path: str) -> list[str]:
    """The names of a bundled file's variants, read off its text: the block form, two blanks deep."""
    with open(path, encoding="utf-8") as file:
        found = _VARIANTS.search(file.read())
    return _KEY.findall(found[1]) if found else []


def find(name: str) -> Place | None:
    """The place of a bundled name."""
    here = folder()
    if here is None or not re.fullmatch(r"[\w-]+", name):
        return None
    path = os.path.join(here, f"{name}.yaml")
    if os.path.isfile(path):
        return Place(path, name if name in variants_of(path) else None)
    for path in files():
        if name in variants_of(path):
            return Place(path, name)
    return None


def names() -> dict[str, Place]:
    """Every bundled name; a file whose variants have names of their own answers to its own name too."""
    found: dict[str, Place] = {}
    for path in files():
        stem = os.path.splitext(os.path.basename(path))[0]
        known = variants_of(path)
        if stem not in known:
            found[stem] = Place(path, None)
        for variant in known:
            found[variant] = Place(path, variant)
    return found


def family(name: str) -> str:
    """``which one: vgg11, vgg13 ...?`` where several bundled names begin with ``name``, or an empty text."""
    known = names()
    meant = [each for each in known if len(name) > 2 and each.startswith(name.lower())]
    if len(meant) < 2 or name.lower() in known:
        return ""
    return f"which one: {', '.join(meant[:8])}{' ...' if len(meant) > 8 else ''}?"


def hint(name: str) -> str:
    """The bundled names that may be meant: those that begin like ``name``, or the nearest one."""
    return family(name) or did_you_mean(name, names())
