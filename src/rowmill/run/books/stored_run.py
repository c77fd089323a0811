"""The form of a stored plan, checked as a whole before a run goes on with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from rowmill.core.errors import IntegrityError
from rowmill.model.dataset import Dataset
from rowmill.plan import Plan
from rowmill.run.books import forms
from rowmill.run.books.records import Identity
from rowmill.sinks.layout import Layout


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part, with about how many rows it holds."""

    table: forms.TableName
    index: forms.Window
    block_start: forms.Block
    block_stop: forms.Block
    window_start: forms.Window
    window_stop: forms.Window
    weight: forms.Count
    rows: forms.Count | None = None


@dataclass(frozen=True, slots=True)
class StoredNames:
    """What the names of files are made of."""

    template: forms.Template
    domain: forms.FilePart
    main: forms.TableName
    rows: forms.FilePart
    date: forms.FilePart
    catalog_date: forms.FilePart
    suffix: forms.FilePart
    partition_by: forms.TableName | None = None
    first_year: Annotated[int, Ge(1), Le(9999)] | None = None
    several: forms.TableNames = ()


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A plan as it is stored."""

    label: forms.Label
    windows: forms.Span
    dates: tuple[forms.Day, forms.Day]
    layout: Layout
    names: StoredNames
    identity: Identity
    parts: Annotated[tuple[StoredPart, ...], forms.MANY]
    overwrite: bool = False
    schemas: forms.Schemas = field(default_factory=dict)


def read_run(data: bytes, label: str) -> StoredRun:
    """Return the stored run of a slice.

    Raises:
        BadForm: if it was written by a later version, or changed since.
    """
    read = forms.parse(StoredRun, data)
    if read.label != label:
        raise forms.BadForm(f"label: it is that of slice {read.label}")
    read.identity.refuse_contradictions()
    forms.refuse_unusable(read.layout)
    for part in read.parts:
        windows = (0, 1) if part.table in read.identity.catalogs else read.windows
        if part.table not in read.identity.tables:
            raise forms.BadForm(f"parts: {part.table} is no table of the run")
        if part.window_start < windows[0] or part.window_stop > windows[1]:
            raise forms.BadForm(f"parts: {part.table} has windows outside the slice")
        if part.block_start > part.block_stop or part.window_start > part.window_stop:
            raise forms.BadForm(f"parts: {part.table} has a part that ends before it begins")
    return read


def refuse_other_parts(location: str, plan: Plan, dataset: Dataset) -> None:
    """Raise IntegrityError where a stored plan has tiles that its dataset has not."""
    for part in plan.parts:
        table = dataset.tables.get(part.table)
        if table is None or part.block_stop > max(table.blocks, 1):
            raise IntegrityError(
                f"{location}: the plan of the unfinished run is damaged: the spec has no part {part.name}; drop "
                "the unfinished run with --overwrite"
            )
