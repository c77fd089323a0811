"""Random words that SQL, NumPy and plain Python draw alike: MD5 once an employee and once a stream, then 32-bit mixing.

MD5 is the same in every engine and version; the mixer needs only products of 32 × 32 bits, which no engine overflows.
The seed is in the text of every stream, so another seed is another draw everywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.md5 import Words32
from rowmill.draw.quota import cumulative_of, marks_from
from rowmill.draw.words import Words

ALWAYS = 1 << 32
"""The threshold of what is certain."""
SLOTS = 1024
"""Slots of a deck that draws choose from."""

_M1, _M2 = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_S16, _S15 = np.uint32(16), np.uint32(15)


def text_words(text: str) -> tuple[int, int]:
    """Return the first two 32-bit words, big-endian, of MD5 of a text."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")


@lru_cache(maxsize=4096)
def stream_words(seed: int, year: int, event_type: str, salt: str) -> tuple[int, int]:
    """Return the two words of a stream: MD5 of ``seed|year|type|salt``."""
    return text_words(f"{seed}|{year}|{event_type}|{salt}")


def scramble(x: Words32) -> Words32:
    """Mix 32-bit words in place and return them: a bijection whose output bits look independent."""
    shifted = np.right_shift(x, _S16)
    np.bitwise_xor(x, shifted, out=x)
    np.multiply(x, _M1, out=x)
    np.right_shift(x, _S15, out=shifted)
    np.bitwise_xor(x, shifted, out=x)
    np.multiply(x, _M2, out=x)
    np.right_shift(x, _S16, out=shifted)
    np.bitwise_xor(x, shifted, out=x)
    return x


def draw(a: Words32, b: Words32, stream: tuple[int, int]) -> Words32:
    """Return one word for each pair of id words in a stream, uint32[len(a)]."""
    x = scramble(np.bitwise_xor(a, np.uint32(stream[0])))
    np.bitwise_xor(x, b, out=x)
    np.add(x, np.uint32(stream[1]), out=x)
    return scramble(x)


def below(word: Words32, bound: Ints | int) -> Ints:
    """Return integers in 0 … bound − 1 from words, for bounds ≤ 2³¹."""
    return (word.astype(np.int64) * bound) >> 32


def happens(word: Words32, threshold: Ints | int) -> Flags:
    """Return where a word lies below a threshold of 0 … 2³²."""
    flags: Flags = word.astype(np.int64) < threshold
    return flags


def slot(word: Words32) -> Ints:
    """Return the slot of a deck that each word points at, 0 … 1023."""
    return (word >> np.uint32(22)).astype(np.int64)


def order_of(word: Words32) -> Ints:
    """Return the order of words, smallest first, equal ones as they stand."""
    # Integers of 16 bits are sorted by counting, so two such sorts are several times as fast as one of whole words.
    by_low = np.argsort(word.astype(np.uint16), kind="stable")
    high = (word >> _S16).astype(np.uint16)
    return by_low.take(np.argsort(high.take(by_low), kind="stable"))


def told_apart(word: Words32) -> Words:
    """Return words of 64 bits in the same order, equal ones as they stand."""
    wide = word.astype(np.uint64) << np.uint64(32)
    wide += np.arange(len(word), dtype=np.uint64)
    return wide


def quota_offset(seed: int, year: int, purpose: str, place: str, whole: int) -> int:
    """Return the offset u of a quota over weights that add up to ``whole``: (word · whole) >> 32."""
    a, b = (np.array([word], np.uint32) for word in text_words(f"quota|{purpose}|{place}"))
    word = int(draw(a, b, stream_words(seed, year, "quota", purpose))[0])
    return (word * whole) >> 32


@dataclass(frozen=True, slots=True)
class Drawer:
    """The streams of one year."""

    seed: int
    year: int

    def words(self, a: Words32, b: Words32, event_type: str, salt: str) -> Words32:
        """Return one word for each employee, given by the first two words of the id."""
        return draw(a, b, stream_words(self.seed, self.year, event_type, salt))

    def marks(self, total: int, cumulative: Ints, purpose: str, place: str) -> Ints:
        """Return the quota rule's marks (total·C_k + u) // C for cumulative weights 0 = C_0 … C_n = C."""
        return marks_from(total, cumulative, quota_offset(self.seed, self.year, purpose, place, int(cumulative[-1])))

    def shares(self, total: int, weights: Ints, purpose: str, place: str) -> Ints:
        """Return the shares of ``total`` over integer weights by the quota rule, int64[len(weights)]."""
        return np.diff(self.marks(total, cumulative_of(weights), purpose, place))
