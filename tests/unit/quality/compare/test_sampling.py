"""Samples: entities whole, the same for a seed, whatever batches a table comes in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rowmill.core.keys import Key
from rowmill.quality.compare.sampling import draw
from support.twins import InMemory

KEY = Key.from_seed(1)


def visits(kind=None):
    entity = np.random.default_rng(2).integers(0, 3_000, 30_000)
    return pa.table({"who": pa.array(entity).cast(kind or pa.int64()), "value": np.arange(30_000)})


@pytest.mark.parametrize("kind", [pa.int64(), pa.string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_entities_come_whole_and_fill_the_sample(kind):
    data = visits(pa.string() if pa.types.is_dictionary(kind) else kind)
    if pa.types.is_dictionary(kind):
        data = data.set_column(0, "who", data["who"].dictionary_encode())
    found = draw(InMemory(data), ["value", "who"], "who", 6_000, KEY)

    kept, count = np.unique(found.rows["who"].cast(pa.string()).to_numpy(), return_counts=True)
    everywhere = dict(zip(*np.unique(data["who"].cast(pa.string()).to_numpy(), return_counts=True), strict=True))
    assert [everywhere[each] for each in kept] == list(count)
    assert 5_800 < found.rows.num_rows <= 6_000
    assert found.total == 30_000
    assert len(np.unique(found.entity)) == len(kept)


@pytest.mark.parametrize("by", ["who", None])
def test_batches_and_knowing_the_number_of_rows_change_nothing(by):
    base = draw(InMemory(visits()), ["value"], by, 5_000, KEY)
    for table in (InMemory(visits(), 77), InMemory(visits(), 30_000)):
        other = draw(table, ["value"], by, 5_000, KEY)
        assert other.rows["value"].to_pylist() == base.rows["value"].to_pylist()
        assert (other.entity == base.entity).all()
    assert draw(InMemory(visits(), counted=False), ["value"], by, 5_000, KEY).total == 30_000
    assert draw(InMemory(visits()), ["value"], by, 5_000, KEY.child("x")).rows != base.rows


def test_a_small_table_comes_whole_and_rows_without_a_key_are_counted():
    data = pa.table({"who": pa.array([1, None, 1, 2]), "value": [1, 2, 3, 4]})
    found = draw(InMemory(data), ["value"], "who", 100, KEY)

    assert sorted(found.rows["value"].to_pylist()) == [1, 3, 4]
    assert (found.total, found.keyless) == (3, 1)
