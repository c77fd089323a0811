"""A local folder: what only folders have, such as links, strangers, names that change at once and files left over."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import threading

import numpy as np
import pytest

from rowmill.core.errors import DestinationError, DiskError, UsageError
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.folders import exchange
from rowmill.sinks.folders.folder import Folder
from rowmill.sinks.folders.unnamed import beside
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination

SCHEMA = Schema("things", "1", "Things.", (Field("a", "int64", "A number."),), ("a",))
DAY = Stage("2025-11-01", "one")


@pytest.fixture
def target(tmp_path):
    found = destination(str(tmp_path / "out"))
    found.claim()
    return found


def put(target, stage, path, rows, *, last=True):
    writer = target.part(stage, "x", Layout()).open(FileSpec(path, SCHEMA, None))
    writer.write({"a": Cells(np.arange(rows))})
    return writer.close() if last else writer


def named(*paths):
    return [Written(path, 0, 0, "") for path in paths]


def test_a_document_stands_beside_the_tables_and_gives_way_to_the_next(target, tmp_path):
    target.leave("summary.json", b"{}")
    target.leave("summary.json", b'{"rows": 1}')

    assert (tmp_path / "out/summary.json").read_bytes() == b'{"rows": 1}'


def test_an_unknown_scheme_is_refused():
    with pytest.raises(UsageError, match=r"unknown scheme 'sftp'.*file"):
        destination("sftp://somewhere/out")


def test_an_aborted_file_leaves_nothing(target, tmp_path):
    put(target, DAY, "things/x.parquet", 7, last=False).abort()

    assert not list(tmp_path.rglob("*x.parquet*"))


def test_obsolete_files_go_and_others_stay(target, tmp_path):
    put(target, DAY, "things/day=1/old.parquet", 3)
    put(target, DAY, "things/day=2/kept.parquet", 3)
    target.publish(DAY, named("things/day=1/old.parquet", "things/day=2/kept.parquet"), [])
    note = tmp_path / "out" / "things" / "note.txt"
    note.write_text("not ours")

    put(target, DAY, "things/new.parquet", 3)
    target.publish(DAY, named("things/new.parquet"), ["things/day=1/old.parquet"])

    assert sorted(target.visible("things")) == ["things/day=2/kept.parquet", "things/new.parquet", "things/note.txt"]
    assert not (tmp_path / "out" / "things" / "day=1").exists()
    assert note.read_text() == "not ours"


def test_what_a_killed_worker_left_is_not_published(target, tmp_path):
    put(target, DAY, "things/x.parquet", 3)
    (tmp_path / "out" / "_rowmill" / "2025-11-01" / "staging" / "one" / "things" / ".z.parquet.4711").write_bytes(
        b"PAR1"
    )

    target.publish(DAY, named("things/x.parquet"), [])

    assert list(target.visible("things")) == ["things/x.parquet"]


@pytest.mark.parametrize("content", ["report.html", "things/x.parquet"])
def test_a_folder_of_somebody_else_is_refused_and_untouched(tmp_path, content):
    stranger = tmp_path / "out" / content
    stranger.parent.mkdir(parents=True)
    stranger.write_text("precious")

    with pytest.raises(DestinationError, match="which no run wrote; choose an empty or a new folder"):
        destination(str(tmp_path / "out")).claim()

    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == [stranger]


def test_hidden_files_do_not_make_a_folder_somebody_elses(tmp_path):
    (tmp_path / ".gitkeep").touch()

    Folder(str(tmp_path)).claim()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").touch()

    with pytest.raises(DestinationError, match="is a file; --out takes a folder"):
        destination(str(tmp_path / "out")).claim()
    with pytest.raises(DestinationError, match="Not a directory"):
        destination(str(tmp_path / "out" / "deeper")).claim()


def _creates(location, number, results):
    results.put(destination(location).documents.create("plan.json", b"%d" % number * 1000))


def test_of_many_who_create_a_document_one_wins(target, tmp_path):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    racers = [context.Process(target=_creates, args=(target.shown, n, results)) for n in range(8)]
    for racer in racers:
        racer.start()
    won = [results.get() for _ in racers]
    for racer in racers:
        racer.join()

    assert sum(won) == 1
    assert len(set(target.documents.read("plan.json").data)) == 1
    assert len(target.documents.read("plan.json").data) == 1000
    assert sorted(p.name for p in (tmp_path / "out" / "_rowmill").iterdir()) == ["plan.json"]


def inode(folder):
    return folder.stat().st_ino


@pytest.mark.parametrize("possible", [True, False], ids=["exchange", "no-exchange"])
def test_a_table_of_many_files_is_replaced_added_to_and_emptied(target, tmp_path, monkeypatch, possible):
    if not possible:
        monkeypatch.setattr(exchange, "_renameat2", lambda: None)
    folder = tmp_path / "out" / "things"
    first = [f"things/{name}.parquet" for name in "abc"]
    for path in first:
        put(target, Stage("2025-11-01", "one"), path, 3)
    target.publish(Stage("2025-11-01", "one"), named(*first), [])
    (folder / ".note").write_text("not ours")
    folder.chmod(0o750)
    before = inode(folder)

    second = ["things/b.parquet", "things/d.parquet"]
    new = {path: put(target, Stage("2025-11-01", "two"), path, 5).bytes for path in second}
    target.publish(Stage("2025-11-01", "two"), named(*second), first)

    assert target.visible("things") == {**new, "things/.note": 8}
    assert (inode(folder) != before) == possible
    assert folder.stat().st_mode & 0o777 == 0o750
    assert not list(tmp_path.glob("out/_rowmill/*/staging"))
    target.publish(Stage("2025-11-01", "two"), named(*second), first)
    assert target.visible("things") == {**new, "things/.note": 8}
    (folder / ".note").unlink()
    target.publish(Stage("2025-11-01", "three"), [], second)
    assert not folder.exists() or target.visible("things") == {}


def test_a_listing_finds_old_files_or_new_ones_and_never_a_mixture(target, tmp_path):
    folder = tmp_path / "out" / "things"
    sets = [frozenset(f"{name}{n}.parquet" for n in range(7)) for name in "xy"]
    seen, stop = [], threading.Event()

    def look():
        while not stop.is_set():
            there = inode(folder)
            names = frozenset(path.name for path in folder.iterdir())
            # Who opened a folder just before it was put away may find it emptied.
            if inode(folder) == there:
                seen.append(names)

    reader = threading.Thread(target=look)
    for turn in range(20):
        new, old = ([f"things/{name}" for name in names] for names in (sets[turn % 2], sets[1 - turn % 2]))
        for path in new:
            put(target, Stage("2025-11-01", f"run{turn}"), path, 2)
        target.publish(Stage("2025-11-01", f"run{turn}"), named(*new), old if turn else [])
        if turn == 0:
            reader.start()
    stop.set()
    reader.join()

    if not exchange._renameat2():
        pytest.skip("NOT TESTED: folders that change at once; this system cannot exchange two")
    assert len(seen) > 20
    assert {names - {".rowmill-replaced"} for names in seen} <= set(sets)


def test_a_file_that_comes_while_a_folder_is_exchanged_is_kept(target, tmp_path, monkeypatch):
    folder, swap = tmp_path / "out" / "things", exchange.exchange
    old, new = ["things/a.parquet", "things/b.parquet"], ["things/a.parquet", "things/c.parquet"]
    for path in old:
        put(target, Stage("2025-11-01", "one"), path, 3)
    target.publish(Stage("2025-11-01", "one"), named(*old), [])

    def late(one, other):
        (other / "late.txt").write_text("precious")
        return swap(one, other)

    monkeypatch.setattr(exchange, "exchange", late)
    for path in new:
        put(target, Stage("2025-11-01", "two"), path, 4)
    target.publish(Stage("2025-11-01", "two"), named(*new), old)

    assert sorted(p.name for p in folder.iterdir()) == ["a.parquet", "c.parquet", "late.txt"]
    assert (folder / "late.txt").read_text() == "precious"


def test_a_writer_whose_stage_was_dropped_is_told_and_shows_nothing(target):
    writer = put(target, Stage("2025-11-01", "one"), "things/x.parquet", 3, last=False)
    target.drop(Stage("2025-11-01", "one"))

    with pytest.raises(DiskError):
        writer.close()
    writer.abort()
    assert target.visible("things") == {}


def test_what_the_killed_wrote_under_no_name_is_swept_and_nobody_elses(target, tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    books = tmp_path / "out/_rowmill"
    mine = beside(books / "x").name
    theirs, elsewhere = mine.replace(str(os.getpid()), str(ended.pid)), f".{ended.pid}-00000000-{'0' * 16}"
    places = [books, books / "2025-11-01/parts/one"]
    places[1].mkdir(parents=True)
    for place in places:
        for name in (mine, theirs, elsewhere, ".hid"):
            (place / name).touch()

    target.claim()
    target.drop(DAY)

    assert [sorted(path.name for path in place.iterdir() if path.is_file()) for place in places] == [
        sorted((mine, elsewhere, ".hid"))
    ] * 2
