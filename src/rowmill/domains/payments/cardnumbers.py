"""Card numbers as integers and as text, four digits at a time by table."""

from __future__ import annotations

from hashlib import sha256
from struct import iter_unpack

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.arrays import Ints

CARDS_EACH = 4
"""Card numbers reserved for a customer whose cards are made: card number = customer number × 4 + place."""
PAN_SPACE = 10**10
"""Card numbers that can be told apart."""
_QUARTER = 10_000
_DIGITS = np.arange(_QUARTER)[:, None] // np.array([1000, 100, 10, 1]) % 10
_TEXT = np.ascontiguousarray((_DIGITS + ord("0")).astype(np.uint8)).view(np.uint32).ravel()
"""Four ASCII digits of each number below 10,000 as they lie in memory, uint32[10000]."""
_DOUBLED = _DIGITS[:, ::2] * 2
_LUHN = (_DOUBLED - 9 * (_DOUBLED > 9)).sum(axis=1) + _DIGITS[:, 1::2].sum(axis=1)
"""What each number below 10,000 adds to the Luhn sum of a card number, at any of its four places, int64[10000]."""


def _quarters(numbers: Ints) -> list[Ints]:
    """Return the four groups of four digits of 16-digit numbers, the leading one first."""
    upper, lower = np.divmod(numbers, _QUARTER**2)
    return [*np.divmod(upper, _QUARTER), *np.divmod(lower, _QUARTER)]


def with_luhn_digit(numbers: Ints) -> Ints:
    """Return numbers of 15 digits with their check digit (ISO/IEC 7812-1) as the 16th."""
    whole = numbers * 10
    first, second, third, fourth = (_LUHN.take(quarter) for quarter in _quarters(whole))
    whole += -(first + second + third + fourth) % 10
    return whole


def digits(numbers: Ints) -> NDArray[np.uint8]:
    """Return 16-digit numbers as ASCII, uint8[len, 16]."""
    text = np.empty((len(numbers), 4), np.uint32)
    for at, quarter in enumerate(_quarters(numbers)):
        text[:, at] = _TEXT.take(quarter)
    return text.view(np.uint8)


def sha256_of_each(texts: NDArray[np.uint8]) -> bytes:
    """Return the SHA-256 of each row of uint8[n, 16], 32 bytes each, one after the other.

    A copy of an empty hash is a third cheaper than a new one.
    """
    empty, hashes = sha256(), []
    for (text,) in iter_unpack("16s", texts.tobytes()):
        hashed = empty.copy()
        hashed.update(text)
        hashes.append(hashed.digest())
    return b"".join(hashes)
