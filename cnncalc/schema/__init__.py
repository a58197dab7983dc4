"""JSON Schemas: of an architecture file, made from the table of layers, and of ``summarize --format json``.

Both are draft-07, the newest that editors' YAML language servers support in full.  What may stand under a layer word is
chosen by ``if``/``then`` instead of one big ``oneOf``, and a value of several forms is one schema with several types
instead of an ``anyOf``: so one mistake is one message.
"""

from __future__ import annotations

from cnncalc.schema.architecture import KEYS, NET_KEYS, architecture, layer
from cnncalc.schema.report import report

__all__ = ["KEYS", "NET_KEYS", "architecture", "layer", "report"]
