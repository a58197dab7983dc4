"""Files and standard input as sources, and files written anew: everything that can be wrong with bytes is said here."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from typing import BinaryIO

from cnncalc.errors import SpecError, did_you_mean, fault, said_of
from cnncalc.source import Source

MAX_BYTES = 20_000_000
"""A larger text is refused before it is read."""

BOM = b"\xef\xbb\xbf"

STDIN = "<stdin>"
"""What the text of standard input is called where nothing else is said."""

FOREIGN = (
    ".py", ".ipynb", ".pt", ".pth", ".onnx", ".h5", ".hdf5", ".keras", ".prototxt", ".caffemodel", ".weights",
    ".tflite", ".pb", ".safetensors", ".pkl",
)  # fmt: skip
"""Suffixes of files that somebody may take for networks."""

_LISTED = 8
_SCANNED = 2_000


def load_source(target: str | os.PathLike[str]) -> Source:
    """The text of a file, named as the caller wrote it; its folder is where imports are looked up.

    Raises :class:`SpecError`: Y001 (missing, a directory, a device, not permitted), Y002 (no UTF-8 text),
    Y003 (larger than ``MAX_BYTES``), Y004 (empty).
    """
    name = os.fspath(target)
    try:
        data = _bytes_of(name)
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(name) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise fault("Y001", f"cannot read {name}: {reason}") from None
    except ValueError:
        raise fault("Y001", f"cannot read {name!r}: no file can have this name") from None
    return Source(name, _decode(name, data), os.path.dirname(name) or ".")


def load_architecture(path: str | os.PathLike[str]) -> Source:
    """The text of a file as :func:`load_source`; Y005 where its suffix says that it is another kind: a program, the
    weights of a model."""
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix in FOREIGN and os.path.isfile(name):
        help = ["write its layers down: docs/tutorial.md says what PyTorch and Keras call them"]
        message = f"{name} is no architecture: YAML files and networks on one line are read, no {suffix}"
        raise fault("Y005", message, help=help)
    return load_source(name)


def source_of(target: str | os.PathLike[str], what: str | None = None, form: str = "") -> Source:
    """The text of a file, or of standard input for ``-``, as :func:`load_source`; ``what`` it is to be (``an
    assignment``) and its ``form`` are told with what is wrong."""
    try:
        return read_stdin(sys.stdin.buffer) if target == "-" else load_source(target)
    except SpecError as error:
        if what is None:
            raise
        raise said_of(error, what, form) from None


def read_stdin(stream: BinaryIO) -> Source:
    """The text of standard input (its binary stream), named ``<stdin>``; imports are refused.

    Raises :class:`SpecError`: Y001, Y002, Y003, Y004 as :func:`load_source`.
    """
    name = STDIN
    try:
        data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise fault("Y001", f"cannot read {name}: {(error.strerror or type(error).__name__).lower()}") from None
    if len(data) > MAX_BYTES:
        raise _too_large(name, f"more than {MAX_BYTES:,} bytes")
    return Source(name, _decode(name, data))


def replace_file(path: str, text: str) -> None:
    """Put a text in a file's place, all of it or nothing, as UTF-8 with the line ends of the text.

    The mode, the byte-order mark and the link that leads to it stay.  A file that is not there yet is made.  What is no
    file (``/dev/stdout``, ``/dev/null``, a pipe) stays what it is and is written to.  Raises :class:`SpecError`, Y001,
    and then the file is as it was.
    """
    import tempfile

    target = os.path.realpath(path)
    name = ""
    try:
        if _is_device(path):
            with open(path, "wb") as device:
                device.write(text.encode("utf-8"))
            return
        mark, mode = _mark_and_mode(target)
        number, name = tempfile.mkstemp(prefix=".cnncalc-", dir=os.path.dirname(target))
        with open(number, "wb") as fresh:
            fresh.write(mark + text.encode("utf-8"))
        os.chmod(name, mode)
        os.replace(name, target)
        name = ""
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no file can have this name").lower()
        raise fault("Y001", f"cannot write {path}: {reason}") from None
    finally:
        if name:
            os.unlink(name)


def _is_device(path: str) -> bool:
    """Whether there is something that is no file and no folder."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _mark_and_mode(path: str) -> tuple[bytes, int]:
    """The byte-order mark and the mode of a file; those of a new file where there is none."""
    try:
        with open(path, "rb") as old:
            mark = BOM if old.read(len(BOM)) == BOM else b""
            return mark, os.fstat(old.fileno()).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return b"", 0o666 & ~mask


def _bytes_of(name: str) -> bytes:
    _check(name, os.stat(name))
    # between the two calls the file may be replaced: a FIFO that nobody writes to must not make us wait
    number = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check(name, os.fstat(number))
        with open(number, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    finally:
        os.close(number)
    if len(data) > MAX_BYTES:
        raise _too_large(name, f"more than {MAX_BYTES:,} bytes")
    return data


def _check(name: str, facts: os.stat_result) -> None:
    """Refuse what is no plain file of a sensible size."""
    mode = facts.st_mode
    if stat.S_ISDIR(mode):
        raise _directory(name)
    if not stat.S_ISREG(mode):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise fault(
            "Y001",
            f"cannot read {name}: it is {kind}, not a file",
            help=["what another program writes comes in through standard input: name it `-`"],
        )
    if facts.st_size > MAX_BYTES:
        raise _too_large(name, f"{facts.st_size:,} bytes")


def _too_large(name: str, size: str) -> SpecError:
    return fault(
        "Y003",
        f"{name} is too large: {size}, at most {MAX_BYTES:,} are read",
        help=["repeated parts belong under blocks:, and (...)*n repeats a step"],
    )


def _directory(name: str) -> SpecError:
    found = [each for each in _names_in(name) if each.endswith((".yaml", ".yml"))]
    listed = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
    return fault(
        "Y001",
        f"cannot read {name}: it is a directory",
        help=[f"architectures in it: {listed}" if found else "there is no .yaml file in it"],
    )


def _missing(name: str) -> SpecError:
    folder, last = os.path.split(name)
    if os.path.islink(name):
        return fault("Y001", f"cannot read {name}: it is a link to {os.readlink(name)}, which is not there")
    if folder and not os.path.isdir(folder):
        return fault("Y001", f"cannot read {name}: there is no directory {folder}")
    near = did_you_mean(last, _names_in(folder or "."))
    return fault("Y001", f"cannot read {name}: there is no such file", help=[near] if near else [])


def _names_in(folder: str) -> list[str]:
    """The first so many names in a directory, sorted; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry, _ in zip(entries, range(_SCANNED), strict=False))
    except OSError:
        return []


def _decode(name: str, data: bytes) -> str:
    """The text of UTF-8 bytes, without a byte-order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_text(name, "it begins with the byte-order mark of UTF-16", "UTF-16", data, 0)
    zero = data.find(b"\0")
    if zero >= 0:
        wide = len(data) >= 4 and (not any(data[1:64:2]) or not any(data[:64:2]))
        if wide:
            raise _not_text(name, "every other byte is NUL, as in UTF-16", "UTF-16", data, zero)
        raise _not_text(name, "a NUL byte, as in binary files", None, data, zero)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        guess = "CP1252" if byte >= 0x80 and not _has_utf8(data) else None
        raise _not_text(name, f"byte 0x{byte:02x} is not UTF-8", guess, data, error.start) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise fault("Y004", f"{name} is empty", help=["an architecture file is a mapping with `layers:`"])
    return text


def _has_utf8(data: bytes) -> bool:
    """Whether letters beyond ASCII also stand there in UTF-8: then the file is damaged rather than Latin-1."""
    return any(ord(each) > 127 for each in data.decode("utf-8", "ignore"))


def _not_text(name: str, what: str, guess: str | None, data: bytes, offset: int) -> SpecError:
    line = data.count(b"\n", 0, offset) + 1
    ways: Iterable[str] = ()
    if guess == "CP1252":
        ways = ["it looks like Latin-1 (Windows-1252): save it as UTF-8, or iconv -f CP1252 -t UTF-8"]
    elif guess:
        ways = [f"save it as UTF-8, or iconv -f {guess} -t UTF-8"]
    return fault("Y002", f"{name} is not text: {what}, at byte offset {offset} (line {line})", help=ways)
