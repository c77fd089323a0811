"""Primary keys counted over rows that do not fit into memory, against a set of Python values."""

from __future__ import annotations

from contextlib import closing

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowmill.run.checks import uniqueness
from rowmill.run.checks.uniqueness import KeyCount


def repeated(batches):
    with closing(KeyCount()) as keys:
        for columns in batches:
            keys.add(columns)
        return keys.repeated()


@given(st.lists(st.lists(st.integers(-3, 60), min_size=1, max_size=20), max_size=6))
def test_rows_whose_key_came_before_are_counted(batches):
    every = [value for batch in batches for value in batch]

    assert repeated([[np.array(batch)] for batch in batches]) == len(every) - len(set(every))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.booleans()), min_size=1, max_size=60))
def test_a_key_of_several_columns_is_equal_where_all_are(rows):
    columns = [np.array(values, kind) for values, kind in zip(zip(*rows, strict=True), ("u1", "i8", "?"), strict=True)]

    assert repeated([columns]) == len(rows) - len(set(rows))


def test_columns_that_change_places_are_another_key():
    one, two = np.array([1, 2]), np.array([2, 1])

    assert repeated([[one, two]]) == 0
    assert repeated([[one, two], [two[::-1], one[::-1]]]) == 2


def test_keys_that_left_memory_are_counted_too(monkeypatch):
    monkeypatch.setattr(uniqueness, "_HELD_BYTES", 64)
    ids = np.arange(50_000)

    assert repeated([[ids], [ids + 40_000]]) == 10_000
