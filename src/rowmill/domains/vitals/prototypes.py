"""Prototypes: invented subjects that stand in the spec, lent to the engine as donors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.spec import VitalsSpec


def donors_of(trial: Trial) -> Donors:
    """Return the prototypes of a trial's spec as departures from their arm's means.

    Means are exact before they are rounded to a float, so they are the same on every machine.
    """
    spec: VitalsSpec = trial.spec
    visits = range(len(spec.visits))
    recorded = [
        [np.array([s[v][j] for arm in spec.arms for s in spec.prototypes[arm]], np.float64) for j in range(4)]
        for v in visits
    ]
    size = np.array([len(spec.prototypes[arm]) for arm in spec.arms], np.int64)
    start = np.cumsum(size) - size
    departure = [[values.copy() for values in visit] for visit in recorded]
    for first, number in zip(start.tolist(), size.tolist(), strict=True):
        for visit in departure:
            for values in visit:
                mine = values[first : first + number]
                mine -= float(sum(map(Fraction, mine.tolist()), Fraction(0)) / number)
    return Donors(departure, recorded, start, size, synthetic=True)
