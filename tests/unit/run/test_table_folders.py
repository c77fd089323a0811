"""Folders that a template names: whatever finds a table by its folder finds it there, in a folder and in a bucket."""

from __future__ import annotations

import json

import pytest

from rowmill.api.compare import compare
from rowmill.core.errors import DestinationError, IntegrityError, Interrupted
from rowmill.run.books.forms import BadForm
from rowmill.run.books.manifest import read
from rowmill.run.books.records import Entry
from rowmill.run.checks.verify import verify
from rowmill.run.reading import batches
from rowmill.run.request import Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination
from rowmill.testing import MemoryBuckets
from support.books import head, manifest
from support.runs import land, shown
from support.toy import toy

DATASET = toy(rows=900, blocks=4, days=5)
LAKE = {"name": "{domain}/{domain}_{rows}_{date:%Y%m%d}{_part}", "partition_by": "month", "part_rows": 10**6}


@pytest.fixture(params=["folder", "bucket"])
def out(request, tmp_path):
    if request.param == "folder":
        yield str(tmp_path / "out")
        return
    with MemoryBuckets().registered():
        yield "memory://out"


def paths(out):
    target = destination(out)
    return sorted(path for table in ("toy", "toy_remarks", "toy_things") for path in target.visible(table))


def test_keys_are_those_of_the_template(out):
    land(DATASET, out, **LAKE)

    assert paths(out) == [
        "toy/year=2025/month=11/toy_900_20251201.parquet",
        "toy/year=2025/month=12/toy_900_20251201.parquet",
        "toy_remarks/year=2025/month=11/toy_remarks_900_20251201.parquet",
        "toy_remarks/year=2025/month=12/toy_remarks_900_20251201.parquet",
        "toy_things/toy_things_900_20251201.parquet",
    ]
    assert not any(destination(out).visible(table) for table in DATASET.tables)


def test_rows_and_digests_are_those_of_any_other_folder(out, tmp_path):
    lake, plain = land(DATASET, out, **LAKE), land(DATASET, tmp_path / "plain")

    assert lake.digest == plain.digest == read(out).digest
    assert verify(out).ok
    assert compare(out, tmp_path / "plain", rows=5).equal
    assert sum(batch.num_rows for batch in batches(out, "events")) == 900
    assert land(DATASET, out, **LAKE).skipped


def test_slices_stand_side_by_side_and_share_the_catalogs(out):
    for day in range(3):
        land(DATASET, out, Slice(range(day, day + 1)), **LAKE)

    assert [path for path in paths(out) if path.startswith("toy_things/")] == [
        "toy_things/toy_things_900_20251201.parquet"
    ]
    assert verify(out).ok


def test_files_of_days_may_have_one_name_below_the_folders_of_days(out):
    daily = {"name": "{table}/part{_part}", "partition_by": "day", "part_rows": 10**6}
    for day in range(2):
        land(DATASET, out, Slice(range(day, day + 1)), **daily)

    assert list(destination(out).visible("events")) == [
        "events/year=2025/month=11/day=27/part.parquet",
        "events/year=2025/month=11/day=28/part.parquet",
    ]
    monthly = {**daily, "partition_by": "month"}
    land(DATASET, out, Slice(range(2, 3)), **monthly)
    with pytest.raises(DestinationError, match=r"another slice has a file events/year=2025/month=11/part\.parquet"):
        land(DATASET, out, Slice(range(3, 4)), **monthly)


def test_a_table_has_one_folder_at_a_destination(out):
    land(DATASET, out, Slice(range(1)), **LAKE)

    with pytest.raises(DestinationError, match=r"folders\.events is toy there, events here"):
        land(DATASET, out, Slice(range(1, 2)))


def test_overwrite_moves_a_table_to_another_folder_and_leaves_nothing_in_the_old_one(out):
    land(DATASET, out)
    land(DATASET, out, mode="overwrite", **LAKE)

    assert len(paths(out)) == 5
    assert not any(destination(out).visible(table) for table in DATASET.tables)
    land(DATASET, out, mode="overwrite")
    assert not paths(out)
    assert verify(out).ok


def test_tables_can_change_folders_with_one_another(out):
    small = {"tables": ("remarks", "things")}
    land(DATASET, out, tables=("remarks",), name="things/{part}")
    land(DATASET, out, mode="overwrite", **small)

    assert verify(out).ok
    land(DATASET, out, mode="overwrite", tables=("remarks",), name="things/{part}")
    assert verify(out).ok
    assert not destination(out).visible("remarks")


def test_a_lost_file_and_a_stranger_are_found_where_the_table_lies(out):
    land(DATASET, out, **LAKE)
    target = destination(out)
    lost, stranger = "toy/year=2025/month=12/toy_900_20251201.parquet", "toy/notes.txt"
    _remove(target, lost)
    target.leave(stranger, b"mine")

    with pytest.raises(IntegrityError, match=lost):
        land(DATASET, out, **LAKE)
    report = verify(out)
    assert {problem.path for problem in report.problems} == {lost, stranger}
    with pytest.raises(DestinationError, match=f"{stranger} was written by no run"):
        land(DATASET, out, mode="resume", **LAKE)
    _remove(target, stranger)
    assert land(DATASET, out, mode="resume", **LAKE).repaired == 1
    assert verify(out).ok


def test_a_crashed_run_goes_on_in_its_folders(tmp_path):
    def press(done, _):
        if done > 300:
            raise KeyboardInterrupt

    small = {**LAKE, "part_rows": 150}
    with pytest.raises(Interrupted, match=r"[1-9]\d* of \d+ parts are kept"):
        write(DATASET, RunSettings(out=str(tmp_path), workers=1, **small), progress=press)
    land(DATASET, tmp_path, mode="resume", **small)

    assert {path.partition("/")[0] for path in shown(tmp_path)} == {"toy", "toy_remarks", "toy_things"}
    assert verify(tmp_path).ok


def test_records_of_tables_in_folders_of_their_names_are_as_before(tmp_path):
    land(DATASET, tmp_path)

    assert "folders" not in manifest(tmp_path).read_text() + head(tmp_path).read_text()


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ({"events": "../toy"}, "no run writes there"),
        ({"events": "_rowmill"}, "no run writes there"),
        ({"events": ""}, "no run writes there"),
        ({"events": "toy", "remarks": "TOY", "things": "toy_things"}, "two tables share one"),
        ({"events": "toy", "remarks": "toy_remarks", "things": "toy_things", "more": "x"}, "not all of its tables"),
        ({}, "does not lie in the folder of its table"),
    ],
)
def test_a_record_of_folders_that_no_run_makes_is_damage(tmp_path, folders, message):
    land(DATASET, tmp_path, **LAKE)
    record = json.loads(manifest(tmp_path).read_text())
    record["identity"]["folders"] = folders

    with pytest.raises(BadForm, match=message):
        Entry.from_json(json.dumps(record).encode())


def _remove(target, path):
    if target.local_folder is not None:
        (target.local_folder / path).unlink()
    else:
        target._bucket.delete(path)
