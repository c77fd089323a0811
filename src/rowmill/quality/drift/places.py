"""Places to compare: a path, or some slices of a destination, ``PATH@2025-03-01`` or ``PATH@2025-03-01_2025-03-31``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from rowmill.core.errors import UsageError
from rowmill.model.statistics.records import TableStatistics, of_all
from rowmill.quality.drift.counting import counted
from rowmill.quality.drift.measures import KnownRows
from rowmill.quality.sources.finding import source
from rowmill.run.books.head import Listed
from rowmill.run.books.manifests import entry_of
from rowmill.run.books.rebuild import schemas
from rowmill.run.books.records import Entry
from rowmill.run.books.survey import survey
from rowmill.sinks.base import Destination
from rowmill.sinks.registry import destination, is_local, placed, shown, takes_rows

MOST_SLICES: Final = 92
"""Earlier slices that are looked at, the last ones: a quarter of nights."""
_DAY = r"[0-9]{4}(?:-[0-9]{2}-[0-9]{2})?"
_ADDRESS = re.compile(rf"(?P<path>.+)@(?P<first>{_DAY})(?:_(?P<last>{_DAY}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RowsAddress:
    """A path, and which days of it are meant."""

    path: str
    days: tuple[str, str] | None = None
    """First and last, ISO 8601; None for all."""

    @classmethod
    def of(cls, text: str) -> RowsAddress:
        """Return the address that a text is.

        Raises:
            UsageError: if a day is none of the calendar, or the last one lies before the first.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            return cls(text)
        first, last = found["first"], found["last"] or found["first"]
        days = f"{first}-01-01"[:10], f"{last}-12-31"[:10]
        for day in days:
            try:
                date.fromisoformat(day)
            except ValueError:
                raise UsageError(f"{shown(found['path'])}@{day}: there is no such day") from None
        if days[0] > days[1]:
            raise UsageError(
                f"{shown(found['path'])}@{'_'.join(days)}: ends before it begins; give the earlier day first"
            )
        return cls(found["path"], days)

    @property
    def shown(self) -> str:
        """Return what to call it in messages, without secrets."""
        days = "" if self.days is None else "@" + "_".join(dict.fromkeys(self.days))
        return shown(self.path) + days


@dataclass(frozen=True, slots=True)
class RowsPlace:
    """What lies at an address."""

    address: RowsAddress
    target: Destination | None
    """None where no run of ours wrote there."""
    slices: tuple[Listed, ...]
    """Those that are meant, in order."""


def place(address: RowsAddress) -> RowsPlace:
    """Return what lies at an address; no manifest is read.

    Raises:
        UsageError: if days are asked for and no slice lies within them.
        IntegrityError: if the records there are damaged.
    """
    target = _ours(address.path)
    found = () if target is None else survey(target).slices
    if not found:
        if address.days is not None:
            raise UsageError(
                f"{address.shown}: no run wrote there, so it has no slices to choose from; leave the days out"
            )
        return RowsPlace(address, None, ())
    meant = tuple(each for each in found if _within(each, address.days))
    if not meant:
        there = f"{found[0].label} … {found[-1].label}" if len(found) > 1 else found[0].label
        raise UsageError(f"{address.shown}: no slice lies within these days; there is {there}")
    return RowsPlace(address, target, meant)


def observations(where: RowsPlace, slices: Sequence[Listed]) -> list[KnownRows]:
    """Return what is known of each of some slices of a place of ours; rows are read of those without statistics.

    Raises:
        IntegrityError: if a manifest is damaged, or rows that are to be read are missing.
    """
    target = where.target
    return [] if target is None else [_observed(where, entry_of(target, each)) for each in slices]


def merged(some: Sequence[KnownRows]) -> KnownRows:
    """Return what is known of the rows of all; of tables that all of them have."""
    names = [name for name in some[0].tables if all(name in each.tables for each in some)]
    tables = {name: of_all([each.tables[name] for each in some]) for name in names}
    label = some[0].label if len(some) == 1 else f"{some[0].label} … {some[-1].label}"
    return KnownRows(
        label, {name: each for name, each in tables.items() if each is not None}, some[0].schemas, some[0].timeless
    )


def _observed(where: RowsPlace, entry: Entry) -> KnownRows:
    known = {name: table.statistics for name, table in entry.tables.items()}
    timeless = frozenset(entry.identity.catalogs)
    names = [entry.identity.main, *(name for name in known if name != entry.identity.main)]
    tables: dict[str, TableStatistics] = {name: each for name in names if (each := known[name]) is not None}
    if len(tables) == len(known) and entry.schemas:
        return KnownRows(entry.label, tables, schemas(where.address.shown, entry), timeless)
    found = source(where.address.path, range(*entry.windows))
    read = counted(found, {name: name for name in found.tables})
    return KnownRows(entry.label, read.tables, read.schemas, timeless)


def _within(slice: Listed, days: tuple[str, str] | None) -> bool:
    return days is None or (days[0] <= slice.dates[0] and slice.dates[1] <= days[1])


def _ours(path: str) -> Destination | None:
    location = placed(path, "PATH")
    local = Path(location.removeprefix("duckdb://")) if is_local(location) or location.startswith("duckdb:") else None
    if local is not None and not (local / "_rowmill" if local.is_dir() else local).exists():
        return None
    if local is not None and local.is_file() and not takes_rows(location):
        return None
    return destination(location)
