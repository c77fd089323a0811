"""What a score is held against: real rows split in two, independent columns and noise, all of one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from rowmill.core.errors import UsageError
from rowmill.core.keys import Key
from rowmill.draw.arrays import Floats
from rowmill.quality.compare.samples import Sample, pooled
from rowmill.quality.compare.scores import Interval, Score, Zero

Of = tuple[int | str, ...]
"""What a number is of: columns by their places, and words such as the name of an arm."""
Statistic = Callable[[Sample, Sample], Mapping[Of, float]]
"""From the real half and other rows to a distance of each column, pair or group; NaN where it means nothing."""

LEAST_ENTITIES: Final = 20
"""Entities that each side needs: of fewer nothing can be told."""
_ENDS: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Metric:
    """A distance that is 0 for equal tables."""

    name: str
    statistic: Statistic
    zero: Zero = "floor"
    """What is as bad as it can be: independent columns, or for metrics of single columns noise."""
    most: float = 1.0
    """The largest value that it can have."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Samples with equally many entities."""

    train: Sample
    """Real rows that synthetic ones are held against."""
    holdout: Sample
    """Other real rows."""
    synthetic: Sample
    independent: Sample
    noise: Sample
    whole: tuple[Sample, Sample]
    """All real and all synthetic rows that were sampled, whatever halves are compared: figures are of these."""
    key: Key
    resamples: int

    def random(self, *names: str) -> Generator:
        """Return a stream of random numbers by a path of names."""
        return np.random.default_rng(self.key.child(*names).words)

    def resplits(self) -> Iterator[tuple[Sample, Sample]]:
        """Yield the real rows split in two by entities, again and again."""
        real, half = pooled([self.train, self.holdout]), self.train.entities
        random = self.random("resplits")
        for _ in range(self.resamples):
            order = random.permutation(real.entities)
            yield real.take(order[:half]), real.take(order[half:])

    def bootstraps(self) -> Iterator[tuple[Sample, Sample]]:
        """Yield real and synthetic rows with entities drawn again, with replacement."""
        random = self.random("bootstraps")
        for _ in range(self.resamples):
            first, second = (random.integers(0, each.entities, each.entities) for each in (self.train, self.synthetic))
            yield self.train.take(first), self.synthetic.take(second)


def grounds(real: Sample, synthetic: Sample, holdout: Sample | None, key: Key, resamples: int) -> Ground:
    """Return samples of equally many entities: without a hold-out, half of the real ones is set aside as one.

    Raises:
        UsageError: if a side has too few entities to tell anything.
    """
    least = LEAST_ENTITIES * (2 if holdout is None else 1)
    noun = "entities" if real.shared.keyed else "rows"
    for name, side, needed in (
        ("real", real, least),
        ("synthetic", synthetic, LEAST_ENTITIES),
        ("hold-out", holdout, LEAST_ENTITIES),
    ):
        if side is not None and side.entities < needed:
            raise UsageError(f"the {name} table has {side.entities:,} {noun}; at least {needed} are needed to compare")
    random = np.random.default_rng(key.child("halves").words)
    order = random.permutation(real.entities)
    most = len(order) // 2 if holdout is None else min(len(order), holdout.entities)
    size = min(most, synthetic.entities)
    rest = real.take(order[size : 2 * size]) if holdout is None else _some(holdout, size, random)
    return Ground(
        real.take(order[:size]), rest, _some(synthetic, size, random),
        rest.independent(random), rest.noise(random), (real, synthetic), key, resamples,
    )  # fmt: skip


def _some(sample: Sample, size: int, random: Generator) -> Sample:
    return sample.take(random.permutation(sample.entities)[:size])


def measured(metrics: Sequence[Metric], ground: Ground) -> Mapping[str, tuple[Score, tuple[Score, ...]]]:
    """Return the headline and all scores of each metric by its name, the worst first, but of metrics of nothing."""
    others = (ground.synthetic, ground.holdout, ground.independent, ground.noise)
    points = {each.name: [each.statistic(ground.train, other) for other in others] for each in metrics}
    known = [each for each in metrics if points[each.name][0]]
    resplit: dict[str, list[Mapping[Of, float]]] = {each.name: [] for each in known}
    drawn: dict[str, list[Mapping[Of, float]]] = {each.name: [] for each in known}
    for kept, pairs in ((resplit, ground.resplits()), (drawn, ground.bootstraps())):
        for real, other in pairs:
            for each in known:
                kept[each.name].append(each.statistic(real, other))
    return {each.name: _scored(each, points[each.name], resplit[each.name], drawn[each.name], ground) for each in known}


def _scored(
    metric: Metric,
    points: Sequence[Mapping[Of, float]],
    resplit: Sequence[Mapping[Of, float]],
    drawn: Sequence[Mapping[Of, float]],
    ground: Ground,
) -> tuple[Score, tuple[Score, ...]]:
    names = list(points[0])
    table = [
        np.array([[each.get(name, np.nan) for name in names] for each in rows]) for rows in (points, resplit, drawn)
    ]
    value, _, floor, noise = table[0]
    scores = []
    for i, name in enumerate(names):
        of = _label(name, ground)
        if np.isfinite(value[i]):
            scores.append(_score(metric, of, (value[i], floor[i], noise[i]), table[1][:, i], table[2][:, i]))
        else:
            scores.append(Score(metric.name, of, None, zero=metric.zero, reason=_reason(name, ground)))
    usable = np.isfinite(value)
    if not usable.any():
        return Score(metric.name, "", None, zero=metric.zero, reason="nothing that it can be computed of"), tuple(
            scores
        )
    worst = [_worst(rows[:, usable]) for rows in table]
    of = _label(names[int(np.nanargmax(value))], ground)
    headline = _score(metric, of, (worst[0][0], worst[0][2], worst[0][3]), worst[1], worst[2])
    return headline, tuple(sorted(scores, key=_badness))


def _worst(rows: Floats) -> Floats:
    """Return the largest number of each row."""
    return np.asarray(np.where(np.isfinite(rows), rows, 0.0).max(axis=1))


def _score(metric: Metric, of: str, points: tuple[float, float, float], resplit: Floats, drawn: Floats) -> Score:
    value, floor, noise = (float(each) if np.isfinite(each) else None for each in points)
    real = resplit[np.isfinite(resplit)]
    ceiling = (float(np.median(real)), _quantiles(real)) if len(real) else (None, None)
    assert value is not None
    return Score(
        metric.name, of, value, around(value, drawn, metric.most), ceiling[0], ceiling[1], floor, noise, metric.zero
    )  # fmt: skip


def _quantiles(values: Floats) -> Interval:
    low, high = np.quantile(values, _ENDS)
    return float(low), float(high)


def around(value: float, drawn: Floats, most: float) -> Interval | None:
    """Return the interval of a value whose bootstrap values are given: as wide as they, and about the value.

    A distance of drawn rows is larger than that of the rows themselves, as drawing adds noise; so their spread is used,
    and not their place.
    """
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return None
    low, high = _quantiles(drawn)
    middle = float(drawn.mean())
    return max(0.0, min(value, value + low - middle)), min(most, max(value, value + high - middle))


def _badness(score: Score) -> tuple[float, float]:
    close = score.closeness
    return (2.0, 0.0) if close is None else (close, -(score.value or 0.0))


def _label(of: Of, ground: Ground) -> str:
    scales = ground.train.shared.scales
    columns = " × ".join(scales[each].name for each in of if isinstance(each, int))
    return ", ".join([*([columns] if columns else []), *(each for each in of if isinstance(each, str))])


def _reason(of: Of, ground: Ground) -> str:
    for table, sample in (("real", ground.train), ("synthetic", ground.synthetic)):
        for each in of:
            if isinstance(each, int):
                seen = int((sample.counts(each) > 0).sum())
                name = sample.shared.scales[each].name
                if seen < 2:
                    return f"{name} {'is constant' if seen else 'has no value'} in the {table} table"
    return "too few rows have values in all of them"
