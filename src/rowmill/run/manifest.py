"""Manifests: the commit records of a destination. Readers trust them and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One data file."""

    path: str
    """Relative to the destination, with forward slashes."""
    rows: int
    bytes: int
    digest: str
    """Content digest of the file's rows, 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What is committed of one table."""

    rows: int
    columns: Mapping[str, str]
    """Digest of each column, 32 hexadecimal digits."""
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed slice."""

    label: str
    windows: tuple[int, int]
    """First window and the one after the last."""
    dates: tuple[str, str]
    """First and last day, ISO 8601."""
    layout: Mapping[str, Any]
    tables: Mapping[str, TableEntry]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All committed slices of a destination."""

    domain: str
    data_version: str
    engine_version: str
    fingerprint: str
    seed: int
    spec: Mapping[str, Any]
    columns: tuple[str, ...] | None
    """Columns of the main table; None for all."""
    main: str
    slices: tuple[Entry, ...]
    """In the order of their windows."""
    tables: Mapping[str, TableEntry]
    """The union of the slices, the main table first."""
    digest: str
    """Content digest over all tables, 32 hexadecimal digits."""
    published: bool
    """False where a crash came between commit and moving the files; ``--resume`` finishes that."""

    @property
    def rows(self) -> int:
        """Return the rows of the main table."""
        return self.tables[self.main].rows


def read(out: str | Path) -> Manifest:
    """Return the union of the committed slices of a destination.

    Raises:
        DestinationError: if nothing is committed there.
    """
    raise NotImplementedError
