"""What a trial adds to trajectories: means of sites that differ, effects that differ between subjects.

Every switch draws from a key of its own, so turning one on moves no draw of another.
"""

from __future__ import annotations

from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Floats, Ints
from rowmill.draw.normal import four_normals
from rowmill.draw.words import words


def with_sites(trial: Trial, departures: list[list[Floats]], site: Ints) -> list[list[Floats]]:
    """Return departures by visit and vital with each site's own added to all its subjects' values."""
    spread = trial.spec.realism.site_sd
    if not any(spread):
        return departures
    shift = four_normals(words(trial.key.child("site effect"), site))
    own = [shift[j] * spread[j] for j in range(4)]
    return [[visit[j] + own[j] for j in range(4)] for visit in departures]


def with_own_effects(trial: Trial, departures: list[list[Floats]], subject: Ints, arm: Ints) -> list[list[Floats]]:
    """Return departures with the part of the effect that differs between treated subjects, which has mean zero."""
    spread = trial.spec.realism.effect_sd
    if spread == 0:
        return departures
    own = four_normals(words(trial.key.child("own effect"), subject))[0] * spread
    own[arm == len(trial.spec.arms) - 1] = 0.0
    return [[visit[0] + own * onset, *visit[1:]] for visit, onset in zip(departures, trial.onset.tolist(), strict=True)]
