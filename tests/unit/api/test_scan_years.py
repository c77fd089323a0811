"""Scans of data in whole years: a predicate on a date makes the years that it leaves over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import rowmill
from rowmill.api.dataset import LazyDataset
from rowmill.model.table import Table

WHOLE = rowmill.dataset("workforce", seed=3, employees=60, start=2025, end=2028)
ROWS = WHOLE["events"].to_polars()


@dataclass(frozen=True)
class Watched:
    """A table that notes the windows that are asked of it."""

    table: Table
    seen: set[int]

    def __getattr__(self, name):
        return getattr(self.table, name)

    def tiles(self, block, windows, columns=None):
        for tile in self.table.tiles(block, windows, columns):
            self.seen.add(tile.window)
            yield tile


def watched():
    seen: set[int] = set()
    tables = {name: Watched(table, seen) for name, table in WHOLE.model.tables.items()}
    return LazyDataset(replace(WHOLE.model, tables=tables)), seen


DAY = pl.col("effective_date")
CASES = {
    "from a day on": (dt.date(2027, 2, 1) <= DAY, {2, 3}),
    "up to a day": (dt.date(2025, 12, 31) >= DAY, {0}),
    "a span": (DAY.is_between(dt.date(2026, 6, 1), dt.date(2027, 6, 1)), {1, 2}),
    "one day": (dt.date(2026, 2, 1) == DAY, {1}),
    "before": (dt.date(2026, 1, 1) > DAY, {0, 1}),
    "two rules": ((dt.date(2026, 3, 1) < DAY) & (pl.col("event_type") == "hire"), {1, 2, 3}),
    "beyond the period": (dt.date(9999, 12, 31) < DAY, set()),
    "long before it": (dt.date(1, 1, 1) >= DAY, set()),
    "either of two": ((dt.date(2026, 3, 1) > DAY) | (pl.col("event_type") == "hire"), {0, 1, 2, 3}),
    "nothing about time": (pl.col("event_type") == "raise", {0, 1, 2, 3}),
}


@pytest.mark.parametrize(("predicate", "windows"), CASES.values(), ids=CASES)
def test_only_the_years_that_may_match_are_made(predicate, windows):
    data, seen = watched()

    found = data["events"].scan().filter(predicate).collect()

    assert_frame_equal(found, ROWS.filter(predicate))
    assert seen == windows


def test_snapshots_have_no_date_and_are_made_whole():
    data, seen = watched()

    found = data["snapshots"].scan().filter(pl.col("simulation_year") == 2027).collect()

    assert found.height == WHOLE["snapshots"].to_polars().filter(pl.col("simulation_year") == 2027).height > 0
    assert seen == {0, 1, 2, 3}
