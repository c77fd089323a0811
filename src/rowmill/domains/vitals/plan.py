"""The trial that a spec describes, resolved: means by arm and visit with the effect in them, factors, limits.

This is the known truth: the truth table prints it, and every method draws around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.domains.vitals.model import SHAPE_LEVELS, VITALS, Vector, VitalsModel
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.draw.arrays import Floats
from rowmill.draw.curves import Curve
from rowmill.draw.normal import cholesky
from rowmill.draw.rates import Untimed
from rowmill.draw.words import words
from rowmill.model.blocks import Blocks

SUBJECTS_PER_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Leaving:
    """How subjects leave for good."""

    mechanism: str
    kept: Floats
    """Share of each arm still there at each visit, float64[arms, visits], never rising."""
    log_odds: Vector
    """Log-odds of leaving for one standard deviation of each vital."""


class Trial:
    """A resolved spec: everything that blocks share."""

    def __init__(self, spec: VitalsSpec) -> None:
        if spec.model is None or spec.seed is None:
            raise SpecError("data.seed, data.model: missing; resolve the spec before building a trial")
        self.spec, self.model = spec, spec.model
        self.key = Key.from_seed(spec.seed).child("vitals")
        self.blocks = Blocks(spec.subjects, SUBJECTS_PER_BLOCK)
        self.counts = Untimed(self.blocks, self.key)
        """Exact counts of subjects, visit by visit."""
        self.visits = [visit.name for visit in spec.visits]
        self.offsets = [visit.day - (visit.day > 0) for visit in spec.visits]
        """Planned days of the visits after the first dose; before it negative."""
        self.dosed = np.array([visit.dosed for visit in spec.visits])
        self.between = cholesky(self.model.between, "model.between")
        self.within = cholesky(self.model.within, "model.within")
        self.kernel = cholesky(_kernel(self.model, self.visits), "model.kernel")
        self.sd = np.array([(self.model.between[j][j] + self.model.within[j][j]) ** 0.5 for j in range(4)])
        """Standard deviation of each vital around its mean."""

    def arms(self, subject: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the arm of each subject: permuted blocks, in which every arm comes once."""
        arms = len(self.spec.arms)
        group, place = subject // arms, subject % arms
        order = np.argsort(
            words(self.key.child("arms"), (group[:, None] * arms + np.arange(arms)).ravel()).reshape(-1, arms), axis=1
        )
        return np.take_along_axis(order, place[:, None], axis=1)[:, 0]

    @cached_property
    def means(self) -> Floats:
        """Return the mean of each vital, float64[arms, visits, 4], with the treatment effect in it."""
        spec, model = self.spec, self.model
        fitted = np.array([[model.means[arm][visit] for visit in self.visits] for arm in spec.arms])
        means = fitted.copy()
        means[:, ~self.dosed] = fitted[:, ~self.dosed].mean(axis=0)
        if spec.target_effect is not None:
            means[:-1, self.dosed, 0] = means[-1, self.dosed, 0] + spec.target_effect * self.onset[self.dosed]
        return means

    @cached_property
    def effects(self) -> Floats:
        """Return each arm's difference of mean systolic pressure to the control at the last visit, float64[arms]."""
        asked = self.spec.target_effect
        if asked is None or not self.dosed[-1]:
            return np.asarray(self.means[:, -1, 0] - self.means[-1, -1, 0])
        return np.array([asked] * (len(self.spec.arms) - 1) + [0.0])

    @cached_property
    def dropout(self) -> Leaving | None:
        """Return how subjects leave, None where all stay: as asked for, and for the rest as the model's did."""
        asked, own = self.spec.realism.dropout, self.model.dropout
        if asked.mechanism == "none" or not self.dosed.any():
            return None
        if asked.retention is None:
            told = [[own.retention[arm][visit] for visit in self.visits] for arm in self.spec.arms]
            kept = np.where(self.dosed, np.array(told), 1.0)
        else:
            done, steps = np.cumsum(self.dosed).tolist(), int(self.dosed.sum())
            kept = np.array([[asked.retention ** (step / steps) for step in done]] * len(self.spec.arms))
        odds = own.by_previous if asked.strength is None else (asked.strength, 0.0, 0.0, 0.0)
        return Leaving(asked.mechanism, np.minimum.accumulate(kept, axis=1), odds)

    @cached_property
    def onset(self) -> Floats:
        """Return the share of the effect that has set in at each visit: linear in days from the first dose."""
        days = np.array([visit.day for visit in self.spec.visits], np.float64)
        return np.where(self.dosed, (days - 1) / max(1.0, days[-1] - 1), 0.0)

    @cached_property
    def shapes(self) -> dict[int, Curve]:
        """Return, for each vital that is not normal, the curve that bends normal values to its shape."""
        return {VITALS.index(name): Curve.of(SHAPE_LEVELS, shape) for name, shape in self.model.shapes.items()}


def _kernel(model: VitalsModel, visits: list[str]) -> tuple[tuple[float, ...], ...]:
    days = [model.visit_days[model.visits.index(visit)] for visit in visits]
    slow, decay = model.kernel.slow, model.kernel.decay_per_week
    rows = []
    for a in days:
        row = [1.0 if a == b else round(slow * decay ** (abs(a - b) / 7), 9) for b in days]
        rows.append(tuple(row))
    return tuple(rows)
