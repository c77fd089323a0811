"""Lazy datasets and tables: everything can be asked of them, and nothing is made until it is."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rowmill.api.complete import complete
from rowmill.api.keys import as_typed, set_keys
from rowmill.api.notes import told, told_of_settings
from rowmill.api.presets import over_presets
from rowmill.api.table import LazyTable
from rowmill.core.errors import UsageError
from rowmill.core.units import parse_day
from rowmill.domains.registry import domain
from rowmill.llm.settings import LlmSettings
from rowmill.model.dataset import Dataset
from rowmill.model.inputs import inputs_of
from rowmill.model.spec import Spec, nearest, validate
from rowmill.model.table import some_in_order
from rowmill.run.request import Slice
from rowmill.run.settings import RunSettings

if TYPE_CHECKING:
    from rowmill.model.columns import Function
    from rowmill.model.schema import Field
    from rowmill.run.request import Mode
    from rowmill.run.runner import Progress
    from rowmill.run.summary import Summary


def dataset(
    name: str,
    spec: Spec | None = None,
    /,
    *,
    inputs: Mapping[str, str | Path] | None = None,
    llm: LlmSettings | Mapping[str, Any] | None = None,
    preset: str | Sequence[str] = (),
    **fields: Any,
) -> LazyDataset:
    """Return the dataset of a spec, without making a row.

    Args:
        name: the domain, for example ``payments``.
        spec: a whole spec; or else
        inputs: files of your own by the name that the domain has for them, such as ``{"customers": "people.csv"}``,
            ``{"pilot": "vs.xpt", "demographics": "dm.xpt"}`` or ``{"census": "people.parquet"}``.
        llm: a language model to ask where the spec lacks what only one can say, such as
            ``{"endpoint": "https://host/v1", "model": "name"}``; the key comes from the environment.
        preset: named groups of settings that lie below the fields, such as "realistic" of vitals.
        fields: fields of one by name, the others at their defaults; texts such as ``"2e3"`` as the command line takes
            them. An unset seed is drawn.

    Raises:
        SpecError: if a field is unknown, breaks a rule, or the spec cannot be met.
        UsageError: if there is no such domain, both a spec and fields are given, a file cannot be used, or a field asks
            for something that another one excludes.
        EndpointError: if a language model was asked and gave no usable answer.
    """
    found = domain(name)
    if spec is None:
        groups = (preset,) if isinstance(preset, str) else tuple(preset)
        fields = {key: as_typed(found.spec_type, key, value) for key, value in fields.items()}
        spec = validate(found.spec_type, over_presets(found, groups, fields), "data")
    elif fields or preset:
        more = ", ".join((*fields, *(("preset",) if preset else ())))
        raise UsageError(f"{name}: got a spec and the fields {more}; give one or the other")
    elif not isinstance(spec, found.spec_type):
        raise UsageError(f"{name}: got a {type(spec).__name__}; the spec of {name} is a {found.spec_type.__name__}")
    asked = llm if isinstance(llm, LlmSettings) else validate(LlmSettings, llm or {}, "llm")
    given = set_keys(found.spec_type, fields if fields or preset else dict(spec), "data") | set_keys(
        LlmSettings, dict(asked), "run.llm"
    )
    whole = complete(found, spec.seeded(), asked, inputs_of(inputs or {}))
    return LazyDataset(told(found.build(whole.spec, whole.inputs), given, whole, asked))


@dataclass(frozen=True, slots=True, repr=False)
class LazyDataset:
    """The tables of one spec. ``data["transactions"]`` is one of them, ``data.write(out)`` writes them all.

    Several threads may read one at once.
    """

    model: Dataset
    """The dataset as the engine sees it."""
    added: tuple[str, ...] = ()
    """Columns that the user added, as table.column."""

    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def spec(self) -> Spec:
        """Return the spec, with its seed."""
        return self.model.spec

    @property
    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits that name the content."""
        return self.model.fingerprint

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the command line says of it, a line each: what stands in for something, what has no effect."""
        return self.model.notes

    @property
    def tables(self) -> Mapping[str, LazyTable]:
        """Return the tables by name, the main one first."""
        return MappingProxyType({name: LazyTable(self.model, name) for name in self.model.tables})

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the tables, as a mapping does."""
        return iter(self.model.tables)

    def __len__(self) -> int:
        return len(self.model.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.model.tables

    def __getitem__(self, name: str) -> LazyTable:
        """Return one table; UsageError, with the nearest name, if there is none."""
        if name not in self.model.tables:
            raise UsageError(f"table {name!r}: unknown in {self.model.domain}; {nearest(name, self.model.tables)}")
        return LazyTable(self.model, name)

    def with_column(self, table: str, field: Field, function: Function) -> LazyDataset:
        """Return this dataset with one more column at the end of a table, to look at, scan and work with in memory.

        No other value changes. The spec knows nothing of the column, so such a dataset cannot be written.

        Args:
            table: its name.
            field: declaration of the column.
            function: makes the column of each tile. Its parameters are the names of columns, which come as ``Cells``;
                a first parameter ``draw`` is the column's own stream of words, ``draw()`` being one uint64 a row. It
                returns one value a row: ``Cells``, or an array or list of what the field's type holds, in which None
                stands for a missing value.

        Raises:
            UsageError: if there is no such table, the name is taken, or a parameter names nothing that there is; and as
                rows are made, if the function returns what the field does not hold.
        """
        from rowmill.api.own_column import with_column

        whole = with_column(self[table].rule, field, function)
        model = replace(self.model, tables={**self.model.tables, table: whole})
        return LazyDataset(model, (*self.added, f"{table}.{field.name}"))

    def write(
        self,
        out: str | Path,
        *,
        date: dt.date | str | None = None,
        columns: Sequence[str] | None = None,
        settings: RunSettings | Mapping[str, Any] | None = None,
        mode: Mode = "new",
        progress: Progress | None = None,
    ) -> Summary:
        """Write the dataset to a directory and commit it: what ``rowmill generate`` does.

        Args:
            out: the directory; what is committed there is recognised.
            date: one day alone, UTC, as a date or ``YYYY-MM-DD``; exactly the rows that the whole period has on it.
            columns: columns of the main table; None for all.
            settings: settings of the run by name, such as ``{"workers": 2, "format": "csv"}``.
            mode: ``new`` refuses an unfinished run or other data there, ``resume`` continues, ``overwrite`` replaces.
            progress: called with (rows of the main table done, rows expected).

        Returns:
            What was written: rows, bytes and digest of each table, files, seconds.

        Raises:
            UsageError: if something asked for does not exist, ``out`` cannot take it, or columns were added.
            DiskError: if ``out`` stopped taking bytes.
        """
        from rowmill.run.runner import write

        if self.added:
            raise UsageError(
                f"write: got the added columns {', '.join(self.added)}; a spec names no code, so nobody could verify "
                f"the files: write the dataset without them, or save a table by scan().sink_parquet(path)"
            )
        given = settings if isinstance(settings, RunSettings) else validate(RunSettings, settings or {}, "run")
        run = given.model_copy(update={"out": os.fspath(out)}).placed()
        if run.inputs and inputs_of(run.inputs) != self.model.inputs:
            raise UsageError(
                "settings: got inputs, which are read when a dataset is built; give them to rowmill.dataset"
            )
        day = _day(date) if isinstance(date, str) else date
        if run.against is not None:
            raise UsageError("settings: got against, which the command alone heeds; write, then call rowmill.drift")
        model = told_of_settings(self.model, run)
        what = slice_of(model, (day, day), columns)
        summary = write(model, run, what, mode=mode, progress=progress)
        return replace(summary, notes=model.notes)


def slice_of(
    model: Dataset,
    days: tuple[dt.date | None, dt.date | None] = (None, None),
    columns: Sequence[str] | None = None,
    part: tuple[int, int] | None = None,
) -> Slice:
    """Return the slice from a first to a last day, both inclusive, with some columns of the main table.

    Raises:
        UsageError: if a day lies outside the period, the days are reversed, or a column does not exist.
    """
    if columns is not None:
        columns = some_in_order(model.tables[model.main].schema, columns)
    windows = None if days == (None, None) and model.calendar.count is not None else model.calendar.slice(*days)
    return Slice(windows, tuple(columns) if columns is not None else None, part)


def _day(text: str) -> dt.date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise UsageError(f"date: got {text!r}; {error}") from None
