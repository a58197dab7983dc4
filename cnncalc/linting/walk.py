"""Which files are linted: those named, and the YAML files below the folders named that are architectures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cnncalc.errors import Diagnostic
from cnncalc.linting.patterns import matches
from cnncalc.linting.settings import Settings
from cnncalc.spec.validate import KEYS

SUFFIXES = (".yaml", ".yml")

_TOP = re.compile(r"""^["']?([A-Za-z_][\w-]*)["']?[ \t]*:(?=\s|\Z)""", re.MULTILINE)
_FLOW = re.compile(r"""["']?([A-Za-z_][\w-]*)["']?[ \t]*:""")
_MODELINE = re.compile(r"^#.*\bcnncalc\b", re.MULTILINE)


class Found(NamedTuple):
    """A file to lint, as it is shown; ``named``: it is linted whatever is in it."""

    path: str
    named: bool


def files_of(
    paths: Iterable[str], settings_for: Callable[[str], Settings], problems: list[Diagnostic]
) -> Iterator[Found]:
    """The files behind paths, each once: files as they are named, folders with what lies below, in order of names.

    Folders that cannot be read go into ``problems`` (Y001).
    """

    def refused(error: OSError) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        problems.append(Diagnostic("Y001", f"cannot read {shown(error.filename)}: {reason}"))

    seen: set[str] = set()
    for path in paths:
        below = os.path.isdir(path)
        for found in _below(path, settings_for, refused) if below else _named(path, settings_for):
            key = os.path.abspath(found.path)
            if key not in seen:
                seen.add(key)
                yield found


def _named(path: str, settings_for: Callable[[str], Settings]) -> Iterator[Found]:
    settings = settings_for(os.path.dirname(path) or ".")
    if not (settings.force_exclude and is_excluded(path, settings, folder=False)):
        yield Found(shown(path), True)


def _below(top: str, settings_for: Callable[[str], Settings], refused: Callable[[OSError], None]) -> Iterator[Found]:
    settings = settings_for(top)
    if settings.force_exclude and is_excluded(top, settings, folder=True):
        return
    for folder, inner, names in os.walk(top, onerror=refused):
        settings = settings_for(folder)
        inner[:] = sorted(each for each in inner if not is_excluded(os.path.join(folder, each), settings, folder=True))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.lower().endswith(SUFFIXES) and not is_excluded(path, settings, folder=False):
                yield Found(shown(path), False)


def is_excluded(path: str, settings: Settings, folder: bool) -> bool:
    """Whether the settings leave a path out."""
    return matches(path, (*settings.exclude, *settings.extend_exclude), settings.root, folder)


def shown(path: str) -> str:
    """A path as every report shows it: relative to the working directory where it lies below, without ``./``."""
    full, here = os.path.abspath(path), os.getcwd().rstrip(os.sep) + os.sep
    return full[len(here) :] if full.startswith(here) else os.path.normpath(path)


def is_architecture(text: str) -> bool:
    """Whether a YAML text is meant to be an architecture: it says so in a comment, or its keys do.

    It has ``layers`` or ``nets`` (or ``blocks`` or ``shared``, to be imported), and most of its keys are ours.
    """
    keys = _FLOW.findall(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else _TOP.findall(text)
    known = [each for each in dict.fromkeys(keys) if each in KEYS]
    own = any(each in known for each in ("layers", "nets", "blocks", "shared"))
    if own and 2 * len(known) > len(dict.fromkeys(keys)):
        return True
    return bool(keys) and any("$schema" in found[0] for found in _MODELINE.finditer(text))
