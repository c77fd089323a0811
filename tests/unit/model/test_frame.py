from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.frame import Cells, Dictionary, frame_length, record_batch, take_rows, word_columns
from rowmill.model.schema import Field, Schema
from rowmill.model.texthash import text_hashes
from rowmill.model.types import numbers
from support.frames import TEXTS, columns


def schema_of(*fields):
    return Schema("t", "1", "A table.", fields, unique=((fields[0].name,),))


@given(columns())
def test_a_reader_sees_the_values_that_were_put_in(column):
    field, cells, seen = column
    array = cells.to_arrow(field)

    assert array.to_pylist() == seen
    assert array.null_count == seen.count(None)
    if cells.dictionary is None:
        assert array.type == field.arrow.type
    else:
        assert array.type.value_type == field.arrow.type


@given(columns())
def test_another_reader_agrees(column):
    field, cells, seen = column
    batch = record_batch({"x": cells}, schema_of(field))

    assert pl.from_arrow(pa.Table.from_batches([batch]))["x"].to_list() == seen
    assert batch.schema.field("x").nullable == field.nullable


@given(columns(), st.data())
def test_rows_can_be_taken_by_index_mask_or_slice(column, data):
    field, cells, seen = column
    size = len(seen)
    index = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=10) if size else st.just([])), np.int64)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool)
    start = data.draw(st.integers(0, size))

    assert cells.take(index).to_arrow(field).to_pylist() == [seen[i] for i in index]
    assert cells.take(mask).to_arrow(field).to_pylist() == [v for v, kept in zip(seen, mask, strict=True) if kept]
    assert cells.take(slice(start, None)).to_arrow(field).to_pylist() == seen[start:]


@given(columns())
def test_canonical_values_are_contiguous_and_zero_at_nulls(column):
    _, cells, seen = column
    got = Cells(cells.values[::-1], None if cells.nulls is None else cells.nulls[::-1], cells.dictionary).canonical()

    assert got.flags.c_contiguous
    assert len(got) == len(seen)
    assert not got[[v is None for v in reversed(seen)]].any()


@given(columns(), st.integers(0, 2**32 - 1))
def test_what_stands_at_a_null_is_not_seen(column, noise):
    field, cells, seen = column
    if cells.nulls is None:
        return
    other = cells.values.copy()
    rng = np.random.default_rng(noise)
    top = len(cells.dictionary) if cells.dictionary else 2
    other[cells.nulls] = rng.integers(0, top, int(cells.nulls.sum()))
    changed = Cells(other, cells.nulls, cells.dictionary)

    assert changed.to_arrow(field).to_pylist() == seen
    assert changed.canonical().tobytes() == cells.canonical().tobytes()


@given(st.lists(TEXTS, unique=True, max_size=10))
def test_a_dictionary_of_texts_hashes_each_by_its_utf8(texts):
    dictionary = Dictionary(texts)

    assert len(dictionary) == len(texts)
    assert dictionary.values.to_pylist() == texts
    assert dictionary.canonical.tolist() == text_hashes(pa.array(texts, pa.string())).tolist()


def test_a_dictionary_of_numbers_stands_for_the_numbers_themselves():
    prices = np.array([1999, 250, 100])
    cells = Cells(np.array([2, 0, 0], np.uint8), None, Dictionary(prices))

    assert cells.canonical().tolist() == [100, 1999, 1999]
    assert cells.to_arrow(Field("x", "int64", "Price.")).to_pylist() == [100, 1999, 1999]


@pytest.mark.parametrize(
    ("field", "values", "seen"),
    [
        (Field("x", "decimal", "Price.", scale=2), pa.array([1999, -5]), [Decimal("19.99"), Decimal("-0.05")]),
        (
            Field("x", "uuid", "Id."),
            pa.array([b"0" * 16, b"a" * 16], pa.binary(16)),
            [str(UUID(bytes=b"0" * 16)), str(UUID(bytes=b"a" * 16))],
        ),
        (Field("x", "time", "Time."), pa.array([0, 61_000_001], pa.time64("us")), [dt.time(), dt.time(0, 1, 1, 1)]),
    ],
)
def test_a_dictionary_of_any_type_means_what_its_values_mean(field, values, seen):
    codes = np.array([1, 0, 1], np.int8)
    coded, plain = Cells(codes, None, Dictionary(values)), Cells(numbers(values)[codes])

    assert coded.to_arrow(field).to_pylist() == plain.to_arrow(field).to_pylist() == [seen[1], seen[0], seen[1]]
    assert coded.canonical().tobytes() == plain.canonical().tobytes()
    assert Dictionary(pa.concat_arrays([values, values])).distinct[1].equals(values)


def test_a_decimal_of_more_digits_than_its_type_has_is_an_error():
    with pytest.raises(ValueError, match="-1000000000000000000 minor units: a decimal has at most 18 digits"):
        Cells(np.array([7, -(10**18)])).to_arrow(Field("x", "decimal", "Price.", scale=2))


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=9))
def test_the_columns_of_uuids_sort_as_their_texts_do(raw):
    values = np.array(raw, "V16")
    texts = Cells(values).to_arrow(Field("x", "uuid", "Id.")).to_pylist()

    order = np.lexsort(word_columns(values)[::-1])

    assert [texts[place] for place in order] == sorted(texts)


def test_an_empty_dictionary_still_holds_text():
    empty = Cells(np.array([], np.int32), None, Dictionary([]))
    array = empty.to_arrow(Field("x", "string", "Nothing."))

    assert array.type == pa.dictionary(pa.int32(), pa.string())
    assert len(empty.canonical()) == 0


def test_a_number_too_large_for_its_field_is_an_error_and_no_wrap():
    with pytest.raises(pa.ArrowInvalid):
        Cells(np.array([300])).to_arrow(Field("x", "int8", "Small."))


def test_batches_keep_the_order_of_the_frame_and_share_dictionaries():
    names = Dictionary(["a", "b"])
    frame = {"k": Cells(np.arange(4)), "n": Cells(np.array([1, 0, 1, 1], np.int8), None, names)}
    schema = schema_of(Field("k", "int64", "Key."), Field("n", "enum", "Name.", values=("a", "b")))

    batch = record_batch(frame, schema)

    assert batch.schema.names == ["k", "n"]
    assert batch.column("n").dictionary.to_pylist() == ["a", "b"]
    assert take_rows(frame, np.array([2, 0]))["n"].dictionary is names


def test_the_length_of_a_frame():
    assert frame_length({}) == 0
    assert frame_length({"k": Cells(np.arange(4))}) == 4
