"""Nights of 100,000 payments: what changed is named after one of them, and what did not is left alone.

``make test-drift`` judges 400 clean nights, and every change on many days; else a few of them stand for all.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from rowmill.domains.registry import domain
from rowmill.model.frame import Cells
from rowmill.model.statistics.gather import Gatherer
from rowmill.model.table import Tile
from rowmill.quality.drift.comparing import compared
from rowmill.quality.drift.measures import KnownRows
from rowmill.quality.drift.places import MOST_SLICES

NIGHTS = int(os.environ.get("ROWMILL_DRIFT_NIGHTS", "3"))
FIRST, BASE = 60, (62 if NIGHTS > 100 else 28)
"""The first night that is judged, and how many before it are known: two months hold all that recurs."""
ROWS = 100_000
HOUR, DAY = 3_600_000_000, 86_400_000_000
COLUMNS = None if NIGHTS > 100 else ("event_time", "amount", "mcc_code", "channel", "device_id", "label_fraud")
PLAIN = {"seed": 1, "rows_per_day": ROWS, "start": "2025-01-01"}


def dataset(**fields):
    found = domain("payments")
    return found.build(found.spec_type.model_validate(PLAIN | fields))


def night(made, day, change=None):
    """Return what is known of one night, with what a fault in a pipeline might make of its transactions."""
    tables = {}
    for name in ("transactions", "labels"):
        table = made.tables[name]
        gatherer = Gatherer(table.schema)
        for block in range(table.blocks):
            for tile in table.tiles(block, range(day, day + 1), COLUMNS if name == "transactions" else None):
                gatherer.add(change(tile) if change and name == "transactions" else tile)
        tables[name] = gatherer.finish()
    return KnownRows(str(day), tables, {name: made.tables[name].schema for name in tables})


def some(tile, share):
    return np.random.default_rng((tile.window, tile.block)).random(tile.rows) < share


def with_column(tile, name, values):
    cells = tile.frame[name]
    return Tile(tile.block, tile.window, {**tile.frame, name: Cells(values, cells.nulls, cells.dictionary)})


def other_channel(tile):
    codes = tile.frame["channel"].values.copy()
    usual = np.bincount(codes).argmax()
    codes[some(tile, 0.06) & (codes == usual)] = (usual + 1) % 3
    return with_column(tile, "channel", codes)


def hundredfold(tile):
    amounts = tile.frame["amount"].values.copy()
    amounts[some(tile, 0.02)] *= 100
    return with_column(tile, "amount", amounts)


def three_hours_later(tile):
    times = tile.frame["event_time"].values
    return with_column(tile, "event_time", times // DAY * DAY + (times + 3 * HOUR) % DAY)


CHANGES = {
    "fraud rate": ({"fraud_rate": 0.005}, None, {"labels", "transactions.label_fraud"}),
    "null rate": ({"nulls": {"mcc_code": 0.06}}, None, {"transactions.mcc_code"}),
    "category share": ({}, other_channel, {"transactions.channel"}),
    "tail": ({}, hundredfold, {"transactions.amount"}),
    "hours": ({}, three_hours_later, {"transactions.event_time"}),
}


@pytest.fixture(scope="module")
def earlier():
    made = dataset()
    return [night(made, day) for day in range(FIRST - BASE, FIRST)]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_after_one_night(earlier, name):
    fields, change, places = CHANGES[name]
    made = dataset(**fields)
    days = range(FIRST, FIRST + NIGHTS // 3, max(1, NIGHTS // 30))
    for day in days:
        report = compared(earlier, night(made, day, change))
        key = report.changes[0].key

        assert report.changes[0].drifted, (day, report.changes[0])
        assert f"{key.table}.{key.column}".rstrip(".") in places
        assert report.reason.startswith(f"{key.table}.{key.column}".rstrip("."))


def test_clean_nights_are_left_alone(earlier):
    made, known, alarms = dataset(), list(earlier), dict[int, str]()
    for day in range(FIRST, FIRST + NIGHTS):
        now = night(made, day)
        report = compared(known[-MOST_SLICES:], now)
        if not report.ok:
            alarms[day] = report.reason
        known.append(now)

    assert len(alarms) <= NIGHTS // 200, alarms


def test_a_column_that_is_gone_or_new_is_named(earlier):
    now = earlier[-1]
    table = now.tables["transactions"]
    columns = {name: each for name, each in table.columns.items() if name != "amount"} | {
        "bonus": table.columns["amount"]
    }
    changed = replace(now, tables={"transactions": replace(table, columns=columns)})

    report = compared(earlier, changed)

    assert report.gone == ("transactions.amount: is gone", "transactions.bonus: is new", "labels: is gone")
    assert not report.ok
    assert compared(earlier, changed, ["amount", "transactions.bonus", "labels"]).ok
