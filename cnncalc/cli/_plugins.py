"""No plugins of pydantic: it would look for them in the metadata of everything that is installed.

Its own switch, ``PYDANTIC_DISABLE_PLUGINS``, is read only when the reader of metadata has been imported, which takes a
tenth of a command's start.  So the module that looks is represented by one that finds nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

SWITCH = "PYDANTIC_DISABLE_PLUGINS"
LOADER = "pydantic.plugin._loader"


class NoPlugins(ModuleType):
    """Stands for the module that looks for plugins; whoever asks it for anything else gets the module itself."""

    def get_plugins(self) -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks of every module
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def switch_off() -> None:
    """Do without plugins, unless the environment says otherwise."""
    if os.environ.setdefault(SWITCH, "1") == "1":
        sys.modules.setdefault(LOADER, NoPlugins(LOADER))
