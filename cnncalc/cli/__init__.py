"""The command line: one command is one file of this folder.

``cnncalc/cli/foo.py`` is the command ``cnncalc foo`` because it lies here; it defines ``command``, a click command,
and the first line of its docstring is what ``cnncalc --help`` says about it.  Files that begin with ``_`` are no
commands.  Nothing is imported before it is needed: the page of ``cnncalc --help`` is put together from the files' text,
without click.

(Python makes every imported command an attribute of this module, a command named ``list`` too: use no builtins here.)
"""

import gc
import os
import sys

COLLECT_AFTER = 100_000
"""The process is short-lived and keeps nearly all it makes: looking for garbage every 700 objects only takes time."""

FRAME_ROOM = 7_300
"""What the frame of ``main`` asks for, in values of 8 bytes, so that all calls below it lie in one piece of memory.

CPython keeps frames in chunks of 16 KiB that are mapped when a call goes over the edge of one, and unmapped when that
call returns (``push_chunk`` in its ``pystate.c``).  Where an edge falls into imports or the compiling of patterns, a
short run maps memory two thousand times: 15 of 140 ms.  With CPython's margin of 1,000 values this frame is larger than
64 KiB, so that its chunk is one of 128 KiB, with room for the frames of all that it calls.
"""

UNUSABLE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell reports for a process that ended by SIGINT or SIGPIPE: 128 plus the number of the signal."""


def main() -> None:
    """Run ``cnncalc`` with the arguments of the process."""
    from cnncalc.cli import _commands, _output

    gc.set_threshold(COLLECT_AFTER)
    # pydantic would look for plugins in the metadata of everything that is installed, and there is no use for them here
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        if sys.argv[1:2] == ["lint"]:
            gc.disable()  # it collects between files by itself
        if sys.argv[1:] in _commands.HELP:
            _output.echo(_commands.page(_output.width()))
        else:
            from cnncalc.cli._group import group

            group.main(prog_name="cnncalc")
    except BrokenPipeError:
        _output.close_stdout()
        sys.exit(BROKEN_PIPE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:  # a full disk, a stream that was closed: inputs have diagnostics of their own
        _output.close_stdout()
        sys.stderr.write(f"cnncalc: cannot write: {error.strerror or error}\n")
        sys.exit(UNUSABLE)
    finally:
        if "torch" not in sys.modules:  # torch's libraries print what the end of a process does not collect
            gc.freeze()  # what is left goes with the process: the collections of its end need not look at it


main.__code__ = main.__code__.replace(co_stacksize=FRAME_ROOM)
