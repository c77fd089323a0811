"""Keys counted and compared over rows that do not fit into memory, against sets of Python values."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.frame import Cells, Dictionary
from rowmill.run.checks import keys as keys_module
from rowmill.run.checks.keys import GROUPS, Keys, Lookup, key_hashes


def cells(values, kind=None, nulls=None):
    return Cells(np.array(values, kind), None if nulls is None else np.array(nulls, bool))


def repeated(batches):
    with closing(Keys()) as keys:
        for columns in batches:
            keys.add(key_hashes(columns))
        assert keys.rows == sum(len(columns[0]) for columns in batches)
        return keys.repeated()


@given(st.lists(st.lists(st.integers(-3, 60), min_size=1, max_size=20), max_size=6))
def test_rows_whose_key_came_before_are_counted(batches):
    every = [value for batch in batches for value in batch]

    assert repeated([[cells(batch)] for batch in batches]) == len(every) - len(set(every))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.booleans()), min_size=1, max_size=60))
def test_a_key_of_several_columns_is_equal_where_all_are(rows):
    columns = [cells(values, kind) for values, kind in zip(zip(*rows, strict=True), ("u1", "i8", "?"), strict=True)]

    assert repeated([columns]) == len(rows) - len(set(rows))


@given(st.lists(st.tuples(st.integers(0, 2), st.none() | st.integers(0, 2)), min_size=1, max_size=40))
def test_a_missing_value_equals_a_missing_one_alone(rows):
    first, second = zip(*rows, strict=True)
    columns = [cells(first), cells([value or 0 for value in second], nulls=[value is None for value in second])]

    assert repeated([columns]) == len(rows) - len(set(rows))


def test_columns_that_change_places_are_another_key():
    one, two = cells([1, 2]), cells([2, 1])

    assert repeated([[one, two]]) == 0
    assert repeated([[one, two], [two.take(slice(None, None, -1)), one.take(slice(None, None, -1))]]) == 2


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1), st.sampled_from(["i1", "i2", "i4"]))
def test_integers_are_equal_whatever_their_width(values, kind):
    narrow = np.array(values).astype(kind)

    assert np.array_equal(key_hashes([Cells(narrow)]), key_hashes([Cells(narrow.astype(np.int64))]))


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=30))
def test_uuids_are_equal_where_all_their_bits_are(raw):
    assert repeated([[cells(raw, "V16")]]) == len(raw) - len(set(raw))


def test_texts_are_equal_whatever_their_dictionaries():
    one = Cells(np.array([0, 1]), None, Dictionary(["a", "b"])).canonical()
    other = Cells(np.array([1, 0]), None, Dictionary(["b", "a"])).canonical()

    assert np.array_equal(key_hashes([Cells(one)]), key_hashes([Cells(other)]))


@pytest.mark.parametrize("held", [64, 100_000])
def test_keys_that_left_memory_are_counted_and_sorted_too(monkeypatch, held):
    monkeypatch.setattr(keys_module, "_HELD_BYTES", held)
    ids = np.arange(50_000)
    batches = [ids, ids + 40_000, ids[:7]]

    assert repeated([[Cells(batch)] for batch in batches]) == 10_007
    with closing(Keys()) as keys:
        for batch in batches:
            keys.add(key_hashes([Cells(batch)]))
        groups = [keys.group(number) for number in range(GROUPS)]
    assert np.array_equal(np.sort(np.concatenate(groups)), np.sort(key_hashes([Cells(np.concatenate(batches))])))
    assert all(len(set((group >> np.uint64(58)).tolist())) == 1 for group in groups)


@given(st.lists(st.integers(0, 2**63)), st.lists(st.integers(0, 2**63)), st.integers(0, 3))
def test_a_key_that_is_looked_up_is_absent_where_a_set_lacks_it(there, asked, shift):
    known, keys = (np.array(values, np.uint64) >> np.uint64(1 + shift) for values in (there, [*there[::2], *asked]))

    missing = Lookup(known, same=shift).absent(keys)

    assert sorted(missing.tolist()) == sorted(key for key in keys.tolist() if key not in known)
