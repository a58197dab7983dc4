"""What a verification finds, as frozen records and as the document that docs/verify.md describes."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Figure: TypeAlias = "int | tuple[int, ...] | str | None"


class Check(NamedTuple):
    """One figure, ours and torch's; ``layer`` is None for figures of the whole network, and the name of the output for
    what comes out.  None as a figure: there is no such thing."""

    group: str
    what: str
    layer: str | None
    ours: Figure
    torch: Figure

    @property
    def equal(self) -> bool:
        return self.ours == self.torch

    def as_document(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "what": self.what,
            "layer": self.layer,
            "ours": plain(self.ours),
            "torch": plain(self.torch),
            "equal": self.equal,
        }


class Skipped(NamedTuple):
    """A group of checks, or one of them, that was not made."""

    what: str
    reason: str


class Measurement(NamedTuple):
    """A figure of torch's that need not be ours: what the allocator makes of the tensors, and workspaces; ``ours`` is
    what the replay of the allocator says, where it says anything."""

    what: str
    torch: int
    ours: int | None = None


class Verification(NamedTuple):
    """All checks of one net."""

    name: str
    source: str
    variant: str | None
    net: str | None
    device: str
    torch: str
    batch: int
    dtype: str
    training: bool
    checks: tuple[Check, ...]
    skipped: tuple[Skipped, ...]
    measured: tuple[Measurement, ...]
    notes: tuple[str, ...]

    @property
    def differences(self) -> tuple[Check, ...]:
        return tuple(each for each in self.checks if not each.equal)

    @property
    def equal(self) -> bool:
        """Whether all that was checked is equal."""
        return all(each.equal for each in self.checks)

    def as_document(self) -> dict[str, Any]:
        """The entry of one network in the JSON document."""
        found = self._asdict()
        found.update(
            equal=self.equal,
            checks=[each.as_document() for each in self.checks],
            skipped=[each._asdict() for each in self.skipped],
            measured=[each._asdict() for each in self.measured],
            notes=list(self.notes),
        )
        return found

    def __repr__(self) -> str:
        differences = self.differences
        told = "all equal" if not differences else f"{len(differences)} differ: {differences[0].what}, ..."
        return f"<Verification {self.name}: {len(self.checks)} checks on {self.device}, {told}>"


def plain(figure: Figure) -> int | list[int] | str | None:
    return list(figure) if isinstance(figure, tuple) else figure
