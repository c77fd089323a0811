"""Quantiles of the gamma distribution, by bisection over the series and the continued fraction of its integral."""

from __future__ import annotations

import math

import numpy as np

from rowmill.draw.arrays import Floats

LEAST_SHAPE, MOST_SHAPE = 0.01, 10_000.0
_HALVINGS = 64
_TERMS = 3000
_SMALL = 1e-300
_SHARP = 1e-15


def gamma_quantiles(shape: float, level: Floats) -> Floats:
    """Return the quantiles of a gamma distribution of scale 1 at levels from 10⁻¹² to 1 − 10⁻¹².

    Raises:
        ValueError: if the shape is not from 0.01 to 10,000.
    """
    if not LEAST_SHAPE <= shape <= MOST_SHAPE:
        raise ValueError(f"gamma: got a shape of {shape:g}; give one from {LEAST_SHAPE:g} to {MOST_SHAPE:,.0f}")
    low, high = np.zeros(len(level)), np.full(len(level), shape + 8 * math.sqrt(shape) + 40)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = _below(shape, middle) < level
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


def _below(shape: float, x: Floats) -> Floats:
    """Return the share of a gamma distribution that lies below positive numbers, as in Numerical Recipes 6.2."""
    scale = np.exp(shape * np.log(x) - x - math.lgamma(shape))
    near = x < shape + 1
    out = np.empty(len(x))
    out[near] = scale[near] * _series(shape, x[near])
    out[~near] = 1 - scale[~near] * _fraction(shape, x[~near])
    return out


def _series(shape: float, x: Floats) -> Floats:
    term = np.full(len(x), 1 / shape)
    total = term.copy()
    for n in range(1, _TERMS):
        term *= x / (shape + n)
        total += term
        if (term < total * _SHARP).all():
            break
    return total


def _fraction(shape: float, x: Floats) -> Floats:
    b = x + 1 - shape
    c, d = np.full(len(x), 1 / _SMALL), 1 / b
    value = d.copy()
    for n in range(1, _TERMS):
        a = n * (shape - n)
        b += 2
        d = 1 / _apart(a * d + b)
        c = _apart(b + a / c)
        value *= c * d
        if (np.abs(c * d - 1) < _SHARP).all():
            break
    return value


def _apart(value: Floats) -> Floats:
    """Keep denominators from 0."""
    return np.where(np.abs(value) < _SMALL, _SMALL, value)
