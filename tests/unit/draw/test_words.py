from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.words import below, bits, mix, pair_words, words
from support import plain_draw

KEYS = st.builds(Key, st.binary(min_size=16, max_size=16))
IDENTITIES = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20)
SAMPLE = np.arange(1 << 18)
FIXED = [Key.from_seed(seed).child("words") for seed in range(3)]
P_TOO_SMALL = 1e-6
"""Keys are fixed, so a statistical test gives one p-value for ever; sound words stay above this one."""


@given(KEYS, IDENTITIES)
def test_words_equal_the_plain_python_reference(key, identities):
    got = words(key, np.array(identities, np.int64))

    assert got.tolist() == [plain_draw.word(key.raw, i) for i in identities]


@given(KEYS, IDENTITIES, st.integers(0, 2**63 - 1))
def test_pair_words_equal_the_plain_python_reference(key, firsts, second):
    first = np.array(firsts, np.int64)
    expected = [plain_draw.pair_word(key.raw, f, second) for f in firsts]

    assert pair_words(key, first, second).tolist() == expected
    assert pair_words(key, first, np.full(len(firsts), second)).tolist() == expected


def test_words_are_pinned():
    key = Key(bytes(range(16)))

    assert words(key, np.array([0, 1, 2**62, -1])).tolist() == [
        1225701212461741895,
        15455806518106539934,
        2933309623743312334,
        2797250979929403431,
    ]
    assert pair_words(key, np.array([0, 1]), np.array([1, 0])).tolist() == [1572212263631717636, 2630994184842758865]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64])
def test_the_integer_type_of_an_identity_does_not_matter(dtype):
    identity = np.arange(100, dtype=dtype)
    before = identity.copy()

    np.testing.assert_array_equal(words(FIXED[0], identity), words(FIXED[0], np.arange(100)))
    np.testing.assert_array_equal(identity, before)


@given(KEYS, st.permutations(range(30)), st.integers(0, 30))
def test_a_word_depends_on_its_identity_alone(key, order, cut):
    identity = np.array(order)
    whole = words(key, np.arange(30))

    got = np.concatenate([words(key, identity[:cut]), words(key, identity[cut:])])

    np.testing.assert_array_equal(got, whole[identity])


def test_mixing_never_maps_two_values_to_one():
    for key in FIXED:
        assert len(np.unique(words(key, SAMPLE))) == len(SAMPLE)


@pytest.mark.parametrize("key", FIXED)
def test_every_bit_is_set_half_of_the_time(key):
    word = words(key, SAMPLE)
    ones = np.array([int(bits(word, n, 1).sum()) for n in range(64)])

    deviation = (ones - len(SAMPLE) / 2) / np.sqrt(len(SAMPLE) / 4)

    assert np.abs(deviation).max() < 5


@pytest.mark.parametrize("low", [0, 7, 20, 40, 52, 56])
@pytest.mark.parametrize("key", FIXED)
def test_groups_of_eight_bits_are_uniform(key, low):
    counts = np.bincount(bits(words(key, SAMPLE), low, 8), minlength=256)

    assert stats.chisquare(counts).pvalue > P_TOO_SMALL


@pytest.mark.parametrize("flipped", [0, 1, 5, 17, 31, 32, 47, 63])
def test_flipping_one_bit_of_an_identity_flips_half_of_its_word(flipped):
    changed = words(FIXED[0], SAMPLE) ^ words(FIXED[0], SAMPLE.astype(np.uint64) ^ np.uint64(1 << flipped))
    flips = np.array([bits(changed, n, 1).mean() for n in range(64)])

    assert np.abs(flips - 0.5).max() < 5 * 0.5 / np.sqrt(len(SAMPLE))


def paired(case):
    key, other = FIXED[:2]
    if case == "neighbours":
        word = words(key, SAMPLE)
        return word[:-1], word[1:]
    if case == "strided":
        word = words(key, SAMPLE << 32)
        return word[:-1], word[1:]
    if case == "keys":
        return words(key, SAMPLE), words(other, SAMPLE)
    if case == "purposes":
        return words(key.child("a"), SAMPLE), words(key.child("b"), SAMPLE)
    if case == "halves of a word":
        word = words(key, SAMPLE)
        return word, word << np.uint64(32)
    second = pair_words(key, SAMPLE, 1)
    return (
        (pair_words(key, SAMPLE, 0), second)
        if case == "pairs"
        else (pair_words(key, SAMPLE >> 9, SAMPLE & 511), second)
    )


@pytest.mark.parametrize("case", ["neighbours", "strided", "keys", "purposes", "halves of a word", "pairs", "grid"])
def test_related_words_are_independent(case):
    left, right = paired(case)
    table = np.zeros((16, 16), np.int64)
    np.add.at(table, (bits(left, 60, 4), bits(right, 60, 4)), 1)

    assert stats.chisquare(table.reshape(-1)).pvalue > P_TOO_SMALL
    assert abs(np.corrcoef(left.astype(float), right.astype(float))[0, 1]) < 5 / np.sqrt(len(left))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.integers(1, 2**31))
def test_below_scales_the_top_half_of_a_word(values, bound):
    word = np.array(values, np.uint64)
    expected = [(v >> 32) * bound >> 32 for v in values]

    assert below(word, bound).tolist() == expected
    assert below(word, np.full(len(values), bound, np.int32 if bound < 2**31 else np.int64)).tolist() == expected
    assert max(expected) < bound
    assert word.tolist() == values


def test_below_is_uniform():
    counts = np.bincount(below(words(FIXED[0], SAMPLE), 97), minlength=97)

    assert len(counts) == 97
    assert stats.chisquare(counts).pvalue > P_TOO_SMALL


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.data())
def test_bits_are_cut_out_of_a_word(values, data):
    low = data.draw(st.integers(0, 63))
    count = data.draw(st.integers(1, min(63, 64 - low)))

    got = bits(np.array(values, np.uint64), low, count)

    assert got.tolist() == [v >> low & ((1 << count) - 1) for v in values]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_mix_works_in_place_and_equals_the_reference(values):
    buffer = np.array(values, np.uint64)

    assert mix(buffer) is buffer
    assert buffer.tolist() == [plain_draw.mix(v) for v in values]
