"""Parameters, variants and defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping as Dict
from typing import Any, NamedTuple, TypeVar

from cnncalc.errors import Diagnostic, SpecError, did_you_mean
from cnncalc.layers import TABLE, canonical, kind_of
from cnncalc.source import Items, Mapping, Scalar, Source, Tree
from cnncalc.spec.bind import Binder, Faults
from cnncalc.spec.budget import Limit
from cnncalc.spec.evaluate import UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.longform import long_form
from cnncalc.spec.network import Expectation, File
from cnncalc.spec.phrase import parse_line, parse_value
from cnncalc.spec.sort_nets import NetSorter
from cnncalc.spec.sorting import first_mark
from cnncalc.spec.syntax import Call

VARIANT_KEYS = ("expect", "budget", "name", "year")
"""What a variant may say besides its params."""

T = TypeVar("T")


class Variant(NamedTuple):
    """What a variant sets, and what it says of itself; None and what is missing: as the file says."""

    settings: dict[str, Any]
    keys: dict[str, Tree]
    expect: tuple[Expectation, ...] | None = None
    budget: tuple[Limit, ...] | None = None

    def instead_of(self, files: tuple[T, ...], own: tuple[T, ...] | None) -> tuple[T, ...]:
        """What holds for the variant: its own; the file's only where it sets nothing."""
        return own if own is not None else () if self.settings else files


class ParamSorter(NetSorter):
    """Sorts what stands under ``params:``, ``variants:`` and ``defaults:``."""

    def params(self, tree: Tree | None, file: File) -> None:
        if tree is None:
            return
        mapping = self.mapping(tree, "params", "params: {width: 1.0, classes: 1000}")
        if mapping is None:
            return
        for key, value in mapping:
            name = key.value
            if not self.good_name(name, key.mark, "a parameter"):
                continue
            found = self.number(value, file.params, f"parameter {name}")
            if found is not None:
                file.params[name] = found

    def number(self, tree: Tree, variables: dict[str, Any], what: str) -> Any:
        scalar = self.scalar(tree, what)
        if scalar is None:
            return None
        expr = self.guarded(parse_value, scalar)
        if expr is None:
            return None
        try:
            value = evaluate(expr, Scope(variables))
        except SpanFault as fault:
            self.report(fault.code, fault.message, scalar.at(*fault.span), fault.label, fault.help)
            return None
        if isinstance(value, (str, tuple, Unknown)):
            self.report("T104", f"{what} must be a number", scalar.mark)
            return None
        return value

    def variants(self, tree: Tree | None, file: File) -> dict[str, Variant]:
        """What each variant sets, and what it says of itself."""
        found: dict[str, Variant] = {}
        mapping = self.mapping(tree, "variants", "variants: {wide: {width: 2.0}}") if tree is not None else None
        for key, value in mapping or ():
            inner = self.mapping(value, f"variant {key.value}", "wide: {width: 2.0}")
            said = Variant({}, {})
            for name, setting in inner or ():
                if name.value in VARIANT_KEYS and name.value in file.params:
                    message = f"{name.value!r} is a parameter, and what a variant says of itself"
                    self.report("G110", message, name.mark, help=("choose another name for the parameter",))
                    continue
                if name.value == "expect":
                    said = said._replace(expect=self.expectations(setting))
                    continue
                if name.value == "budget":
                    said = said._replace(budget=self.budget(setting))
                    continue
                if name.value == "year":
                    self.year(setting)
                if name.value == "year" or (name.value == "name" and self.scalar(setting, "the name of a variant")):
                    said.keys[name.value] = setting
                if name.value in VARIANT_KEYS:
                    continue
                if name.value not in file.params:
                    hint = did_you_mean(name.value, file.params)
                    self.report(
                        "T111",
                        f"there is no parameter called {name.value!r}",
                        name.mark,
                        help=(hint or f"its parameters: {', '.join(file.params) or 'none'}",),
                    )
                    continue
                number = self.number(setting, {**file.params, **said.settings}, f"parameter {name.value}")
                if number is not None:
                    said.settings[name.value] = number
            found[key.value] = said
        return found

    def set_params(
        self,
        file: File,
        variants: dict[str, Variant],
        variant: str | None,
        overrides: Dict[str, Any],
        source: Source,
        tree: Tree | None,
    ) -> bool:
        """Set what a variant and ``overrides`` say, and work out again what the ``tree`` of params calculates."""
        base = os.path.basename(source.name)
        given: dict[str, Any] = {}
        if variant is not None:
            if variant not in variants:
                hint = did_you_mean(variant, variants)
                known = f"its variants: {', '.join(variants)}" if variants else "it has none"
                raise SpecError(
                    Diagnostic(
                        "T113", f"--variant {variant}: {base} has no such variant", help=(f"{hint} {known}".strip(),)
                    )
                )
            given = dict(variants[variant].settings)
        for name, value in overrides.items():
            if name not in file.params:
                hint = did_you_mean(name, file.params)
                known = f"its parameters: {', '.join(file.params)}" if file.params else "it has none"
                raise SpecError(
                    Diagnostic(
                        "T111", f"--set {name}: {base} has no parameter {name!r}", help=(f"{hint} {known}".strip(),)
                    )
                )
            given[name] = value
        for key, value in tree if given and isinstance(tree, Mapping) else ():
            if key.value in given:
                file.params[key.value] = given[key.value]
            elif key.value in file.params:
                found = self.number(value, file.params, f"parameter {key.value}")
                file.params[key.value] = UNKNOWN if found is None else found
        return bool(overrides)

    def defaults(self, tree: Tree | None, file: File) -> None:
        mapping = self.mapping(tree, "defaults", "defaults: {conv: nobias}") if tree is not None else None
        for key, value in mapping or ():
            word = canonical(key.value)
            if word is None:
                hint = did_you_mean(key.value, TABLE)
                self.report("G101", f"there is no layer called {key.value!r}", key.mark, help=(hint,))
                continue
            try:
                text, call = default_call(word, key, value)
            except SpecError as error:
                self.diagnostics.extend(error.diagnostics)
                continue
            kind = kind_of(word)
            try:
                slots = Binder(call, kind, Scope(file.params), lambda name, span: None).fields()
            except Faults as faults:
                for fault in faults.faults:
                    self.report(fault.code, fault.message, text.at(*fault.span), fault.label, fault.help)
                continue
            file.defaults[word] = {field: slot.value for field, slot in slots.items()}


def default_call(word: str, key: Scalar, value: Tree) -> tuple[Scalar, Call]:
    """``conv: nobias`` as the call ``conv nobias``, its spans in the value's own text."""
    if isinstance(value, Mapping):
        items = [
            (
                Scalar(key.source, "op", key.start, key.end, key.start),
                Scalar(key.source, word, key.start, key.end, key.start),
            )
        ]
        text, chain = long_form(Mapping(value.source, [*items, *value.items], value.start, value.end, value.flow))
    else:
        if isinstance(value, Items):
            raise SpecError(
                Diagnostic(
                    "Y107", "defaults are options of a layer", first_mark(value), help=("for example `conv: nobias`",)
                )
            )
        offsets = None if not value.offsets else [value.offsets[0], value.offsets[0], *value.offsets]
        text = Scalar(value.source, f"x {value.text}", value.start, value.end, value.base - 2, value.quoted, offsets)
        chain = parse_line(text)
    atom = chain.steps[0].atom
    if len(chain.steps) != 1 or not isinstance(atom, Call):
        raise SpecError(
            Diagnostic("Y107", "defaults are options of one layer", value.mark, help=("for example `conv: nobias`",))
        )
    return text, atom._replace(word=word)
