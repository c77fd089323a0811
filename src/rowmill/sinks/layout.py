"""How files look, and what one file holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rowmill.model.schema import Schema
from rowmill.sinks.filetypes.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Layout:
    """How files look. It changes no logical row and no digest."""

    format: str = "parquet"
    """Of those in ``formats.FORMATS``."""
    compression: str = "snappy"
    encoding: Literal["default", "compact", "plain"] = "default"
    row_group_rows: int = 600_000
    """Most rows in a row group."""
    part_rows: int = 1_000_000
    """Rows that a file aims at."""
    single_file: bool = False
    """Whether each table is one file, whatever its size."""
    partition_by: str | None = None
    """Level of the Hive folders, one of the calendar's; a column of that name is left out of Parquet files."""
    name: str = "{part}"
    """Template of file names."""

    @property
    def ending(self) -> str:
        """Return the ending of file names, with the dot."""
        return FORMATS[self.format].endings[self.compression]

    @property
    def groups(self) -> bool:
        """Return whether files have row groups, and leave out what their folders tell."""
        return FORMATS[self.format].groups


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file: where it stands and what it holds."""

    path: str
    """Relative to the destination, with forward slashes."""
    schema: Schema
    columns: tuple[str, ...] | None
    """Columns that the frames hold; None for all of the schema."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Facts to store in the file where its format can: never a time, a host or a path."""
