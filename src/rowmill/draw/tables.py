"""Tables that turn words into values with one look-up: decks for choices, quantile tables for shapes.

Building a table may use floating point; what it holds is rounded to integers, and golden digests pin it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.words import Words, bits

DECK_BITS = 12


def integer_weights(weights: NDArray[np.float64], scale: int = 1 << 20) -> NDArray[np.int64]:
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


def pick(word: Words, table: NDArray[np.int32], low: int = 64 - DECK_BITS) -> NDArray[np.int32]:
    """Look words up in a deck of 2^k slots by k of their bits, the lowest of them at bit ``low``."""
    return table.take(bits(word, low, len(table).bit_length() - 1))


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantile functions of several shapes side by side, int64[shapes, 2^k + 1], read with linear interpolation.

    The top cell is read from a second, finer table, so that a heavy tail is not cut off at the last quantile.
    """

    body: NDArray[np.int64]
    tail: NDArray[np.int64]

    def read(self, shape: NDArray[np.generic], word: Words) -> NDArray[np.int64]:
        """Return one value for each (shape index, word); the top 44 bits of the word are used."""
        cells = self.body.shape[1] - 1
        depth = cells.bit_length() - 1
        cell = bits(word, 64 - depth, depth)
        values = _interpolate(self.body, shape, cell, bits(word, 64 - depth - 16, 16))
        top = np.flatnonzero(cell == cells - 1)
        if len(top):
            rest = word[top] << np.uint64(depth)
            fine = self.tail.shape[1] - 1
            fine_depth = fine.bit_length() - 1
            cell = bits(rest, 64 - fine_depth, fine_depth)
            values[top] = _interpolate(self.tail, shape[top], cell, bits(rest, 64 - fine_depth - 16, 16))
        return values


def _interpolate(
    table: NDArray[np.int64], shape: NDArray[np.generic], cell: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.int64]:
    flat = table.reshape(-1)
    at = shape.astype(np.int64)
    at *= table.shape[1]
    at += cell
    low: NDArray[np.int64] = flat.take(at)
    at += 1
    rise: NDArray[np.int64] = flat.take(at)
    rise -= low
    rise *= part
    rise >>= 16
    rise += low
    return rise
