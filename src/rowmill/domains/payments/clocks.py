"""Clocks: the local hours of each kind of spending on weekdays, Saturdays and Sundays, as mixtures of humps."""

from __future__ import annotations

from pydantic import Field

from rowmill.domains.payments.kinds import Clock
from rowmill.model.spec import LEAST_WEIGHT, Section, Weight


class Peak(Section):
    """One hump of a daily shape."""

    hour: float = Field(ge=0, lt=24)
    """Local hour of the middle."""
    spread: float = Field(ge=0.05, le=12)
    """Standard deviation in hours; it wraps at midnight."""
    weight: float = Field(ge=LEAST_WEIGHT, le=1_000_000_000)
    """Relative mass."""


class DayShape(Section):
    """Local hours of a kind of spending on one kind of day."""

    level: Weight
    """How much the day carries, relative to other days of the same clock."""
    peaks: tuple[Peak, ...] = Field(min_length=1, max_length=96)
    """A mixture of humps."""


class ClockShape(Section):
    """Weekly rhythm of a kind of spending; a public holiday counts as a Sunday."""

    weekday: DayShape
    """Monday to Friday."""
    saturday: DayShape
    """Saturday."""
    sunday: DayShape
    """Sunday and public holidays."""


def _shape(level: float, *peaks: tuple[float, float, float]) -> DayShape:
    return DayShape(level=level, peaks=tuple(Peak(hour=h, spread=s, weight=w) for h, s, w in peaks))


def _clock(weekday: DayShape, saturday: DayShape, sunday: DayShape) -> ClockShape:
    return ClockShape(weekday=weekday, saturday=saturday, sunday=sunday)


_MEALS = ((12.6, 1.0, 0.48), (19.0, 1.5, 0.45), (8.2, 1.0, 0.07))
_ROUND_THE_CLOCK = ((20.5, 2.6, 0.46), (13.0, 3.2, 0.38), (9.5, 2.2, 0.13), (2.5, 3.0, 0.03))

DEFAULT_CLOCKS: dict[Clock, ClockShape] = {
    "shop": _clock(
        _shape(0.92, (12.3, 1.4, 0.26), (17.6, 1.7, 0.54), (10.2, 1.3, 0.20)),
        _shape(1.40, (12.4, 1.9, 0.62), (16.2, 1.8, 0.38)),
        _shape(0.85, (13.2, 2.0, 0.60), (17.0, 1.8, 0.40)),
    ),
    "meal": _clock(_shape(0.92, *_MEALS), _shape(1.32, (12.9, 1.4, 0.46), (19.6, 1.8, 0.54)), _shape(1.0, *_MEALS)),
    "night": _clock(
        _shape(0.82, (18.6, 2.4, 0.70), (23.0, 1.8, 0.15), (8.6, 1.3, 0.15)),
        _shape(1.50, (20.5, 2.6, 0.70), (0.3, 1.6, 0.22), (13.0, 2.0, 0.08)),
        _shape(1.10, (16.5, 3.2, 0.76), (0.4, 1.8, 0.24)),
    ),
    "commute": _clock(
        _shape(1.10, (7.9, 1.1, 0.40), (17.4, 1.5, 0.44), (12.8, 1.5, 0.16)),
        _shape(0.85, (12.5, 3.0, 0.75), (18.5, 2.2, 0.25)),
        _shape(0.62, (13.5, 3.2, 1.0)),
    ),
    "fuel": _clock(
        _shape(1.04, (7.6, 1.3, 0.30), (16.8, 1.9, 0.48), (12.2, 1.8, 0.22)),
        _shape(1.08, (11.6, 2.4, 0.70), (16.5, 2.2, 0.30)),
        _shape(0.80, (14.0, 3.0, 1.0)),
    ),
    "online": _clock(_shape(1.0, *_ROUND_THE_CLOCK), _shape(1.0, *_ROUND_THE_CLOCK), _shape(1.05, *_ROUND_THE_CLOCK)),
    "bill": _clock(
        _shape(1.22, (9.5, 1.7, 0.52), (14.5, 2.4, 0.36), (20.3, 1.8, 0.12)),
        _shape(0.60, (11.0, 2.4, 0.80), (20.0, 2.0, 0.20)),
        _shape(0.42, (12.0, 3.0, 0.60), (20.0, 2.0, 0.40)),
    ),
    "cash": _clock(
        _shape(0.98, (12.2, 1.9, 0.45), (17.2, 2.0, 0.45), (22.5, 1.6, 0.10)),
        _shape(1.25, (12.2, 2.2, 0.66), (20.5, 2.2, 0.34)),
        _shape(0.80, (13.0, 2.8, 0.80), (22.0, 2.0, 0.20)),
    ),
    "travel": _clock(
        _shape(1.0, (9.0, 2.2, 0.40), (17.0, 2.8, 0.50), (21.5, 1.8, 0.10)),
        _shape(1.05, (10.5, 2.6, 0.55), (17.0, 2.6, 0.45)),
        _shape(1.0, (11.5, 2.8, 0.50), (18.5, 2.6, 0.50)),
    ),
}
