from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.draw.quota import fraction, half_even, marks, share, shares

KEYS = st.builds(Key, st.binary(min_size=16, max_size=16))
WEIGHTS = st.lists(st.integers(0, 10**6) | st.just(0), min_size=1, max_size=40)
TOTALS = st.integers(0, 10**6) | st.integers(0, 10**15)


@given(TOTALS, WEIGHTS, KEYS)
def test_shares_add_up_and_each_is_within_one_of_exact(total, weights, key):
    assume(any(weights))
    got = shares(total, np.array(weights), key)
    exact = [Fraction(total * w, sum(weights)) for w in weights]

    assert sum(got.tolist()) == total
    assert all(abs(n - e) < 1 for n, e in zip(got.tolist(), exact, strict=True))


@given(TOTALS, WEIGHTS, KEYS)
def test_nothing_goes_where_the_weight_is_zero(total, weights, key):
    assume(any(weights))
    got = shares(total, np.array(weights), key)

    assert not got[np.array(weights) == 0].any()


@given(TOTALS, WEIGHTS, KEYS)
def test_one_share_alone_equals_the_share_among_all(total, weights, key):
    assume(any(weights))
    cumulative = np.concatenate(([0], np.cumsum(weights))).tolist()
    got = shares(total, np.array(weights), key).tolist()

    alone = [share(total, before, after, cumulative[-1], key) for before, after in pairwise(cumulative)]

    assert alone == got


@given(TOTALS, WEIGHTS, KEYS)
def test_splitting_a_weight_in_two_moves_no_other_share(total, weights, key):
    assume(any(weights))
    doubled = [2 * w for w in weights]
    halves = [half for w in weights for half in (w, w)]

    whole, split = shares(total, np.array(doubled), key), shares(total, np.array(halves), key)

    assert split.reshape(-1, 2).sum(axis=1).tolist() == whole.tolist()


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=20), KEYS)
def test_huge_totals_stay_exact(weights, key):
    total = 10**17 + 1
    got = shares(total, np.array(weights), key).tolist()

    assert sum(got) == total
    assert all(abs(n - Fraction(total * w, sum(weights))) < 1 for n, w in zip(got, weights, strict=True))


@given(TOTALS, WEIGHTS, KEYS)
def test_marks_rise_from_zero_to_the_total(total, weights, key):
    assume(any(weights))
    got = marks(total, np.concatenate(([0], np.cumsum(weights))), key)

    assert got[0] == 0
    assert got[-1] == total
    assert (np.diff(got) >= 0).all()


def test_the_key_decides_who_gets_the_odd_one_without_favour():
    wins = sum(shares(1, np.ones(10), Key.from_seed(seed)) for seed in range(4_000))

    assert wins.sum() == 4_000
    assert np.abs(wins - 400).max() < 5 * np.sqrt(400)


def test_nothing_can_be_split_over_nobody_only_if_it_is_nothing():
    key = Key.from_seed(1)

    assert shares(0, np.zeros(3), key).tolist() == [0, 0, 0]
    assert shares(0, np.array([], np.int64), key).tolist() == []
    with pytest.raises(ValueError, match="cannot split 5 over weights that are all zero"):
        shares(5, np.zeros(3), key)


@given(st.decimals(0, 1, places=6), st.integers(0, 10**12))
def test_a_rate_asks_for_its_decimal_product_rounded_half_to_even(rate, count):
    expected = (rate * count).quantize(Decimal(1), ROUND_HALF_EVEN)

    assert half_even(fraction(float(rate)), count) == int(expected)


@pytest.mark.parametrize(("rate", "expected"), [(0.003, (3, 1000)), (1e-7, (1, 10**7)), (1, (1, 1)), (0.0, (0, 1))])
def test_a_float_means_the_decimal_it_was_written_as(rate, expected):
    assert fraction(rate) == Fraction(*expected)
    assert fraction(np.float64(rate)) == Fraction(*expected)
