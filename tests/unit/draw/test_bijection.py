from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.bijection import BITS, Bijection
from support import plain_draw

KEYS = st.builds(Key, st.binary(min_size=16, max_size=16))
IDENTITIES = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=30)
FIXED = Bijection.of(Key.from_seed(7).child("transaction_id"))


@given(KEYS, IDENTITIES)
def test_ids_turn_back_into_identities_and_identities_into_ids(key, identities):
    bijection = Bijection.of(key)
    values = np.array(identities, np.int64)

    assert bijection.invert(bijection.apply(values)).tolist() == identities
    assert bijection.apply(bijection.invert(values)).tolist() == identities


@given(KEYS, IDENTITIES)
def test_ids_equal_the_plain_python_reference(key, identities):
    bijection = Bijection.of(key)
    got = bijection.apply(np.array(identities, np.int64))

    assert got.dtype == np.int64
    assert got.tolist() == [plain_draw.permuted(bijection.offset, bijection.factors, i) for i in identities]


@given(KEYS)
def test_offset_and_factors_fit_63_bits_and_factors_are_odd(key):
    bijection = Bijection.of(key)

    assert 0 <= bijection.offset < 1 << BITS
    assert all(0 < factor < 1 << BITS and factor % 2 == 1 for factor in bijection.factors)


@pytest.mark.parametrize("identity", [0, 1, 2**32, 2**62, 2**63 - 1])
def test_the_ends_of_the_range_have_ids(identity):
    got = FIXED.apply(np.array([identity]))

    assert got[0] >= 0
    assert FIXED.invert(got)[0] == identity


def test_ids_are_pinned():
    assert FIXED.apply(np.array([0, 1, 2, 10**12])).tolist() == [
        4590597514348869278,
        2503913015880920369,
        3325845397623373299,
        7012201706808907160,
    ]


def test_ids_are_distinct_and_unordered():
    identities = np.concatenate([np.arange(1 << 17), np.arange(1 << 17) << 40])
    ids = FIXED.apply(identities)

    assert len(np.unique(ids)) == len(np.unique(identities))
    assert abs(stats.spearmanr(identities[: 1 << 17], ids[: 1 << 17]).statistic) < 5 / np.sqrt(1 << 17)


@pytest.mark.parametrize("scale", [1, 1 << 20, 1 << 40])
def test_neither_end_of_an_id_shows_its_identity(scale):
    ids = FIXED.apply(np.arange(1 << 17) * scale)

    for part in (ids >> 55, ids & 255):
        assert stats.chisquare(np.bincount(part, minlength=256)).pvalue > 1e-6


def test_another_key_gives_other_ids():
    identities = np.arange(10_000)

    other = Bijection.of(Key.from_seed(8).child("transaction_id")).apply(identities)

    assert not np.intersect1d(FIXED.apply(identities), other).size


def test_identities_are_left_as_they_were():
    identities = np.arange(100)

    FIXED.invert(FIXED.apply(identities))

    np.testing.assert_array_equal(identities, np.arange(100))
