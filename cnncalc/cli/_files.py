"""Writing files: new ones only, unless somebody says otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from cnncalc.errors import fault


def write_file(path: str, data: str | bytes, force: bool) -> None:
    """Write a new file, over an old one only by ``force``; raises :class:`SpecError` (Y001)."""
    try:
        # "x" fails where the file exists, whoever made it and when
        with open(path, "wb" if force else "xb") as out:
            out.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
    except FileExistsError:
        way_out = "it is a directory: name a file in it" if os.path.isdir(path) else "--force overwrites it"
        raise fault("Y001", f"{path} exists already", help=[way_out]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise fault("Y001", f"cannot write {path}: {reason.lower()}") from None


def free(paths: Iterable[str], force: bool) -> None:
    """Whether all of these can be written: nothing is, where one exists already; raises :class:`SpecError` (Y001)."""
    there = [path for path in paths if os.path.lexists(path)]
    if there and not force:
        what = f"{there[0]} and {len(there) - 1} more exist" if len(there) > 1 else f"{there[0]} exists"
        raise fault("Y001", f"{what} already", help=["nothing was written; --force overwrites"])


def folder(path: str) -> None:
    """Make a folder, and those it lies in; raises :class:`SpecError` (Y001)."""
    try:
        os.makedirs(path, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no folder can have this name"
        raise fault("Y001", f"cannot make the folder {path}: {reason.lower()}") from None


def write_all(folder_path: str, files: Mapping[str, str | bytes], force: bool) -> None:
    """Write several files into a folder, all or, where one exists already, none."""
    paths = {os.path.join(folder_path, *name.split("/")): data for name, data in files.items()}
    free(paths, force)
    for path, data in paths.items():
        folder(os.path.dirname(path))
        write_file(path, data, force)
