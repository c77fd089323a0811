"""Layout is presentation: one digest, and the same rows for outside readers, however the files look."""

from __future__ import annotations

import duckdb
import pyarrow.parquet as pq
import pytest

from rowmill.core.errors import RowmillError
from rowmill.model.digest import TableDigest
from rowmill.run.checks.verify import verify
from support.books import committed
from support.runs import count, difference, land, shown, source
from support.toy import EVENTS, toy

LAYOUTS = {
    "one worker": {},
    "three workers": {"workers": 3},
    "tiny batches": {"batch_size": 7},
    "large parts": {"part_rows": 10**9},
    "tiny row groups": {"row_group_rows": 11},
    "zstd": {"compression": "zstd"},
    "no compression": {"compression": "none"},
    "compact": {"encoding": "compact"},
    "plain": {"encoding": "plain"},
    "one file": {"single_file": True},
    "by year": {"partition_by": "year"},
    "by month": {"partition_by": "month"},
    "by day": {"partition_by": "day"},
    "by month, one file": {"partition_by": "month", "single_file": True},
    "own names": {"name": "{table}-{date}-part-{part}"},
    "csv": {"format": "csv"},
    "csv, gzip, by day": {"format": "csv", "compression": "gzip", "partition_by": "day"},
}


def utc():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


DATASET = toy(rows=900, blocks=4, days=5)


def tile_digests():
    digests = {name: TableDigest(name) for name in DATASET.tables}
    for name, table in DATASET.tables.items():
        for block in range(table.blocks):
            for tile in table.tiles(block, range(5) if table.timed else range(1)):
                digests[name].add([tile], table.schema.values())
    return {name: digest.value for name, digest in digests.items()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("plain") / "out"
    return out, land(DATASET, out)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_has_one_digest_and_verifies(layout, tmp_path, plain):
    summary = land(DATASET, tmp_path, **layout)

    assert summary.digest == plain[1].digest
    assert {name: table.digest for name, table in summary.tables.items()} == tile_digests()
    assert verify(tmp_path).ok


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if not name.startswith("csv")])
def test_other_readers_find_the_same_rows(layout, tmp_path, plain):
    land(DATASET, tmp_path, **LAYOUTS[layout])

    for table in DATASET.tables:
        assert difference(f"FROM {source(plain[0], table)}", f"FROM {source(tmp_path, table)}") == 0


def test_csv_and_parquet_hold_the_same_rows_for_duckdb(tmp_path, plain):
    land(DATASET, tmp_path, format="csv")

    typed = f"FROM {source(plain[0], 'events')}"
    text = f"FROM {source(tmp_path, 'events', 'csv')}"
    types = duckdb.execute(f"SELECT column_name, column_type FROM (DESCRIBE {typed})").fetchall()
    casts = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in types)
    assert difference(f"SELECT {casts} {text}", typed) == 0


def test_rows_of_a_file_are_in_order_of_time_then_key(tmp_path):
    land(DATASET, tmp_path, part_rows=10**9)

    table = pq.read_table(tmp_path / "events" / "toy_900_2025-12-01_00000.parquet")
    keys = list(zip(table["happened_at"].to_pylist(), table["event_id"].to_pylist(), strict=True))

    assert keys == sorted(keys)
    assert len(set(table["place"].to_pylist())) == 17


def test_a_file_has_the_types_of_its_schema_and_says_what_it_is(tmp_path):
    summary = land(DATASET, tmp_path, part_rows=10**9)

    file = pq.ParquetFile(tmp_path / "events" / "toy_900_2025-12-01_00000.parquet")

    assert file.schema_arrow.remove_metadata().equals(EVENTS.arrow())
    assert file.metadata.metadata == {
        b"rowmill.domain": b"toy",
        b"rowmill.data_version": b"1",
        b"rowmill.fingerprint": summary.fingerprint.encode(),
        b"rowmill.seed": b"7",
        b"rowmill.table": b"events",
        b"rowmill.part": b"events-00000",
    }


def test_partitions_are_hive_folders_of_the_utc_date(tmp_path):
    land(DATASET, tmp_path, partition_by="day", part_rows=10**9)

    found = (
        utc()
        .execute(
            "SELECT DISTINCT concat_ws('-', year, month, day), on_day::VARCHAR, left(happened_at::VARCHAR, 10) "
            f"FROM read_parquet('{tmp_path}/events/**/*.parquet', hive_types_autocast = false)"
        )
        .fetchall()
    )

    days = ("2025-11-27", "2025-11-28", "2025-11-29", "2025-11-30", "2025-12-01")
    assert sorted(found) == [(day, day, day) for day in days]
    assert shown(tmp_path)[0] == "events/year=2025/month=11/day=27/toy_900_2025-12-01_00000.parquet"
    assert "things/toy_things_900_2025-12-01_00000.parquet" in shown(tmp_path)


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_no_rows_are_one_typed_empty_file_a_table(tmp_path, format):
    dataset = toy(rows=0)

    summary = land(dataset, tmp_path, format=format, partition_by="day")

    assert (summary.rows, summary.tables["events"].files, summary.tables["remarks"].files) == (0, 1, 1)
    assert count(tmp_path, "events", format) == 0
    assert verify(tmp_path).ok


def test_equal_runs_make_equal_bytes(tmp_path):
    for name, workers in (("a", 1), ("b", 2)):
        land(DATASET, tmp_path / name, workers=workers)

    assert shown(tmp_path / "a") == shown(tmp_path / "b")
    for path in (*shown(tmp_path / "a"), "_rowmill/head.json", f"_rowmill/{committed(tmp_path / 'a')[-1]}"):
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_a_domain_that_makes_other_types_than_it_declares_is_stopped(tmp_path, monkeypatch):
    from support import toy as module

    honest = module._events
    monkeypatch.setattr(module, "_events", lambda *a: {**honest(*a), "level": honest(*a)["count"]})

    with pytest.raises(
        RowmillError, match="column level was made as int32; its type is int8: let its function return int8, or"
    ):
        land(DATASET, tmp_path)
    assert shown(tmp_path) == []
