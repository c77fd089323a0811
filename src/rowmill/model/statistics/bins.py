"""Bins: where the numbers of a column lie, in at most 80 counts that add up exactly, whatever is added first.

A number has a place: the bits of its float64 in the order of the numbers, without the lowest 40. Bins are runs of 2ᵏ
places, with the least k at which at most 80 of them are not empty. That k depends on the numbers alone, since joining
two bins loses nothing that wider bins know; so the bins of a union follow from the bins of its pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast

import numpy as np
from annotated_types import Ge, Le, MaxLen
from numpy.typing import NDArray

from rowmill.draw.arrays import Ints

MOST_BINS = 80
_LOW_BITS = 40
"""Bits of a float64 that no bin looks at: 12 of its 52 bits behind the point are left, 1/4,096 of the number."""
_DENSE = 1 << 18
"""Places from the least to the greatest up to which counting all of them is quicker than sorting."""
_CLOSE = 1 << 16
"""Whole numbers from the least to the greatest up to which counting each of them is quicker than placing all."""
_SIGN = np.int64((1 << 63) - 1)

_Place = Annotated[int, Ge(-(1 << 24)), Le(1 << 24)]
_Count = Annotated[int, Ge(0), Le((1 << 63) - 1)]


@dataclass(frozen=True, slots=True)
class Bins:
    """How many numbers lie in each of some bins."""

    level: Annotated[int, Ge(0), Le(24)] = 0
    """A bin is 2 to the power of it places."""
    places: Annotated[tuple[_Place, ...], MaxLen(MOST_BINS)] = ()
    """The first bin, and how far each further one lies behind the one before: those that are not empty."""
    counts: Annotated[tuple[_Count, ...], MaxLen(MOST_BINS)] = ()
    """Numbers in each of them."""

    def __post_init__(self) -> None:
        """Refuse bins that nothing could have been counted in."""
        if len(self.places) != len(self.counts) or any(step < 1 for step in self.places[1:]):
            raise ValueError("places and counts are not those of bins")

    @classmethod
    def of(cls, numbers: NDArray[np.generic], weights: Ints | None = None) -> Bins:
        """Return the bins of numbers; those that are no number or infinite are left out.

        Args:
            numbers: of any kind.
            weights: how often each counts, int64; None for once.
        """
        if weights is None and numbers.dtype.kind == "i":
            numbers, weights = _few(numbers)
        values = numbers.astype(np.float64)
        if numbers.dtype.kind == "f":
            values += 0.0
            if not (finite := np.isfinite(values)).all():
                values, weights = values[finite], None if weights is None else weights[finite]
        bits = values.view(np.int64)
        if len(bits) and bits.min() < 0:
            bits ^= (bits >> 63) & _SIGN
        bits >>= _LOW_BITS
        return cls._counted(0, bits, weights)

    @classmethod
    def _counted(cls, level: int, bins: Ints, weights: Ints | None) -> Bins:
        if not len(bins):
            return cls()
        first = int(bins.min())
        if weights is None and int(bins.max()) - first < _DENSE:
            every = np.bincount(bins - first)
            found = np.flatnonzero(every)
            counts, found = every[found], found + first
        else:
            found, place = np.unique(bins, return_inverse=True)
            # Whole numbers below 2⁵³ add up exactly.
            counts = np.bincount(place, weights, len(found)).astype(np.int64)
        while len(found) > MOST_BINS:
            # A bin of 2ᵏ others holds no more of them than that: fewer steps cannot be enough.
            least = (-(-len(found) // MOST_BINS) - 1).bit_length()
            level, wider = level + least, found >> least
            starts = np.flatnonzero(np.diff(wider, prepend=wider[0] - 1))
            found, counts = wider[starts], np.add.reduceat(counts, starts)
        steps = np.diff(found, prepend=0)
        return cls(level, tuple(steps.tolist()), tuple(counts.tolist()))

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        """Return how many numbers were counted."""
        return sum(self.counts)

    @property
    def starts(self) -> Ints:
        """Return the bins that are not empty, int64, ascending: bin n begins at place ``n << level``."""
        return np.cumsum(np.array(self.places, np.int64))

    def coarser(self, level: int) -> tuple[Ints, Ints]:
        """Return bins of a level that is not below their own, and their counts."""
        starts = self.starts >> (level - self.level)
        found, place = np.unique(starts, return_inverse=True)
        return found, np.bincount(place, self.counts, len(found)).astype(np.int64)

    def __add__(self, other: Bins) -> Bins:
        """Return the bins of the numbers of both."""
        if not (self and other):
            return self or other
        level = max(self.level, other.level)
        (one, first), (two, second) = self.coarser(level), other.coarser(level)
        return self._counted(level, np.concatenate((one, two)), np.concatenate((first, second)))

    def times(self, factor: int) -> Bins:
        """Return the bins of numbers of which each counts so often."""
        return Bins(self.level, self.places, tuple(count * factor for count in self.counts))

    def edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where each bin begins and where it ends."""
        return number_at(self.starts << self.level), number_at((self.starts + 1) << self.level)

    def quantile(self, share: float) -> float:
        """Return about the number that a share of all numbers, 0 … 1, lies below; NaN where there is none."""
        if not self:
            return float("nan")
        rank = share * self.total
        below = np.cumsum(self.counts)
        at = min(int(np.searchsorted(below, rank)), len(below) - 1)
        inside = (rank - float(below[at] - self.counts[at])) / self.counts[at]
        begin, end = self.edges()
        return float(begin[at] + inside * (end[at] - begin[at]))


def _few(numbers: NDArray[Any]) -> tuple[NDArray[Any], Ints | None]:
    """Return the different numbers among whole ones that lie close together, and how many there are of each."""
    first = int(numbers.min(initial=0))
    if int(numbers.max(initial=0)) - first >= _CLOSE:
        return numbers, None
    # Below 2¹⁶ apart, numbers of 16 bits and more wrap to the right differences.
    near = numbers.astype(np.int64) if numbers.dtype.itemsize == 1 else numbers
    every = np.bincount((near - near.dtype.type(first)).view(f"u{near.dtype.itemsize}").astype(np.int64))
    found = np.flatnonzero(every)
    return found + first, every[found]


def number_at(places: Ints) -> NDArray[np.float64]:
    """Return the least number of each place, float64."""
    bits = places << _LOW_BITS
    bits ^= (bits >> 63) & _SIGN
    return cast("NDArray[Any]", bits).view(np.float64)
