"""Marginal shapes, digit preference and °F: what the histograms of a pilot tell beyond means and covariances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from rowmill.domains.vitals.fit.structure import Lags
from rowmill.domains.vitals.fit.sums import BIN_WIDTH, BINS, Sums
from rowmill.domains.vitals.model import SHAPE_LEVELS, VITALS, Digits
from rowmill.draw.arrays import Floats
from rowmill.draw.normal import normal_quantile

_CLEARLY = 3.0
"""Standard errors that skewness or excess kurtosis must be away from a normal's."""
_IN_TAIL = 10
"""Readings that must lie beyond a level for it to be read off; further out the shape goes on as a straight line."""
_LATTICE = (0, 6, 11, 17, 22, 28, 33, 39, 44)
"""Hundredths of °C, modulo 50, that tenths of °F make; the first of nine is a tenth of °C too."""

Shape = tuple[float, ...]


def shapes(sums: Sums) -> dict[str, Shape]:
    """Return standardised quantiles at ``SHAPE_LEVELS`` of each vital that is clearly not normal."""
    found = {}
    subjects = int(sums.last.sum())
    for vital, name in enumerate(VITALS):
        values, counts = _residuals(sums, vital)
        number = counts.sum()
        values /= ((values**2 * counts).sum() / number) ** 0.5
        skew = (values**3 * counts).sum() / number
        excess = (values**4 * counts).sum() / number - 3
        # The readings of one subject go together, so a subject counts once.
        if abs(skew) > _CLEARLY * (6 / subjects) ** 0.5 or abs(excess) > _CLEARLY * (24 / subjects) ** 0.5:
            found[name] = _quantiles(values, counts)
    return found


def _residuals(sums: Sums, vital: int) -> tuple[Floats, Floats]:
    """Return departures from the mean of arm and visit in ascending order, in units, with their counts."""
    centre = (np.arange(BINS) + 0.5) * (BIN_WIDTH[vital] / 1000)
    values, counts = [], []
    for row in sums.histogram[:, vital::4].reshape(-1, BINS):
        there = np.flatnonzero(row)
        if len(there):
            values.append(centre[there] - (centre[there] * row[there]).sum() / row.sum())
            counts.append(row[there])
    together, weight = np.concatenate(values), np.concatenate(counts)
    order = np.argsort(together, kind="stable")
    return together[order], weight[order].astype(np.float64)


def _quantiles(values: Floats, counts: Floats) -> Shape:
    number = counts.sum()
    at = (np.cumsum(counts) - counts / 2) / number
    normal = np.array([normal_quantile(level) for level in SHAPE_LEVELS])
    level = np.array(SHAPE_LEVELS)
    known = np.flatnonzero(np.minimum(level, 1 - level) * number >= _IN_TAIL)
    read = np.interp(level, at, values)
    first, last = known[0], known[-1]
    low = (read[first + 1] - read[first]) / (normal[first + 1] - normal[first])
    high = (read[last] - read[last - 1]) / (normal[last] - normal[last - 1])
    read[:first] = read[first] + (normal[:first] - normal[first]) * low
    read[last + 1 :] = read[last] + (normal[last + 1 :] - normal[last]) * high
    return tuple(round(float(value), 4) for value in np.maximum.accumulate(read))


def before_shaping(found: Lags, made: Mapping[str, Shape]) -> Lags:
    """Return the covariances that normal values must have for the shaped ones to have those that were found.

    Bending weakens correlations: of values that are bent alike, ρ becomes Σ cₖ²ρᵏ with the Hermite coefficients c of
    the shape; with one that is not bent, c₁ρ.
    """
    hermite = {VITALS.index(name): _hermite(shape) for name, shape in made.items()}
    first = np.array([hermite[vital][0] ** 0.5 if vital in hermite else 1.0 for vital in range(4)])
    mutual = first[:, None] * first
    same, apart = found.same / mutual, found.apart / mutual
    np.fill_diagonal(same, np.diag(found.same))
    for vital in range(4):
        variance = found.same[vital, vital]
        for pair in range(len(apart)):
            rho = found.apart[pair, vital, vital] / variance
            unbent = _unbent(rho, hermite[vital]) if vital in hermite else rho
            apart[pair, vital, vital] = unbent * variance
    return replace(found, same=same, apart=apart)


def _hermite(shape: Shape) -> tuple[float, ...]:
    """Return c₁² … c₄² of a shape, scaled to variance 1; the last one takes the rest."""
    z = np.linspace(-8, 8, 4001)
    known = np.array([normal_quantile(level) for level in SHAPE_LEVELS])
    values = np.array(shape)
    bent = np.interp(z, known, values)
    bent += np.minimum(z - known[0], 0) * (values[1] - values[0]) / (known[1] - known[0])
    bent += np.maximum(z - known[-1], 0) * (values[-1] - values[-2]) / (known[-1] - known[-2])
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    bent -= (bent * weight).sum()
    bent /= (bent**2 * weight).sum() ** 0.5
    polynomials = (z, (z**2 - 1) / 2**0.5, (z**3 - 3 * z) / 6**0.5)
    squares = [float((bent * polynomial * weight).sum() ** 2) for polynomial in polynomials]
    return (*squares, max(0.0, 1 - sum(squares)))


def _unbent(rho: float, squares: tuple[float, ...]) -> float:
    """Return the correlation that bending turns into ρ, by bisection."""
    low, high = -0.999, 0.999
    for _ in range(50):
        middle = (low + high) / 2
        if sum(square * middle ** (k + 1) for k, square in enumerate(squares)) < rho:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def digits(shares: list[int], fractional: int) -> Digits | None:
    """Return the mixture of roundings to 1, 2, 5 and 10 that makes the last digits of readings.

    Args:
        shares: readings by last digit, 0 … 9.
        fractional: readings that are no whole numbers; with some of them nothing can be said.
    """
    number = sum(shares)
    if number == 0 or fractional > 0.01 * number:
        return None
    share = [count / number for count in shares]
    exact = 10 * sum(share[digit] for digit in (1, 3, 7, 9)) / 4
    even = 5 * (sum(share[digit] for digit in (2, 4, 6, 8)) / 4 - exact / 10)
    fives = 2 * (share[5] - exact / 10)
    tens = share[0] - exact / 10 - even / 5 - fives / 2
    parts = [max(0.0, part) for part in (exact, even, fives, tens)]
    rounded = [round(part / sum(parts), 3) for part in parts]
    rounded[0] = round(1 - sum(rounded[1:]), 3)
    return Digits(exact=rounded[0], even=rounded[1], fives=rounded[2], tens=rounded[3])


def rounding_variance(mixture: Digits | None, readings: float) -> float:
    """Return the variance that rounding adds to the mean of some readings, in units squared."""
    if mixture is None:
        return 0.0
    steps = zip((1, 2, 5, 10), (mixture.exact, mixture.even, mixture.fives, mixture.tens), strict=True)
    return sum(share * step * step for step, share in steps) / 12 / readings


def lattice_share(sums: Sums) -> float:
    """Return the share of temperatures that were read in tenths of °F, where nothing but their values tells it."""
    hundredths = sums.histogram[:, 3::4].sum(axis=(0, 1))
    number = int(hundredths.sum())
    places = np.arange(BINS)
    off = int(hundredths[places % 10 != 0].sum())
    on_lattice = int(hundredths[(places % 10 != 0) & np.isin(places % 50, _LATTICE)].sum())
    if off == 0 or on_lattice < 0.98 * off:
        return 0.0
    return round(min(1.0, off / number * len(_LATTICE) / (len(_LATTICE) - 1)), 3)
