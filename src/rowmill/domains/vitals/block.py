"""One block of subjects, made whole: who they are, what was measured, who left when. Tables read from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.plan import Floats, Trial
from rowmill.domains.vitals.realism import (
    add_own_effects,
    add_sites,
    chosen,
    fever_and_outliers,
    rounded,
    sites,
    stays,
    temperature,
)
from rowmill.domains.vitals.trajectories import MAX_VISITS, Ints, borrowed, noise, shaped
from rowmill.draw.words import below, bits, smallest, words

GAP = 5
"""Least difference of systolic and diastolic pressure, mmHg."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was measured in a block."""

    subject: Ints
    arm: Ints
    site: Ints
    values: list[list[Ints]]
    """By visit and vital: mmHg, mmHg, beats/min, hundredths of °C."""
    attended: Ints
    """Number of visits before each subject left."""
    missed: NDArray[np.bool_]
    """bool[subjects, visits]: planned visits that were not done, while in the trial."""
    adjusted: int
    """Values that a limit moved."""
    copied: int
    """Visits whose four values are the donor's own."""


def readings(trial: Trial, donors: Donors | None, block: int) -> Readings:
    """Make a block."""
    subject = trial.subjects(block)
    arm, site = trial.arms(subject), sites(trial, subject)
    donor: Ints | None = None
    if donors is not None:
        departures, donor = borrowed(trial, donors, subject, arm)
    else:
        departures = shaped(trial, noise(trial, subject))
    attended = stays(trial, departures, arm, subject, block)
    add_sites(trial, departures, site)
    add_own_effects(trial, departures, subject, arm)
    values: list[list[Ints]] = []
    for v, visit in enumerate(departures):
        levels = [trial.means[:, v, j].take(arm) + visit[j] for j in range(4)]
        row = [rounded(trial, levels[j], j, subject, v) for j in range(3)]
        values.append([*row, temperature(trial, levels[3], site)])
    fever_and_outliers(trial, values, subject, block)
    adjusted = sum(_limit(trial, visit) for visit in values)
    if trial.spec.calibrate and trial.spec.target_effect is not None:
        _calibrate(trial, values[-1], subject, arm)
    return Readings(
        subject,
        arm,
        site,
        values,
        attended,
        _missed(trial, subject, block),
        adjusted,
        0 if donors is None or donor is None else _copies(donors, values, donor),
    )


def _limit(trial: Trial, visit: list[Ints]) -> int:
    """Move values into their ranges, and diastolic pressure below systolic, in place; return how many moved."""
    moved = 0
    scale = (1, 1, 1, 100)
    for j, (low, high) in enumerate(trial.spec.ranges.pairs):
        kept = np.clip(visit[j], round(low * scale[j]), round(high * scale[j]))
        moved += int((kept != visit[j]).sum())
        visit[j] = kept
    close = np.flatnonzero(visit[1] > visit[0] - GAP)
    if len(close):
        lowest = int(trial.spec.ranges.diastolic[0])
        diastolic = np.maximum(visit[0][close] - GAP, lowest)
        visit[0][close] = np.maximum(visit[0][close], diastolic + GAP)
        visit[1][close] = diastolic
        moved += len(close)
    return moved


def _calibrate(trial: Trial, visit: list[Ints], subject: Ints, arm: Ints) -> None:
    """Move treated subjects' last systolic pressures by at most one mmHg each until the arm's difference is the target."""
    control = arm == len(trial.spec.arms) - 1
    if not control.any() or trial.spec.target_effect is None:
        return
    base = int(visit[0][control].sum()) / int(control.sum())
    (low, high), diastolic = trial.spec.ranges.systolic, visit[1]
    for a in range(len(trial.spec.arms) - 1):
        mine = np.flatnonzero(arm == a)
        if len(mine) == 0:
            continue
        short = round((base + trial.spec.target_effect) * len(mine)) - int(visit[0][mine].sum())
        step = 1 if short > 0 else -1
        moved = visit[0][mine] + step
        free = mine[(moved >= low) & (moved <= high) & (moved >= diastolic[mine] + GAP)]
        order = smallest(words(trial.key.child("calibrate"), subject[free]), min(abs(short), len(free)))
        visit[0][free[order]] += step


def _missed(trial: Trial, subject: Ints, block: int) -> NDArray[np.bool_]:
    missed = np.zeros((len(subject), len(trial.visits)), np.bool_)
    for v in np.flatnonzero(trial.dosed).tolist():
        missed[chosen(trial, "missed", trial.spec.realism.missed, subject, v, block), v] = True
    return missed


def _copies(donors: Donors, values: list[list[Ints]], donor: Ints) -> int:
    copied = 0
    for v, visit in enumerate(values):
        same = np.ones(len(donor), np.bool_)
        for j in range(4):
            recorded = donors.recorded[v][j].take(donor)
            same &= visit[j] == (recorded * 100 if j == 3 else recorded)
        copied += int(same.sum())
    return copied


def ages(trial: Trial, subject: Ints) -> Ints:
    """Return ages in years: normal, cut to the model's range."""
    from rowmill.domains.vitals.normal import four_normals

    people = trial.model.people
    value = four_normals(words(trial.key.child("age"), subject))[0] * people.age_sd + people.age_mean
    return np.clip(np.rint(value), *people.age_range).astype(np.int64)


def women(trial: Trial, subject: Ints) -> NDArray[np.bool_]:
    """Return who is a woman."""
    limit = round(trial.model.people.female * (1 << 32))
    return bits(words(trial.key.child("sex"), subject), 32, 32) < limit


def study_days(trial: Trial, subject: Ints, visit: int) -> Ints:
    """Return the study day on which a visit happened: its plan, or up to three days off (seven for late visits); no day 0."""
    planned = trial.spec.visits[visit].day
    if not trial.spec.realism.visit_windows or planned == 1:
        return np.full(len(subject), planned, np.int64)
    window = 3 if planned <= 28 else 7
    word = words(trial.key.child("window"), subject * MAX_VISITS + visit)
    off = (below(word, 2 * window + 1) + below(word << np.uint64(32), 2 * window + 1)) // 2 - window
    day = planned + off
    return np.where((day <= 0) & (planned > 0), 1, np.where((day >= 0) & (planned < 0), -1, day))


def as_float(hundredths: Ints) -> Floats:
    """Return hundredths as the nearest float64."""
    return hundredths / 100.0
