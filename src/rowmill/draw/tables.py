"""Quantile tables: how words become values of a shape.

Building a table may use floating point; what it holds is rounded to integers, and golden digests pin it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.draw.arrays import Integers, Ints
from rowmill.draw.words import Words, bits


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantile functions of several shapes side by side, int64[shapes, 2^k + 1], read with linear interpolation.

    The top cell is read from a second, finer table, so that a heavy tail is not cut off at the last quantile; the
    bottom one too where ``head`` is given. What lies between two quantiles is rounded down.
    """

    body: Ints
    tail: Ints
    head: Ints | None = None

    def read(self, shape: Integers | int, word: Words) -> Ints:
        """Return one value for each word, of the shape or shapes told; the top 44 bits of the word are used."""
        cells = self.body.shape[1] - 1
        depth = cells.bit_length() - 1
        cell = bits(word, 64 - depth, depth)
        values = _interpolate(self.body, shape, cell, bits(word, 64 - depth - 16, 16))
        ends = [(self.tail, cells - 1)] if self.head is None else [(self.tail, cells - 1), (self.head, 0)]
        for table, end in ends:
            at = np.flatnonzero(cell == end)
            if len(at):
                rest = word[at] << np.uint64(depth)
                fine = (table.shape[1] - 1).bit_length() - 1
                own = shape if isinstance(shape, int) else shape[at]
                values[at] = _interpolate(table, own, bits(rest, 64 - fine, fine), bits(rest, 64 - fine - 16, 16))
        return values


def _interpolate(table: Ints, shape: Integers | int, cell: Ints, part: Ints) -> Ints:
    flat = table.reshape(-1)
    if isinstance(shape, int):
        at = cell + shape * table.shape[1]
    else:
        at = shape.astype(np.int64)
        at *= table.shape[1]
        at += cell
    low: Ints = flat.take(at)
    at += 1
    rise: Ints = flat.take(at)
    rise -= low
    rise *= part
    rise >>= 16
    rise += low
    return rise
