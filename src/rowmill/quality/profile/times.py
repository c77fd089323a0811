"""Rows over time: by hour, day, month or year, and by day of the week and hour."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

from rowmill.core.units import MICROS_PER_DAY
from rowmill.quality.profile.asking import MICROS_PER_HOUR, OpenTable, numeric
from rowmill.quality.profile.facts import ColumnFacts, TimeFacts

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - instants are in UTC here, and some columns have no zone
_MOST_HOURS: Final = 4 * 24
_MOST_DAYS: Final = 1_500
_MOST_MONTHS: Final = 1_200
_LATEST: Final = 253_000_000_000 * 10**6
"""Microseconds since 1970 that Python has no date for: the year 9987."""
_EARLIEST: Final = -62_000_000_000 * 10**6


def over_time(asked: OpenTable, columns: Sequence[ColumnFacts]) -> TimeFacts | None:
    """Return the rows over time by the column that says when a row happened; None where none does.

    Args:
        asked: the table.
        columns: of the table.
    """
    column = _when(asked, columns)
    if column is None:
        return None
    value = numeric(asked.table.arrow.field(column.name))
    unit = MICROS_PER_DAY if column.kind == "date" else MICROS_PER_HOUR
    found = asked.rows(
        f"SELECT CAST(floor({value} / {unit}) AS BIGINT) AS moment, count(*) FROM {asked.relation} "
        f"WHERE {value} BETWEEN {_EARLIEST} AND {_LATEST} GROUP BY ALL ORDER BY moment"
    )
    if not found:
        return None
    moments = {_EPOCH + dt.timedelta(microseconds=at * unit): rows for at, rows in found}
    hours = column.kind == "instant" and any(moment.hour for moment in moments)
    return _told(column.name, moments, hours=hours)


def _when(asked: OpenTable, columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Return the column of the event time, else the first one of instants, else of days, that most rows have."""
    named = asked.table.schema.event_time if asked.table.schema is not None else None
    able = [c for c in columns if c.kind in ("instant", "date") and c.filled and c.null_share < 0.5]
    told = [c for c in able if c.name == named]
    return next(iter([*told, *(c for c in able if c.kind == "instant"), *able]), None)


def _told(column: str, moments: dict[dt.datetime, int], *, hours: bool) -> TimeFacts:
    first, last = min(moments), max(moments)
    days = (last - first).days + 1
    counts = Counter[tuple[int, ...]]()
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    parts = 4 if hours and days * 24 <= _MOST_HOURS else 3 if days <= _MOST_DAYS else 2 if months <= _MOST_MONTHS else 1
    for moment, rows in moments.items():
        counts[(moment.year, moment.month, moment.day, moment.hour)[:parts]] += rows
    places = _places(first, last, parts)
    week = [[0] * 24 for _ in range(7)]
    for moment, rows in moments.items():
        week[moment.weekday()][moment.hour] += rows
    return TimeFacts(
        column=column,
        unit=("year", "month", "day", "hour")[parts - 1],
        labels=tuple(_label(place) for place in places),
        counts=tuple(counts[place] for place in places),
        week=tuple(map(tuple, week)) if hours else (),
    )


def _places(first: dt.datetime, last: dt.datetime, parts: int) -> list[tuple[int, ...]]:
    """Return every hour, day, month or year from the first to the last, also those without rows."""
    if parts == 1:
        return [(year,) for year in range(first.year, last.year + 1)]
    if parts == 2:
        start, stop = first.year * 12 + first.month - 1, last.year * 12 + last.month
        return [(month // 12, month % 12 + 1) for month in range(start, stop)]
    step = dt.timedelta(hours=1) if parts == 4 else dt.timedelta(days=1)
    found, at = [], first if parts == 4 else first.replace(hour=0)
    while at <= last:
        found.append((at.year, at.month, at.day, at.hour)[:parts])
        at += step
    return found


def _label(place: tuple[int, ...]) -> str:
    text = "-".join(f"{part:02d}" for part in place[:3])
    return f"{text} {place[3]:02d}:00" if len(place) == 4 else text
