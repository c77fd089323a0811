"""Slice = filter: some days or columns are exactly what filtering the whole gives, at the cost of the slice."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import (
    build,
    counted,
    differing,
    every_domain,
    examples,
    folder,
    kept,
    land,
    rows_of,
    tile_rows,
    windows_of,
)
from laws.domains import CASES
from rowmill.api.dataset import LazyDataset
from rowmill.core.units import MICROS_PER_DAY, day_number
from rowmill.run.books.manifest import read
from rowmill.run.request import Slice
from rowmill.sinks.filetypes.arrays import cells_of


@every_domain
@examples(30)
@given(data=st.data())
def test_any_windows_and_columns_are_those_of_the_whole(case, data):
    dataset = build(case.name, data.draw(case.specs))
    table = data.draw(st.sampled_from(case.tables))
    names, span = dataset.tables[table].schema.names, windows_of(dataset, table)
    first = data.draw(st.integers(span.start, span.stop - 1))
    windows = range(first, data.draw(st.integers(first + 1, span.stop)))
    columns = data.draw(st.none() | st.lists(st.sampled_from(names), min_size=1, unique=True))
    shown = [name for name in names if columns is None or name in columns]

    for block in range(dataset.tables[table].blocks):
        whole = tile_rows(dataset, table, block, span)
        part = tile_rows(dataset, table, block, windows, columns)

        assert list(part) == list(windows)
        for window, rows in part.items():
            assert rows.schema.names == shown
            assert rows.equals(whole[window].select(shown))


@every_domain
@examples(3)
@given(data=st.data())
def test_days_written_one_by_one_in_any_order_are_the_whole(case, plainly, data):
    dataset, together, whole = plainly(case.name, case.fixed[1])
    days = data.draw(st.permutations(range(dataset.calendar.count)))

    with folder() as apart:
        for day in days:
            one = land(dataset, apart, Slice(range(day, day + 1)))
            assert one.rows == rows_of(dataset, dataset.main, range(day, day + 1)).num_rows

        assert not differing(dataset, together, apart, case.tables)
        added = read(apart).tables
        assert {name: entry.digest(name).value for name, entry in added.items()} == {
            name: table.digest for name, table in whole.tables.items()
        }


@every_domain
@examples(6)
@given(data=st.data())
def test_a_written_slice_computes_its_own_tiles_and_whole_catalogs(case, data):
    dataset, log = counted(kept(case.name, data.draw(st.sampled_from(case.fixed))))
    first = data.draw(st.integers(0, dataset.calendar.count - 1))
    windows = range(first, data.draw(st.integers(first + 1, dataset.calendar.count)))

    with folder() as out:
        land(dataset, out, Slice(windows))

    expected = [
        (name, block, window)
        for name, table in dataset.tables.items()
        for block in range(table.blocks)
        for window in (windows if table.timed else range(1))
    ]
    assert sorted(log) == sorted(expected)


@pytest.mark.parametrize("case", [case for case in CASES if case.timed], ids=lambda case: case.name)
@examples(8)
@given(data=st.data())
def test_a_scan_filters_as_polars_does_and_skips_the_other_days(case, data):
    model, log = counted(kept(case.name, case.fixed[0]))
    table = LazyDataset(model)[model.main]
    time = table.schema.event_time
    start = day_number(model.calendar.start)
    low, high = sorted(data.draw(st.lists(st.integers(0, 30 * 24), min_size=2, max_size=2)))
    hour = MICROS_PER_DAY // 24
    bounds = [pl.lit(start * MICROS_PER_DAY + h * hour).cast(pl.Datetime("us", "UTC")) for h in (low, high)]
    columns = data.draw(st.lists(st.sampled_from(table.schema.names), min_size=1, unique=True))

    found = table.scan().filter((pl.col(time) >= bounds[0]) & (pl.col(time) < bounds[1])).select(columns).collect()

    whole = pl.DataFrame(pl.from_arrow(rows_of(model, model.main)))
    assert found.equals(whole.filter((pl.col(time) >= bounds[0]) & (pl.col(time) < bounds[1])).select(columns))
    made = {window for _, _, window in log[: len(log) - model.calendar.count * model.tables[model.main].blocks]}
    assert made <= set(range(low // 24, high // 24 + 1))


@every_domain
@examples(10)
@given(data=st.data())
def test_a_scan_by_any_column_filters_as_polars_does(case, data):
    model = kept(case.name, case.fixed[0])
    name = data.draw(st.sampled_from(case.tables))
    whole = pl.DataFrame(pl.from_arrow(rows_of(model, name)))
    by = data.draw(st.sampled_from(whole.columns))
    value = whole[by][data.draw(st.integers(0, whole.height - 1))]
    test = pl.col(by).is_null() if value is None else pl.col(by) >= pl.lit(value, whole.schema[by])
    columns = data.draw(st.lists(st.sampled_from(whole.columns), min_size=1, unique=True))

    found = LazyDataset(model)[name].scan().filter(test).select(columns).collect()

    assert found.equals(whole.filter(test).select(columns))


@every_domain
@examples(6)
@given(data=st.data())
def test_a_scan_of_some_entities_makes_their_blocks_alone(case, data):
    model, log = counted(kept(case.name, data.draw(st.sampled_from(case.fixed))))
    name, column = data.draw(st.sampled_from(sorted(case.entities.items())))
    whole = pl.DataFrame(pl.from_arrow(rows_of(model, name)))
    some = data.draw(st.lists(st.sampled_from(whole[column].unique().sort().to_list()), max_size=3, unique=True))
    rows = whole.filter(pl.col(column).is_in(some))
    block, _ = model.tables[name].locate(_cells(model, name, rows))
    del log[:]

    found = LazyDataset(model)[name].scan(entities=some).collect()

    assert found.equals(rows)
    assert {place for _, place, _ in log} == set(block.tolist())


def _cells(model, name, rows):
    """Return rows as cells of the columns that locate them."""
    rule = model.tables[name]
    table = rows.to_arrow().cast(rule.schema.arrow())
    return {key: cells_of(rule.schema[key], table[key].combine_chunks()) for key in rule.locators}
