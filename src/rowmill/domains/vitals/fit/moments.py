"""Means and covariances of all visits, as if every subject had stayed.

Expectation and maximisation over the patterns of missing readings: what is missing is expected from what was seen,
given the estimates; the estimates follow from both. So who left after a high reading biases no mean and no variance.
Before the first dose all arms share one mean; afterwards a mean is what the arm would have with that common baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.algebra import product, swept
from rowmill.domains.vitals.fit.structure import Lags, Structure, lags, structured
from rowmill.domains.vitals.fit.sums import ORIGIN, Group, Sums
from rowmill.domains.vitals.model import VITALS
from rowmill.draw.arrays import Floats

_MOST_ROUNDS = 300
_CLOSE = 1e-7
_USUAL_ICC = 0.55
_UNIT = 1000.0
"""Sums are in thousandths."""


@dataclass(frozen=True)
class Moments:
    """What a pilot says about the first two moments."""

    mean: Floats
    """Mean by arm and cell in units, float64[arms, visits × 4]."""
    structure: Structure
    lags: Lags
    """The covariances that the structure was fitted to."""
    rounds: int


@dataclass(frozen=True)
class _Pattern:
    """Subjects of all arms with readings in the same places; departures from ``ORIGIN``, in units."""

    seen: list[int]
    missing: list[int]
    groups: list[tuple[int, int, Floats, Floats]]
    """Arm, subjects, sum and product over the seen cells."""


def estimate(sums: Sums, days: list[int]) -> Moments:
    """Return means and covariance.

    Args:
        sums: over all subjects.
        days: planned day of each visit.
    """
    patterns = list(_patterns(sums))
    cells = sums.visits * 4
    together = _together(sums)
    predose = [cell for cell in range(cells) if days[cell // 4] <= 1]
    spread = _spread(sums)
    start = np.diag(spread**2)
    structure = Structure(start * _USUAL_ICC, start * (1 - _USUAL_ICC), 0.0, 0.9)
    covariance, mean = structure.covariance(days), _start(sums)
    unbiased = _unbiased(sums, days)
    scale = np.tile(spread, sums.visits)
    rounds, found = 0, None
    while rounds < _MOST_ROUNDS:
        rounds += 1
        new_mean, moment = _round(patterns, mean, covariance, predose)
        found = lags(moment * unbiased, days, together)
        structure = structured(found)
        new = structure.covariance(days)
        moved = max(
            np.abs((new - covariance) / (scale[:, None] * scale)).max(), np.abs((new_mean - mean) / scale).max()
        )
        covariance, mean = new, new_mean
        if moved < _CLOSE:
            break
    assert found is not None
    return Moments(mean + np.tile(ORIGIN, sums.visits) / _UNIT, structure, found, rounds)


def _patterns(sums: Sums) -> Iterator[_Pattern]:
    by_place: dict[bytes, list[Group]] = {}
    for key in sorted(sums.groups):
        by_place.setdefault(key[1], []).append(sums.groups[key])
    for groups in by_place.values():
        seen = np.flatnonzero(groups[0].seen)
        if len(seen):
            kept = [
                (g.arm, g.subjects, g.total[seen] / _UNIT, g.product[np.ix_(seen, seen)] / _UNIT**2) for g in groups
            ]
            yield _Pattern(seen.tolist(), np.flatnonzero(~groups[0].seen).tolist(), kept)


def _round(patterns: list[_Pattern], mean: Floats, covariance: Floats, predose: list[int]) -> tuple[Floats, Floats]:
    """Return the next means and the second moments about them."""
    arms, cells = mean.shape
    total, count, moment = np.zeros((arms, cells)), np.zeros(arms), np.zeros((cells, cells))
    for pattern in patterns:
        solved = swept(covariance, pattern.seen)
        fill = np.zeros((cells, len(pattern.seen)))
        fill[pattern.seen, np.arange(len(pattern.seen))] = 1.0
        fill[pattern.missing] = solved[np.ix_(pattern.missing, pattern.seen)]
        about = np.zeros((len(pattern.seen), len(pattern.seen)))
        subjects = 0
        for arm, number, summed, squared in pattern.groups:
            centre = mean[arm, pattern.seen]
            rest = summed - number * centre
            cross = summed[:, None] * centre
            about += squared - cross - cross.T + number * (centre[:, None] * centre)
            total[arm] += product(fill, rest[:, None])[:, 0]
            count[arm] += number
            subjects += number
        moment += product(product(fill, about), fill.T)
        moment[np.ix_(pattern.missing, pattern.missing)] += subjects * solved[np.ix_(pattern.missing, pattern.missing)]
    new = _constrained(mean + total / count[:, None], count, covariance, predose)
    for arm in range(arms):
        step = new[arm] - mean[arm]
        cross = total[arm][:, None] * step
        moment += count[arm] * (step[:, None] * step) - cross - cross.T
    return new, moment / count.sum()


def _constrained(mean: Floats, count: Floats, covariance: Floats, predose: list[int]) -> Floats:
    """Give all arms one mean before the first dose, and take out of the later means what they owed to another one."""
    if not predose:
        return mean
    later = [cell for cell in range(mean.shape[1]) if cell not in predose]
    common = (mean[:, predose] * count[:, None]).sum(axis=0) / count.sum()
    slope = swept(covariance, predose)[np.ix_(later, predose)]
    new = mean.copy()
    new[:, later] -= product(mean[:, predose] - common, slope.T)
    new[:, predose] = common
    return new


def _together(sums: Sums) -> Floats:
    """Return how many subjects were seen at each pair of visits, float64[visits, visits]."""
    found = np.zeros((sums.visits, sums.visits))
    for group in sums.groups.values():
        came = np.any(group.seen.reshape(-1, 4), axis=1)
        found += group.subjects * (came[:, None] & came)
    return found


def _unbiased(sums: Sums, days: list[int]) -> Floats:
    """Return the factors that make up for means of the same subjects: one before the first dose, then one an arm."""
    subjects = sums.readings.sum(axis=0)
    means = np.where(np.repeat(np.array(days) <= 1, 4), 1, sums.arms)
    factor = (subjects / np.maximum(subjects - means, 1)) ** 0.5
    return np.asarray(factor[:, None] * factor)


def _start(sums: Sums) -> Floats:
    """Return observed means by arm and cell, in units from the origin."""
    total = np.zeros((sums.arms, sums.visits * 4))
    for group in sums.groups.values():
        total[group.arm] += group.total / _UNIT
    return np.asarray(total / np.maximum(_counted(sums), 1))


def _counted(sums: Sums) -> Floats:
    counted = np.zeros((sums.arms, sums.visits * 4))
    for group in sums.groups.values():
        counted[group.arm] += group.subjects * group.seen
    return counted


def _spread(sums: Sums) -> Floats:
    """Return the standard deviation of each vital within arms and visits.

    Raises:
        SpecError: if one is constant.
    """
    squares = np.zeros((sums.arms, sums.visits * 4))
    for group in sums.groups.values():
        squares[group.arm] += np.diag(group.product) / _UNIT**2
    counted, mean = _counted(sums), _start(sums)
    rest = (squares - counted * mean**2).reshape(-1, 4).sum(axis=0)
    for vital, name in enumerate(VITALS):
        if rest[vital] <= 1e-6 * counted.sum():
            raise SpecError(f"{name}: is the same in every reading of an arm and visit; a fit needs readings that vary")
    return np.asarray((rest / (counted.reshape(-1, 4).sum(axis=0) - sums.arms * sums.visits)) ** 0.5)
