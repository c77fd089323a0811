"""A keyed bijection on 63 bits: unique ids with no memory, which can be turned back into the identity they name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key

BITS = 63
_MASK = np.uint64((1 << BITS) - 1)
_SHIFTS = (np.uint64(32), np.uint64(29), np.uint64(32))


@dataclass(frozen=True, slots=True)
class Bijection:
    """Three rounds of odd multiplication and xor-shift modulo 2⁶³, keyed; ``invert`` undoes ``apply``."""

    offset: int
    factors: tuple[int, int, int]

    @classmethod
    def of(cls, key: Key) -> Bijection:
        """Derive offset and odd factors from a key."""
        offset, _ = key.child("offset").words
        factors = tuple((key.child("factor", str(n)).words[0] >> 1) | 1 for n in range(3))
        return cls(offset & int(_MASK), (factors[0], factors[1], factors[2]))

    def apply(self, identity: NDArray[np.generic]) -> NDArray[np.int64]:
        """Map identities in 0 … 2⁶³ − 1 to ids in the same range."""
        x = identity.astype(np.uint64)
        np.bitwise_xor(x, np.uint64(self.offset), out=x)
        for factor, shift in zip(self.factors, _SHIFTS, strict=True):
            np.multiply(x, np.uint64(factor), out=x)
            np.bitwise_and(x, _MASK, out=x)
            np.bitwise_xor(x, np.right_shift(x, shift), out=x)
        return x.view(np.int64)

    def invert(self, ids: NDArray[np.generic]) -> NDArray[np.int64]:
        """Map ids back to the identities they were made from."""
        x = ids.astype(np.uint64)
        for factor, shift in zip(reversed(self.factors), reversed(_SHIFTS), strict=True):
            y = x.copy()
            for _ in range(BITS // int(shift)):
                y = x ^ (y >> shift)
            x = (y * np.uint64(pow(factor, -1, 1 << BITS))) & _MASK
        return (x ^ np.uint64(self.offset)).view(np.int64)
