"""From the covariance of all visits to two levels and a kernel: what is common to a subject, and what a visit adds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rowmill.domains.vitals.fit.algebra import nearest_definite
from rowmill.draw.arrays import Floats

_USUAL_SLOW, _USUAL_DECAY = 0.15, 0.9
_SLOW_SPREAD, _DECAY_SPREAD = 0.15, 0.1
"""What is held likely of the kernel before the pilot speaks: with few visits it says little of it."""
_MOST_SLOW, _DECAYS = 0.9, (0.3, 0.99)
_ROUNDS, _STEPS = 6, 11


@dataclass(frozen=True)
class Structure:
    """Covariance in two levels."""

    between: Floats
    """Of subjects' own levels, float64[4, 4]."""
    within: Floats
    """Of a visit's departure from the level, float64[4, 4]."""
    slow: float
    """Share of the departure that changes slowly."""
    decay: float
    """Its correlation over one week."""
    distance: float = 0.0
    """How far the two covariances were moved to be positive definite, in standard deviations squared."""

    def covariance(self, days: list[int]) -> Floats:
        """Return the covariance of all cells, float64[visits × 4, visits × 4]."""
        return np.block([[self.between + self.kernel(abs(a - b)) * self.within for b in days] for a in days])

    def kernel(self, days: int) -> float:
        """Return the correlation of departures so many days apart."""
        return 1.0 if days == 0 else self.slow * self.decay ** (days / 7)


@dataclass(frozen=True)
class Lags:
    """Covariances by distance in time, averaged over what the structure holds equal."""

    same: Floats
    """Within a visit, float64[4, 4]."""
    apart: Floats
    """Between each pair of visits, symmetrised, float64[pairs, 4, 4]."""
    weeks: tuple[float, ...]
    """Distance of each pair."""
    weight: Floats
    """Subjects seen at both."""


def lags(covariance: Floats, days: list[int], subjects: Floats) -> Lags:
    """Return the covariances by distance.

    Args:
        covariance: of all cells, float64[visits × 4, visits × 4].
        days: planned day of each visit.
        subjects: number seen at each pair of visits, float64[visits, visits].
    """
    blocks = covariance.reshape(len(days), 4, len(days), 4).transpose(0, 2, 1, 3)
    seen = np.diag(subjects)
    same = (blocks[np.arange(len(days)), np.arange(len(days))] * seen[:, None, None]).sum(axis=0) / seen.sum()
    pairs = list(combinations(range(len(days)), 2))
    apart = np.array([(blocks[u, v] + blocks[u, v].T) / 2 for u, v in pairs])
    weeks = tuple(abs(days[u] - days[v]) / 7 for u, v in pairs)
    return Lags(same, apart, weeks, np.array([subjects[u, v] for u, v in pairs]))


def structured(found: Lags) -> Structure:
    """Return the two levels and the kernel that come nearest to covariances by distance."""
    slow, decay = _kernel(found)
    shared = np.array([slow * decay**weeks for weeks in found.weeks])
    free = found.weight * (1 - shared)
    total = (free * (1 - shared)).sum()
    between = (free[:, None, None] * (found.apart - shared[:, None, None] * found.same)).sum(axis=0) / total
    scale = np.diag(found.same) ** 0.5
    between, first = nearest_definite(between, scale)
    within, second = nearest_definite(found.same - between, scale)
    return Structure(between, within, slow, decay, first + second)


def _kernel(found: Lags) -> tuple[float, float]:
    """Return slow share and decay per week: the best of a grid that narrows, round after round."""
    correlation = np.array([np.diag(apart) / np.diag(found.same) for apart in found.apart])
    slow_at, decay_at = (0.0, _MOST_SLOW), _DECAYS
    best = (_USUAL_SLOW, _USUAL_DECAY)
    for _ in range(_ROUNDS):
        slows = [slow_at[0] + (slow_at[1] - slow_at[0]) * step / (_STEPS - 1) for step in range(_STEPS)]
        decays = [decay_at[0] + (decay_at[1] - decay_at[0]) * step / (_STEPS - 1) for step in range(_STEPS)]
        tried = {(slow, decay): _misfit(found, correlation, slow, decay) for slow in slows for decay in decays}
        best = min(tried, key=lambda pair: (tried[pair], pair))
        slow_at = _around(best[0], slow_at, (0.0, _MOST_SLOW))
        decay_at = _around(best[1], decay_at, _DECAYS)
    return best


def _around(best: float, interval: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float]:
    reach = (interval[1] - interval[0]) / (_STEPS - 1) * 1.5
    return max(limits[0], best - reach), min(limits[1], best + reach)


def _misfit(found: Lags, correlation: Floats, slow: float, decay: float) -> float:
    """Return how badly a kernel fits the correlations over time, each vital with the level that suits it best."""
    shared = np.array([slow * decay**weeks for weeks in found.weeks])
    free = 1 - shared
    weight = found.weight[:, None]
    level = (weight * (free[:, None] * (correlation - shared[:, None]))).sum(axis=0) / (found.weight * free**2).sum()
    missed = correlation - (shared[:, None] + free[:, None] * np.clip(level, 0.01, 0.99))
    doubt = ((slow - _USUAL_SLOW) / _SLOW_SPREAD) ** 2 + ((decay - _USUAL_DECAY) / _DECAY_SPREAD) ** 2
    return float((weight * missed**2).sum() + doubt)
