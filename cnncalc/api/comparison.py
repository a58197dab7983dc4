"""Networks side by side: their totals in rows, or what became of one in the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cnncalc.analysis import report as analysis
from cnncalc.api.figures import Target, analyse_all, only_one
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic, SpecError, in_order
from cnncalc.loading import load_revision, read_network
from cnncalc.spec.network import Network

if TYPE_CHECKING:
    from cnncalc.analysis.comparison import Compared
    from cnncalc.analysis.difference import Difference


def compare(
    targets: Iterable[Target],
    *,
    batch: int = 1,
    dtype: str = "float32",
    peaks: bool = True,
) -> list[Compared]:
    """A row of figures per network, in the order given; a target with several nets has a row for each.

    A target that cannot be used has a row that says so in ``error``; nothing is raised.  Without ``peaks`` the memory
    model is left out, which takes about half of the time.
    """
    from cnncalc.analysis.comparison import compared, label

    rows: list[Compared] = []
    for target in targets:
        reports: list[analysis.Report] = []
        try:
            network = target if isinstance(target, Network) else read_network(target)
            found = [*network.diagnostics]
            reports += analyse_all(network, batch=batch, dtype=dtype, partial=True)
            found += [each for report in reports for each in report.diagnostics]
        except SpecError as error:
            found = [*error.diagnostics]
        rows += compared(label(target), reports, in_order(found), peaks)
    return rows


def diff(
    a: Target | analysis.Report,
    b: Target | analysis.Report,
    *,
    net: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Difference:
    """What became of network ``a`` in ``b``; see :func:`diff_all`, for networks with several nets.

    A text may also be ``REV:PATH``: a file as git keeps it.
    """
    return only_one(diff_all(a, b, net=net, batch=batch, dtype=dtype))


def diff_all(
    a: Target | analysis.Report,
    b: Target | analysis.Report,
    *,
    net: str | None = None,
    net_b: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> list[Difference]:
    """The differences of every net of two networks; ``net_b`` where the net to compare has another name in ``b``.

    Raises :class:`SpecError` with what is wrong with both; expectations that do not hold are none of its business.
    """
    from cnncalc.analysis.difference import differences

    sides: list[list[analysis.Report]] = []
    errors: list[Diagnostic] = []
    for side, name in ((a, net), (b, net_b or net)):
        if isinstance(side, analysis.Report):
            sides.append([side])
            continue
        try:
            network = side if isinstance(side, Network) else load_revision(side)
            sides.append([*analyse_all(network, batch=batch, dtype=dtype, net=name)])
        except SpecError as error:
            errors += error.diagnostics
    if errors:
        raise SpecError(in_order(errors))
    with paused():
        return differences(*sides)
