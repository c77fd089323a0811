"""What is known of the rows of a table without reading them: a record that adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from functools import reduce
from operator import add
from typing import Annotated, Any, Final, TypeVar

from annotated_types import Ge, Le, MaxLen
from pydantic import Field as Rule

from rowmill.model.statistics import uniques
from rowmill.model.statistics.bins import Bins

HOURS: Final = 168
"""Hours of a week, from Monday 0:00 UTC."""

_Count = Annotated[int, Ge(0), Le((1 << 63) - 1)]
_Number = Annotated[int, Ge(-(1 << 63)), Le((1 << 63) - 1)] | Annotated[float, Rule(allow_inf_nan=False)]
_Name = Annotated[str, MaxLen(128)]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """Statistics of one column; what its type has not is None."""

    nulls: _Count = 0
    """Rows where it is missing."""
    trues: _Count | None = None
    """Rows where a truth value is true."""
    least: _Number | None = None
    """Smallest number, as cells hold it: instants in microseconds since 1970 UTC, dates in days since then, decimals in
    minor units. None where no row has one, as for a text."""
    greatest: _Number | None = None
    counts: Annotated[tuple[_Count, ...], MaxLen(1 << 16)] | None = None
    """Rows of each value of an enum, in the order of its field."""
    bins: Bins | None = None
    """Where the numbers lie; of the rows that were looked at."""
    registers: uniques.Stored | None = None
    """What tells about how many different values it has; of the rows that were looked at."""

    @property
    def unique(self) -> int | None:
        """Return about how many different values it has; None where that was not looked for."""
        if self.counts is not None:
            return sum(count > 0 for count in self.counts)
        return None if self.registers is None else uniques.estimate(uniques.parsed(self.registers))

    def __add__(self, other: ColumnStatistics) -> ColumnStatistics:
        """Return the statistics of the rows of both."""
        return ColumnStatistics(
            self.nulls + other.nulls,
            _both(self.trues, other.trues, lambda one, two: one + two),
            _either(self.least, other.least, min),
            _either(self.greatest, other.greatest, max),
            _both(self.counts, other.counts, _summed),
            _both(self.bins, other.bins, lambda one, two: one + two),
            _both(self.registers, other.registers, uniques.of_both),
        )


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """Statistics of some rows of a table."""

    rows: _Count = 0
    looked: _Count = 0
    """Rows that ``bins``, ``registers`` and ``hours`` come from: all, or one in 2, 4, 8 … of a large tile. Counts
    are of all rows: each such row stands for those that were passed over."""
    columns: Annotated[dict[_Name, ColumnStatistics], MaxLen(4096)] = field(default_factory=dict)
    hours: Annotated[tuple[_Count, ...], MaxLen(HOURS)] | None = None
    """Rows in each hour of the week by event time, from Monday 0:00 UTC; None where no instant says."""

    def __post_init__(self) -> None:
        """Refuse what no rows have."""
        most = max((column.nulls for column in self.columns.values()), default=0)
        if most > self.rows or self.looked > self.rows or len(self.hours or range(HOURS)) != HOURS:
            raise ValueError("these are not the statistics of any rows")

    def __add__(self, other: TableStatistics) -> TableStatistics:
        """Return the statistics of the rows of both, which are of the same table."""
        if not (self.rows and other.rows):
            return self if self.rows else other
        columns = {name: self.columns[name] + other.columns[name] for name in self.columns if name in other.columns}
        hours = _both(self.hours, other.hours, _summed)
        return TableStatistics(self.rows + other.rows, self.looked + other.looked, columns, hours)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which an equal record is read; what a column has not is left out."""
        return {**_plain(self), "columns": {name: _plain(column) for name, column in self.columns.items()}}


def _plain(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not None, lists of numbers as they are: ``asdict`` copies each number."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {
        name: _plain(value) if isinstance(value, Bins) else value for name, value in values.items() if value is not None
    }


def of_all(statistics: Iterable[TableStatistics | None]) -> TableStatistics | None:
    """Return the statistics of all rows; None where some of them have none, or there are none to add."""
    known = list(statistics)
    found = [each for each in known if each is not None]
    return reduce(lambda one, two: one + two, found) if found and len(found) == len(known) else None


def _both(one: T | None, other: T | None, added: Callable[[T, T], T]) -> T | None:
    return None if one is None or other is None else added(one, other)


def _either(one: T | None, other: T | None, chosen: Callable[[T, T], T]) -> T | None:
    return chosen(one, other) if one is not None and other is not None else one if other is None else other


def _summed(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} counts and {len(other)}: they are not of the same values")
    return tuple(map(add, one, other))
