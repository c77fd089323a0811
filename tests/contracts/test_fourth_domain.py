"""A domain of plain data has all that the engine offers: every command, exactness, links, projection, lineage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from rowmill.api.dataset import LazyDataset
from rowmill.model.columns import ColumnSet
from rowmill.model.text import parse_yaml
from support.runs import land
from support.shop import shop
from support.tree import ROOT

MANY = {"customers": 100_000, "orders": 100_000}
SET = ("--set", "data.customers=500", "--set", "data.orders=2000", "--set", "data.seed=7")
LINES = len((ROOT / "tests/support/shop.py").read_text("utf-8").splitlines())


@pytest.fixture(scope="module")
def many():
    data = LazyDataset(shop(**MANY))
    return {name: data[name].to_polars() for name in data}


def rowmill(*arguments: str | Path, code: int = 0) -> str:
    """Run a command in an interpreter that knows the shop; return what it prints, and its error where it fails."""
    found = [ROOT / "tests/support/fresh", ROOT / "tests", ROOT / "src"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, found))}
    command = [sys.executable, "-m", "rowmill", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def test_it_takes_no_more_than_120_lines():
    assert LINES <= 120


def test_the_share_that_lacks_a_value_is_exact_over_blocks_and_days(many):
    orders = many["orders"]

    assert orders["coupon"].null_count() == 5000
    assert orders.group_by(pl.col("ordered_at").dt.date()).len()["len"].to_list() == pytest.approx(
        [100_000 / 7] * 7, abs=1
    )


def test_two_columns_are_correlated_as_asked_and_each_keeps_its_shape(many):
    customers = many["customers"]

    assert abs(customers.select(pl.corr("income", "spending", method="spearman")).item() - 0.6) < 0.02
    assert customers["income"].mean() == pytest.approx(3_600_000, rel=0.01)
    assert customers["income"].std() == pytest.approx(1_800_000, rel=0.01)
    assert customers["spending"].median() == pytest.approx(200_000, rel=0.01)


def test_amounts_are_log_normal(many):
    logs = np.log(many["orders"]["amount"].to_numpy())

    assert np.exp(logs.mean()) == pytest.approx(2500, rel=0.01)
    assert logs.std() == pytest.approx(0.8, rel=0.01)


def test_every_order_is_of_a_customer_and_they_share_them_evenly(many):
    orders, customers = many["orders"], many["customers"]

    assert orders.join(customers, on="customer_id", how="anti").is_empty()
    assert orders["order_id"].n_unique() == 100_000
    # Of 100,000 customers with one order each on average, e⁻¹ have none.
    assert orders["customer_id"].n_unique() == pytest.approx(63_212, rel=0.01)


def counting(table, calls):
    """Return a table that notes which functions are called."""

    def noted(column):
        def make(*given):
            calls["+".join(column.yields)] += 1
            return column.make(*given)

        return replace(column, make=make)

    return replace(table, columns=ColumnSet(table.schema.name, table.columns.inputs, map(noted, table.columns.columns)))


@pytest.mark.parametrize(
    ("table", "column", "made"),
    [
        ("orders", "amount", {"amount"}),
        ("orders", "coupon", {"coupon"}),
        ("customers", "customer_id", {"customer_id"}),
        ("customers", "income", {"income", "earns+spends"}),
    ],
)
def test_a_column_alone_costs_its_own_functions(table, column, made):
    calls: Counter[str] = Counter()
    rule = counting(shop(customers=500, orders=2000).tables[table], calls)
    tiles = list(rule.tiles(0, range(3), [column]))

    assert calls == Counter(dict.fromkeys(made, len(tiles)))
    assert all(list(tile.frame) == [column] for tile in tiles)


def test_every_command_knows_it(tmp_path):
    out = tmp_path / "out"
    made = json.loads(rowmill("generate", "shop", *SET, "--workers", "2", "--json", "--out", out))
    assert (made["rows"], made["tables"]["customers"]["rows"]) == (2000, 500)

    again = json.loads(rowmill("generate", "shop", *SET, "--json", "--out", out))
    assert (again["skipped"], again["digest"]) == (True, made["digest"])
    assert "2,000" in rowmill("info", out)
    rowmill("verify", out)
    assert "coupon" in rowmill("preview", "shop", *SET, "-n", "5")
    rowmill("generate", "shop", *SET, "--set", "data.median=9000", "--out", tmp_path / "dearer")
    assert "amount" in rowmill("diff", out, tmp_path / "dearer", "--rows", code=3)


def test_a_file_that_was_changed_is_found(tmp_path):
    dataset = shop(customers=500, orders=2000)
    land(dataset, tmp_path)
    file = min(tmp_path.glob("orders/*.parquet"))
    rows = pl.read_parquet(file)
    rows.with_columns(pl.col("amount") + 1).write_parquet(file)

    assert str(file.name) in rowmill("verify", tmp_path, code=3)


def test_a_row_of_a_file_that_names_nobody_is_told_with_what_it_names(tmp_path):
    land(shop(customers=500, orders=2000), tmp_path)
    file = min(tmp_path.glob("orders/*.parquet"))
    rows = pq.ParquetFile(file).read()
    named = rows["customer_id"].to_pylist()
    named[3] = 501
    place = rows.schema.get_field_index("customer_id")
    pq.write_table(rows.set_column(place, rows.schema.field(place), [named]), file)

    told = rowmill("verify", tmp_path, code=3)

    assert "orders: 1 rows name no row of customers (customer_id): customer_id 501" in told


def test_what_it_is_made_of_is_shown():
    told = rowmill("explain", "shop", *SET)

    assert "      Income a year.\n      from earns\n" in told
    assert "      Customer, counted from 1.\n      from block\n" in told
    assert "  steps that reach no file\n    earns\n    spends\n" in told
    assert "ordered_at" in rowmill("schema", "shop", *SET, "--format", "sql")


def test_its_configuration_is_printed_though_keys_of_it_have_no_default(tmp_path):
    plain = rowmill("config", "shop")
    assert "# Number of customers. Must be given: it has no default.\n  customers: null\n" in plain
    assert parse_yaml(plain, "shop")["data"]["correlation"] == 0.6

    file = tmp_path / "shop.yaml"
    file.write_text(rowmill("config", "shop", *SET))
    assert "coupon" in rowmill("preview", "shop", "--config", file)
    schema = json.loads(rowmill("config", "shop", "--format", "json-schema"))
    assert schema["$defs"]["ShopSpec"]["required"] == ["customers", "orders"]
    assert "data: lacks customers, orders" in rowmill("explain", "shop", code=2)
