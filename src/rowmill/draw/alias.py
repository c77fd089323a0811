"""Alias tables: a choice by weight with two look-ups, whatever the number of choices (Walker 1977).

Each of the n choices of a group has a bucket of one n-th of the group's weight. A light choice fills its own in part
and leaves the rest to a heavy one. All groups are laid out at once by prefix sums of what is missing and what is over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.arrays import Integers, Ints

_WHOLE = 1 << 63
ONE = 1 << 32
"""The part of a bucket that is kept, where it is kept whole."""


def alias_tables(weight: Ints, group: Integers) -> tuple[NDArray[np.uint32], Ints]:
    """Return which part of its bucket each choice keeps, and who gets the rest.

    Args:
        weight: positive integer weight of each choice.
        group: group of each, ascending. Weights of groups times their choices that add up to 2⁶³ or more lose their
            last bits.

    Returns:
        The kept part in units of 2⁻³², uint32[n], and the other choice's position, int64[n]: its own where it keeps
        all. A choice comes up with the chance that its weight has in the group, to within 2⁻³².
    """
    count = np.bincount(group)
    number, whole = count[group], _wholes(weight, group)
    largest = sum(n * w for n, w in zip(count.tolist(), whole.tolist(), strict=True) if n)
    if largest >= _WHOLE:
        weight = np.maximum(weight >> (largest.bit_length() - _WHOLE.bit_length() + 2), 1)
        whole = _wholes(weight, group)
    bucket = whole[group]
    over = weight * number - bucket
    light, heavy = np.flatnonzero(over < 0), np.flatnonzero(over > 0)
    missing_end, over_end = np.cumsum(-over[light]), np.cumsum(over[heavy])
    missing_start = missing_end + over[light]
    lacks, other = np.zeros(len(weight), np.int64), np.arange(len(weight))
    lacks[light] = -over[light]
    other[light] = heavy[np.searchsorted(over_end, missing_start, side="right")]
    # The last light choice that a heavy one serves may take more than is over: its own bucket then goes to the next.
    served = np.searchsorted(missing_start, over_end, side="left") - 1
    taken = missing_end[served] - over_end
    lacks[heavy] = taken
    passed_on = np.flatnonzero(taken > 0)
    other[heavy[passed_on]] = heavy[passed_on + 1]
    keep = np.floor((bucket - lacks) / np.maximum(bucket, 1) * ONE)
    return np.minimum(keep, ONE - 1).astype(np.uint32), other


def _wholes(weight: Ints, group: Integers) -> Ints:
    """Return the weight of each group."""
    whole = np.zeros(int(group[-1]) + 1 if len(group) else 0, np.int64)
    np.add.at(whole, group, weight)
    return whole
