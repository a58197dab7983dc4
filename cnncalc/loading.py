"""From what a user names to a :class:`Network`: files, bundled names, stdin, one-liners, files of a git revision.

What is wrong with a text is collected while it is read and sorted; whoever wants the rest of it all the same takes
:func:`read_network`, everybody else :func:`load`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Mapping as Dict
from fractions import Fraction
from math import isfinite
from numbers import Rational, Real
from typing import Any

from cnncalc import library
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, fault
from cnncalc.files import load_architecture, load_source, source_of
from cnncalc.formats.read import read
from cnncalc.shape import Shape, misread
from cnncalc.source import Scalar, Source
from cnncalc.spec.network import Input, Network
from cnncalc.spec.phrase import parse_value
from cnncalc.spec.syntax import Group as Items
from cnncalc.spec.syntax import Number, Size, Unary
from cnncalc.spec.validate import validate
from cnncalc.units import simplest

_FILE_LIKE = re.compile(
    r"[^|;\n]*\.(ya?ml|json)\Z"
    r"|[^|;\n]*[/\\]\Z"
    r"|(~|\.{1,2})?[/\\][^|;{\n]*\Z"
    r"|[^|;{\n]*\w[/\\](?![\d/])[^|;\n]*\Z"  # nets/lenet, but not `conv 16 3/2`
)
"""What can only be meant as a path: the suffix of a file, or a separator of folders and no steps."""


def load(
    target: str | os.PathLike[str],
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
) -> Network:
    """Load a network: a file, a bundled name (``alexnet``, ``densenet201``), ``-`` for stdin, or a one-line network.

    ``set`` overrides parameters, by numbers as they are written (1.1 is 11/10), ``variant`` chooses a variant,
    ``input`` overrides the input's shape.  Raises :class:`SpecError` with all faults of the text that show before the
    network is expanded.
    """
    return read_network(target, set=set, variant=variant, input=input).sound()


def parse(text: str, name: str = "<text>", **options: Any) -> Network:
    """The network of a text, YAML or one-liner; the options of :func:`load`."""
    return network_of(Source(name, text), **options).sound()


def read_network(
    target: str | os.PathLike[str],
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
) -> Network:
    """As :func:`load`, but what is wrong with single lines stays in ``diagnostics`` and the rest can be expanded."""
    source, bundled_variant = find_source(target)
    return network_of(source, set=set, variant=variant or bundled_variant, input=input)


def load_revision(target: str | os.PathLike[str], **options: Any) -> Network:
    """As :func:`load`, for a file of a git revision (``HEAD~1:net.yaml``), too."""
    from cnncalc import revision as git

    if not isinstance(target, str) or not git.is_revision(target):
        return load(target, **options)
    revision, path = git.find(target)
    source = revision.source(path)
    network = network_of(source, open_file=revision.open, **options).sound()
    if network.name == os.path.splitext(os.path.basename(source.name))[0]:  # it has no name of its own
        network = network._replace(name=os.path.splitext(os.path.basename(path))[0])
    return network


def network_of(
    source: Source,
    *,
    set: Dict[str, Any] | None = None,
    variant: str | None = None,
    input: str | Shape | None = None,
    open_file: Callable[[str], Source] = load_source,
) -> Network:
    """The network of a source; ``open_file`` gives the files that it imports."""
    faults: tuple[Diagnostic, ...] = ()
    with paused():
        try:
            tree = read(source)
        except SpecError as error:
            if error.tree is None:
                raise
            tree, faults = error.tree, error.diagnostics
        try:
            network = validate(tree, exact(set or {}), variant, open_file, read)
        except SpecError as error:
            raise SpecError((*faults, *error.diagnostics)) from None
        network = network._replace(diagnostics=(*faults, *network.diagnostics))
    if input is None:
        return network
    inputs = [each for net in network.nets[:1] for each in net.inputs]
    if len(inputs) != 1:
        raise fault("T111", f"--input needs a network with one input, but there are {len(inputs)}")
    shape = read_shape(input if isinstance(input, str) else ", ".join(map(str, input)), inputs[0])
    return network._replace(modified=True, extra={**network.extra, "input": {inputs[0].name: shape}})


def exact(settings: Dict[str, Any]) -> dict[str, Any]:
    """The numbers of settings as a file would have them: a float is the decimal that it is written as."""
    found = {}
    for name, value in settings.items():
        if not isinstance(value, Real) or not isfinite(value):
            raise fault("T104", f"set takes numbers, got {name}={value!r}")
        found[name] = value if isinstance(value, Rational) else simplest(Fraction(repr(float(value))))
    return found


def find_source(target: str | os.PathLike[str]) -> tuple[Source, str | None]:
    """The text behind a TARGET, and the variant that a bundled name stands for."""
    if isinstance(target, os.PathLike):
        return load_source(target), None
    if target == "-":
        return source_of(target), None
    if _FILE_LIKE.match(target) or (len(target) < 1024 and "\n" not in target and os.path.exists(target)):
        return load_architecture(target), None
    place = library.find(target)
    if place is not None:
        return load_source(place.path), place.variant
    if re.fullmatch(r"[\w.+-]+", target.strip()) and not target.strip()[0].isdigit():
        hint = library.hint(target)
        forms = "`cnncalc list` names the bundled ones; a network on one line begins with its input: 3x32x32 | conv 6 5"
        raise fault("Y001", f"there is no file and no bundled network called {target!r}", help=[hint or forms])
    return Source("<line>", target), None


def read_shape(text: str, instead: Input) -> Shape:
    """``3x224x224``, ``3,224,224`` or ``784``, channels first as in a file; where the input that it stands ``instead``
    of is a volume, it is one, too.  Raises :class:`SpecError`."""
    scalar = Scalar(Source("--input", text), text, 0, len(text), 0)
    expr = parse_value(scalar)
    items = expr.items if isinstance(expr, Items) else (expr,)
    if len(items) == 1 and isinstance(items[0], Size):
        shape: Shape = items[0].dims
    else:
        shape = tuple(each.value if isinstance(each, Number) and isinstance(each.value, int) else 0 for each in items)
    if min(shape, default=0) < 1:
        raise fault("T104", f"{text!r} is no shape", scalar.mark, help=["a shape is written 3x224x224, channels first"])
    wrong = misread(shape, scalar.mark)
    rank = sum(len(each.dims) if isinstance(each, Size) else 1 for each in instead.sizes)
    if wrong is not None and (wrong.code != "T114" or len(shape) != rank):
        raise SpecError(wrong._replace(help=wrong.help[:1]))  # no layers can be written there
    return shape


def read_setting(text: str) -> tuple[str, Any]:
    """``width=0.5`` as a name and an exact number; raises :class:`SpecError`."""
    name, equals, value = text.partition("=")
    scalar = Scalar(Source("--set", text), value, len(name) + 1, len(text), len(name) + 1)
    if not equals or not name.strip():
        raise fault("T104", f"--set takes NAME=NUMBER, got {text!r}")
    expr = parse_value(scalar)
    sign = 1
    if isinstance(expr, Unary) and expr.op == "-":
        expr, sign = expr.operand, -1
    if not isinstance(expr, Number):
        raise fault("T104", f"--set takes NAME=NUMBER, got {text!r}")
    return name.strip(), simplest(sign * Fraction(str(expr.value)))
