"""Small matrices by plain arithmetic: a linear algebra library gives other last bits on other processors.

Shapes are at most a few dozen rows; every step is an addition, a product, a quotient or a root of whole arrays.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rowmill.draw.arrays import Floats

_SWEEPS = 60
_SMALLEST = 0.01
"""Least eigenvalue that a repaired covariance keeps, as a share of the scale's variance."""


def product(left: Floats, right: Floats) -> Floats:
    """Return the matrix product of float64[n, k] and float64[k, m]."""
    out = np.zeros((left.shape[0], right.shape[1]))
    for place in range(left.shape[1]):
        out += left[:, place, None] * right[None, place, :]
    return out


def swept(covariance: Floats, known: Iterable[int]) -> Floats:
    """Return a covariance swept on some variables.

    Its rows of the others hold, in the columns of the known ones, the regression on them and, among themselves, the
    covariance that is left.
    """
    matrix = covariance.copy()
    for place in known:
        pivot, column = matrix[place, place], matrix[:, place].copy()
        matrix -= column[:, None] * column[None, :] / pivot
        matrix[place, :] = column / pivot
        matrix[:, place] = column / pivot
        matrix[place, place] = -1.0 / pivot
    return matrix


def nearest_definite(matrix: Floats, scale: Floats) -> tuple[Floats, float]:
    """Return the nearest covariance whose eigenvalues are positive, and its distance.

    Args:
        matrix: symmetric, float64[n, n].
        scale: standard deviation of each variable, by which both are measured.

    Returns:
        The matrix, and the root of the sum of squares of the differences in units of the scale; the matrix itself and
        0 where it is positive definite already.
    """
    unit = matrix / (scale[:, None] * scale[None, :])
    values, vectors = eigen(unit)
    if values.min() >= _SMALLEST:
        return matrix, 0.0
    repaired = product(vectors * np.maximum(values, _SMALLEST), vectors.T)
    repaired = (repaired + repaired.T) / 2
    return repaired * scale[:, None] * scale[None, :], float(((repaired - unit) ** 2).sum() ** 0.5)


def eigen(matrix: Floats) -> tuple[Floats, Floats]:
    """Return eigenvalues and eigenvectors (in columns) of a symmetric matrix, by Jacobi rotations."""
    a, vectors = matrix.copy(), np.eye(len(matrix))
    for _ in range(_SWEEPS):
        off = a - np.diag(np.diag(a))
        if np.abs(off).max() < 1e-14 * np.abs(np.diag(a)).max():
            break
        for p in range(len(a)):
            for q in range(p + 1, len(a)):
                _rotate(a, vectors, p, q)
    return np.diag(a).copy(), vectors


def _rotate(a: Floats, vectors: Floats, p: int, q: int) -> None:
    """Make one off-diagonal entry zero, in place."""
    if a[p, q] == 0.0:
        return
    theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
    t = (1.0 if theta >= 0 else -1.0) / (abs(theta) + (theta * theta + 1) ** 0.5)
    c = 1 / (t * t + 1) ** 0.5
    s = t * c
    for matrix in (a, vectors):
        first, second = matrix[:, p].copy(), matrix[:, q].copy()
        matrix[:, p], matrix[:, q] = c * first - s * second, s * first + c * second
    first, second = a[p].copy(), a[q].copy()
    a[p], a[q] = c * first - s * second, s * first + c * second
