"""Normal values by table, and how to correlate them.

16 bits of a word choose one of 65,536 equally likely quantiles. Sums and products of such values are taken one after
the other on whole columns, so they are the same on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.draw.words import Words, bits

_LEVELS = 1 << 16
_EXACT = 1 << 20
normal_quantile = NormalDist().inv_cdf


@lru_cache(maxsize=1)
def normal_table() -> Floats:
    """Return the 65,536 quantiles at the middles of equal parts, multiples of 2⁻²⁰, with variance 1 to 10⁻⁴."""
    half = [normal_quantile((i + 0.5) / _LEVELS) for i in range(_LEVELS // 2)]
    lower = np.rint(np.array(half) * _EXACT) / _EXACT
    return np.concatenate((lower, -lower[::-1]))


def four_normals(word: Words) -> list[Floats]:
    """Return four arrays of independent standard normal values from one word each."""
    table = normal_table()
    return [table.take(bits(word, 16 * place, 16)) for place in range(4)]


def normal_quantiles(level: Floats) -> Floats:
    """Return the standard normal quantiles at levels between 0 and 1: an array that nobody may write to."""
    return _quantiles(level.astype(np.float64).tobytes())


@lru_cache(maxsize=16)
def _quantiles(level: bytes) -> Floats:
    # Tables of many shapes ask for the same thousands of levels, shape after shape.
    values = np.array([normal_quantile(at) for at in np.frombuffer(level).tolist()])
    values.flags.writeable = False
    return values


def cholesky(matrix: Sequence[Sequence[float]], name: str) -> list[list[float]]:
    """Return the lower factor L of a symmetric positive definite matrix, L·Lᵀ = matrix, by plain arithmetic.

    Plain Python gives the same bits on every machine, where a linear algebra library may not.

    Raises:
        ValueError: if the matrix is not symmetric or not positive definite; it begins with the name.
    """
    n = len(matrix)
    factor = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            if abs(matrix[i][j] - matrix[j][i]) > 1e-9 * (1 + abs(matrix[i][j])):
                raise ValueError(f"{name}: entry ({i}, {j}) is {matrix[i][j]:g} but ({j}, {i}) is {matrix[j][i]:g}")
            rest = matrix[i][j] - sum(factor[i][k] * factor[j][k] for k in range(j))
            if i == j:
                if rest <= 0:
                    raise ValueError(f"{name}: the covariance is not positive definite (pivot {i} is {rest:g})")
                factor[i][i] = rest**0.5
            else:
                factor[i][j] = rest / factor[j][j]
    return factor


def combined(factor: Sequence[Sequence[float]], parts: Sequence[Floats]) -> list[Floats]:
    """Return L·z for a lower triangular factor and a list of columns z."""
    out = []
    for row, weights in enumerate(factor):
        total = parts[0] * weights[0]
        for column in range(1, row + 1):
            if weights[column] != 0.0:
                total += parts[column] * weights[column]
        out.append(total)
    return out
