"""SAS transport files: damage that their form lets one see, and their rows as Parquet."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

from rowmill.core.errors import UsageError

MAGIC = b"HEADER RECORD*******LIB"
OTHER_ENCODING = "WINDOWS-1252"
"""How texts are read that are not UTF-8: what SAS writes on most desks."""
_RECORD = 80
_HEADER = b"HEADER RECORD*******"
_NAMESTRS = 640
"""Where the descriptions of the variables begin."""
_CHUNK = 250_000
"""Rows in memory at once: the reader keeps every value as a Python object."""


def refuse_cut(path: str) -> None:
    """Refuse a transport file that was cut or changed on its way, as far as its form shows it.

    A file is whole records of 80 bytes, with nothing but blanks below its last row; version 8 counts its rows.

    Raises:
        UsageError: saying what is wrong.
    """
    size = Path(path).stat().st_size
    advice = "it was cut or changed on its way: fetch it again, as binary"
    if size % _RECORD:
        raise UsageError(
            f"{path}: got {size:,} bytes, which is no multiple of {_RECORD} as every transport file; {advice}"
        )
    with Path(path).open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as held:
        begin, width, counted = _shape(held)
        if width == 0 or held.find(_HEADER + b"MEMB", begin) >= 0:
            return
        rows, rest = divmod(size - begin, width)
        if held[size - rest : size].strip(b" "):
            raise UsageError(f"{path}: row {rows + 1:,} ends in the middle; {advice}")
        if counted > rows:
            raise UsageError(f"{path}: holds {rows:,} rows of {counted:,}; {advice}")


def _shape(held: mmap.mmap) -> tuple[int, int, int]:
    """Return where rows begin, the bytes of one, and how many the file says it has; zeros where it does not say."""
    # Writers disagree on how many digits the number of variables has: what is right ends where another header begins.
    for digits in (4, 6):
        try:
            each, variables = int(held[314:318]), int(held[614 : 614 + digits])
        except ValueError:
            return 0, 0, 0
        end = _NAMESTRS + variables * each
        after = end + -end % _RECORD
        if held[after : after + len(_HEADER)] == _HEADER:
            widths = (int.from_bytes(held[at + 4 : at + 6], "big") for at in range(_NAMESTRS, end, each))
            found = held.find(_HEADER + b"OBS", end)
            counted = held[found + 48 : found + 63].strip() if held[found + 20 : found + 25] == b"OBSV8" else b""
            return (found + _RECORD, sum(widths), int(counted) if counted.isdigit() else 0) if found > 0 else (0, 0, 0)
    return 0, 0, 0


def unpacked(path: str, folder: Path) -> tuple[Path, list[str]]:
    """Write the rows of a transport file as Parquet, some at a time; return the folder and what there is to tell.

    Raises:
        UsageError: if the reader is not installed, or the file is damaged.
    """
    try:
        import pyreadstat
    except ImportError:
        raise UsageError(f"{path}: SAS transport files need pyreadstat; pip install 'rowmill[vitals]'") from None
    refuse_cut(path)
    try:
        try:
            _convert(pyreadstat, path, folder, None)
        except UnicodeDecodeError:
            _convert(pyreadstat, path, folder, OTHER_ENCODING)
            return folder, [f"{path}: texts are not UTF-8; they were read as Windows-1252"]
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a SAS transport file: {error}") from None
    return folder, []


def _convert(reader: Any, path: str, folder: Path, encoding: str | None) -> None:
    import pyarrow as pa
    from pyarrow import parquet as pq

    folder.mkdir(exist_ok=True)
    done = 0
    while True:
        found, _ = reader.read_xport(
            path,
            output_format="dict",
            row_offset=done,
            row_limit=_CHUNK,
            disable_datetime_conversion=True,
            encoding=encoding,
        )
        columns = {
            name: pa.array([None if value is None else str(value) for value in values], pa.string())
            for name, values in found.items()
        }
        rows = len(next(iter(columns.values()), []))
        columns["_row"] = pa.array(range(done + 1, done + rows + 1), pa.int64())
        pq.write_table(pa.table(columns), folder / f"{done:012}.parquet")
        done += rows
        if rows < _CHUNK:
            return
