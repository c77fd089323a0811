"""File formats by name: one line says all that others need to know of one. Its module loads when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FormatEntry:
    """A file format."""

    target: str
    """``module:class`` of its ``Format``."""
    endings: Mapping[str, str]
    """Ending of file names, with the dot, by compression, the usual one first."""
    groups: bool = False
    """Whether files have row groups and encodings that can be chosen, and leave out what their folders tell."""
    files: bool = True
    """Whether it is one of files, which users choose; else of rows on their way into a database, which chooses it."""


def _one(ending: str, *compressions: str) -> Mapping[str, str]:
    return MappingProxyType(dict.fromkeys(compressions, ending))


ROWS = "rows"
"""What destinations that take rows have in the place of a file format."""

_CSV = MappingProxyType({"none": ".csv", "gzip": ".csv.gz", "zstd": ".csv.zst"})

FORMATS: dict[str, FormatEntry] = {
    "parquet": FormatEntry(
        "rowmill.sinks.filetypes.parquet:ParquetFormat", _one(".parquet", "snappy", "zstd", "gzip", "none"), groups=True
    ),
    "csv": FormatEntry("rowmill.sinks.filetypes.delimited:CsvFormat", _CSV),
    "xpt": FormatEntry("rowmill.sinks.filetypes.xpt:XptFormat", _one(".xpt", "none")),
    ROWS: FormatEntry("rowmill.sinks.databases.rows:RowsFormat", _one(".rows", "none"), files=False),
}


def file_formats() -> tuple[str, ...]:
    """Return the formats that files can have."""
    return tuple(name for name, entry in FORMATS.items() if entry.files)


def compressions() -> tuple[str, ...]:
    """Return the compressions that some format takes."""
    return tuple(dict.fromkeys(name for entry in FORMATS.values() for name in entry.endings))


def is_of_a_format(path: str) -> bool:
    """Return whether a file has the ending of a format."""
    return path.endswith(tuple({ending for entry in FORMATS.values() for ending in entry.endings.values()}))
