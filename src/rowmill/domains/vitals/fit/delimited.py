"""CSV files that cannot be read as they are: which row is uneven, and texts in other encodings than UTF-8."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rowmill.core.errors import UsageError

_SEPARATORS = ",;\t|"
_TITLES = 50
"""Lines above the header at most."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LARGEST = 16 << 30
"""Most bytes of a text that is rewritten."""
_BLOCK = 1 << 20
_COMPRESSED = {".gz": "GZIP", ".zst": "ZSTD"}


def refuse_uneven(path: str, columns: Sequence[str], called: str) -> None:
    """Refuse a CSV file for its first row that has more or fewer values than its header.

    Args:
        path: the file, which a reader of tables did not understand.
        columns: names of which the header has one.
        called: what the user calls the file.

    Raises:
        UsageError: naming the row, counted from 1 below the header.
    """
    wanted = {name.casefold() for name in columns}
    # A stream that breaks off, or is no CSV, has no row to name: whoever asked says what is wrong with it.
    with suppress(csv.Error, OSError), _text(path) as lines:
        header, separator = _header(lines, wanted)
        if header < 2:
            return
        for number, values in enumerate(filter(None, csv.reader(lines, delimiter=separator)), 1):
            if len(values) != header:
                many = f"{len(values)} value{'s' * (len(values) != 1)}"
                raise UsageError(
                    f"{called}, row {number}: got {many} under a header of {header}; the row is cut, is no row at "
                    "all, or a value that holds the separator lacks quotes"
                )


def refuse_cut(path: str) -> None:
    """Refuse a compressed text that breaks off: not every version of the reader of tables notices.

    Raises:
        OSError: if it does.
    """
    kind = _COMPRESSED.get(Path(path).suffix)
    if kind is None:
        return
    try:
        with _bytes(path) as stream:
            while stream.read(_BLOCK):
                pass
    except OSError as error:
        raise OSError(f"the {kind} stream is damaged or cut: {str(error).splitlines()[0]}") from None


def in_utf8(path: str, target: Path) -> str:
    """Write a text file again as UTF-8: from UTF-16 where it begins so, else from Windows-1252; return which it was.

    Raises:
        UsageError: if it is too large.
    """
    with _bytes(path) as source, target.open("wb") as out:
        begins = source.read(2)
        name, encoding = ("UTF-16", "utf-16") if begins in _UTF16 else ("Windows-1252", "cp1252")
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        block, size = begins, 0
        while block:
            out.write(decoder.decode(block).encode("utf-8"))
            size += len(block)
            if size > _LARGEST:
                raise UsageError(f"{path}: more than {_LARGEST >> 30} GB of text; give a smaller file")
            block = source.read(_BLOCK)
        out.write(decoder.decode(b"", final=True).encode("utf-8"))
    return name


def _header(lines: Iterator[str], columns: set[str]) -> tuple[int, str]:
    """Return how many values the header has and what separates them; 0 where no line is one. Stops below it."""
    for _, line in zip(range(_TITLES), lines, strict=False):
        for separator in _SEPARATORS:
            values = next(csv.reader([line], delimiter=separator), [])
            if len(values) > 1 and columns & {value.strip().casefold() for value in values}:
                return len(values), separator
    return 0, ","


@contextmanager
def _bytes(path: str) -> Iterator[Any]:
    import pyarrow as pa

    with pa.input_stream(path, compression="detect") as stream:
        yield stream


@contextmanager
def _text(path: str) -> Iterator[io.TextIOWrapper]:
    with _bytes(path) as stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as lines:
        yield lines
