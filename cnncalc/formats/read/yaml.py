"""YAML, read as marked text: PyYAML's events and a builder of our own.

Nothing is typed (``no`` stays ``no``, ``1:10`` stays ``1:10``), every key and value knows its place, and what would
hide something is refused: equal keys, anchors, aliases, merge keys, tags, several documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml as pyyaml

from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError
from cnncalc.formats.read._yaml_scalars import scalar_of
from cnncalc.lazy import Lazy
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

if TYPE_CHECKING:
    from cnncalc.formats.read import _yaml_faults as faults
else:
    faults = Lazy("cnncalc.formats.read._yaml_faults")

MAX_DEPTH = 64
"""Mappings and lists may stand this deep inside each other."""

MAX_FAULTS = 100
"""So many faults of one text are told, at most."""

_PROPERTY = re.compile(r"([&!][^\s,\[\]{}]*)\s*")


def read(source: Source) -> Mapping:
    """The tree of a YAML text; the top level is a mapping.

    Raises :class:`SpecError` with every fault found: Y004, Y005, Y101, Y102, Y104, Y105, Y107.
    """
    with paused():
        return _Reader(source).read()


def _events(text: str) -> Callable[[], Any]:
    """The ``get_event`` of the fastest parser there is."""
    # A byte-order mark would shift the C parser's positions by one: a line break takes its place.
    text = "\n" + text[1:] if text.startswith("\ufeff") else text
    parser: Any = pyyaml.CBaseLoader(text) if pyyaml.__with_libyaml__ else pyyaml.BaseLoader(text)
    get: Callable[[], Any] = parser.get_event
    return get


class _Open:
    """A mapping or list whose end has not come yet; ``key`` waits for its value."""

    __slots__ = ("flow", "items", "key", "mapping", "start")

    def __init__(self, mapping: bool, start: int, flow: bool) -> None:
        self.mapping = mapping
        self.start = start
        self.flow = flow
        self.items: list[Any] = []
        self.key: Scalar | None = None


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.open = [_Open(False, 0, False)]  # the first one holds the root
        self.documents = 0

    def read(self) -> Mapping:
        try:
            self.build()
        except SpecError as error:
            self.found += error.diagnostics
        except (pyyaml.YAMLError, ValueError, OverflowError) as error:
            for depth in range(len(self.open) - 1, 0, -1):
                self.duplicates(depth)
            brackets = [each.start for each in self.open if each.flow]
            self.found.append(faults.syntax(self.source, error, brackets, MAX_DEPTH))
        if self.found:
            raise self.failure()
        root: Tree | None = next(iter(self.open[0].items), None)
        if isinstance(root, Mapping):
            return root
        raise SpecError(faults.not_a_mapping(self.source, root))

    def failure(self) -> SpecError:
        """All faults in the order of the text; with keys that stand twice the rest can still be checked."""
        error = SpecError(sorted(self.found, key=lambda one: one.mark.start if one.mark else 0)[:MAX_FAULTS])
        roots = self.open[0].items
        if len(roots) == 1 and isinstance(roots[0], Mapping) and all(each.code == "Y102" for each in self.found):
            error.tree = roots[0]
        return error

    def build(self) -> None:
        """The one loop: events in, tree out."""
        source, opened = self.source, self.open
        text, scalar = source.text, Scalar
        get = _events(text)
        scalar_event, mapping_start, sequence_start = (
            pyyaml.ScalarEvent,
            pyyaml.MappingStartEvent,
            pyyaml.SequenceStartEvent,
        )
        mapping_end, sequence_end = pyyaml.MappingEndEvent, pyyaml.SequenceEndEvent
        frame = opened[0]
        # the open frame's own fields, while it is the innermost one
        items, mapping, key = frame.items, False, frame.key
        node: Any
        while True:
            event = get()
            kind = event.__class__
            if kind is scalar_event:
                start = event.start_mark.index
                end = event.end_mark.index
                if event.style or event.tag is not None or event.anchor is not None:
                    if event.tag is not None or event.anchor is not None:
                        self.properties(start)
                    node = scalar_of(source, start, end, event.style)
                else:
                    node = scalar(source, text[start:end], start, end, start)
            elif kind is mapping_start or kind is sequence_start:
                start = event.start_mark.index
                if event.tag is not None or event.anchor is not None:
                    self.properties(start)
                if len(opened) > MAX_DEPTH:
                    raise SpecError(faults.too_deep(source, start, MAX_DEPTH))
                frame.key = key
                frame = _Open(kind is mapping_start, start, bool(event.flow_style))
                opened.append(frame)
                items, mapping, key = frame.items, frame.mapping, None
                continue
            elif kind is mapping_end or kind is sequence_end:
                node = self.close(event.end_mark.index)
                frame = opened[-1]
                items, mapping, key = frame.items, frame.mapping, frame.key
            elif kind is pyyaml.AliasEvent:
                start, end = event.start_mark.index, event.end_mark.index
                self.found.append(faults.alias(Mark(source, start, end)))
                node = scalar(source, "", start, end, start)
            elif kind is pyyaml.DocumentStartEvent:
                self.document(event)
                continue
            elif kind is pyyaml.StreamEndEvent:
                return
            else:
                continue

            if not mapping:
                items.append(node)
            elif key is not None:
                items.append((key, node))
                key = None
            else:
                key = node if node.__class__ is scalar and node.text != "<<" else self.odd_key(node)

    def close(self, end: int) -> Mapping | Items:
        """The innermost open mapping or list, now complete."""
        frame = self.open[-1]
        items = frame.items
        if frame.mapping:
            self.duplicates(len(self.open) - 1)
        self.open.pop()
        if not frame.flow and items:  # the end mark of a block runs on to the next token
            end = items[-1][1].end if frame.mapping else items[-1].end
        made = Mapping if frame.mapping else Items
        return made(self.source, items, frame.start, end, frame.flow)

    def duplicates(self, depth: int) -> None:
        """Report each key of an open mapping that stood there before."""
        frame = self.open[depth]
        if not frame.mapping:
            return
        keys: list[Scalar] = [key for key, _ in frame.items]
        if frame.key is not None:
            keys.append(frame.key)
        if len({key.text for key in keys}) == len(keys):
            return
        first: dict[str, Scalar] = {}
        for key in keys:
            if first.setdefault(key.text, key) is not key:
                self.found.append(faults.duplicate(key, first[key.text], self.path(depth)))

    def path(self, depth: int) -> str:
        """The keys that lead to an open mapping: ``nets.generator.layers``; list items count from 1."""
        steps = []
        for each in self.open[1:depth]:
            if each.mapping:
                steps.append(each.key.value if each.key is not None else "?")
            else:
                steps.append(f"item {len(each.items) + 1}")
        return ".".join(steps)

    def odd_key(self, node: Tree) -> Scalar:
        """The key to go on with where a key is ``<<`` or no scalar at all."""
        if isinstance(node, Scalar):
            if not node.quoted:
                self.found.append(faults.merge_key(node.mark))
            return node
        inside = (one for one in self.found if not (one.code == "Y107" and one.mark and one.mark.start > node.start))
        self.found = [*inside, faults.odd_key(node)]  # of {{ x }} only the outer mapping is told
        return Scalar(self.source, f"?{node.start}", node.start, node.end, node.start)

    def properties(self, start: int) -> None:
        """Report the anchor and the tag in front of a value."""
        while found := _PROPERTY.match(self.source.text, start):
            self.found.append(faults.node_property(Mark(self.source, start, found.end(1))))
            start = found.end()

    def document(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self.documents += 1
        if self.documents > 1:
            raise SpecError(faults.second_document(Mark(self.source, start, end)))
        if event.tags:
            start = max(self.source.text.find("%TAG", start, end), start)
            self.found.append(faults.directive(Mark(self.source, start, start + 4)))
