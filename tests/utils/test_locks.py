"""Locks between processes: by ``fcntl``, and by what Windows has, which a stand-in plays here."""

import ast
import errno
import fcntl
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from house import ROOT, SOURCES
from ludus.utils import locks
from ludus.utils.locks import alone_in, claim, lock, open_lock

CLOSE = os.close  # itself: a test puts another in its place
POSIX_ALONE = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "syslog"}  # modules that Windows lacks


class Windows:
    """``msvcrt.locking`` as its documentation has it: bytes from the present place on, of this descriptor alone."""

    LK_NBLCK = 2

    def __init__(self):
        self.held = {}  # (inode, byte) -> descriptor

    def locking(self, descriptor, mode, count):
        assert (mode, count) == (self.LK_NBLCK, 1)
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        if place in self.held:
            raise OSError(errno.EACCES, "Permission denied")
        self.held[place] = descriptor

    def close(self, descriptor):
        self.held = {place: other for place, other in self.held.items() if other != descriptor}
        CLOSE(descriptor)


@pytest.fixture(params=["posix", "windows"])
def system(request, monkeypatch):
    """How a descriptor is closed, and with it its lock."""
    if request.param == "posix":
        return SimpleNamespace(close=CLOSE)
    windows = Windows()
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", windows)
    monkeypatch.setattr(locks, "PAUSE", 0.0)
    return windows


def test_a_lock_is_one_descriptor_s_until_it_is_closed(system, tmp_path):
    (tmp_path / "file").write_text("content")
    one, other = (os.open(tmp_path / "file", os.O_RDONLY) for _ in "ab")
    assert lock(one)
    assert not lock(other)
    assert os.read(other, 100) == b"content"  # whoever only reads is not kept from it
    system.close(one)
    assert lock(other)
    system.close(other)


def test_a_claim_is_of_one_number(tmp_path):
    """In another process: POSIX lets one process claim what it has claimed before."""
    code = (
        "import os, sys; from ludus.utils.locks import claim, open_lock; from pathlib import Path\n"
        "d = open_lock(Path(sys.argv[1])); print([claim(d, n) for n in (7, 8, 2**32 - 1)])"
    )
    path = tmp_path / "claims"
    descriptor = open_lock(path)
    assert claim(descriptor, 7)
    said = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[False, True, True]"
    os.close(descriptor)


def test_on_windows_a_claim_is_another_byte_than_the_lock(monkeypatch, tmp_path):
    windows = Windows()
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", windows)
    one, other = (open_lock(tmp_path / "claims") for _ in "ab")
    assert lock(one)
    for number in (0, 7, locks.CLAIMS - 1, 2**32 - 1):
        assert claim(one, number), number
        assert not claim(other, number), number
    windows.close(one)
    assert claim(other, 7)
    windows.close(other)


def test_one_at_a_time_is_alone_in_a_folder(system, tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr(locks, "lock", lambda descriptor, wait: tried.append(wait) or lock(descriptor))
    monkeypatch.setattr(locks.os, "close", system.close)
    with alone_in(tmp_path):
        second = open_lock(tmp_path / ".lock") if locks.fcntl is None else os.open(tmp_path, os.O_RDONLY)
        assert not lock(second)
    assert lock(second)
    assert tried == [True]


def test_a_link_is_not_opened_as_a_lock(tmp_path):
    (tmp_path / "precious").write_text("")
    (tmp_path / "lock").symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"):
        open_lock(tmp_path / "lock")


def test_locks_are_those_that_other_programs_see(tmp_path):
    descriptor, other = open_lock(tmp_path / "file"), open_lock(tmp_path / "file")
    assert lock(descriptor)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    os.close(other)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_windows_lacks_is_imported_at_one_place(file):
    if file == ROOT / "utils" / "locks.py":
        return
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        wrong = POSIX_ALONE & {name.partition(".")[0] for name in names}
        assert not wrong, f"{file}:{node.lineno}: Windows has no {wrong.pop()}; see utils/locks.py"
        if isinstance(node, ast.Attribute) and node.attr == "sched_getaffinity":
            assert file.name == "processors.py", f"{file}:{node.lineno}: only Linux has it; see utils/processors.py"
