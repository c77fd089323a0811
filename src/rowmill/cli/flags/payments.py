"""The flags of ``generate payments`` and ``preview payments``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from rowmill.cli.flags import Days, DomainFlags, Flag, lay_flags, parse_day

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft

_FLAGS = (
    Flag("--rows", "data.rows", "N", "Transactions over the whole period; 1_000_000 and 1e6 are read too."),
    Flag("--seed", "data.seed", "N", "Seed of every value; without it one is drawn, shown and stored."),
    Flag("--start", "data.start", "DATE", "First day of the period, UTC."),
    Flag("--end", None, "DATE", "Last day of the period; alone, the last of 30. Of an open period, the last to write."),
    Flag("--rows-per-day", "data.rows_per_day", "N", "Open a period without end at --start, N transactions a day."),
    Flag("--date", None, "DATE", "Make this day alone: exactly the rows that the whole period has on it, UTC."),
    Flag("--fraud-rate", "data.fraud_rate", "SHARE", "Share of transactions that are fraud, met exactly."),
)


def _lay(given: Mapping[str, str | None], draft: ConfigDraft) -> Days:
    """Lay the flags over a draft: a period is open or closed as the highest layer that says so wants it."""
    day, end = parse_day("--date", given.get("date")), parse_day("--end", given.get("end"))
    parse_day("--start", given.get("start"))
    if given.get("rows") and given.get("rows_per_day"):
        raise click.UsageError("--rows and --rows-per-day: a period is closed or open; give one of them")
    if given.get("rows"):
        draft.drop("data.rows_per_day", "--rows")
    if given.get("rows_per_day"):
        draft.drop("data.rows", "--rows-per-day")
        draft.drop("data.end", "--rows-per-day")
    lay_flags(_FLAGS, given, draft)
    if draft.get("data.rows_per_day") is None:
        if end is not None:
            draft.add_flags({"data.end": ("--end", str(end))})
        return day, day
    if day is not None and end is not None:
        raise click.UsageError("--date and --end: an open period takes one of them, the day or the last day to write")
    return (day, day) if day is not None else (None, end)


FLAGS = DomainFlags(_FLAGS, _lay)
