from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.draw.alias import ONE, alias_tables

GROUPS = st.lists(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), min_size=1, max_size=6)


@given(GROUPS)
def test_every_choice_comes_up_with_its_weight(groups):
    weight = np.array([w for group in groups for w in group])
    group = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    keep, other = alias_tables(weight, group)

    assert (group[other] == group).all()
    got = [Fraction(0)] * len(weight)
    for position, (kept, taker) in enumerate(zip(keep.tolist(), other.tolist(), strict=True)):
        part = Fraction(kept + 1 if kept == ONE - 1 else kept, ONE)
        got[position] += part
        got[taker] += 1 - part
    for position, chance in enumerate(got):
        mine = groups[group[position]]
        assert abs(chance / len(mine) - Fraction(int(weight[position]), sum(mine))) < Fraction(2 * len(mine), ONE)


def test_weights_whose_products_exceed_64_bits_keep_their_shares():
    weight = np.array([1 << 60, 1 << 59, 1 << 58, 1, 1 << 60, 3])
    keep, other = alias_tables(weight, np.zeros(6, np.int64))
    got = keep / ONE
    np.add.at(got, other, 1 - keep / ONE)

    assert got / 6 == pytest.approx(weight / weight.sum(), abs=1e-8)
    assert (other >= 0).all()


def test_groups_may_be_left_out():
    keep, other = alias_tables(np.array([3, 1, 5]), np.array([2, 2, 7]))

    assert other.tolist() == [0, 0, 2]
    assert keep.tolist() == [ONE - 1, ONE // 2, ONE - 1]


def test_nothing_has_no_table():
    keep, other = alias_tables(np.zeros(0, np.int64), np.zeros(0, np.int64))

    assert (len(keep), len(other)) == (0, 0)
