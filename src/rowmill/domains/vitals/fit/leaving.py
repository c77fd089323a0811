"""Who left a pilot, when and after what, and who missed a visit in between."""

from __future__ import annotations

import numpy as np

from rowmill.domains.vitals.fit.algebra import product, swept
from rowmill.domains.vitals.fit.sums import Sums
from rowmill.domains.vitals.model import Vector
from rowmill.draw.arrays import Floats

_FEWEST_LEAVERS = 10
"""Leavers with four readings before; with fewer nothing is said about what drove them."""


def retention(sums: Sums, dosed: list[bool]) -> Floats:
    """Return the share of each arm still there at a visit, float64[arms, visits].

    Of those who were not seen again some were there and missed the visit, at the rate that others missed theirs.
    """
    still = sums.last[:, ::-1].cumsum(axis=1)[:, ::-1]
    seen = still / still[:, :1]
    later = np.concatenate((seen[:, 1:], np.zeros((sums.arms, 1))), axis=1)
    came = 1 - np.where(dosed, missed(sums, dosed), 0.0)
    return np.minimum.accumulate(np.minimum(1.0, later + (seen - later) / came), axis=1)


def missed(sums: Sums, dosed: list[bool]) -> float:
    """Return the share of visits after the first dose that subjects missed before the last one they came to.

    The visits after it tell nothing: who does not come again has left.
    """
    later = [visit for visit in range(sums.visits) if dosed[visit]]
    still = sums.last[:, ::-1].cumsum(axis=1)[:, ::-1].sum(axis=0)
    planned = int((still - sums.last.sum(axis=0))[later].sum())
    return int(sums.skipped[later].sum()) / planned if planned else 0.0


def by_previous(sums: Sums, dosed: list[bool], covariance: Floats) -> Vector:
    """Return the log-odds of leaving for one standard deviation of each value before.

    For normal values they are the differences of those who left and those who stayed, arm by arm and visit by visit,
    over the covariance.

    Args:
        sums: over all subjects.
        dosed: whether each visit comes after the first dose.
        covariance: of one visit's values, float64[4, 4].
    """
    scale = np.diag(covariance) ** 0.5
    weights, difference, leavers = 0.0, np.zeros(4), 0
    for arm in range(sums.arms):
        for visit in (visit for visit in range(1, sums.visits) if dosed[visit]):
            (stayed, *sum_stayed), (left, *sum_left) = sums.previous[arm, visit].tolist()
            if stayed and left:
                weight = stayed * left / (stayed + left)
                difference += weight * (np.array(sum_left) / left - np.array(sum_stayed) / stayed) / 1000
                weights += weight
                leavers += left
    if leavers < _FEWEST_LEAVERS:
        return (0.0, 0.0, 0.0, 0.0)
    correlation = covariance / (scale[:, None] * scale)
    odds = product(-swept(correlation, range(4)), (difference / weights / scale)[:, None])[:, 0]
    first, second, third, fourth = (round(float(value), 3) for value in odds)
    return first, second, third, fourth
