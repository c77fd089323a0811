"""Fidelity of pairs: joint distributions, and how strongly two columns depend on one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats, Integers
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.samples import Sample
from rowmill.quality.compare.scores import Listing

MOST_COLUMNS: Final = 40
"""Of which pairs are looked at: 780 pairs."""
_LEAST_ROWS: Final = 10


def correlations(values: Floats) -> Floats:
    """Return Pearson correlations of columns over the rows that have both values, float64[columns, columns].

    Args:
        values: float64[rows, columns]; NaN for null.

    NaN where fewer than ten rows have both, or one of them is constant there.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    middle = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    filled = np.where(known, values - middle, 0.0)
    mask = known.astype(float)
    both = mask.T @ mask
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (filled.T @ mask) / both
        spread = (filled**2).T @ mask / both - mean**2
        product = filled.T @ filled / both - mean * mean.T
        size = (filled**2).T @ mask / both
        spread = np.where(spread > 1e-12 * size, spread, np.nan)
        found = product / np.sqrt(spread * spread.T)
    return np.where(both >= _LEAST_ROWS, np.clip(found, -1.0, 1.0), np.nan)


def cramers_v(table: Floats) -> float:
    """Return Cramér's V of a contingency table, 0 … 1; NaN where one side has a single category."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / least))


def correlation_ratios(groups: Integers, levels: int, values: Floats) -> Floats:
    """Return η of each column: the root of the share of its variance that lies between groups; NaN where none is.

    Args:
        groups: of each row, 0 … levels − 1; rows below 0 are left out.
        levels: how many groups there may be.
        values: float64[rows, columns]; NaN for null.
    """
    known = np.isfinite(values)
    middle = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, values - middle, 0.0)
    member = (groups[:, None] == np.arange(levels)).astype(float).T
    count, sums = member @ known.astype(float), member @ filled
    rows, squares = count.sum(axis=0), (member @ filled**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums.sum(axis=0) ** 2 / rows
        between = np.where(count > 0, sums**2 / np.maximum(count, 1), 0.0).sum(axis=0) - mean
        total = squares - mean
        found = np.sqrt(np.clip(between / total, 0.0, 1.0))
    usable = (rows >= _LEAST_ROWS) & ((count > 0).sum(axis=0) > 1) & (total > 1e-12 * squares)
    return np.where(usable, found, np.nan)


def contingency(sample: Sample, first: int, second: int) -> Floats:
    """Return how many rows have each pair of bins, float64[bins of the first, bins of the second]; nulls are bins."""
    one, other = (sample.shared.scales[each].levels for each in (first, second))
    places = sample.bins[first].astype(np.int64) * other + sample.bins[second]
    return np.bincount(places, minlength=one * other).reshape(one, other).astype(float)


def pairs_of(sample: Sample) -> Iterator[tuple[int, int]]:
    """Yield the pairs of columns that are looked at."""
    yield from combinations(range(min(len(sample.shared.scales), MOST_COLUMNS)), 2)


def _joint(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the total variation distance of each pair of columns over their bins, nulls included."""
    found: dict[Of, float] = {}
    for pair in pairs_of(real):
        first, second = contingency(real, *pair), contingency(other, *pair)
        found[pair] = float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
    return found


def associations(sample: Sample) -> Mapping[tuple[int, int], float]:
    """Return how strongly each pair depends: Spearman's ρ, Cramér's V or η by the kinds of its columns."""
    scales = sample.shared.scales[:MOST_COLUMNS]
    numeric = [i for i, each in enumerate(scales) if each.kind == "number"]
    values = np.column_stack([sample.values(i) for i in numeric]) if numeric else np.empty((sample.rows, 0))
    ranked = np.column_stack([_ranks(sample, i) for i in numeric]) if numeric else values
    spearman, place = correlations(ranked), {column: k for k, column in enumerate(numeric)}
    eta: dict[int, Floats] = {}
    for i in range(len(scales)):
        if i not in place:
            known = scales[i].levels - 1
            bins = sample.bins[i]
            eta[i] = correlation_ratios(np.where(bins == known, -1, bins), known, values)
    found: dict[tuple[int, int], float] = {}
    for one, other in pairs_of(sample):
        if one in place and other in place:
            found[one, other] = float(spearman[place[one], place[other]])
        elif one not in place and other not in place:
            found[one, other] = cramers_v(contingency(sample, one, other)[:-1, :-1])
        else:
            group, number = (other, one) if one in place else (one, other)
            found[one, other] = float(eta[group][place[number]])
    return found


def _ranks(sample: Sample, column: int) -> Floats:
    """Return the mid-rank of each value of a column; NaN for null."""
    counts = sample.counts(column)
    return np.append(np.cumsum(counts) - (counts - 1) / 2, np.nan)[sample.codes[:, column]]


def _difference(
    of: Callable[[Sample], Mapping[tuple[int, int], float]],
) -> Callable[[Sample, Sample], Mapping[Of, float]]:
    def statistic(real: Sample, other: Sample) -> Mapping[Of, float]:
        first, second = of(real), of(other)
        # A column that is constant in other rows depends on nothing there; in the real ones nothing is asked.
        return {pair: abs(first[pair] - (0.0 if np.isnan(second[pair]) else second[pair])) for pair in first}

    return statistic


def _pearson(sample: Sample) -> Mapping[tuple[int, int], float]:
    columns = sample.shared.numbers()
    found = correlations(sample.numbers)
    return {(columns[a], columns[b]): float(found[a, b]) for a, b in combinations(range(len(columns)), 2)}


def strongest(real: Sample, synthetic: Sample, most: int = 20) -> Listing:
    """Return the pairs that differ most in how strongly they depend, with both numbers."""
    first, second = associations(real), associations(synthetic)
    names = [scale.name for scale in real.shared.scales]
    kinds = [scale.kind for scale in real.shared.scales]
    measures = {("number", "number"): "Spearman's ρ", ("category", "category"): "Cramér's V"}
    gaps = {pair: abs(first[pair] - second[pair]) for pair in first if np.isfinite(first[pair] - second[pair])}
    rows = tuple(
        (names[a], names[b], measures.get((kinds[a], kinds[b]), "correlation ratio η"), first[a, b], second[a, b])
        for a, b in sorted(gaps, key=lambda pair: (-gaps[pair], pair))[:most]
    )
    return Listing(
        "Dependence of pairs, largest difference first", ("column", "column", "measure", "real", "synthetic"), rows
    )


PAIR_METRICS: Final = (
    Metric("joint distribution distance", _joint),
    Metric("difference of association", _difference(associations), most=2.0),
    Metric("difference of Pearson's r", _difference(_pearson), most=2.0),
)
