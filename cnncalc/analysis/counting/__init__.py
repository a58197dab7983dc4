"""The totals as other tools count them: one table a tool, by the class of torch.nn that a layer is.

Every rule gives what the tool prints, its mistakes included, and was measured (tests/data/other_tools.json).  A class
that a table does not name was not measured: its count is refused by name, never taken for 0.
"""

from __future__ import annotations

from cnncalc.analysis.counting.tools import TOOLS
from cnncalc.analysis.counting.totals import ToolTotals, as_tool

__all__ = ["TOOLS", "ToolTotals", "as_tool"]
