"""Values as YAML that every parser takes for what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

_PLAIN = re.compile(r"[^\W\d][\w ./+*()=%-]*(?<! )\Z")
TYPED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
"""Words that some YAML parser takes for something else than a text."""
_DIGITS = 15
_WIDTH = 100


class Parameter(str):
    """The name of a block's parameter, which stands without quotes."""

    __slots__ = ()


def flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(str(key))}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Parameter):
        return str(value)
    if isinstance(value, str):
        return text(value)
    return number(value)


def block(key: str, values: Mapping[str, Any]) -> list[str]:
    """A mapping under a key: on one line where it is short."""
    line = f"{key}: {flow(values)}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{key}:", *(f"  {text(name)}: {flow(value)}" for name, value in values.items())]


def number(value: Any) -> str:
    """A number in the digits that a phrase may have; as a fraction where a decimal would not be it."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        return number(int(value)) if value.denominator == 1 else number(float(value))
    if value == int(value):
        return str(int(value))
    decimal = f"{value:.{_DIGITS}f}".rstrip("0")
    if float(decimal) == value and len(decimal) <= _DIGITS:
        return decimal
    nearby = Fraction(value).limit_denominator(10**6)
    return f"{nearby.numerator}/{nearby.denominator}" if float(nearby) == value else decimal[:_DIGITS]


def text(value: str) -> str:
    """A text as a YAML scalar that every YAML parser takes for a text: plain, or quoted."""
    if _PLAIN.match(value) and value.lower() not in TYPED:
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escaped(each) for each in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def printable(value: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in value)


def indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
