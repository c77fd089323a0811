"""Exactness of payments: rows, frauds and losses are what was asked for, to the last one."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laws.contents import build, examples, land, rows_of
from laws.domains import PAYMENTS, RATES
from rowmill.domains.payments.volume import CYCLE_DAYS

LOSSES = {"device_id": ["device_id"], "mcc_code": ["mcc_code"], "coordinates": ["latitude", "longitude"]}


def asked(rate, rows):
    """Return rate × rows rounded half to even, with the rate as it is written."""
    return int((Decimal(repr(float(rate))) * rows).quantize(Decimal(1), ROUND_HALF_EVEN))


def check_counts(fields, nulls):
    dataset = build("payments", fields)
    rows, labels = rows_of(dataset, "transactions"), rows_of(dataset, "labels")
    count, rate = fields["rows"], fields.get("fraud_rate", 0.003)

    assert rows.num_rows == dataset.total == count
    assert pc.sum(rows["label_fraud"], min_count=0).as_py() == asked(rate, count)
    assert pc.sum(labels["is_fraud"], min_count=0).as_py() == asked(rate, count)
    for setting, columns in LOSSES.items():
        for column in columns:
            assert rows[column].null_count == asked(nulls[setting], count), column
    assert rows["latitude"].is_null().equals(rows["longitude"].is_null())
    assert len(rows["transaction_id"].unique()) == count
    assert dataset.tables["transactions"].schema.arrow() == rows.schema


@examples(25)
@given(fields=PAYMENTS.specs, nulls=st.fixed_dictionaries(dict.fromkeys(LOSSES, RATES | st.floats(0, 1))))
@example(fields={"seed": 1, "rows": 1, "fraud_rate": 1.0}, nulls=dict.fromkeys(LOSSES, 0.5))
@example(fields={"seed": 1, "rows": 7, "fraud_rate": 0.2}, nulls=dict.fromkeys(LOSSES, 1.0))
@example(fields={"seed": 1, "rows": 7, "fraud_rate": 0.5}, nulls=dict.fromkeys(LOSSES, 0.5))
def test_rows_frauds_and_losses_are_exact(fields, nulls):
    check_counts({**fields, "nulls": nulls}, nulls)


@pytest.mark.parametrize("rows", [7, 4000])
def test_a_year_is_exact(rows):
    nulls = {"device_id": 0.08, "mcc_code": 0.05, "coordinates": 0.01}
    check_counts({"seed": 3, "rows": rows, "start": "2024-01-01", "end": "2024-12-31", "fraud_rate": 0.2}, nulls)


@pytest.mark.parametrize("rows", [7, 5000])
def test_several_blocks_are_exact(rows):
    nulls = {"device_id": 0.08, "mcc_code": 0.05, "coordinates": 0.01}
    sizes = {"customers": 70_000}
    check_counts({"seed": 3, "rows": rows, "start": "2025-11-29", "end": "2025-11-30", "sizes": sizes}, nulls)


@examples(6)
@given(seed=st.integers(0, 99), rows=st.sampled_from([0, 1, 40]), rate=st.sampled_from([0.003, 0.2, 1.0]))
def test_each_day_of_an_open_period_has_its_rows_and_frauds_add_up(seed, rows, rate):
    dataset = build("payments", {"seed": seed, "rows_per_day": rows, "start": "2025-01-01", "fraud_rate": rate})
    cycles = [range(start, start + CYCLE_DAYS) for start in (0, CYCLE_DAYS)]
    frauds = [0]
    for cycle in cycles:
        days = [rows_of(dataset, "transactions", range(day, day + 1), ["label_fraud"]) for day in cycle]
        assert {day.num_rows for day in days} == {rows}
        frauds.append(frauds[-1] + sum(pc.sum(day["label_fraud"], min_count=0).as_py() for day in days))

    for days, (before, after) in zip((CYCLE_DAYS, 2 * CYCLE_DAYS), pairwise(frauds), strict=True):
        assert abs(after - Decimal(repr(rate)) * rows * days) <= 1
        assert 0 <= after - before <= CYCLE_DAYS * rows


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_tiny_data_lands_with_every_table_typed(rows, tmp_path):
    dataset = build("payments", {"seed": 1, "rows": rows, "fraud_rate": 0.2})
    summary = land(dataset, tmp_path)

    import pyarrow.parquet as pq

    assert summary.rows == rows
    for name, table in dataset.tables.items():
        files = sorted((tmp_path / name).rglob("*.parquet"))
        assert sum(pq.read_metadata(file).num_rows for file in files) == summary.tables[name].rows
        assert {pq.read_schema(file).remove_metadata() for file in files} == {table.schema.arrow()}
