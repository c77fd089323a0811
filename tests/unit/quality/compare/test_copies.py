"""Exact copies, looked for among all rows of a table that is read in batches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rowmill.core.keys import Key
from rowmill.quality.compare import copies as copying
from rowmill.quality.compare.copies import find, row_hashes
from rowmill.quality.compare.privacy import copied_rows
from rowmill.quality.compare.sampling import draw
from support.twins import InMemory, population

COLUMNS = ("age", "income", "spent", "shop", "member", "visits")


def found(real, synthetic, sample=400, by=None, columns=COLUMNS):
    tables = [InMemory(real, 700), InMemory(synthetic, 900)]
    drawn = [draw(each, list(columns), by, sample, Key.from_seed(3)) for each in tables]
    return find(*tables, drawn, columns, frozenset(), by)


def test_copies_are_found_among_rows_that_no_sample_has():
    real = population(5_000, 1)
    mixed = pa.concat_tables([real.take(np.arange(0, 5_000, 10)), population(4_500, 2)])

    copies = found(real, mixed)

    assert len(copies.synthetic) == pytest.approx(400, abs=60)
    assert copies.synthetic.mean() == pytest.approx(0.1, abs=0.05)
    assert not copies.control.any()
    assert not copies.identical


@pytest.mark.parametrize("at_once", [1 << 24, 700])
def test_every_copy_is_counted_though_no_sample_has_it(at_once, monkeypatch):
    monkeypatch.setattr(copying, "_A_PASS", at_once)
    real = population(5_000, 1)
    mixed = pa.concat_tables([population(4_997, 2), real[4_000:4_003]])

    copies = found(real, mixed, sample=50)

    assert (copies.rows, copies.hits) == (5_000, 3)
    assert copies.unexplained
    assert "3 of all 5,000 synthetic rows" in copied_rows(copies)[0].said[0]
    assert found(real, population(4_000, 2), sample=50).hits == 0


def test_a_table_in_another_order_is_identical_and_one_with_a_row_changed_is_not():
    real = population(2_000, 1)
    mixed = real.take(np.random.default_rng(2).permutation(2_000))

    assert found(real, mixed).identical
    assert not found(real, mixed[1:]).identical
    assert not found(real, pa.concat_tables([mixed[1:], mixed[1:2]])).identical


def test_rows_that_entities_share_by_chance_are_the_control_and_an_entity_s_own_repeats_are_not():
    twice = pa.table({"who": [1, 1, 2, 3, 4, 4], "value": [5, 5, 6, 6, 7, 8]})

    copies = found(twice, twice, by="who", columns=("value",))

    assert copies.synthetic.all()
    values = dict(zip([5, 5, 6, 6, 7, 8], copies.control.tolist(), strict=True))
    assert values == {5: False, 6: True, 7: False, 8: False}


def test_equal_numbers_are_equal_rows_whatever_type_holds_them_and_null_is_no_empty_text():
    first = pa.table({"n": pa.array([1, 0, None]), "t": pa.array(["a", "", None])})
    other = pa.table({"n": pa.array([1.0, -0.0, None]), "t": pa.array(["a", "", None]).dictionary_encode()})
    names = ("n", "t")

    assert (row_hashes(first, names, frozenset()) == row_hashes(other, names, frozenset())).all()
    blank = pa.table({"n": pa.array([None], pa.int64()), "t": [""]})
    assert row_hashes(first, names, frozenset())[2] != row_hashes(blank, names, frozenset())[0]
