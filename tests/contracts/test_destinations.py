"""What every destination promises: nothing shows before it is published, a part counts once it is sealed."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module

import numpy as np
import pytest

from rowmill.core.errors import IntegrityError, RowmillError
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.sinks.base import Stage
from rowmill.sinks.filetypes.formats import ROWS
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination, takes_rows
from support.places import KINDS

SCHEMA = Schema("things", "1", "Things.", (Field("a", "int64", "A number."),), ("a",))
ONE, TWO = Stage("2025-11-01", "one"), Stage("2025-11-01", "two")


@pytest.fixture(params=KINDS)
def target(request, tmp_path):
    """Return a new destination of each kind; ``support/places/SCHEME.py`` says where."""
    with import_module(f"support.places.{request.param}").place(tmp_path) as location:
        found = destination(location)
        found.claim()
        yield found


def file(path):
    return FileSpec(path, SCHEMA, None)


def layout(target):
    return Layout(ROWS, "none") if takes_rows(target.location) else Layout()


def put(target, stage, path, rows, first=0):
    """Write and seal a part of one file, whose rows are numbered."""
    part = target.part(stage, path.rpartition("/")[2], layout(target))
    writer = part.open(file(path))
    writer.write({"a": Cells(np.arange(first, first + rows))})
    written = writer.close()
    assert part.seal(path.encode()) == path.encode()
    return written


def rows(target, path):
    with target.read(file(path), layout(target)) as content:
        return [row["a"] for batch in content.batches() for row in batch.to_pylist()]


def test_a_file_is_complete_but_unseen_until_it_is_published(target):
    written = put(target, ONE, "things/x.parquet", 7)

    assert written.rows == 7
    assert target.staged(ONE, [written]) == {"things/x.parquet"}
    assert target.visible("things") == {}

    target.publish(ONE, [written], [])

    assert target.visible("things") == {"things/x.parquet": written.bytes}
    assert target.staged(ONE, [written]) == set()
    assert rows(target, "things/x.parquet") == list(range(7))


def test_a_published_file_has_the_size_checksum_and_facts_of_the_one_that_was_written(target):
    part = target.part(ONE, "x", layout(target))
    writer = part.open(FileSpec("things/x.parquet", SCHEMA, None, (("rowmill.table", "things"),)))
    writer.write({"a": Cells(np.arange(5))})
    written = writer.close()
    part.seal(b"1")
    target.publish(ONE, [written], [])

    with target.read(file("things/x.parquet"), layout(target)) as content:
        assert (content.bytes, content.checksum()) == (written.bytes, written.checksum)
        assert content.facts()["rowmill.table"] == "things"
        assert sum(batch.num_rows for batch in content.batches()) == 5


def test_a_file_that_is_not_there_cannot_be_read(target):
    with pytest.raises(FileNotFoundError), target.read(file("things/x.parquet"), layout(target)):
        pass


def test_a_part_counts_from_the_moment_that_it_is_sealed(target):
    part = target.part(ONE, "x", layout(target))
    writer = part.open(file("things/x.parquet"))
    writer.write({"a": Cells(np.arange(3))})
    writer.close()

    assert target.receipts.sealed(ONE) == set()
    assert part.seal(b"receipt") == b"receipt"
    assert target.receipts.sealed(ONE) == {"x"}
    assert target.receipts.read(ONE, ["x", "y"]) == {"x": b"receipt"}
    assert target.receipts.sealed(TWO) == set()


def test_of_two_who_seal_a_part_the_first_ones_receipt_counts(target):
    receipts, files = [], []
    for name in (b"first", b"second"):
        part = target.part(ONE, "x", layout(target))
        writer = part.open(file("things/x.parquet"))
        writer.write({"a": Cells(np.arange(3))})
        files.append(writer.close())
        receipts.append(part.seal(name))

    assert receipts == [b"first", b"first"]
    assert target.receipts.read(ONE, target.receipts.sealed(ONE)) == {"x": b"first"}
    target.publish(ONE, files[:1], [])
    assert rows(target, "things/x.parquet") == [0, 1, 2]


def test_a_part_that_was_taken_back_counts_when_it_is_sealed_again(target):
    put(target, ONE, "things/x.parquet", 3)

    target.receipts.withdraw(ONE, "x.parquet")

    assert target.receipts.sealed(ONE) == set()
    put(target, ONE, "things/x.parquet", 3)
    assert target.receipts.sealed(ONE) == {"x.parquet"}


def test_an_aborted_file_leaves_nothing(target):
    writer = target.part(ONE, "x", layout(target)).open(file("things/x.parquet"))
    writer.write({"a": Cells(np.arange(7))})
    writer.abort()
    written = put(target, TWO, "things/y.parquet", 2)

    assert target.receipts.sealed(ONE) == set()
    target.publish(TWO, [written], [])
    assert list(target.visible("things")) == ["things/y.parquet"]


def test_a_file_written_twice_is_the_same_file(target):
    first, second = put(target, ONE, "things/x.parquet", 7), put(target, TWO, "things/x.parquet", 7)

    assert (first.bytes, first.checksum) == (second.bytes, second.checksum)


def test_publishing_twice_is_harmless(target):
    written = put(target, ONE, "things/x.parquet", 7)
    target.publish(ONE, [written], [])
    target.publish(ONE, [written], [])

    assert target.visible("things") == {"things/x.parquet": written.bytes}


def test_a_file_that_is_nowhere_cannot_be_published(target):
    written = put(target, ONE, "things/x.parquet", 7)
    target.drop(ONE)

    with pytest.raises(IntegrityError, match=r"things/x.parquet is gone"):
        target.publish(ONE, [written], [])


def test_a_second_slice_joins_the_first(target):
    for first, day in enumerate(("2025-11-01", "2025-11-02")):
        written = put(target, Stage(day, "one"), f"things/{day}.parquet", 3, 10 * first)
        target.publish(Stage(day, "one"), [written], [])

    assert sorted(target.visible("things")) == ["things/2025-11-01.parquet", "things/2025-11-02.parquet"]


def test_obsolete_files_go_and_others_stay(target):
    old = [put(target, ONE, f"things/day={n}/x{n}.parquet", 3, 10 * n) for n in (1, 2)]
    target.publish(ONE, old, [])

    new = put(target, TWO, "things/new.parquet", 3)
    target.publish(TWO, [new], ["things/day=1/x1.parquet"])

    assert sorted(target.visible("things")) == ["things/day=2/x2.parquet", "things/new.parquet"]


def test_a_table_replaced_as_a_whole_takes_the_old_names(target):
    old = [put(target, ONE, f"things/{name}.parquet", 3, 10 * first) for first, name in enumerate("xy")]
    target.publish(ONE, old, [])

    new = put(target, TWO, "things/x.parquet", 5)
    target.publish(TWO, [new], ["things/x.parquet", "things/y.parquet"])

    assert target.visible("things") == {"things/x.parquet": new.bytes}
    assert rows(target, "things/x.parquet") == list(range(5))


def test_runs_of_one_slice_never_meet_each_others_files(target):
    mine, theirs = put(target, ONE, "things/x.parquet", 3), put(target, TWO, "things/x.parquet", 9)
    target.publish(ONE, [mine], [])

    assert target.staged(ONE, [mine]) == set()
    assert target.staged(TWO, [theirs]) == {"things/x.parquet"}
    assert rows(target, "things/x.parquet") == [0, 1, 2]
    target.drop(Stage(ONE.slice))
    assert target.staged(TWO, [theirs]) == set()
    assert target.receipts.sealed(TWO) == set()


def test_a_writer_whose_stage_was_dropped_shows_nothing(target):
    part = target.part(ONE, "x", layout(target))
    writer = part.open(file("things/x.parquet"))
    writer.write({"a": Cells(np.arange(3))})
    target.drop(ONE)

    with suppress(RowmillError):
        writer.close()
    writer.abort()
    assert target.visible("things") == {}


def test_documents_are_whole_listed_and_versioned(target):
    documents = target.documents
    assert documents.create("manifest.json", b"1")
    assert documents.create("2025-11-01/plan.json", b"first")
    assert not documents.create("2025-11-01/plan.json", b"second")

    first = documents.read("manifest.json")
    second = documents.replace("manifest.json", b"22", first.version)

    assert documents.read("manifest.json") == (b"22", second)
    assert documents.replace("manifest.json", b"333", first.version) is None
    assert documents.read("manifest.json").data == b"22"
    assert documents.read("2025-11-01/plan.json").data == b"first"
    assert documents.read("nothing.json") is None
    assert documents.replace("nothing.json", b"1", first.version) is None
    assert documents.list("") == ["2025-11-01/plan.json", "manifest.json"]
    assert documents.list("2025-11-01/") == documents.list("2025-11-01/pl") == ["2025-11-01/plan.json"]
    assert documents.list("2025-12") == []
    documents.delete("manifest.json")
    documents.delete("manifest.json")
    assert documents.list("") == ["2025-11-01/plan.json"]


def test_of_many_who_create_or_replace_a_document_one_wins(target):
    documents, won = target.documents, []
    documents.create("head.json", b"0")
    version = documents.read("head.json").version

    def race(number):
        data = b"%d" % number * 1000
        won.append((documents.create("plan.json", data), documents.replace("head.json", data, version) is not None))

    racers = [threading.Thread(target=race, args=(n,)) for n in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert [sum(column) for column in zip(*won, strict=True)] == [1, 1]
    for name in ("plan.json", "head.json"):
        data = documents.read(name).data
        assert len(data) == 1000
        assert len(set(data)) == 1


def test_a_name_is_held_by_one_at_a_time(target):
    locks = target.locks
    with locks.hold("run") as first:
        with locks.hold("run") as second:
            assert (first, second) == (True, False)
        assert locks.holder("run") is not None
        with locks.hold("run-1of2") as other:
            assert other
    with locks.hold("run") as again:
        assert again


def test_names_that_are_held_are_listed_by_place(target):
    locks = target.locks
    with locks.hold("2025-11-02/run-1of2"), locks.hold("2025-11-01/run"):
        assert locks.names("2025-11-02") == ("2025-11-02/run-1of2",)
        assert locks.names("2025-11-01") == ("2025-11-01/run",)
        assert locks.names("2025-11-03") == ()
        assert len(locks.all()) == 2
        for name in locks.all():
            with locks.hold(name) as held:
                assert not held
    assert locks.names("2025-11-01") == locks.all() == ()


def test_claiming_again_changes_nothing(target):
    written = put(target, ONE, "things/x.parquet", 3)
    target.publish(ONE, [written], [])

    target.claim()

    assert list(target.visible("things")) == ["things/x.parquet"]


def test_what_is_left_beside_the_tables_is_no_row(target):
    target.leave("summary.json", b"{}")
    target.leave("summary.json", b'{"rows": 1}')

    assert target.visible("summary.json") == {}
    assert target.documents.list("") == []
