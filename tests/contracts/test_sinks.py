"""What every destination promises: nothing shows before it is published, and foreign data is safe."""

from __future__ import annotations

import json
import multiprocessing
import threading

import numpy as np
import pytest

from rowmill.core.errors import DestinationError, DiskError, IntegrityError, UsageError
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.sinks import exchange
from rowmill.sinks.base import FileSpec, Layout, Stage
from rowmill.sinks.directory import DirectorySink
from rowmill.sinks.registry import SINKS, sink

SCHEMA = Schema("things", "1", "Things.", (Field("a", "int64", "A number."),), ("a",))
PLACES = {"file": lambda folder: str(folder / "out"), "file URL": lambda folder: f"file://{folder}/out"}


@pytest.fixture(params=PLACES, ids=lambda name: name.replace(" ", "-"))
def target(request, tmp_path):
    found = sink(PLACES[request.param](tmp_path))
    found.claim()
    return found


def put(target, stage, path, rows, *, last=True):
    writer = target.writer(stage, FileSpec(path, SCHEMA, None, ()), Layout())
    writer.write({"a": Cells(np.arange(rows))})
    return writer.close() if last else writer


def test_a_document_stands_beside_the_tables_and_gives_way_to_the_next(target, tmp_path):
    target.leave("summary.json", b"{}")
    target.leave("summary.json", b'{"rows": 1}')

    assert (tmp_path / "out/summary.json").read_bytes() == b'{"rows": 1}'
    assert not target.stages()


def test_every_kind_is_tried():
    assert {name.split()[0] for name in PLACES} == set(SINKS)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(UsageError, match=r"unknown scheme 'sftp'.*file"):
        sink("sftp://somewhere/out")


def test_a_file_is_complete_but_unseen_until_it_is_published(target):
    target.begin(Stage())
    written = put(target, Stage(), "things/x.parquet", 7)

    assert written.rows == 7
    assert target.staged(Stage(), "things/x.parquet") == written.bytes
    assert target.visible("things") == {}
    assert target.stages() == [""]

    target.publish(Stage(), ["things/x.parquet"], [])

    assert target.visible("things") == {"things/x.parquet": written.bytes}
    assert target.staged(Stage(), "things/x.parquet") is None
    assert target.stages() == []
    with target.open("things/x.parquet") as handle:
        assert handle.read(4) == b"PAR1"


def test_an_aborted_file_leaves_nothing(target, tmp_path):
    put(target, Stage(), "things/x.parquet", 7, last=False).abort()

    assert target.staged(Stage(), "things/x.parquet") is None
    assert not list(tmp_path.rglob("*x.parquet*"))


def test_a_file_written_twice_is_the_same_file(target):
    first, second = put(target, Stage(), "things/x.parquet", 7), put(target, Stage(), "things/x.parquet", 7)

    assert first == second


def test_publishing_twice_is_harmless(target):
    put(target, Stage(), "things/x.parquet", 7)
    target.publish(Stage(), ["things/x.parquet"], [])
    target.publish(Stage(), ["things/x.parquet"], [])

    assert list(target.visible("things")) == ["things/x.parquet"]


def test_a_file_that_is_nowhere_cannot_be_published(target):
    target.begin(Stage())

    with pytest.raises(IntegrityError, match=r"things/x.parquet is gone"):
        target.publish(Stage(), ["things/x.parquet"], [])


def test_a_second_slice_joins_the_first(target):
    for day in ("2025-11-01", "2025-11-02"):
        put(target, Stage(day), f"things/{day}.parquet", 3)
        target.publish(Stage(day), [f"things/{day}.parquet"], [])

    assert sorted(target.visible("things")) == ["things/2025-11-01.parquet", "things/2025-11-02.parquet"]


def test_obsolete_files_go_and_others_stay(target, tmp_path):
    put(target, Stage(), "things/day=1/old.parquet", 3)
    put(target, Stage(), "things/day=2/kept.parquet", 3)
    target.publish(Stage(), ["things/day=1/old.parquet", "things/day=2/kept.parquet"], [])
    note = tmp_path / "out" / "things" / "note.txt"
    note.write_text("not ours")

    put(target, Stage(), "things/new.parquet", 3)
    target.publish(Stage(), ["things/new.parquet"], ["things/day=1/old.parquet"])

    assert sorted(target.visible("things")) == ["things/day=2/kept.parquet", "things/new.parquet", "things/note.txt"]
    assert not (tmp_path / "out" / "things" / "day=1").exists()
    assert note.read_text() == "not ours"


def test_a_table_replaced_as_a_whole_takes_the_old_names(target):
    put(target, Stage(), "things/x.parquet", 3)
    put(target, Stage(), "things/y.parquet", 3)
    target.publish(Stage(), ["things/x.parquet", "things/y.parquet"], [])

    new = put(target, Stage(), "things/x.parquet", 5)
    target.publish(Stage(), ["things/x.parquet"], ["things/x.parquet", "things/y.parquet"])

    assert target.visible("things") == {"things/x.parquet": new.bytes}


def test_what_a_killed_worker_left_is_not_published(target, tmp_path):
    put(target, Stage(), "things/x.parquet", 3)
    (tmp_path / "out" / "_rowmill" / "staging" / "things" / ".z.parquet.4711").write_bytes(b"PAR1")

    target.publish(Stage(), ["things/x.parquet"], [])

    assert list(target.visible("things")) == ["things/x.parquet"]


@pytest.mark.parametrize("content", ["report.html", "things/x.parquet"])
def test_a_folder_of_somebody_else_is_refused_and_untouched(tmp_path, content):
    stranger = tmp_path / "out" / content
    stranger.parent.mkdir(parents=True)
    stranger.write_text("precious")

    with pytest.raises(DestinationError, match="which no run wrote; choose an empty or a new folder"):
        sink(str(tmp_path / "out")).claim()

    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == [stranger]


def test_hidden_files_do_not_make_a_folder_somebody_elses(tmp_path):
    (tmp_path / ".gitkeep").touch()

    DirectorySink(str(tmp_path)).claim()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").touch()

    with pytest.raises(DestinationError, match="is a file; --out takes a folder"):
        sink(str(tmp_path / "out")).claim()
    with pytest.raises(DestinationError, match="Not a directory"):
        sink(str(tmp_path / "out" / "deeper")).claim()


def test_documents_are_whole_and_listed(target):
    store = target.store
    store.replace("manifest.json", b"1")
    store.replace("manifest.json", b"22")

    assert store.create("2025-11-01/plan.json", b"first")
    assert not store.create("2025-11-01/plan.json", b"second")
    assert store.read("manifest.json") == b"22"
    assert store.read("2025-11-01/plan.json") == b"first"
    assert store.read("nothing.json") is None
    assert store.list() == ["2025-11-01/plan.json", "manifest.json"]
    store.delete("manifest.json")
    store.delete("manifest.json")
    assert store.list() == ["2025-11-01/plan.json"]


def test_a_torn_line_is_cut_off_before_the_next_one(target):
    store = target.store
    store.append("journal.jsonl", b'{"a":1}\n')
    store.append("journal.jsonl", b'{"a":2')

    store.append("journal.jsonl", b'{"a":3}\n')

    assert [json.loads(line)["a"] for line in store.read("journal.jsonl").splitlines()] == [1, 3]


def _creates(location, number, results):
    results.put(sink(location).store.create("plan.json", b"%d" % number * 1000))


def test_of_many_who_create_a_document_one_wins(target, tmp_path):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    racers = [context.Process(target=_creates, args=(target.location, n, results)) for n in range(8)]
    for racer in racers:
        racer.start()
    won = [results.get() for _ in racers]
    for racer in racers:
        racer.join()

    assert sum(won) == 1
    assert len(set(target.store.read("plan.json"))) == 1
    assert len(target.store.read("plan.json")) == 1000
    assert sorted(p.name for p in (tmp_path / "out" / "_rowmill").iterdir()) == ["plan.json"]


def test_a_name_is_held_by_one_at_a_time(target):
    with target.store.lock("run") as first:
        with target.store.lock("run") as second:
            assert (first, second) == (True, False)
        with target.store.lock("run-1of2") as other:
            assert other
    with target.store.lock("run") as again:
        assert again


def inode(folder):
    return folder.stat().st_ino


@pytest.mark.parametrize("possible", [True, False], ids=["exchange", "no-exchange"])
def test_a_table_of_many_files_is_replaced_added_to_and_emptied(target, tmp_path, monkeypatch, possible):
    if not possible:
        monkeypatch.setattr(exchange, "_renameat2", lambda: None)
    folder = tmp_path / "out" / "things"
    first = [f"things/{name}.parquet" for name in "abc"]
    for path in first:
        put(target, Stage("", "one"), path, 3)
    target.publish(Stage("", "one"), first, [])
    (folder / ".note").write_text("not ours")
    folder.chmod(0o750)
    before = inode(folder)

    second = ["things/b.parquet", "things/d.parquet"]
    new = {path: put(target, Stage("", "two"), path, 5).bytes for path in second}
    target.publish(Stage("", "two"), second, first)

    assert target.visible("things") == {**new, "things/.note": 8}
    assert (inode(folder) != before) == possible
    assert folder.stat().st_mode & 0o777 == 0o750
    assert target.stages() == []
    target.publish(Stage("", "two"), second, first)
    assert target.visible("things") == {**new, "things/.note": 8}
    (folder / ".note").unlink()
    target.publish(Stage("", "three"), [], second)
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
            put(target, Stage("", f"run{turn}"), path, 2)
        target.publish(Stage("", f"run{turn}"), new, old if turn else [])
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
        put(target, Stage("", "one"), path, 3)
    target.publish(Stage("", "one"), old, [])

    def late(one, other):
        (other / "late.txt").write_text("precious")
        return swap(one, other)

    monkeypatch.setattr(exchange, "exchange", late)
    for path in new:
        put(target, Stage("", "two"), path, 4)
    target.publish(Stage("", "two"), new, old)

    assert sorted(p.name for p in folder.iterdir()) == ["a.parquet", "c.parquet", "late.txt"]
    assert (folder / "late.txt").read_text() == "precious"


def test_runs_of_one_slice_never_meet_each_others_files(target):
    mine, theirs = Stage("", "mine"), Stage("", "theirs")
    put(target, mine, "things/x.parquet", 3)
    put(target, theirs, "things/x.parquet", 9)
    target.publish(mine, ["things/x.parquet"], [])

    assert target.staged(mine, "things/x.parquet") is None
    assert target.staged(theirs, "things/x.parquet") > target.visible("things")["things/x.parquet"]
    assert target.stages() == [""]
    target.drop(Stage())
    assert target.staged(theirs, "things/x.parquet") is None
    assert target.stages() == []


def test_a_writer_whose_stage_was_dropped_is_told_and_shows_nothing(target):
    writer = put(target, Stage("", "one"), "things/x.parquet", 3, last=False)
    target.drop(Stage("", "one"))

    with pytest.raises(DiskError):
        writer.close()
    writer.abort()
    assert target.visible("things") == {}
    assert target.staged(Stage("", "one"), "things/x.parquet") is None


def test_names_that_are_held_are_listed_by_place(target):
    store = target.store
    with store.lock("run-1of2"), store.lock("2025-11-01/run"):
        assert store.locks("") == ("run-1of2",)
        assert store.locks("2025-11-01") == ("2025-11-01/run",)
        assert store.locks("2025-11-02") == ()
    assert store.locks("") == ()
