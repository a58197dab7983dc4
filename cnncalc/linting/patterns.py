"""Patterns of paths as .gitignore has them.

``build`` and ``*.draft.yaml`` mean files and folders of that name anywhere; ``old/``, only folders; a pattern with a
slash in front or inside is relative to the folder of the configuration; ``**`` stands for any folders; ``!`` in front
takes back what an earlier pattern meant.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache


@cache
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool, bool]:
    """The pattern as an expression over ``folder/name``, whether it takes back, and whether it means folders only."""
    negated = pattern.startswith("!")
    words = pattern[1:] if negated else pattern
    words = words.replace("\\", "/") if os.sep == "\\" else words
    folders = words.endswith("/")
    words = words.rstrip("/")
    anchored = "/" in words
    words = words.removeprefix("./").lstrip("/")
    made = "" if anchored else "(?:.*/)?"
    at = 0
    while at < len(words):
        if words.startswith("**/", at):
            made, at = made + "(?:.*/)?", at + 3
        elif words.startswith("**", at):
            made, at = made + ".*", at + 2
        elif words[at] == "*":
            made, at = made + "[^/]*", at + 1
        elif words[at] == "?":
            made, at = made + "[^/]", at + 1
        elif words[at] == "[" and (close := words.find("]", at + 2)) > 0:
            inside = words[at + 1 : close].replace("\\", r"\\").replace("[", r"\[")
            made, at = made + "[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]", close + 1
        else:
            made, at = made + re.escape(words[at]), at + 1
    try:
        return re.compile(made), negated, folders
    except re.error:  # [z-a]
        return re.compile(re.escape(words)), negated, folders


def matches(path: str, patterns: Iterable[str], root: str, folder: bool = False) -> bool:
    """Whether patterns mean a path (or, where it is a file, a folder above it); they are relative to ``root``."""
    steps = _relative(path, root).split("/")
    chosen = list(patterns)
    for depth in range(1, len(steps) + 1):
        whole = "/".join(steps[:depth])
        if _means(whole, chosen, folder or depth < len(steps)):
            return True
    return False


def _means(path: str, patterns: list[str], folder: bool) -> bool:
    meant = False
    for each in patterns:
        expression, negated, folders = _compiled(each)
        if meant == negated and (folder or not folders) and expression.fullmatch(path):
            meant = not negated
    return meant


def _relative(path: str, root: str) -> str:
    """The path below the root with ``/``; a path that lies elsewhere as it is."""
    full, base = os.path.abspath(path), os.path.abspath(root)
    inside = full[len(base) :].lstrip(os.sep) if full.startswith(base.rstrip(os.sep) + os.sep) else full.lstrip(os.sep)
    return inside.replace(os.sep, "/")
