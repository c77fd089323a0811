"""One block of subjects, made whole: who they are, what was measured, who left when. Tables read from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.normal import four_normals
from rowmill.domains.vitals.plan import Floats, Trial
from rowmill.domains.vitals.realism import (
    add_own_effects,
    add_sites,
    celsius_of,
    chosen,
    fahrenheit_of,
    fever_and_outliers,
    reads_fahrenheit,
    rounded,
    sites,
    stays,
    temperature,
)
from rowmill.domains.vitals.settings import GAP
from rowmill.domains.vitals.trajectories import MAX_VISITS, borrowed, noise, shaped
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.quota import fraction
from rowmill.draw.words import below, bits, smallest, words


@dataclass(frozen=True, slots=True)
class Readings:
    """What was measured in a block."""

    subject: Ints
    arm: Ints
    site: Ints
    fahrenheit: Flags | None
    """Whose site reads tenths of °F; None where none does."""
    values: list[list[Ints]]
    """By visit and vital: mmHg, mmHg, beats/min, hundredths of °C."""
    attended: Ints
    """Number of visits before each subject left."""
    missed: Flags
    """bool[subjects, visits]: planned visits that were not done, while in the trial."""
    adjusted: list[list[Flags]]
    """By visit and vital: which values a limit moved."""
    copied: Flags | None
    """bool[subjects, visits]: visits whose four values are the donor's own; None where there are no donors."""


def readings(trial: Trial, donors: Donors | None, block: int) -> Readings:
    """Make a block."""
    subject = trial.subjects(block)
    arm, site = trial.arms(subject), sites(trial, subject)
    fahrenheit = reads_fahrenheit(trial, site)
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
        values.append([*row, temperature(levels[3], fahrenheit)])
    fever_and_outliers(trial, values, subject, fahrenheit, block)
    limits = _limits(trial, fahrenheit)
    adjusted = [_limit(limits, visit) for visit in values]
    if trial.spec.calibrate and trial.spec.target_effect is not None:
        _calibrate(trial, values[-1], subject, arm)
    return Readings(
        subject,
        arm,
        site,
        fahrenheit,
        values,
        attended,
        _missed(trial, subject, block),
        adjusted,
        None if donors is None or donor is None else _copies(donors, values, donor),
    )


Limits = list[tuple[int | Ints, int | Ints]]


def _limits(trial: Trial, fahrenheit: Flags | None) -> Limits:
    """Return the lowest and the highest value of each vital; of temperatures read in °F, what such a site can read."""
    limits: Limits = [(int(low), int(high)) for low, high in trial.spec.ranges.pairs[:3]]
    coldest, warmest = (fraction(degree) * 100 for degree in trial.spec.ranges.temperature)
    low, high = ceil(coldest), floor(warmest)
    if fahrenheit is None:
        return [*limits, (low, high)]
    coldest_read, warmest_read = fahrenheit_of(np.array([low, high])).tolist()
    readable = celsius_of(np.arange(coldest_read - 1, warmest_read + 2))
    readable = readable[(readable >= low) & (readable <= high)]
    return [*limits, (np.where(fahrenheit, readable[0], low), np.where(fahrenheit, readable[-1], high))]


def _limit(limits: Limits, visit: list[Ints]) -> list[Flags]:
    """Move values into their ranges, and diastolic pressure below systolic, in place; return which moved, by vital."""
    before = list(visit)
    for j, (low, high) in enumerate(limits):
        visit[j] = np.clip(visit[j], low, high)
    close = np.flatnonzero(visit[1] > visit[0] - GAP)
    if len(close):
        diastolic = np.maximum(visit[0][close] - GAP, limits[1][0])
        visit[0][close] = np.maximum(visit[0][close], diastolic + GAP)
        visit[1][close] = diastolic
    return [was != now for was, now in zip(before, visit, strict=True)]


def _calibrate(trial: Trial, visit: list[Ints], subject: Ints, arm: Ints) -> None:
    """Move treated subjects' last systolic pressures by at most 1 mmHg each until the arm differs by the target."""
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


def _missed(trial: Trial, subject: Ints, block: int) -> Flags:
    missed = np.zeros((len(subject), len(trial.visits)), np.bool_)
    for v in np.flatnonzero(trial.dosed).tolist():
        missed[chosen(trial, "missed", trial.spec.realism.missed, subject, v, block), v] = True
    return missed


def _copies(donors: Donors, values: list[list[Ints]], donor: Ints) -> Flags:
    copied = np.ones((len(donor), len(values)), np.bool_)
    for v, visit in enumerate(values):
        for j in range(4):
            recorded = donors.recorded[v][j].take(donor)
            copied[:, v] &= visit[j] == (np.rint(recorded * 100) if j == 3 else recorded)
    return copied


def ages(trial: Trial, subject: Ints) -> Ints:
    """Return ages in years: normal, cut to the model's range."""
    people = trial.model.people
    value = four_normals(words(trial.key.child("age"), subject))[0] * people.age_sd + people.age_mean
    return np.clip(np.rint(value), *people.age_range).astype(np.int64)


def women(trial: Trial, subject: Ints) -> NDArray[np.bool_]:
    """Return who is a woman."""
    limit = round(trial.model.people.female * (1 << 32))
    return bits(words(trial.key.child("sex"), subject), 32, 32) < limit


def study_days(trial: Trial, subject: Ints, visit: int) -> Ints:
    """Return the study day on which a visit happened; there is no day 0.

    With visit windows it lies up to three days off its plan (seven after day 28), so that visits keep their order; the
    first dose is always on day 1.
    """
    planned = trial.offsets[visit]
    if not trial.spec.realism.visit_windows or planned == 0:
        return np.full(len(subject), planned + (planned >= 0), np.int64)
    others = [abs(offset - planned) for offset in (0, *trial.offsets) if offset != planned]
    window = min(3 if planned < 28 else 7, (min(others) - 1) // 2)
    word = words(trial.key.child("window"), subject * MAX_VISITS + visit)
    off = (below(word, 2 * window + 1) + below(word << np.uint64(32), 2 * window + 1)) // 2 - window
    return planned + off + (planned > 0)


def as_float(hundredths: Ints) -> Floats:
    """Return hundredths as the nearest float64."""
    return hundredths / 100.0
