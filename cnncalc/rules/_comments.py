"""The comments of a text: what stands behind ``#`` outside of every scalar."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.formats.read import is_yaml
from cnncalc.source import Mapping, Mark, Scalar, Source, Tree

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


class Comment(NamedTuple):
    """A comment: its words without the ``#`` and the blanks around, its mark (from the ``#`` on), and whether it has
    its line for itself."""

    text: str
    mark: Mark
    alone: bool


def comments_of(source: Source, tree: Mapping | None) -> tuple[Comment, ...]:
    """Every comment, in the order of the text; where there is no tree, scalars that hold a ``#`` count as comments."""
    spans = sorted(_scalars(tree)) if tree is not None and is_yaml(source) else []
    starts = [start for start, _ in spans]
    found = []
    for each in _COMMENT.finditer(source.text):
        at = bisect_right(starts, each.start()) - 1
        if at >= 0 and each.start() < spans[at][1]:
            continue
        line_start = max(source.text.rfind(end, 0, each.start()) for end in "\r\n") + 1
        alone = not source.text[line_start : each.start()].strip()
        words = each[0].lstrip("#").strip()
        found.append(Comment(words, Mark(source, each.start(), each.start() + len(each[0].rstrip())), alone))
    return tuple(found)


def _scalars(tree: Tree) -> Iterator[tuple[int, int]]:
    """The spans of all scalars that hold a ``#``."""
    waiting: list[Tree] = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Scalar):
            if "#" in each.text:  # from the text on: behind the > of a folded one may stand a comment
                yield each.base, each.end
        elif isinstance(each, Mapping):
            for key, value in each.items:
                waiting += [key, value]
        else:
            waiting += each.items
