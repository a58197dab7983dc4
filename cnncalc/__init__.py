"""Exact figures of convolutional networks, each with its arithmetic.

>>> import cnncalc
>>> cnncalc.__version__
'0.1.0'

Importing this package imports next to nothing: a public name is fetched from its module when it is first used.
"""

from cnncalc._version import __version__

# Not typing.TYPE_CHECKING: importing typing is slower than all the rest of this file.
TYPE_CHECKING = False
if TYPE_CHECKING:
    # One line per name of _HOMES, so that type checkers know them.
    from cnncalc.api import Report as Report
    from cnncalc.api import analyse as analyse
    from cnncalc.api import analyse_all as analyse_all
    from cnncalc.api import build as build
    from cnncalc.api import compare as compare
    from cnncalc.api import diff as diff
    from cnncalc.api import explain as explain
    from cnncalc.api import grade as grade
    from cnncalc.api import grade_answer as grade_answer
    from cnncalc.api import lint as lint
    from cnncalc.api import load as load
    from cnncalc.api import memory as memory
    from cnncalc.api import parse as parse
    from cnncalc.api import quiz as quiz
    from cnncalc.api import read_assignment as read_assignment
    from cnncalc.api import verify as verify
    from cnncalc.api import worksheet as worksheet
    from cnncalc.errors import Diagnostic as Diagnostic
    from cnncalc.errors import SpecError as SpecError

_HOMES = {
    "Diagnostic": "cnncalc.errors",
    "SpecError": "cnncalc.errors",
    "analyse": "cnncalc.api",
    "analyse_all": "cnncalc.api",
    "build": "cnncalc.api",
    "compare": "cnncalc.api",
    "diff": "cnncalc.api",
    "explain": "cnncalc.api",
    "grade": "cnncalc.api",
    "grade_answer": "cnncalc.api",
    "lint": "cnncalc.api",
    "load": "cnncalc.api",
    "memory": "cnncalc.api",
    "parse": "cnncalc.api",
    "quiz": "cnncalc.api",
    "read_assignment": "cnncalc.api",
    "Report": "cnncalc.api",
    "verify": "cnncalc.api",
    "worksheet": "cnncalc.api",
}

__all__ = [
    "Diagnostic",
    "Report",
    "SpecError",
    "__version__",
    "analyse",
    "analyse_all",
    "build",
    "compare",
    "diff",
    "explain",
    "grade",
    "grade_answer",
    "lint",
    "load",
    "memory",
    "parse",
    "quiz",
    "read_assignment",
    "verify",
    "worksheet",
]


if not TYPE_CHECKING:  # a type checker would take every misspelt name for an object

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
