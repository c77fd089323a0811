"""The one quota rule: n_k = ⌊(N·C_{k+1} + u) / C⌋ − ⌊(N·C_k + u) / C⌋ over cumulative integer weights.

The shares add up to N exactly, each lies within one of its exact size, and any one of them costs O(1) once the
cumulative weights are known. ``u`` in 0 … C − 1 is keyed, so that roundings do not favour low positions.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rowmill.core.keys import Key
from rowmill.draw.arrays import Integers, Ints


def cumulative_of(weights: Integers) -> Ints:
    """Return the weights before each place and, last, all of them: int64[len(weights) + 1]."""
    cumulative = np.zeros(len(weights) + 1, np.int64)
    np.cumsum(weights, out=cumulative[1:])
    return cumulative


def shares(total: int, weights: Integers, key: Key) -> Ints:
    """Split ``total`` over integer weights, none negative, not all zero unless total is 0: int64[len(weights)]."""
    return np.diff(marks(total, cumulative_of(weights), key))


def marks(total: int, cumulative: Ints, key: Key) -> Ints:
    """Return ⌊(total·C_k + u) / C⌋ for cumulative weights C_0 = 0 … C_n = C; differences are the shares."""
    whole = int(cumulative[-1])
    if whole == 0 and total:
        raise ValueError(f"cannot split {total} over weights that are all zero")
    return marks_from(total, cumulative, key.integer(whole))


def marks_from(total: int, cumulative: Ints, offset: int) -> Ints:
    """Return the marks of ``marks`` with the offset u given, 0 … C − 1; zeros where C is 0."""
    whole = int(cumulative[-1])
    if whole == 0:
        return np.zeros(len(cumulative), np.int64)
    if total * whole + offset < 1 << 63:
        return (cumulative * total + offset) // whole
    return np.array([(int(c) * total + offset) // whole for c in cumulative], np.int64)


def share(total: int, before: int, after: int, whole: int, key: Key) -> int:
    """Return one share of ``shares`` from the cumulative weights around it, in O(1)."""
    if whole == 0:
        return 0
    offset = key.integer(whole)
    return (total * after + offset) // whole - (total * before + offset) // whole


def half_even(rate: Fraction, count: int) -> int:
    """Return rate × count rounded half to even: the count that a rate asks for."""
    return round(rate * count)


def fraction(rate: float) -> Fraction:
    """Return the decimal that a float was written as (0.003 is 3/1000): counts do not depend on binary rounding."""
    return Fraction(repr(float(rate)))
