"""Readers: one input format, one module with ``read(source) -> Mapping``; they know no layers.

Which reader a text gets is decided here, from its name and its first column, never by trial and error.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cnncalc.source import Mapping, Source

__all__ = ["is_yaml", "read"]

_YAML_NAMES = (".yaml", ".yml", ".json")
_YAML_BEGINS = re.compile(r"\ufeff?(?:\s|#[^\r\n]*(?:[\r\n]|$))*(?:\{|\[(?!\s*\d[\d\s,]*\]\s*(?:\||->|→))|- |%|---)")
_KEY = re.compile(
    r"""^\ufeff?["']?(name|about|inputs?|params|variants|defaults|blocks|shared|layers|outputs|nets|import|tiling"""
    r"""|expect)["']?[ \t]*:(?=\s|\Z)""",
    re.MULTILINE,
)


@lru_cache(maxsize=4)  # rules ask for every line of a file
def is_yaml(source: Source) -> bool:
    """Whether a text is read as YAML; anything else is read as a one-liner.

    It is YAML if its name ends in ``.yaml``, ``.yml`` or ``.json``; if it begins with ``{``, ``[``, ``- ``, ``%`` or
    ``---``; if a line (from its first column on) begins with ``layers:`` or ``nets:``; or if two lines begin with
    different keys of an architecture file.  So ``input: 3x32x32`` alone is a line called ``input``.
    """
    if source.name.lower().endswith(_YAML_NAMES) or _YAML_BEGINS.match(source.text):
        return True
    keys = {found[1] for found in _KEY.finditer(source.text)}
    return len(keys) > 1 or bool(keys & {"layers", "nets"})


def read(source: Source) -> Mapping:
    """The tree of a text, YAML or one-liner (see :func:`is_yaml`)."""
    if is_yaml(source):
        from cnncalc.formats.read import yaml

        return yaml.read(source)
    from cnncalc.formats.read import line

    return line.read(source)
