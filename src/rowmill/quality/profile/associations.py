"""How columns of a sample go together: correlation of numbers, Cramér's V of categories, correlation ratio of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.model import ddl
from rowmill.quality.profile.asking import OpenTable, numeric
from rowmill.quality.profile.facts import SPEARMAN, ColumnFacts, Matrix

ROWS: Final = 20_000
"""Rows of the sample that are compared."""
_MOST_COLUMNS: Final = 30
_MOST_CATEGORIES: Final = 60
_FEWEST: Final = 10
"""Rows with both values below which nothing is said."""

_PLACE: Final = ddl.name("\x01place")
"""A column that no table has."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def matrices(asked: OpenTable, columns: Sequence[ColumnFacts], left_out: frozenset[str]) -> tuple[Matrix, ...]:
    """Return how strongly columns go together: Pearson, Spearman, Cramér's V and the correlation ratio.

    Args:
        asked: the table, with a sample.
        columns: of the table.
        left_out: names of columns that tell rows apart or point elsewhere; their numbers mean nothing.
    """
    varying = [c for c in columns if c.distinct > 1 and c.filled > _FEWEST and c.name not in left_out]
    names = [c.name for c in varying if c.kind == "number"][:_MOST_COLUMNS]
    kinds = [
        c.name
        for c in varying
        if c.kind == "bool" or (c.kind == "text" and c.distinct_exact and c.distinct <= _MOST_CATEGORIES)
    ][:_MOST_COLUMNS]
    numbers, codes = _numbers(asked, names), _codes(asked, kinds)
    found = []
    if len(names) > 1:
        found.append(_square("Pearson correlation", numbers, pearson))
        found.append(_square(SPEARMAN, numbers, spearman))
    if len(kinds) > 1:
        found.append(_square("Cramér's V", codes, cramers_v))
    if names and kinds:
        values = tuple(tuple(correlation_ratio(codes[kind], numbers[name]) for name in names) for kind in kinds)
        found.append(Matrix("Correlation ratio", tuple(kinds), tuple(names), values))
    return tuple(found)


def _numbers(asked: OpenTable, names: Sequence[str]) -> dict[str, Floats]:
    fields = {name: asked.table.arrow.field(name) for name in names}
    return _columns(asked, {name: f"CAST({numeric(field)} AS DOUBLE)" for name, field in fields.items()})


def _codes(asked: OpenTable, names: Sequence[str]) -> dict[str, Codes]:
    """Return each category as a number from 0, a missing one as -1."""
    ranks = {name: f"dense_rank() OVER (ORDER BY {ddl.name(name)} NULLS LAST)" for name in names}
    rank = {name: f"CASE WHEN {ddl.name(name)} IS NULL THEN -1.0 ELSE {text} - 1.0 END" for name, text in ranks.items()}
    return {name: values.astype(np.int64) for name, values in _columns(asked, rank).items()}


def _columns(asked: OpenTable, expressions: Mapping[str, str]) -> dict[str, Floats]:
    """Return expressions over the same rows of the sample, from all over it and in one order, NaN without a value."""
    if not expressions:
        return {}
    chosen = ", ".join(f"CAST({text} AS DOUBLE) AS c{n}" for n, text in enumerate(expressions.values()))
    # The first rows of a table may be those of its first days.
    some = f"(SELECT *, rowid AS {_PLACE} FROM {asked.sample} ORDER BY hash(rowid), rowid LIMIT {ROWS})"
    # A rank leaves rows in an order of its own.
    table = asked.connection.sql(f"SELECT {chosen} FROM {some} ORDER BY {_PLACE}").to_arrow_table()
    return {name: table.column(n).to_numpy().astype(np.float64, copy=False) for n, name in enumerate(expressions)}


def _square(measure: str, columns: Mapping[str, NDArray[np.generic]], pair: object) -> Matrix:
    names = tuple(columns)
    assert callable(pair)
    found: dict[tuple[str, str], float | None] = {}
    for n, one in enumerate(names):
        found[one, one] = 1.0
        for other in names[:n]:
            found[one, other] = found[other, one] = pair(columns[one], columns[other])
    return Matrix(measure, names, names, tuple(tuple(found[one, other] for other in names) for one in names))


def pearson(one: Floats, other: Floats) -> float | None:
    """Return the correlation of two columns over rows that have both values; None where one does not vary there."""
    one, other = _both(one, other)
    if len(one) < _FEWEST:
        return None
    # Scaled first: squares of large numbers have no place.
    x, y = _centred(one), _centred(other)
    below = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return None if below == 0 else float(np.clip((x * y).sum() / below, -1, 1))


def spearman(one: Floats, other: Floats) -> float | None:
    """Return the correlation of the ranks of two columns, equal values sharing theirs."""
    one, other = _both(one, other)
    return pearson(ranked(one), ranked(other))


def ranked(values: Floats) -> Floats:
    """Return the rank of each value, from 1; equal ones have the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: Floats = last - (counts - 1) / 2
    return means[place]


def cramers_v(one: Codes, other: Codes) -> float | None:
    """Return Cramér's V after Bergsma (2013), 0 … 1, over rows that have both categories."""
    table = _contingency(one, other)
    rows, columns = table.shape
    total = float(table.sum())
    if total < _FEWEST or min(rows, columns) < 2:
        return None
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / total
    square = float((((table - expected) ** 2) / expected).sum()) / total
    less = max(0.0, square - (rows - 1) * (columns - 1) / (total - 1))
    few_rows, few_columns = (n - (n - 1) ** 2 / (total - 1) for n in (rows, columns))
    most = min(few_rows, few_columns) - 1
    return None if most <= 0 else min(1.0, float(np.sqrt(less / most)))


def correlation_ratio(codes: Codes, values: Floats) -> float | None:
    """Return how much of the spread of numbers their categories tell, 0 … 1: the root of the share of the variance."""
    there = (codes >= 0) & np.isfinite(values)
    if there.sum() < _FEWEST:
        return None
    kinds, values = codes[there], _centred(values[there])
    total = float((values * values).sum())
    counts = np.bincount(kinds)
    sums = np.bincount(kinds, weights=values)
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    return None if total == 0 else min(1.0, float(np.sqrt(between / total)))


def _contingency(one: Codes, other: Codes) -> Floats:
    there = (one >= 0) & (other >= 0)
    _, left = np.unique(one[there], return_inverse=True)
    _, right = np.unique(other[there], return_inverse=True)
    rows, columns = (int(codes.max()) + 1 if len(codes) else 0 for codes in (left, right))
    counts = np.bincount(left * columns + right, minlength=rows * columns)
    table: Floats = counts.reshape(rows, columns).astype(np.float64)
    return table


def _both(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(one) & np.isfinite(other)
    return one[there], other[there]


def _centred(values: Floats) -> Floats:
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    scaled = values / most
    centred: Floats = scaled - scaled.mean()
    # What is left of equal values is rounding.
    return centred if np.ptp(scaled) > 0 else np.zeros_like(centred)
