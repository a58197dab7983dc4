"""What a lint rule sees: one file, the networks that it describes, and the sites where their layers are written.

A layer of a block's body that is used sixteen times is one site with sixteen places.  A rule looks at sites and tells
each finding once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic, Edit, Fix, Related
from cnncalc.layers import canonical
from cnncalc.rules._comments import Comment, comments_of
from cnncalc.rules._spots import Spot, Spots
from cnncalc.rules._views import Place, View
from cnncalc.source import Mapping as TreeMapping
from cnncalc.source import Mark, Source, Tree
from cnncalc.spec.network import Network

__all__ = ["Place", "Site", "Subject", "View"]

_WORD = re.compile(r"\w+")


class Site:
    """A place in the text where a layer is written, with every layer that it makes.

    ``word`` is the layer's own word (``conv`` for ``convolution`` and ``conv3-64``); ``mark`` covers the whole call.
    """

    def __init__(self, subject: Subject, mark: Mark, word: str) -> None:
        self.subject = subject
        self.mark = mark
        self.word = word
        self.places: list[Place] = []

    @property
    def own(self) -> bool:
        """Whether it stands in the file that is checked, and not in one that it imports."""
        return self.mark.source is self.subject.source

    @cached_property
    def spot(self) -> Spot | None:
        """The syntax behind it; None for a step that only comes with another (the flattening in front of an fc)."""
        node = self.places[0].node
        assert node.frame is not None
        found = self.subject.spots.at(node.frame.text, node.span)
        if found is not None and found.call is not None and canonical(found.call.word) not in (None, self.word):
            return None
        return found

    def finding(
        self,
        message: str,
        label: str = "",
        notes: Iterable[str] = (),
        help: Iterable[str] = (),
        fix: Fix | None = None,
        places: Sequence[Place] | None = None,
        mark: Mark | None = None,
        related: Iterable[Related] = (),
    ) -> Diagnostic:
        """One finding about this site.

        ``places`` are those of its layers that it is about (all if not given); the first stands for them: say its
        figures.  A ``fix`` must be right for every place of the site.  The engine fills in code and severity.
        """
        about = self.places if places is None else places
        first = about[0]
        alike = sum(place.view is first.view for place in about)
        more: tuple[str, ...] = (
            (f"the same for {alike - 1} more layer{'s' if alike > 2 else ''} made here",) if alike > 1 else ()
        )
        variants = list(dict.fromkeys(str(place.view.variant) for place in about if place.view.variant is not None))
        if first.view.variant is not None:
            more += (f"in variant{'s' if len(variants) > 1 else ''} {', '.join(variants)}",)
        frame = first.node.frame
        used = frame.related() if frame is not None else ()
        return Diagnostic(
            "",
            message,
            mark or self.mark,
            label,
            (*notes, *more),
            tuple(help),
            (*related, *used),
            first.node.name,
            fix=fix if self.own else None,
        )

    def fix(self, title: str, edits: Sequence[Edit], safe: bool = True) -> Fix | None:
        """A fix of these edits (see ``rules/_edits.py``); None where there are none: no exact edit was possible."""
        return Fix(title, tuple(edits), safe) if edits and self.own else None

    def __repr__(self) -> str:
        return f"<Site {self.mark}: {self.word}, {len(self.places)} places>"


class Subject:
    """One file, as a rule sees it.

    ``views`` are the nets of the file, and behind them those of its variants; ``network`` is the file as it stands.
    ``options`` are the settings of the rule that looks (its ``OPTIONS``, and what the user says instead), ``budgets``
    the limits of the configuration as they are written there (``params``, ``macs``, ``memory`` ...).
    """

    def __init__(
        self,
        source: Source,
        tree: TreeMapping,
        network: Network,
        reports: Iterable[Report],
        budgets: Mapping[str, Any] | None = None,
    ) -> None:
        self.source = source
        self.tree = tree
        self.network = network
        self.views = tuple(map(View, reports))
        self.budgets: Mapping[str, Any] = budgets or {}
        self.options: Mapping[str, Any] = {}

    @property
    def own_views(self) -> tuple[View, ...]:
        """The nets of the file as it stands, without those of its variants."""
        return tuple(view for view in self.views if view.variant is None)

    @property
    def complete(self) -> bool:
        """Whether everything in the file could be built."""
        return not self.network.diagnostics and all(view.complete for view in self.views)

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """Every comment, in the order of the text."""
        return comments_of(self.source, self.tree)

    @cached_property
    def spots(self) -> Spots:
        """The syntax behind every site: of the file's lines and blocks, and of the blocks that it imports."""
        return Spots(self.network)

    @cached_property
    def all_sites(self) -> tuple[Site, ...]:
        """Every site, in the order in which their first layers run."""
        found: dict[tuple[Source, int, int, str], Site] = {}
        for view in self.views:
            for node in view.graph.layers:
                frame = node.frame
                if frame is None:
                    continue
                text, kind = frame.text, node.kind
                start, end = node.span
                if text.offsets is None:
                    key = (text.source, text.base + start, text.base + end, kind)
                else:
                    key = (*text.at(start, end), kind)
                site = found.get(key)
                if site is None:
                    site = found[key] = Site(self, Mark(*key[:3]), kind)
                site.places.append(Place(view, node))
        return tuple(found.values())

    def forget(self) -> None:
        """Let go of what was worked out for the rules: sites and their subject know each other, and would stay until
        garbage is collected."""
        for name in ("all_sites", "_by_word", "_words", "spots", "comments"):
            self.__dict__.pop(name, None)

    @cached_property
    def _by_word(self) -> dict[str, list[Site]]:
        found: dict[str, list[Site]] = {}
        for site in self.all_sites:
            found.setdefault(site.word, []).append(site)
        return found

    def sites(self, *words: str) -> list[Site]:
        """The sites of layers of these kinds (all if none is named), in the order in which their first layers run."""
        if not words:
            return list(self.all_sites)
        return [site for word in words for site in self._by_word.get(word, ())]

    @cached_property
    def _words(self) -> dict[str, list[int]]:
        """Where each word stands, outside of comments."""
        text = list(self.source.text)
        for each in self.comments:
            text[each.mark.start : each.mark.end] = " " * (each.mark.end - each.mark.start)
        found: dict[str, list[int]] = {}
        for word in _WORD.finditer("".join(text)):
            found.setdefault(word[0], []).append(word.start())
        return found

    def mentions(self, name: str) -> list[int]:
        """Where a name may begin, anywhere in the text but in comments; a path is told by its last part."""
        last = name.rpartition(".")[2]
        return [at - len(name) + len(last) for at in self._words.get(last, [])]

    def finding(
        self,
        message: str,
        mark: Mark | None = None,
        label: str = "",
        notes: Iterable[str] = (),
        help: Iterable[str] = (),
        fix: Fix | None = None,
        layer: str | None = None,
        related: Iterable[Related] = (),
        view: View | None = None,
    ) -> Diagnostic:
        """A finding that is about no single layer; without a mark it is about the whole file.

        ``view`` is the network it is about, so that its variant is named.
        """
        more = (f"in variant {view.variant}",) if view is not None and view.variant is not None else ()
        where = mark or Mark(self.source, 0, 0)
        own = where.source is self.source
        return Diagnostic(
            "", message, where, label, (*notes, *more), tuple(help), tuple(related), layer, fix=fix if own else None
        )

    def values(self, *keys: str) -> Tree | None:
        """The tree under keys of the file: ``values("budget", "params")``; None where there is nothing."""
        found: Tree | None = self.tree
        for key in keys:
            found = found.get(key) if isinstance(found, TreeMapping) else None
        return found
