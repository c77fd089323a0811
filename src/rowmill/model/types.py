"""The types of fields: one entry each, with all that any form, file or check needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.model import uuids
from rowmill.model.decimals import DIGITS, decimals, minor_units

FieldType = Literal[
    "int8", "int16", "int32", "int64", "float64", "bool", "string", "enum", "timestamp", "date", "json", "decimal",
    "uuid", "time",
]  # fmt: skip

Convert = Callable[[pa.Array, pa.DataType], pa.Array]
"""Makes an array of another type; nulls stay where they are."""


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    return values.cast(kind)


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What is known of a type. Texts may have ``{scale}``, the digits of a decimal behind its point."""

    held: pa.DataType
    """Type of the values in memory, which digests are made of."""
    shown: pa.DataType
    """Type that readers of a file see; of a decimal that without digits behind the point."""
    cells: str | None
    """NumPy's name for the values of a cell that has no dictionary; None for texts."""
    plain: str
    """The word for it that needs no knowledge of Arrow."""
    sql: str
    """In PostgreSQL and DuckDB."""
    json: str
    """In JSON Schema."""
    duckdb: str
    polars: str
    spark: str
    pandas: str | None
    """What readers of CSV are told; None where pandas parses it as an instant."""
    json_format: str | None = None
    """Format of the text in JSON Schema."""
    transport: Literal["number", "text"] | None = None
    """What it is in a SAS transport file; None where such a file has no place for it."""
    show: Convert = _cast
    """From what is held to what is shown."""
    hold: Convert = _cast
    """From what is shown to what is held; ValueError where no such value can have been shown."""


_INT32, _INT64 = pa.int32(), pa.int64()


def _whole(held: pa.DataType) -> TypeFacts:
    """Return a number that is shown wide: in a narrow type, ``offset * 60`` wraps without a word."""
    kind = str(held)
    return TypeFacts(
        held, _INT32, kind, "int", "INTEGER", "integer", "INTEGER", "pl.Int32", "INT", "Int32", transport="number"
    )


def _text(plain: str, sql: str, transport: Literal["text"] | None) -> TypeFacts:
    string = pa.string()
    return TypeFacts(
        string, string, None, plain, sql, "string", "VARCHAR", "pl.String", "STRING", "string", transport=transport
    )


TYPES: Final[Mapping[FieldType, TypeFacts]] = MappingProxyType(
    {
        "int8": _whole(pa.int8()),
        "int16": _whole(pa.int16()),
        "int32": _whole(_INT32),
        "int64": TypeFacts(
            _INT64, _INT64, "int64", "int", "BIGINT", "integer", "BIGINT", "pl.Int64", "BIGINT", "Int64"
        ),
        "float64": TypeFacts(
            held=pa.float64(),
            shown=pa.float64(),
            cells="float64",
            plain="float",
            sql="DOUBLE PRECISION",
            json="number",
            duckdb="DOUBLE",
            polars="pl.Float64",
            spark="DOUBLE",
            pandas="Float64",
            transport="number",
        ),
        "bool": TypeFacts(
            held=pa.bool_(),
            shown=pa.bool_(),
            cells="bool",
            plain="bool",
            sql="BOOLEAN",
            json="boolean",
            duckdb="BOOLEAN",
            polars="pl.Boolean",
            spark="BOOLEAN",
            pandas="boolean",
        ),
        "string": _text("string", "TEXT", "text"),
        "enum": _text("enum", "TEXT", "text"),
        "json": _text("string", "JSON", None),
        "timestamp": TypeFacts(
            held=pa.timestamp("us", tz="UTC"),
            shown=pa.timestamp("us", tz="UTC"),
            cells="int64",
            plain="datetime",
            sql="TIMESTAMP WITH TIME ZONE",
            json="string",
            json_format="date-time",
            duckdb="TIMESTAMPTZ",
            polars='pl.Datetime("us", "UTC")',
            spark="TIMESTAMP",
            pandas=None,
        ),
        "date": TypeFacts(
            held=pa.date32(),
            shown=pa.date32(),
            cells="int32",
            plain="date",
            sql="DATE",
            json="string",
            json_format="date",
            duckdb="DATE",
            polars="pl.Date",
            spark="DATE",
            pandas=None,
        ),
        "time": TypeFacts(
            held=pa.time64("us"),
            shown=pa.time64("us"),
            cells="int64",
            plain="time",
            sql="TIME",
            json="string",
            duckdb="TIME",
            polars="pl.Time",
            spark="STRING",
            pandas="string",
        ),
        "decimal": TypeFacts(
            held=_INT64,
            shown=pa.decimal128(DIGITS, 0),
            cells="int64",
            plain="decimal",
            sql=f"DECIMAL({DIGITS}, {{scale}})",
            json="number",
            duckdb=f"DECIMAL({DIGITS}, {{scale}})",
            polars=f"pl.Decimal({DIGITS}, {{scale}})",
            spark=f"DECIMAL({DIGITS}, {{scale}})",
            pandas="string",
            show=decimals,
            hold=minor_units,
        ),
        "uuid": TypeFacts(
            held=pa.binary(uuids.BYTES),
            shown=pa.string(),
            cells=f"V{uuids.BYTES}",
            plain="uuid",
            sql="UUID",
            json="string",
            json_format="uuid",
            duckdb="UUID",
            polars="pl.String",
            spark="STRING",
            pandas="string",
            show=uuids.texts,
            hold=uuids.parsed,
        ),
    }
)
"""By name."""


def numbers(values: pa.Array) -> NDArray[np.generic]:
    """Return an array of any held type but text as the values that a cell holds, zero at nulls; not copied without.

    Instants, days and times come as their integers, what has 16 bytes as ``V16``.
    """
    if pa.types.is_fixed_size_binary(values.type):
        return _bytes(values)
    if pa.types.is_temporal(values.type):
        values = values.view(_INT32 if values.type.bit_width == _INT32.bit_width else _INT64)
    if values.null_count:
        values = values.fill_null(False if pa.types.is_boolean(values.type) else 0)
    found: NDArray[np.generic] = values.to_numpy(zero_copy_only=False)
    return found


def _bytes(values: pa.Array) -> NDArray[np.void]:
    width = values.type.byte_width
    if values.null_count:
        values = values.fill_null(bytes(width))
    if not len(values):
        return np.empty(0, f"V{width}")
    return np.frombuffer(values.buffers()[1], f"V{width}")[values.offset : values.offset + len(values)]
