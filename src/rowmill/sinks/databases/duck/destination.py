"""A file of DuckDB as a destination: a table a table, and bookkeeping in tables that are called ``_rowmill_…``.

Only one process may write to such a file, so parts are files in a folder beside it, until all of them are loaded in one
transaction. The folder is there as long as something waits in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rowmill.core.errors import IntegrityError
from rowmill.core.scratch import scratch_folder
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.databases.duck.books import DuckDocuments, has_table
from rowmill.sinks.databases.duck.content import DuckContent
from rowmill.sinks.databases.duck.opening import DuckFile
from rowmill.sinks.databases.duck.tables import (
    SCHEMA,
    Loading,
    counted,
    foreign,
    has_columns,
    stored_files,
    waiting,
)
from rowmill.sinks.databases.duck.tidying import tidy
from rowmill.sinks.databases.rows import PART, ROW
from rowmill.sinks.documents import Chosen, none, remove
from rowmill.sinks.folders.folder import Folder, FolderPart, FolderWriter
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.receipts import SealedPart

_BESIDE = ".rowmill"
"""Ending of the folder beside a file."""
_FRESH = "new.duckdb"


class DuckDestination:
    """Rows in the tables of a file."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.shown = location.removeprefix("duckdb://")
        # By another name of the same file, others would not be seen.
        path = Path(os.path.realpath(self.shown))
        self._beside = Folder(f"{path}{_BESIDE}")
        self.local_folder = None
        self.receipts = self._beside.receipts
        self.locks = self._beside.locks
        self._file = DuckFile(path, self.locks, self._beside.local_folder / _FRESH)
        self.documents = DuckDocuments(self._file, self._beside.documents, self.locks)

    def free_bytes(self) -> int:
        """Return the room on its disk."""
        return self._beside.free_bytes()

    def room(self, file: FileSpec, layout: Layout, frames: Sequence[Frame]) -> int:
        """Return the bytes of a database with the rows of a file alone, and of what waits until they are loaded."""
        stage = Stage("trial", "trial")
        with scratch_folder() as folder:
            trial = DuckDestination(f"{folder}/trial.duckdb")
            trial.claim()
            writer = trial.part(stage, file.schema.name, layout).open(file)
            for frame in frames:
                writer.write(frame)
            written = writer.close()
            trial.publish(stage, [written], [])
            return written.bytes + Path(trial.shown).stat().st_size

    def claim(self, *, known: bool = False) -> None:
        """Make the folder beside the file ready.

        Raises:
            DestinationError: if the file is none of DuckDB, cannot be written, or is open in another program.
        """
        self._beside.claim(known=known)
        self._file.refuse_unwritable()

    def part(self, stage: Stage, part: str, layout: Layout) -> DuckPart:
        """Return a writer of one part of a stage."""
        return DuckPart(self._beside, SealedPart(self._beside.documents, stage, part), stage, layout)

    def staged(self, stage: Stage, files: Iterable[Written], *, untouched: bool = False) -> set[str]:
        """Return the paths of the files that wait in a stage with the bytes that were written."""
        return self._beside.staged(stage, files, untouched=untouched)

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Load the files of a stage, remove the rows of obsolete ones, in one transaction, and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay, and so does what nobody names.

        Raises:
            IntegrityError: if a file is neither staged nor in place; nothing changes then.
            DestinationError: if another program has the file open.
        """
        files = {file.path: file for file in written}
        ready = self.staged(stage, files.values())
        with self.documents.unchanged(), self._file.writing() as connection:
            self.documents.bring_in(connection)
            loading = Loading(connection, self.shown)
            missing = sorted(files.keys() - ready - set(loading.paths))
            if missing:
                raise IntegrityError(
                    f"{self.shown}: {missing[0]} is gone, unpublished; write it again with --resume or --overwrite"
                )
            loading.remove({*(set(obsolete) - files.keys()), *ready})
            for path in sorted(ready):
                loading.add(waiting(files[path], self._beside.place(stage, path)))
        self.drop(stage)

    def drop(self, stage: Stage, besides: Chosen = none) -> None:
        """Remove a stage, receipts first and then unpublished files; those of all runs of the slice where none is."""
        self._beside.drop(stage)
        remove(self.documents, f"{stage.slice}/", besides)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each file whose rows stand in a table, and of rows that are of no file.

        Of one that has lost rows, or has more than it had, other bytes than it had.

        Raises:
            DestinationError: if something else has the name of the table.
        """
        with self._file.reading() as connection:
            if connection is None or not has_table(connection, table):
                return {}
            stored = {file.number: file for file in stored_files(connection, "name", table)}
            if not stored or not has_columns(connection, table, (PART, ROW)):
                raise foreign(self.shown, table)
            there = counted(connection, table)
        found = {f"{table}/rows of part {number}": 0 for number in there.keys() - stored.keys()}
        for file in stored.values():
            rows = there.get(file.number, 0)
            if rows == file.rows:
                found[file.path] = file.bytes
            elif rows:
                found[file.path] = max(1, file.bytes * rows // max(1, file.rows) - 1)
        return found

    @contextmanager
    def read(self, file: FileSpec, layout: Layout) -> Iterator[DuckContent]:  # noqa: ARG002 - rows have no layout
        """Open a published file; FileNotFoundError if there is none."""
        columns = file.schema.names if file.columns is None else file.columns
        with self._file.reading() as connection:
            stored = [] if connection is None else stored_files(connection, "path", file.path)
            if connection is None or not stored or not has_table(connection, stored[0].name):
                raise FileNotFoundError(file.path)
            yield DuckContent(connection, stored[0], tuple(f for f in file.schema.fields if f.name in columns))

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        self.documents.leave(name, data)

    def tidy(self) -> None:
        """Bring bookkeeping into the file, and remove the folder beside it, if nothing waits there."""
        tidy(self._beside, self._file, self.documents)


class DuckPart(FolderPart):
    """The files of one part, each with the schema of its table."""

    def open(self, file: FileSpec) -> FolderWriter:
        """Return a writer of one file."""
        schema = json.dumps(file.schema.to_json())
        return super().open(replace(file, metadata=(*file.metadata, (SCHEMA, schema))))
