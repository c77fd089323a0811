"""Statistics of a destination's tables as people and programs read them: by name, in the units of the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rowmill.core.units import MICROS_PER_DAY, date_of
from rowmill.model.schema import Field, Schema
from rowmill.model.statistics.records import ColumnStatistics, TableStatistics
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.rebuild import schemas

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class ColumnShares:
    """What a manifest tells of one column."""

    null_share: float
    """Of the rows, 0 … 1."""
    true_share: float | None
    """Of the rows where a truth value is not missing."""
    least: Any
    """Smallest value; of an instant or a day its text."""
    greatest: Any
    unique: int | None
    """About how many different values there are among the rows that were looked at."""
    quantiles: Mapping[str, float] | None
    """By share, such as ``0.5``: about, from the rows that were looked at."""
    counts: Mapping[str, int] | None
    """Rows of each value of an enum that occurs."""


def facts_of(statistics: TableStatistics, schema: Schema) -> dict[str, ColumnShares]:
    """Return what statistics tell of each column."""
    known = set(schema.names)
    return {
        name: _column(column, statistics.rows, schema[name])
        for name, column in statistics.columns.items()
        if name in known
    }


def manifest_facts(where: str, manifest: Manifest) -> dict[str, dict[str, ColumnShares]]:
    """Return what a manifest tells of the columns of each table; nothing of tables without statistics.

    Args:
        where: what to call the destination.
        manifest: of it.
    """
    found = {name: table.statistics for name, table in manifest.tables.items() if table.statistics is not None}
    known = schemas(where, manifest.slices[0]) if found else {}
    return {name: facts_of(each, known[name]) for name, each in found.items() if name in known}


def _column(column: ColumnStatistics, rows: int, field: Field) -> ColumnShares:
    present = rows - column.nulls
    quantiles = None
    if column.bins:
        found = {str(share): column.bins.quantile(share) for share in QUANTILES}
        quantiles = {share: shown_number(_within(column, value), field) for share, value in found.items()}
    counts = None
    if column.counts is not None and field.values is not None:
        counts = {value: count for value, count in zip(field.values, column.counts, strict=False) if count}
    return ColumnShares(
        null_share=column.nulls / rows if rows else 0.0,
        true_share=None if column.trues is None or not present else column.trues / present,
        least=shown_number(column.least, field),
        greatest=shown_number(column.greatest, field),
        unique=column.unique,
        quantiles=quantiles,
        counts=counts,
    )


def _within(column: ColumnStatistics, value: float) -> float:
    least, greatest = column.least, column.greatest
    if least is None or greatest is None:
        return value
    inside = min(max(value, least), greatest)
    return round(inside) if isinstance(least, int) else inside


def shown_number(value: float | None, field: Field) -> Any:
    """Return a number as cells hold it in the form that readers see; of instants, days and times their text."""
    if value is None:
        return None
    try:
        return _shown(value, field)
    except OverflowError:
        # No calendar has it: only a record that was changed says so.
        return value


def _shown(value: float, field: Field) -> Any:
    if field.type == "timestamp":
        return (_EPOCH + dt.timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")
    if field.type == "date":
        return date_of(round(value)).isoformat()
    if field.type == "time":
        return (_EPOCH + dt.timedelta(microseconds=value % MICROS_PER_DAY)).time().isoformat()
    if field.type == "decimal":
        return value / 10 ** (field.scale or 0)
    return value
