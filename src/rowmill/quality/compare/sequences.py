"""Agreement of tables of what happens: how many rows an entity has, how far apart, in which order, at what hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rowmill.draw.arrays import Floats
from rowmill.quality.compare.columns import kolmogorov_smirnov, total_variation
from rowmill.quality.compare.ground import Metric, Of
from rowmill.quality.compare.samples import Sample

_DAY: Final = 86_400
_THURSDAY: Final = 3
"""The day of the week of the first second of 1970, from Monday on."""


def _counts(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the distance of the distributions of the rows that an entity has."""
    return {("rows of an entity",): _distance(*(np.diff(each.starts).astype(float) for each in (real, other)))}


def _gaps(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the distance of the distributions of the time from a row to the next one of its entity."""
    sides = []
    for sample in (real, other):
        gap = np.diff(_time(sample))[~sample.first[1:]]
        sides.append(gap[np.isfinite(gap)])
    return {("time to the next row",): _distance(*sides)}


def _distance(first: Floats, second: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of two sets of numbers."""
    if not len(first) or not len(second):
        return float("nan")
    grid, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    counts = (
        np.bincount(each, minlength=len(grid)).astype(float) for each in (place[: len(first)], place[len(first) :])
    )
    return kolmogorov_smirnov(*counts)


def _time(sample: Sample) -> Floats:
    assert sample.shared.time is not None
    return sample.values(sample.shared.time)


def _transitions(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the total variation distance of each category with the next one of its entity, over both together."""
    found: dict[Of, float] = {}
    for column in real.shared.categories():
        levels = real.shared.scales[column].levels
        sides = []
        for sample in (real, other):
            bins = sample.bins[column].astype(np.int64)
            places = (bins[:-1] * levels + bins[1:])[~sample.first[1:]]
            sides.append(np.bincount(places, minlength=levels**2).astype(float))
        found[column, "next"] = total_variation(*sides) if all(each.sum() for each in sides) else float("nan")
    return found


def _profile(real: Sample, other: Sample, period: int, step: int, shift: int) -> float:
    sides = []
    for sample in (real, other):
        time = _time(sample)
        place = ((time[np.isfinite(time)] + shift) % period // step).astype(np.int64)
        sides.append(np.bincount(place, minlength=period // step).astype(float))
    return total_variation(*sides) if all(each.sum() for each in sides) else float("nan")


def _hours(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the total variation distance of the hours of the day, as the table writes them."""
    clock = real.shared.time is not None and real.shared.scales[real.shared.time].clock
    return {("hour of the day",): _profile(real, other, _DAY, 3_600, 0)} if clock else {}


def _weekdays(real: Sample, other: Sample) -> Mapping[Of, float]:
    """Return the total variation distance of the days of the week."""
    clock = real.shared.time is not None and real.shared.scales[real.shared.time].clock
    return {("day of the week",): _profile(real, other, 7 * _DAY, _DAY, _THURSDAY * _DAY)} if clock else {}


SEQUENCE_METRICS: Final = (
    Metric("distance of counts", _counts, "noise"),
    Metric("distance of gaps", _gaps),
    Metric("transition distance", _transitions),
    Metric("hour profile distance", _hours, "noise"),
    Metric("weekday profile distance", _weekdays, "noise"),
)
