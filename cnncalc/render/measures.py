"""How what was measured is written: times, rates and shares, in four figures at most."""

from __future__ import annotations

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def seconds(value: float | None) -> str:
    """``1.234 ms``; ``-`` for nothing."""
    if value is None:
        return "-"
    size = abs(value)
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if size >= scale:
            return f"{value / scale:.{digits(size / scale)}f} {unit}"
    return f"{value / 1e-9:.0f} ns"


def digits(value: float) -> int:
    """Decimals that make four figures."""
    return 3 if value < 10 else 2 if value < 100 else 1


def rate(value: float | None, unit: str = "") -> str:
    """``12.34 G``, with the unit behind."""
    if value is None:
        return "-"
    for scale, prefix in PREFIXES:
        if value >= scale:
            return f"{value / scale:.{digits(value / scale) - 1}f} {prefix}{unit}"
    return f"{value:.3g} {unit}".rstrip()


def percent(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if abs(value) < 0.1 else f"{value:.0%}"


def figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
