"""A keyed bijection on a range of bits: unique ids with no memory, which turn back into the identity they name.

With 53 bits or fewer, an id also survives a reader that keeps a column with nulls as 64-bit floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key

MAX_BITS = 63


@dataclass(frozen=True, slots=True)
class Bijection:
    """Three rounds of odd multiplication and xor-shift modulo 2^bits, keyed; ``invert`` undoes ``apply``."""

    offset: int
    factors: tuple[int, int, int]
    bits: int = MAX_BITS

    @classmethod
    def of(cls, key: Key, bits: int = MAX_BITS) -> Bijection:
        """Derive offset and odd factors from a key, for identities and ids of 8 to 63 bits."""
        mask = (1 << bits) - 1
        first, second, third = ((key.child("factor", str(n)).words[0] >> 1 & mask) | 1 for n in range(3))
        return cls(key.child("offset").words[0] & mask, (first, second, third), bits)

    @property
    def _mask(self) -> np.uint64:
        return np.uint64((1 << self.bits) - 1)

    @property
    def _shifts(self) -> tuple[np.uint64, np.uint64, np.uint64]:
        half = np.uint64((self.bits + 1) // 2)
        return half, np.uint64(self.bits // 2 - 2), half

    def apply(self, identity: NDArray[np.generic]) -> NDArray[np.int64]:
        """Map identities in 0 … 2^bits − 1 to ids in the same range."""
        x = identity.astype(np.uint64)
        np.bitwise_xor(x, np.uint64(self.offset), out=x)
        for factor, shift in zip(self.factors, self._shifts, strict=True):
            np.multiply(x, np.uint64(factor), out=x)
            np.bitwise_and(x, self._mask, out=x)
            np.bitwise_xor(x, np.right_shift(x, shift), out=x)
        return x.view(np.int64)

    def invert(self, ids: NDArray[np.generic]) -> NDArray[np.int64]:
        """Map ids back to the identities they were made from."""
        x = ids.astype(np.uint64)
        for factor, shift in zip(reversed(self.factors), reversed(self._shifts), strict=True):
            y = x.copy()
            for _ in range(self.bits // int(shift)):
                y = x ^ (y >> shift)
            x = (y * np.uint64(pow(factor, -1, 1 << self.bits))) & self._mask
        return (x ^ np.uint64(self.offset)).view(np.int64)
