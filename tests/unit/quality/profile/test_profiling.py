"""Profiles against Polars, which counts the same rows another way; and what looks odd is found where it was planted."""

from __future__ import annotations

import datetime as dt
import math

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.core.errors import IntegrityError, UsageError
from rowmill.quality.profile import sampling
from rowmill.quality.profile.columns import pattern
from rowmill.quality.profile.profiling import profile


@pytest.fixture(scope="module")
def found(payments):
    """Return the profile of the payments."""
    return profile(payments)


def rows_of(payments, name):
    return pl.from_arrow(pa.Table.from_batches(list(rowmill.read(payments, name))))


@pytest.mark.parametrize("name", ["transactions", "labels", "customers", "cards", "merchants"])
def test_figures_are_those_that_polars_counts(found, payments, name):
    frame = rows_of(payments, name).with_columns(pl.selectors.categorical().cast(pl.String))
    (table,) = (each for each in found.tables if each.name == name)

    assert table.rows == frame.height == table.sampled
    assert [column.name for column in table.columns] == frame.columns
    for column in table.columns:
        values = frame[column.name]
        assert column.nulls == values.null_count()
        distinct = values.drop_nulls().n_unique()
        assert column.distinct == distinct if column.distinct_exact else abs(column.distinct / distinct - 1) < 0.1
        if column.number is not None:
            figures, filled = column.number, values.drop_nulls()
            assert (figures.minimum, figures.maximum) == (filled.min(), filled.max())
            assert figures.mean == pytest.approx(filled.cast(pl.Float64).mean())
            assert figures.sd == pytest.approx(filled.cast(pl.Float64).std())
            assert figures.zeros == (filled == 0).sum()
            assert figures.negatives == (filled < 0).sum()
            assert figures.quantiles["50"] == pytest.approx(filled.cast(pl.Float64).median())
            assert figures.quantiles["95"] == pytest.approx(filled.cast(pl.Float64).quantile(0.95, "linear"))
        if column.text is not None and column.filled:
            lengths = values.drop_nulls().str.len_chars()
            assert (column.text.shortest, column.text.longest) == (lengths.min(), lengths.max())
            assert sum(share for _, share in column.text.patterns) <= 1 + 1e-9
        if column.distinct_exact and column.top:
            counts = values.drop_nulls().value_counts(name="rows").sort("rows", descending=True)
            assert [rows for _, rows in column.top] == counts["rows"].head(12).to_list()
        if column.histogram is not None:
            assert sum(column.histogram.counts) == column.filled


def test_rows_over_time_are_those_of_each_day(found, payments):
    times = found.tables[0].times
    days = rows_of(payments, "transactions")["event_time"].dt.date().value_counts().sort("event_time")

    assert times.column == "event_time"
    assert times.unit in ("day", "hour")
    assert sum(times.counts) == 3_000 == sum(map(sum, times.week))
    by_day = {}
    for label, rows in zip(times.labels, times.counts, strict=True):
        by_day[label[:10]] = by_day.get(label[:10], 0) + rows
    assert by_day == {str(day): rows for day, rows in days.iter_rows()}
    saturday = rows_of(payments, "transactions")["event_time"].dt.weekday().eq(6).sum()
    assert sum(times.week[5]) == saturday


def test_every_reference_of_sound_data_is_found_and_what_was_asked_is_there(found):
    assert len(found.relations) == 7
    assert all(each.found == each.rows for each in found.relations)
    assert found.asked
    assert all(each.met for each in found.asked)
    assert not [each for each in found.findings if each.tone == "bad"]
    assert found.about["domain"] == "payments"


@pytest.mark.parametrize(
    "spec",
    [
        ("vitals", {"subjects_per_arm": 400, "seed": 1, "realism": {"missed": 0.1}}),
        ("workforce", {"employees": 300, "seed": 1, "start": 2025, "end": 2026}),
    ],
)
def test_what_other_domains_were_asked_for_is_there(tmp_path, spec):
    name, fields = spec
    rowmill.dataset(name, **fields).write(tmp_path / "out", settings={"workers": 1})

    found = profile(tmp_path / "out")

    assert len(found.asked) >= 3
    assert all(each.met for each in found.asked), found.asked


def test_part_of_a_period_is_held_against_nothing(tmp_path):
    data = rowmill.dataset("payments", rows=300, seed=3, start="2025-11-01", end="2025-11-04")
    data.write(tmp_path / "out", date="2025-11-02", settings={"workers": 1})

    assert profile(tmp_path / "out").asked == ()


def test_what_is_odd_is_found_where_it_was_planted(tmp_path):
    columns = {
        "person INTEGER REFERENCES people (id)": "range % 100",
        "one INTEGER": "7",
        "few INTEGER": "CASE WHEN range % 10 = 0 THEN range END",
        "empty VARCHAR": "CASE WHEN range % 9 > 0 THEN 'x' || range ELSE '' END",
        "blank VARCHAR": "' y' || range",
        "none DOUBLE": "NULL",
        "strange DOUBLE": "CASE WHEN range % 50 = 0 THEN 'nan'::DOUBLE ELSE range END",
    }
    with duckdb.connect(str(tmp_path / "odd.db")) as theirs:
        theirs.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")
        theirs.execute("INSERT INTO people SELECT range FROM range(100)")
        theirs.execute(f"CREATE TABLE odd ({', '.join(columns)})")
        theirs.execute(f"INSERT INTO odd SELECT {', '.join(columns.values())} FROM range(1000)")

    found = {(each.column, each.tone): each.text for each in profile(tmp_path / "odd.db").findings}

    assert found["one", "warning"] == "has one value alone: 7"
    assert found["few", "notice"] == "90.0\u202f% of the rows have no value"
    assert "texts are empty" in found["empty", "warning"]
    assert "begin or end with a blank" in found["blank", "warning"]
    assert found["none", "warning"] == "has no value in any row"
    assert "20 values are NaN" in found["strange", "warning"]
    assert ("person", "bad") not in found


def test_rows_that_repeat_a_key_and_lost_rows_are_found_in_our_own_data_too(tmp_path):
    data = rowmill.dataset("payments", rows=500, seed=3, start="2025-11-01", end="2025-11-04")
    data.write(tmp_path / "out.duckdb", settings={"tables": ["transactions", "customers", "cards"], "workers": 1})
    with duckdb.connect(str(tmp_path / "out.duckdb")) as ours:
        ours.execute("ALTER TABLE customers RENAME TO before")
        ours.execute("CREATE TABLE customers AS SELECT * FROM before WHERE customer_id % 3 > 0")
        ours.execute("INSERT INTO customers SELECT * FROM before WHERE customer_id % 3 = 1 LIMIT 5")

    found = profile(tmp_path / "out.duckdb")
    bad = {(each.table, each.column): each.text for each in found.findings if each.tone == "bad"}

    assert bad["customers", "customer_id"].startswith("5 rows repeat the key")
    assert "name no row of customers" in bad["cards", "customer_id"]
    assert found.findings[0].weight == max(each.weight for each in found.findings)


def test_a_sample_is_the_same_each_time_and_counts_stay_exact(tmp_path, monkeypatch):
    rows = pa.table({"id": list(range(20_000)), "text": [f"t{n % 7}" for n in range(20_000)]})
    pq.write_table(rows, tmp_path / "t.parquet")
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 1_000)

    first, second = (profile(tmp_path / "t.parquet") for _ in range(2))
    (table,) = first.tables

    assert 700 < table.sampled < 1_400
    assert first.to_json()["tables"][0]["columns"] == second.to_json()["tables"][0]["columns"]
    assert table.rows == 20_000
    assert [rows for _, rows in table.columns[1].top] == [2858] * 1 + [2857] * 6
    assert table.columns[0].number.quantiles["50"] == pytest.approx(10_000, rel=0.15)


def test_heavy_tails_have_growing_ranges_and_far_values_do_not_hide_the_rest(tmp_path):
    heavy = [math.exp(n / 400) for n in range(4_000)]
    far = [float(n % 3_990) for n in range(3_999)] + [1e12]
    pq.write_table(pa.table({"heavy": heavy, "far": far}), tmp_path / "t.parquet")

    heavy_column, far_column = profile(tmp_path / "t.parquet").tables[0].columns

    assert heavy_column.histogram.scale == "log"
    assert min(heavy_column.histogram.counts) > 50
    assert sum(1 for rows in far_column.histogram.counts if rows > 20) > 15


def test_days_without_rows_are_shown_as_such(tmp_path):
    days = [dt.date(2025, 1, 1), dt.date(2025, 1, 4)]
    pq.write_table(pa.table({"day": days}), tmp_path / "t.parquet")

    times = profile(tmp_path / "t.parquet").tables[0].times

    assert times.counts == (1, 0, 0, 1)
    assert times.labels[0] == "2025-01-01"
    assert times.week == ()


@pytest.mark.parametrize(("text", "form"), [("AB-1234", "A{2}-9{4}"), ("", ""), ("é z", "é a"), ("aaB1", "a{2}A9")])
def test_forms_of_texts(text, form):
    assert pattern(text) == form


def test_tables_are_chosen_by_name_and_damage_is_told(payments, tmp_path):
    assert [table.name for table in profile(payments, ["cards"]).tables] == ["cards"]
    with pytest.raises(UsageError, match="there is no table 'card'; did you mean 'cards'"):
        profile(payments, ["card"])
    pq.write_table(pa.table({"a": list(range(100_000))}), tmp_path / "t.parquet", compression="none")
    whole = bytearray((tmp_path / "t.parquet").read_bytes())
    whole[100:300_000] = b"\xff" * (300_000 - 100)
    (tmp_path / "t.parquet").write_bytes(whole)
    with pytest.raises(IntegrityError, match="cannot be read"):
        profile(tmp_path / "t.parquet")


def test_a_category_and_a_number_are_compared_row_by_row(tmp_path):
    """Ranks of categories are worked out in another order than the rows have."""
    place = tmp_path / "t.parquet"
    duckdb.sql(
        "SELECT 'k' || hash(range) % 5 AS kind, 10 * (hash(range) % 5) + range / 1e6 AS number FROM range(5000)"
    ).write_parquet(str(place))

    (matrix,) = (each for each in profile(place).tables[0].matrices if each.measure == "Correlation ratio")

    assert matrix.values[0][0] > 0.999


def test_columns_are_compared_by_rows_from_all_over_the_table(tmp_path):
    place = tmp_path / "t.parquet"
    duckdb.sql(
        "SELECT hash(range, 1) / 2e19 AS one, CASE WHEN range < 20000 THEN hash(range, 2) / 2e19 ELSE one END AS other "
        "FROM range(100000)"
    ).write_parquet(str(place))

    (matrix,) = (each for each in profile(place).tables[0].matrices if each.measure == "Pearson correlation")

    assert matrix.values[0][1] > 0.7
