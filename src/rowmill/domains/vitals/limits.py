"""Limits that every row keeps, and the effect met within a block: readings moved by as little as can be."""

from __future__ import annotations

from math import ceil, floor

import numpy as np

from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.readers import celsius_of, fahrenheit_of
from rowmill.domains.vitals.settings import GAP
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import smallest
from rowmill.draw.quota import fraction
from rowmill.draw.words import words

Limits = list[tuple[int | Ints, int | Ints]]


def limits_of(trial: Trial, fahrenheit: Flags | None) -> Limits:
    """Return the lowest and the highest value of each vital; of temperatures read in °F, what such a site can read."""
    limits: Limits = [(int(low), int(high)) for low, high in trial.spec.ranges.pairs[:3]]
    coldest, warmest = (fraction(degree) * 100 for degree in trial.spec.ranges.temperature)
    low, high = ceil(coldest), floor(warmest)
    if fahrenheit is None:
        return [*limits, (low, high)]
    coldest_read, warmest_read = fahrenheit_of(np.array([low, high])).tolist()
    readable = celsius_of(np.arange(coldest_read - 1, warmest_read + 2))
    readable = readable[(readable >= low) & (readable <= high)]
    return [*limits, (np.where(fahrenheit, readable[0], low), np.where(fahrenheit, readable[-1], high))]


def limit(limits: Limits, visit: list[Ints]) -> list[Flags]:
    """Move values into their ranges, and diastolic pressure below systolic, in place; return which moved, by vital."""
    before = list(visit)
    for j, (low, high) in enumerate(limits):
        visit[j] = np.clip(visit[j], low, high)
    close = np.flatnonzero(visit[1] > visit[0] - GAP)
    if len(close):
        diastolic = np.maximum(visit[0][close] - GAP, limits[1][0])
        visit[0][close] = np.maximum(visit[0][close], diastolic + GAP)
        visit[1][close] = diastolic
    return [was != now for was, now in zip(before, visit, strict=True)]


def calibrate(trial: Trial, visit: list[Ints], subject: Ints, arm: Ints) -> None:
    """Move treated subjects' last systolic pressures by at most 1 mmHg each until each arm differs by its effect."""
    control = arm == len(trial.spec.arms) - 1
    if not control.any():
        return
    base = int(visit[0][control].sum()) / int(control.sum())
    (low, high), diastolic = trial.spec.ranges.systolic, visit[1]
    for a, effect in enumerate(trial.effects[:-1].tolist()):
        mine = np.flatnonzero(arm == a)
        if len(mine) == 0:
            continue
        short = round((base + effect) * len(mine)) - int(visit[0][mine].sum())
        step = 1 if short > 0 else -1
        moved = visit[0][mine] + step
        free = mine[(moved >= low) & (moved <= high) & (moved >= diastolic[mine] + GAP)]
        order = smallest(words(trial.key.child("calibrate"), subject[free]), min(abs(short), len(free)))
        visit[0][free[order]] += step
