"""How near subjects come to their donors: distances to the nearest donor beside those of donors to one another.

Where subjects are about as far from the nearest donor as donors are from each other, they disclose no single one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from rowmill.core.keys import Key
from rowmill.domains.vitals.block import Block
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Floats, Ints
from rowmill.draw.choose import smallest
from rowmill.draw.words import words

LEVELS = (0.05, 0.5, 0.95)
_MOST, _FEWEST = 500, 20
_PAIRS = 4_000_000
"""Most pairs of a subject and a donor that are compared, unless even the fewest subjects make more."""
_FIGURES = 6


@dataclass(frozen=True, slots=True)
class Nearness:
    """Distances in standard deviations, root mean square over the readings that both have."""

    subjects: tuple[float, ...]
    """Of subjects to the nearest donor: quantiles at ``LEVELS``."""
    donors: tuple[float, ...]
    """Of donors to the nearest other donor: the same."""
    nearer: float
    """Share of subjects that are nearer to a donor than the lowest of those quantiles."""


def nearness(trial: Trial, donors: Donors) -> Nearness | None:
    """Return how near a sample of the first block's subjects comes to donors, None where nothing can be compared."""
    key = trial.key.child("nearest")
    pilot = np.stack([cells / trial.sd[j] for visit in donors.recorded for j, cells in enumerate(visit)])
    block = Block(trial, donors, 0) if trial.blocks.count else None
    count = pilot.shape[1]
    if block is None or count < 2:
        return None
    size = max(_FEWEST, min(_MOST, _PAIRS // count))
    values = [cells / (100.0 if j == 3 else 1.0) for visit in block.readings.values for j, cells in enumerate(visit)]
    scale = np.tile(trial.sd, len(trial.visits))
    made = np.stack([cells / sd for cells, sd in zip(values, scale, strict=True)])
    mine = _sample(key.child("subjects"), made.shape[1], size)
    others = _sample(key.child("donors"), count, size)
    to_donors = _nearest(made[:, mine], pilot, None)
    apart = _nearest(pilot[:, others], pilot, others)
    if not (np.isfinite(to_donors).any() and np.isfinite(apart).any()):
        return None
    typical = _quantiles(apart)
    return Nearness(_quantiles(to_donors), typical, round(float((to_donors < typical[0]).mean()), _FIGURES))


def _sample(key: Key, count: int, size: int) -> Ints:
    everyone = np.arange(count)
    return np.sort(smallest(words(key, everyone), min(size, count)))


def _nearest(subjects: Floats, donors: Floats, own: Ints | None) -> Floats:
    """Return each subject's distance to the nearest donor but itself, where its place among them is given.

    Args:
        subjects: float64[cells, subjects], NaN where there is no reading.
        donors: float64[cells, donors].
        own: place of each subject among the donors, None where it is not among them.
    """
    found = np.empty(subjects.shape[1])
    for place in range(subjects.shape[1]):
        total, number = np.zeros(donors.shape[1]), np.zeros(donors.shape[1])
        for cell in range(len(donors)):
            apart = donors[cell] - subjects[cell, place]
            both = ~np.isnan(apart)
            total += np.where(both, apart * apart, 0.0)
            number += both
        square = np.where(number > 0, total / np.maximum(number, 1.0), np.inf)
        if own is not None:
            square[own[place]] = np.inf
        found[place] = sqrt(float(square.min()))
    return found


def _quantiles(distances: Floats) -> tuple[float, ...]:
    """Return the distances at the levels, each one that is there: the first that so many are not above."""
    ordered = np.sort(distances[np.isfinite(distances)])
    return tuple(round(float(ordered[int(level * (len(ordered) - 1))]), _FIGURES) for level in LEVELS)
