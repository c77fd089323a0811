"""Statistics of a run are those of its rows, as DuckDB counts them, however the tiles came together."""

from __future__ import annotations

from functools import reduce
from operator import add

import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import every_domain, examples, kept, source, windows_of
from rowmill.model.statistics.gather import Gatherer
from rowmill.model.statistics.records import TableStatistics
from rowmill.run.books.manifest import read

NUMBERS = {
    "timestamp": "epoch_us({})",
    "date": "({} - DATE '1970-01-01')",
    "time": "({} - TIME '00:00:00')",
    "decimal": "CAST({} * 10 ** {scale} AS BIGINT)",
}


def asked(connection, rows, name, sql):
    return connection.sql(f"SELECT {sql.replace('$', chr(34) + name + chr(34))} FROM {rows}").fetchall()


def gathered(schema, tiles, at_once):
    gatherer = Gatherer(schema, at_once)
    for tile in tiles:
        gatherer.add(tile)
    return gatherer.finish()


@every_domain
@examples(4)
@given(data=st.data())
def test_tiles_in_any_order_and_company_add_up_to_the_same(case, data):
    dataset = kept(case.name, data.draw(st.sampled_from(case.fixed[:2])))
    table = dataset.tables[data.draw(st.sampled_from(case.tables))]
    windows = windows_of(dataset, table.schema.name)
    tiles = [tile for block in range(table.blocks) for tile in table.tiles(block, windows)]
    whole = gathered(table.schema, tiles, 1 << 18)

    mixed = data.draw(st.permutations(tiles))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(tiles)), max_size=3)))
    pieces = [
        gathered(table.schema, mixed[start:stop], data.draw(st.sampled_from([1, 300, 1 << 18])))
        for start, stop in zip([0, *cuts], [*cuts, len(tiles)], strict=True)
    ]

    assert reduce(add, pieces, TableStatistics()) == whole
    assert whole.rows == sum(tile.rows for tile in tiles)


@every_domain
def test_they_are_what_duckdb_counts(case, plainly):
    dataset, out, _ = plainly(case.name, case.fixed[0])
    manifest = read(out)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in case.tables:
            schema, found = dataset.tables[table].schema, manifest.tables[table].statistics
            rows = source(dataset, out, table)
            assert found.rows == found.looked == manifest.tables[table].rows
            assert tuple(found.columns) == schema.names
            for field in schema.fields:
                column_as_counted(connection, rows, field, found.columns[field.name])
            if found.hours is not None:
                hours_as_counted(connection, rows, schema.event_time, found.hours)


def column_as_counted(connection, rows, field, column):
    known = asked(connection, rows, field.name, "count($)")[0][0]
    assert column.nulls == asked(connection, rows, field.name, "count(*) - count($)")[0][0]
    if field.type == "bool":
        assert column.trues == asked(connection, rows, field.name, "count_if($)")[0][0]
    elif field.values is not None:
        found = dict(
            asked(connection, f'{rows} WHERE "{field.name}" IS NOT NULL GROUP BY 1', field.name, "$, count(*)")
        )
        assert dict(zip(field.values, column.counts, strict=True)) == {v: found.get(v, 0) for v in field.values}
    elif not field.text and field.type != "uuid":
        number = NUMBERS.get(field.type, "{}").format("$", scale=field.scale)
        assert (column.least, column.greatest) == asked(connection, rows, field.name, f"min({number}), max({number})")[
            0
        ]
        if column.bins is not None:
            assert column.bins.total == known
            quantiles_as_counted(connection, rows, field.name, number, column.bins)
    if column.registers is not None:
        different = asked(connection, rows, field.name, "count(DISTINCT $)")[0][0]
        assert abs(column.unique - different) <= 3 + 0.3 * different, field.name


def quantiles_as_counted(connection, rows, name, number, bins):
    begin, end = bins.edges()
    below = np.cumsum(bins.counts)
    for share in (0.1, 0.5, 0.99) if bins else ():
        value = asked(connection, rows, name, f"quantile_disc({number}, {share})")[0][0]
        at = np.searchsorted(begin, float(value), side="right") - 1
        assert begin[at] <= float(value) < end[at]
        assert below[at] - bins.counts[at] - 1 <= share * bins.total <= below[at] + 1


def hours_as_counted(connection, rows, name, hours):
    of_week = "(isodow($) - 1) * 24 + hour($)"
    found = dict(asked(connection, f"{rows} GROUP BY 1", name, f"{of_week}, count(*)"))
    assert list(hours) == [found.get(hour, 0) for hour in range(168)]
