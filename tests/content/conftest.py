"""A million payments, written once by the real command, and what SQL sees of them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from rowmill.domains.payments.reference import load

TABLES = ("transactions", "labels", "customers", "cards", "merchants")
ASK = ["payments", "--rows", "1_000_000", "--seed", "42", "--workers", "2", "--quiet"]


@pytest.fixture(scope="session")
def million(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return where a million payments lie; test processes share them, whoever comes first writes them."""
    base = tmp_path_factory.getbasetemp()
    out = (base if worker_id == "master" else base.parent) / "million"
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "rowmill", "generate", *ASK, "--out", str(out)]
        subprocess.run(command, check=True, env={**os.environ, "TZ": "Asia/Kathmandu"})
    return out


@pytest.fixture(scope="session")
def data(million: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection with the five tables, and ``facts``: transactions with dollars, local time and labels."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 2")
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{million}/{table}/*.parquet')")
        reference = load()
        rates = [float(rate) * 10.0 ** int(e) for rate, e in zip(reference.per_usd, reference.exponents, strict=True)]
        zones = [reference.zones[zone] for zone in reference.city_zone]
        countries = [reference.countries[country] for country in reference.city_country]
        rate = pa.table({"currency_code": list(reference.currencies), "per_dollar": rates})
        city = pa.table(
            {
                "country": countries,
                "city": list(reference.cities),
                "zone": zones,
                "latitude": reference.city_latitude / 1e6,
                "longitude": reference.city_longitude / 1e6,
            }
        )
        for name, table in (("rates", rate), ("cities", city)):
            connection.register(f"given_{name}", table)
            connection.execute(f"CREATE TABLE {name} AS FROM given_{name}")
        connection.execute(
            """
            CREATE TABLE facts AS
            SELECT t.*, amount / per_dollar AS dollars, c.country AS home, c.time_zone AS home_zone,
                   merchant_country <> c.country AS foreign_shop, epoch_us(t.event_time) AS micros,
                   make_timestamp(epoch_us(t.event_time)) + to_minutes(local_time_offset) AS local_time,
                   make_timestamp(epoch_us(t.event_time))::DATE AS day,
                   l.scenario, l.campaign_id, l.episode_id, l.hard_negative, l.reported_time
            FROM transactions t JOIN rates USING (currency_code) JOIN customers c USING (customer_id)
            LEFT JOIN labels l ON l.transaction_id = t.transaction_id
            """
        )
        yield connection


@pytest.fixture(scope="session")
def one(data: duckdb.DuckDBPyConnection):
    """Return a function that runs a query of one row and returns it."""

    def run(sql: str) -> tuple:
        (row,) = data.execute(sql).fetchall()
        return row

    return run
