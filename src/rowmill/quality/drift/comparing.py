"""Comparing: which slices or files are held against which, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import unknown
from rowmill.quality.drift.counting import counted
from rowmill.quality.drift.judging import FEW_NIGHTS, judged
from rowmill.quality.drift.measures import KnownRows, measures
from rowmill.quality.drift.places import MOST_SLICES, RowsAddress, RowsPlace, merged, observations, place
from rowmill.quality.drift.report import DriftReport
from rowmill.quality.sources.finding import source
from rowmill.run.books.forms import WHOLE
from rowmill.run.books.head import Listed
from rowmill.sinks.registry import destination


def drift(
    earlier: str | os.PathLike[str], later: str | os.PathLike[str], *, ignore: Collection[str] = ()
) -> DriftReport:
    """Return whether rows are still like earlier ones, from the statistics that runs wrote down, without reading a row.

    Where there are 28 earlier slices or more, each is one night, and they tell how much nights differ; else all earlier
    rows are taken together, and what is allowed is wide. Files of others, and slices of earlier versions, are read.

    Args:
        earlier: a destination, some slices of one (``PATH@2025-03-01``, ``PATH@2025-03-01_2025-03-31``), files, or a
            database. Where it is the destination of ``later`` too, slices before that are meant.
        later: what is judged, as a whole.
        ignore: names of columns, as ``column`` or ``table.column``, that may change.

    Raises:
        UsageError: if nothing is there, or nothing earlier, or a name is that of no column.
        IntegrityError: if records or files are damaged.
    """
    first, last = (place(RowsAddress.of(os.fspath(path))) for path in (earlier, later))
    before = _before(first, last)
    if first.target is not None and not before:
        said = f"no slice lies before {last.address.shown}, so there is nothing to compare with"
        raise UsageError(f"{first.address.shown}: {said}")
    nights = observations(first, before)
    if last.target is not None:
        now = merged(observations(last, last.slices))
    else:
        now = _counted(last.address, nights[0] if nights else None)
    if first.target is None:
        nights = [_counted(first.address, now)]
    if None in (first.target, last.target):
        # Whoever has one file asks of that alone.
        nights, now = [_only(each, now.tables) for each in nights], _only(now, nights[0].tables)
    days = f" ({merged(nights).label})" if before and first.address.days is None else ""
    report = compared(nights, now, ignore)
    return replace(report, judged=last.address.shown, earlier=first.address.shown + days)


def slice_drift(earlier: str, out: str, label: str) -> DriftReport | None:
    """Return how a slice that was just committed compares with earlier data; None where nothing lies before it.

    Args:
        earlier: as of ``drift``.
        out: the destination.
        label: of the slice.
    """
    later = out if label == WHOLE else f"{out}@{label}"
    first, last = (place(RowsAddress.of(path)) for path in (earlier, later))
    return drift(earlier, later) if first.target is None or _before(first, last) else None


def refuse_nothing(earlier: str, out: str | None) -> None:
    """Refuse, before a run, earlier data that could not be read after it.

    Raises:
        UsageError: if nothing is there. The destination of the run may be empty before the first night.
    """
    address = RowsAddress.of(earlier)
    if out is not None and destination(address.path).location == destination(out).location:
        return
    if place(address).target is None:
        source(address.path)


def compared(nights: Sequence[KnownRows], now: KnownRows, ignore: Collection[str] = ()) -> DriftReport:
    """Return what rows have that earlier ones have not.

    Args:
        nights: the earlier ones, at least one; fewer than 28 are taken together.
        now: what is judged.
        ignore: names of columns that may change.

    Raises:
        UsageError: if one of these is the name of no column.
    """
    if problem := unknown("column", ignore, _names([*nights, now]), "it is in neither of both"):
        raise UsageError(problem)
    known = nights if len(nights) >= FEW_NIGHTS else [merged(nights)]
    every = merged(nights)
    found = [
        change
        for change in judged(measures([*known, now]))
        if not {change.key.column, f"{change.key.table}.{change.key.column}"} & set(ignore)
    ]
    gone = tuple(line for line, names in _gone(every, now) if not names & set(ignore))
    return DriftReport(now.label, every.label, len(known), gone, tuple(found))


def _names(some: Sequence[KnownRows]) -> set[str]:
    """Return the names by which tables and columns may be left out."""
    columns = {(table, name) for each in some for table, known in each.tables.items() for name in known.columns}
    columns |= {(table, name) for each in some for table, schema in each.schemas.items() for name in schema.names}
    tables = {table for each in some for table in each.tables}
    return tables | {name for _, name in columns} | {f"{table}.{name}" for table, name in columns}


def _before(first: RowsPlace, last: RowsPlace) -> tuple[Listed, ...]:
    """Return the slices of a place that others are held against."""
    found = first.slices
    if first.target is not None and last.target is not None and first.target.location == last.target.location:
        start = last.slices[0].windows[0]
        judged = {each.label for each in last.slices}
        meant = first.address.days is not None
        found = tuple(each for each in found if each.label not in judged and (meant or each.windows[1] <= start))
    return found[-MOST_SLICES:]


def _counted(address: RowsAddress, other: KnownRows | None) -> KnownRows:
    """Return what reading files tells; a table that lies alone is the other's main one."""
    found = source(address.path)
    names = {name: name for name in found.tables}
    if other is not None:
        shared = {name: name for name in names if name in other.tables}
        alone = {name: next(iter(other.tables)) for name in names if len(names) == 1}
        names = shared or alone
        if not names:
            raise UsageError(
                f"{address.shown}: has tables {', '.join(list(found.tables)[:5])}; what it is compared with has "
                f"{', '.join(list(other.tables)[:5])}"
            )
    return counted(found, names)


def _only(observed: KnownRows, tables: Collection[str]) -> KnownRows:
    return replace(observed, tables={name: each for name, each in observed.tables.items() if name in tables})


def _gone(one: KnownRows, other: KnownRows) -> Iterator[tuple[str, set[str]]]:
    """Yield tables and columns that are in one of both alone, with the names by which these may be left out."""
    for table in dict.fromkeys((*one.tables, *other.tables)):
        first, second = (each.tables.get(table) for each in (one, other))
        if first is None or second is None:
            yield f"{table}: {'is new' if first is None else 'is gone'}", {table}
        elif first.rows and second.rows:
            for name in dict.fromkeys((*first.columns, *second.columns)):
                if (name in first.columns) != (name in second.columns):
                    said = "is gone" if name in first.columns else "is new"
                    yield f"{table}.{name}: {said}", {name, f"{table}.{name}"}
