"""One block of subjects, each part of it made when first asked for. Tables read from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rowmill.domains.vitals.attendance import missed, stays
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.incidents import fever_and_outliers
from rowmill.domains.vitals.limits import calibrate, limit, limits_of
from rowmill.domains.vitals.model import MAX_VISITS
from rowmill.domains.vitals.people import sites, subject_ids, unique_ids
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.readers import devices, reads_fahrenheit, rounded, temperature
from rowmill.domains.vitals.shifts import with_own_effects, with_sites
from rowmill.domains.vitals.trajectories import borrowed, noise, shaped
from rowmill.draw.arrays import Flags, Floats, Ints
from rowmill.draw.words import below, words
from rowmill.model.frame import Dictionary


@dataclass(frozen=True, slots=True)
class Readings:
    """What was measured in a block, whether or not the visit was done."""

    values: list[list[Ints]]
    """By visit and vital: mmHg, mmHg, beats/min, hundredths of °C."""
    adjusted: list[list[Flags]]
    """By visit and vital: which values a limit moved."""


class Block:
    """Subjects who belong together: who they are, what was measured, who left when."""

    def __init__(self, trial: Trial, donors: Donors | None, number: int) -> None:
        self.trial, self.donors, self.number = trial, donors, number
        self.subject = trial.blocks.numbers(number)
        """Numbers of the subjects, from 0."""

    @cached_property
    def arm(self) -> Ints:
        """Return the place of each subject's arm."""
        return self.trial.arms(self.subject)

    @cached_property
    def site(self) -> Ints:
        """Return each subject's site, from 0."""
        return sites(self.trial, self.subject)

    @cached_property
    def fahrenheit(self) -> Flags | None:
        """Return whose site reads tenths of °F; None where none does."""
        return reads_fahrenheit(self.trial, self.site)

    @cached_property
    def identifiers(self) -> Dictionary:
        """Return SubjectID of each subject."""
        return Dictionary(subject_ids(self.site, self.subject))

    @cached_property
    def unique_identifiers(self) -> Dictionary:
        """Return USUBJID of each subject."""
        return Dictionary(unique_ids(self.trial.spec.study, self.identifiers.values))

    @cached_property
    def _trajectories(self) -> tuple[list[list[Floats]], Ints | None]:
        """Return departures from the mean by visit and vital, and the donor of each subject where there are donors."""
        if self.donors is not None:
            return borrowed(self.trial, self.donors, self.subject, self.arm)
        return shaped(self.trial, noise(self.trial, self.subject)), None

    @cached_property
    def attended(self) -> Ints:
        """Return the number of visits before each subject left."""
        if self.trial.dropout is None:
            return np.full(len(self.subject), len(self.trial.visits), np.int64)
        return stays(self.trial, self._trajectories[0], self.arm, self.subject, self.number)

    @cached_property
    def everyone_stays(self) -> bool:
        """Return whether nobody leaves."""
        return self.trial.dropout is None or bool((self.attended >= len(self.trial.visits)).all())

    @cached_property
    def missed(self) -> Flags:
        """Return planned visits that were not done, bool[subjects, visits]."""
        return missed(self.trial, self.subject, self.number)

    @cached_property
    def readings(self) -> Readings:
        """Return what was measured, rounded and within limits."""
        trial, subject = self.trial, self.subject
        departures = with_sites(trial, self._trajectories[0], self.site)
        departures = with_own_effects(trial, departures, subject, self.arm)
        device = devices(trial, self.site)
        values: list[list[Ints]] = []
        for v, visit in enumerate(departures):
            levels = [trial.means[:, v, j].take(self.arm) + visit[j] for j in range(4)]
            row = [rounded(trial, levels[j], j, subject, v, device) for j in range(3)]
            values.append([*row, temperature(levels[3], self.fahrenheit)])
        fever_and_outliers(trial, values, subject, self.fahrenheit, self.number)
        limits = limits_of(trial, self.fahrenheit)
        adjusted = [limit(limits, visit) for visit in values]
        if trial.spec.calibrate:
            calibrate(trial, values[-1], subject, self.arm)
        return Readings(values, adjusted)

    @cached_property
    def copied(self) -> Flags | None:
        """Return visits whose four values are the donor's own, bool[subjects, visits]; None without donors."""
        donor = self._trajectories[1]
        if self.donors is None or donor is None:
            return None
        values = self.readings.values
        found = np.ones((len(donor), len(values)), np.bool_)
        for v, visit in enumerate(values):
            for j in range(4):
                recorded = self.donors.recorded[v][j].take(donor)
                found[:, v] &= visit[j] == (np.rint(recorded * 100) if j == 3 else recorded)
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many visits in the table have a value that a limit moved, and how many are a donor's own."""
        seen = ~self.missed
        seen &= np.arange(seen.shape[1]) < self.attended[:, None]
        moved = np.stack([np.logical_or.reduce(visit) for visit in self.readings.adjusted], axis=1)
        counts = {"adjusted": int(np.count_nonzero(moved & seen))}
        return counts if self.copied is None else counts | {"copied": int(np.count_nonzero(self.copied & seen))}


def study_days(trial: Trial, subject: Ints, visit: int) -> Ints:
    """Return the study day on which a visit happened; there is no day 0.

    With visit windows it lies up to three days off its plan (seven after day 28), early as often as late; visits keep
    their order, and the first dose is always on day 1.
    """
    planned = trial.offsets[visit]
    if not trial.spec.realism.visit_windows or planned == 0:
        return np.full(len(subject), planned + (planned >= 0), np.int64)
    others = [abs(offset - planned) for offset in (0, *trial.offsets) if offset != planned]
    window = min(3 if planned < 28 else 7, (min(others) - 1) // 2)
    word = words(trial.key.child("window"), subject * MAX_VISITS + visit)
    off = below(word, window + 1) + below(word << np.uint64(32), window + 1) - window
    return planned + off + (planned > 0)
