"""One rule per call that a layer may name: what it allocates, keeps for backward and allocates there.

A family of calls is a file; :func:`rule` puts a function into the table.  A rule gets the tape, the call as a
:class:`Site`, and the tensors that flow in, which it does not own; the tensor it returns belongs to the caller.
"""

from __future__ import annotations

from cnncalc.analysis.memory.rules import conv, merge, norm, pointwise, pool, reshape, resize
from cnncalc.analysis.memory.rules.table import RULES, Rule, Site, UnknownCall, rule_of

__all__ = ["RULES", "Rule", "Site", "UnknownCall", "rule_of"]

FAMILIES = (conv, merge, norm, pointwise, pool, reshape, resize)
