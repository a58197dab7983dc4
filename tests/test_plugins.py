"""The command looks for no plugins of pydantic, and reads no metadata of what is installed."""

from __future__ import annotations

import subprocess
import sys


def python(code: str) -> str:
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_no_metadata_is_read() -> None:
    code = """
import sys
from cnncalc.cli import main
sys.argv = ["cnncalc", "summarize", "lenet5"]
try:
    main()
except SystemExit:
    pass
print("\\n" + str("importlib.metadata" in sys.modules))
"""
    assert python(code).splitlines()[-1] == "False"


def test_whoever_wants_the_loader_gets_it() -> None:
    code = """
from cnncalc.cli import _plugins
_plugins.switch_off()
from pydantic.plugin import _loader
assert _loader.get_plugins() == ()
print(_loader.PYDANTIC_ENTRY_POINT_GROUP)
"""
    assert python(code) == "pydantic\n"


def test_the_environment_decides() -> None:
    code = """
import os
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "some"
from cnncalc.cli import _plugins
_plugins.switch_off()
import sys
print(_plugins.LOADER in sys.modules)
"""
    assert python(code) == "False\n"
