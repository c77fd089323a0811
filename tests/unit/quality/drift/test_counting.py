"""What is read of files of others is what their rows are."""

from __future__ import annotations

import datetime as dt
import decimal

import polars as pl

from rowmill.quality.drift.counting import counted
from rowmill.quality.sources.finding import source

ROWS = pl.DataFrame(
    {
        "id": range(500),
        "kind": ["a", "b", None, "c", "a"] * 100,
        "text": [f"t{n}" for n in range(500)],
        "amount": [n / 3 for n in range(499)] + [None],
        "price": [decimal.Decimal("1.25")] * 500,
        "sure": [True, None, False, True, False] * 100,
        "when": [dt.datetime(2025, 3, 3, hour % 24, tzinfo=dt.UTC) for hour in range(500)],
        "day": [dt.date(2025, 3, 3)] * 500,
        "count": pl.Series([*range(256), *[None] * 244], dtype=pl.UInt8),
    }
)


def test_every_kind_of_column_is_counted(tmp_path):
    ROWS.write_parquet(tmp_path / "rows.parquet")
    ROWS.write_csv(tmp_path / "rows.csv")
    for name in ("rows.parquet", "rows.csv"):
        found = counted(source(tmp_path / name), {"rows": "events"})
        table, schema = found.tables["events"], found.schemas["events"]
        columns = table.columns

        assert table.rows == 500
        assert dict(zip(schema["kind"].values, columns["kind"].counts, strict=True)) == {"a": 200, "b": 100, "c": 100}
        assert (columns["kind"].nulls, columns["text"].nulls, columns["amount"].nulls) == (100, 0, 1)
        assert (columns["sure"].trues, columns["sure"].nulls) == (200, 100)
        assert columns["amount"].greatest == 498 / 3
        assert columns["price"].least == 1.25
        assert columns["id"].bins is None
        assert columns["count"].nulls == 244
        assert table.hours[:24] == tuple(sum(hour % 24 == at for hour in range(500)) for at in range(24))
