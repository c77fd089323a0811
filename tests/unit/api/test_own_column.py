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

AB = Field("x", "enum", "", values=("a", "b"))
RANGE = Field("x", "int32", "", minimum=0, maximum=10)
SHARE = Field("x", "float64", "", maximum=1)
EUROS = Field("x", "decimal", "", scale=2, minimum=0)
WORD = Field("x", "string", "", pattern="[a-z]+", length=4)


def coded(amount, values, code):
    return Cells(np.full(len(amount), code, np.int8), None, Dictionary(values))


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
        ("date", lambda n: np.full(n, 1), "1970-01-02"),
        ("date", lambda n: [1] * n, "1970-01-02"),
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
        (
            Field("x", "date", ""),
            lambda amount: np.full(len(amount), 1 << 40),
            "x: its function returned what is not date",
        ),
        (AB, lambda amount: ["c"] * len(amount), "x: its function returned 'c'; the field's values are a, b"),
        (AB, lambda amount: coded(amount, ["a", "c"], 1), "x: its function returned 'c'; the field's values are a, b"),
        (AB, lambda amount: coded(amount, ["a"], 7), "x: its function returned what is not enum: .*out of bounds"),
        (AB, lambda amount: coded(amount, np.array([1]), 0), "x: its function returned what is not enum"),
        (RANGE, lambda amount: -amount.values, r"x: its function returned -\d+; the field's range is 0 to 10"),
        (
            RANGE,
            lambda amount: [10] * (len(amount) - 1) + [11],
            "x: its function returned 11; the field's range is 0 to",
        ),
        (SHARE, lambda amount: [1.5] * len(amount), "x: its function returned 1.5; the field's range is … to 1"),
        (SHARE, lambda amount: [float("nan")] * len(amount), "x: its function returned nan; the field's range is"),
        (EUROS, lambda amount: np.full(len(amount), -1), "x: its function returned -0.01; the field's range is 0 to …"),
        (EUROS, lambda amount: [Decimal(-2)] * len(amount), "x: its function returned -2.00; the field's range is"),
        (
            WORD,
            lambda amount: ["abC"] * len(amount),
            r"x: its function returned 'abC'; the whole text must match \[a-z\]",
        ),
        (
            WORD,
            lambda amount: ["abcde"] * len(amount),
            "x: its function returned a text of 5 characters; the field has 4",
        ),
        (Field("x", "json", ""), lambda amount: ["{"] * len(amount), "x: its function returned '{', which is no JSON"),
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
        ("transactions", TIP, lambda *a: a[0], r"tip: takes \*a; name each column that it needs as a plain parameter"),
        ("transactions", TIP, lambda **a: a, r"tip: takes \*\*a; name each column"),
        ("transactions", TIP, lambda amount, *, kind: amount + kind, "tip: takes kind; name each column"),
        ("transactoins", TIP, tip, "table 'transactoins': unknown in payments"),
    ],
)
def test_a_column_that_cannot_be_made_is_refused_at_once(table, field, made, message):
    with pytest.raises(UsageError, match=message):
        DATA.with_column(table, field, made)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (AB, ["a", "b"]),
        (RANGE, [0, 10]),
        (SHARE, [-1e300, 1.0]),
        (EUROS, [Decimal("0.00"), Decimal("0.10")]),
        (Field("x", "decimal", "", scale=1, minimum=0.1), [Decimal("0.1"), Decimal("0.3")]),
        (WORD, ["a", "abcd"]),
        (Field("x", "uuid", "", pattern="1.*6-.*"), [UUID, UUID]),
        (Field("x", "json", ""), ["{}", "[1]"]),
        (Field("x", "string", "", length=3), ["a\nb", ""]),
    ],
)
def test_what_a_field_says_of_its_values_is_inclusive(field, values):
    made = column(field, lambda amount: [values[row % 2] for row in range(len(amount))])

    assert set(made) == set(values)


def test_a_field_that_cannot_be_is_an_error_of_the_package():
    with pytest.raises(rowmill.RowmillError, match="field x: type 'text' is unknown; known: int8, "):
        rowmill.Field("x", "text", "X.")


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
