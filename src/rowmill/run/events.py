"""Events: what a run tells of itself while it goes on. Who watches, counts or stores them changes no row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from rowmill.core.processes import Cost
from rowmill.model.statistics.records import TableStatistics
from rowmill.run.books import forms
from rowmill.run.books.records import hexadecimal
from rowmill.sinks.base import Written


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run is about to make; nothing was made yet."""

    slice: str
    """Label of the slice."""
    main: str
    """The table that the run is counted by."""
    parts: int
    """To be made now."""
    kept: int
    """Parts of an earlier attempt that need not be made."""
    rows: Mapping[str, int]
    """Rows of each table in all of these parts; where only making them tells, about so many."""
    rows_kept: Mapping[str, int]
    """Rows of each table in the parts that are kept."""
    workers: int
    """Parts made at once."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that a part in progress has handed to its encoder."""

    table: str
    count: int


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """One complete, durable, unpublished file."""

    path: forms.FilePath
    rows: forms.Count
    bytes: forms.Count
    tiles: forms.Tiles
    """First block, the one after the last, first window, the one after the last."""
    checksum: forms.Digest
    """XXH3-128 of the bytes, 32 hexadecimal digits."""
    columns: forms.Columns
    counts: forms.Counts
    """How many of the rows something is said of, by word."""
    token: forms.Token = ""
    """What the destination needs to show the file."""
    statistics: TableStatistics | None = None
    """Of its rows; None where an earlier version wrote the file."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        told = {} if self.statistics is None else {"statistics": self.statistics.to_json()}
        return {**asdict(replace(self, statistics=None)), "columns": hexadecimal(self.columns), **told}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A finished part. A run tells of it once it is written down, so that no later attempt makes it again."""

    run: forms.FilePart
    """Name of the run that it is a part of."""
    part: forms.FilePart
    table: forms.TableName
    files: tuple[FileReceipt, ...]

    def lies_in(self, folder: str) -> bool:
        """Return whether its part is of its table, and its files lie in the folder of that."""
        mine = all(file.path.startswith(f"{folder}/") for file in self.files)
        return mine and self.part.rpartition("-")[0] == self.table

    @property
    def rows(self) -> int:
        """Return the rows of its files."""
        return sum(file.rows for file in self.files)

    @property
    def written(self) -> tuple[Written, ...]:
        """Return its files as they were written."""
        return tuple(Written(file.path, file.rows, file.bytes, file.checksum, file.token) for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which an equal receipt is read."""
        files = [file.to_json() for file in self.files]
        return {"run": self.run, "part": self.part, "table": self.table, "files": files}


@dataclass(frozen=True, slots=True)
class Committed:
    """A slice that exists from now on."""

    slice: str
    """Its label."""
    digest: str
    """Content digest over all tables, 32 hexadecimal digits."""


Step = Rows | Receipt | Cost
"""What an executor tells: ``Cost`` once for each process, when all is made."""

Event = Planned | Step | Committed
"""What a run tells."""
