"""Measures: the numbers of a table by which some of its rows are compared with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from rowmill.model.schema import Field, Schema
from rowmill.model.statistics.bins import Bins, number_at
from rowmill.model.statistics.records import ColumnStatistics, TableStatistics

Kind = Literal["rows", "missing", "true", "value", "values", "tail", "numbers", "hours", "clock"]
Floats = NDArray[np.float64]

_HOURS_OF_DAY: Final = 24
_BODY: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Shares of the earlier numbers that lie below the borders between which numbers are counted."""
_MOST_VALUES: Final = 64
"""Values of an enum that each have a measure of their own, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What is known of some rows: those of a slice, of several, or of files."""

    label: str
    tables: Mapping[str, TableStatistics]
    """By name, the main one first."""
    schemas: Mapping[str, Schema]
    """Of these tables."""
    timeless: frozenset[str] = frozenset()
    """Tables that all slices share: how many rows they have for each of the main table says nothing."""


@dataclass(frozen=True, slots=True)
class MeasureKey:
    """Names a measure."""

    table: str
    column: str
    """Empty where the measure is of the table."""
    kind: Kind
    detail: str = ""
    """Which value, or which numbers."""


@dataclass(frozen=True, slots=True)
class ShareMeasure:
    """A share of rows in each of several observations, float64."""

    key: MeasureKey
    shares: Floats
    rows: Floats
    """What it is a share of."""


@dataclass(frozen=True, slots=True)
class SpreadMeasure:
    """How the rows of each of several observations spread over some places."""

    key: MeasureKey
    shares: Floats
    """Of each place, float64[observations, places]; they add up to 1."""
    places: tuple[str, ...]
    """What to call them."""
    rows: Floats
    """Rows that were looked at."""


def measures(observed: Sequence[KnownRows]) -> Iterator[ShareMeasure | SpreadMeasure]:
    """Yield the measures of observations of which the last one is to be judged by those before.

    Args:
        observed: at least two; tables and columns that one of them has not are left out.
    """
    main = next(iter(observed[0].tables))
    for table in observed[0].tables:
        some = [each.tables[table] for each in observed if table in each.tables]
        of = np.array([each.tables[main].rows if main in each.tables else 0 for each in observed], float)
        if len(some) < len(observed):
            continue
        rows = np.array([each.rows for each in some], float)
        if table != main and table not in observed[-1].timeless and of.all() and rows.any():
            yield ShareMeasure(MeasureKey(table, "", "rows"), rows / of, of)
        if rows.all():
            yield from _table(table, some, [each.schemas[table] for each in observed])


def _table(
    table: str, some: Sequence[TableStatistics], schemas: Sequence[Schema]
) -> Iterator[ShareMeasure | SpreadMeasure]:
    known = set.intersection(
        *(set(schema.names) & set(each.columns) for schema, each in zip(schemas, some, strict=True))
    )
    for field in schemas[-1].fields:
        if field.name in known:
            columns = [each.columns[field.name] for each in some]
            fields = [schema[field.name] for schema in schemas]
            names = [each.values or () for each in fields]
            yield from _column(table, fields, columns, some)
            yield from _values(MeasureKey(table, field.name, "values"), [column.counts for column in columns], names)
    hours = [each.hours for each in some if each.hours is not None]
    if len(hours) == len(some):
        counts = np.array([np.reshape(each, (-1, _HOURS_OF_DAY)).sum(axis=0) for each in hours], float)
        places = tuple(f"{hour}:00 UTC" for hour in range(_HOURS_OF_DAY))
        looked = np.array([each.looked for each in some], float)
        for kind in ("hours", "clock"):
            yield SpreadMeasure(MeasureKey(table, schemas[-1].event_time or "", kind), _parts(counts), places, looked)


def _column(
    table: str, fields: Sequence[Field], columns: Sequence[ColumnStatistics], of: Sequence[TableStatistics]
) -> Iterator[ShareMeasure | SpreadMeasure]:
    name = fields[-1].name
    rows = np.array([each.rows for each in of], float)
    nulls = np.array([column.nulls for column in columns], float)
    present = np.maximum(rows - nulls, 1)
    if fields[-1].nullable or nulls.any():
        yield ShareMeasure(MeasureKey(table, name, "missing"), nulls / rows, rows)
    trues = [column.trues for column in columns if column.trues is not None]
    if len(trues) == len(columns):
        yield ShareMeasure(MeasureKey(table, name, "true"), np.array(trues, float) / present, present)
    bins = [column.bins for column in columns if column.bins]
    # Minor units are no numbers of others; days move with the calendar.
    alike = len({each.scale for each in fields}) == 1 and not any(f.calendar or f.type == "date" for f in fields)
    if len(bins) == len(columns) and alike:
        looked = np.array([each.looked for each in of], float)
        yield from _numbers(MeasureKey(table, name, "numbers"), bins, looked * present / rows)


def _values(
    key: MeasureKey, counts: Sequence[tuple[int, ...] | None], names: Sequence[Sequence[str]]
) -> Iterator[ShareMeasure | SpreadMeasure]:
    every = tuple(dict.fromkeys(name for each in names for name in each))
    if not every or any(each is None or len(each) != len(of) for each, of in zip(counts, names, strict=True)):
        return
    places = {name: place for place, name in enumerate(every)}
    found = np.zeros((len(counts), len(every)))
    for row, each, of in zip(found, counts, names, strict=True):
        row[[places[name] for name in of]] = each
    total = found.sum(axis=1)
    if not total.all():
        return
    shares = _parts(found)
    yield SpreadMeasure(key, shares, every, total)
    for place in np.argsort(-shares.max(axis=0), kind="stable")[:_MOST_VALUES].tolist():
        if shares[:, place].any():
            yield ShareMeasure(MeasureKey(key.table, key.column, "value", every[place]), shares[:, place], total)


def _numbers(key: MeasureKey, bins: Sequence[Bins], looked: Floats) -> Iterator[ShareMeasure | SpreadMeasure]:
    level = max(each.level for each in bins)
    wide = [each.coarser(level) for each in bins]
    starts = np.unique(np.concatenate([found for found, _ in wide]))
    counts = np.zeros((len(bins), len(starts)))
    for row, (found, some) in zip(counts, wide, strict=True):
        row[np.searchsorted(starts, found)] = some
    below = np.cumsum(_parts(counts)[:-1].mean(axis=0))
    # A border lies behind the first bin with which a share is reached.
    borders = np.unique(np.searchsorted(below, _BODY) + 1)
    borders = borders[borders < len(starts)]
    edges = [f"{edge:,.4g}" for edge in number_at(starts[borders] << level)]
    if not edges:
        return
    shares = _parts(np.add.reduceat(counts, np.concatenate(([0], borders)), axis=1))
    places = (f"below {edges[0]}", *(f"{one} to {two}" for one, two in pairwise(edges)), f"from {edges[-1]} on")
    yield SpreadMeasure(key, shares, places, looked)
    for place in (0, -1):
        yield ShareMeasure(MeasureKey(key.table, key.column, "tail", places[place]), shares[:, place], looked)


def _parts(counts: Floats) -> Floats:
    """Return counts as shares of each observation's own."""
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
