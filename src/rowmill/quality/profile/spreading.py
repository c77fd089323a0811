"""How the values of a column spread: each value where they are few, ranges of numbers and times where they are many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from rowmill.core.units import MICROS_PER_DAY
from rowmill.quality.page.numbers import number as said
from rowmill.quality.profile.asking import OpenTable, numeric, usable
from rowmill.quality.profile.facts import Bars, ColumnFacts

FEW: Final = 3_000
"""Different values up to which each is counted."""
_BINS: Final = 40
_TOP: Final = 12
_SINGLE: Final = 30
"""Different numbers up to which each has a bar of its own."""
_TAIL: Final = 20.0
"""How often the median fits into the 99th percentile from where on ranges grow."""
_REPEATED: Final = 3
"""Rows of a sample from which on a value counts as frequent."""


def spread(asked: OpenTable, column: ColumnFacts, counts: Mapping[str, Any], n: int) -> ColumnFacts:
    """Return a column with its most frequent values, its histogram and, where that is cheap, its exact count of values.

    Args:
        asked: the table, with a sample.
        column: what is known of the column.
        counts: figures of all rows.
        n: which column.
    """
    if not column.filled:
        return column
    field = asked.table.arrow.field(n)
    # The estimate may be some percent too low.
    if column.distinct <= FEW or column.kind == "bool":
        return _each_value(asked, column, field)
    found = _of_sample(asked, column, field)
    if column.kind in ("number", "date", "instant"):
        return replace(found, histogram=_ranges(asked, found, field, (counts, n)))
    return found


def _each_value(asked: OpenTable, column: ColumnFacts, field: pa.Field) -> ColumnFacts:
    value = usable(field)
    found = asked.rows(
        f"SELECT CAST(value AS VARCHAR), rows, value FROM (SELECT {value} AS value, count(*) AS rows "
        f"FROM {asked.relation} GROUP BY ALL) WHERE value IS NOT NULL"
    )
    by_rows = sorted(found, key=lambda row: (-row[1], row[0]))
    top = tuple((text, rows) for text, rows, _ in by_rows[:_TOP])
    bars = None
    if column.kind == "number":
        bars = _single_bars(found) if len(found) <= _SINGLE else _gathered(found)
    elif column.kind in ("date", "instant"):
        in_order = sorted(found, key=lambda row: row[2])
        bars = _bars_of_texts([(text, rows) for text, rows, _ in in_order])
    return replace(column, distinct=len(found), distinct_exact=True, top=top, histogram=bars)


def _single_bars(found: Sequence[tuple[str, int, Any]]) -> Bars | None:
    in_order = sorted(found, key=lambda row: row[2])
    if not in_order:
        return None
    labels = tuple(said(_plain(value)) for _, _, value in in_order)
    return Bars(labels, tuple(rows for _, rows, _ in in_order), (labels[0], labels[-1]), "values")


def _gathered(found: Sequence[tuple[str, int, Any]]) -> Bars:
    """Return bars of equal ranges over values that are counted already."""
    values = [float(value) for _, _, value in found]
    low, high = min(values), max(values)
    edges = _even(low, high, whole=all(value == int(value) for value in values))
    counts = [0] * (len(edges) - 1)
    for value, (_, rows, _) in zip(values, found, strict=True):
        counts[_place(value, edges)] += rows
    return Bars(_labels(edges), tuple(counts), (said(low), said(high)), "linear")


def _bars_of_texts(found: Sequence[tuple[str, int]]) -> Bars:
    """Return bars of neighbours in order, some of them together where there are many."""
    step = -(-len(found) // 60)
    groups = [found[n : n + step] for n in range(0, len(found), step)]
    labels = tuple(g[0][0] if len(g) == 1 else f"{g[0][0]} to {g[-1][0]}" for g in groups)
    return Bars(labels, tuple(sum(rows for _, rows in g) for g in groups), (found[0][0], found[-1][0]), "linear")


def _of_sample(asked: OpenTable, column: ColumnFacts, field: pa.Field) -> ColumnFacts:
    value = usable(field)
    found = asked.rows(
        f"SELECT CAST({value} AS VARCHAR), count(*) AS rows FROM {asked.sample} WHERE {value} IS NOT NULL "
        f"GROUP BY ALL HAVING rows >= {_REPEATED} ORDER BY rows DESC, 1 LIMIT {_TOP}"
    )
    return replace(column, top=tuple(found), top_of="sample")


def _ranges(
    asked: OpenTable, column: ColumnFacts, field: pa.Field, figures: tuple[Mapping[str, Any], int]
) -> Bars | None:
    counts, n = figures
    if column.number is None:
        edges = _even(float(counts[f"{n} low"]), float(counts[f"{n} high"]), whole=True)
        times = [_instant(edge) for edge in edges]
        filled = _binned(asked, numeric(field), edges, "linear")
        return Bars(_pairs(times), filled, (times[0], times[-1]), "linear")
    low, high = column.number.minimum, column.number.maximum
    if low is None or high is None:
        return None
    scale, edges = _edges(column, low, high, whole=pa.types.is_integer(field.type))
    filled = _binned(asked, numeric(field), edges, scale)
    labels = _labels(edges)
    if edges[0] > low:
        labels = (f"below {said(edges[1])}", *labels[1:])
    if edges[-1] < high:
        labels = (*labels[:-1], f"{said(edges[-2])} and above")
    return Bars(labels, filled, (said(edges[0]), said(edges[-1])), scale)


def _edges(column: ColumnFacts, low: float, high: float, *, whole: bool) -> tuple[Any, list[float]]:
    """Return ends of ranges in which the middle of the values can be seen, whatever lies far out."""
    quantiles = column.number.quantiles if column.number else {}
    first, middle, last = (quantiles.get(p) for p in ("1", "50", "99"))
    if first is None or middle is None or last is None:
        return "linear", _even(low, high, whole=whole)
    if low > 0 and last / max(middle, 1e-300) > _TAIL and high / low < 1e300:
        steps = [math.log10(low) + n * (math.log10(high) - math.log10(low)) / _BINS for n in range(_BINS + 1)]
        return "log", [low, *(10**step for step in steps[1:-1]), high]
    room = last - first
    if room > 0 and high - low > 4 * room:
        low, high = max(low, first - room / 2), min(high, last + room / 2)
    return "linear", _even(low, high, whole=whole)


def _even(low: float, high: float, *, whole: bool) -> list[float]:
    """Return ends of ranges of one width; over whole numbers each range has as many of them."""
    if whole and high - low < 1e15:
        step = max(1, math.ceil((high - low + 1) / _BINS))
        return [low + n * step for n in range(math.ceil((high - low + 1) / step) + 1)]
    # Halves of both ends: their difference may be more than a number can hold.
    return [low + (high / _BINS - low / _BINS) * n for n in range(_BINS)] + [high]


def _binned(asked: OpenTable, value: str, edges: Sequence[float], scale: str) -> tuple[int, ...]:
    """Return the rows in each range; what lies outside is counted in the first and the last."""
    last = len(edges) - 2
    low, high = edges[0], edges[-1]
    if scale == "log":
        place = f"(log10({value}) - {math.log10(low)!r}) / {(math.log10(high) - math.log10(low)) / (last + 1)!r}"
    else:
        place = f"({value} - {low!r}) / {(high / (last + 1) - low / (last + 1)) or 1.0!r}"
    found = asked.rows(
        f"SELECT CAST(greatest(0, least({last}, floor({place}))) AS INTEGER) AS place, count(*) FROM {asked.relation} "
        f"WHERE {value} IS NOT NULL GROUP BY ALL"
    )
    rows = dict(found)
    return tuple(rows.get(n, 0) for n in range(last + 1))


def _place(value: float, edges: Sequence[float]) -> int:
    width = edges[1] - edges[0]
    return min(len(edges) - 2, max(0, int((value - edges[0]) / width))) if width else 0


def _labels(edges: Sequence[float]) -> tuple[str, ...]:
    return _pairs([said(edge) for edge in edges])


def _pairs(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{low} to {high}" for low, high in pairwise(texts))


def _instant(micros: float) -> str:
    import numpy as np

    unit = "D" if micros % MICROS_PER_DAY == 0 else "m"
    return str(np.datetime64(int(micros), "us").astype(f"datetime64[{unit}]")).replace("T", " ")


def _plain(value: Any) -> float:
    return value if isinstance(value, int) else float(value)
