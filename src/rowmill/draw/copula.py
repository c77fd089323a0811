"""Correlated words: each uniform by itself, so that any table reads them, and together as a normal copula has them.

All is done in integers: normal values and factors are multiples of 2⁻²⁰, and a table leads back to words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rowmill.core.keys import Key
from rowmill.draw.arrays import Ints
from rowmill.draw.normal import cholesky
from rowmill.draw.shapes import Normal, quantiles
from rowmill.draw.tables import Quantiles
from rowmill.draw.words import Words, bits, words

_BITS = 20
_ONE = 1 << _BITS
_REACH, _CELL_BITS = 8 << _BITS, 10
_TOP = (1 << 32) - 1


class Copula:
    """Columns that are correlated by rank, which any table of quantiles leaves as it is.

    Args:
        ranks: Spearman's correlation of each two of k columns, k × k: symmetric, 1 on the diagonal, positive definite.
        name: what errors call it.

    Raises:
        ValueError: if it is no such matrix.
    """

    def __init__(self, ranks: Sequence[Sequence[float]], name: str = "correlations") -> None:
        for i, row in enumerate(ranks):
            if len(row) != len(ranks):
                raise ValueError(f"{name}: row {i} has {len(row)} numbers; {len(ranks)} are needed")
            if row[i] != 1 or not all(-1 <= r <= 1 for r in row):
                raise ValueError(f"{name}: row {i} is {list(row)}; numbers from -1 to 1 are needed, 1 on the diagonal")
        normal = [[_of_normals(r) for r in row] for row in ranks]
        self._factor = [[round(part * _ONE) for part in row] for row in cholesky(normal, name)]

    def words(self, key: Key, identity: Ints) -> list[Words]:
        """Return k arrays of words, one word for each identity, whose top 62 bits vary."""
        drawn = [words(key.child(str(column)), identity) for column in range(len(self._factor))]
        normal = [_normal().read(0, word) for word in drawn]
        return [_word(_sum(row, normal), word) for row, word in zip(self._factor, drawn, strict=True)]


def _of_normals(rank: float) -> float:
    """Return the correlation of normal values whose ranks have one (Pearson 1907)."""
    return 1.0 if rank == 1 else round(2 * math.sin(math.pi * rank / 6) * _ONE) / _ONE


def _sum(factor: Sequence[int], normal: Sequence[Ints]) -> Ints:
    total = np.zeros(len(normal[0]), np.int64)
    for part, values in zip(factor, normal, strict=True):
        if part:
            total += values * part
    total >>= _BITS
    return total


def _word(normal: Ints, drawn: Words) -> Words:
    """Return the word at a normal value's place among all; bits that the value was not read from fill up the last."""
    table = _shares()
    at = np.clip(normal, -_REACH, _REACH - 1)
    at += _REACH
    cell = at >> _CELL_BITS
    at &= (1 << _CELL_BITS) - 1
    at <<= _BITS
    at |= bits(drawn, 0, _BITS)
    low = table.take(cell)
    cell += 1
    rise = table.take(cell) - low
    rise *= at
    rise <<= 32 - _BITS - _CELL_BITS
    word = low.view(np.uint64) << np.uint64(32)
    word += rise.view(np.uint64)
    return word


@lru_cache(maxsize=1)
def _normal() -> Quantiles:
    """Return the table of normal values in units of 2⁻²⁰; it is read by the top 44 bits of a word."""
    return quantiles([Normal(0, _ONE)])


@lru_cache(maxsize=1)
def _shares() -> Ints:
    """Return the share of normal values below each 1/1024 from −8 to 8, in units of 2⁻³² and below 1."""
    cells = range((_REACH >> _CELL_BITS) + 1)
    lower = [round(math.erfc(cell / (_ONE >> _CELL_BITS) / math.sqrt(2)) * (1 << 31)) for cell in cells]
    return np.array([*reversed(lower), *(min((1 << 32) - share, _TOP) for share in lower[1:])], np.int64)
