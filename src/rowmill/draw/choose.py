"""Choices by words: which k of n rows, and one of several by weight.

| wanted | take | exact to |
|---|---|---|
| k of n rows, all alike | ``taken``, or ``smallest`` for their positions | the row |
| k of n rows by weight, or so many rows over weights | ``draw.quota`` over weights in the order of words | one row |
| one of a few | ``deck`` and ``pick``: one look-up by a few bits, so that a word serves several choices | a slot |
| one of a few numbers | ``deck_of``: a deck that holds the numbers themselves | a slot |
| one of any number, none too light to come up | ``Weighted``: two look-ups by a whole word | 2⁻³² |
| one of any number, in many groups at once | ``draw.alias.alias_tables``, packed as the caller needs it | 2⁻³² |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.alias import alias_tables
from rowmill.draw.arrays import Flags, Floats, Integers, Ints
from rowmill.draw.words import Words, below, bits

DECK_BITS = 12
Slots = TypeVar("Slots", bound=np.generic)


def smallest(word: Words, count: int) -> Ints:
    """Return the positions of the ``count`` smallest words, in no order: exactly k of n rows, whatever their order.

    Only words below a limit that nearly always holds enough of them are looked at closely.
    """
    rows = len(word)
    if count >= rows:
        return np.arange(rows)
    limit = min(1.0, count / rows + 4 * (count / rows / rows) ** 0.5 + 8 / rows)
    near = np.flatnonzero(word <= np.uint64(int(limit * ((1 << 64) - 1025))))
    if len(near) < count:
        near = np.arange(rows)
    return near[np.argpartition(word[near], count - 1)[:count]] if count else near[:0]


def taken(word: Words, count: int) -> Flags:
    """Return which rows are taken: those with the ``count`` smallest words, all where there are no more."""
    flags = np.zeros(len(word), np.bool_)
    flags[smallest(word, count)] = True
    return flags


def integer_weights(weights: Floats, scale: int = 1 << 20) -> Ints:
    """Round non-negative weights to integers with the largest one near ``scale``; a positive weight stays positive."""
    top = float(weights.max(initial=0.0))
    if top == 0.0:
        return np.zeros(len(weights), np.int64)
    scaled = np.rint(weights / top * scale).astype(np.int64)
    return np.where((weights > 0) & (scaled == 0), 1, scaled)


def deck(weights: NDArray[np.generic], slots: int = 1 << DECK_BITS) -> NDArray[np.int32]:
    """Lay out choices 0 … n − 1 on ``slots`` slots in proportion to integer weights: int32[slots], ascending.

    A choice of positive weight may get no slot when its share is below one slot; raise ``slots`` where that matters.
    """
    cumulative = np.cumsum(weights.astype(np.int64))
    ends = (cumulative * slots + cumulative[-1] // 2) // cumulative[-1]
    return np.repeat(np.arange(len(weights), dtype=np.int32), np.diff(ends, prepend=0))


def deck_of(values: Integers, weights: Floats, slots: int = 1 << DECK_BITS) -> Ints:
    """Lay out numbers on ``slots`` slots in proportion to their weights, none negative: int64[slots]."""
    return values.astype(np.int64).take(deck(integer_weights(weights), slots))


def pick(word: Words, table: NDArray[Slots], low: int | None = None) -> NDArray[Slots]:
    """Look words up in a deck of 2^k slots by k of their bits: the top ones, or those from bit ``low`` on."""
    count = len(table).bit_length() - 1
    return table.take(bits(word, 64 - count if low is None else low, count))


@dataclass(frozen=True, slots=True)
class Weighted:
    """Choices 0 … n − 1 by weight, of which none is too light to come up."""

    own: Ints
    keep: NDArray[np.uint32]
    other: Ints

    @classmethod
    def of(cls, weights: Integers) -> Self:
        """Lay out up to 2³¹ choices by integer weights, none negative, not all zero."""
        own = np.flatnonzero(weights)
        keep, other = alias_tables(weights[own].astype(np.int64), np.zeros(len(own), np.int64))
        return cls(own, keep, own[other])

    def pick(self, word: Words) -> Ints:
        """Return one choice for each word; all of its bits are used."""
        bucket = below(word, len(self.own))
        stays = bits(word, 0, 32) < self.keep.take(bucket)
        return np.where(stays, self.own.take(bucket), self.other.take(bucket))
