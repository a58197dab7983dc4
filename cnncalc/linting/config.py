"""The configuration: ``[tool.cnncalc.lint]`` in pyproject.toml, or ``[lint]`` in cnncalc.toml; the nearest one counts.

What it does not know is an error, with its place: a setting that is misspelt must not be ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cnncalc import rules
from cnncalc.errors import Diagnostic, SpecError, code_of, codes, did_you_mean, fault, rule_files
from cnncalc.files import load_source
from cnncalc.linting.settings import FORMATS, Settings, is_selector
from cnncalc.linting.toml_places import line_start, place_of
from cnncalc.rules import SEVERITIES
from cnncalc.source import Mark, Source
from cnncalc.spec.budget import FIGURES, Wrong, read_limit

ALL_RULES = "`cnncalc rule --all` lists the rules"

NAMES = ("cnncalc.toml", "pyproject.toml")
"""In this order, in every folder from that of a file upwards."""

EMPTY = "Y004"

_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


class Setting(NamedTuple):
    """What a setting takes: a check that gives the value, or None where it is wrong; and what is right, in words."""

    read: Callable[[Any], Any]
    takes: str


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _switch(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _one_of(*words: str) -> Setting:
    return Setting(lambda value: value if value in words else None, f"one of {', '.join(words)}")


_SELECTORS = Setting(_texts, 'a list of codes, prefixes or names: ["P", "bias-before-norm"]')
_PATTERNS = Setting(_texts, 'a list of patterns: ["old/", "*.draft.yaml"]')
_SWITCH = Setting(_switch, "true or false")

SETTINGS: dict[str, Setting] = {
    "select": _SELECTORS,
    "ignore": _SELECTORS,
    "extend-select": _SELECTORS,
    "per-file-ignores": Setting(
        lambda value: value if isinstance(value, dict) else None, 'a table: {"old/*.yaml" = ["P"]}'
    ),
    "exclude": _PATTERNS,
    "extend-exclude": _PATTERNS,
    "force-exclude": _SWITCH,
    "fail-on": _one_of(*reversed(SEVERITIES)),
    "format": _one_of(*FORMATS),
    "baseline": Setting(_text, "the path of a file"),
    "warn-unused-ignores": _SWITCH,
    "docs-url": Setting(_text, "what stands in front of rules.md#..."),
    "budgets": Setting(lambda value: value if isinstance(value, dict) else None, 'a table: {params = "30M"}'),
    "rules": Setting(
        lambda value: value if isinstance(value, dict) else None, "a table of tables, one for each rule by its name"
    ),
}
"""Every setting of a configuration."""


def find(folder: str) -> str | None:
    """The configuration for files of a folder: the nearest, upwards, that says anything about linting."""
    here = os.path.abspath(folder)
    while True:
        for name in NAMES:
            path = os.path.join(here, name)
            if os.path.isfile(path) and _speaks(path):
                return path
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def _speaks(path: str) -> bool:
    if os.path.basename(path) != "pyproject.toml":
        return True
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return re.search(r"^\s*\[tool\.cnncalc\b|cnncalc\.lint", file.read(), re.MULTILINE) is not None
    except OSError:
        return False


def load(path: str) -> Settings:
    """The settings of a configuration; raises :class:`SpecError` with everything that is wrong with it."""
    try:
        return read(load_source(path))
    except SpecError as error:
        if error.diagnostics[0].code != EMPTY:
            raise
        return read(Source(path, ""))  # it says nothing, and that nothing further up counts


def read(source: Source) -> Settings:
    """The settings of a text: X101 (unknown), X102 (wrong value), X103 (no TOML)."""
    import tomllib

    try:
        document = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecError(_not_toml(source, str(error))) from None
    path = ["tool", "cnncalc", "lint"] if os.path.basename(source.name) == "pyproject.toml" else ["lint"]
    reader = _Reader(source, path)
    table: Any = document
    for depth, key in enumerate(path):
        if depth and isinstance(table, dict):
            reader.known(table, ("lint",) if path[depth - 1] == "cnncalc" else ("cnncalc", *table), path[:depth])
        elif len(path) == 1:
            reader.known(table, ("lint",), [])
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        reader.wrong(path, "a table of settings")
        table = {}
    settings = reader.settings(table)
    if reader.found:
        raise SpecError(reader.found)
    return settings


def _not_toml(source: Source, words: str) -> Diagnostic:
    found = _AT.search(words)
    mark = Mark(source, len(source.text), len(source.text))
    if found:
        start = line_start(source, int(found[1])) + int(found[2]) - 1
        mark = Mark(source, min(start, len(source.text)), min(start + 1, len(source.text)))
    return Diagnostic(
        "X103", f"not valid TOML: {_AT.sub('', words).replace('(at end of document)', '').strip().lower()}", mark
    )


class _Reader:
    """Collects what is wrong with a configuration while it reads it."""

    def __init__(self, source: Source, path: list[str]) -> None:
        self.source = source
        self.path = path
        self.found: list[Diagnostic] = []

    def settings(self, table: Mapping[str, Any]) -> Settings:
        self.known(table, SETTINGS, self.path)
        values: dict[str, Any] = {}
        for name, setting in SETTINGS.items():
            if name not in table:
                continue
            value = setting.read(table[name])
            if value is None:
                self.wrong([*self.path, name], setting.takes)
                continue
            values[name.replace("-", "_")] = value
            if setting is _SELECTORS:
                self.selectors(value, [*self.path, name])
        ignores = values.pop("per_file_ignores", {})
        options = values.pop("rules", {})
        budgets = values.pop("budgets", {})
        if "baseline" in values:  # it is relative to the configuration
            values["baseline"] = os.path.join(os.path.dirname(self.source.name), values["baseline"])
        return Settings(
            **values,
            per_file_ignores=tuple(self.per_file(ignores)),
            options=self.options(options),
            budgets=self.budgets(budgets),
            root=os.path.dirname(os.path.abspath(self.source.name)),
            file=self.source.name,
        )

    def per_file(self, table: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
        for pattern, value in table.items():
            place = [*self.path, "per-file-ignores", pattern]
            selectors = _texts(value)
            if selectors is None:
                self.wrong(place, _SELECTORS.takes)
                continue
            self.selectors(selectors, place)
            yield pattern, selectors

    def selectors(self, selectors: Iterable[str], place: list[str]) -> None:
        for each in selectors:
            if not is_selector(each):
                self.report("X102", f"{each!r} is no code, prefix or name of a rule", place, selector_hint(each), each)

    def options(self, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for name, value in table.items():
            code, place = code_of(name), [*self.path, "rules", name]
            if code not in rule_files():
                hint = did_you_mean(name, [each for code, each in codes().items() if code in rule_files()])
                self.report("X101", f"there is no rule called {name!r}", place, hint or ALL_RULES)
                continue
            rule = rules.load(code)
            if not isinstance(value, dict):
                self.wrong(place, "a table of options")
                continue
            self.known(value, rule.options, place)
            for option, given in value.items():
                default = rule.options.get(option)
                if default is not None and not _alike(given, default):
                    self.wrong([*place, option], f"a value such as {default!r}")
            found[code] = dict(value)
        return found

    def budgets(self, table: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in table.items():
            figure, place = name.replace("-", "_"), [*self.path, "budgets", name]
            if figure not in FIGURES:
                known = [each.replace("_", "-") for each in FIGURES]
                self.known({name: value}, known, place[:-1])
                continue
            try:
                read_limit(figure, value)
            except Wrong as wrong:
                at = place if wrong.key is None or not isinstance(value, dict) else [*place, wrong.key]
                self.report("X101" if wrong.unknown else "X102", str(wrong), at, wrong.help)
                continue
            found[figure] = value
        return found

    # -- reporting ---------------------------------------------------------------------------------------------------

    def known(self, table: Mapping[str, Any], names: Iterable[str], place: list[str]) -> None:
        known = list(names)
        for name in table:
            if name not in known:
                hint = did_you_mean(name, known) or (
                    f"known are {', '.join(known)}" if known else "there are none here"
                )
                self.report("X101", f"unknown setting {name!r}", [*place, name], hint)

    def wrong(self, place: list[str], takes: str) -> None:
        self.report("X102", f"wrong value for {place[-1]!r}", place, f"it takes {takes}")

    def report(self, code: str, message: str, place: list[str], hint: str, word: str | None = None) -> None:
        mark = place_of(self.source, place, word)
        self.found.append(Diagnostic(code, message, mark, help=(hint,) if hint else ()))


def _alike(given: Any, default: Any) -> bool:
    """Whether a value has the type of an option's own; a whole number will do for a fraction."""
    if isinstance(default, bool) or isinstance(given, bool):
        return isinstance(default, bool) and isinstance(given, bool)
    if isinstance(default, float):
        return isinstance(given, (int, float))
    if isinstance(default, (tuple, list)):
        return isinstance(given, list) and all(isinstance(each, str) for each in given)
    return isinstance(given, type(default))


def selector_hint(word: str) -> str:
    """What somebody may have meant by a selector that fits nothing."""
    return did_you_mean(word, [*codes(), *codes().values()]) or ALL_RULES


def check_selectors(words: Iterable[str], option: str) -> tuple[str, ...]:
    """Selectors of the command line; raises :class:`SpecError`."""
    found = tuple(words)
    for each in found:
        if not is_selector(each):
            raise fault("X102", f"{option}: {each!r} is no code, prefix or name of a rule", help=[selector_hint(each)])
    return found
