"""Verify: recompute every digest from the files and compare it with the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any, BinaryIO

import pyarrow as pa

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path
from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset
from rowmill.model.spec import nearest
from rowmill.run.manifest import Manifest, read
from rowmill.run.records import Entry, FileEntry
from rowmill.run.reread import file_digest
from rowmill.run.uniqueness import KeyCount
from rowmill.sinks.base import Layout, Sink
from rowmill.sinks.files import checksum
from rowmill.sinks.registry import sink

_UNREADABLE = (OSError, ValueError, IndexError, OverflowError, MemoryError, pa.ArrowException)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something at the destination that is not what the manifest says."""

    table: str
    path: str
    """Relative to the destination; empty where the whole table is meant."""
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found."""

    destination: str
    fingerprint: str
    digest: str
    """Digest that the manifest promises."""
    files: int
    rows: int
    """Rows read, over all tables."""
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]
    keyed_rows: int
    """Rows whose primary key was read and counted: all but those of files without the column of it."""

    @property
    def ok(self) -> bool:
        """Return whether everything is as the manifest says."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``ok``."""
        return {"ok": self.ok, **asdict(self)}


def verify(
    out: str | Path,
    *,
    tables: Sequence[str] | None = None,
    catalogs: Mapping[str, str] = MappingProxyType({}),
    progress: Progress | None = None,
) -> VerifyReport:
    """Read every committed file, recompute its digest and compare sizes, row counts, digests and the list of files.

    Primary keys are counted too: no two rows of a table may share one.

    Args:
        out: destination.
        tables: names to check; None for all.
        catalogs: paths of the user's own files that the data was made with, by name.
        progress: called with (bytes read, bytes in all).

    Raises:
        DestinationError: if nothing is committed there.
        UsageError: if a table is unknown, a file is missing or another one, or the data was made by another version of
            its domain.
    """
    started = perf_counter()
    manifest = read(out)
    names = _chosen(manifest, tables)
    own_files = {name: local_path(path, f"catalog {name}") for name, path in catalogs.items()}
    dataset = _dataset(manifest, own_files)
    check = _Check(sink(str(out)), dataset, sum(manifest.tables[name].bytes for name in names), progress)
    for name in names:
        check.strangers(name, {file.path for file in manifest.tables[name].files})
        with closing(KeyCount()) as keys:
            for entry, file in _files(manifest, name):
                check.file(name, entry, file, keys)
            check.keys(name, keys)
    if not manifest.published:
        check.note("", "", "files were committed but not all are in place; run the same command again with --resume")
    return VerifyReport(
        destination=str(out),
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files=check.files,
        rows=check.rows,
        bytes=check.bytes,
        seconds=perf_counter() - started,
        problems=tuple(check.problems),
        keyed_rows=check.keyed_rows,
    )


class _Check:
    """Looks at one file after the other and notes what is wrong."""

    def __init__(self, target: Sink, dataset: Dataset, total: int, progress: Progress | None) -> None:
        self.problems: list[Problem] = []
        self.files = self.rows = self.bytes = self.keyed_rows = 0
        self._target = target
        self._dataset = dataset
        self._total = total
        self._progress = progress

    def note(self, table: str, path: str, message: str) -> None:
        """Write down a problem."""
        self.problems.append(Problem(table, path, message))

    def strangers(self, table: str, known: set[str]) -> None:
        """Note files in a table's folder that no manifest knows: readers of the folder would take them for data."""
        for path in sorted(set(self._target.visible(table)) - known):
            if not path.rpartition("/")[2].startswith((".", "_")):
                self.note(table, path, "is in no manifest; remove it")

    def keys(self, table: str, keys: KeyCount) -> None:
        """Note rows that share a primary key with another one; damage to files explains itself."""
        self.keyed_rows += keys.rows
        if not any(problem.table == table for problem in self.problems) and (repeated := keys.repeated()):
            columns = ", ".join(self._dataset.tables[table].schema.primary_key)
            self.note(table, "", f"{repeated} rows have the primary key ({columns}) of another row")

    def file(self, table: str, entry: Entry, file: FileEntry, keys: KeyCount) -> None:
        """Compare one file with its record."""
        self.files += 1
        try:
            with self._target.open(file.path) as handle:
                self._compare(table, entry, file, handle, keys)
        except FileNotFoundError:
            self.note(table, file.path, "is missing")
        except _UNREADABLE as error:
            self.note(
                table,
                file.path,
                f"cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            )
        self.bytes += file.bytes
        if self._progress is not None:
            self._progress(self.bytes, self._total)

    def _compare(self, table: str, entry: Entry, file: FileEntry, handle: BinaryIO, keys: KeyCount) -> None:
        whole = checksum(handle) == file.checksum
        columns = entry.identity.columns if table == entry.identity.main else None
        found = file_digest(self._dataset.tables[table], file, columns, Layout(**entry.layout), handle, keys)
        self.rows += found.rows
        if found.rows != file.rows:
            self.note(table, file.path, f"holds {found.rows} rows; the manifest says {file.rows}")
        elif found.value != file.digest:
            self.note(table, file.path, "its rows were changed: their digest is not the one in the manifest")
        elif not whole:
            self.note(table, file.path, "its rows are right, but its bytes were changed: copy or write it again")


def _chosen(manifest: Manifest, tables: Sequence[str] | None) -> list[str]:
    if tables is None:
        return list(manifest.tables)
    for name in tables:
        if name not in manifest.tables:
            raise UsageError(f"table {name!r}: not there; {nearest(name, manifest.tables)}")
    return [name for name in manifest.tables if name in tables]


def _dataset(manifest: Manifest, catalogs: Mapping[str, str]) -> Dataset:
    family = domain(manifest.domain)
    if family.data_version != manifest.data_version:
        raise UsageError(
            f"{manifest.domain}: data version {manifest.data_version} there, {family.data_version} here; "
            f"verify it with rowmill {manifest.engine_version}, which wrote it"
        )
    return family.build(family.spec_type.model_validate(manifest.spec), catalogs)


def _files(manifest: Manifest, table: str) -> Iterator[tuple[Entry, FileEntry]]:
    seen: set[str] = set()
    for entry in manifest.slices:
        for file in entry.tables[table].files:
            if file.path not in seen:
                seen.add(file.path)
                yield entry, file
