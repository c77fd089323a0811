from __future__ import annotations

import numpy as np
import pytest
import xxhash
from hypothesis import assume, given
from hypothesis import strategies as st

from rowmill.model.digest import Digester, TableDigest, cells_hash, dataset_digest
from rowmill.model.frame import Cells, Dictionary, take_rows
from rowmill.model.schema import Field, Schema
from rowmill.model.table import Tile
from support.frames import columns, frames


def digest_of(tiles, table="t"):
    total = TableDigest(table)
    for tile in tiles:
        total.add([tile])
    return total


def hash_of(cells, domain=None):
    return cells_hash("t", "c", 0, 0, cells, domain)


def tiles_of(frame_list):
    return [Tile(number // 2, number % 2, frame) for number, frame in enumerate(frame_list)]


@given(st.lists(frames(), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_tiles_add_up_in_any_order_and_grouping(frame_list, random):
    tiles = tiles_of(frame_list)
    shuffled = random.sample(tiles, len(tiles))
    cut = random.randrange(len(tiles) + 1)
    first, second = digest_of(shuffled[:cut]), digest_of(shuffled[cut:])

    first.merge(second)

    assert first.value == digest_of(tiles).value
    assert first.rows == sum(tile.rows for tile in tiles)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20, unique=True), st.integers(1, 60))
def test_tiles_that_wait_for_others_add_up_to_the_same(places, at_once):
    schema = Schema("t", "1", "Things.", (Field("n", "int64", "A number."), Field("m", "int64", "Another.")), ("n",))
    tiles = [Tile(b, w, {"n": Cells(np.arange(b * w)), "m": Cells(np.arange(b * w) * w)}) for b, w in places]
    digester = Digester(schema, at_once)

    for tile in tiles:
        digester.add(tile)

    assert digester.finish() == digester.finish() == digest_of(tiles)


@given(frames(), st.data())
def test_a_column_alone_has_the_digest_that_it_has_beside_others(frame, data):
    name = data.draw(st.sampled_from(sorted(frame)))

    alone = digest_of([Tile(3, 4, {name: frame[name]})])

    assert alone.columns[name] == digest_of([Tile(3, 4, frame)]).columns[name]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.permutations(range(5)))
def test_the_numbering_of_codes_does_not_matter(values, order):
    texts = ["VISA", "AMEX", "", "é", "x" * 40]
    codes = np.array(values, np.int32)
    plain = Cells(codes, None, Dictionary(texts))
    renumbered = Cells(np.argsort(order)[codes].astype(np.int8), None, Dictionary([texts[i] for i in order]))

    assert cells_hash("t", "c", 0, 0, plain) == cells_hash("t", "c", 0, 0, renumbered)


@given(st.lists(st.none() | st.integers(0, 4), min_size=1, max_size=30), st.permutations(range(5)))
def test_enums_count_by_their_places_in_the_domain(values, order):
    domain = ("VISA", "AMEX", "", "é", "x" * 40)
    nulls = np.array([value is None for value in values])
    places = np.array([value or 0 for value in values], np.int8)
    made = Cells(places, nulls, Dictionary(domain))
    shuffled = Dictionary(["never used", *(domain[i] for i in order)])
    read = Cells(np.where(nulls, 0, 1 + np.argsort(order)[places]).astype(np.int32), nulls, shuffled)
    numbers = Cells(np.where(nulls, 0, places).astype(np.uint8), nulls)

    assert hash_of(made, domain) == hash_of(read, domain) == hash_of(numbers)
    assert nulls.all() or hash_of(made, domain) != hash_of(made, (*domain[1:], domain[0]))


def test_a_domain_may_be_wider_than_a_byte():
    domain = tuple(f"{n:04}" for n in range(300))
    codes = np.array([0, 255, 256, 299])
    backwards = Cells(299 - codes, None, Dictionary(reversed(domain)))

    assert hash_of(Cells(codes, None, Dictionary(domain)), domain) == hash_of(backwards, domain)
    assert hash_of(backwards, domain) == hash_of(Cells(codes.astype(np.uint16)))


def test_a_text_that_the_domain_lacks_is_an_error_where_it_shows():
    cells = Cells(np.array([0, 1]), np.array([False, True]), Dictionary(["online", "by post"]))

    hash_of(cells, ("online", "in person"))
    with pytest.raises(ValueError, match=r"t\.c: 'by post' is not one of online, in person"):
        hash_of(Cells(cells.values, None, cells.dictionary), ("online", "in person"))


@given(st.integers(-128, 120), st.lists(st.integers(0, 7), min_size=1, max_size=30))
def test_numbers_in_a_row_from_a_dictionary_count_as_the_numbers(first, codes):
    years = np.arange(first, first + 8).astype(np.int8)
    coded = Cells(np.array(codes, np.int16), None, Dictionary(years))

    assert hash_of(coded) == hash_of(Cells(years[codes]))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_numbers_from_a_dictionary_count_as_the_numbers(values):
    prices = np.array([100, 250, 999, 1999, -5])
    coded = Cells(np.array(values, np.uint8), None, Dictionary(prices))

    assert cells_hash("t", "c", 0, 0, coded) == cells_hash("t", "c", 0, 0, Cells(prices[values]))


@given(columns(), st.data())
def test_any_changed_cell_changes_the_digest(column, data):
    _, cells, seen = column
    visible = [i for i, value in enumerate(seen) if value is not None]
    assume(visible)
    row = data.draw(st.sampled_from(visible))
    values = cells.values.copy()
    if cells.dictionary is None:
        values.view(np.uint8).reshape(len(values), -1)[row, 0] ^= 1
        changed = Cells(values, cells.nulls)
    else:
        texts = [*cells.dictionary.values.to_pylist(), "another text"]
        values[row] = len(texts) - 1
        changed = Cells(values, cells.nulls, Dictionary(texts))

    assert cells_hash("t", "c", 0, 0, changed) != cells_hash("t", "c", 0, 0, cells)


@given(columns(), st.data())
def test_any_null_more_or_less_changes_the_digest(column, data):
    _, cells, seen = column
    assume(seen)
    row = data.draw(st.integers(0, len(seen) - 1))
    nulls = np.zeros(len(seen), bool) if cells.nulls is None else cells.nulls.copy()
    nulls[row] = not nulls[row]

    changed = Cells(cells.values, nulls, cells.dictionary)

    assert cells_hash("t", "c", 0, 0, changed) != cells_hash("t", "c", 0, 0, cells)


def test_a_null_is_not_a_zero_and_no_nulls_are_no_mask():
    zeros = np.zeros(5, np.int64)

    assert cells_hash("t", "c", 0, 0, Cells(zeros, np.ones(5, bool))) != cells_hash("t", "c", 0, 0, Cells(zeros))
    assert cells_hash("t", "c", 0, 0, Cells(zeros, np.zeros(5, bool))) == cells_hash("t", "c", 0, 0, Cells(zeros))


@pytest.mark.parametrize(
    "place", [("u", "c", 0, 0), ("t", "d", 0, 0), ("t", "c", 1, 0), ("t", "c", 0, 1), ("t", "c", 1, 1)]
)
def test_values_are_bound_to_their_place(place):
    cells = Cells(np.arange(10))

    assert cells_hash(*place, cells) != cells_hash("t", "c", 0, 0, cells)


@given(frames(), st.data())
def test_rows_that_change_places_change_the_digest(frame, data):
    size = len(next(iter(frame.values())))
    order = np.array(data.draw(st.permutations(range(size))))
    moved = {name: cells.take(order) for name, cells in frame.items()}
    same = all(
        m.canonical().tobytes() == c.canonical().tobytes() and (c.nulls is None or (m.nulls == c.nulls).all())
        for m, c in zip(moved.values(), frame.values(), strict=True)
    )

    assert (digest_of([Tile(0, 0, moved)]).value == digest_of([Tile(0, 0, frame)]).value) == same


def test_rows_moved_to_a_neighbouring_tile_change_the_digest():
    frame = {"c": Cells(np.arange(10))}
    early = [Tile(0, 0, take_rows(frame, slice(0, 5))), Tile(0, 1, take_rows(frame, slice(5, 10)))]
    late = [Tile(0, 0, take_rows(frame, slice(0, 6))), Tile(0, 1, take_rows(frame, slice(6, 10)))]

    assert digest_of(early).value != digest_of(late).value


def test_equal_changes_in_two_columns_do_not_cancel():
    one, two = np.arange(10), np.arange(10) + 1
    frame = {"a": Cells(one), "b": Cells(two)}
    swapped = {"a": Cells(two), "b": Cells(one)}

    assert digest_of([Tile(0, 0, frame)]).value != digest_of([Tile(0, 0, swapped)]).value


def test_the_order_of_columns_does_not_matter_and_an_empty_tile_adds_nothing():
    frame = {"a": Cells(np.arange(3)), "b": Cells(np.ones(3))}
    backwards = dict(reversed(frame.items()))
    empty = {"a": Cells(np.arange(0)), "b": Cells(np.ones(0))}

    assert digest_of([Tile(0, 0, backwards), Tile(0, 1, empty)]).value == digest_of([Tile(0, 0, frame)]).value


@given(st.lists(frames(), max_size=3))
def test_plain_data_makes_an_equal_digest(frame_list):
    total = digest_of(tiles_of(frame_list))

    assert TableDigest.from_json("t", total.to_json()) == total


@pytest.mark.parametrize("data", [{"rows": "3", "columns": {}}, {"rows": 3, "columns": []}])
def test_data_of_another_kind_is_refused(data):
    with pytest.raises(ValueError, match="not a digest of table t"):
        TableDigest.from_json("t", data)


def test_the_hash_is_the_one_that_is_documented():
    nulls = np.array([False, True, False])
    header = b"t\x1fc\x1f7\x1f9\x1f3\x1f1\x1f"
    expected = xxhash.xxh3_128(header + np.array([5, 0, 6]).tobytes() + bytes([0b01000000])).intdigest()

    assert cells_hash("t", "c", 7, 9, Cells(np.array([5, 99, 6]), nulls)) == expected


def test_a_dataset_has_one_digest_whatever_the_order_of_its_tables():
    one, other = digest_of([Tile(0, 0, {"a": Cells(np.arange(3))})], "one"), TableDigest("other")

    assert dataset_digest({"one": one, "other": other}) == dataset_digest({"other": other, "one": one})
    assert dataset_digest({"one": one}) != dataset_digest({"one": one, "other": other})
    assert len(dataset_digest({})) == 32
