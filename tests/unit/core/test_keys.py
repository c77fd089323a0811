from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.keys import Key

SEEDS = st.integers(0, 2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(SEEDS, st.lists(NAMES, max_size=4), st.lists(NAMES, max_size=4))
def test_a_path_can_be_walked_in_any_number_of_steps(seed, first, second):
    root = Key.from_seed(seed)

    assert root.child(*first, *second) == root.child(*first).child(*second)


@given(SEEDS, st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4))
def test_two_paths_share_a_key_only_if_they_are_equal(seed, first, second):
    root = Key.from_seed(seed)

    assert (root.child(*first) == root.child(*second)) == (first == second)


def test_names_are_not_joined_before_they_are_hashed():
    root = Key.from_seed(1)

    assert root.child("ab", "c") != root.child("a", "bc")
    assert root.child("a", "b") != root.child("b", "a")
    assert root.child("a") != root.child("a", "")


@given(SEEDS, SEEDS)
def test_seeds_have_keys_of_their_own(one, other):
    assert (Key.from_seed(one) == Key.from_seed(other)) == (one == other)


@given(SEEDS, NAMES)
def test_a_child_is_the_keyed_hash_that_the_documentation_names(seed, name):
    raw = hashlib.blake2b(seed.to_bytes(8, "big"), digest_size=16, person=b"rowmill").digest()
    expected = hashlib.blake2b(name.encode() + b"\x1f", digest_size=16, key=raw, person=b"rowmill").digest()

    assert Key.from_seed(seed).child(name).raw == expected


def test_keys_are_pinned():
    key = Key.from_seed(42).child("payments", "transactions", "amount")

    assert Key.from_seed(42).raw.hex() == "0a3e0a06db11ebbd82088f884644dd1e"
    assert key.raw.hex() == "2cf5164e8ce08f53b7e67632806c03d7"
    assert key.words == (
        int("2cf5164e8ce08f53b7e67632806c03d7"[:16], 16),
        int("2cf5164e8ce08f53b7e67632806c03d7"[16:], 16),
    )


@given(SEEDS, st.integers(1, 2**64))
def test_an_integer_lies_below_its_bound(seed, bound):
    assert 0 <= Key.from_seed(seed).integer(bound) < bound


def test_integers_fill_their_range_evenly():
    counts = [0] * 10
    for seed in range(5_000):
        counts[Key.from_seed(seed).integer(10)] += 1

    assert all(abs(count - 500) < 5 * 500**0.5 for count in counts)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_64_bits_is_no_key(seed):
    with pytest.raises(OverflowError):
        Key.from_seed(seed)
