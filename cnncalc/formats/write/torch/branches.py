"""Branches: the tree of the layers' names, which parts of it run in one go, and which use the weights of others."""

from __future__ import annotations

from typing import TypeAlias

from cnncalc.formats.write.torch.operations import Operation, Value, operations_of, output_values
from cnncalc.graph import Graph

Path: TypeAlias = "tuple[str, ...]"


class Branch:
    """What lies below a path: operations by the rest of their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.operations: list[Operation] = []
        self.children: dict[str, Branch | Operation] = {}

    @property
    def live(self) -> list[Operation]:
        return [each for each in self.operations if each.live]


class Branches:
    """The branches of a graph by their paths; the trunk is at ()."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.operations = operations_of(graph)
        self.outputs = output_values(graph, self.operations)
        inputs = len(graph.inputs)
        self.ranks = {
            each.index: rank for rank, each in enumerate(filter(lambda op: op.live, self.operations[inputs:]))
        }
        self.users: dict[Value, set[int]] = {value: {-1} for _, value in self.outputs}
        for operation in self.operations:
            for value in operation.inputs if operation.live else ():
                self.users.setdefault(value, set()).add(operation.index)
        self.branches: dict[Path, Branch] = {}
        self.conflicts: dict[Operation, Path] = {}
        trunk = self.tree(self.operations[inputs:])
        self.later: dict[Path, Path] = {}
        """The path of a later use of shared weights, and that of the first."""
        self.find_later_uses(trunk)
        self.behind: dict[int, frozenset[int]] = {}
        """Users that are no operations: right behind these ones."""
        self.align_outputs()

    # -- the tree of names -----------------------------------------------------------------------------------------

    def tree(self, operations: list[Operation]) -> Branch:
        trunk = self.branches[()] = Branch(())
        prefixes = {each.path[:length] for each in operations for length in range(len(each.path))}
        taken = set(prefixes)
        for each in operations:
            if each.path in prefixes:
                self.conflicts[each] = each.path
            while each.path in taken:
                each.path = (*each.path[:-1], f"{each.path[-1]}_")
            taken.add(each.path)
            branch = trunk
            trunk.operations.append(each)
            for length in range(1, len(each.path)):
                path = each.path[:length]
                if path not in self.branches:
                    branch.children[path[-1]] = self.branches[path] = Branch(path)
                branch = self.branches[path]
                branch.operations.append(each)
            branch.children[each.path[-1]] = each
        return trunk

    def children(self, branch: Branch) -> list[tuple[str, Branch | Operation]]:
        """The children in the order in which the twin has them, which is that of its ``state_dict``."""

        def first(child: Branch | Operation) -> tuple[int, int]:
            within = child.operations if isinstance(child, Branch) else [child]
            attached = [each.index for each in within if each.main and each.owner is None]
            own = min(attached or [each.index for each in within])
            if isinstance(child, Branch):
                return (min([own, *(each.index for each, path in self.conflicts.items() if path == child.path)]), 1)
            if child in self.conflicts:
                return (min(own, *first(self.branches[self.conflicts[child]])[:1]), 0)
            return (own, 0)

        return sorted(branch.children.items(), key=lambda child: first(child[1]))

    def block_of(self, branch: Branch) -> str | None:
        """The block that a path is a use of, from the last segment of its name; no block uses itself."""
        if not branch.path or not branch.operations:
            return None
        node = branch.operations[0].node
        if len(branch.path) == 1 and branch.path[0] == node.line:
            return None
        frame = node.frame
        name = branch.path[-1]
        while frame is not None:
            if frame.block and (name == frame.block or name.rstrip("0123456789") == frame.block):
                above = (self.branches[branch.path[:length]] for length in range(1, len(branch.path)))
                return None if any(self.block_of(each) == frame.block for each in above) else frame.block
            frame = frame.parent
        return None

    def flow(self, operations: list[Operation]) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        """What flows into a run of operations, in the order of its first use, and what comes out."""
        inside = frozenset(each.index for each in operations)
        taken = (value for each in operations for value in each.inputs if value.operation not in inside)
        inputs = tuple(dict.fromkeys(taken))
        made = (Value(each.index, port) for each in operations for port in (0, 1))
        return inputs, tuple(value for value in made if self.leaves(value, inside))

    # -- shared weights --------------------------------------------------------------------------------------------

    def find_later_uses(self, branch: Branch) -> None:
        for _, child in self.children(branch):
            if isinstance(child, Operation):
                continue
            first = self.first_use(child)
            if first is None:
                self.find_later_uses(child)
                continue
            self.later[child.path] = first.path

    def align_outputs(self) -> None:
        """All uses of shared weights put out what any of them does: a value may have a user right behind its part."""
        groups: dict[Path, list[list[int]]] = {}
        for later, first in self.later.items():
            group = groups.setdefault(first, [[each.index for each in self.branches[first].live]])
            group.append([each.index for each in self.branches[later].live])
        behind: dict[int, int] = {}
        changed = True
        while changed:
            changed = False
            for group in groups.values():
                for values in zip(*group, strict=True):
                    for port in (0, 1):
                        places = [Value(index, port) for index in values]
                        if not any(map(self.leaves, places, map(frozenset, group))):
                            continue
                        for place, members in zip(places, group, strict=True):
                            if not self.leaves(place, frozenset(members)):
                                number = behind.setdefault(members[0], -2 - len(behind))
                                self.behind[number] = frozenset(members)
                                self.users.setdefault(place, set()).add(number)
                                changed = True

    def leaves(self, value: Value, inside: frozenset[int]) -> bool:
        """Whether a value is used outside of a run of operations."""
        return any(
            user not in inside and not self.behind.get(user, inside) < inside for user in self.users.get(value, ())
        )

    def first_use(self, branch: Branch) -> Branch | None:
        """The branch whose weights this one uses, where it does nothing else than that one."""
        inside = set(branch.operations)
        lent = [each for each in branch.operations if each.owner is not None and each.owner not in inside]
        if not lent or lent[0].owner is None or not branch.live:
            return None
        depth = len(branch.path)
        rest = lent[0].path[depth:]
        owner = lent[0].owner.path
        first = self.branches.get(owner[: len(owner) - len(rest)])
        if first is None or not first.path or first is branch or not self.is_cell(first):
            return None
        return first if self.alike(first, branch) and self.contiguous(branch) else None

    def alike(self, first: Branch, later: Branch) -> bool:
        """Whether two branches do the same with the same weights."""
        if len(first.live) != len(later.live):
            return False
        places = {b.index: a.index for a, b in zip(first.live, later.live, strict=True)}
        outside: dict[Value, Value] = {}
        for a, b in zip(first.live, later.live, strict=True):
            if a.path[len(first.path) :] != b.path[len(later.path) :]:
                return False
            if (a.construct, a.function, a.settings) != (b.construct, b.function, b.settings):
                return False
            if (b.node.facts.parameters or b.node.facts.buffers) and b.main and b.owner not in (a, a.owner or a):
                return False
            if len(a.inputs) != len(b.inputs):
                return False
            for x, y in zip(a.inputs, b.inputs, strict=True):
                moved = Value(places[y.operation], y.port) if y.operation in places else outside.setdefault(y, x)
                if moved != x:
                    return False
        return len(set(outside.values())) == len(outside)

    def contiguous(self, branch: Branch) -> bool:
        ranks = [self.ranks[each.index] for each in branch.live]
        return bool(ranks) and max(ranks) - min(ranks) + 1 == len(ranks)

    def is_cell(self, branch: Branch) -> bool:
        """Whether what lies below a path can have a forward pass of its own."""
        inside = set(branch.operations)
        lent = any(each.owner is not None and each.owner not in inside for each in branch.operations)
        return not lent and self.contiguous(branch) and any(each.construct for each in branch.live)
