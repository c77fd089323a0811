from __future__ import annotations

import numpy as np
import pytest

from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.statistics.gather import Gatherer
from rowmill.model.statistics.records import TableStatistics
from rowmill.model.table import Tile

SCHEMA = Schema(
    "readings",
    "1",
    "",
    (
        Field("id", "int64", ""),
        Field("name", "string", "", nullable=True),
        Field("kind", "enum", "", values=("a", "b", "c")),
        Field("value", "float64", "", nullable=True),
        Field("count", "int16", ""),
    ),
    primary_key=("id",),
)


def gathered(*tiles):
    gatherer = Gatherer(SCHEMA)
    for block, frame in enumerate(tiles):
        gatherer.add(Tile(block, 0, frame))
    return gatherer.finish()


def tile(rows, *, coded):
    numbers = np.arange(rows)
    texts = [f"n{number % 500}" for number in numbers]
    floats = numbers / 7
    name = Cells(numbers % 500, numbers % 3 == 0, Dictionary([f"n{n}" for n in range(500)]))
    value = Cells(numbers.astype(np.int32), numbers % 5 == 0, Dictionary(floats))
    return {
        "id": Cells(numbers.astype(np.int64)),
        "name": name if coded else Cells(np.array(texts), numbers % 3 == 0),
        "kind": Cells((numbers % 2).astype(np.int8), None, Dictionary(["c", "a"])),
        "value": value if coded else Cells(floats, numbers % 5 == 0),
        "count": Cells((numbers % 100).astype(np.int16)),
    }


@pytest.mark.parametrize("rows", [100, 40_000])
def test_codes_and_plain_values_have_the_same_statistics(rows):
    assert gathered(tile(rows, coded=True)) == gathered(tile(rows, coded=False))


def test_every_row_is_counted_and_of_a_large_tile_some_are_looked_at():
    found = gathered(tile(60_000, coded=True))

    assert (found.rows, found.looked) == (60_000, 7_500)
    assert found.columns["kind"].counts == (30_000, 0, 30_000)
    assert (found.columns["count"].least, found.columns["count"].greatest) == (0, 99)
    assert found.columns["value"].greatest == 59_999 / 7
    assert found.columns["value"].nulls == 12_000
    assert found.columns["count"].bins.total == 60_000


def test_what_cannot_be_ordered_has_no_least():
    frame = tile(10, coded=False)
    frame["value"] = Cells(np.array([np.nan, np.inf, -np.inf, 1.5, -0.0, 0.0, 2, 2, 2, np.nan]))
    found = gathered(frame).columns

    assert (found["value"].least, found["value"].greatest, found["value"].bins.total) == (0.0, 2.0, 6)
    assert (found["name"].least, found["name"].bins, found["id"].registers) == (None, None, None)


def test_no_rows_have_statistics_that_add_nothing():
    some = gathered(tile(7, coded=True))

    assert gathered() + some == some + gathered() == some
    assert gathered() == TableStatistics()


def test_what_recurs_in_a_large_tile_is_seen_at_all_its_places():
    """Of rows that repeat every sixteenth one, all sixteen kinds are looked at, each about as often."""
    found = gathered(tile(160_000, coded=False) | {"count": Cells((np.arange(160_000) % 16).astype(np.int16))})

    assert found.looked == 10_000
    assert len(found.columns["count"].bins.counts) == 16
    assert min(found.columns["count"].bins.counts) > 8_000


def test_zero_is_the_same_least_whatever_its_sign_and_place():
    both = [{**tile(1, coded=False), "value": Cells(np.array([zero]))} for zero in (0.0, -0.0)]

    assert str(gathered(*both).columns["value"].least) == str(gathered(*reversed(both)).columns["value"].least) == "0.0"


def test_a_time_that_no_row_has_is_of_no_hour():
    fields = (Field("id", "int64", ""), Field("at", "timestamp", ""))
    gatherer = Gatherer(Schema("t", "1", "", fields, primary_key=("id",), event_time="at"))
    gatherer.add(Tile(0, 0, {"id": Cells(np.arange(2)), "at": Cells(np.zeros(2, np.int64), np.ones(2, np.bool_))}))

    assert sum(gatherer.finish().hours) == 0
