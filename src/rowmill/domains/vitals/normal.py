"""Normal deviates by table: 16 bits of a word choose one of 65,536 equally likely quantiles."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.words import Words, bits

_LEVELS = 1 << 16
_EXACT = 1 << 20
normal_quantile = NormalDist().inv_cdf


@lru_cache(maxsize=1)
def normal_table() -> NDArray[np.float64]:
    """Return the 65,536 quantiles at the middles of equal parts, multiples of 2⁻²⁰, with variance 1 to 10⁻⁴."""
    half = [normal_quantile((i + 0.5) / _LEVELS) for i in range(_LEVELS // 2)]
    lower = np.rint(np.array(half) * _EXACT) / _EXACT
    return np.concatenate((lower, -lower[::-1]))


def four_normals(word: Words) -> list[NDArray[np.float64]]:
    """Return four arrays of independent standard normal values from one word each."""
    table = normal_table()
    return [table.take(bits(word, 16 * place, 16)) for place in range(4)]
