"""Records: what a commit writes down of one slice. Plain data that reads back to equal records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any

from annotated_types import MaxLen

from rowmill.core.version import __version__
from rowmill.domains.registry import RENAMED
from rowmill.model.digest import TableDigest, dataset_digest
from rowmill.model.spec import fingerprint
from rowmill.model.statistics.records import TableStatistics, of_all
from rowmill.run.books import forms
from rowmill.run.books.forms import FORM
from rowmill.sinks.base import Written
from rowmill.sinks.layout import Layout


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One data file."""

    path: forms.FilePath
    """Relative to the destination, with forward slashes."""
    rows: forms.Count
    bytes: forms.Count
    digest: forms.Digest
    """Content digest of the file's rows, 32 hexadecimal digits."""
    checksum: forms.Digest
    """XXH3-128 of the file's bytes, 32 hexadecimal digits."""
    tiles: forms.Tiles
    """First block, the one after the last, first window, the one after the last."""
    token: forms.Token = field(default="", compare=False)
    """What the destination needed to show the file, as its receipt told; files that differ in nothing else are one."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        data = shallow(self)
        if not self.token:
            del data["token"]
        return data


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What is committed of one table."""

    rows: forms.Count
    columns: forms.Columns
    files: Annotated[tuple[FileEntry, ...], forms.MANY]
    counts: forms.Counts = field(default_factory=dict)
    """How many of the rows something is said of, by word."""
    statistics: TableStatistics | None = field(default=None, compare=False)
    """Of the rows; None where an earlier version wrote some of them."""

    @property
    def bytes(self) -> int:
        """Return the bytes of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def shares(self) -> dict[str, float]:
        """Return the counts as shares of the rows."""
        return {word: count / self.rows for word, count in self.counts.items()} if self.rows else {}

    def refuse_contradictions(self, table: str, folder: str) -> None:
        """Raise BadForm where the record of a table, whose files lie in a folder, says two things."""
        where = f"tables.{table}"
        if sum(file.rows for file in self.files) != self.rows:
            raise forms.BadForm(f"{where}.rows: {self.rows} are not those of the files together")
        for file in self.files:
            if not file.path.startswith(f"{folder}/"):
                raise forms.BadForm(f"{where}.files: {file.path} does not lie in the folder of its table")
        if len({file.path for file in self.files}) < len(self.files):
            raise forms.BadForm(f"{where}.files: a file is listed twice")
        if self.statistics is not None and self.statistics.rows != self.rows:
            raise forms.BadForm(f"{where}.statistics: they are of {self.statistics.rows} rows")

    def digest(self, table: str) -> TableDigest:
        """Return the digest of the rows, to be compared or merged."""
        return TableDigest(table, self.rows, dict(self.columns))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        data = {
            **shallow(self),
            "columns": hexadecimal(self.columns),
            "files": [file.to_json() for file in self.files],
            "statistics": None if self.statistics is None else self.statistics.to_json(),
        }
        if self.statistics is None:
            del data["statistics"]
        return data


@dataclass(frozen=True, slots=True)
class Identity:
    """What all slices of a destination share."""

    domain: forms.Word
    data_version: forms.Text
    fingerprint: forms.Digest
    spec: forms.Spec
    columns: forms.ColumnNames | None
    """Columns of the main table; None for all."""
    main: forms.TableName
    tables: forms.TableNames
    """Tables that are written, in the order of the dataset; the main one is the dataset's, or else the first."""
    catalogs: forms.TableNames
    """Tables without time: every slice holds the same ones."""
    format: forms.Word
    folders: Annotated[dict[forms.TableName, forms.TableName], MaxLen(256)] = field(default_factory=dict)
    """The folder of each table; none where all have the names of their tables."""

    def folder(self, table: str) -> str:
        """Return the folder of a table."""
        return self.folders.get(table, table)

    @property
    def seed(self) -> int:
        """Return the seed of the spec."""
        return int(self.spec["seed"])

    @property
    def timed(self) -> bool:
        """Return whether the main table has time, so that each slice has rows of its own."""
        return self.main not in self.catalogs

    @property
    def is_of_its_spec(self) -> bool:
        """Return whether the fingerprint is that of the spec."""
        try:
            return fingerprint(self.domain, self.data_version, self.spec) == self.fingerprint
        except ValueError:
            # A number of thousands of digits has no text.
            return False

    def renewed(self) -> Identity:
        """Return the identity as it is written today, where keys of its spec had other names."""
        names = RENAMED.get(self.domain, {})
        if self.spec.keys().isdisjoint(names) or not self.is_of_its_spec:
            return self
        spec = {names.get(key, key): value for key, value in self.spec.items()}
        return replace(self, spec=spec, fingerprint=fingerprint(self.domain, self.data_version, spec))

    def has_name(self, name: str) -> bool:
        """Return whether a fingerprint is this one, or that of the same spec under the earlier names of its keys."""
        earlier = {now: before for before, now in RENAMED.get(self.domain, {}).items()}
        spec = {earlier.get(key, key): value for key, value in self.spec.items()}
        return name in (self.fingerprint, fingerprint(self.domain, self.data_version, spec))

    def refuse_contradictions(self) -> None:
        """Raise BadForm where it says two things."""
        if self.main not in self.tables or not set(self.catalogs) <= set(self.tables):
            raise forms.BadForm("identity: main and catalogs are not all among the tables")
        if len(set(self.tables)) < len(self.tables):
            raise forms.BadForm("identity.tables: a table is named twice")
        if self.folders.keys() - set(self.tables):
            raise forms.BadForm("identity.folders: they are not all of its tables")
        if len({self.folder(table).casefold() for table in self.tables}) < len(self.tables):
            raise forms.BadForm("identity.folders: two tables share one")

    def to_json(self) -> dict[str, Any]:
        """Return plain data, as versions that knew one folder a table write it where there is none of another name."""
        data = shallow(self)
        if not self.folders:
            del data["folders"]
        return data


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed slice."""

    label: forms.Label
    """``whole``, a day, or ``first_last``."""
    windows: forms.Span
    """First window and the one after the last."""
    dates: tuple[forms.Day, forms.Day]
    """First and last day, ISO 8601."""
    layout: Layout
    tables: dict[forms.TableName, TableEntry]
    identity: Identity
    engine_version: forms.Text = __version__
    schemas: forms.Schemas = field(default_factory=dict)
    """The schema of each table, as ``Schema.to_json`` returns it; none where an earlier version wrote the slice."""

    @property
    def digest(self) -> str:
        """Return the content digest over all tables, 32 hexadecimal digits."""
        return dataset_digest({name: table.digest(name) for name, table in self.tables.items()})

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of all files."""
        return tuple(file.path for table in self.tables.values() for file in table.files)

    @property
    def written(self) -> tuple[Written, ...]:
        """Return all files as they were written."""
        return self.written_of(None)

    def written_of(self, tables: Collection[str] | None) -> tuple[Written, ...]:
        """Return the files of some tables as they were written; None for all."""
        files = (
            file for name, table in self.tables.items() if tables is None or name in tables for file in table.files
        )
        return tuple(Written(file.path, file.rows, file.bytes, file.checksum, file.token) for file in files)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal entry."""
        tables = {name: table.to_json() for name, table in self.tables.items()}
        plain = {"layout": shallow(self.layout), "tables": tables, "identity": self.identity.to_json()}
        return {"form": FORM, "digest": self.digest, **shallow(self), **plain}

    @classmethod
    def from_json(cls, data: bytes) -> Entry:
        """Read what ``to_json`` made, as JSON.

        Raises:
            BadForm: if it was written by a later version, or changed since.
        """
        entry = forms.parse(cls, data)
        entry.identity.refuse_contradictions()
        if set(entry.tables) != set(entry.identity.tables):
            raise forms.BadForm("tables: they are not those of the identity")
        forms.refuse_unusable(entry.layout)
        if entry.layout.format != entry.identity.format:
            raise forms.BadForm(
                f"layout.format: {entry.layout.format}, where the identity says {entry.identity.format}"
            )
        for name, table in entry.tables.items():
            table.refuse_contradictions(name, entry.identity.folder(name))
        if entry.digest != forms.parse(_Promise, data, headed=False).digest:
            raise forms.BadForm("digest: is not that of the columns; the record was changed")
        return replace(entry, identity=entry.identity.renewed())


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a commit of an earlier version took the place of, until it was published; a head says that now."""

    labels: Annotated[tuple[forms.Label, ...], forms.MANY] = ()
    files: Annotated[tuple[forms.FilePath, ...], forms.MANY] = ()
    run: forms.FilePart = ""
    """Name of the run whose files wait."""


@dataclass(frozen=True, slots=True)
class _Promise:
    digest: forms.Digest
    replaced: Replaced | None = None


def union(entries: Sequence[Entry]) -> dict[str, TableEntry]:
    """Return the tables of several slices together: rows and digests add up, catalogs count once."""
    tables: dict[str, TableEntry] = {}
    for entry in entries:
        for name, table in entry.tables.items():
            if name not in tables:
                tables[name] = table
            elif name not in entry.identity.catalogs:
                tables[name] = _added(name, tables[name], table)
    return tables


def _added(name: str, first: TableEntry, second: TableEntry) -> TableEntry:
    digest = first.digest(name)
    digest.merge(second.digest(name))
    return TableEntry(
        rows=digest.rows,
        columns=digest.columns,
        files=first.files + second.files,
        counts=added_counts(first.counts, second.counts),
        statistics=of_all((first.statistics, second.statistics)),
    )


def added_counts(*counts: Mapping[str, int]) -> dict[str, int]:
    """Return the sums of counts by word."""
    words = dict.fromkeys(word for each in counts for word in each)
    return {word: sum(each.get(word, 0) for each in counts) for word in words}


def hexadecimal(columns: Mapping[str, int]) -> dict[str, str]:
    """Return digests as they are stored, 32 hexadecimal digits each."""
    return {name: f"{value:032x}" for name, value in columns.items()}


def shallow(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, their values as they are: fit for JSON where these are."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
