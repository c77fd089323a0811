"""The hash RNG in arrays and in Polars: the reference's numbers, evenly spread, and quotas that add up."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.domains.workforce.random.rng import (
    ALWAYS,
    Drawer,
    below,
    draw,
    happens,
    order_of,
    quota_offset,
    slot,
    stream_words,
    text_words,
)
from rowmill.domains.workforce.random.rng_polars import draw_expr, words_frame
from rowmill.draw.md5 import plain_md5_words
from support import plain_hash

KEYS = 1_000_000
UNIFORM_P = 1e-4
SIX_SIGMA = 6 / np.sqrt(KEYS)
KEY = (42, 2025, "termination", "who")
WORDS = st.lists(st.integers(0, 2**32 - 1), max_size=60)


@pytest.fixture(scope="module")
def people():
    return words_frame(f"EMP_{n:07d}" for n in range(1, KEYS + 1))


def arrays(people):
    return people["a"].to_numpy(), people["b"].to_numpy()


def reference(people, key):
    """Return the draws of a million employees by another arithmetic: products in 64 bits, masked."""
    mask = np.uint64(0xFFFFFFFF)

    def mixed(x):
        x = (x ^ (x >> np.uint64(16))) * np.uint64(0x7FEB352D) & mask
        x = (x ^ (x >> np.uint64(15))) * np.uint64(0x846CA68B) & mask
        return x ^ (x >> np.uint64(16))

    a, b = (words.astype(np.uint64) for words in arrays(people))
    digest = hashlib.md5("|".join(map(str, key)).encode()).digest()
    s, t = (np.uint64(int.from_bytes(digest[at : at + 4], "big")) for at in (0, 4))
    return mixed(((mixed(a ^ s) ^ b) + t) & mask)


def test_a_million_draws_are_the_references_in_arrays_and_in_polars(people):
    expected = reference(people, KEY)

    in_arrays = draw(*arrays(people), stream_words(*KEY))
    in_polars = people.select(draw_expr(pl.col("a"), pl.col("b"), KEY)).to_series()

    assert np.array_equal(in_arrays, expected)
    assert np.array_equal(in_polars.to_numpy(), expected)
    plain = [plain_hash.draw(people["employee_id"][n], *KEY) for n in range(0, KEYS, 991)]
    assert expected[::991].tolist() == plain


@given(
    st.text(max_size=30), st.integers(0, 2**63 - 1), st.integers(1990, 2117), st.text(max_size=9), st.text(max_size=9)
)
def test_any_key_draws_what_the_reference_draws(employee, seed, year, event_type, salt):
    a, b, c = plain_md5_words([employee.encode()])
    found = draw(a, b, stream_words(seed, year, event_type, salt))

    assert [int(word[0]) for word in (a, b, c)] == plain_hash.words(employee)[:3]
    assert found.tolist() == [plain_hash.draw(employee, seed, year, event_type, salt)]


def test_draws_are_uniform_and_uncorrelated_with_others(people):
    one = draw(*arrays(people), stream_words(*KEY))

    assert stats.kstest(one / 2.0**32, "uniform").pvalue > UNIFORM_P
    others = ((42, 2025, "termination", "date"), (42, 2026, *KEY[2:]), (43, *KEY[1:]), (42, 2025, "raise", "who"))
    for key in others:
        other = draw(*arrays(people), stream_words(*key))
        assert abs(np.corrcoef(one, other)[0, 1]) < SIX_SIGMA
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < SIX_SIGMA


@given(WORDS, st.integers(1, 2**31))
def test_a_draw_below_a_bound_is_the_whole_number_of_the_product(words, bound):
    assert below(np.array(words, np.uint32), bound).tolist() == [word * bound >> 32 for word in words]


@given(WORDS)
def test_what_is_certain_happens_and_what_is_impossible_does_not(words):
    found = np.array(words, np.uint32)

    assert happens(found, ALWAYS).all()
    assert not happens(found, 0).any()
    assert slot(found).tolist() == [word >> 22 for word in words]


@given(st.lists(st.integers(0, 5) | st.integers(0, 2**32 - 1), max_size=60))
def test_equal_draws_keep_the_order_of_employees(words):
    assert order_of(np.array(words, np.uint32)).tolist() == sorted(range(len(words)), key=lambda n: (words[n], n))


@given(
    st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**20), min_size=1, max_size=40).filter(any), st.integers(0, 900)
)
def test_shares_are_those_of_exact_fractions_and_add_up(seed, weights, total):
    found = Drawer(seed, 2025).shares(total, np.array(weights, np.int64), "exits", "3").tolist()

    whole = sum(weights)
    a, b = text_words("quota|exits|3")
    s, t = plain_hash.words(f"{seed}|2025|quota|exits")[:2]
    offset = plain_hash.mix(((plain_hash.mix(a ^ s) ^ b) + t) & plain_hash.MASK) * whole >> 32
    marks = [(total * sum(weights[:k]) + offset) // whole for k in range(len(weights) + 1)]
    assert quota_offset(seed, 2025, "exits", "3", whole) == offset
    assert found == [after - before for before, after in pairwise(marks)]
    assert sum(found) == total
