"""Pilots for the bootstrap: a user's own, or a synthetic one made from the model, which is no real subject's data."""

from __future__ import annotations

import numpy as np

from rowmill.core.keys import Key
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.plan import Floats, Trial
from rowmill.domains.vitals.trajectories import noise, shaped

SYNTHETIC_PER_ARM = 127
_SYNTHETIC = Key.from_seed(0).child("synthetic pilot")


def synthetic(trial: Trial) -> Donors:
    """Return donors drawn from the model, the same for every seed: 127 subjects an arm."""
    arms = len(trial.spec.arms)
    model = Trial(trial.spec)
    model.key = _SYNTHETIC
    subject = np.arange(SYNTHETIC_PER_ARM * arms)
    departure = shaped(model, noise(model, subject))
    start = np.arange(arms) * SYNTHETIC_PER_ARM
    arm = np.repeat(np.arange(arms), SYNTHETIC_PER_ARM)
    for a in range(arms):
        mine = slice(a * SYNTHETIC_PER_ARM, (a + 1) * SYNTHETIC_PER_ARM)
        for visit in departure:
            for j in range(4):
                visit[j][mine] -= _mean(visit[j][mine])
    recorded = [
        [_reading(trial.means[:, v, j].take(arm) + visit[j], j) for j in range(4)] for v, visit in enumerate(departure)
    ]
    return Donors(departure, recorded, start, np.full(arms, SYNTHETIC_PER_ARM), synthetic=True)


def _mean(values: Floats) -> float:
    """Return the mean by exact summation, which no order of additions can change."""
    from math import fsum

    return fsum(values.tolist()) / len(values)


def _reading(value: Floats, vital: int) -> Floats:
    return np.rint(value * 10) / 10 if vital == 3 else np.rint(value)
