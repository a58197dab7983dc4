"""PyTorch source for networks: ``write(graphs)``, without torch.

One class per net; a class for every block that is used more than once, with parameters for what its uses differ in;
``nn.Sequential`` for plain chains, loops for repeats, one module for weights that are shared.  The source needs torch
alone.  Its ``state_dict()`` has the tensors of ``cnncalc.build(net)`` in the same order, and the same names as far as
that reads well (a line of one layer is that layer: ``fc8.weight``, not ``fc8.fc.weight``).
"""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterator, Sequence

from cnncalc.errors import SpecError
from cnncalc.formats.write.torch.cells import Cells
from cnncalc.formats.write.torch.classes import Classes, Written
from cnncalc.formats.write.torch.expressions import Children, Flag, Optional, written
from cnncalc.formats.write.torch.forward import Writing
from cnncalc.formats.write.torch.helpers import HELPERS
from cnncalc.formats.write.torch.layout import INDENT, WIDTH, Call, lines
from cnncalc.formats.write.torch.names import TAKEN, class_name, unique, variable
from cnncalc.formats.write.torch.shells import Shell
from cnncalc.graph import Graph
from cnncalc.shape import show
from cnncalc.units import grouped

IMPORTS = (
    (r"\bmath\.", "import math"),
    (r"\bOrderedDict\(", "from collections import OrderedDict"),
    ("", ""),
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
    ("", "from torch import Tensor, nn"),
)


def write(graphs: Sequence[Graph], name: str | None = None) -> str:
    """The source of a module with a class for each net.

    ``name`` is the name of the class, with several nets the beginning of their names.  Raises :class:`SpecError`
    where a graph has faults.
    """
    for graph in graphs:
        if not graph.complete:
            raise SpecError([each for each in graph.diagnostics if each.code[0] != "E"] or graph.diagnostics)
    taken = set(HELPERS)
    titles: list[str] = []
    for graph in graphs:
        own = graph.name if name is None else f"{name} {graph.net.name or ''}" if len(graphs) > 1 else name
        title = own if name is not None and len(graphs) == 1 else class_name(own if own.strip("<>") == own else "Net")
        titles.append(unique(title, taken))
        taken.add(titles[-1])
    networks = [Cells(graph) for graph in graphs]
    classes = Classes(networks, taken)
    found = ["\n".join(block_source(each)) for each in classes.written]
    for title, cells in zip(titles, networks, strict=True):
        found.append("\n".join(network_source(title, cells, classes)))
    text = "\n\n\n".join(found)
    helpers = [source.strip() for helper, source in HELPERS.items() if re.search(rf"\b{helper}\(", text)]
    text = "\n\n\n".join([*helpers, text])
    return f'"""{headline(graphs)}"""\n\nfrom __future__ import annotations\n\n{imports(text)}\n\n\n{text}\n'


def is_class_name(name: str) -> bool:
    """Whether a class may have this name beside what the source uses itself."""
    return name.isidentifier() and not keyword.iskeyword(name) and name not in TAKEN and name not in HELPERS


def headline(graphs: Sequence[Graph]) -> str:
    title = graphs[0].network.title.strip("<>") if graphs else "Networks"
    return quotable(f"{title} in PyTorch, written by cnncalc.")


def imports(text: str) -> str:
    found = [line for pattern, line in IMPORTS if not pattern or re.search(pattern, text)]
    return "\n".join(found).strip()


def quotable(text: str) -> str:
    """Text that may stand between three quotation marks."""
    text = "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{text[:-1]}'" if text.endswith('"') else text


def block_source(block: Written) -> Iterator[str]:
    """The lines of a class for a block."""
    shell = block.shell
    base = "nn.Sequential" if shell.program is None else "nn.Module"
    yield f"class {block.name}({base}):"
    yield f'{INDENT}"""{quotable(block.about)}"""'
    yield ""
    given = [
        f"{each.name}: {each.annotation}" + ("" if each.default is ... else f" = {written(each.default)}")
        for each in block.parameters
    ]
    header = Call("def __init__(", [(None, each) for each in ["self", *given]], ")")
    yield from lines(header, 1, "", " -> None:")
    texts = iter(block.texts)
    if shell.program is None:
        part = shell.parts[0]
        assert isinstance(part, Children)
        yield from lines(Call("super().__init__", part.arguments(texts)), 2)
        return
    yield f"{INDENT * 2}super().__init__()"
    yield from assignments(shell, texts)
    yield ""
    inputs = [f"{each}: Tensor" for each in block.inputs]
    outputs = len(shell.program.outputs)
    result = "Tensor" if outputs == 1 else f"tuple[{', '.join(['Tensor'] * outputs)}]"
    yield from lines(Call("def forward(", [(None, each) for each in ["self", *inputs]]), 1, "", f" -> {result}:")
    if shell.other is None:
        yield from Writing(shell.program, block.inputs).body()
        return
    yield f"{INDENT * 2}if self.{shell.keys[-1]}:"
    yield from Writing(shell.program, block.inputs).body(3)
    yield from Writing(shell.other, block.inputs).body()


def assignments(shell: Shell, texts: Iterator[str]) -> Iterator[str]:
    """The submodules."""
    for key, part in zip(shell.keys, shell.parts, strict=True):
        if isinstance(part, Flag):
            yield f"{INDENT * 2}self.{key} = {next(texts)}"
        elif isinstance(part, Optional):
            test = next(texts)
            yield f"{INDENT * 2}self.{key}: nn.Module = nn.Identity()"
            yield f"{INDENT * 2}if {test}:"
            yield from lines(part.body.document(texts), 3, f"self.{key} = ")
        else:
            yield from lines(part.document(texts), 2, f"self.{key} = ")


def network_source(title: str, cells: Cells, classes: Classes) -> Iterator[str]:
    """The lines of a net's own class."""
    graph = cells.graph
    yield f"class {title}(nn.Module):"
    yield from docstring(graph)
    yield ""
    shell = classes.module_shell(cells.root, cells)
    if shell.keys:
        yield f"{INDENT}def __init__(self) -> None:"
        yield f"{INDENT * 2}super().__init__()"
        yield from assignments(shell, iter([written(slot.value) for slot in shell.slots()]))
        yield ""
    inputs = ["x"] if len(graph.inputs) == 1 else []
    for name, _ in graph.inputs if not inputs else ():
        inputs.append(unique(variable(name), inputs))
    several = len(graph.outputs) != 1
    header = Call("def forward(", [(None, each) for each in ["self", *(f"{name}: Tensor" for name in inputs)]])
    yield from lines(header, 1, "", f" -> {'dict[str, Tensor]' if several else 'Tensor'}:")
    assert shell.program is not None
    yield from Writing(shell.program, inputs, [name for name, _ in graph.outputs] if several else ()).body()


def docstring(graph: Graph) -> Iterator[str]:
    """The network's name, what the file says about it, its figures."""
    nodes = [node for node in graph.layers if node.owner == node.index]
    count = sum(node.facts.trainable + node.facts.frozen for node in nodes)
    macs = sum(node.facts.macs for node in graph.layers)
    width = WIDTH - len(INDENT)
    paragraphs = [f"{graph.name.strip('<>')}.", graph.network.about]
    yield INDENT + '"""' + quotable(paragraphs[0])
    for paragraph in filter(None, paragraphs[1:]):
        yield ""
        for line in textwrap.wrap(quotable(" ".join(paragraph.split())), width):
            yield INDENT + line
    yield ""
    for name, number in graph.inputs:
        label = "Input" if len(graph.inputs) == 1 else f"Input {name}"
        yield f"{INDENT}{quotable(label)}: batch x {show(graph.shape(number)).replace('x', ' x ')}."
    yield f"{INDENT}{grouped(count)} parameters; {grouped(macs)} multiply-accumulates for one example."
    yield f'{INDENT}"""'
