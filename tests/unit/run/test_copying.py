"""Copies: the same slices at another place, proved, whole or not at all; what is in the way is named."""

from __future__ import annotations

import shutil
import traceback
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from rowmill.api.copy import copy
from rowmill.core.errors import DestinationError, IntegrityError, Interrupted, RowmillError, UsageError
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.copying import CopySource
from rowmill.run.request import Slice
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination
from rowmill.testing import MemoryBuckets
from support.books import books, committed, edit, head, manifest
from support.runs import difference, land, shown, source
from support.toy import toy

DATASET = toy(rows=900, blocks=4, days=5)
OTHER = toy(rows=70, seed=8)
DAYS = [Slice(range(day, day + 1)) for day in range(3)]


@pytest.fixture
def there(tmp_path):
    land(DATASET, tmp_path / "a")
    return tmp_path / "a", tmp_path / "b"


@pytest.fixture
def nights(tmp_path):
    for day in DAYS:
        land(DATASET, tmp_path / "a", day)
    return tmp_path / "a", tmp_path / "b"


def contents(out):
    return {path: (out / path).read_bytes() for path in shown(out)}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_copy_in_the_same_layout_has_the_same_files(there, workers):
    a, b = there

    found = copy(a, b, settings={"workers": workers, "row_group_rows": 90})

    assert shown(a) == shown(b)
    assert found.digest == read(a).digest == read(b).digest
    assert (found.rows, found.skipped, found.slices[0].workers) == (900, False, workers)
    assert books(b) == committed(b)
    assert verify(b).ok
    for table in DATASET.tables:
        assert difference(f"FROM {source(a, table)}", f"FROM {source(b, table)}") == 0


def test_a_file_is_parted_into_finer_folders_and_stays_one_where_they_are_coarser(there, tmp_path):
    a, b = there

    copy(a, b, settings={"workers": 1, "partition_by": "day"})
    copy(b, tmp_path / "c", settings={"workers": 1})

    assert len(list(b.glob("events/year=2025/month=11/day=27/*.parquet"))) >= 1
    assert len(list((tmp_path / "c").glob("events/*.parquet"))) == len(list(b.glob("events/**/*.parquet")))
    assert verify(tmp_path / "c").ok


def test_a_second_copy_writes_nothing(there):
    a, b = there
    copy(a, b, settings={"workers": 1})
    before = contents(b)

    assert copy(a, b, settings={"workers": 1}).skipped
    assert contents(b) == before


def test_all_slices_come_or_those_that_are_named(nights):
    a, b = nights

    one = copy(CopySource(a, ["2025-11-28"]), b, settings={"workers": 1})
    rest = copy(a, b, settings={"workers": 1})

    assert [each.slice for each in one.slices] == ["2025-11-28"]
    assert [(each.slice, each.skipped) for each in rest.slices] == [
        ("2025-11-27", False),
        ("2025-11-28", True),
        ("2025-11-29", False),
    ]
    assert read(b).digest == read(a).digest == rest.digest
    with pytest.raises(UsageError, match=r"slice '2025-11-26': not in .*; known: 2025-11-27, 2025-11-28"):
        copy(CopySource(a, ["2025-11-26"]), b)


def test_a_slice_is_copied_beside_what_was_made_there_and_more_is_made_beside_a_copy(nights):
    a, b = nights
    land(DATASET, b, DAYS[0], part_rows=60)

    found = copy(a, b, settings={"workers": 1, "row_group_rows": 90})
    land(DATASET, b, Slice(range(3, 5)))
    assert [each.skipped for each in found.slices] == [True, False, False]

    assert verify(b).ok
    assert [entry.label for entry in read(b).slices][-1] == "2025-11-30_2025-12-01"


def test_rows_are_told_while_they_come(nights):
    a, b = nights
    told = []

    copy(a, b, settings={"workers": 1}, progress=lambda *numbers: told.append(numbers))

    assert told[-1] == (read(a).rows, read(a).rows)
    assert told == sorted(told)


def refused(a, b, error, match, **more):
    before = shown(b) if b.exists() else None
    with pytest.raises(error, match=match):
        copy(a, b, **more)
    assert (shown(b) if b.exists() else None) == before


def test_what_cannot_be_copied_is_refused_before_anything_is_touched(there, tmp_path):
    a, b = there
    refused(a, a, UsageError, "is where the data lies; name another place")
    refused(a, a / "events", UsageError, "within it or around it")
    (tmp_path / "link").symlink_to(a)
    refused(a, tmp_path / "link", UsageError, "is .*/a, within it or around it; name another place")
    refused(a, a / "x.duckdb", UsageError, "within it or around it")
    refused(tmp_path / "nothing", b, DestinationError, "holds no finished run")
    refused(a, b, UsageError, r"run\.part_rows: a copy cannot be told this", settings={"part_rows": 5})
    refused(a, b, UsageError, r"run\.out: a copy cannot", settings=RunSettings(out="x"))
    refused(a, b, UsageError, "partition_by 'week'", settings={"partition_by": "week"})
    refused(a, b, UsageError, "compression 'snappy'", settings={"format": "csv", "compression": "snappy"})
    assert not b.exists()


def test_unfinished_data_is_not_copied(tmp_path):
    land(DATASET, tmp_path / "a", Slice(part=(1, 2)))
    refused(tmp_path / "a", tmp_path / "b", DestinationError, "holds no finished run")

    land(DATASET, tmp_path / "c")
    edit(
        head(tmp_path / "c"),
        lambda data: data["slices"][0].update(pending={"run": "x", "replaces": [], "sweeps": False}),
    )
    refused(tmp_path / "c", tmp_path / "b", DestinationError, "committed but not all are in place")


def test_a_source_that_lacks_a_file_is_named(there):
    a, b = there
    (a / shown(a)[1]).unlink()

    refused(a, b, IntegrityError, f"{shown(a)[0].rpartition('_')[0]}_\\d+.parquet is missing")
    assert not b.exists()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", ["flipped", "other rows", "swapped"])
def test_a_damaged_file_is_named_and_leaves_the_other_place_as_it_was(there, how, workers):
    a, b = there
    land(OTHER, b)
    before = contents(b), books(b)
    first, second = (a / path for path in shown(a)[:2])
    data = first.read_bytes()
    if how == "flipped":
        first.write_bytes(data[:200] + bytes([data[200] ^ 255]) + data[201:])
    elif how == "other rows":
        rows = pq.read_table(first)
        column = rows.schema.get_field_index("ratio")
        pq.write_table(rows.set_column(column, "ratio", rows["level"].cast("double")), first, compression="snappy")
        _as_large(a, first)
    else:
        other = second.read_bytes()
        first.write_bytes(other)
        second.write_bytes(data)
        _as_large(a, first, second)

    with pytest.raises(IntegrityError, match=rf"{a}: events/toy_900_2025-12-01_0000[01].parquet: "):
        copy(a, b, settings={"workers": workers, "batch_size": 10}, overwrite=True)

    assert (contents(b), books(b)) == before
    assert not survey(destination(str(b))).unfinished


def _as_large(out, *paths):
    """Let the manifest and the head take files for as large as they are: what the damage did not tell by itself."""
    sizes = {path.relative_to(out).as_posix(): path.stat().st_size for path in paths}

    def change(data):
        for file in data["tables"]["events"]["files"]:
            file["bytes"] = sizes.get(file["path"], file["bytes"])

    edit(manifest(out), change)


def test_records_that_contradict_their_spec_are_refused(there):
    a, b = there
    edit(manifest(a), lambda data: data["tables"]["things"]["files"][0].update(tiles=[0, 9, 0, 1]))

    refused(a, b, IntegrityError, "tiles")
    assert not b.exists()


def test_other_data_is_in_the_way_unless_it_may_be_replaced(there):
    a, b = there
    land(OTHER, b)

    refused(a, b, DestinationError, "holds another spec")
    assert copy(a, b, settings={"workers": 1}, overwrite=True).digest == read(b).digest == read(a).digest


def test_the_same_data_in_other_files_is_in_the_way_unless_it_may_be_replaced(there):
    a, b = there
    copy(a, b, settings={"workers": 1})

    refused(a, b, DestinationError, "holds the same rows in another layout", settings={"compression": "zstd"})
    assert not copy(a, b, settings={"workers": 1, "compression": "zstd"}, overwrite=True).skipped
    assert verify(b).ok


def test_a_copy_that_was_interrupted_goes_on(there):
    a, b = there

    def press(done, _):
        if done > 300:
            raise KeyboardInterrupt

    with pytest.raises(
        Interrupted, match=r"interrupted: \d+ of \d+ parts are kept in .*; continue by the same command"
    ):
        copy(a, b, settings={"workers": 1}, progress=press)
    kept = sorted(path.name for path in (b / "_rowmill").rglob("parts/*/*.json"))
    found = copy(a, b, settings={"workers": 1})

    assert kept
    assert found.digest == read(b).digest
    assert books(b) == committed(b)


def test_shares_of_several_machines_are_published_by_a_copy_without_one(nights):
    a, b = nights

    shares = [copy(a, b, settings={"workers": 1, "row_group_rows": 90}, share=(i, 3)) for i in (3, 1)]
    assert shown(b) == []
    with pytest.raises(DestinationError, match="slice 2025-11-27 is unfinished: 2 of 3 parts are made"):
        read(b)
    shares.append(copy(a, b, settings={"workers": 1, "row_group_rows": 90}, share=(2, 3)))
    assert {each.committed for each in shares} == {False}
    assert sum(each.rows for each in shares) == read(a).rows
    whole = copy(a, b, settings={"workers": 1, "row_group_rows": 90})

    assert [(each.committed, each.workers) for each in whole.slices] == [(True, 0)] * 3
    assert shown(a) == shown(b)
    assert read(b).digest == whole.digest == read(a).digest
    assert copy(a, b, settings={"workers": 1, "row_group_rows": 90}, share=(2, 3)).skipped


def test_a_share_that_was_interrupted_goes_on_and_lost_ones_come_with_the_whole(there):
    a, b = there

    def press(*_):
        raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        copy(a, b, settings={"workers": 1, "batch_size": 10}, share=(1, 2), progress=press)
    assert not copy(a, b, settings={"workers": 1}, share=(1, 2)).committed
    assert copy(a, b, settings={"workers": 1}).slices[0].made_rows < 900
    assert read(b).digest == read(a).digest
    assert verify(b).ok


@pytest.mark.parametrize("change", ["other data", "gone"])
def test_a_source_that_changes_meanwhile_is_refused_and_nothing_comes(there, change):
    a, b = there

    def meddle(*_):
        if change == "gone":
            shutil.rmtree(a / "things", ignore_errors=True)
        elif read(a).rows == 900:
            land(OTHER, a, mode="overwrite")

    with pytest.raises(IntegrityError, match=rf"{a}: (events|things)/.* is missing; look with `rowmill verify`"):
        copy(a, b, settings={"workers": 1}, progress=meddle)
    assert shown(b) == []
    assert not survey(destination(str(b))).unfinished


def test_an_unfinished_run_that_makes_the_rows_is_no_copy(there):
    a, b = there
    land(DATASET, b, Slice(part=(1, 2)), part_rows=40)

    refused(a, b, DestinationError, "holds an unfinished run of slice whole in another layout")
    assert copy(a, b, settings={"workers": 1}, overwrite=True).digest == read(a).digest
    assert verify(b).ok


def test_rows_of_a_run_that_is_taken_up_must_be_those_of_the_source(there, monkeypatch):
    from rowmill.run import origin

    a, b = there
    entry = read(a).slices[0]
    lies = {name: replace(t, columns={c: v ^ 1 for c, v in t.columns.items()}) for name, t in entry.tables.items()}
    monkeypatch.setattr(origin.Origin, "refuse_other", lambda *_: None)
    vouched = origin.Origin.vouched
    monkeypatch.setattr(
        origin.Origin, "vouched", lambda o, t: vouched(replace(o, entry=replace(o.entry, tables=lies)), t)
    )

    with pytest.raises(IntegrityError, match="events has other rows than were written of it"):
        copy(a, b, settings={"workers": 1})
    assert shown(b) == []


def test_a_bucket_lets_copies_in_and_out(there):
    a, b = there
    with MemoryBuckets().registered() as buckets:
        copy(a, "memory://b", settings={"workers": 1})
        copy("memory://b", b, settings={"workers": 1, "row_group_rows": 90})

        assert not buckets.bucket("memory://b").uploads
        with pytest.raises(UsageError, match="is where the data lies"):
            copy("memory://b", "memory://b")
    assert shown(a) == shown(b)


@pytest.mark.parametrize("ways", [("a", "elsewhere"), ("elsewhere", "b")])
def test_no_error_of_a_copy_has_a_password(there, ways, caplog):
    places = {"a": there[0], "b": there[1], "elsewhere": "postgresql://me:canary@127.0.0.1:1/db"}

    with pytest.raises(RowmillError, match=r"postgresql://me@127\.0\.0\.1:1/db") as caught:
        copy(*(places[way] for way in ways), settings={"workers": 1})

    assert "canary" not in "".join(traceback.format_exception(caught.value)) + caplog.text
