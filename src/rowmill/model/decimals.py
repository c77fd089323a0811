"""Decimals: whole numbers of minor units in memory, 128-bit decimals for readers."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

DIGITS: Final = 18
"""Digits of every decimal, those behind the point among them: what 64 bits hold for certain."""
_MOST = 10**DIGITS - 1


def decimals(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return minor units (int64) as decimals: the number 1234 is 12.34 where two digits stand behind the point.

    Raises:
        ValueError: if a number has more than 18 digits.
    """
    units = values.fill_null(0).to_numpy()
    if len(units) and (units.min() < -_MOST or units.max() > _MOST):
        worst = max((int(units.min()), int(units.max())), key=abs)
        raise ValueError(f"{worst} minor units: a decimal has at most {DIGITS} digits")
    # 128 bits, the lower half first; the upper half repeats the sign.
    whole = np.stack((units, units >> np.int64(63)), axis=1)
    missing = pa.py_buffer(np.packbits(values.is_valid().to_numpy(zero_copy_only=False), bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [missing if values.null_count else None, pa.py_buffer(whole)])


def minor_units(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return decimals as the minor units that made them; zero at nulls."""
    if not len(values):
        return pa.array([], kind)
    halves = np.frombuffer(values.buffers()[1], np.int64).reshape(-1, 2)
    lower = halves[values.offset : values.offset + len(values), 0]
    missing = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(np.where(missing, np.int64(0), lower), kind)
