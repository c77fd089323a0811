"""Agreement of treatment effects: the estimate of each arm against the control, its standard error and its interval."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.quality.compare.ground import Ground
from rowmill.quality.compare.samples import Sample
from rowmill.quality.compare.scores import Answer, Listing, Score

_CONTROL: Final = re.compile(r"placebo|control|comparator|standard of care|\bsoc\b", re.IGNORECASE)
_Z: Final = 1.959964
_ALARM: Final = 0.05
"""Chance that any effect of two samples of one population is told apart."""
_MEDIAN: Final = 0.6745
"""Of |z| where both tables are samples of one population."""
NAME: Final = "difference of effects in standard errors"
_HEAD: Final = (
    "column", "arm", "estimate real", "SE", "estimate synthetic", "SE", "z", "told apart", "told from a difference of",
    "same sign", "overlap of intervals",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference that an arm makes to one number."""

    estimate: float
    error: float
    """Standard error."""

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval."""
        return self.estimate - _Z * self.error, self.estimate + _Z * self.error


def overlap(first: Effect, second: Effect) -> float:
    """Return how much two intervals share, as the mean of the shares of each: 1 for equal ones, below 0 for a gap.

    As Karr and others have it (The American Statistician 60, 2006).
    """
    (a, b), (c, d) = first.interval, second.interval
    shared = min(b, d) - max(a, c)
    return float((shared / (b - a) + shared / (d - c)) / 2)


def control_arm(labels: tuple[str, ...]) -> int:
    """Return the arm that others are compared with: the one whose name says so, else the first by name."""
    named = [code for code, label in enumerate(labels) if _CONTROL.search(label)]
    return named[0] if named else min(range(len(labels)), key=lambda code: labels[code])


def effects(sample: Sample) -> Mapping[tuple[int, int], Effect]:
    """Return the effect on each number of each arm but the control, by column and arm.

    With a time column it is an analysis of covariance of the mean after the first visit on the arm and the first value;
    without one, the difference of the means of entities.
    """
    arm = sample.shared.arm
    assert arm is not None
    control = control_arm(sample.shared.scales[arm].labels)
    group = sample.codes[sample.starts[:-1], arm]
    found: dict[tuple[int, int], Effect] = {}
    for k, column in enumerate(sample.shared.numbers()):
        values = sample.numbers[:, k]
        baseline = values[sample.starts[:-1]]
        after = ~sample.first if sample.shared.time is not None else np.ones(sample.rows, bool)
        used = after & np.isfinite(values)
        rows = np.bincount(sample.entity[used], minlength=sample.entities)
        outcome = np.bincount(sample.entity[used], values[used], sample.entities) / np.maximum(rows, 1)
        known = (rows > 0) & (group >= 0)
        covariates = [np.ones(sample.entities)]
        if sample.shared.time is not None:
            known &= np.isfinite(baseline)
            covariates.append(baseline)
        arms = [code for code in range(len(sample.shared.scales[arm].grid)) if code != control]
        design = np.column_stack([*covariates, *((group == code).astype(float) for code in arms)])
        for code, effect in zip(arms, _last_terms(design[known], outcome[known], len(arms)), strict=True):
            if effect is not None:
                found[column, code] = effect
    return found


def _last_terms(design: Floats, outcome: Floats, count: int) -> list[Effect | None]:
    """Return the last coefficients of a least squares fit; None where the rows cannot tell them."""
    rows, terms = design.shape
    if rows <= terms + 1:
        return [None] * count
    centre = design.mean(axis=0)
    # The intercept takes up what is taken from the others, and the fit is sound for large values too.
    centre[0] = 0.0
    moved = design - centre
    gram = moved.T @ moved
    scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    gram = gram / np.outer(scale, scale)
    if np.linalg.matrix_rank(gram, tol=1e-9) < terms:
        return [None] * count
    inverse = np.linalg.inv(gram)
    beta = inverse @ (moved.T @ outcome / scale)
    rest = outcome - moved @ (beta / scale)
    variance = float(rest @ rest) / (rows - terms)
    errors = np.sqrt(variance * np.diag(inverse)) / scale
    return [Effect(float(beta[i] / scale[i]), float(errors[i])) for i in range(terms - count, terms)]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the effects of two tables on one number are apart."""

    column: int
    arm: int
    real: Effect
    synthetic: Effect
    z: float
    """Of the difference, in its standard errors."""
    told_from: float
    """The |z| from which on it is told apart: by Holm, over all effects of the table."""


def differences(real: Sample, synthetic: Sample) -> list[Difference]:
    """Return how far all effects are apart that both tables can tell, the farthest first.

    Each is z = (synthetic − real) / √(SE² + SE²). Holm's steps give all of them together a 5 % chance of a false alarm:
    the farthest of k is told from 1 − 0.05 / 2k of the normal distribution on, the next one of k − 1, and none after
    one that is not told.
    """
    first, second = effects(real), effects(synthetic)
    both = [(at, first[at], second[at]) for at in first if at in second and min(first[at].error, second[at].error) > 0]
    scores = [(b.estimate - a.estimate) / math.hypot(a.error, b.error) for _, a, b in both]
    found: list[Difference] = []
    for rank, i in enumerate(sorted(range(len(both)), key=lambda i: -abs(scores[i]))):
        (column, arm), one, other = both[i]
        least = NormalDist().inv_cdf(1 - _ALARM / (2 * (len(both) - rank)))
        if found and abs(found[-1].z) <= found[-1].told_from:
            least = found[-1].told_from
        found.append(Difference(column, arm, one, other, scores[i], least))
    return found


def effect_answer(ground: Ground, name: str, question: str) -> Answer | None:
    """Return how far treatment effects are apart, of all sampled rows; None where no table has one."""
    real, synthetic = ground.whole
    labels = _labels(real)
    first, found = effects(real), differences(real, synthetic)
    scores = [_score(ground, each) for each in found]
    told = {(each.column, each.arm) for each in found}
    scores += [
        Score(NAME, _named(real, at), None, reason="too few rows, or no spread, to estimate it in both tables")
        for at in first if at not in told
    ]  # fmt: skip
    if not scores:
        return None
    said = [f"{each.metric} of {each.of}: {each.reason}" for each in scores if each.value is None]
    ordered = sorted(found, key=lambda each: (each.column, each.arm))
    title = f"Effects against {labels[control_arm(labels)]}"
    grid = Listing(title, _HEAD, tuple(_row(real, each) for each in ordered))
    return Answer(name, question, (scores[0],), tuple(scores), (grid,), tuple(said))


def _score(ground: Ground, found: Difference) -> Score:
    return Score(
        NAME, _named(ground.whole[0], (found.column, found.arm)), abs(found.z), None, _MEDIAN,
        (0.0, found.told_from), zero="none",
    )  # fmt: skip


def _row(real: Sample, each: Difference) -> tuple[str | float | None, ...]:
    one, other = each.real, each.synthetic
    return (
        real.shared.scales[each.column].name, _labels(real)[each.arm], one.estimate, one.error, other.estimate,
        other.error, each.z, "yes" if abs(each.z) > each.told_from else "no",
        each.told_from * math.hypot(one.error, other.error), "yes" if one.estimate * other.estimate > 0 else "no",
        overlap(one, other),
    )  # fmt: skip


def _labels(sample: Sample) -> tuple[str, ...]:
    arm = sample.shared.arm
    assert arm is not None
    return sample.shared.scales[arm].labels


def _named(sample: Sample, at: tuple[int, int]) -> str:
    return f"{sample.shared.scales[at[0]].name}, {_labels(sample)[at[1]]}"
