"""The unit of observation: one reading of a subject, visit and vital sign, and what becomes of several.

Several readings of one day and time point, such as triplicates, count with their mean, and the report says how many
there are. Several days or time points under one visit are no repeats: they are refused until somebody says what they
are to become.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import Workshop
from rowmill.domains.vitals.model import VITALS

_SHOWN = 4
_CELLS = """
    CREATE TABLE observed AS
    SELECT vital, place, count(*) AS readings, count(DISTINCT day) AS days,
        count(DISTINCT coalesce(point, '')) AS points,
        count(*) - count(DISTINCT (milli, coalesce(moment, day, ''), coalesce(point, ''))) AS repeated
    FROM every_used GROUP BY vital, place, ordinal"""
_CALLED = "(SELECT string_agg(name, ' and ' ORDER BY name) FROM visit_of v WHERE v.place = o.place)"
"""What the pilot calls a visit of the trial."""
_COUNTED = """
    SELECT vital, count(*), CAST(sum(readings) AS BIGINT), count(*) FILTER (readings > 1), max(readings), max(days),
        max(points), CAST(sum(repeated) AS BIGINT)
    FROM observed GROUP BY 1 ORDER BY 1"""
_FIRST = """
    CREATE VIEW used AS SELECT * FROM every_used QUALIFY row_number() OVER (
        PARTITION BY ordinal, place, vital ORDER BY moment NULLS LAST, happened NULLS LAST, point_number NULLS LAST,
        sequence NULLS LAST, _row) = 1"""


@dataclass(frozen=True, slots=True)
class Observed:
    """Readings of one vital sign by subject and visit of the pilot, before several became one."""

    subject_visits: int
    readings: int
    several: int
    """Subject-visits with more than one reading."""
    most: int
    """Most readings of one of them."""
    days: int
    """Most days of one of them, 0 where the pilot has no dates."""
    time_points: int
    """Most time points of one of them; readings without one count as one more."""
    repeated: int
    """Readings that repeat value, moment and time point of another one of theirs."""


def settled(shop: Workshop, duplicates: str | None) -> Mapping[str, Observed]:
    """Make the view ``used`` of the readings that count, of the view ``every_used`` of those that could.

    Args:
        shop: the database.
        duplicates: ``mean`` or ``first``: what becomes of several readings of a subject and visit; None: their mean,
            if they are of one day and time point.

    Returns:
        What there was, by vital sign.

    Raises:
        SpecError: if several days or time points stand under one visit, and nothing says what becomes of them.
    """
    shop.run(_CELLS)
    if duplicates is None:
        _refuse_time_points(shop)
        _refuse_days(shop)
    shop.run(_FIRST if duplicates == "first" else "CREATE VIEW used AS SELECT * FROM every_used")
    return {VITALS[vital]: Observed(*figures) for vital, *figures in shop.rows(_COUNTED)}


def notes(observed: Mapping[str, Observed], duplicates: str | None) -> list[str]:
    """Return a line about each vital sign that has several readings of a subject and visit."""
    how = "the first of each was taken" if duplicates == "first" else "their mean was taken"
    told = []
    for name, found in observed.items():
        if found.several:
            more = [f"up to {found.most} readings"]
            more += [f"of up to {found.days} days"] if found.days > 1 else []
            more += [f"at up to {found.time_points} time points"] if found.time_points > 1 else []
            more += [f"{found.repeated:,} repeated in all"] if found.repeated else []
            told.append(
                f"{name}: {found.several:,} of {found.subject_visits:,} subject-visits have several: "
                f"{', '.join(more)}; {how}"
            )
    return told


def _refuse_time_points(shop: Workshop) -> None:
    worst = shop.rows(
        f"""SELECT vital, place, count(*), {_CALLED} FROM observed o WHERE points > 1 GROUP BY ALL
            ORDER BY 3 DESC, 1, 2"""  # noqa: S608
    )
    if not worst:
        return
    vital, place, subjects, visit = worst[0]
    points = shop.rows(
        """SELECT coalesce(point, ''), count(*) FROM every_used WHERE vital = ? AND place = ? GROUP BY 1
           ORDER BY min(point_number), 1""",
        [vital, place],
    )
    listed = ", ".join(f"{point or 'none said'!r} {number:,}" for point, number in points[:_SHOWN])
    choice = next((point for point, _ in points if point), "")
    raise SpecError(
        f"{VITALS[vital]} at {visit!r}: {subjects:,} subjects have readings of {len(points)} time points ({listed}); "
        f"choose one, as in --timepoint {choice!r}, or say --duplicates mean or first"
    )


def _refuse_days(shop: Workshop) -> None:
    worst = shop.rows(
        f"""SELECT {_CALLED}, count(DISTINCT ordinal), max(days) FROM (
               SELECT place, ordinal, count(DISTINCT day) AS days FROM every_used GROUP BY 1, 2, vital) o
           WHERE days > 1 GROUP BY place ORDER BY 2 DESC, place"""  # noqa: S608
    )
    if worst:
        visit, subjects, days = worst[0]
        raise SpecError(
            f"visit {visit!r}: {subjects:,} subjects have readings of several days in it, up to {days}; part them into "
            "visits of their own, leave the visit out with --visits, or say --duplicates mean or first"
        )
