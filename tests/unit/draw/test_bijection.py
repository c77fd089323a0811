from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.bijection import Bijection
from support import plain_draw

KEYS = st.builds(Key, st.binary(min_size=16, max_size=16))
FIXED = Bijection.of(Key.from_seed(7).child("transaction_id"))


@st.composite
def cases(draw):
    bits = draw(st.sampled_from([8, 9, 53, 62, 63]))
    identities = draw(st.lists(st.integers(0, 2**bits - 1), min_size=1, max_size=30))
    return Bijection.of(draw(KEYS), bits), identities


@given(cases())
def test_ids_turn_back_into_identities_and_identities_into_ids(case):
    bijection, identities = case
    values = np.array(identities, np.int64)

    assert bijection.invert(bijection.apply(values)).tolist() == identities
    assert bijection.apply(bijection.invert(values)).tolist() == identities


@given(cases())
def test_ids_equal_the_plain_python_reference(case):
    bijection, identities = case
    got = bijection.apply(np.array(identities, np.int64))

    assert got.dtype == np.int64
    assert got.tolist() == [
        plain_draw.permuted(bijection.offset, bijection.factors, i, bijection.bits) for i in identities
    ]


@given(cases())
def test_ids_offset_and_factors_fit_their_bits_and_factors_are_odd(case):
    bijection, identities = case
    bound = 1 << bijection.bits

    assert 0 <= bijection.offset < bound
    assert all(0 < factor < bound and factor % 2 == 1 for factor in bijection.factors)
    assert all(0 <= i < bound for i in bijection.apply(np.array(identities)).tolist())


@given(KEYS, st.sampled_from([8, 11, 14]))
def test_a_small_range_is_permuted_whole(key, bits):
    ids = Bijection.of(key, bits).apply(np.arange(1 << bits))

    assert sorted(ids.tolist()) == list(range(1 << bits))


def test_ids_of_53_bits_survive_64_bit_floats():
    ids = Bijection.of(Key.from_seed(7), 53).apply(np.arange(100_000))

    np.testing.assert_array_equal(ids.astype(np.float64).astype(np.int64), ids)


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


@pytest.mark.parametrize("bits", [53, 63])
@pytest.mark.parametrize("scale", [1, 1 << 20, 1 << 35])
def test_neither_end_of_an_id_shows_its_identity(scale, bits):
    ids = Bijection.of(Key.from_seed(7), bits).apply(np.arange(1 << 17) * scale)

    for part in (ids >> (bits - 8), ids & 255):
        assert stats.chisquare(np.bincount(part, minlength=256)).pvalue > 1e-6


def test_another_key_gives_other_ids():
    identities = np.arange(10_000)

    other = Bijection.of(Key.from_seed(8).child("transaction_id")).apply(identities)

    assert not np.intersect1d(FIXED.apply(identities), other).size


def test_identities_are_left_as_they_were():
    identities = np.arange(100)

    FIXED.invert(FIXED.apply(identities))

    np.testing.assert_array_equal(identities, np.arange(100))
