"""A user's own column: it is made like any other, and changes none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import rowmill
from rowmill.core.errors import UsageError
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field

DATA = rowmill.dataset("payments", rows=400, seed=3, sizes={"customers": 20})
TRIAL = rowmill.dataset("vitals", seed=5, subjects_per_arm=30)
UUID = "123e4567-e89b-42d3-a456-426614174000"
TIP = Field("tip", "int64", "Tip.", unit="minor units")


def tip(draw, amount):
    return amount.values // 10 + (draw() >> np.uint64(60)).astype(np.int64)


def with_column(field, function, table="transactions", data=DATA):
    return data.with_column(table, field, function)[table]


def column(field, function):
    return with_column(field, function).to_polars()[field.name]


def test_it_stands_at_the_end_and_changes_no_other_value():
    plain, more = DATA["transactions"].to_polars(), with_column(TIP, tip).to_polars()

    assert more.columns == [*plain.columns, "tip"]
    assert more.drop("tip").equals(plain)
    assert (more["tip"] - more["amount"] // 10).is_between(0, 15).all()


def test_a_scan_of_it_alone_gives_the_same_values_in_any_slice():
    table = with_column(TIP, tip)
    whole = table.to_polars().sort("transaction_id")

    assert table.scan().select("tip").collect()["tip"].equals(table.to_polars()["tip"])
    day = table.scan().filter(pl.col("event_time") >= pl.datetime(2025, 11, 20, time_zone="UTC")).collect()
    assert 0 < day.height < whole.height
    assert day.select("transaction_id", "tip").join(whole, on=["transaction_id", "tip"], how="anti").is_empty()


def test_it_may_need_what_the_tile_must_go_back_for():
    def gap(previous_txn_id):
        return ~previous_txn_id.nulls

    table = with_column(Field("has_previous", "bool", "Whether there is one."), gap)

    assert (
        table.scan()
        .select("has_previous")
        .collect()["has_previous"]
        .equals(DATA["transactions"].to_polars()["previous_txn_id"].is_not_null().rename("has_previous"))
    )


def test_columns_come_as_cells_and_a_column_may_stand_on_another_added_one():
    def code(currency_code):
        assert isinstance(currency_code, Cells)
        return currency_code.dictionary.values.to_numpy(zero_copy_only=False)[currency_code.values]

    data = DATA.with_column("transactions", Field("code", "string", "Code."), code)
    data = data.with_column("transactions", TIP, lambda amount: amount.values)
    data = data.with_column(
        "transactions", Field("both", "int64", "Both."), lambda tip, amount: tip.values + amount.values
    )
    rows = data["transactions"].to_polars()

    assert rows["code"].equals(rows["currency_code"].rename("code"))
    assert (rows["both"] == 2 * rows["amount"]).all()
    assert data["transactions"].lineage()["both"] == ("tip", "amount")


@pytest.mark.parametrize(
    ("kind", "made", "value"),
    [
        ("int8", lambda n: np.full(n, 5), 5),
        ("float64", lambda n: np.full(n, 5), 5.0),
        ("bool", lambda n: [True] * n, True),
        ("string", lambda n: np.full(n, "a"), "a"),
        ("enum", lambda n: ["a"] * n, "a"),
        ("timestamp", lambda n: np.full(n, 86_400_000_000), "1970-01-02 00:00:00"),
        ("timestamp", lambda n: np.full(n, np.datetime64("1970-01-02T00:00:00", "us")), "1970-01-02 00:00:00"),
        ("date", lambda n: np.full(n, 1, np.int32), "1970-01-02"),
        ("string", lambda n: Cells(np.zeros(n, np.int8), None, Dictionary(["a"])), "a"),
        ("int32", lambda n: [None] * n, None),
        ("time", lambda n: np.full(n, 61_000_000), dt.time(0, 1, 1)),
        ("uuid", lambda n: [UUID] * n, UUID),
        ("decimal", lambda n: np.full(n, 1999), Decimal("19.99")),
        ("decimal", lambda n: [Decimal("19.99")] * n, Decimal("19.99")),
    ],
)
def test_values_of_every_type_are_taken(kind, made, value):
    field = Field("x", kind, "X.", nullable=value is None, scale=2 if kind == "decimal" else None)
    values = column(field, lambda amount: made(len(amount)))
    first = values[0]

    assert values.n_unique() == 1
    assert (str(first).removesuffix("+00:00") if kind in ("timestamp", "date") else first) == value


@pytest.mark.parametrize(
    ("field", "made", "message"),
    [
        (TIP, lambda amount: [1.5] * len(amount), "tip: its function returned what is not int64"),
        (TIP, lambda amount: ["a"] * len(amount), "tip: its function returned what is not int64"),
        (Field("x", "int8", ""), lambda amount: np.full(len(amount), 300), "x: its function returned what is not int8"),
        (TIP, lambda amount: amount.values[:1], "tip: its function returned 1 values for"),
        (TIP, lambda amount: amount.values.sum(), "tip: its function returned what is not int64"),
        (TIP, lambda amount: Cells(amount.values / 3), "tip: its function returned what is not int64"),
        (TIP, lambda amount: [None] * len(amount), "tip: its function left a value missing"),
    ],
)
def test_what_the_field_does_not_hold_is_refused(field, made, message):
    with pytest.raises(UsageError, match=message):
        column(field, made)


@pytest.mark.parametrize(
    ("table", "field", "made", "message"),
    [
        ("transactions", TIP, lambda amout: amout, "needs 'amout', which is no column, step or input"),
        ("transactions", Field("amount", "int64", ""), lambda kind: kind, "transactions.amount: declared twice"),
        ("transactions", Field("kind", "int64", ""), lambda amount: amount, "transactions.kind: declared twice"),
        ("transactions", TIP, lambda amount, draw: draw() + amount, "tip: draw is not its first parameter"),
        ("transactions", TIP, 5, "5 is not a callable object"),
        ("transactoins", TIP, tip, "table 'transactoins': unknown in payments"),
    ],
)
def test_a_column_that_cannot_be_made_is_refused_at_once(table, field, made, message):
    with pytest.raises(UsageError, match=message):
        DATA.with_column(table, field, made)


@pytest.mark.parametrize("table", list(TRIAL))
def test_every_table_of_a_trial_takes_one(table):
    rows = with_column(Field("lucky", "int64", "Lucky number."), lambda draw: draw() >> np.uint64(60), table, TRIAL)

    assert rows.to_polars().drop("lucky").equals(TRIAL[table].to_polars())
    assert rows.to_polars()["lucky"].n_unique() > 8


def test_such_a_dataset_is_not_written(tmp_path):
    with pytest.raises(UsageError, match=r"write: got the added columns transactions\.tip; a spec names no code"):
        DATA.with_column("transactions", TIP, tip).write(tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "key"), [("events", "event_id"), ("snapshots", "employee_number"), ("census", "block")]
)
def test_words_of_the_workforce_are_of_the_row(table, key):
    data = rowmill.dataset("workforce", seed=5, employees=300, start=2025, end=2026, scenarios=["one", "two"])
    luck = Field("luck", "int64", "Luck.")

    rows = with_column(luck, lambda draw: (draw() >> np.uint64(1)).astype(np.int64), table, data).to_polars()

    assert rows["luck"].n_unique() == rows.height
    later = data.with_column(table, luck, lambda draw: (draw() >> np.uint64(1)).astype(np.int64))[table].to_polars()
    assert later.select(key, "luck").equals(rows.select(key, "luck"))
