"""Files as git keeps them: ``REV:PATH``, read as ``git show`` would, imports from the same revision.

PATH counts from the top of the repository, as git's own; ``./PATH`` from the working directory.  ``:PATH`` is what is
staged.  Git is called without a shell, with arguments that it cannot take for options.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from typing import NamedTuple

from cnncalc.errors import SpecError, did_you_mean, fault
from cnncalc.files import MAX_BYTES
from cnncalc.files import _decode as decode
from cnncalc.source import Source

TIMEOUT = 60
"""Seconds after which git is given up."""

_TARGET = re.compile(r"(?P<revision>(?:[^\s|;:-][^|;:\n]*)?):(?P<path>[^\s|;:][^|;:\n]*)\Z")


class Revision(NamedTuple):
    """A revision (``HEAD~1``; empty for what is staged) of the repository around the working directory."""

    name: str

    def source(self, path: str) -> Source:
        """A file as it was, ``path`` from the top of the repository; raises :class:`SpecError`, Y001 to Y004."""
        shown = f"{self.name}:{path}"
        self.check(path, shown)
        bytes_ = git(shown, "cat-file", "-s", shown).stdout
        if int(bytes_) > MAX_BYTES:
            raise fault("Y003", f"{shown} is too large: {int(bytes_):,} bytes, at most {MAX_BYTES:,} are read")
        found = git(shown, "show", "--no-textconv", "--no-color", shown)
        if found.returncode:
            raise fault("Y001", f"cannot read {shown}: {said(found)}")
        return Source(shown, decode(shown, found.stdout), f"{self.name}:{posixpath.dirname(path) or '.'}")

    def open(self, name: str) -> Source:
        """An import: ``name`` is the ``folder`` of a source of this revision, and a path."""
        return self.source(posixpath.normpath(name[len(self.name) + 1 :]))

    def check(self, path: str, shown: str) -> None:
        """Whether there is such a file, and it is one."""
        kind = git(shown, "cat-file", "-t", shown)
        if kind.returncode:
            raise self.missing(path, shown)
        if kind.stdout.strip() != b"blob":
            what = "a directory" if kind.stdout.strip() == b"tree" else "no file"
            raise fault("Y001", f"cannot read {shown}: it is {what}", help=self.beside(f"{path}/"))
        listed = git(shown, "ls-tree", "--full-tree", self.name, "--", path).stdout if self.name else b""
        if listed.startswith(b"120000"):
            raise fault("Y001", f"cannot read {shown}: it is a symbolic link", help=["name the file that it leads to"])

    def missing(self, path: str, shown: str) -> SpecError:
        if self.name:
            known = git(shown, "rev-parse", "--verify", "--quiet", self.name + "^{tree}")
            if known.returncode:
                refs = git(shown, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags")
                hint = did_you_mean(self.name, ["HEAD", *refs.stdout.decode("utf-8", "replace").split()])
                message = f"cannot read {shown}: there is no revision {self.name!r}"
                return fault("Y001", message, help=[hint] if hint else [])
        where = f"in revision {self.name}" if self.name else "among the staged files"
        return fault("Y001", f"cannot read {shown}: there is no such file {where}", help=self.beside(path))

    def beside(self, path: str) -> list[str]:
        """What might be meant instead of ``path``: a file below the working directory, the nearest, one in it."""
        folder, last = posixpath.split(path)
        if not self.name:
            return []
        here = top(path)
        if last and here and git(path, "cat-file", "-e", f"{self.name}:{posixpath.join(here, path)}").returncode == 0:
            other = f"{self.name}:{posixpath.join(here, path)}"
            return [f"PATH counts from the top of the repository: {other}, or {self.name}:./{path}"]
        listed = git(path, "ls-tree", "--full-tree", "--name-only", "-z", f"{self.name}:{folder}").stdout
        names = [each for each in listed.decode("utf-8", "replace").split("\0")[:2000] if each]
        if not last:
            files = [each for each in names if each.endswith((".yaml", ".yml"))][:8]
            return [f"architectures in it: {', '.join(files)}"] if files else []
        hint = did_you_mean(last, names)
        return [hint] if hint else []


def is_revision(target: str) -> bool:
    """Whether a target is of the form ``REV:PATH``, and no file has this name."""
    return len(target) < 4096 and _TARGET.match(target) is not None and not os.path.exists(target)


def find(target: str) -> tuple[Revision, str]:
    """The revision of a target ``REV:PATH`` and the path from the top of the repository; raises :class:`SpecError`."""
    parts = _TARGET.match(target)
    assert parts is not None
    path = parts["path"]
    if path.startswith("/"):
        raise fault("Y001", f"cannot read {target}: PATH counts from the top of the repository, without a leading /")
    prefix = top(target)
    steps = path.split("/")
    whole = posixpath.normpath(posixpath.join(prefix, path) if steps[0] in (".", "..") else path)
    if whole == ".." or whole.startswith("../"):
        raise fault("Y001", f"cannot read {target}: it lies outside of the repository")
    return Revision(parts["revision"]), whole


def top(shown: str) -> str:
    """The way from the top of the repository to the working directory: empty, or with a slash at its end."""
    found = git(shown, "rev-parse", "--show-prefix")
    if found.returncode:
        raise fault("Y001", f"cannot read {shown}: {said(found)}", help=["REV:PATH is a file in a git repository"])
    return os.fsdecode(found.stdout).removesuffix("\n")


def git(shown: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """What git answers, in English, without questions and pagers; raises :class:`SpecError` where it cannot be run."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(
            ["git", "--no-pager", "--literal-pathspecs", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        raise fault("Y001", f"cannot read {shown}: git is not installed") from None
    except subprocess.TimeoutExpired:
        raise fault("Y001", f"cannot read {shown}: git did not answer within {TIMEOUT} seconds") from None
    except OSError as error:
        raise fault("Y001", f"cannot read {shown}: git: {(error.strerror or 'cannot be run').lower()}") from None
    except ValueError:  # NUL, lone surrogates
        raise fault("Y001", f"cannot read {shown!r}: no file can have this name") from None


def said(found: subprocess.CompletedProcess[bytes]) -> str:
    """The first line of git's complaint."""
    lines = found.stderr.decode("utf-8", "replace").strip().splitlines()
    return (lines[0] if lines else "git failed").removeprefix("fatal: ")
