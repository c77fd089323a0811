"""Schemas: the one declaration of a table's fields, from which every printed form and every check is made."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Literal

import pyarrow as pa
from pydantic import TypeAdapter

from rowmill.core.errors import DeclarationError
from rowmill.model.decimals import DIGITS
from rowmill.model.types import TYPES, FieldType, TypeFacts

Values = tuple[str, ...]
"""Every value that an enum may have; fewer than 65,536."""
_MOST_VALUES = 1 << 16


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table as its users see it.

    Raises:
        DeclarationError: if what it says of itself contradicts its type.
    """

    name: str
    type: FieldType
    meaning: str
    nullable: bool = False
    unit: str | None = None
    """SI or ISO unit, or what one step of the number stands for."""
    source: str | None = None
    """Where the values come from: a standard, a frozen reference table, a rule of the domain."""
    values: Values | None = None
    """Every value that may occur, for an enum; None where the dataset decides it and has not yet."""
    minimum: float | None = None
    """Smallest value that may occur, inclusive; of a decimal the number itself, not its minor units."""
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
    calendar: bool = False
    """Whether its numbers move with the calendar, as offsets of clocks and years do: days far apart differ in it."""
    scale: int | None = None
    """Digits of a decimal behind its point, 0 … 18: how many of its minor units make a one, as a power of ten."""

    def __post_init__(self) -> None:
        for problem in _field_problems(self):
            raise DeclarationError(f"field {self.name}: {problem}")

    @property
    def facts(self) -> TypeFacts:
        """Return what is known of its type."""
        return TYPES[self.type]

    @property
    def held(self) -> pa.DataType:
        """Return the type of the values in memory, which digests are made of: narrow numbers are narrow there."""
        return self.facts.held

    @property
    def shown(self) -> pa.DataType:
        """Return the type that readers of a file see."""
        return self.facts.shown if self.scale is None else pa.decimal128(DIGITS, self.scale)

    @property
    def arrow(self) -> pa.Field:
        """Return the Arrow field that readers of a file see."""
        return pa.field(self.name, self.shown, self.nullable)

    @property
    def text(self) -> bool:
        """Return whether cells hold it as text."""
        return self.facts.cells is None

    def named(self, word: str) -> str:
        """Return a word for its type, such as ``facts.sql``, with the digits that belong to it."""
        return word.format(scale=self.scale)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of this table that name a row of another one, or of this one; where one of them is null, none."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    earlier: bool = False
    """Whether that row may lie in an earlier window, which a slice need not hold; else it has the row's own window, or
    its table has no time."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a table in order, with its keys.

    Raises:
        DeclarationError: if a name stands twice, or a key or the event time is no column that can be one.
    """

    name: str
    version: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()
    """Columns that are never null and tell rows apart; none where ``unique`` says what does."""
    event_time: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = field(default=())
    unique: tuple[tuple[str, ...], ...] = ()
    """Further groups of columns that tell rows apart. Some may be null, and then two nulls count as equal."""

    def __post_init__(self) -> None:
        for problem in _schema_problems(self):
            raise DeclarationError(f"schema {self.name}: {problem}")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the fields in order."""
        return tuple(f.name for f in self.fields)

    @property
    def row_key(self) -> tuple[str, ...]:
        """Return the columns that tell rows apart: the primary key, else the first unique group, which nulls may be in.

        Two nulls count as equal there.
        """
        return self.primary_key or next(iter(self.unique), ())

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

    def to_json(self) -> dict[str, Any]:
        """Return plain data; what has its default is left out."""
        data: dict[str, Any] = _plain(self)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schema:
        """Read what ``to_json`` wrote: keys that are not known are dropped, missing ones have their defaults.

        Raises:
            ValueError: if a value is of another kind, a field of a type that is not known, or the schema is not sound.
        """
        return _adapter().validate_json(json.dumps(data), strict=True)


def linked(schemas: Iterable[Schema]) -> None:
    """Hold the foreign keys of the tables of a dataset against the tables that they name.

    Raises:
        DeclarationError: if a key names a table that is not there, columns that tell no row apart, or columns of other
            types.
    """
    known = {schema.name: schema for schema in schemas}
    for schema in known.values():
        for key in schema.foreign_keys:
            for problem in _link_problems(schema, key, known.get(key.table)):
                raise DeclarationError(f"schema {schema.name}: foreign key ({', '.join(key.columns)}): {problem}")


@cache
def _adapter() -> TypeAdapter[Schema]:
    return TypeAdapter(Schema)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, Field | ForeignKey | Schema):
        return value
    return {
        f.name: _plain(item)
        for f in fields(value)
        if (item := getattr(value, f.name)) != f.default or f.default is MISSING
    }


def _field_problems(f: Field) -> Iterator[str]:
    if f.type not in TYPES:
        yield f"type {f.type!r} is unknown; known: {', '.join(TYPES)}"
        return
    bounds = [bound for bound in (f.minimum, f.maximum) if bound is not None]
    yield from _of_other_types(f, has_bounds=bool(bounds))
    if not f.name:
        yield "has no name"
    if bounds != sorted(bounds):
        yield f"the minimum {f.minimum} is above the maximum {f.maximum}"
    if f.values is not None and not len(set(f.values)) == len(f.values) in range(1, _MOST_VALUES):
        yield f"got {len(f.values)} values, {len(set(f.values))} of them distinct; give 1 to 65,535 distinct ones"
    if f.length is not None and f.length < 1:
        yield f"a text of at most {f.length} characters says nothing"
    if f.type == "decimal" and f.scale not in range(DIGITS + 1):
        yield f"scale {f.scale}; a decimal has 0 to {DIGITS} digits behind its point"
    try:
        re.compile(f.pattern or "")
    except re.error as error:
        yield f"the pattern {f.pattern!r} is no regular expression: {error}"


def _of_other_types(f: Field, *, has_bounds: bool) -> Iterator[str]:
    """Yield what a field says that only fields of other types have."""
    if has_bounds and f.facts.json not in ("integer", "number"):
        yield f"a {f.type} has no minimum or maximum; numbers have"
    if f.values is not None and f.type != "enum":
        yield f"a {f.type} has no list of values; an enum has"
    if (f.pattern, f.length) != (None, None) and f.facts.shown != pa.string():
        yield f"a {f.type} has no pattern or length; texts have"
    if f.scale is not None and f.type != "decimal":
        yield f"a {f.type} has no scale; a decimal has"


def _schema_problems(schema: Schema) -> Iterator[str]:
    names = schema.names
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        yield f"has more than one field {twice[0]!r}"
    if not schema.row_key:
        yield "nothing tells its rows apart; give a primary key, or a group of unique columns that may be null"
    for what, columns in _groups(schema):
        if strange := [name for name in columns if name not in names]:
            yield f"{what}: there is no field {strange[0]!r}"
            return
        if len(set(columns)) < len(columns) or not columns:
            yield f"{what}: ({', '.join(columns)}) names no column, or one twice"
    for name in schema.primary_key:
        if schema[name].nullable:
            yield f"primary key: {name} may be null, so it is no key; name the columns in unique"
    when = None if schema.event_time is None else schema[schema.event_time]
    if when is not None and (when.nullable or when.type not in ("timestamp", "date")):
        yield f"event time: {when.name} must be a timestamp or a date that is never null"
    for key in schema.foreign_keys:
        if len(key.columns) != len(key.references):
            yield f"foreign key ({', '.join(key.columns)}): names {len(key.references)} columns of {key.table}"


def _groups(schema: Schema) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield groups of columns that a schema names, with the word for each."""
    if schema.primary_key:
        yield "primary key", schema.primary_key
    if schema.event_time is not None:
        yield "event time", (schema.event_time,)
    yield from (("unique", columns) for columns in schema.unique)
    yield from (("foreign key", key.columns) for key in schema.foreign_keys)


def _link_problems(schema: Schema, key: ForeignKey, target: Schema | None) -> Iterator[str]:
    if target is None:
        yield f"there is no table {key.table}"
    elif key.references != target.primary_key and key.references not in target.unique:
        yield f"({', '.join(key.references)}) of {key.table} is neither its primary key nor declared unique"
    else:
        for name, other in zip(key.columns, key.references, strict=True):
            here, there = schema[name], target[other]
            one, two = here.named(here.facts.sql), there.named(there.facts.sql)
            if one != two:
                yield f"{name} is of type {one}, {other} of {key.table} is of type {two}"
