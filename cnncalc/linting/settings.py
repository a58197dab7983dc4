"""What a run of the linter is told: which rules, which severities, their options and the budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.errors import CODES, codes


class Settings(NamedTuple):
    """The choice of rules and what they are told.

    A selector is a code (``P101``), a prefix of codes (``P``, ``P1``), a name (``bias-before-norm``) or ``ALL``.
    ``select`` None means the rules that are on by default.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = {}
    """Per code, the options of that rule that differ from its own."""
    budgets: Mapping[str, Any] = {}

    def enabled(self, code: str, default: bool = True) -> bool:
        """Whether findings with this code are wanted; ``default`` where nothing is selected by name.

        The longest selector that fits decides, and ``ignore`` where both are as long.  A file that does not load is
        always told, unless its code is ignored.
        """
        least = 0 if (default if self.select is None else loading(code)) else -1
        chosen = max([least, *(fits(each, code) for each in (*(self.select or ()), *self.extend_select))])
        return chosen > max([-1, *(fits(each, code) for each in self.ignore)])


def loading(code: str) -> bool:
    """Whether a code means that the file cannot be used."""
    return code in CODES and code[0] not in "EX"


def fits(selector: str, code: str) -> int:
    """How exactly a selector means a code: the length of the prefix, 0 for ``ALL``, -1 where it does not."""
    if selector.upper() == "ALL":
        return 0
    if code.startswith(selector.upper()):
        return len(selector)
    return len(code) if selector.lower() == codes()[code] else -1
