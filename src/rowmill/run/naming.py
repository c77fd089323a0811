"""Names of files: made from the template, the dataset and the slice, never from a clock."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace

from rowmill.core.errors import UsageError
from rowmill.core.units import short_count
from rowmill.model.calendar import Calendar, PartitionLevel
from rowmill.model.dataset import Dataset
from rowmill.model.mistakes import nearest
from rowmill.model.part import Part
from rowmill.sinks.layout import Layout

FIELDS = ("domain", "table", "rows", "date", "part", "_part")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._,+=@-]*")

_NAME_BYTES = 255
"""Longest name of a file on any file system in use."""
_LAST_PART = 99_999


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that the names of one slice's files are made of; plain data."""

    template: str
    domain: str
    main: str
    rows: str
    date: str
    """Last day of the slice, or its last year."""
    catalog_date: str
    """Day, or year, in the names of tables without time, the same for every slice."""
    suffix: str
    partition_by: str | None
    first_year: int | None = None
    """Year of window 0 where windows are years."""
    several: tuple[str, ...] = ()
    """Tables that have several parts."""

    @property
    def yearly(self) -> bool:
        """Return whether each window, a year, has files of its own."""
        return self.partition_by is not None and self.first_year is not None

    def file(self, part: Part, window: int | None) -> str:
        """Return the name of a part's file, without folders.

        Args:
            part: the part.
            window: the first window in the file; None for a table without time.
        """
        own = self.domain if part.table == self.main or "{table}" in self.template else f"{self.domain}_{part.table}"
        stem = self.template.format(
            domain=own,
            table=part.table,
            rows=self.rows,
            date=self._date(window),
            part=f"{part.index:05d}",
            _part=f"_{part.index:05d}" if part.table in self.several else "",
        )
        return stem + self.suffix

    def _date(self, window: int | None) -> str:
        if window is None:
            return self.catalog_date
        return str((self.first_year or 0) + window) if self.yearly else self.date

    def folder(self, table: str, calendar: Calendar, window: int | None) -> str:
        """Return the folder of a table's file, with its partition; None for a table without time."""
        return table if window is None else "/".join((table, *partition(self.partition_by, calendar, window)))


def partition(level: str | None, calendar: Calendar, window: int) -> tuple[str, ...]:
    """Return the Hive folders of a window down to a level, such as year=2025 and month=11.

    Raises:
        UsageError: if the calendar has no such level.
    """
    if level is None:
        return ()
    day = calendar.first(window)
    return tuple(each.folder(day) for each in level_of(calendar, level).path)


def level_of(calendar: Calendar, name: str) -> PartitionLevel:
    """Return a level of a calendar by name.

    Raises:
        UsageError: if there is none of that name.
    """
    found = next((level for level in calendar.levels if level.name == name), None)
    if found is None:
        names = ", ".join(level.name for level in calendar.levels)
        raise UsageError(f"partition_by {name!r}: windows of a {calendar.unit} are parted by {names} or none")
    return found


def names_of(dataset: Dataset, layout: Layout, windows: range, suffix: str) -> Names:
    """Return the names of a slice's files.

    Raises:
        UsageError: if the template names something unknown, or rows that nobody has counted, or makes an unusable file
            name; if windows are not of the length of a partition, or if one has the name of a column.
    """
    _check(layout)
    calendar = dataset.calendar
    if layout.partition_by is not None:
        _refuse_shadows(dataset, level_of(calendar, layout.partition_by))
    if dataset.total is None and calendar.count is not None and "{rows}" in layout.name:
        raise UsageError(
            f"name {layout.name!r}: how many rows {dataset.domain} data has is known once they are made; "
            "leave {rows} out"
        )
    yearly = calendar.unit == "year"
    names = Names(
        template=layout.name,
        domain=dataset.domain,
        main=dataset.main,
        rows="daily" if dataset.total is None else short_count(dataset.total),
        date=calendar.text(windows[-1]),
        catalog_date=calendar.text(0) if yearly else (calendar.end or calendar.start).isoformat(),
        suffix=suffix,
        partition_by=layout.partition_by,
        first_year=calendar.start.year if yearly else None,
    )
    example = names.file(Part(dataset.main, 0, 0, 1, 0, 1), 0)
    if not _SAFE.fullmatch(example):
        rule = "use letters, digits and . _ - + = @, and begin with a letter or digit"
        raise UsageError(f"name {layout.name!r}: makes {example!r}; {rule}")
    numbered = replace(names, several=tuple(dataset.tables))
    for name, table in dataset.tables.items():
        longest = len(numbered.file(Part(name, _LAST_PART, 0, 1, 0, 1), 0 if table.timed else None))
        if longest > _NAME_BYTES:
            raise UsageError(
                f"name of {len(layout.name)} characters: makes file names of {longest} bytes; {_NAME_BYTES} is the most"
            )
    return names


def _refuse_shadows(dataset: Dataset, level: PartitionLevel) -> None:
    """Refuse partitions that readers would take for a column of the table, where that says something else."""
    taken = {each.name for each in level.path if not each.column}
    for table in dataset.tables.values():
        for name in taken & set(table.schema.names) if table.timed else ():
            raise UsageError(
                f"partition_by {level.name!r}: table {table.schema.name} has a column {name!r} of its own; "
                "choose a coarser level or none"
            )


def _check(layout: Layout) -> None:
    template = layout.name
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"name {template!r}: {error}; write fields as {{part}}") from None
    for _, field, form, conversion in parsed:
        if field is not None and (field not in FIELDS or form or conversion):
            raise UsageError(f"name {template!r}: unknown field {{{field}}}; {nearest(field, FIELDS)}")
    if "{part}" not in template and "{_part}" not in template and not layout.single_file:
        raise UsageError(f"name {template!r}: gives all files of a table one name; add {{part}}, or use --single-file")
