"""Names of files and folders: made from the template, the dataset and the slice, never from a clock."""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from rowmill.core.errors import UsageError
from rowmill.core.units import short_count
from rowmill.model.calendar import Calendar, PartitionLevel
from rowmill.model.dataset import Dataset
from rowmill.model.mistakes import meant, nearest
from rowmill.model.part import Part
from rowmill.run.books import forms
from rowmill.sinks.layout import Layout

FIELDS = ("domain", "table", "rows", "date", "part", "_part")
_FOLDER_FIELDS = ("domain", "table")
_OWN_FOLDER = "{table}"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._,+=@-]*")

_CODES: Mapping[str, Callable[[dt.date], str]] = {
    "Y": lambda day: f"{day.year:04d}",
    "y": lambda day: f"{day.year % 100:02d}",
    "m": lambda day: f"{day.month:02d}",
    "d": lambda day: f"{day.day:02d}",
    "j": lambda day: f"{day.timetuple().tm_yday:03d}",
}
"""What a form of {date} may ask for: those codes of strftime that say the same on every machine."""
_YEAR_CODES = "Yy"
_CODE = re.compile("%(.)")

_NAME_BYTES = 255
"""Longest name of a file on any file system in use."""
_LAST_PART = 99_999


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that the names of one slice's files are made of; plain data."""

    template: str
    """Of file names, without the folder."""
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
        stem = self.template.format(
            domain=_domain(self.template, self.domain, self.main, part.table),
            table=part.table,
            rows=self.rows,
            date=_Date(self._date(window)),
            part=f"{part.index:05d}",
            _part=f"_{part.index:05d}" if part.table in self.several else "",
        )
        return stem + self.suffix

    def _date(self, window: int | None) -> str:
        if window is None:
            return self.catalog_date
        return str((self.first_year or 0) + window) if self.yearly else self.date

    def folder(self, root: str, calendar: Calendar, window: int | None) -> str:
        """Return the folder of a file: that of its table, and its partition; the window is None without time."""
        return root if window is None else "/".join((root, *partition(self.partition_by, calendar, window)))


class _Date(str):
    """A day, or a year, that a template may ask for in a form of its own."""

    def __format__(self, form: str) -> str:
        text = str(self)
        if not form:
            return text
        day = dt.date.fromisoformat(text if "-" in text else f"{text}-01-01")
        return _CODE.sub(lambda code: _CODES[code[1]](day), form)


def _domain(template: str, domain: str, main: str, table: str) -> str:
    """Return what {domain} reads for a table: it tells tables apart where nothing else in the template does."""
    return domain if table == main or "{table}" in template else f"{domain}_{table}"


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
        close = meant(name, (*(level.name for level in calendar.levels), "none"))
        hint = f"; did you mean {close!r}?" if close else ""
        raise UsageError(f"partition_by {name!r}: windows of a {calendar.unit} are parted by {names} or none{hint}")
    return found


def names_of(dataset: Dataset, layout: Layout, windows: range, suffix: str) -> Names:
    """Return the names of a slice's files.

    Raises:
        UsageError: if the template names something unknown, or rows that nobody has counted, or makes an unusable file
            name; if windows are not of the length of a partition, or if one has the name of a column.
    """
    calendar = dataset.calendar
    _, template = _split(layout.name)
    _check(layout, template, calendar)
    if layout.partition_by is not None:
        _refuse_shadows(dataset, level_of(calendar, layout.partition_by))
    if dataset.total is None and calendar.count is not None and "{rows}" in template:
        raise UsageError(
            f"name {layout.name!r}: how many rows {dataset.domain} data has is known once they are made; "
            "leave {rows} out"
        )
    yearly = calendar.unit == "year"
    names = Names(
        template=template,
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


def folders_of(dataset: Dataset, layout: Layout, tables: Iterable[str]) -> dict[str, str]:
    """Return the folder of each table by the template; none where all have the names of their tables.

    Raises:
        UsageError: if the template makes no name of a folder, or one for two tables.
    """
    template, _ = _split(layout.name)
    for field, form in _fields(layout.name, template):
        if field not in _FOLDER_FIELDS or form:
            raise UsageError(
                f"name {layout.name!r}: the folder takes {{domain}} and {{table}} alone; folders by time come from "
                "--partition-by"
            )
    found = {
        table: template.format(domain=_domain(template, dataset.domain, dataset.main, table), table=table)
        for table in tables
    }
    seen = dict[str, str]()
    for table, folder in found.items():
        if not forms.is_table_name(folder):
            raise UsageError(
                f"name {layout.name!r}: makes the folder {folder!r}; use letters, digits and _, and begin with a letter"
            )
        if (other := seen.setdefault(folder.casefold(), table)) != table:
            raise UsageError(
                f"name {layout.name!r}: {other} and {table} would share the folder {folder!r}; put {{table}} or "
                "{domain} into it, or write one table with --tables"
            )
    return {} if all(folder == table for table, folder in found.items()) else found


def _split(template: str) -> tuple[str, str]:
    """Return the templates of the folder and of the file name.

    Raises:
        UsageError: if there are more folders.
    """
    folder, slash, name = template.rpartition("/")
    if "/" in folder:
        raise UsageError(
            f"name {template!r}: takes one folder, FOLDER/NAME; folders by time below it come from --partition-by"
        )
    return (folder, name) if slash else (_OWN_FOLDER, name)


def _fields(whole: str, template: str) -> list[tuple[str, str]]:
    """Return the fields of a template, and the form of each."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"name {whole!r}: {error}; write fields as {{part}}") from None
    fields = [(field, form or "", conversion) for _, field, form, conversion in parsed if field is not None]
    for field, form, conversion in fields:
        if field not in FIELDS or conversion or (form and field != "date"):
            raise UsageError(f"name {whole!r}: unknown field {{{field}}}; {nearest(field, FIELDS)}")
    return [(field, form) for field, form, _ in fields]


def _check(layout: Layout, template: str, calendar: Calendar) -> None:
    fields = _fields(layout.name, template)
    codes = _YEAR_CODES if calendar.unit == "year" else "".join(_CODES)
    known_form = re.compile(rf"(?:[A-Za-z0-9 ._,+=@-]|%[{codes}]){{1,60}}")
    for _, form in fields:
        if form and not known_form.fullmatch(form):
            known = " ".join(f"%{code}" for code in codes)
            raise UsageError(
                f"name {layout.name!r}: {{date:{form}}} is no form of a {calendar.unit}; known: {known}, as in "
                f"{{date:{''.join(f'%{code}' for code in codes if code in 'Ymd')}}}"
            )
    if not {"part", "_part"} & {field for field, _ in fields} and not layout.single_file:
        raise UsageError(
            f"name {layout.name!r}: gives all files of a table one name; add {{part}}, or use --single-file"
        )
