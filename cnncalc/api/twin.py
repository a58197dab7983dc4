"""A network in torch: its twin of modules, and every figure against what torch works out for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cnncalc.analysis import report as analysis
from cnncalc.api.figures import Target, analyse

if TYPE_CHECKING:
    from cnncalc.backend.build import Twin
    from cnncalc.backend.verify import Verification


@contextmanager
def torch_needed(what: str) -> Iterator[None]:
    """Around the imports of ``what``; the error says how to get torch where it is torch that is not there."""
    from cnncalc.backend import is_without_torch

    try:
        yield
    except ModuleNotFoundError as error:
        if not is_without_torch(error):
            raise
        raise ModuleNotFoundError(f"{what} needs torch: pip install 'cnncalc[torch]'", name="torch") from None


def build(
    network: Target | analysis.Report,
    net: str | None = None,
    *,
    seed: int = 0,
    device: Any = None,
    dtype: Any = None,
) -> Twin:
    """The network as an ``nn.Module``, its modules nested along our dotted names, with torch's own initial weights.

    The weights are those of this seed whatever torch's generators did before, and the same on every device; ``device``
    and ``dtype`` are torch's, or their names.  Raises :class:`SpecError` where the network has faults or torch no
    module for a layer, :class:`ModuleNotFoundError` where there is no torch (``pip install 'cnncalc[torch]'``).
    """
    if not isinstance(network, analysis.Report):
        network = analyse(network, net=net)
    with torch_needed("build"):
        from cnncalc.backend import build as backend
    return backend.build(network.graph, seed=seed, device=device, dtype=dtype)


def verify(
    network: Target | analysis.Report,
    net: str | None = None,
    *,
    device: str = "auto",
    batch: int = 2,
    dtype: str = "float32",
    training: bool = False,
    seed: int = 0,
) -> Verification:
    """Every figure of a network against torch, which works it out for itself: see :mod:`cnncalc.backend.verify`.

    A report keeps the batch and the data type that it was made for.  Raises :class:`SpecError` as :func:`build` does.
    """
    if not isinstance(network, analysis.Report):
        network = analyse(network, batch=batch, dtype=dtype, net=net)
    with torch_needed("verify"):
        from cnncalc.backend import verify as backend
    return backend.verify(network, device, training=training, seed=seed)
