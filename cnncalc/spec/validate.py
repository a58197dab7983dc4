"""From a tree to a :class:`Network`: keys, forms, phrases and parameters, all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from typing import Any, NamedTuple, TypeVar

from cnncalc.errors import Diagnostic, Related, SpecError, did_you_mean
from cnncalc.layers import STEPS, TABLE, canonical, kind_of
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree
from cnncalc.spec.bind import Binder, Faults
from cnncalc.spec.budget import EXAMPLE, Limit, read_budget
from cnncalc.spec.evaluate import SIZE_NAMES, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.longform import long_form, tree_value
from cnncalc.spec.network import Block, Expectation, File, Input, Net, Network, Statement
from cnncalc.spec.phrase import parse_line, parse_signature, parse_value
from cnncalc.spec.syntax import Call, Given, Group, Size

KEYS = (
    "name", "about", "input", "inputs", "params", "variants", "defaults", "blocks", "shared", "layers", "outputs",
    "nets", "import", "tiling", "expect", "family", "year", "budget", "per_image",
)  # fmt: skip
VARIANT_KEYS = ("expect", "budget", "name", "year")
"""What a variant may say besides its params."""
NET_KEYS = ("about", "input", "inputs", "layers", "outputs", "per_image", "expect", "budget")
RESERVED = ("output", "params", "weights", "macs", "memory", "total", *SIZE_NAMES)
"""Names that questions about a network use; no line may have one."""

NO_LAYERS = "there are no layers"

IMPORT_LIMIT = 16

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_PATH = re.compile(r"[^\W\d]\w*(\.\w+)*\Z")
_YEAR = re.compile(r"[12][0-9]{3}\Z")
_KEYWORDS = ("as", "if", "else", "and", "or", "not")

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


class Validator:
    """Collects what is wrong with a tree while it sorts it."""

    def __init__(self, open_file: Callable[[str], Source], read: Callable[[Source], Mapping]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.open_file = open_file
        self.read = read

    # -- reporting ---------------------------------------------------------------------------------------------

    def report(
        self,
        code: str,
        message: str,
        mark: Mark | None,
        label: str = "",
        help: Iterable[str] = (),
        notes: Iterable[str] = (),
        related: Iterable[Related] = (),
    ) -> None:
        self.diagnostics.append(
            Diagnostic(code, message, mark, label, tuple(notes), tuple(each for each in help if each), tuple(related))
        )

    def guarded(self, parse: Callable[[Scalar], Any], scalar: Scalar) -> Any:
        """The parse of a scalar; None, with its diagnostics kept, where it fails."""
        try:
            return parse(scalar)
        except SpecError as error:
            self.diagnostics.extend(error.diagnostics)
            return None

    def scalar(self, tree: Tree, what: str) -> Scalar | None:
        if isinstance(tree, Scalar):
            return tree
        self.report("Y107", f"{what} must be a single value", first_mark(tree))
        return None

    def mapping(self, tree: Tree, what: str, example: str) -> Mapping | None:
        if isinstance(tree, Mapping):
            return tree
        if isinstance(tree, Scalar) and not tree.text.strip():
            return Mapping(tree.source, [], tree.start, tree.end)
        self.report("Y107", f"{what} must be a mapping", first_mark(tree), help=(f"for example `{example}`",))
        return None

    # -- the file ----------------------------------------------------------------------------------------------

    def network(self, tree: Mapping, overrides: Dict[str, Any], variant: str | None) -> Network:
        """The network of a tree; raises :class:`SpecError` only where nothing at all can be made of it."""
        source = tree.source
        keys = self.keys(tree, KEYS, "an architecture file")
        file = self.file(source, keys, chain=(source.name,))
        variants = self.variants(keys.get("variants"), file)
        modified = self.set_params(file, variants, variant, overrides, source)
        self.defaults(keys.get("defaults"), file)
        nets: list[Net] = []
        if "nets" in keys:
            for clash in ("layers", "input", "inputs", "outputs"):
                if clash in keys:
                    self.report(
                        "Y107",
                        f"a file has either nets or {clash}",
                        first_mark(keys[clash]),
                        help=("move it into the net it belongs to",),
                    )
            nets = self.nets(keys["nets"], file)
            expect = self.expectations(keys.get("expect"))
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
            expect = nets[0].expect
        budget = self.budget(keys.get("budget"))
        said = variants[variant] if variant is not None else Variant({}, {})
        expect, budget = said.instead_of(expect, said.expect), said.instead_of(budget, said.budget)
        if modified:
            expect, budget = (), ()
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
            {each: variants[each].settings for each in variants}, expect, variant, modified,
            tuple(self.diagnostics), extra, "name" in own, budget,
        )  # fmt: skip

    def keys(self, tree: Mapping, known: tuple[str, ...], what: str) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for key, value in tree:
            name = key.value
            if name not in known:
                hint = did_you_mean(name, known)
                if not hint and canonical(name.split(" ")[0]):
                    hint = "layers stand under `layers:`"
                self.report(
                    "Y103",
                    f"unknown key {name!r}",
                    key.mark,
                    f"not a key of {what}",
                    (hint or f"its keys are {', '.join(known)}",),
                )
            else:
                found[name] = value
        return found

    def text(self, tree: Tree | None) -> str:
        return tree.value if isinstance(tree, Scalar) else ""

    def year(self, tree: Tree | None) -> None:
        if tree is not None and not _YEAR.match(self.text(tree)):
            self.report("T104", "a year has four digits", first_mark(tree), help=("for example `year: 2015`",))

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
            for block in imported.blocks.values():
                file.blocks[block.name] = block

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

    def good_name(self, name: str, mark: Mark, what: str) -> bool:
        if not _IDENTIFIER.match(name) or name in _KEYWORDS:
            self.report(
                "Y107",
                f"{what}'s name must be a word, got {name!r}",
                mark,
                help=("letters, digits and _, not beginning with a digit",),
            )
            return False
        if name in SIZE_NAMES:
            self.report("G110", f"{name!r} is the name of a size that flows in", mark, help=("choose another name",))
            return False
        return True

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
                number = self.number(setting, file.params, f"parameter {name.value}")
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
    ) -> bool:
        base = os.path.basename(source.name)
        if variant is not None:
            if variant not in variants:
                hint = did_you_mean(variant, variants)
                known = f"its variants: {', '.join(variants)}" if variants else "it has none"
                raise SpecError(
                    Diagnostic(
                        "T113", f"--variant {variant}: {base} has no such variant", help=(f"{hint} {known}".strip(),)
                    )
                )
            file.params.update(variants[variant].settings)
        for name, value in overrides.items():
            if name not in file.params:
                hint = did_you_mean(name, file.params)
                known = f"its parameters: {', '.join(file.params)}" if file.params else "it has none"
                raise SpecError(
                    Diagnostic(
                        "T111", f"--set {name}: {base} has no parameter {name!r}", help=(f"{hint} {known}".strip(),)
                    )
                )
            file.params[name] = value
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

    # -- blocks and lines --------------------------------------------------------------------------------------

    def blocks(self, tree: Tree | None, file: File, shared: bool) -> None:
        where = "shared" if shared else "blocks"
        mapping = (
            self.mapping(tree, where, f"{where}: {{double(c): (conv c 3 p1 | relu)*2}}") if tree is not None else None
        )
        for key, value in mapping or ():
            signature = self.guarded(parse_signature, key)
            if signature is None:
                continue
            if canonical(signature.name) or signature.name.lower() in STEPS:
                self.report(
                    "G105",
                    f"{signature.name!r} is a layer already",
                    key.mark,
                    help=("choose another name for the block",),
                )
                continue
            if not self.good_name(signature.name, key.mark, "a block"):
                continue
            if any(each.name in SIZE_NAMES for each in signature.parameters):
                clash = next(each for each in signature.parameters if each.name in SIZE_NAMES)
                self.report(
                    "G110",
                    f"{clash.name!r} is the name of a size that flows in",
                    key.at(*clash.span),
                    help=("choose another name",),
                )
                continue
            known = file.blocks.get(signature.name)
            if known is not None and known.file is file:
                self.report(
                    "G105",
                    f"block {signature.name!r} is defined twice",
                    key.mark,
                    notes=(f"first on line {known.text.mark.line}",),
                )
                continue
            statements = self.statements(value, f"block {signature.name}", top=False)
            file.blocks[signature.name] = Block(signature.name, signature.parameters, statements, file, key, shared)

    def statements(self, tree: Tree, what: str, top: bool) -> tuple[Statement, ...]:
        found: list[Statement] = []
        if isinstance(tree, Scalar):
            if not tree.text.strip():
                self.report("Y106", f"{what} has no layers", tree.mark)
            else:
                found.append(self.statement(None, tree, top))
        elif isinstance(tree, Mapping):
            if any(key.value == "op" for key, _ in tree):
                found.append(self.statement(None, tree, top))
            else:
                found.extend(self.statement(key, value, False) for key, value in tree)
        else:
            for item in tree:
                if isinstance(item, Mapping) and not any(key.value == "op" for key, _ in item):
                    if len(item.items) != 1:
                        self.report(
                            "Y107", "an item of the list is one phrase, or one `name: phrase`", first_mark(item)
                        )
                    found.extend(self.statement(key, value, False) for key, value in item)
                else:
                    found.append(self.statement(None, item, top and not found))
        if not found and not isinstance(tree, Scalar):
            self.report("Y106", f"{what} has no layers", tree.mark)
        self.check_names(found, top, twice=not isinstance(tree, Mapping))
        if not (top and all(each.whole for each in found)):  # not the flat form
            found = [each._replace(whole=False) if each.whole else each for each in found]
        return tuple(found)

    def check_names(self, statements: list[Statement], top: bool, twice: bool) -> None:
        """Names that are words, not reserved, and (``twice``: the reader has not seen to it) not taken."""
        seen: dict[str, Statement] = {}
        for statement in statements:
            name = statement.name
            if name is None:
                continue
            if not _PATH.match(name) or name in _KEYWORDS:
                self.report(
                    "Y107",
                    f"a line's name must be a word, got {name!r}",
                    statement.mark,
                    help=("letters, digits and _, not beginning with a digit",),
                )
            elif name.split(".")[0] in RESERVED and (top or name in SIZE_NAMES):
                self.report(
                    "G110",
                    f"{name!r} is a reserved name",
                    statement.mark,
                    help=(f"reserved are {', '.join(RESERVED)}",),
                )
            elif name in seen and twice:
                self.report(
                    "G105",
                    f"{name!r} stands twice in layers",
                    statement.mark,
                    notes=(f"first on line {seen[name].mark.line}",),
                )
            seen.setdefault(name, statement)

    def statement(self, key: Scalar | None, value: Tree, given: bool) -> Statement:
        """A line; ``given`` where it may begin with the input's size, as the first line of a one-liner does."""
        name = key.value if key is not None else None
        if isinstance(value, Scalar):
            chain = self.guarded(parse_line if given else parse_bare_line, value)
            return Statement(name, chain, value, key.mark if key is not None else value.mark)
        if isinstance(value, Mapping):
            try:
                text, chain = long_form(value)
            except SpecError as error:
                self.diagnostics.extend(error.diagnostics)
                text, chain = Scalar(value.source, "", value.start, value.start, value.start), None
            mark = key.mark if key is not None else first_mark(value)
            return Statement(name, chain, text, mark, value.get("from") is not None)
        self.report(
            "Y107", "a line is a phrase, or a mapping with `op:`", first_mark(value), help=("join steps with |",)
        )
        text = Scalar(value.source, "", value.start, value.start, value.start)
        return Statement(name, None, text, key.mark if key is not None else first_mark(value))

    # -- nets --------------------------------------------------------------------------------------------------

    def nets(self, tree: Tree, file: File) -> list[Net]:
        mapping = self.mapping(tree, "nets", "nets: {generator: {input: 100x1x1, layers: ...}}")
        found: list[Net] = []
        for key, value in mapping or ():
            name = key.value
            if not self.good_name(name, key.mark, "a net"):
                continue
            inner = self.mapping(value, f"net {name}", f"{name}: {{input: 3x64x64, layers: ...}}")
            if inner is None:
                continue
            keys = self.keys(inner, NET_KEYS, "a net")
            if "layers" not in keys:
                if any("'layers'" in help for each in self.diagnostics for help in each.help):
                    raise SpecError(self.diagnostics)
                self.report("Y106", f"net {name!r} has no layers", key.mark)
                continue
            found.append(self.net(name, keys, file, key.mark, tuple(each.name or "" for each in found)))
        return found

    def net(
        self, name: str | None, keys: dict[str, Tree], file: File, mark: Mark | None, earlier: tuple[str, ...]
    ) -> Net:
        statements = self.statements(keys["layers"], "the network" if name is None else f"net {name}", top=True)
        inputs = self.inputs(keys, file, earlier, statements)
        for statement in statements:
            if statement.name in file.blocks:
                self.report(
                    "G105", f"{statement.name!r} is a block and a line", statement.mark, help=("rename one of them",)
                )
            if statement.name is not None and any(each.name == statement.name for each in inputs):
                self.report(
                    "G105", f"{statement.name!r} is an input and a line", statement.mark, help=("rename one of them",)
                )
        per_image = None
        if "per_image" in keys:
            scalar = self.scalar(keys["per_image"], "per_image")
            expr = self.guarded(parse_value, scalar) if scalar is not None else None
            per_image = (expr, scalar) if expr is not None and scalar is not None else None
        return Net(
            name,
            inputs,
            statements,
            self.outputs(keys.get("outputs")),
            per_image,
            self.expectations(keys.get("expect")),
            mark,
            budget=self.budget(keys.get("budget")) if name is not None else (),
        )

    def inputs(
        self, keys: dict[str, Tree], file: File, earlier: tuple[str, ...], statements: tuple[Statement, ...]
    ) -> tuple[Input, ...]:
        given = given_input(statements)
        if "inputs" in keys:
            if "input" in keys:
                self.report("Y107", "a net has either input or inputs", first_mark(keys["input"]))
            mapping = self.mapping(keys["inputs"], "inputs", "inputs: {photo: 3x256x256, drawing: 3x256x256}")
            found = []
            for key, value in mapping or ():
                if self.good_name(key.value, key.mark, "an input"):
                    each = self.input(key.value, value, earlier)
                    if each is not None:
                        found.append(each)
            return tuple(found)
        if "input" in keys:
            found_one = self.input("input", keys["input"], earlier)
            return (
                (found_one,)
                if found_one is not None
                else (Input("input", (), statements[0].text, "?"),)
                if statements
                else ()
            )
        return (given,) if given is not None else ()

    def input(self, name: str, tree: Tree, earlier: tuple[str, ...]) -> Input | None:
        if isinstance(tree, Mapping):
            self.report("Y107", "an input is a shape such as 3x224x224", first_mark(tree))
            return None
        if isinstance(tree, Scalar):
            if tree.value in earlier:
                return Input(name, (), tree, tree.value)
            if _IDENTIFIER.match(tree.value) and "x" not in tree.value[1:]:
                hint = did_you_mean(tree.value, earlier)
                self.report(
                    "G101",
                    f"there is no net called {tree.value!r} above",
                    tree.mark,
                    help=(hint or "write a shape such as 3x224x224",),
                )
                return None
            expr = self.guarded(parse_value, tree)
            if expr is None:
                return None
            items = expr.items if isinstance(expr, Group) else (expr,)
            return Input(name, items, tree)
        try:
            text, expr = tree_value(tree)
        except SpecError as error:
            self.diagnostics.extend(error.diagnostics)
            return None
        assert isinstance(expr, Group)
        if not expr.items:
            self.report("T104", "an input needs at least one size", tree.mark)
            return None
        return Input(name, expr.items, text)

    def outputs(self, tree: Tree | None) -> tuple[tuple[str, Scalar], ...] | None:
        if tree is None:
            return None
        found: list[tuple[str, Scalar]] = []
        if isinstance(tree, Mapping):
            for key, value in tree:
                scalar = self.scalar(value, "an output")
                if scalar is not None:
                    found.append((key.value, scalar))
        else:
            for item in tree if isinstance(tree, Items) else [tree]:
                scalar = self.scalar(item, "an output")
                if scalar is not None:
                    found.append((scalar.value, scalar))
        seen: set[str] = set()
        for label, scalar in found:
            if label in seen:
                self.report("G105", f"output {label!r} stands twice", scalar.mark)
            seen.add(label)
        return tuple(found)

    def budget(self, tree: Tree | None) -> tuple[Limit, ...]:
        mapping = self.mapping(tree, "budget", EXAMPLE) if tree is not None else None
        return tuple(read_budget(mapping, self.report)) if mapping is not None else ()

    def expectations(self, tree: Tree | None) -> tuple[Expectation, ...]:
        if tree is None:
            return ()
        mapping = self.mapping(tree, "expect", "expect: {conv1: 96x55x55, params: 25.6M}")
        found = []
        for key, value in mapping or ():
            if isinstance(value, Items):
                try:
                    value = Scalar(
                        value.source,
                        "x".join(each.value for each in value if isinstance(each, Scalar)),
                        value.start,
                        value.end,
                        value.start,
                    )
                except SpecError:
                    continue
            scalar = self.scalar(value, "an expected figure")
            if scalar is not None:
                found.append(Expectation(key, scalar))
        return tuple(found)


def parse_bare_line(scalar: Scalar) -> Any:
    """A line that does not begin with a size."""
    return parse_line(scalar, given=False)


def first_mark(tree: Tree) -> Mark:
    """The mark of a tree, or of its first key: a block mapping's own mark runs too far."""
    if isinstance(tree, Mapping) and tree.items and not tree.flow:
        return tree.items[0][0].mark
    if isinstance(tree, Items) and tree.items and not tree.flow:
        return first_mark(tree.items[0])
    return tree.mark


def given_input(statements: tuple[Statement, ...]) -> Input | None:
    """The input that a one-liner begins with."""
    for statement in statements:
        if statement.chain is not None and isinstance(statement.chain.steps[0].atom, Given):
            atom = statement.chain.steps[0].atom
            return Input("input", (Size(atom.dims, atom.span),), statement.text)
    return None


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


def validate(
    tree: Mapping,
    overrides: Dict[str, Any],
    variant: str | None,
    open_file: Callable[[str], Source],
    read: Callable[[Source], Mapping],
) -> Network:
    """The network that a tree describes; its ``diagnostics`` say what was wrong with parts of it."""
    return Validator(open_file, read).network(tree, overrides, variant)
