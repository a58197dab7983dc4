"""Files and standard input: every way in which bytes can fail to be a text."""

from __future__ import annotations

import io
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from cnncalc import files
from cnncalc.errors import SpecError
from cnncalc.files import load_source, read_stdin, replace_file


def refused(target: Path | str) -> tuple[str, str, tuple[str, ...]]:
    with pytest.raises(SpecError) as caught:
        load_source(target)
    (one,) = caught.value.diagnostics
    return one.code, one.message.replace(f"{target}", "FILE"), one.help


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbflayers: relu\r\n# \xc3\xa9")
    for target in (path, str(path)):
        source = load_source(target)
        assert (source.name, source.text, source.folder) == (str(path), "layers: relu\r\n# é", str(tmp_path))


def test_a_file_beside_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.yaml").write_text("layers: relu")
    monkeypatch.chdir(tmp_path)
    assert load_source("net.yaml").folder == "."


def test_missing(tmp_path: Path) -> None:
    (tmp_path / "resnet50.yaml").write_text("layers: relu")
    assert refused(tmp_path / "resnet5.yaml") == (
        "Y001",
        "cannot read FILE: there is no such file",
        ("did you mean 'resnet50.yaml'?",),
    )
    assert refused(tmp_path / "q") == ("Y001", "cannot read FILE: there is no such file", ())
    assert refused(tmp_path / "no" / "q")[1] == f"cannot read FILE: there is no directory {tmp_path / 'no'}"
    assert refused(tmp_path / "resnet50.yaml" / "q")[0] == "Y001"
    assert refused("")[0] == "Y001"
    (tmp_path / "link.yaml").symlink_to("gone.yaml")
    said = "cannot read FILE: it is a link to gone.yaml, which is not there"
    assert refused(tmp_path / "link.yaml") == ("Y001", said, ())


def test_names_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no file can have this name"):
        load_source("a\0b")
    assert refused(tmp_path / ("x" * 5000))[1] == "cannot read FILE: file name too long"


def test_a_directory(tmp_path: Path) -> None:
    assert refused(tmp_path) == ("Y001", "cannot read FILE: it is a directory", ("there is no .yaml file in it",))
    for number in range(10):
        (tmp_path / f"n{number}.yaml").touch()
    (tmp_path / "a.txt").touch()
    assert refused(tmp_path)[2] == (
        "architectures in it: n0.yaml, n1.yaml, n2.yaml, n3.yaml, n4.yaml, n5.yaml, n6.yaml, n7.yaml and 2 more",
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.touch(0o000)
    assert refused(path) == ("Y001", "cannot read FILE: permission denied", ())


def test_permission_as_the_system_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a")

    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    assert refused(path) == ("Y001", "cannot read FILE: permission denied", ())


def test_a_fifo_a_device_a_socket() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder) / "p"
        os.mkfifo(pipe)
        begin = time.perf_counter()
        code, message, help = refused(pipe)
        assert time.perf_counter() - begin < 1
        assert (code, message) == ("Y001", "cannot read FILE: it is a pipe, not a file")
        assert help == ("what another program writes comes in through standard input: name it `-`",)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(Path(folder) / "s"))
            assert refused(Path(folder) / "s")[1] == "cannot read FILE: it is a socket, not a file"
    assert refused("/dev/zero")[1] == "cannot read FILE: it is a device, not a file"


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    code, message, _ = refused(path)
    assert (code, message) == ("Y003", "FILE is too large: 20,000,001 bytes, at most 20,000,000 are read")


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    for data in (b"", b"\xef\xbb\xbf", b" \n\t\n"):
        path.write_bytes(data)
        assert refused(path)[:2] == ("Y004", "FILE is empty")


@pytest.mark.parametrize(
    ("data", "said", "way_out"),
    [
        (b"a: b\nc: \0d", "a NUL byte, as in binary files, at byte offset 8 (line 2)", None),
        ("a: b".encode("utf-16"), "it begins with the byte-order mark of UTF-16, at byte offset 0 (line 1)", "UTF-16"),
        ("a: b".encode("utf-16-le"), "every other byte is NUL, as in UTF-16, at byte offset 1 (line 1)", "UTF-16"),
        ("a: b".encode("utf-16-be"), "every other byte is NUL, as in UTF-16, at byte offset 0 (line 1)", "UTF-16"),
        (b"a: b\nc: \xe9t\xe9", "byte 0xe9 is not UTF-8, at byte offset 8 (line 2)", "CP1252"),
        (b"a: \xc3\xa9\nc: \xff", "byte 0xff is not UTF-8, at byte offset 9 (line 2)", None),
    ],
)
def test_not_text(tmp_path: Path, data: bytes, said: str, way_out: str | None) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    code, message, help = refused(path)
    assert (code, message) == ("Y002", f"FILE is not text: {said}")
    assert bool(help) is bool(way_out)
    if way_out:
        assert re.search(rf"iconv -f {way_out} -t UTF-8$", help[0])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_stdin(io.BytesIO(b"\xef\xbb\xbf3x8x8 | relu"))
    assert (source.name, source.text, source.folder) == ("<stdin>", "3x8x8 | relu", None)
    for data, code in ((b"", "Y004"), (b"\0", "Y002"), (b"\xff", "Y002")):
        with pytest.raises(SpecError, match=code):
            read_stdin(io.BytesIO(data))
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    endless = io.BytesIO(b"x" * 1000)
    with pytest.raises(SpecError, match="Y003 <stdin> is too large: more than 10 bytes, at most 10 are read"):
        read_stdin(endless)
    assert endless.tell() == 11


def test_what_is_no_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for way in (pipe, link):
            replace_file(str(way), "all of it\n")
            assert stat.S_ISFIFO(pipe.stat().st_mode), "replaced"
            assert os.read(end, 100) == b"all of it\n"
    finally:
        os.close(end)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "pipe"]


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="this system has no /dev/stdout")
def test_standard_output_by_its_name() -> None:
    command = "from cnncalc.files import replace_file; replace_file('/dev/stdout', 'text')"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "text")
