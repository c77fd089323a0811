"""Datasets: the tables of one spec, with the calendar that their windows follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from rowmill.core.errors import UsageError
from rowmill.model.calendar import Calendar
from rowmill.model.inputs import Inputs
from rowmill.model.mistakes import unknown
from rowmill.model.notes import Note
from rowmill.model.spec import Spec
from rowmill.model.table import Table


@dataclass(frozen=True, slots=True)
class FileDefaults:
    """How the files of a domain look where a run does not say."""

    name: str = "{domain}_{rows}_{date}_{part}"
    """Template of file names."""
    compression: Literal["snappy", "zstd"] = "snappy"
    """Compression of Parquet files."""
    partition_by: str | None = None
    """Level of the Hive folders, one of the calendar's."""


USUAL_FILES = FileDefaults()


@dataclass(frozen=True, repr=False)
class Dataset:
    """The tables of one spec."""

    domain: str
    data_version: str
    spec: Spec
    tables: Mapping[str, Table]
    """By name, the main table first; catalogs come whole whatever the slice."""
    main: str
    calendar: Calendar
    total: int | None
    """Rows of the main table over the whole period; None where it is open, or where only making them tells."""
    inputs: Inputs = field(default_factory=dict)
    """The user's files that it is made from; the spec has their digests."""
    default_tables: tuple[str, ...] | None = None
    """Tables that a run writes unless others are asked for; None for all."""
    files: FileDefaults = USUAL_FILES
    """How files look where a run does not say."""
    notes: tuple[str, ...] = ()
    """What to tell who makes this, a line each: where something stands in for what is not known."""
    unused: tuple[Note, ...] = ()
    """Keys that no row depends on as things are; who sets one is told, or refused."""

    def chosen(self, names: Sequence[str] | None) -> tuple[str, ...]:
        """Return the tables that a run writes, in the order of the dataset; None stands for the default ones.

        Raises:
            UsageError: if a name is unknown, or none is given.
        """
        asked = self.default_tables if names is None else names
        if problem := unknown("table", asked or (), self.tables, f"unknown in {self.domain}"):
            raise UsageError(problem)
        if asked is not None and not asked:
            raise UsageError(f"tables: none given; name some of {', '.join(self.tables)}")
        return tuple(name for name in self.tables if asked is None or name in asked)

    def __repr__(self) -> str:
        count = self.calendar.count
        unsaid = "open period" if count is None else f"{count:,} {self.calendar.unit}{'s' if count > 1 else ''}"
        facts = [unsaid if self.total is None else f"{self.total:,} rows"]
        # Tables without time have one window, which says nothing of the dates in them.
        if any(table.timed for table in self.tables.values()):
            first, last = self.calendar.start, self.calendar.end
            facts.append(f"from {first}" if last is None else f"{first} to {last}")
        return f"<{self.domain}: {', '.join(facts)}, seed {self.spec.seed}, fingerprint {self.fingerprint}>"

    @property
    def fingerprint(self) -> str:
        """Return the name of this dataset's content."""
        return self.spec.fingerprint(self.domain, self.data_version)


@runtime_checkable
class Presets(Protocol):
    """A domain that names groups of settings."""

    @property
    def presets(self) -> Mapping[str, Mapping[str, object]]:
        """Return fields of the spec, section by section, by the name of the group."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is committed at a destination, and what the last run there took."""

    spec: Mapping[str, Any]
    dates: tuple[str, str]
    """First and last day of all slices, ISO 8601."""
    rows: int
    """Rows of the main table in all slices."""
    seconds: float | None
    """Wall-clock seconds of the last run; None where several machines made it."""
    rows_per_second: float | None
    """Of the last run; None where several machines made it."""
    ended_at: str
    """When it ended, ISO 8601, UTC."""


def catalogs_of(dataset: Dataset, tables: Iterable[str]) -> tuple[str, ...]:
    """Return those of some tables that have no time, and are the same for all windows."""
    return tuple(name for name in tables if not dataset.tables[name].timed)


@runtime_checkable
class LeavesDocuments(Protocol):
    """A domain that leaves documents beside the tables. They belong to no digest, so they may tell times."""

    def documents(self, outcome: Outcome) -> Mapping[str, Mapping[str, Any]]:
        """Return JSON documents by file name."""


class Domain(Protocol):
    """A family of datasets. One folder and one registry line make one."""

    @property
    def name(self) -> str:
        """Return the word that users type."""

    @property
    def data_version(self) -> str:
        """Return the version of the values: a changed value is a new version and a changelog entry."""

    @property
    def spec_type(self) -> type[Spec]:
        """Return the model of the domain's spec."""

    def build(self, spec: Spec, inputs: Inputs = ...) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            inputs: the user's files. The spec of the dataset has their digests; a digest that the given spec has
                already must be met.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if a file is missing, cannot be used, or is another than the spec was made with.
        """
