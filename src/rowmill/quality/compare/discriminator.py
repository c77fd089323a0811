"""Fidelity of structure: can a model tell synthetic rows from real ones (a classifier two-sample test)?"""

from __future__ import annotations

from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.ground import Ground
from rowmill.quality.compare.learners import MOST_ROWS, chances, features
from rowmill.quality.compare.neighbours import nearer
from rowmill.quality.compare.samples import Sample, pooled, rows_of
from rowmill.quality.compare.scores import Interval, Score

_FOLDS: Final = 3
NAME: Final = "AUC of telling them apart"


def trimmed(sample: Sample, most: int = MOST_ROWS) -> Sample:
    """Return the first entities of a sample, as many as have so many rows; at least one."""
    count = max(1, int(np.searchsorted(sample.starts, most, side="right")) - 1)
    return sample.take(np.arange(min(count, sample.entities)))


def told_apart(real: Sample, other: Sample, seed: int) -> tuple[Floats, Ints, Ints]:
    """Return the chance of each row to be of the other table, by a model that saw none of its entity.

    Returns:
        Chances float64[rows], the table of each row (0 real, 1 other), and its entity.
    """
    both = pooled([real, other])
    values, kinds = features(both, list(range(len(both.shared.scales))))
    label = np.repeat([0, 1], [real.rows, other.rows])
    fold = np.random.default_rng(seed).permutation(both.entities) % _FOLDS
    chance = np.empty(both.rows)
    for each in range(_FOLDS):
        test = fold[both.entity] == each
        if test.any() and not test.all():
            chance[test] = chances((values[~test], label[~test]), values[test], kinds, 2, seed)[:, 1]
    return chance, label, both.entity


def discriminated(ground: Ground) -> Score:
    """Return the AUC of synthetic against real rows, beside a hold-out's and that of independent columns.

    AUC is by cross-validation in three folds, of entities whole. Intervals are by drawing entities again, with the
    model left as it is; a hold-out's may be a little wider than shown, so 0.02 is added at both ends. An AUC far below
    0.5 tells the tables apart as one above does: rows of one, or nearly so, stand in the other.
    """
    seed = ground.key.child("discriminator").integer(1 << 31)
    real = trimmed(ground.train)
    found = []
    for name, other in (
        ("synthetic", ground.synthetic),
        ("holdout", ground.holdout),
        ("floor", ground.independent),
        ("noise", ground.noise),
    ):
        chance, label, entity = told_apart(real, trimmed(other), seed)
        value = nearer(-chance[label == 1], -chance[label == 0])
        interval = _interval(chance, label, entity, ground, name) if name in {"synthetic", "holdout"} else None
        found.append((value, interval))
    (value, interval), (ceiling, band), (floor, _), (noise, _) = found
    low, high = band or (ceiling, ceiling)
    return Score(
        NAME,
        "all columns",
        value,
        interval,
        ceiling,
        (min(low, 0.5) - 0.02, max(high, 0.5) + 0.02),
        floor,
        noise,
        middle=0.5,
    )


def _interval(chance: Floats, label: Ints, entity: Ints, ground: Ground, name: str) -> Interval:
    """Return the interval of an AUC by drawing the entities of each side again."""
    random = ground.random("auc", name)
    sides = []
    for side in (0, 1):
        rows = np.flatnonzero(label == side)
        starts = np.append(np.unique(entity[rows], return_index=True)[1], len(rows))
        sides.append((-chance[rows], starts))
    values = []
    for _ in range(ground.resamples):
        real, other = (
            each[rows_of(starts, random.integers(0, len(starts) - 1, len(starts) - 1))] for each, starts in sides
        )
        values.append(nearer(other, real))
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
