"""Utility: a model is trained on synthetic rows and tested on real ones that nobody trained on."""

from __future__ import annotations

from typing import Final

import numpy as np

from rowmill.core.errors import UsageError
from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.discriminator import trimmed
from rowmill.quality.compare.ground import Ground
from rowmill.quality.compare.learners import chances, estimates, features, required
from rowmill.quality.compare.neighbours import nearer
from rowmill.quality.compare.samples import Sample, rows_of
from rowmill.quality.compare.scores import Answer, Interval, Score

MOST_CLASSES: Final = 50
_LEAST_ROWS: Final = 20
_SLACK: Final = 0.02
"""Of a score: two models trained on different real rows differ by that."""


def useful(ground: Ground, target: str) -> Answer:
    """Return how well a target is predicted in real rows by models of synthetic, real and independent rows.

    Of a category it is the AUC of each class against the others, weighed by their rows; of a number R².

    Raises:
        UsageError: if scikit-learn is not there, or the target has too many classes, or one alone.
    """
    required()
    scales = ground.train.shared.scales
    column = [each.name for each in scales].index(target)
    scale = scales[column]
    inputs = [i for i in range(len(scales)) if i != column]
    if not inputs:
        raise UsageError(f"--target {target[:80]!r}: there is no other column to predict it from")
    sides = {"synthetic": ground.synthetic, "real": ground.train, "floor": ground.independent, "noise": ground.noise}
    test = _told(ground.holdout, column)
    seen = len(np.unique(test.codes[:, column]))
    if seen < 2 or test.rows < _LEAST_ROWS:
        raise UsageError(f"--target {target[:80]!r}: is constant in the rows to test on; name another column")
    if scale.kind == "category" and len(scale.labels) > MOST_CLASSES:
        raise UsageError(
            f"--target {target[:80]!r}: has {len(scale.labels):,} classes; at most {MOST_CLASSES} can be told"
        )
    seed = ground.key.child("utility").integer(1 << 31)
    guesses = {name: _guess(_told(side, column), test, column, inputs, seed) for name, side in sides.items()}
    points = {
        name: None if each is None else _quality(each, test, column, np.arange(test.rows))
        for name, each in guesses.items()
    }
    name = f"{'AUC' if scale.kind == 'category' else 'R²'} of models tested on real rows"
    if guesses["synthetic"] is None:
        score = Score(name, target, None, better="high", reason="too few synthetic rows have the target")
        return Answer("utility", _QUESTION, (score,), (score,))
    band = _interval(guesses["real"], test, column, ground)
    score = Score(
        name, target, points["synthetic"], _interval(guesses["synthetic"], test, column, ground), points["real"],
        (band[0] - _SLACK, band[1]) if band else None, points["floor"], points["noise"], better="high",
        chance=0.5 if scale.kind == "category" else 0.0,
    )  # fmt: skip
    return Answer("utility", _QUESTION, (score,), (score,), said=(_tested(test, column),))


_QUESTION: Final = "Does a model trained on synthetic rows predict real ones?"


def _tested(test: Sample, column: int) -> str:
    """Return how many rows were tested, and of a category how many of each class."""
    scale, rows = test.shared.scales[column], f"tested on {test.rows:,} real rows of {test.entities:,} entities"
    if scale.kind != "category":
        return rows
    counts = test.counts(column).astype(int)
    seen = [f"{counts[i]:,} {scale.labels[i][:40]}" for i in np.argsort(-counts, kind="stable") if counts[i]]
    return f"{rows}: {', '.join(seen[:6])}{', …' if len(seen) > 6 else ''}"


def _told(sample: Sample, column: int) -> Sample:
    """Return the rows that have a target, each entity with those that it has."""
    sample = trimmed(sample)
    keep = sample.codes[:, column] >= 0
    count = np.bincount(sample.entity[keep], minlength=sample.entities)
    return Sample(sample.shared, sample.codes[keep], np.concatenate([[0], np.cumsum(count[count > 0])]))


def _guess(train: Sample, test: Sample, column: int, inputs: list[int], seed: int) -> Floats | None:
    """Return what a model of some rows expects of the test rows: chances of classes, or a number."""
    if train.rows < _LEAST_ROWS:
        return None
    (values, kinds), (asked, _) = features(train, inputs), features(test, inputs)
    scale = train.shared.scales[column]
    if scale.kind == "category":
        return chances((values, train.codes[:, column].astype(np.int64)), asked, kinds, len(scale.labels), seed)
    return estimates((values, train.values(column)), asked, kinds, seed)


def _quality(guess: Floats | None, test: Sample, column: int, rows: Ints) -> float:
    """Return AUC or R² over some test rows; NaN where they have one value."""
    assert guess is not None
    if guess.ndim == 1:
        actual = test.values(column)[rows]
        total = ((actual - actual.mean()) ** 2).sum()
        return float(1 - ((actual - guess[rows]) ** 2).sum() / total) if total > 0 else float("nan")
    actual = test.codes[rows, column]
    classes, counts = np.unique(actual, return_counts=True)
    if len(classes) < 2:
        return float("nan")
    each = [nearer(-guess[rows][actual == one, one], -guess[rows][actual != one, one]) for one in classes]
    return float(np.average(each, weights=counts))


def _interval(guess: Floats | None, test: Sample, column: int, ground: Ground) -> Interval | None:
    """Return the interval of a quality by drawing the tested entities again."""
    random, values = ground.random("utility"), []
    if guess is None:
        return None
    for _ in range(ground.resamples):
        chosen = random.integers(0, test.entities, test.entities)
        values.append(_quality(guess, test, column, rows_of(test.starts, chosen)))
    low, high = np.nanquantile(values, (0.025, 0.975))
    return float(low), float(high)
