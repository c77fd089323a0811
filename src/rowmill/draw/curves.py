"""Curves that bend standard normal values to a shape that is known by some of its quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.draw.normal import normal_quantile

_REACH, _STEPS = 8, 4096
_EXACT = 1 << 20


@dataclass(frozen=True, slots=True)
class Curve:
    """The bent value by standard normal value, with mean 0 and variance 1: at each 1/4096 from −8 to 8, in 2⁻²⁰."""

    table: Floats

    @classmethod
    def of(cls, levels: Sequence[float], values: Sequence[float]) -> Self:
        """Return the curve of a shape from its quantiles at ascending levels, which must not all be the same."""
        grid = np.arange(-_REACH * _STEPS, _REACH * _STEPS + 1) / _STEPS
        return cls(_standardised(straight(grid, levels, values), grid))

    def bend(self, value: Floats, sd: float) -> Floats:
        """Return normal values of mean 0 bent to the shape, with the deviation they have."""
        at = np.rint(value * (_STEPS / sd)).astype(np.int64)
        np.clip(at, -_REACH * _STEPS, _REACH * _STEPS, out=at)
        at += _REACH * _STEPS
        return self.table.take(at) * sd


def straight(z: Floats, levels: Sequence[float], values: Sequence[float]) -> Floats:
    """Return a shape's values at standard normal ones, from its quantiles: straight in between and beyond."""
    known, value = np.array([normal_quantile(level) for level in levels]), np.array(values, np.float64)
    low = value[0] + (z - known[0]) * (value[1] - value[0]) / (known[1] - known[0])
    high = value[-1] + (z - known[-1]) * (value[-1] - value[-2]) / (known[-1] - known[-2])
    body = np.interp(z, known, value)
    return np.where(z < known[0], low, np.where(z > known[-1], high, body))


def _standardised(table: Floats, grid: Floats) -> Floats:
    """Shift and scale a shape so that a standard normal value gives mean 0 and variance 1; rounded to 2⁻²⁰."""
    weight = np.exp(-0.5 * grid**2)
    weight /= weight.sum()
    centred = table - (table * weight).sum()
    standardised: Floats = np.rint(centred / np.sqrt((centred**2 * weight).sum()) * _EXACT) / _EXACT
    return standardised
