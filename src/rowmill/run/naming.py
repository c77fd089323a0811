"""Names of files: made from the template, the dataset and the slice, never from a clock."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Literal

from rowmill.core.errors import UsageError
from rowmill.core.units import short_count
from rowmill.model.dataset import Calendar, Dataset
from rowmill.model.part import Part
from rowmill.model.spec import nearest
from rowmill.sinks.base import Layout

FIELDS = ("domain", "table", "rows", "date", "part")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._,+=@-]*")

PartitionLevel = Literal["year", "month", "day"]
LEVELS: tuple[PartitionLevel, ...] = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that the names of one slice's files are made of; plain data."""

    template: str
    domain: str
    main: str
    rows: str
    date: str
    """Last day of the slice."""
    catalog_date: str
    """Day in the names of tables without time, the same for every slice."""
    suffix: str
    partition_by: PartitionLevel | None

    def file(self, part: Part, *, timed: bool) -> str:
        """Return the name of a part's file, without folders."""
        own = self.domain if part.table == self.main or "{table}" in self.template else f"{self.domain}_{part.table}"
        stem = self.template.format(
            domain=own,
            table=part.table,
            rows=self.rows,
            date=self.date if timed else self.catalog_date,
            part=f"{part.index:05d}",
        )
        return stem + self.suffix

    def folder(self, table: str, calendar: Calendar, window: int | None) -> str:
        """Return the folder of a table's file, with its partition; None for a table without time."""
        if self.partition_by is None or window is None:
            return table
        day = calendar.day(window)
        values = {"year": f"{day.year}", "month": f"{day.month:02d}", "day": f"{day.day:02d}"}
        return "/".join((table, *(f"{level}={values[level]}" for level in _levels(self.partition_by))))


def names_of(dataset: Dataset, layout: Layout, windows: range, suffix: str) -> Names:
    """Return the names of a slice's files.

    Raises:
        UsageError: if the template names something unknown or makes an unusable file name, or if a partition has the
            name of a column.
    """
    _check(layout)
    _refuse_shadows(dataset, layout)
    calendar = dataset.calendar
    names = Names(
        template=layout.name,
        domain=dataset.domain,
        main=dataset.main,
        rows="daily" if dataset.total is None else short_count(dataset.total),
        date=calendar.day(windows[-1]).isoformat(),
        catalog_date=(calendar.end or calendar.start).isoformat(),
        suffix=suffix,
        partition_by=layout.partition_by,
    )
    example = names.file(Part(dataset.main, 0, 0, 1, 0, 1), timed=True)
    if not _SAFE.fullmatch(example):
        rule = "use letters, digits and . _ - + = @, and begin with a letter or digit"
        raise UsageError(f"name {layout.name!r}: makes {example!r}; {rule}")
    return names


def _refuse_shadows(dataset: Dataset, layout: Layout) -> None:
    """Refuse partitions that readers would take for a column of the table."""
    for table in dataset.tables.values():
        taken = set(_levels(layout.partition_by)) & set(table.schema.names) if table.timed else ()
        for name in taken:
            raise UsageError(
                f"partition_by {layout.partition_by!r}: table {table.schema.name} has a column {name!r} of its own; "
                "choose a coarser level or none"
            )


def _levels(finest: PartitionLevel | None) -> tuple[PartitionLevel, ...]:
    return () if finest is None else LEVELS[: LEVELS.index(finest) + 1]


def _check(layout: Layout) -> None:
    template = layout.name
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"name {template!r}: {error}; write fields as {{part}}") from None
    for _, field, form, conversion in parsed:
        if field is not None and (field not in FIELDS or form or conversion):
            known = " ".join(f"{{{name}}}" for name in FIELDS)
            raise UsageError(
                f"name {template!r}: unknown field {{{field}}}; {nearest(field, FIELDS)} (fields: {known})"
            )
    if "{part}" not in template and not layout.single_file:
        raise UsageError(f"name {template!r}: gives all files of a table one name; add {{part}}, or use --single-file")
