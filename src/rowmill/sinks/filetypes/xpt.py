"""SAS transport files, version 5: the form in which regulators take SDTM tables.

Records of 80 bytes, text in ASCII padded with blanks, numbers as IBM hexadecimal floating point. The format says
nowhere how many rows it holds, so there is no most, and files stream. What it cannot tell apart it does not get: a text
is never empty, and a row never all blank. The dates in the headers are always the first day of SAS time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.core.errors import RowmillError, UsageError
from rowmill.model.frame import Cells, Dictionary, Frame, frame_length
from rowmill.model.schema import Field, Schema
from rowmill.sinks.filetypes.format import Untold
from rowmill.sinks.filetypes.ibm import from_ibm, to_ibm
from rowmill.sinks.layout import FileSpec, Layout

RECORD = 80
NAME, LABEL, TEXT = 8, 40, 200
"""Most characters of a name, a label and a text."""
_WHEN = b"01JAN60:00:00:00"
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")
_NUMERIC, _CHARACTER = 1, 2
_MISSING = np.frombuffer(b".".ljust(8, b"\0"), ">u8")[0]
_CHUNK_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a field lies in a row."""

    field: Field
    start: int
    width: int

    @property
    def numeric(self) -> bool:
        """Return whether it is a number."""
        return self.field.facts.transport == "number"


class XptFormat(Untold):
    """SAS transport, version 5."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Accept a table whose names, types and texts fit.

        Raises:
            UsageError: naming the first column that does not.
        """
        rule = "write this table as parquet or csv, or name others with --tables"
        if len(schema.name) > NAME:
            raise UsageError(f"format xpt: table {schema.name} has a name of over {NAME} characters; {rule}")
        fields = [schema[name] for name in schema.names if name in columns]
        for field in fields:
            problem = _problem(field)
            if problem is not None:
                raise UsageError(f"format xpt: column {field.name} of {schema.name} {problem}; {rule}")
        if all(field.nullable for field in fields):
            raise UsageError(f"format xpt: every column of {schema.name} may be missing; add one that never is")

    def encoder(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> XptEncoder:  # noqa: ARG002
        """Return an encoder that writes to an open file."""
        names = file.schema.names if file.columns is None else file.columns
        self.check(file.schema, names)
        return XptEncoder(handle, file.schema, _columns(file.schema, names))

    def batches(
        self,
        handle: BinaryIO,
        schema: Schema,
        columns: Sequence[str],
        layout: Layout,  # noqa: ARG002
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in order; text comes as dictionaries.

        Raises:
            ValueError: if the file is damaged, or has other columns or types.
        """
        expected = _columns(schema, columns)
        header = _header(schema, expected)
        found = handle.read(len(header))
        if found != header:
            raise ValueError(f"header: columns are {_brief(found)}; the schema says {_brief(header)}")
        fields = pa.schema([column.field.arrow for column in expected])
        for rows in _row_chunks(handle, expected):
            arrays = [_read(column, rows) for column in expected]
            kinds = [field.with_type(array.type) for field, array in zip(fields, arrays, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(kinds))


class XptEncoder:
    """Writes rows as they come."""

    def __init__(self, handle: BinaryIO, schema: Schema, columns: Sequence[_Column]) -> None:
        self._handle = handle
        self._table = schema.name
        self._columns = columns
        self._texts: dict[str, tuple[Dictionary, NDArray[np.bytes_]]] = {}
        self._size = 0
        handle.write(_header(schema, columns))

    def write(self, frame: Frame) -> None:
        """Add rows."""
        rows = np.empty(frame_length(frame), _row_type(self._columns))
        for column in self._columns:
            cells = frame[column.field.name]
            rows[column.field.name] = _numbers(cells) if column.numeric else self._text(column, cells)
        self._handle.write(rows.tobytes())
        self._size += rows.nbytes

    def finish(self) -> None:
        """Fill the last record with blanks."""
        self._handle.write(b" " * (-self._size % RECORD))

    def discard(self) -> None:
        """Let go of everything: nothing is held."""

    def _text(self, column: _Column, cells: Cells) -> NDArray[np.bytes_]:
        dictionary = cells.dictionary or Dictionary(pa.array(cells.values.astype(object), pa.string()))
        codes = cells.values if cells.dictionary else np.arange(len(cells))
        codes = codes.astype(np.intp, copy=False)
        known = self._texts.get(column.field.name)
        if known is None or known[0] is not dictionary:
            known = dictionary, _padded(dictionary, column.width)
            self._texts[column.field.name] = known
        text = known[1].take(codes)
        unfit = text == b""
        if cells.nulls is not None:
            # At a null stands an arbitrary code.
            unfit &= ~cells.nulls
            text[cells.nulls] = b" " * column.width
        if unfit.any():
            got = dictionary.values[int(codes[unfit.argmax()])].as_py()
            name = f"{self._table}.{column.field.name}"
            raise RowmillError(
                f"{name}: got {got!r}; an xpt file takes 1 to {column.width} ASCII characters, no blank at the end"
            )
        return text


def _padded(dictionary: Dictionary, width: int) -> NDArray[np.bytes_]:
    """Return the values of a dictionary padded with blanks, S{width}[len]; empty where one does not fit."""
    texts = (str(text) for text in dictionary.values.to_pylist())
    fit = [t if t.isascii() and 0 < len(t) <= width and not t.endswith(" ") else "" for t in texts]
    return np.array([text.encode().ljust(width) if text else b"" for text in fit], f"S{width}")


def _problem(field: Field) -> str | None:
    """Return why a field does not fit, None where it does."""
    if len(field.name) > NAME:
        return f"has a name of over {NAME} characters"
    if field.facts.transport == "number":
        return None
    if field.facts.transport is None:
        return f"is of type {field.type}, for which the format has none"
    for value in field.values or ():
        if not value.isascii() or not 0 < len(value) <= TEXT or value.endswith(" "):
            return f"may be {value!r}, which is not 1 to {TEXT} ASCII characters without a blank at the end"
    if field.values is None and field.length is None:
        return "is a text of no fixed length"
    return f"may have {field.length} characters, over {TEXT}" if (field.length or 0) > TEXT else None


def _columns(schema: Schema, names: Sequence[str]) -> list[_Column]:
    start, found = 0, []
    for field in (field for field in schema.fields if field.name in names):
        width = 8 if field.facts.transport == "number" else field.length or max(map(len, field.values or ("",)))
        found.append(_Column(field, start, width))
        start += width
    return found


def _row_type(columns: Sequence[_Column]) -> np.dtype[np.void]:
    return np.dtype([(c.field.name, ">u8" if c.numeric else f"S{c.width}") for c in columns])


def _header(schema: Schema, columns: Sequence[_Column]) -> bytes:
    """Return everything before the rows: a library of one member, and its variables."""
    title = schema.description if schema.description.isascii() else ""
    records = [
        _banner("LIBRARY"),
        b"SAS     SAS     SASLIB  9.4     ROWMILL ".ljust(64) + _WHEN,
        _WHEN,
        _banner("MEMBER", "000000000000000001600000000140"),
        _banner("DSCRPTR"),
        b"SAS     " + schema.name.upper().encode().ljust(NAME) + b"SASDATA 9.4     ROWMILL ".ljust(48) + _WHEN,
        _WHEN + b" " * 16 + title[:LABEL].encode().ljust(LABEL) + b" " * 8,
        _banner("NAMESTR", f"000000{len(columns):04d}00000000000000000000"),
    ]
    names = b"".join(_namestr(number, column) for number, column in enumerate(columns, start=1))
    records += [names.ljust(-(-len(names) // RECORD) * RECORD), _banner("OBS")]
    return b"".join(record.ljust(RECORD) for record in records)


def _banner(kind: str, facts: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{facts}  ".encode()


def _namestr(number: int, column: _Column) -> bytes:
    field = column.field
    label = field.label or field.meaning
    return _NAMESTR.pack(
        _NUMERIC if column.numeric else _CHARACTER,
        0,
        column.width,
        number,
        field.name.encode().ljust(NAME),
        (label if label.isascii() else "")[:LABEL].encode().ljust(LABEL),
        b" " * 8,
        0,
        0,
        0,
        b"\0\0",
        b" " * 8,
        0,
        0,
        column.start,
        b"\0" * 52,
    )


def _numbers(cells: Cells) -> NDArray[np.uint64]:
    values = cells.values if cells.dictionary is None else cells.dictionary.values.to_numpy().take(cells.values)
    words = to_ibm(values.astype(np.float64))
    if cells.nulls is not None:
        words[cells.nulls] = _MISSING
    return words


def _row_chunks(handle: BinaryIO, columns: Sequence[_Column]) -> Iterator[NDArray[np.void]]:
    """Yield rows until only padding is left: blanks to the end of the last record, which rows never are."""
    kind = _row_type(columns)
    held = b""
    while chunk := handle.read(_CHUNK_ROWS * kind.itemsize):
        held += chunk
        # The last rows may be padding, so they wait for the end.
        ready = max(0, len(held) - RECORD) // kind.itemsize * kind.itemsize
        if ready:
            yield np.frombuffer(held[:ready], kind)
            held = held[ready:]
    rest = len(held) // kind.itemsize * kind.itemsize
    while rest and not held[rest - kind.itemsize : rest].strip(b" "):
        rest -= kind.itemsize
    if held[rest:].strip(b" "):
        raise ValueError("ends within a row")
    if rest:
        yield np.frombuffer(held[:rest], kind)


def _read(column: _Column, rows: NDArray[np.void]) -> pa.Array:
    cells, field = rows[column.field.name], column.field
    if column.numeric:
        words = cells.astype(np.uint64)
        missing = words == _MISSING
        words[missing] = 0
        return pa.array(from_ibm(words), mask=missing if missing.any() else None).cast(field.arrow.type)
    raw = np.ascontiguousarray(cells)
    texts = pa.Array.from_buffers(pa.binary(column.width), len(raw), [None, pa.py_buffer(raw.view(np.uint8))])
    encoded = texts.dictionary_encode()
    values = pc.utf8_rtrim(encoded.dictionary.cast(pa.binary()).cast(pa.string()), " ")
    blank = pc.equal(values, "").to_numpy(zero_copy_only=False)
    codes = encoded.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=blank.take(codes)), values)


def _brief(header: bytes) -> str:
    """Return the names of the variables that a header declares."""
    size, start = _NAMESTR.size, 8 * RECORD
    names = [header[at + 8 : at + 16].decode("ascii", "replace").strip() for at in range(start, len(header), size)]
    return ", ".join(name for name in names if name.isidentifier()) or "none"
