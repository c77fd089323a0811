"""Words: 64 random bits for each row identity.

``word = mix(identity ^ k0) + k1`` with the finaliser of SplitMix64 (two odd multiplications, three xor-shifts), which
passes every bit of the identity on to every bit of the word. Only integer products, shifts and xors are used, so the
words are the same on every processor and with every NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key

Words = NDArray[np.uint64]

_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


def mix(values: Words) -> Words:
    """Scramble 64-bit values in place and return them: a bijection whose output bits look independent."""
    shifted = np.right_shift(values, _S30)
    np.bitwise_xor(values, shifted, out=values)
    np.multiply(values, _M1, out=values)
    np.right_shift(values, _S27, out=shifted)
    np.bitwise_xor(values, shifted, out=values)
    np.multiply(values, _M2, out=values)
    np.right_shift(values, _S31, out=shifted)
    np.bitwise_xor(values, shifted, out=values)
    return values


def words(key: Key, identity: NDArray[np.generic]) -> Words:
    """Return one word for each identity (any integer dtype of at most 64 bits; negative values wrap)."""
    k0, k1 = key.words
    out = identity.astype(np.uint64)
    np.bitwise_xor(out, np.uint64(k0), out=out)
    mix(out)
    np.add(out, np.uint64(k1), out=out)
    return out


def pair_words(key: Key, first: NDArray[np.generic], second: NDArray[np.generic] | int) -> Words:
    """Return one word for each pair of identities, where 64 bits cannot hold both: two rounds of mixing."""
    k0, k1 = key.words
    out = first.astype(np.uint64)
    np.bitwise_xor(out, np.uint64(k0), out=out)
    mix(out)
    np.add(out, np.uint64(second) if isinstance(second, int) else second.astype(np.uint64), out=out)
    np.bitwise_xor(out, np.uint64(k1), out=out)
    return mix(out)


def below(word: Words, bound: NDArray[np.generic] | int) -> NDArray[np.int64]:
    """Return integers in 0 … bound − 1 from the top 32 bits of words, for bounds ≤ 2³¹ (bias below 2⁻³²·bound)."""
    top = np.right_shift(word, np.uint64(32))
    limit = np.uint64(bound) if isinstance(bound, int) else bound.astype(np.uint64)
    np.multiply(top, limit, out=top)
    np.right_shift(top, np.uint64(32), out=top)
    return top.view(np.int64)


def bits(word: Words, low: int, count: int) -> NDArray[np.int64]:
    """Return bits low … low + count − 1 of words as integers: one word may serve several small joint choices."""
    part = np.right_shift(word, np.uint64(low))
    if low + count < 64:
        np.bitwise_and(part, np.uint64((1 << count) - 1), out=part)
    return part.view(np.int64)


def rotated(word: Words, left: int) -> Words:
    """Return words with their bits turned to the left: what was bit 63 − left comes first."""
    if left == 0:
        return word
    out = np.left_shift(word, np.uint64(left))
    out |= np.right_shift(word, np.uint64(64 - left))
    return out
