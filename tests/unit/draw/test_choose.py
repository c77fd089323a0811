"""Choices: exactly k of n rows, and one of several by weight."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.choose import DECK_BITS, Weighted, deck, deck_of, integer_weights, pick, smallest, taken
from rowmill.draw.words import words

WEIGHTS = st.lists(st.integers(0, 10**6) | st.just(0), min_size=1, max_size=60)
WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30)
SAMPLE = words(Key.from_seed(3).child("tables"), np.arange(1 << 18))


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=200), st.integers(0, 220))
def test_the_rows_with_the_smallest_words_are_taken(values, count):
    word = np.array(values, np.uint64)
    expected = set(sorted(values)[:count])

    flags = taken(word, count)

    assert flags.dtype == np.bool_
    assert set(word[flags].tolist()) == expected
    assert set(word[smallest(word, count)].tolist()) == expected


@given(st.integers(0, 2_000), st.randoms())
def test_who_is_taken_does_not_depend_on_the_order_of_rows(count, random):
    word = SAMPLE[:2_000]
    order = np.array(random.sample(range(2_000), 2_000))

    assert (taken(word[order], count) == taken(word, count)[order]).all()


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=40))
def test_integer_weights_keep_order_proportion_and_presence(weights):
    values = np.array(weights)
    got = integer_weights(values)

    assert got.dtype == np.int64
    assert ((got > 0) == (values > 0)).all()
    assert (np.diff(got[np.argsort(values, kind="stable")]) >= 0).all()
    if values.any():
        assert got.max() == 1 << 20
        assert np.abs(got - values / values.max() * (1 << 20)).max() <= 1


def test_no_weights_at_all_stay_none():
    assert integer_weights(np.array([])).tolist() == []
    assert integer_weights(np.zeros(3)).tolist() == [0, 0, 0]


@given(WEIGHTS, st.sampled_from([1 << 6, 1 << DECK_BITS]))
def test_a_deck_gives_each_choice_its_share_of_slots(weights, slots):
    assume(any(weights))
    got = deck(np.array(weights), slots)
    counts = np.bincount(got, minlength=len(weights)).tolist()

    assert len(got) == slots
    assert (np.diff(got) >= 0).all()
    assert all(abs(n - Fraction(w * slots, sum(weights))) <= 1 for n, w in zip(counts, weights, strict=True))
    assert all(n == 0 for n, w in zip(counts, weights, strict=True) if w == 0)
    borders = zip(accumulate(counts), accumulate(weights), strict=True)
    assert all(abs(slot - Fraction(before * slots, sum(weights))) <= Fraction(1, 2) for slot, before in borders)


@given(WORDS, st.integers(0, 52))
def test_a_pick_reads_the_slot_that_its_bits_name(values, low):
    table = np.arange(1 << DECK_BITS, dtype=np.int32)[::-1].copy()

    got = pick(np.array(values, np.uint64), table, low)

    assert got.tolist() == [int(table[v >> low & (1 << DECK_BITS) - 1]) for v in values]


def test_picks_follow_the_weights():
    weights = np.array([500, 300, 150, 49, 1])
    counts = np.bincount(pick(SAMPLE, deck(weights, 1 << 16), 48), minlength=5)

    assert stats.chisquare(counts, weights / weights.sum() * len(SAMPLE), ddof=0).pvalue > 1e-6


def test_a_deck_of_numbers_holds_the_numbers_themselves():
    got = deck_of(np.array([30, -7, 4]), np.array([0.5, 0.0, 0.125]), 1 << 10)

    assert got.dtype == np.int64
    assert np.unique(got, return_counts=True)[1].tolist() == [205, 819]
    assert got[0] == 30


def test_no_choice_is_too_light_to_come_up():
    weights = np.array([10**6, 1, 0, 10**5, 3])
    assert np.bincount(deck(weights), minlength=5).tolist()[1] == 0

    even = np.arange(1 << 20, dtype=np.uint64) << np.uint64(44)
    table = Weighted.of(weights)
    chance = np.zeros(5)
    np.add.at(chance, table.own, table.keep / (1 << 32) / len(table.own))
    np.add.at(chance, table.other, (1 - table.keep / (1 << 32)) / len(table.own))

    assert chance == pytest.approx(weights / weights.sum(), abs=1e-9)
    assert set(np.unique(table.pick(even)).tolist()) <= {0, 1, 3, 4}


def test_weighted_choices_follow_the_weights():
    weights = np.array([5, 0, 300, 1, 150, 49, 700])
    counts = np.bincount(Weighted.of(weights).pick(SAMPLE), minlength=7)

    assert counts[1] == 0
    there = weights > 0
    assert stats.chisquare(counts[there], weights[there] / weights.sum() * len(SAMPLE)).pvalue > 1e-6
