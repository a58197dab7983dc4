"""Budgets: the limits that a file (``budget:``) or a configuration sets to the figures of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from typing import Any, NamedTuple

from cnncalc.errors import did_you_mean
from cnncalc.source import Mapping, Mark, Scalar, Tree
from cnncalc.units import read_figure

FIGURES = ("params", "macs", "flops", "layers", "peak_memory", "receptive_field")
"""What can be limited."""

DTYPES = ("float32", "float16", "bfloat16", "float64", "amp")
"""The data types that the memory model knows."""

EXAMPLE = "budget: {params: 5M, macs: 600M}"

_BOUNDS = {"receptive_field": ("min", "max", "at"), "peak_memory": ("max", "batch", "dtype", "training")}
"""The keys of a limit that is a mapping, where they are not just ``max``."""


class Limit(NamedTuple):
    """One limit: ``most`` and ``least`` as numbers (bytes for ``peak_memory``), None where there is none, and as they
    are ``written``.  ``batch``, ``dtype`` and ``training`` say which peak of the memory is meant, ``at`` whose
    receptive field (a line or a layer; empty: that of the outputs)."""

    figure: str
    most: int | None
    least: int | None
    written: str
    batch: int = 1
    dtype: str = "float32"
    training: bool = False
    at: str = ""
    mark: Mark | None = None
    """The place of the value; None for a limit of the configuration."""


class Wrong(ValueError):
    """A limit that is none: ``key`` is the key of the mapping it is about, ``unknown`` if there is no such key."""

    def __init__(self, message: str, key: str | None = None, help: str = "", unknown: bool = False) -> None:
        super().__init__(message)
        self.key = key
        self.help = help
        self.unknown = unknown


def read_limit(figure: str, value: Any) -> Limit:
    """The limit that a figure (``"5M"``, 5_000_000) or a mapping (``{"max": "2GiB", "batch": 32}``) sets.

    A bare figure is the most that is allowed; for the receptive field, the least.  Raises :class:`Wrong`.
    """
    if not isinstance(value, Dict):
        value = {"min" if figure == "receptive_field" else "max": value}
    known = _BOUNDS.get(figure, ("max",))
    for key in value:
        if key not in known:
            raise Wrong(
                f"a budget of {figure} has no {key!r}",
                key,
                did_you_mean(key, known) or f"it takes {', '.join(known)}",
                unknown=True,
            )
    bounds = {key: _number(figure, key, value[key]) for key in ("max", "min") if key in value}
    if not bounds:
        either = " or ".join(each for each in known if each in ("min", "max"))
        raise Wrong(f"a budget of {figure} needs {either}", help=f"for example `{figure}: {{{known[0]}: ...}}`")
    least, most = bounds.get("min"), bounds.get("max")
    if least is not None and most is not None and least > most:
        raise Wrong(f"no {figure} is at least {least} and at most {most}", "min")
    written = str(value.get("max", value.get("min"))).strip()
    at = value.get("at", "")
    if not isinstance(at, str) or ("at" in value and not at):
        raise Wrong("at is the name of a line or a layer", "at")
    return Limit(figure, most, least, written, *_conditions(value), at)


def _conditions(value: Dict[str, Any]) -> tuple[int, str, bool]:
    """Batch, data type and training."""
    batch = _number("batch", "batch", value.get("batch", 1))
    dtype = str(value.get("dtype", "float32"))
    if not 1 <= batch <= 10**6:
        raise Wrong(f"a batch has 1 to 1,000,000 examples, not {batch}", "batch")
    if dtype not in DTYPES:
        raise Wrong(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}", "dtype", did_you_mean(dtype, DTYPES))
    training = str(value.get("training", "false")).lower()
    if training not in ("true", "false"):
        raise Wrong(f"training is true or false, not {training!r}", "training")
    return batch, dtype, training == "true"


def _number(figure: str, key: str, value: Any) -> int:
    found = None if isinstance(value, bool) else read_figure(str(value), figure == "peak_memory")
    if found is None or (found.value.denominator > 1 and figure in ("batch", "layers", "receptive_field")):
        example = {"peak_memory": "2GiB", "batch": "32", "layers": "50", "receptive_field": "224"}.get(figure, "5M")
        what = "a batch" if figure == "batch" else f"a budget of {figure}"
        raise Wrong(f"{what} is a figure such as {example}, got {str(value)[:40]!r}", key)
    return int(found.value)


def read_budget(tree: Mapping, report: Callable[..., None]) -> Iterator[Limit]:
    """The limits of a ``budget:``; ``report(code, message, mark, help=...)`` is told what is wrong with it."""
    for key, value in tree:
        figure = key.value
        if figure not in FIGURES:
            hint = did_you_mean(figure, FIGURES) or f"its keys are {', '.join(FIGURES)}"
            report("Y103", f"unknown key {figure!r}", key.mark, "not a figure that can be limited", (hint,))
            continue
        try:
            limit = read_limit(figure, _plain(figure, value))
        except Wrong as wrong:
            mark = _place(key, value, wrong)
            report("Y103" if wrong.unknown else "T104", str(wrong), mark, help=(wrong.help,))
            continue
        yield limit._replace(mark=value.mark if isinstance(value, Scalar) else key.mark)


def _plain(figure: str, value: Tree) -> Any:
    """A tree as plain values."""
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, Mapping) and all(isinstance(each, Scalar) for _, each in value):
        return {key.value: each.value for key, each in value if isinstance(each, Scalar)}
    raise Wrong(f"a budget of {figure} is a figure or a mapping", help=EXAMPLE)


def _place(key: Scalar, value: Tree, wrong: Wrong) -> Mark:
    """What a fault is about: the key or the value of an inner mapping, the value, the key."""
    if isinstance(value, Mapping):
        for name, inner in value:
            if name.value == wrong.key:
                return name.mark if wrong.unknown or not isinstance(inner, Scalar) else inner.mark
    return value.mark if isinstance(value, Scalar) else key.mark
