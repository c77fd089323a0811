"""From what a user asks to a run: identity, label, layout, names and plan. Nothing here touches the destination."""

from __future__ import annotations

from dataclasses import replace

from rowmill.core.errors import SpecError, UsageError
from rowmill.model.calendar import Calendar
from rowmill.model.dataset import USUAL_FILES, Dataset, FileDefaults, catalogs_of
from rowmill.model.table import some_in_order
from rowmill.plan import Plan, plan
from rowmill.run.books.forms import WHOLE
from rowmill.run.books.records import Identity
from rowmill.run.books.run import Run
from rowmill.run.books.survey import Found
from rowmill.run.making.job import Job
from rowmill.run.naming import folders_of, names_of
from rowmill.run.request import Order
from rowmill.run.settings import RunSettings
from rowmill.sinks.base import Stage
from rowmill.sinks.filetypes.formats import FORMATS, ROWS
from rowmill.sinks.layout import Layout
from rowmill.sinks.registry import file_format, takes_rows


def wanted_run(order: Order, found: Found) -> Run:
    """Return the run that a user asks for, planned around what stands at the destination.

    Raises:
        UsageError: a setting, a table or a column cannot be used.
        SpecError: windows outside the period.
    """
    dataset, settings, what = order.dataset, order.settings, order.slice
    windows = _windows(dataset, what.windows)
    layout = layout_of(settings, dataset.files)
    calendar = dataset.calendar
    dates = dates_of(calendar, windows)
    label = label_of(calendar, windows)
    tables = dataset.chosen(settings.tables)
    identity = _identity(dataset, tables, _columns(dataset, tables, what.columns), layout)
    _refuse_unfit(dataset, identity)
    names = names_of(dataset, layout, windows, layout.ending)
    job = Job(identity, settings.out or "", Stage(label), layout, names, origin=order.origin)
    schemas = {name: dataset.tables[name].schema.to_json() for name in tables}
    run = Run(label, (windows.start, windows.stop), dates, job, Plan((), (), ()), order.mode == "overwrite", schemas)
    without = frozenset(dataset.tables) - frozenset(tables)
    if found.remaining(run):
        without |= frozenset(identity.catalogs)
    if order.origin is not None:
        parts = order.origin.plan(without)
    else:
        parts = plan(dataset, windows, part_rows=layout.part_rows, single_file=layout.single_file, without=without)
    named = replace(names, several=tuple(name for name in tables if parts.count(name) > 1))
    return replace(run, plan=parts, job=replace(job, names=named)).named()


def label_of(calendar: Calendar, windows: range) -> str:
    """Return the label of the slice that some windows are."""
    if windows.start == 0 and len(windows) == calendar.count:
        return WHOLE
    first, last = calendar.text(windows[0]), calendar.text(windows[-1])
    return first if first == last else f"{first}_{last}"


def dates_of(calendar: Calendar, windows: range) -> tuple[str, str]:
    """Return the first and the last day of some windows, ISO 8601."""
    return calendar.first(windows[0]).isoformat(), calendar.last(windows[-1]).isoformat()


def layout_of(settings: RunSettings, defaults: FileDefaults = USUAL_FILES) -> Layout:
    """Return the layout of the files: what the run says, and the domain's defaults where it says nothing.

    Raises:
        UsageError: if the format cannot be compressed as asked, or files are asked for where rows are taken.
    """
    if takes_rows(settings.out):
        return _of_rows(settings, defaults)
    form = settings.format or "parquet"
    known = tuple(FORMATS[form].endings)
    usual = defaults.compression if form == "parquet" else known[0]
    compression = usual if settings.compression is None else settings.compression
    if compression not in known:
        raise UsageError(f"compression {compression!r}: {form} takes {', '.join(known)}; choose one of them")
    level = defaults.partition_by if settings.partition_by is None else settings.partition_by
    return Layout(
        format=form,
        compression=compression,
        encoding=settings.encoding,
        row_group_rows=settings.row_group_rows,
        part_rows=settings.part_rows,
        single_file=settings.single_file,
        partition_by=None if level == "none" else level,
        name=defaults.name if settings.name is None else settings.name,
    )


def _of_rows(settings: RunSettings, defaults: FileDefaults) -> Layout:
    """Return the layout of a destination that takes rows: that of their parts is its own."""
    for name in ("format", "compression", "partition_by"):
        value = getattr(settings, name)
        if value not in (None, "none"):
            raise UsageError(f"{name} {value!r}: a database takes rows and no files; leave it out")
    return Layout(format=ROWS, compression="none", part_rows=settings.part_rows, name=defaults.name)


def _identity(dataset: Dataset, tables: tuple[str, ...], columns: tuple[str, ...] | None, layout: Layout) -> Identity:
    return Identity(
        domain=dataset.domain,
        data_version=dataset.data_version,
        fingerprint=dataset.fingerprint,
        spec=dataset.spec.model_dump(mode="json"),
        columns=columns,
        main=dataset.main if dataset.main in tables else tables[0],
        tables=tables,
        catalogs=catalogs_of(dataset, tables),
        format=layout.format,
        folders=folders_of(dataset, layout, tables),
    )


def _refuse_unfit(dataset: Dataset, identity: Identity) -> None:
    """Refuse tables that the format cannot hold, before anything is made."""
    found = file_format(identity.format)
    for name in identity.tables:
        schema = dataset.tables[name].schema
        columns = schema.names if identity.columns is None or name != identity.main else identity.columns
        found.check(schema, columns)


def _windows(dataset: Dataset, asked: range | None) -> range:
    calendar = dataset.calendar
    if asked is None:
        return calendar.slice(None, None)
    if asked.start < 0 or (calendar.count is not None and asked.stop > calendar.count):
        last = "" if calendar.count is None else calendar.count - 1
        raise SpecError(f"windows {asked.start}…{asked.stop - 1}: outside the period, whose windows are 0…{last}")
    return asked


def _columns(dataset: Dataset, tables: tuple[str, ...], asked: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the columns in the order of the schema; None where all are asked for."""
    if asked is None:
        return None
    if dataset.main not in tables:
        raise UsageError(f"columns: they concern {dataset.main}, which is not among the tables; leave them out")
    schema = dataset.tables[dataset.main].schema
    chosen = some_in_order(schema, asked)
    return None if chosen == schema.names else chosen
