"""File systems that lack what most have: hard links, locks, syncing a folder. Their answers are given by the calls."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rowmill.core.errors import DestinationError
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.folders.books import FolderDocuments
from rowmill.sinks.folders.locks import holder, lock
from support.runs import land, shown
from support.toy import toy

ROWS = 400


def failing(call, number, when=lambda *_: True):
    def answer(*arguments, **options):
        if when(*arguments):
            raise OSError(number, os.strerror(number))
        return call(*arguments, **options)

    return answer


def is_folder(handle):
    return stat.S_ISDIR(os.fstat(handle).st_mode)


LACKS = {
    "no hard links, EPERM": ("os.link", os.link, errno.EPERM, lambda *_: True),
    "no hard links, EOPNOTSUPP": ("os.link", os.link, errno.EOPNOTSUPP, lambda *_: True),
    "no locks, ENOLCK": ("fcntl.flock", fcntl.flock, errno.ENOLCK, lambda *_: True),
    "no locks, ENOSYS": ("fcntl.flock", fcntl.flock, errno.ENOSYS, lambda *_: True),
    "no folder sync, EINVAL": ("os.fsync", os.fsync, errno.EINVAL, is_folder),
}


def without(monkeypatch, *lacks):
    for lack in lacks:
        name, call, number, when = LACKS[lack]
        monkeypatch.setattr(name, failing(call, number, when))


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    return land(toy(rows=ROWS), tmp_path_factory.mktemp("whole") / "out").digest


@pytest.mark.parametrize("lack", LACKS)
def test_runs_are_written_continued_replaced_and_shared_on_such_a_disk(lack, tmp_path, digest, monkeypatch):
    without(monkeypatch, lack)
    out, shared = tmp_path / "out", tmp_path / "shared"

    land(toy(rows=ROWS, seed=8), out)
    assert land(toy(rows=ROWS), out, mode="overwrite").digest == digest
    assert land(toy(rows=ROWS), out).skipped
    for part in ((1, 2), (2, 2)):
        land(toy(rows=ROWS), shared, Slice(part=part))
    assert finalize(shared).digest == digest

    assert verify(out).ok
    assert verify(shared).ok
    assert shown(shared) == shown(out)
    assert not list(tmp_path.rglob("*.lock*"))


def test_a_disk_that_lacks_everything_is_still_a_disk(tmp_path, digest, monkeypatch):
    without(monkeypatch, "no hard links, EPERM", "no locks, ENOLCK", "no folder sync, EINVAL")

    assert land(toy(rows=ROWS), tmp_path / "out").digest == digest
    assert verify(tmp_path / "out").ok


@pytest.mark.parametrize("lacks", [("no hard links, EPERM",), ("no hard links, EPERM", "no locks, ENOLCK")])
def test_a_document_is_created_once_without_hard_links(lacks, tmp_path, monkeypatch):
    without(monkeypatch, *lacks)
    documents = FolderDocuments(tmp_path)

    assert documents.create("plan.json", b"one")
    assert not documents.create("plan.json", b"two")
    assert documents.replace("plan.json", b"three", documents.read("plan.json").version)

    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    assert (tmp_path / "plan.json").read_bytes() == b"three"


def test_a_name_that_a_crash_claimed_alone_is_free(tmp_path):
    (tmp_path / "plan.json").touch()
    documents = FolderDocuments(tmp_path)

    assert documents.read("plan.json") is None
    assert documents.create("plan.json", b"one")
    assert documents.read("plan.json").data == b"one"


@pytest.mark.parametrize("lacks", [(), ("no locks, ENOLCK",), ("no locks, ENOLCK", "no hard links, EPERM")])
def test_a_lock_is_held_by_one_and_says_by_whom(lacks, tmp_path, monkeypatch):
    without(monkeypatch, *lacks)
    path = tmp_path / "run.lock"

    with lock(path, wait=False) as first, lock(path, wait=False) as second:
        assert (first, second) == (True, False)
        assert holder(path) == f"process {os.getpid()}"
    with lock(path, wait=True) as again:
        assert again

    assert list(tmp_path.iterdir()) == []
    assert holder(path) is None


def test_the_lock_of_a_process_that_has_ended_is_broken_aloud(tmp_path, monkeypatch, caplog):
    without(monkeypatch, "no locks, ENOLCK")
    path, held = tmp_path / "run.lock", tmp_path / "run.locked"
    ended = subprocess.Popen(["true"])
    ended.wait()
    held.write_text(f"{ended.pid} - {socket.gethostname()}\n")

    with caplog.at_level(logging.WARNING, "rowmill"), lock(path, wait=False) as taken:
        assert taken

    assert f"broke the lock of process {ended.pid}, which has ended" in caplog.text


def test_a_lock_of_another_machine_is_left_alone(tmp_path, monkeypatch):
    without(monkeypatch, "no locks, ENOLCK")
    path, held = tmp_path / "run.lock", tmp_path / "run.locked"
    held.write_text("4711 12 elsewhere\n")

    with lock(path, wait=False) as taken:
        assert not taken

    assert holder(path) == "process 4711 on elsewhere"
    assert held.read_text() == "4711 12 elsewhere\n"


HOLDS = """
import os, sys, time
from pathlib import Path
from rowmill.sinks.folders.locks import lock
with lock(Path(sys.argv[1]), wait=False):
    child = os.fork()
    if child == 0:
        os.close(1)
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_holder_left_behind_is_found(tmp_path):
    path = tmp_path / "run.lock"
    done = subprocess.run(
        [sys.executable, "-c", HOLDS, path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        stdout=subprocess.PIPE,
        check=False,
    )
    orphan = int(done.stdout)

    with lock(path, wait=False) as taken:
        assert not taken
    assert holder(path) == f"process {orphan}"

    os.kill(orphan, 9)
    with lock(path, wait=True) as taken:
        assert taken


def test_nothing_is_for_the_whole_world_to_write(tmp_path):
    before = os.umask(0)
    try:
        land(toy(rows=ROWS), tmp_path / "out")
    finally:
        os.umask(before)

    assert [p for p in Path(tmp_path / "out").rglob("*") if p.stat().st_mode & stat.S_IWOTH] == []


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "thesis").write_text("years of work")
    (tmp_path / "run.lock").symlink_to(tmp_path / "thesis")

    with (
        pytest.raises(DestinationError, match="is a link, where a run has a file of its own"),
        lock(tmp_path / "run.lock", wait=False),
    ):
        pass

    assert (tmp_path / "thesis").read_text() == "years of work"
