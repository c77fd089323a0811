"""Agreement of long tables: entities with rows over time, in arms where there are any.

A visit is a value of the time column where there are few of them, else the place of a row among those of its entity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.columns import kolmogorov_smirnov
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.pairs import correlations
from rowmill.quality.compare.samples import Sample

MOST_VISITS: Final = 60
"""Distinct times that are taken for planned visits."""
_MOST_PLACES: Final = 12
_LEAST_ROWS: Final = 5


def intraclass_correlation(values: Floats, entity: Ints) -> float:
    """Return ICC(1) by analysis of variance: the share of the variance that lies between entities, below 1.

    Args:
        values: of each row; rows with NaN are left out.
        entity: of each row, from 0 on.
    """
    known = np.isfinite(values)
    values, entity = values[known], entity[known]
    count = np.bincount(entity)
    count = count[count > 0]
    groups, rows = len(count), len(values)
    if groups < 2 or rows <= groups:
        return float("nan")
    total = ((values - values.mean()) ** 2).sum()
    within = (_centred(values, entity) ** 2).sum()
    inner, outer = within / (rows - groups), (total - within) / (groups - 1)
    size = (rows - (count**2).sum() / rows) / (groups - 1)
    spread = outer + (size - 1) * inner
    return float((outer - inner) / spread) if spread > 0 else float("nan")


def _centred(values: Floats, groups: Ints) -> Floats:
    """Return values less the mean of their group; NaN stays."""
    known = np.isfinite(values)
    least = int(groups.max(initial=0)) + 1
    sums = np.bincount(groups[known], values[known], least)
    return values - (sums / np.maximum(np.bincount(groups[known], minlength=least), 1))[groups]


def visits(sample: Sample) -> tuple[Ints, int]:
    """Return the visit of each row, and how many there are."""
    time = sample.shared.time
    assert time is not None
    grid = sample.shared.scales[time].grid
    if len(grid) <= MOST_VISITS:
        return sample.codes[:, time].astype(np.int64), len(grid)
    place = np.arange(sample.rows) - sample.starts[sample.entity]
    return np.where(place < _MOST_PLACES, place, -1), _MOST_PLACES


def _cells(sample: Sample) -> tuple[Ints, int]:
    """Return the cell of visit and arm of each row, −1 for none, and how many there are."""
    visit, count = visits(sample)
    arm = sample.shared.arm
    if arm is None:
        return visit, count
    codes = sample.codes[:, arm]
    return np.where((codes < 0) | (visit < 0), -1, codes * count + visit), count * len(sample.shared.scales[arm].grid)


def _means(values: Floats, cells: Ints, count: int) -> tuple[Floats, Ints]:
    known = (cells >= 0) & np.isfinite(values)
    rows = np.bincount(cells[known], minlength=count)
    sums = np.bincount(cells[known], values[known], count)
    with np.errstate(invalid="ignore"):
        return np.where(rows >= _LEAST_ROWS, sums / np.maximum(rows, 1), np.nan), rows


def _baselines(sample: Sample, values: Floats) -> Floats:
    """Return for each row the value of the first row of its entity."""
    return values[sample.starts[:-1]][sample.entity]


def _gaps_of_means(real: Sample, other: Sample, *, change: bool) -> Mapping[Of, float]:
    """Return the largest difference of the means of a visit and arm, in standard deviations of the real values.

    Cells with fewer than five rows on a side are left out; a mean's own noise is no reason to be the worst one, so that
    cells weigh by the root of the share of rows that they have.
    """
    found: dict[Of, float] = {}
    (first, count), (second, _) = _cells(real), _cells(other)
    for k, column in enumerate(real.shared.numbers()):
        sides = []
        for sample, cells in ((real, first), (other, second)):
            values = sample.numbers[:, k]
            use = np.where(sample.first, -1, cells) if change else cells
            sides.append(_means(values - _baselines(sample, values) if change else values, use, count))
        (one, rows), (two, _) = sides
        known = np.isfinite(one) & np.isfinite(two)
        spread = np.nanstd(real.numbers[:, k]) if np.isfinite(real.numbers[:, k]).any() else 0.0
        if not known.any() or not spread > 0:
            found[column,] = float("nan")
            continue
        weight = np.sqrt(rows[known] / rows[known].max())
        found[column,] = float((np.abs(one - two)[known] * weight).max() / spread)
    return found


def _visit_means(real: Sample, other: Sample) -> Mapping[Of, float]:
    return _gaps_of_means(real, other, change=False)


def _changes(real: Sample, other: Sample) -> Mapping[Of, float]:
    return _gaps_of_means(real, other, change=True)


def _within(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the difference of the intraclass correlations of each number."""
    columns = real.shared.numbers()
    icc = [
        [intraclass_correlation(each.numbers[:, k], each.entity) for k in range(len(columns))] for each in (real, other)
    ]
    return {(column,): abs(icc[0][k] - np.nan_to_num(icc[1][k])) for k, column in enumerate(columns)}


def _successive(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the difference of the correlations of each number with its next value, less the means of the visits."""
    columns = real.shared.numbers()
    found = []
    for sample in (real, other):
        cells, _ = _cells(sample)
        same = ~sample.first[1:]
        row = []
        for k in range(len(columns)):
            values = _centred(np.where(cells >= 0, sample.numbers[:, k], np.nan), np.maximum(cells, 0))
            row.append(float(correlations(np.column_stack([values[:-1][same], values[1:][same]]))[0, 1]))
        found.append(row)
    return {(column,): abs(found[0][k] - np.nan_to_num(found[1][k])) for k, column in enumerate(columns)}


def _inner_pairs(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the difference of the correlations of pairs of numbers within entities, less the means of entities."""
    columns = real.shared.numbers()
    inner = []
    for sample in (real, other):
        residuals = [_centred(sample.numbers[:, k], sample.entity) for k in range(len(columns))]
        inner.append(correlations(np.column_stack(residuals)) if residuals else np.empty((0, 0)))
    return {
        (columns[a], columns[b]): float(abs(inner[0][a, b] - np.nan_to_num(inner[1][a, b])))
        for a, b in combinations(range(len(columns)), 2)
    }


def _lasts(sample: Sample) -> Floats:
    """Return how many entities of each arm were seen last at each visit, float64[arms, visits]."""
    visit, count = visits(sample)
    arm = sample.shared.arm
    arms = 1 if arm is None else len(sample.shared.scales[arm].grid)
    last = np.maximum.reduceat(visit, sample.starts[:-1])
    group = np.zeros_like(last) if arm is None else sample.codes[sample.starts[:-1], arm].astype(np.int64)
    known = (last >= 0) & (group >= 0)
    places = group[known] * count + last[known]
    return np.bincount(places, minlength=arms * count).reshape(arms, count).astype(float)


def _last_visits(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the distance of the distributions of the last visit: how the share under observation falls, by arm."""
    arm = real.shared.arm
    names = ("all",) if arm is None else real.shared.scales[arm].labels
    return {
        ("last visit", name): kolmogorov_smirnov(first, second)
        if min(first.sum(), second.sum()) >= _LEAST_ROWS
        else float("nan")
        for name, first, second in zip(names, _lasts(real), _lasts(other), strict=True)
    }


LONGITUDINAL_METRICS: Final = (
    Metric("difference of visit means", _visit_means, "noise", math.inf),
    Metric("difference of mean change from baseline", _changes, "noise", math.inf),
    Metric("difference of within-entity correlation (ICC)", _within, most=2.0),
    Metric("difference of correlation with the next visit", _successive, most=2.0),
    Metric("difference of correlation within entities", _inner_pairs, most=2.0),
    Metric("dropout distance", _last_visits, "noise"),
)
