"""What every file format promises: the values come back, to us and to others, however the rows were handed over."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import itertools
from dataclasses import replace
from decimal import Decimal
from tempfile import NamedTemporaryFile
from uuid import UUID

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.api.batches import polars_schema
from rowmill.core.errors import RowmillError, UsageError
from rowmill.model.digest import TableDigest
from rowmill.model.export import render
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.table import Tile
from rowmill.sinks.filetypes.arrays import cells_of
from rowmill.sinks.filetypes.delimited import instants
from rowmill.sinks.filetypes.formats import FORMATS
from rowmill.sinks.folders.files import Checked
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import file_format
from support.frames import columns, one_column

LAYOUTS = [
    Layout("parquet"),
    Layout("parquet", "zstd", row_group_rows=4),
    Layout("parquet", "none", "compact", row_group_rows=7),
    Layout("parquet", "snappy", "plain"),
    Layout("csv", "none"),
    Layout("csv", "gzip"),
    Layout("csv", "zstd"),
    Layout("xpt", "none"),
    Layout("rows", "none"),
]
NUMBER = Field("n", "int32", "Number of the row.", label="Number")
HINTS = st.sampled_from(["plain", "delta", "dictionary"])


def encoded(fields, frames, layout):
    schema = Schema("things", "1", "Things.", tuple(fields), unique=((fields[0].name,),))
    file = FileSpec("things/x", schema, None, (("rowmill.table", "things"),))
    handle = io.BytesIO()
    encoder = file_format(layout.format).encoder(Checked(handle), file, layout)
    for frame in frames:
        encoder.write(frame)
    encoder.finish()
    return schema, handle.getvalue()


def frames_of(schema, data, layout):
    batches = file_format(layout.format).batches(io.BytesIO(data), schema, schema.names, layout)
    return [{f.name: cells_of(f, batch.column(f.name)) for f in schema.fields} for batch in batches]


def pieces(cells, size):
    return [cells.take(slice(start, start + size)) for start in range(0, len(cells), size)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda la: f"{la.format}-{la.compression}-{la.encoding}")
@given(data=st.data(), hint=HINTS, size=st.integers(1, 12))
def test_cells_come_back_with_their_digest(layout, data, hint, size):
    field, cells, _ = data.draw(columns(transport=layout.format == "xpt"))
    field = replace(field, layout=hint)

    schema, data = encoded([NUMBER, field], numbered(cells, size), layout)
    back = frames_of(schema, data, layout)

    found = np.concatenate([frame["x"].canonical() for frame in back] or [cells.canonical()[:0]])
    nulls = [missing for frame in back for missing in missing_in(frame["x"])]
    np.testing.assert_array_equal(found, cells.canonical())
    assert nulls == missing_in(cells)


def numbered(cells, size):
    """Return frames of a column beside one that is never missing."""
    rows = pieces(Cells(np.arange(len(cells), dtype=np.int32)), size)
    return [{"n": n, "x": x} for n, x in zip(rows, pieces(cells, size), strict=True)]


@given(data=st.data(), size=st.integers(1, 12))
def test_others_read_the_same_values_from_a_transport_file(data, size):
    field, cells, seen = data.draw(columns(transport=True))

    _, written = encoded([NUMBER, field], numbered(cells, size), Layout("xpt", "none"))

    with NamedTemporaryFile(suffix=".xpt") as file:
        file.write(written)
        file.flush()
        found, facts = pyreadstat.read_xport(file.name, output_format="dict")
    text = field.type in ("string", "enum")
    assert len(written) % 80 == 0
    assert (facts.table_name, facts.column_names, facts.column_labels) == ("THINGS", ["n", "x"], ["Number", "A value."])
    assert list(found["n"]) == list(range(len(seen)))
    missing = "" if text else None
    nothing = [value is None or (not text and np.isnan(value)) for value in found["x"]]
    assert [missing if no else value for no, value in zip(nothing, found["x"], strict=True)] == [
        missing if value is None else value for value in seen
    ]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Field("long_name_of", "int32", "Number."), "name of over 8 characters"),
        (Field("at", "timestamp", "Instant."), "of type timestamp"),
        (Field("n", "int64", "Number."), "of type int64"),
        (Field("n", "decimal", "Amount.", scale=2), "of type decimal"),
        (Field("t", "uuid", "Name."), "of type uuid"),
        (Field("t", "time", "Time of day."), "of type time"),
        (Field("t", "string", "Text."), "no fixed length"),
        (Field("t", "string", "Text.", length=201), "over 200"),
        (Field("t", "enum", "Text.", values=("a", "b ")), "without a blank at the end"),
        (Field("t", "enum", "Text.", values=("",)), "1 to 200 ASCII"),
        (Field("t", "enum", "Text.", values=("León",)), "ASCII"),
        (Field("n", "int32", "Number.", nullable=True), "never is"),
    ],
)
def test_a_table_that_a_transport_file_cannot_hold_is_refused_before_it_is_made(field, said):
    schema = one_column(field)

    with pytest.raises(UsageError, match=said):
        file_format("xpt").check(schema, schema.names)


@pytest.mark.parametrize("text", ["", "longer than 8", "blank ", "naïve"])
def test_a_text_that_a_transport_file_would_change_is_an_error(text):
    field = Field("t", "string", "Text.", length=8)

    with pytest.raises(RowmillError, match="1 to 8 ASCII"):
        encoded([field], [{"t": Cells(np.zeros(1, np.int8), None, Dictionary([text]))}], Layout("xpt", "none"))


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 1e76, 1e-80])
def test_a_number_that_a_transport_file_cannot_hold_is_an_error(number):
    with pytest.raises(ValueError, match="no place"):
        encoded([Field("x", "float64", "Number.")], [{"x": Cells(np.array([number]))}], Layout("xpt", "none"))


@pytest.mark.parametrize("change", [(lambda d: d[:-80]), (lambda d: d[:400] + b"\1" + d[401:]), (lambda d: d[:90])])
def test_a_damaged_transport_file_is_refused(change):
    frame = {"n": Cells(np.arange(1001, dtype=np.int32)), "m": Cells(np.arange(1001, dtype=np.int32))}
    fields = [replace(NUMBER, name=name) for name in frame]
    wide = Field("t", "string", "Text.", length=101)
    layout = Layout("xpt", "none")
    frame["t"] = Cells(np.zeros(1001, np.int8), None, Dictionary(["word"]))
    schema, data = encoded([*fields, wide], [frame], layout)

    assert sum(len(f["n"]) for f in frames_of(schema, data, layout)) == 1001
    with pytest.raises(ValueError, match=r"columns are|within a row"):
        frames_of(schema, change(data), layout)


def missing_in(cells):
    return [False] * len(cells) if cells.nulls is None else cells.nulls.tolist()


@given(column=columns(), hint=HINTS, encoding=st.sampled_from(["default", "compact", "plain"]), size=st.integers(1, 12))
def test_others_read_the_same_values_from_parquet(column, hint, encoding, size):
    field, cells, seen = column
    field = replace(field, layout=hint)
    layout = Layout("parquet", encoding=encoding, row_group_rows=9)

    _, data = encoded([field], [{"x": piece} for piece in pieces(cells, size)], layout)

    table = pq.read_table(io.BytesIO(data))
    assert table.schema.equals(pa.schema([field.arrow]))
    assert table["x"].to_pylist() == seen
    assert pl.read_parquet(io.BytesIO(data))["x"].to_list() == seen


@given(column=columns(), size=st.integers(1, 12))
def test_the_standard_library_reads_the_same_texts_from_csv(column, size):
    field, cells, seen = column
    rows = len(cells)
    number = Field("n", "int64", "Number of the row.")
    frames = [
        {"n": Cells(np.arange(start, min(start + size, rows))), "x": piece}
        for start, piece in zip(range(0, rows, size), pieces(cells, size), strict=True)
    ]

    _, data = encoded([number, field], frames, Layout("csv", "none"))

    header, *lines = csv.reader(io.StringIO(data.decode(), newline=""))
    assert header == ["n", "x"]
    assert [line[1] for line in lines] == [text_of(value) for value in seen]


EXTREMES = {
    "price": (
        Field("price", "decimal", "Price.", nullable=True, scale=2),
        np.array([10**18 - 1, -(10**18) + 1, 0, -5]),
    ),
    "tiny": (Field("tiny", "decimal", "Price.", nullable=True, scale=18), np.array([1, -1, 10**18 - 1, 0])),
    "id": (
        Field("id", "uuid", "Id.", nullable=True),
        np.array([b"\0" * 16, b"\xff" * 16, b"0" * 16, b"a" * 16], "V16"),
    ),
    "at": (Field("at", "time", "Time.", nullable=True), np.array([0, 86_399_999_999, 1, 3_600_000_000])),
}


def test_what_readers_of_csv_are_told_reads_the_extremes_of_decimals_uuids_and_times(tmp_path, monkeypatch):
    fields = [field for field, _ in EXTREMES.values()]
    frame = {name: Cells(values, np.array([False, False, False, True])) for name, (_, values) in EXTREMES.items()}
    schema, data = encoded(fields, [frame], Layout("csv", "none"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "things").mkdir()
    (tmp_path / "things/x.csv").write_bytes(data)
    truth = [cells.to_arrow(field).to_pylist() for cells, field in zip(frame.values(), fields, strict=True)]

    with duckdb.connect() as connection:
        by_duckdb = connection.sql(render([schema], "duckdb"))
        columns_of_rows = [list(column) for column in zip(*by_duckdb.fetchall(), strict=True)]
        assert [str(kind) for kind in by_duckdb.types] == ["DECIMAL(18,2)", "DECIMAL(18,18)", "UUID", "TIME"]
    names = {}
    exec(render([schema], "polars"), names)
    by_polars = names["things"].collect()

    assert [[None if v is None else str(v) if isinstance(v, UUID) else v for v in c] for c in columns_of_rows] == truth
    assert [by_polars[name].to_list() for name in EXTREMES] == truth
    assert by_polars.schema == polars_schema(schema)


def text_of(value):
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        return pa.array([value]).cast(pa.string())[0].as_py()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.time):
        return value.isoformat("microseconds")
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def test_instants_are_written_like_the_calendar_says():
    micros = np.array([0, -1, 1, 951_782_400_000_000, 1_764_547_199_999_999, -62_135_596_800_000_000])

    texts = instants(micros, np.array([False, False, False, False, False, True])).to_pylist()

    expected = np.datetime_as_string(micros[:-1].astype("datetime64[us]"), timezone="UTC").tolist()
    assert texts == [*expected, None]


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_are_a_typed_empty_file(name):
    layout = Layout(name, "none")
    text = Field("b", "string", "A text.", nullable=True, layout="dictionary", length=3)
    fields = [Field("a", "int16", "A number."), text]

    schema, data = encoded(fields, [], layout)

    assert frames_of(schema, data, layout) == []
    if name in ("parquet", "rows"):
        assert pq.read_schema(io.BytesIO(data)).equals(schema.arrow())
    elif name == "xpt":
        assert data[-80:].startswith(b"HEADER RECORD*******OBS ")
    else:
        assert data == b'"a","b"\n'


@pytest.mark.parametrize("name", FORMATS)
def test_other_columns_are_refused(name):
    layout = Layout(name, "none")
    _, data = encoded([Field("a", "int32", "A number.")], [{"a": Cells(np.arange(3, dtype=np.int32))}], layout)
    other = one_column(Field("b", "int32", "A number."))

    with pytest.raises(ValueError, match="columns are"):
        list(file_format(name).batches(io.BytesIO(data), other, ("b",), layout))


def test_rows_fill_row_groups_and_no_more():
    frames = [{"a": Cells(np.arange(n, dtype=np.int64))} for n in (3, 1, 7, 0, 12)]

    _, data = encoded([Field("a", "int64", "A number.")], frames, Layout(row_group_rows=5))

    meta = pq.read_metadata(io.BytesIO(data))
    assert [meta.row_group(n).num_rows for n in range(meta.num_row_groups)] == [5, 5, 5, 5, 3]


def test_a_parquet_file_says_what_it_is_and_helps_its_readers():
    words = Dictionary(["unused", "b", "a", "b"])
    codes = np.resize(np.array([1, 2, 3], np.int8), 40_000)
    frame = {"n": Cells(np.arange(40_000)), "t": Cells(codes, None, words)}
    fields = [Field("n", "int64", "A number.", layout="delta"), Field("t", "enum", "A text.", layout="dictionary")]

    _, data = encoded(fields, [frame], Layout())

    meta = pq.read_metadata(io.BytesIO(data))
    number, text = meta.row_group(0).column(0), meta.row_group(0).column(1)
    assert meta.metadata == {b"rowmill.table": b"things"}
    assert "DELTA_BINARY_PACKED" in number.encodings
    assert (number.statistics.min, number.statistics.max, number.statistics.null_count) == (0, 39_999, 0)
    assert (text.statistics.min, text.statistics.max) == ("a", "b")
    assert text.has_dictionary_page
    assert number.has_offset_index
    assert number.has_column_index


@pytest.mark.parametrize(("rows", "kept"), [(900, ["b", "a"]), (40_000, ["unused", "b", "a"])])
def test_a_dictionary_holds_no_value_twice_and_unused_ones_only_where_they_are_few(rows, kept):
    words = Dictionary(["unused", "b", "a", "b"])
    frame = {"t": Cells(np.resize(np.array([1, 2, 3], np.int8), rows), None, words)}

    _, data = encoded([Field("t", "enum", "A text.", layout="dictionary")], [frame], Layout())

    coded = pq.read_table(io.BytesIO(data), read_dictionary=["t"])["t"].chunk(0)
    assert coded.dictionary.to_pylist() == kept
    assert coded.to_pylist()[:4] == ["b", "a", "b", "b"]


@pytest.mark.parametrize("rows", [900, 60_000])
def test_a_dictionary_may_be_larger_than_the_domain_if_few_of_it_are_used(rows):
    words = Dictionary(["a", "b", *(f"unused {n}" for n in range(198))])
    frame = {"t": Cells(np.resize(np.array([0, 1], np.int16), rows), None, words)}
    field = Field("t", "enum", "A text.", values=("a", "b"), layout="dictionary")

    _, data = encoded([field], [frame], Layout())

    assert pq.read_table(io.BytesIO(data))["t"].to_pylist() == ["a", "b"] * (rows // 2)


def test_dictionaries_of_several_blocks_are_united():
    one, two = Dictionary(["x", "y"]), Dictionary(["y", "z", "x"])
    codes = np.array([0, 1, 1, 0], np.int16)
    frames = [{"t": Cells(codes, None, words)} for words in (one, two, one, two)]

    _, data = encoded([Field("t", "enum", "A text.", layout="dictionary")], frames, Layout(row_group_rows=6))

    assert pq.read_table(io.BytesIO(data))["t"].to_pylist() == list("xyyxyzzy") * 2


def test_equal_rows_make_equal_bytes():
    words = Dictionary(["Birmingham", "Boston", "Birmingham", "León"])
    frame = {"t": Cells(np.arange(4, dtype=np.int32), None, words)}
    field = Field("t", "string", "A text.", layout="dictionary")

    files = {encoded([field], [frame], Layout())[1] for _ in range(50)}

    assert len(files) == 1
    assert gzip.decompress(encoded([field], [frame], Layout("csv", "gzip"))[1]).startswith(b'"t"\n"Birmingham"')


def test_the_digest_of_a_file_is_the_digest_of_its_tile():
    field = Field("t", "enum", "A text.", nullable=True, layout="dictionary")
    cells = Cells(np.array([2, 0, 1]), np.array([False, True, False]), Dictionary(["a", "b", "c"]))
    made, read = TableDigest("things"), TableDigest("things")
    made.add([Tile(4, 2, {"t": cells})])

    for layout in (Layout(), Layout("csv", "none")):
        read = TableDigest("things")
        schema, data = encoded([field], [{"t": cells}], layout)
        for frame in frames_of(schema, data, layout):
            read.add([Tile(4, 2, frame)])
        assert read == made


def test_all_layouts_are_tried():
    assert {layout.format for layout in LAYOUTS} == set(FORMATS)
    assert len(set(itertools.chain(LAYOUTS))) == len(LAYOUTS)
