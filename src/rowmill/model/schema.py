"""Schemas: the one declaration of a table's fields, from which every printed form and every check is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

FieldType = Literal["int8", "int16", "int32", "int64", "float64", "bool", "string", "enum", "timestamp", "date", "json"]

ARROW_TYPES: dict[FieldType, pa.DataType] = {
    "int8": pa.int32(),
    "int16": pa.int32(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "enum": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "json": pa.string(),
}
"""What readers see. Narrow numbers are shown wide: in a narrow type, ``offset * 60`` wraps without a word."""

_NARROW: dict[FieldType, pa.DataType] = {"int8": pa.int8(), "int16": pa.int16()}

Values = tuple[str, ...]
"""Every value that an enum may have; fewer than 65,536."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table as its users see it."""

    name: str
    type: FieldType
    meaning: str
    nullable: bool = False
    unit: str | None = None
    """SI or ISO unit, or what one step of the number stands for."""
    source: str | None = None
    """Where the values come from: a standard, a frozen reference table, a rule of the domain."""
    values: Values | None = None
    """Every value that may occur, for an enum."""
    minimum: float | None = None
    """Smallest value that may occur, inclusive."""
    maximum: float | None = None
    """Largest value that may occur, inclusive."""
    pattern: str | None = None
    """Regular expression that the whole text matches."""
    layout: Literal["plain", "delta", "dictionary"] = "plain"
    """How a Parquet file stores it best: a hint for encoders, no part of the meaning."""
    label: str | None = None
    """Title that a standard gives it, where one does."""
    length: int | None = None
    """Most characters that a text may have, where there is a limit."""

    @property
    def held(self) -> pa.DataType:
        """Return the type of the values in memory, which digests are made of: narrow numbers are narrow there."""
        return _NARROW.get(self.type, ARROW_TYPES[self.type])

    @property
    def arrow(self) -> pa.Field:
        """Return the Arrow field that readers of a file see."""
        return pa.field(self.name, ARROW_TYPES[self.type], self.nullable)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of this table that name a row of another one."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a table in order, with its keys."""

    name: str
    version: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    event_time: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the fields in order."""
        return tuple(f.name for f in self.fields)

    def __getitem__(self, name: str) -> Field:
        """Return the field of a name; KeyError if there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def values(self) -> dict[str, Values]:
        """Return the values that each enum may have."""
        return {f.name: f.values for f in self.fields if f.type == "enum" and f.values is not None}

    def arrow(self, columns: Sequence[str] | None = None) -> pa.Schema:
        """Return the Arrow schema of all fields, or of the named ones in the schema's own order."""
        return pa.schema([f.arrow for f in self.fields if columns is None or f.name in columns])
