"""Agreement of treatment effects: the estimate of each arm against the control, its standard error and its interval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.samples import Sample
from rowmill.quality.compare.scores import Listing

_CONTROL: Final = re.compile(r"placebo|control|comparator|standard of care|\bsoc\b", re.IGNORECASE)
_Z: Final = 1.959964


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


def _missed(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return 1 less the overlap of the intervals of each effect, 0 … 1."""
    first, second = effects(real), effects(other)
    arm = real.shared.arm
    assert arm is not None
    labels = real.shared.scales[arm].labels
    return {
        (column, labels[code]): 1 - max(0.0, overlap(effect, second[column, code]))
        if (column, code) in second and effect.error > 0 and second[column, code].error > 0
        else float("nan")
        for (column, code), effect in first.items()
    }


def effect_grid(real: Sample, holdout: Sample, synthetic: Sample) -> Listing:
    """Return the estimates and intervals of three tables, with what each shares with the real one."""
    first, rest, second = effects(real), effects(holdout), effects(synthetic)
    arm = real.shared.arm
    assert arm is not None
    labels = real.shared.scales[arm].labels
    head = (
        "column",
        "arm",
        "estimate real",
        "SE",
        "estimate synthetic",
        "SE",
        "same sign",
        "overlap of intervals",
        "overlap of a hold-out",
    )
    rows = []
    for (column, code), effect in first.items():
        if (
            (column, code) in second
            and (column, code) in rest
            and min(effect.error, second[column, code].error, rest[column, code].error) > 0
        ):
            made = second[column, code]
            same = "yes" if effect.estimate * made.estimate > 0 else "no"
            rows.append((
                real.shared.scales[column].name, labels[code], effect.estimate, effect.error, made.estimate,
                made.error, same, overlap(effect, made), overlap(effect, rest[column, code]),
            ))  # fmt: skip
    return Listing(f"Effects against {labels[control_arm(labels)]}", head, tuple(rows))


EFFECT_METRICS: Final = (Metric("share of the effect's interval that is missed", _missed, "noise"),)
