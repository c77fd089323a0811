"""Trajectories: the unrounded values of whole subjects over all visits, by method.

Values are products and sums of table look-ups, one operation after the other on whole columns, so they are the same on
every processor.
"""

from __future__ import annotations

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.model import MAX_VISITS
from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Floats, Ints
from rowmill.draw.normal import combined, four_normals
from rowmill.draw.words import below, bits, words

_LITTLE_NOISE = 0.05
_STEPS = (1.0, 1.0, 1.0, 0.1)
"""Steps of readings by vital."""


def noise(trial: Trial, subject: Ints) -> list[list[Floats]]:
    """Return departures from the mean by visit and vital, float64[subjects] each: subject's level plus visit's own."""
    level = combined(trial.between, four_normals(words(trial.key.child("level"), subject)))
    key = trial.key.child("visit")
    fresh = [
        combined(trial.within, four_normals(words(key, subject * MAX_VISITS + visit)))
        for visit in range(len(trial.visits))
    ]
    by_vital = [combined(trial.kernel, [visit[j] for visit in fresh]) for j in range(4)]
    return [[by_vital[j][v] + level[j] for j in range(4)] for v in range(len(trial.visits))]


def shaped(trial: Trial, departures: list[list[Floats]]) -> list[list[Floats]]:
    """Bend departures to the marginal shapes of the model, keeping mean and variance."""
    for vital, curve in trial.shapes.items():
        for visit in departures:
            visit[vital] = curve.bend(visit[vital], float(trial.sd[vital]))
    return departures


def borrowed(trial: Trial, donors: Donors, subject: Ints, arm: Ints) -> tuple[list[list[Floats]], Ints]:
    """Return departures of donors, smoothed with the model's noise, and the donor of each subject.

    A donor is a whole subject of the same arm; √(1 − h²) of the donor's departure and h of fresh noise keep the
    variance and the correlation over visits. Donors' values lie on the lattice of their readings; with next to no noise
    they are spread over its steps, else rounding would move every value of an arm the same way.
    """
    start, size = donors.start.take(arm), donors.size.take(arm)
    donor = start + below(words(trial.key.child("donor"), subject), size)
    h = trial.spec.smoothing
    keep = (1 - h * h) ** 0.5
    fresh = noise(trial, subject) if h > 0 else None
    key = trial.key.child("spread")
    out = []
    for v in range(len(trial.visits)):
        row = []
        spread = words(key, subject * MAX_VISITS + v) if h < _LITTLE_NOISE else None
        for j in range(4):
            value = donors.departure[v][j].take(donor) * keep
            if fresh is not None:
                value += fresh[v][j] * h
            if spread is not None:
                value += (bits(spread, 16 * j, 16) - 32_767.5) * (_STEPS[j] / 65_536)
            row.append(value)
        out.append(row)
    return out, donor
