"""Tables of every type and shape: each is profiled, and its page is sound, whatever the values are."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowmill.quality.profile.profiling import profile
from rowmill.quality.profile.report.page import page
from support.pages import HOSTILE, read

BIG = 2**64 - 1
TABLES = {
    "no rows": pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}),
    "one row": pa.table({"a": [1], "b": ["x"], "c": [None]}),
    "no values": pa.table({"a": pa.array([None] * 30, pa.float64()), "b": pa.array([None] * 30, pa.timestamp("us"))}),
    "not finite": pa.table({"a": [math.nan, math.inf, -math.inf, 1.0, None] * 9, "b": [math.nan] * 45}),
    "huge": pa.table(
        {
            "floats": pa.array([1.7e308, -1.7e308, 5e-324, 0.0] * 20),
            "whole": pa.array([BIG, 0, BIG - 1, 1] * 20, pa.uint64()),
            "signed": pa.array([2**63 - 1, -(2**63), 0, 1] * 20),
            "decimals": pa.array([Decimal("9" * 38), Decimal("-" + "9" * 38), Decimal(0), None] * 20),
        }
    ),
    "tiny differences": pa.table({"a": (1e9 + np.arange(5_000) * 1e-7).tolist(), "b": [0.1 + 0.2] * 5_000}),
    "many huge": pa.table(
        {"a": [(-1) ** n * 1.7e308 * (n / 4_000) for n in range(4_000)], "b": (2**63 - 1 - np.arange(4_000))}
    ),
    "times": pa.table(
        {
            "day": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2025, 2, 28)]),
            "at": pa.array([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59), None, None]),  # noqa: DTZ001
            "zone": pa.array([0, 1, 2, 3], pa.timestamp("ns", "Asia/Tokyo")),
            "seconds": pa.array([0, 1, 2, 3], pa.timestamp("s")),
            "time": pa.array([0, 1, 2, None], pa.time64("us")),
            "long": pa.array([0, 1, 2, None], pa.duration("us")),
        }
    ),
    "nested": pa.table(
        {
            "list": [[1, 2], [], None, [None]],
            "struct": [{"a": 1}, None, {"a": None}, {"a": 2}],
            "map": pa.array([[("a", 1)], [], None, []], pa.map_(pa.string(), pa.int64())),
            "bytes": [b"\xff\0", b"", None, b"x"],
            "codes": pa.array(["x", "y", None, "x"]).dictionary_encode(),
            "flag": [True, False, None, True],
            "small": pa.array([1, 2, 3, None], pa.float16()),
            "nothing": pa.nulls(4),
        }
    ),
    "hostile": pa.table({name: [*HOSTILE[:-1], None, name] for name in HOSTILE[:-1]}),
    "long texts": pa.table({"a": ["x" * 100_000, "y" * 99_999, "", None], "b": ["\u202e\u0000é", "🙂" * 9, " ", "\n"]}),
    "names": pa.table([[1], [2], [3]], names=["a", "A", ""]),
}


@pytest.mark.parametrize("name", TABLES)
def test_any_table_has_a_profile_and_a_page(tmp_path, name):
    pq.write_table(TABLES[name], tmp_path / "t.parquet")

    found = profile(tmp_path / "t.parquet")
    (table,) = found.tables

    assert table.rows == TABLES[name].num_rows
    assert len(table.columns) == TABLES[name].num_columns
    for n, column in enumerate(table.columns):
        if TABLES[name].schema.field(n).type != pa.null():
            assert column.nulls == TABLES[name].column(n).null_count
        if column.histogram is not None:
            not_finite = column.number.not_finite if column.number else 0
            assert sum(column.histogram.counts) == column.filled - not_finite
            assert len(column.histogram.counts) == len(column.histogram.labels) <= 60
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["tables"][0]["rows"] == table.rows
    read(page(found))


def test_infinite_days_of_a_database_are_no_days(tmp_path):
    with duckdb.connect(str(tmp_path / "x.db")) as theirs:
        theirs.execute(
            "CREATE TABLE t AS SELECT DATE 'infinity' AS d, TIMESTAMP '-infinity' AS at, 1::HUGEINT << 100 AS h"
        )
        theirs.execute("INSERT INTO t VALUES ('2025-01-02', '2025-01-02 03:04:05', -5)")

    (table,) = profile(tmp_path / "x.db").tables
    day, at, huge = table.columns

    assert (day.first, day.last) == ("2025-01-02", "2025-01-02")
    assert at.first == at.last == "2025-01-02 03:04:05"
    assert huge.number.maximum == 2**100


def test_a_column_named_like_what_is_asked_of_it_is_a_column(tmp_path):
    names = ["rows", "value", "moment", "place", "sample", "file_row_number", "filename", "t", "*"]
    pq.write_table(pa.table({name: list(range(50)) for name in names}), tmp_path / "t.parquet")

    (table,) = profile(tmp_path / "t.parquet").tables

    assert [column.name for column in table.columns] == names
    assert {column.distinct for column in table.columns} == {50}
