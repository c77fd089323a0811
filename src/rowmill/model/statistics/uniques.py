"""Uniques: about how many different values a column has, from 256 small numbers (HyperLogLog, about 7 % off).

A register keeps the most leading zeros of the hashes that fall to it; the registers of a union are the larger ones.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import StringConstraints

from rowmill.draw.words import Words

_INDEX_BITS = 8
SIZE: Final = 1 << _INDEX_BITS
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""A digit for each number that a register may hold, 0 … 57."""
_FIRST_LOOK = 1 << 13
_BIAS = 0.7213 / (1 + 1.079 / SIZE)

Registers = NDArray[np.uint8]
Stored = Annotated[str, StringConstraints(pattern=r"^(?:\.?[0-9A-Za-z])*$", max_length=SIZE)]
"""Registers as text."""


def no_values() -> Registers:
    """Return the registers of no value at all."""
    return np.zeros(SIZE, np.uint8)


def note(registers: Registers, hashes: Words) -> None:
    """Note the hashes of values, in any order and as often as they come."""
    for some in (hashes[:_FIRST_LOOK], hashes[_FIRST_LOOK:]):
        least = int(registers.min())
        # Most of many hashes change nothing: only one with more leading zeros than some register can.
        telling = some if least == 0 else some[some < np.uint64(1) << np.uint64(64 - least)]
        if not len(telling):
            continue
        place = (telling & np.uint64(SIZE - 1)).astype(np.intp)
        rest = telling >> np.uint64(_INDEX_BITS)
        ranks = 64 - _INDEX_BITS + 1 - np.frexp(rest.astype(np.float64))[1]
        seen = np.bincount(place * 64 + np.maximum(ranks, 1), minlength=SIZE * 64).reshape(SIZE, 64) > 0
        np.maximum(registers, (seen * np.arange(64, dtype=np.uint8)).max(axis=1), out=registers)


def estimate(registers: Registers) -> int:
    """Return about how many different values were noted; few are counted nearly exactly."""
    empty = int(np.count_nonzero(registers == 0))
    raw = _BIAS * SIZE * SIZE / float(np.sum(np.ldexp(1.0, -registers.astype(np.int64))))
    return round(SIZE * math.log(SIZE / empty)) if empty and raw <= 2.5 * SIZE else round(raw)


def stored(registers: Registers) -> str:
    """Return registers as text: a digit each, and for a run of zeros a point and the digit of its length."""
    text = "".join(_DIGITS[rank] for rank in registers.tolist())
    return re.sub(f"0{{3,{len(_DIGITS) - 1}}}", lambda zeros: f".{_DIGITS[len(zeros[0])]}", text)


def parsed(text: str) -> Registers:
    """Read what ``stored`` wrote.

    Raises:
        ValueError: if it is not the text of registers.
    """
    full = re.sub(r"\.(.)", lambda zeros: "0" * _DIGITS.index(zeros[1]), text)
    if len(full) != SIZE:
        raise ValueError(f"{len(full)} registers, where there are {SIZE}")
    return np.array([_DIGITS.index(letter) for letter in full], np.uint8)


def of_both(one: str, other: str) -> str:
    """Return the registers of a union, as text."""
    return stored(np.maximum(parsed(one), parsed(other)))
