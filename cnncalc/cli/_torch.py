"""What the commands that need torch say where there is none."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from cnncalc.backend import is_without_torch
from cnncalc.errors import fault


@contextmanager
def needed(command: str) -> Iterator[None]:
    """Around the imports of ``command``; raises :class:`SpecError`, D101, where torch is not there."""
    try:
        with warnings.catch_warnings():  # torch warns that there is no NumPy, which is not needed
            warnings.simplefilter("ignore")
            yield
    except ModuleNotFoundError as error:
        if not is_without_torch(error):
            raise
        raise fault("D101", f"{command} needs torch", help=["pip install 'cnncalc[torch]'"]) from None
