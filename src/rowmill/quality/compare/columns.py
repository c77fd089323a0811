"""Fidelity of single columns: distances between two distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.samples import Sample
from rowmill.quality.compare.scores import Listing


def kolmogorov_smirnov(first: Floats, second: Floats) -> float:
    """Return the largest difference between two cumulative distributions, 0 … 1.

    Args:
        first: how often each value of an ordered scale occurs.
        second: the same of other rows, on the same scale.
    """
    return float(np.abs(np.cumsum(_shares(first)) - np.cumsum(_shares(second))).max(initial=0.0))


def total_variation(first: Floats, second: Floats) -> float:
    """Return half the sum of the absolute differences of two distributions over the same categories, 0 … 1."""
    return float(np.abs(_shares(first) - _shares(second)).sum() / 2)


def wasserstein(first: Floats, second: Floats, grid: Floats) -> float:
    """Return how far values have to be moved on average to turn one distribution into the other, in their unit.

    Args:
        first: how often each value of the grid occurs.
        second: the same of other rows.
        grid: the values, ascending.
    """
    gap = np.cumsum(_shares(first)) - np.cumsum(_shares(second))
    return float((np.abs(gap[:-1]) * np.diff(grid)).sum())


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum())


def _distribution(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the Kolmogorov-Smirnov distance of numbers, the total variation distance of categories; nulls apart."""
    found: dict[Of, float] = {}
    for i, scale in enumerate(real.shared.scales):
        first, second = real.counts(i), other.counts(i)
        usable = bool(first.sum() and second.sum())
        distance = kolmogorov_smirnov if scale.kind == "number" else total_variation
        found[i,] = distance(first, second) if usable else np.nan
    return found


def _moved(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the Wasserstein-1 distance of each number, in standard deviations of the real values."""
    found: dict[Of, float] = {}
    for i, scale in enumerate(real.shared.scales):
        if scale.kind == "number":
            first, second = real.counts(i), other.counts(i)
            spread = _moments(first, scale.grid)[1] if first.sum() else 0.0
            found[i,] = wasserstein(first, second, scale.grid) / spread if spread > 0 and second.sum() else np.nan
    return found


def _moments(counts: Floats, grid: Floats) -> tuple[float, float]:
    share = _shares(counts)
    mean = float((share * grid).sum())
    return mean, float(np.sqrt((share * (grid - mean) ** 2).sum()))


def _quantile(counts: Floats, grid: Floats, at: float) -> float:
    """Return the least value that a share of the rows does not exceed."""
    return float(grid[np.searchsorted(np.cumsum(counts), at * counts.sum())])


def numbers(real: Sample, other: Sample) -> Listing:
    """Return mean, standard deviation and tails of each numeric column, real beside synthetic."""
    rows: list[tuple[str | float | None, ...]] = []
    for i in real.shared.numbers():
        cells: list[str | float | None] = [real.shared.scales[i].name]
        both = [(each.counts(i), real.shared.scales[i].grid) for each in (real, other)]
        if any(counts.sum() == 0 for counts, _ in both):
            continue
        for pair in zip(
            *([*_moments(*each), _quantile(*each, 0.01), _quantile(*each, 0.99)] for each in both), strict=True
        ):
            cells += pair
        rows.append(tuple(cells))
    head = (
        f"{what} {side}" for what in ("mean", "SD", "1 % quantile", "99 % quantile") for side in ("real", "synthetic")
    )
    return Listing("Numbers", ("column", *head), tuple(rows))


def strange_categories(real: Sample, other: Sample) -> list[str]:
    """Return sentences about categories that one side has alone, and how many rows they are."""
    said = []
    for i, scale in enumerate(real.shared.scales):
        if scale.kind == "category":
            for mine, theirs, what in (
                (other, real, "synthetic rows have values that no real row has"),
                (real, other, "real rows have values that no synthetic row has"),
            ):
                counts = np.where(theirs.counts(i) == 0, mine.counts(i), 0)
                if counts.sum() > 0.01 * mine.rows:
                    names = ", ".join(repr(scale.labels[k][:40]) for k in np.argsort(-counts, kind="stable")[:3])
                    said.append(f"{scale.name}: {counts.sum() / mine.rows:.1%} of the {what}, such as {names}")
    return said


COLUMN_METRICS: Final = (
    Metric("distribution distance", _distribution, "noise"),
    Metric("Wasserstein distance", _moved, "noise", math.inf),
)
"""Of single columns: independent columns are as good as real ones here."""
