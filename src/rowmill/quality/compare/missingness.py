"""Fidelity of nulls: how many, and which of them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rowmill.quality.compare.columns import total_variation
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.samples import Sample

_MOST_COLUMNS: Final = 62
"""Whose nulls are one pattern: as many as bits of an integer."""


def _rates(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the difference of the shares of nulls of each column that has any."""
    first, second = ((each.codes < 0).mean(axis=0) for each in (real, other))
    return {(i,): float(abs(first[i] - second[i])) for i in range(len(first)) if first[i] or second[i]}


def _patterns(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the total variation distance of the patterns: which columns of a row are null together."""
    if not (real.codes < 0).any() and not (other.codes < 0).any():
        return {}
    bits = np.left_shift(1, np.arange(min(real.codes.shape[1], _MOST_COLUMNS), dtype=np.int64))
    both = [(each.codes[:, : len(bits)] < 0) @ bits for each in (real, other)]
    _, place = np.unique(np.concatenate(both), return_inverse=True)
    first, second = place[: real.rows], place[real.rows :]
    least = int(place.max()) + 1
    counts = (np.bincount(each, minlength=least).astype(float) for each in (first, second))
    return {("patterns of nulls",): total_variation(*counts)}


NULL_METRICS: Final = (
    Metric("difference of null rates", _rates, "noise"),
    Metric("null pattern distance", _patterns),
)
