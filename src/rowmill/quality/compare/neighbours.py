"""Distances between rows of mixed types, and the closest row of another table.

A number counts by its place among the real values, 0 … 1, so no unit and no outlier outweighs the rest; two different
categories are 1 apart, as are a null and a value; the distance is the Euclidean one over all columns.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats, Ints
from rowmill.quality.compare.samples import Sample

_AT_ONCE: Final = 500
_DIGITS: Final = 6
"""Of a distance: rows that are equal have exactly 0, and ties are ties."""


def coordinates(sample: Sample, real: Sample, columns: list[int]) -> Floats:
    """Return the rows of a sample as points, float64[rows, dimensions].

    Args:
        sample: rows.
        real: the rows among which numbers have their places.
        columns: those that count.
    """
    parts = []
    for column in columns:
        scale, codes = sample.shared.scales[column], sample.codes[:, column]
        if scale.kind == "number":
            counts = real.counts(column)
            share = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
            parts.append(np.where(codes < 0, 0.5, np.append(share, 0.5)[codes])[:, None])
            parts.append(np.where(codes < 0, np.sqrt(0.75), 0.0)[:, None])
        else:
            parts.append(np.eye(scale.levels)[sample.bins[column]] / np.sqrt(2))
    return np.hstack(parts)


def closest(points: Floats, targets: Floats, own: Ints | None = None, theirs: Ints | None = None) -> Floats:
    """Return the distance of each point to the closest target, float64[points], rounded to six digits.

    Args:
        points: float64[points, dimensions].
        targets: float64[targets, dimensions], at least one.
        own: the entity of each point; targets of the same entity do not count. None where all do.
        theirs: the entity of each target.
    """
    return np.sqrt(np.round(_search(points, targets, own, theirs)[0], 2 * _DIGITS)).round(_DIGITS)


def closest_rows(points: Floats, targets: Floats) -> Ints:
    """Return which target is closest to each point, the first one of several, int64[points]."""
    return _search(points, targets, None, None)[1]


def _search(points: Floats, targets: Floats, own: Ints | None, theirs: Ints | None) -> tuple[Floats, Ints]:
    squares = (targets**2).sum(axis=1)
    found, rows = np.empty(len(points)), np.empty(len(points), np.int64)
    for first in range(0, len(points), _AT_ONCE):
        some = points[first : first + _AT_ONCE]
        distances = np.maximum((some**2).sum(axis=1)[:, None] + squares - 2 * (some @ targets.T), 0.0)
        if own is not None and theirs is not None:
            distances[own[first : first + _AT_ONCE, None] == theirs] = np.inf
        distances = np.round(distances, 2 * _DIGITS)
        rows[first : first + _AT_ONCE] = place = distances.argmin(axis=1)
        found[first : first + _AT_ONCE] = distances[np.arange(len(some)), place]
    return found, rows


def nearer(first: Floats, second: Floats) -> float:
    """Return how often a number of the first is below one of the second, 0 … 1; ties count half.

    It is the area under a ROC curve: 0.5 where both are alike.
    """
    ordered = np.sort(second)
    below = len(second) - np.searchsorted(ordered, first, side="right")
    ties = np.searchsorted(ordered, first, side="right") - np.searchsorted(ordered, first, side="left")
    return float((below + ties / 2).mean() / len(second))


def share_within(distances: Floats, control: Floats, level: float) -> float:
    """Return the share of distances that are as small as the smallest of a control, ties split by the same rule.

    Args:
        distances: to judge.
        control: those of rows that nobody copied.
        level: the share of the control that counts as small; the control itself has exactly this share.
    """
    edge = np.quantile(control, level, method="inverted_cdf")
    below, ties = float((control < edge).mean()), float((control == edge).mean())
    part = (level - below) / ties if ties else 0.0
    return float((distances < edge).mean() + part * (distances == edge).mean())
