"""From a tree to a :class:`Network`: keys, forms, phrases and parameters, all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Any

from cnncalc.errors import Diagnostic, Related, SpecError
from cnncalc.source import Items, Mapping, Mark, Source, Tree
from cnncalc.spec.network import File, Net, Network
from cnncalc.spec.sort_params import ParamSorter, Variant
from cnncalc.spec.sorting import first_mark

KEYS = (
    "name", "about", "input", "inputs", "params", "variants", "defaults", "blocks", "shared", "layers", "outputs",
    "nets", "import", "tiling", "expect", "family", "year", "budget", "per_image",
)  # fmt: skip

NO_LAYERS = "there are no layers"

IMPORT_LIMIT = 16


class Validator(ParamSorter):
    """Sorts a file and those that it imports."""

    def __init__(self, open_file: Callable[[str], Source], read: Callable[[Source], Mapping]) -> None:
        super().__init__()
        self.open_file = open_file
        self.read = read
        self.files: dict[str, File] = {}
        """The files imported so far, by their real paths: each is read once, however many import it."""

    def network(self, tree: Mapping, overrides: Dict[str, Any], variant: str | None) -> Network:
        """The network of a tree; raises :class:`SpecError` only where nothing at all can be made of it."""
        source = tree.source
        keys = self.keys(tree, KEYS, "an architecture file")
        file = self.file(source, keys, chain=(source.name,))
        variants = self.variants(keys.get("variants"), file)
        modified = self.set_params(file, variants, variant, overrides, source, keys.get("params"))
        self.defaults(keys.get("defaults"), file)
        nets: list[Net] = []
        if "nets" in keys:
            for clash in ("layers", "input", "inputs", "outputs", "per_image", "expect"):
                if clash in keys:
                    self.report(
                        "Y107",
                        f"a file has either nets or {clash}",
                        first_mark(keys[clash]),
                        help=("move it into the net it belongs to",),
                    )
            for each in variants.values():
                if each.expect:
                    self.report(
                        "Y107", "what is expected of nets stands in them, not in a variant", each.expect[0].key.mark
                    )
            nets = self.nets(keys["nets"], file)
        else:
            if "layers" not in keys:
                if any("'layers'" in help for each in self.diagnostics for help in each.help):
                    raise SpecError(self.diagnostics)
                raise SpecError(
                    [
                        *self.diagnostics,
                        Diagnostic(
                            "Y106",
                            NO_LAYERS,
                            Mark(source, tree.start, tree.start),
                            help=("an architecture file needs `layers:` (or `nets:`)",),
                        ),
                    ]
                )
            nets = [self.net(None, keys, file, None, ())]
        said = variants[variant] if variant is not None else Variant({}, {})
        budget = said.instead_of(self.budget(keys.get("budget")), said.budget)
        expects = [said.instead_of(net.expect, said.expect if net.name is None else None) for net in nets]
        budgets = [said.instead_of(net.budget, None) for net in nets]
        if modified:
            budget, expects, budgets = (), [()] * len(nets), [()] * len(nets)
        nets = [net._replace(expect=a, budget=b) for net, a, b in zip(nets, expects, budgets, strict=True)]
        for key in ("name", "about", "family"):
            if key in keys:
                self.scalar(keys[key], key)
        own = said.keys
        name = self.text(own.get("name", keys.get("name"))) or (
            os.path.splitext(os.path.basename(source.name))[0] if source.folder is not None else "network"
        )
        strict = self.tiling(keys.get("tiling"))
        self.year(keys.get("year"))
        told = {**keys, **own}
        extra: dict[str, Any] = {key: told[key] for key in ("family", "year") if key in told}
        return Network(
            name, self.text(keys.get("about")), source, file, tuple(nets), strict,
            {each: variants[each].settings for each in variants}, variant, modified,
            tuple(self.diagnostics), extra, "name" in own, budget,
        )  # fmt: skip

    def tiling(self, tree: Tree | None) -> bool:
        if tree is None:
            return False
        value = self.text(tree)
        if value not in ("floor", "strict"):
            self.report("T104", f"tiling is floor or strict, not {value!r}", first_mark(tree))
        return value == "strict"

    def file(self, source: Source, keys: dict[str, Tree], chain: tuple[str, ...]) -> File:
        """Imports, parameters and blocks; the bodies see what the file has, whatever the order."""
        file = File(source)
        if "import" in keys:
            self.imports(keys["import"], file, chain)
        self.params(keys.get("params"), file)
        self.blocks(keys.get("blocks"), file, shared=False)
        self.blocks(keys.get("shared"), file, shared=True)
        return file

    def imports(self, tree: Tree, file: File, chain: tuple[str, ...]) -> None:
        targets = tree.items if isinstance(tree, Items) else [tree]
        for target in targets:
            scalar = self.scalar(target, "an import")
            if scalar is None:
                continue
            name = scalar.value
            if file.source.folder is None:
                self.report("G111", "only a file can import", scalar.mark)
                continue
            if os.path.isabs(name) or ".." in re.split(r"[/\\]", name) or "\\" in name or not name or "\0" in name:
                self.report(
                    "G111", "an import is a file beside this one or below it", scalar.mark, "no absolute path, no `..`"
                )
                continue
            folder = "" if file.source.folder == "." else file.source.folder  # messages say x.yaml, not ./x.yaml
            path = os.path.join(folder, os.path.normpath(name))
            real = os.path.realpath(path)
            if not real.startswith(os.path.realpath(file.source.folder) + os.sep):
                self.report(
                    "G111",
                    "an import is a file beside this one or below it",
                    scalar.mark,
                    "this one leads out of the folder",
                )
                continue
            seen = {os.path.realpath(each) for each in chain}
            if real in seen:
                self.report(
                    "G111",
                    "the files import each other in a circle",
                    scalar.mark,
                    notes=(" -> ".join([*map(os.path.basename, chain), os.path.basename(name)]),),
                )
                continue
            if len(chain) > IMPORT_LIMIT:
                self.report("G111", f"imports nested deeper than {IMPORT_LIMIT}", scalar.mark)
                continue
            if real in self.files:
                file.blocks |= self.files[real].blocks
                continue
            try:
                source = self.open_file(path)
                other = self.read(source)
            except SpecError as error:
                first = error.diagnostics[0]
                self.report(
                    "G111",
                    f"cannot import {name!r}: {first.message}",
                    scalar.mark,
                    help=first.help,
                    related=[Related(f"at {first.mark}", first.mark)] if first.mark else [],
                )
                continue
            keys = self.keys(other, KEYS, "an architecture file")
            imported = self.file(source, keys, (*chain, path))
            self.defaults(keys.get("defaults"), imported)
            self.files[real] = imported
            file.blocks |= imported.blocks


def validate(
    tree: Mapping,
    overrides: Dict[str, Any],
    variant: str | None,
    open_file: Callable[[str], Source],
    read: Callable[[Source], Mapping],
) -> Network:
    """The network that a tree describes; its ``diagnostics`` say what was wrong with parts of it."""
    return Validator(open_file, read).network(tree, overrides, variant)
