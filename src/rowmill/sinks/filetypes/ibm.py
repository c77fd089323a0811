"""IBM hexadecimal floating point, 64 bits: sign, 7 bits of exponent to the base 16, 56 bits of fraction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EXPONENT_BIAS = 64
_FRACTION_BITS = 56


def to_ibm(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return doubles as IBM words, exactly; all their 53 bits fit. Zero has no sign: some readers take −0 for missing.

    Raises:
        ValueError: for a value that is no number, or outside 5·10⁻⁷⁹ … 7·10⁷⁵ in size and not zero.
    """
    fraction, exponent = np.frexp(np.abs(values))
    hexadecimal = (exponent + 3) >> 2
    wrong = ~np.isfinite(values) | ((values != 0) & ((hexadecimal < -_EXPONENT_BIAS) | (hexadecimal > 63)))
    if wrong.any():
        raise ValueError(f"number {values[wrong][0]!r} has no place in an xpt file")
    shift = (hexadecimal << 2) - exponent
    bits = np.ldexp(fraction, _FRACTION_BITS - shift).astype(np.uint64)
    sign = np.where(np.signbit(values), np.uint64(1 << 63), np.uint64(0))
    biased = (hexadecimal + _EXPONENT_BIAS).astype(np.uint64)
    words: NDArray[np.uint64] = sign | (biased << np.uint64(_FRACTION_BITS)) | bits
    words[values == 0] = 0
    return words


def from_ibm(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return IBM words as the nearest doubles."""
    fraction = (words & np.uint64((1 << _FRACTION_BITS) - 1)).astype(np.float64)
    exponent = ((words >> np.uint64(_FRACTION_BITS)) & np.uint64(0x7F)).astype(np.int64) - _EXPONENT_BIAS
    size: NDArray[np.float64] = np.ldexp(fraction, (exponent << 2) - _FRACTION_BITS)
    np.negative(size, out=size, where=words >> np.uint64(63) == 1)
    return size
