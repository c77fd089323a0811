"""Shapes of numbers, and the tables of quantiles that words are looked up in.

A shape tells its quantiles; ``exp``, ``log`` and powers are used here alone, and what they give is rounded to integers.
A value is then a look-up, the same on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rowmill.draw.arrays import Floats, Ints
from rowmill.draw.curves import straight
from rowmill.draw.gamma import gamma_quantiles
from rowmill.draw.normal import normal_quantile, normal_quantiles
from rowmill.draw.tables import Quantiles

CELLS, FINE = 2048, 1024
"""Cells of a table, and of the finer ones that its outermost cells are read from."""


class Shape(Protocol):
    """How numbers are distributed."""

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1, which ascend."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """All numbers from ``low`` to ``high`` alike."""

    low: float
    high: float

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        return self.low + (self.high - self.low) * level


@dataclass(frozen=True, slots=True)
class Normal:
    """The normal distribution."""

    mean: float
    sd: float

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        return self.mean + self.sd * normal_quantiles(level)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Numbers whose logarithms are normal with the deviation ``sigma``."""

    median: float
    sigma: float

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        values: Floats = self.median * np.exp(self.sigma * normal_quantiles(level))
        return values


@dataclass(frozen=True, slots=True)
class ParetoTail:
    """A log-normal body, and from the level ``start`` on a tail in which 10 times as much is 10^exponent as rare."""

    body: LogNormal
    exponent: float
    start: float

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        knee = self.body.median * np.exp(self.body.sigma * normal_quantile(self.start))
        beyond = knee * ((1 - self.start) / (1 - level)) ** (1 / self.exponent)
        return np.where(level > self.start, beyond, self.body.at(level))


@dataclass(frozen=True, slots=True)
class Gamma:
    """The gamma distribution: of mean ``shape · scale`` and variance ``shape · scale²``; shape 0.01 … 10,000."""

    shape: float
    scale: float

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        return gamma_quantiles(self.shape, level) * self.scale


@dataclass(frozen=True, slots=True)
class Known:
    """Known quantiles, two or more at ascending levels; straight in between and beyond as against normal quantiles."""

    levels: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1."""
        return straight(normal_quantiles(level), self.levels, self.values)


def steps(shape: Shape, count: int) -> Floats:
    """Return the quantiles at the middles of so many equal parts, float64[count]: for a look-up by a few bits."""
    return shape.at((np.arange(count) + 0.5) / count)


def highest(shape: Shape) -> float:
    """Return the highest value that a table of a shape holds, before it is rounded."""
    return float(shape.at(np.array([1 - 0.5 / FINE / CELLS]))[0])


def quantiles(shapes: Sequence[Shape], *, both_ends: bool = True) -> Quantiles:
    """Return the table of several shapes, rounded to integers.

    A shape should spread over some thousands: give money in cents, hours in seconds, and round what is read.

    Args:
        shapes: with quantiles below 2⁴⁶, for which the interpolation is exact.
        both_ends: whether the bottom is read as finely as the top; an end that is near 0 needs it not.
    """
    cell, fine = np.arange(CELLS + 1), np.arange(FINE + 1)
    body = [shape.at(np.minimum(np.maximum(cell, 0.5), CELLS - 0.5) / CELLS) for shape in shapes]
    tail = [shape.at(1 - (1 - np.minimum(fine / FINE, 1 - 0.5 / FINE)) / CELLS) for shape in shapes]
    for row, end in zip(body, tail, strict=True):
        row[-1] = end[0]
    head = [shape.at(np.maximum(fine, 0.5) / FINE / CELLS) for shape in shapes] if both_ends else None
    return Quantiles(_rounded(body), _rounded(tail), None if head is None else _rounded(head))


def _rounded(rows: Sequence[Floats]) -> Ints:
    return np.rint(np.array(rows)).astype(np.int64)
