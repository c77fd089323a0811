"""Every value of every type comes back from PostgreSQL: by another reader, and by our own with its digest."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import RowmillError
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.sinks.base import Stage
from rowmill.sinks.filetypes.arrays import cells_of
from rowmill.sinks.filetypes.formats import ROWS
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination
from support.frames import columns
from support.places.postgresql import place

NUMBER = Field("n", "int32", "Number of the row.")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FAR = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)
MOST = 10**18 - 1


@pytest.fixture(scope="module")
def target():
    with place(Path()) as location:
        found = destination(location)
        found.claim()
        yield found


def micros(moment):
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def loaded(target, field, cells, size=None):
    """Load a column beside the numbers of its rows; return what psycopg finds, and what we read."""
    schema = Schema("things", "1", "Things.", (NUMBER, field), ("n",))
    file, layout, stage = FileSpec("things/x", schema, None), Layout(ROWS, "none"), Stage("day", "run")
    part = target.part(stage, "x", layout)
    writer = part.open(file)
    numbers = Cells(np.arange(len(cells), dtype=np.int32))
    for start in range(0, len(cells), size or max(1, len(cells))):
        rows = slice(start, start + (size or len(cells)))
        writer.write({"n": numbers.take(rows), "x": cells.take(rows)})
    written = writer.close()
    part.seal(b"1")
    target.publish(stage, [written], [])
    with target._connections.session() as connection:
        rows = connection.execute("SELECT x FROM things ORDER BY n").fetchall()
    with target.read(file, layout) as content:
        assert (content.checksum(), content.bytes) == (written.checksum, written.bytes)
        found = [cells_of(field, batch.column("x")) for batch in content.batches()]
    return [value for (value,) in rows], found


def same(found, expected):
    if isinstance(expected, float) and isinstance(found, float):
        return math.isnan(found) if math.isnan(expected) else found == expected
    return found == expected and type(found) is type(expected)


def python(kind, value):
    if value is not None and kind == "json":
        return json.loads(value)
    return UUID(value) if value is not None and kind == "uuid" else value


@given(drawn=columns(), size=st.integers(1, 12))
def test_values_come_back_to_another_reader_and_to_us(target, drawn, size):
    field, cells, seen = drawn
    texts = cells.dictionary.values.to_pylist() if field.text else []
    if field.type == "json":
        texts = [json.dumps(text) for text in texts]
        cells, seen = Cells(cells.values, cells.nulls, Dictionary(texts)), [s and json.dumps(s) for s in seen]
        seen = [None if cells.nulls is not None and cells.nulls[n] else texts[c] for n, c in enumerate(cells.values)]
    if any("\0" in text for text in texts):
        return

    rows, found = loaded(target, field, cells, size)

    assert len(rows) == len(seen)
    assert all(same(row, python(field.type, value)) for row, value in zip(rows, seen, strict=True)), (rows, seen)
    back = np.concatenate([each.canonical() for each in found] or [cells.canonical()[:0]])
    np.testing.assert_array_equal(back, cells.canonical())
    missing = [m for each in found for m in (each.nulls if each.nulls is not None else [False] * len(each))]
    assert missing == ([False] * len(cells) if cells.nulls is None else list(cells.nulls))


EXTREMES = {
    "float64": [math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, -0.0, 0.1, 1 / 3, 1e15, 123456789.125],
    "int64": [-(2**63), 2**63 - 1, 0, -1],
    "int32": [-(2**31), 2**31 - 1],
    "int16": [-(2**15), 2**15 - 1],
    "int8": [-128, 127],
    "bool": [True, False],
    "date": [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2000, 1, 1), dt.date(1582, 10, 10)],
    "time": [dt.time(0, 0), dt.time(23, 59, 59, 999_999), dt.time(0, 0, 0, 1), dt.time(12, 0)],
    "timestamp": [dt.datetime(1, 1, 1, tzinfo=dt.UTC), FAR, EPOCH - dt.timedelta(microseconds=1),
                  dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(1999, 12, 31, 23, 59, 59, 999_999, dt.UTC)],
    "uuid": [UUID(int=0), UUID(int=2**128 - 1), UUID("0f8fad5b-d9cb-469f-a165-70867728950e")],
    "string": ["", "\\N", "\\.", "NULL", "a\tb\r\nc", '"', "'", ",", " ", "ü€😀", "\u2028", "x" * 100_000, "%s{}"],
    "json": ['{"a": [1, null]}', "[]", '"\\u0041"', " 1 "],
}  # fmt: skip


def cells_for(kind, values):
    if kind in ("string", "json"):
        return Cells(np.arange(len(values), dtype=np.int32), None, Dictionary(values))
    if kind == "uuid":
        return Cells(np.frombuffer(b"".join(value.bytes for value in values), "V16"))
    if kind == "date":
        return Cells(np.array([(value - EPOCH.date()).days for value in values], np.int32))
    if kind == "time":
        return Cells(np.array([micros(dt.datetime.combine(EPOCH, value, dt.UTC)) for value in values], np.int64))
    if kind == "timestamp":
        return Cells(np.array([micros(value) for value in values], np.int64))
    return Cells(np.array(values, kind))


@pytest.mark.parametrize("kind", EXTREMES)
def test_the_ends_of_every_type_come_back(target, kind):
    values = EXTREMES[kind]

    rows, found = loaded(target, Field("x", kind, "A value."), cells_for(kind, values))

    expected = [json.loads(value) for value in values] if kind == "json" else values
    assert all(same(row, value) for row, value in zip(rows, expected, strict=True)), rows
    np.testing.assert_array_equal(found[0].canonical(), cells_for(kind, values).canonical())


@pytest.mark.parametrize("scale", range(19))
def test_decimals_of_every_scale_come_back(target, scale):
    powers = [10**power * digit for power in range(18) for digit in (1, 5, 9)]
    units = [0, *powers, *(-value for value in powers), MOST, -MOST, 1234567890123456, 10**9 * 7, 10**4, 99999999]

    rows, found = loaded(target, Field("x", "decimal", "Money.", scale=scale), Cells(np.array(units, np.int64)))

    assert rows == [Decimal(value).scaleb(-scale) for value in units]
    assert {row.as_tuple().exponent for row in rows} == {-scale}
    np.testing.assert_array_equal(found[0].values, units)


def test_a_text_with_nul_is_refused_as_what_it_is(target):
    with pytest.raises(RowmillError, match=r"invalid byte sequence for encoding \"UTF8\": 0x00"):
        loaded(target, Field("x", "string", "Text."), cells_for("string", ["a\0b"]))
    target.drop(Stage("day", "run"))


def test_far_years_come_back_as_the_server_shows_them(target):
    day, year = 86_400_000_000, 20_000
    far = Cells(np.array([((year - 1970) * 365) * day, 9_000_000_000_000_000_000 // 10], np.int64))
    schema = Schema("far", "1", "Far.", (Field("x", "timestamp", "A moment."),), ("x",))
    part = target.part(Stage("far", "run"), "far", Layout(ROWS, "none"))
    writer = part.open(FileSpec("far/x", schema, None))
    writer.write({"x": far})
    written = writer.close()
    part.seal(b"1")
    target.publish(Stage("far", "run"), [written], [])

    with psycopg.connect(target._place.conninfo) as connection:
        found = connection.execute(
            f'SELECT (extract(epoch FROM x) * 1000000)::text FROM "{target._place.schema}".far ORDER BY x'
        ).fetchall()
    assert sorted(int(float(text)) for (text,) in found) == sorted(int(value) for value in far.values)
