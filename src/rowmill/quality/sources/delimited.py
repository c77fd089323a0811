"""Delimited text that somebody else wrote: what separates its values, and the first line that is not like its header.

Left to itself, DuckDB passes over all lines before the longest run of lines that are alike, a header too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa

from rowmill.model import ddl

_MARKS: Final = ",;\t|"
_COMMENT: Final = "#"
_QUOTED: Final = re.compile(r'"[^"]*"')


def strictness(files: Sequence[Path], codec: str | None) -> str:
    """Return the options with which DuckDB reads every line: what separates values, and where the headers are.

    Args:
        files: of text, each with a line.
        codec: that compressed them: ``gzip``, ``zstd`` or None.

    Raises:
        OSError: if one cannot be unpacked.
    """
    blank, marks = zip(*(_begins(path, codec) for path in files), strict=True)
    mark = f", delim = {ddl.literal(marks[0])}" if len(set(marks)) == 1 else ""
    return f"skip = {min(blank)}{mark}"


def uneven(files: Sequence[Path], codec: str | None) -> str | None:
    """Return the first line with more values than its header, or fewer, in words; None where there is none."""
    for path in files:
        try:
            _, mark = _begins(path, codec)
            with _opened(path, codec) as lines:
                rows = csv.reader(lines, delimiter=mark)
                header = next((row for row in rows if row and not row[0].startswith(_COMMENT)), [])
                for row in rows:
                    # What ends with a separator has no value behind it.
                    if row and len(row) != len(header) and not (len(row) == len(header) + 1 and not row[-1]):
                        return f"{path}, {_told(row, rows.line_num, len(header))}"
        except (csv.Error, OSError, ValueError):
            continue
    return None


def _told(row: Sequence[str], line: int, wanted: int) -> str:
    return (
        f"line {line}: got {len(row)} value{'s' * (len(row) != 1)} under a header of {wanted}; the line is cut, or a "
        "value that holds a separator lacks quotes"
    )


def _begins(path: Path, codec: str | None) -> tuple[int, str]:
    """Return how many lines before the first one are blank, and what separates the names of the header."""
    with _opened(path, codec) as lines:
        blank, header = next(((n, line) for n, line in enumerate(lines) if line.strip()), (0, ""))
        while header.startswith(_COMMENT):
            header = next(lines, "")
    return blank, max(_MARKS, key=_QUOTED.sub("", header).count)


@contextmanager
def _opened(path: Path, codec: str | None) -> Iterator[io.TextIOWrapper]:
    with pa.input_stream(str(path), compression=codec) as stream:
        yield io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
