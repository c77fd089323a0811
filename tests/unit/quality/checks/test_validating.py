"""Validation finds what was planted, says where, and is silent about what is right."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.core.errors import UsageError
from rowmill.quality.rules.writing import rules_of
from support.planted import FAULTS, SPECS, plant
from support.postgres import shared_server
from support.switches import switch

ALONE = FAULTS if switch("ROWMILL_FAULTS") else FAULTS[:1]


def found_by(report, fault):
    return [each for each in report.failures if each.kind == fault.kind and fault.words in each.rule]


@pytest.mark.parametrize("domain", SPECS)
def test_what_a_run_wrote_keeps_every_rule(domain, written):
    report = rowmill.validate(written / domain)

    assert [str(failure) for failure in report.failures] == []
    assert [str(check) for check in report.unchecked] == []
    assert len(report.checks) > 150


@pytest.mark.parametrize("domain", SPECS)
def test_every_fault_that_is_planted_is_found(domain, copied):
    mine = [fault for fault in FAULTS if fault.domain == domain]
    out = copied(domain)
    for table in {fault.table for fault in mine}:
        plant(out, table, [fault for fault in mine if fault.table == table])

    report = rowmill.validate(out)

    assert len(FAULTS) >= 60
    assert [fault.name for fault in mine if not found_by(report, fault)] == []
    assert {check.table for check in report.failures if check.kind == "file"} == {fault.table for fault in mine}


@pytest.mark.parametrize("fault", ALONE, ids=lambda fault: fault.name)
def test_a_fault_alone_is_found_with_its_row(fault, copied):
    out = copied(fault.domain)
    plant(out, fault.table, [fault])

    (check, *_) = found_by(rowmill.validate(out), fault)

    assert 0 < check.failed < check.rows or check.rows == 1
    assert 1 <= len(check.examples) <= 5


def test_a_row_that_breaks_a_rule_is_shown_with_its_key(copied):
    out = copied("payments")
    (file,) = (out / "transactions").glob("*.parquet")
    wrong = pq.read_table(file, columns=["transaction_id"])["transaction_id"][7].as_py()

    def harm(rows):
        next(row for row in rows if row["transaction_id"] == wrong)["amount"] = -5

    plant(out, "transactions", [replace(FAULTS[0], plant=harm)])
    (check,) = [each for each in rowmill.validate(out).failures if each.kind == "range"]

    assert (check.failed, check.rows) == (1, SPECS["payments"]["rows"])
    assert check.examples == ({"transaction_id": wrong, "amount": -5},)


def test_a_slice_of_days_with_gaps_raises_no_alarm_and_still_finds_a_broken_link(tmp_path):
    nightly = rowmill.dataset("payments", rows_per_day=400, start="2025-11-01", seed=5)
    for day in ("2025-11-03", "2025-11-04", "2025-11-07"):
        nightly.write(tmp_path / "nights", date=day)

    report = rowmill.validate(tmp_path / "nights")
    assert [str(failure) for failure in report.failures] == []
    assert [(each.kind, each.columns) for each in report.unchecked] == [("foreign key", ("previous_txn_id",))]

    def harm(rows):
        known = {row["transaction_id"]: row for row in rows if row["event_time"].day in (3, 4)}
        next(row for row in rows if row["previous_txn_id"] in known)["previous_txn_id"] = 1

    plant(tmp_path / "nights", "transactions", [replace(FAULTS[0], plant=harm)])
    (broken,) = [each for each in rowmill.validate(tmp_path / "nights").failures if each.kind == "rule"]
    assert (broken.rule, broken.failed) == ("the previous payment is the card's row before", 1)


def test_some_columns_are_held_against_the_rules_that_concern_them(tmp_path):
    some = ["transaction_id", "event_time", "card_pan_hash", "merchant_id", "merchant_country"]
    rowmill.dataset("payments", rows=300, seed=5).write(tmp_path / "some", columns=some)

    report = rowmill.validate(tmp_path / "some")

    assert report.ok
    rules = {check.rule for check in report.checks if check.table == "transactions" and check.kind == "rule"}
    assert rules == {"the country is the merchant's", "a card pays once at a time"}


def in_postgresql(folder):  # noqa: ARG001
    shared_server().do("CREATE SCHEMA validated")
    return shared_server().url(schema="validated"), None


PLACES = {
    "csv": lambda folder: (folder / "data", {"format": "csv"}),
    "duckdb": lambda folder: (folder / "data.duckdb", None),
    "postgresql": in_postgresql,
}


@pytest.mark.parametrize("place", PLACES)
def test_other_destinations_keep_the_same_rules(place, tmp_path):
    out, settings = PLACES[place](tmp_path)
    rowmill.dataset("vitals", subjects_per_arm=20, seed=5).write(out, settings=settings)

    report = rowmill.validate(out)

    assert [str(failure) for failure in report.failures] == []
    assert len(report.checks) > 40


def test_keys_that_a_database_declares_are_rules(tmp_path):
    with duckdb.connect(str(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE places (code INTEGER PRIMARY KEY, tax INTEGER)")
        connection.execute("CREATE TABLE sold (id INTEGER PRIMARY KEY, place INTEGER REFERENCES places (code))")
        connection.execute("INSERT INTO places VALUES (1, 5); INSERT INTO sold VALUES (1, 1), (2, NULL)")

    report = rowmill.validate(tmp_path / "shop.db")

    assert report.ok
    assert {(each.table, each.kind) for each in report.checks} >= {("sold", "key"), ("sold", "foreign key")}


def test_rules_of_a_user_hold_for_tables_of_others(tmp_path):
    place = tmp_path / "orders.parquet"
    duckdb.sql(
        "SELECT range AS id, range % 7 AS item, DATE '2025-01-01' + CAST(range AS INTEGER) AS day, "
        "CASE WHEN range = 41 THEN -1 ELSE 10 END AS price FROM range(100)"
    ).write_parquet(str(place))
    book = rules_of(
        {
            "tables": {
                "anything": {
                    "columns": {"id": {"type": "int64", "nullable": False}, "price": {"minimum": 0}},
                    "primary_key": ["id"],
                    "rules": [
                        {"name": "dear on Mondays", "check": "price * 2 > 25", "by": ["item"], "order": ["day"]},
                        {"name": "items come weekly", "check": "days(previous(day), day) = 7", "by": ["item"],
                         "order": ["day"]},
                        {"name": "at least 14", "check": "count() >= 14 and sum(price) > 100", "by": ["item"]},
                    ],
                }
            }
        },
        "test",
    )  # fmt: skip

    report = rowmill.validate(place, rules=book)
    by_rule = {check.rule: check for check in report.checks}

    assert by_rule["price lies in 0 to …"].examples == ({"id": 41, "price": -1},)
    assert by_rule["dear on Mondays"].failed == 93, "the first row of each item has none before it"
    assert by_rule["items come weekly"].failed == 0
    assert by_rule["at least 14"].failed == 0
    assert by_rule["at least 14"].rows == 7


def test_without_rules_a_foreign_table_is_refused_with_the_way_on(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("a,b\n1,2\n")

    with pytest.raises(UsageError, match="rowmill rules init"):
        rowmill.validate(place)


def test_a_rule_that_cannot_be_worked_out_is_broken_and_stops_no_other(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("name,size\nx,9223372036854775807\ny,2\n")
    rules = [
        {"name": "too large", "check": "size + size > 0"},
        {"name": "words are no numbers", "check": "name > 5"},
        {"name": "right", "check": "size > 0"},
    ]

    report = rowmill.validate(place, rules=rules_of({"tables": {"t": {"rules": rules}}}, "test"))

    assert {check.rule: check.failed for check in report.checks} == {
        "too large": 2, "words are no numbers": 2, "right": 0,
    }  # fmt: skip
    assert all("cannot be worked out" in str(failure) for failure in report.failures)


def test_a_link_between_a_number_and_a_text_is_not_followed_and_stops_no_other_check(tmp_path):
    (tmp_path / "shop").mkdir()
    duckdb.sql("SELECT range AS id, 'x' || range AS place FROM range(5)").write_parquet(
        str(tmp_path / "shop/sold.parquet")
    )
    duckdb.sql("SELECT range AS code, range AS tax FROM range(5)").write_parquet(str(tmp_path / "shop/places.parquet"))
    sold = {
        "columns": {"id": {"minimum": 1}},
        "foreign_keys": [{"columns": ["place"], "table": "places", "references": ["code"]}],
        "rules": [{"name": "taxed", "check": "places.tax > 0"}],
    }
    book = rules_of({"tables": {"sold": sold, "places": {"primary_key": ["code"]}}}, "test")

    report = rowmill.validate(tmp_path / "shop", rules=book)

    assert [each.rule for each in report.failures] == ["id lies in 1 to …"]
    assert {each.unchecked for each in report.unchecked} == {"place is text, code of places is whole"}


def test_a_row_without_its_primary_key_breaks_it(tmp_path):
    place = tmp_path / "t.parquet"
    duckdb.sql("SELECT nullif(range, 3) AS id FROM range(5)").write_parquet(str(place))

    report = rowmill.validate(place, rules=rules_of({"tables": {"t": {"primary_key": ["id"]}}}, "test"))

    assert [(each.kind, each.failed) for each in report.failures] == [("null", 1)]


def tied(rows=20_000):
    """Return SQL of rows of which many share their entity and their time."""
    return f"SELECT range % 40 AS item, 1 AS day, hash(range) % 1000 AS price FROM range({rows})"


def test_rows_at_one_time_are_counted_the_same_whichever_thread_comes_first(tmp_path):
    found = set()
    for number, order in enumerate(("range", "range DESC", "hash(range)")):
        place = tmp_path / f"{number}.parquet"
        duckdb.sql(f"{tied()} ORDER BY {order}").write_parquet(str(place))
        rule = {"name": "dearer", "check": "price - previous(price) <> 1", "by": ["item"], "order": ["day"]}
        (check,) = rowmill.validate(place, rules=rules_of({"tables": {"t": {"rules": [rule]}}}, "test")).checks
        found.add((check.rows, check.failed))

    prices = [sorted(price) for (price,) in duckdb.sql(f"SELECT list(price) FROM ({tied()}) GROUP BY item").fetchall()]
    pairs = [(one, other) for price in prices for one, other in pairwise(price)]
    assert found == {(len(pairs), sum(other - one == 1 for one, other in pairs))}


def test_of_rows_that_share_a_key_the_same_one_is_named_whichever_comes_first(tmp_path):
    book = rules_of(
        {
            "tables": {
                "sold": {
                    "foreign_keys": [{"columns": ["place"], "table": "places", "references": ["code"]}],
                    "rules": [{"name": "taxed", "check": "places.tax >= 50"}],
                },
                "places": {},
            }
        },
        "test",
    )
    found = set()
    for number, order in enumerate(("n", "n DESC", "hash(n)")):
        shop = tmp_path / str(number)
        shop.mkdir()
        duckdb.sql("SELECT range AS place FROM range(100)").write_parquet(str(shop / "sold.parquet"))
        duckdb.sql(f"SELECT n % 100 AS code, hash(n) % 100 AS tax FROM range(300) t(n) ORDER BY {order}").write_parquet(
            str(shop / "places.parquet")
        )
        found |= {check.failed for check in rowmill.validate(shop, rules=book).checks if check.kind == "rule"}

    least = "SELECT min(hash(n) % 100) AS tax FROM range(300) t(n) GROUP BY n % 100"
    assert found == {duckdb.sql(f"SELECT count_if(tax < 50) FROM ({least})").fetchall()[0][0]}


def test_rows_of_no_entity_have_no_past_and_are_in_no_group(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("item,day,price\na,1,5\na,2,6\n,1,5\n,2,4\n,3,3\n")
    rules = [
        {"name": "dearer", "check": "price > previous(price)", "by": ["item"], "order": ["day"]},
        {"name": "two", "check": "count() = 2", "by": ["item"]},
    ]

    report = rowmill.validate(place, rules=rules_of({"tables": {"t": {"rules": rules}}}, "test"))

    assert {check.rule: (check.rows, check.failed) for check in report.checks} == {"dearer": (1, 0), "two": (1, 0)}


def test_a_column_that_cannot_be_read_breaks_its_own_checks_and_stops_no_other(tmp_path):
    place = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"id": range(5000), "size": [n * 7919 % 10_007 for n in range(5000)], "word": ["a", "b"] * 2500}),
        place, compression="zstd", use_dictionary=["word"],
    )  # fmt: skip
    chunk = pq.ParquetFile(place).metadata.row_group(0).column(1)
    data = bytearray(place.read_bytes())
    start, size = chunk.data_page_offset, chunk.total_compressed_size
    data[start + 60 : start + size] = bytes(size - 60)
    place.write_bytes(data)
    table = {
        "columns": {"id": {"minimum": 7}, "size": {"minimum": 1}, "word": {"values": ["a"]}},
        "primary_key": ["id"], "unique": [["size"]],
        "rules": [
            {"name": "sizes", "check": "size > 0"},
            {"name": "ids", "check": "id > 3"},
            {"name": "size by word", "check": "previous(size) > 0", "by": ["word"], "order": ["id"]},
            {"name": "id by word", "check": "previous(id) < id", "by": ["word"], "order": ["id"]},
        ],
    }  # fmt: skip

    report = rowmill.validate(place, rules=rules_of({"tables": {"t": table}}, "test"))

    lost = {check.rule for check in report.checks if "cannot be worked out" in check.message}
    assert lost == {"size lies in 1 to …", "unique (size)", "sizes", "size by word"}
    others = {check.rule: check.failed for check in report.checks if check.rule not in lost}
    assert others == {
        "primary key (id)": 0, "id is never missing": 0, "id lies in 7 to …": 7, "word is one of 1 values": 2500,
        "ids": 4, "id by word": 0,
    }  # fmt: skip
