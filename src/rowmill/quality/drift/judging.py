"""Judging: whether the last of several observations is like those before, measure by measure.

What earlier nights show is what is expected, with all that recurs: weekends, paydays, the last days of a month. So a
night is held against the earlier one that it is most like. How far it may lie from that follows from how much the
others differ, from chance in so many rows, and from a change too small to speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from rowmill.quality.drift.measures import Floats, MeasureKey, ShareMeasure, SpreadMeasure

FEW_NIGHTS: Final = 28
"""Earlier observations from which on they tell how much days differ."""
_SCALES: Final = 2.0
"""Standard deviations of the earlier observations that a share may lie beyond the nearest of them."""
_GAPS: Final = 2.0
"""Gaps between an earlier observation and its nearest one that a spread may lie from its own nearest one."""
_USUAL_GAP: Final = 0.9
"""ShareMeasure of the gaps that are not larger than the one that counts."""
_CHANCE: Final = 3.0
"""Standard errors of chance that a share may lie beyond the nearest of many observations."""
_CHANCE_ALONE: Final = 5.0
"""Standard errors that it may lie from the one that there is: with some hundred measures a night, four happen."""
_CLUSTER: Final = 9.0
"""Rows that come together, as those of one fraud do, where nothing tells how many do."""
_SMALL: Final = 0.1
"""A share that changes by this part of itself, or of 0.2 where it is more, has hardly changed."""
_SMALL_VALUE: Final = 0.0005
"""What a share of one value of many may change beside that: which of them is rare on a day is chance."""
_SMALL_SPREAD: Final = {"clock": 0.4, "hours": 0.065}
"""How far a spread lies from another where hardly anything changed, by kind: hours of the day that each row moved by,
as when clocks are changed; else the share of rows that lie elsewhere."""
_SMALL_OTHERS: Final = 0.05
_UNTOLD: Final = 2.0
"""Times as much is a small change where nothing tells how much days differ."""


@dataclass(frozen=True, slots=True)
class DriftChange:
    """What one measure shows."""

    key: MeasureKey
    before: float
    """Of the earlier observation that the last one is most like, or of all where there are few; of a spread 0."""
    after: float
    """Of the last observation; of a spread how far it lies from the earlier one."""
    allowed: float
    """How far these may lie apart."""
    detail: str = ""
    """What of a spread changed most."""

    @property
    def weight(self) -> float:
        """Return how many times as large the change is as what is allowed; above 1 it is drift."""
        return abs(self.after - self.before) / self.allowed

    @property
    def drifted(self) -> bool:
        """Return whether the change is larger than what is allowed."""
        return self.weight > 1


def judged(measures: Iterable[ShareMeasure | SpreadMeasure]) -> list[DriftChange]:
    """Return what measures show, the greatest change first."""
    found = [_share(each) if isinstance(each, ShareMeasure) else _spread(each) for each in measures]
    return sorted(found, key=lambda change: -change.weight)


def _share(measure: ShareMeasure) -> DriftChange:
    earlier, last = measure.shares[:-1], float(measure.shares[-1])
    middle = float(np.median(earlier))
    # Of rows of another table there may be more than of the main one.
    size = min(middle, 1 - middle) if middle <= 1 else middle
    small = _SMALL * (min(size, 0.2) if middle <= 1 else size)
    if measure.key.kind == "value":
        small = _SMALL_VALUE + 1.5 * small
    rows, known = float(measure.rows[-1]), float(measure.rows[:-1].sum())
    chance = float(np.sqrt(max(size, 1 / known, 1 / rows) * (1 / rows + 1 / known)))
    if len(earlier) >= FEW_NIGHTS:
        before = float(earlier[np.abs(earlier - last).argmin()])
        allowed = small + max(_CHANCE * chance, _SCALES * float(earlier.std()))
    else:
        before = float(np.average(earlier, weights=measure.rows[:-1]))
        allowed = _UNTOLD * small + _CHANCE_ALONE * chance * float(np.sqrt(_CLUSTER))
    return DriftChange(measure.key, before, last, allowed)


def _spread(measure: SpreadMeasure) -> DriftChange:
    away = _in_hours if measure.key.kind == "clock" else _elsewhere
    earlier, last = measure.shares[:-1], measure.shares[-1]
    small = _SMALL_SPREAD.get(measure.key.kind, _SMALL_OTHERS)
    if len(earlier) >= FEW_NIGHTS:
        near = earlier[int(away(earlier, last).argmin())]
        allowed = small + _GAPS * float(np.quantile(_gaps(earlier, away), _USUAL_GAP))
    else:
        near = np.average(earlier, axis=0, weights=measure.rows[:-1])
        rows, known = float(measure.rows[-1]), float(measure.rows[:-1].sum())
        chance = np.sqrt(near * (1 - near) * _CLUSTER * (1 / rows + 1 / known))
        allowed = _UNTOLD * small + _UNTOLD * float(away((near + chance)[None, :], near)[0])
    moved = last - near
    most = int(np.abs(moved).argmax())
    detail = f"{measure.places[most]}: {near[most]:.2%} → {last[most]:.2%}"
    return DriftChange(measure.key, 0.0, float(away(near[None, :], last)[0]), allowed, detail)


def _elsewhere(some: Floats, one: Floats) -> Floats:
    """Return the share of rows that would have to lie elsewhere, float64[observations]."""
    share: Floats = np.abs(some - one).sum(axis=1) / 2
    return share


def _in_hours(some: Floats, one: Floats) -> Floats:
    """Return by how many hours around the clock rows would have to move on average, float64[observations]."""
    ahead = np.cumsum(some - one, axis=1)
    hours: Floats = np.abs(ahead - np.median(ahead, axis=1, keepdims=True)).sum(axis=1)
    return hours


def _gaps(earlier: Floats, away: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return how far each observation lies from the one that is most like it."""
    between = np.array([away(earlier, one) for one in earlier])
    np.fill_diagonal(between, np.inf)
    least: Floats = between.min(axis=1)
    return least
