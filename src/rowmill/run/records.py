"""Records: what a commit writes down of one slice. Plain data that reads back to equal records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from rowmill.core.errors import IntegrityError
from rowmill.core.version import __version__
from rowmill.model.digest import TableDigest, dataset_digest
from rowmill.sinks.base import Sink

MANIFEST = "manifest.json"
FORM = 1
"""Version of the form of the bookkeeping."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One data file."""

    path: str
    """Relative to the destination, with forward slashes."""
    rows: int
    bytes: int
    digest: str
    """Content digest of the file's rows, 32 hexadecimal digits."""
    checksum: str
    """XXH3-128 of the file's bytes, 32 hexadecimal digits."""
    tiles: tuple[int, int, int, int]
    """First block, the one after the last, first window, the one after the last."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What is committed of one table."""

    rows: int
    columns: Mapping[str, str]
    """Digest of each column, 32 hexadecimal digits."""
    files: tuple[FileEntry, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of the rows something is said of, by word."""

    @property
    def bytes(self) -> int:
        """Return the bytes of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def shares(self) -> dict[str, float]:
        """Return the counts as shares of the rows."""
        return {word: count / self.rows for word, count in self.counts.items()} if self.rows else {}

    def digest(self, table: str) -> TableDigest:
        """Return the digest of the rows, to be compared or merged."""
        return TableDigest.from_json(table, {"rows": self.rows, "columns": self.columns})

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal record."""
        return {**shallow(self), "files": [shallow(file) for file in self.files]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableEntry:
        """Read plain data."""
        files = tuple(FileEntry(**{**file, "tiles": tuple(file["tiles"])}) for file in data["files"])
        return cls(data["rows"], data["columns"], files, data["counts"])


@dataclass(frozen=True, slots=True)
class Identity:
    """What all slices of a destination share."""

    domain: str
    data_version: str
    fingerprint: str
    spec: Mapping[str, Any]
    columns: tuple[str, ...] | None
    """Columns of the main table; None for all."""
    main: str
    tables: tuple[str, ...]
    """Tables that are written, in the order of the dataset; the main one is the dataset's, or else the first."""
    catalogs: tuple[str, ...]
    """Tables without time: every slice holds the same ones."""
    format: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Identity:
        """Read plain data."""
        columns = data["columns"]
        lists = {name: tuple(data[name]) for name in ("tables", "catalogs")}
        return cls(**{**data, **lists, "columns": None if columns is None else tuple(columns)})


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a commit takes the place of, until it is published: labels of slices, and files."""

    labels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed slice."""

    label: str
    """``whole``, a day, or ``first_last``."""
    windows: tuple[int, int]
    """First window and the one after the last."""
    dates: tuple[str, str]
    """First and last day, ISO 8601."""
    layout: Mapping[str, Any]
    tables: Mapping[str, TableEntry]
    identity: Identity
    engine_version: str = __version__
    replaced: Replaced | None = None
    """None once the slice is published."""

    @property
    def digest(self) -> str:
        """Return the content digest over all tables, 32 hexadecimal digits."""
        return dataset_digest({name: table.digest(name) for name, table in self.tables.items()})

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of all files."""
        return tuple(file.path for table in self.tables.values() for file in table.files)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal entry."""
        tables = {name: table.to_json() for name, table in self.tables.items()}
        own = {**shallow(self), "identity": shallow(self.identity), "tables": tables}
        replaced = own.pop("replaced")
        until_published = {} if replaced is None else {"replaced": shallow(replaced)}
        return {"form": FORM, "digest": self.digest, **own, **until_published}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Read what ``to_json`` wrote.

        Raises:
            IntegrityError: if it was written by a later version, or changed since.
        """
        if data.get("form") != FORM:
            raise IntegrityError(f"manifest of form {data.get('form')!r}: known is {FORM}; use a later rowmill")
        replaced = data.get("replaced")
        entry = cls(
            label=data["label"],
            windows=(data["windows"][0], data["windows"][1]),
            dates=(data["dates"][0], data["dates"][1]),
            layout=data["layout"],
            tables={name: TableEntry.from_json(table) for name, table in data["tables"].items()},
            identity=Identity.from_json(data["identity"]),
            engine_version=data["engine_version"],
            replaced=None if replaced is None else Replaced(tuple(replaced["labels"]), tuple(replaced["files"])),
        )
        if entry.digest != data["digest"]:
            raise IntegrityError(
                f"manifest of slice {entry.label}: was changed; remove the folder and write the data again"
            )
        return entry


def committed(target: Sink) -> list[Entry]:
    """Return the committed slices of a destination in the order of their windows, without those that others replace."""
    entries = []
    for name in target.store.list():
        if name == MANIFEST or name.endswith(f"/{MANIFEST}"):
            data = target.store.read(name)
            if data is not None:
                entries.append(_parse(f"{target.location}: {name}", data))
    gone = {label for entry in entries if entry.replaced for label in entry.replaced.labels if label != entry.label}
    return sorted((e for e in entries if e.label not in gone), key=lambda e: (e.windows, e.label))


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
    columns = {column: f"{value:032x}" for column, value in digest.columns.items()}
    return TableEntry(digest.rows, columns, first.files + second.files, added_counts(first.counts, second.counts))


def added_counts(*counts: Mapping[str, int]) -> dict[str, int]:
    """Return the sums of counts by word."""
    words = dict.fromkeys(word for each in counts for word in each)
    return {word: sum(each.get(word, 0) for each in counts) for word in words}


def _parse(where: str, data: bytes) -> Entry:
    try:
        return Entry.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise IntegrityError(f"{where}: is damaged ({error}); remove the folder and write the data again") from None


def shallow(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, their values as they are: fit for JSON where these are."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
