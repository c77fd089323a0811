"""Counting: the statistics of tables that no run wrote, or an earlier version did, by reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from rowmill.core.errors import IntegrityError
from rowmill.model import ddl
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.statistics.gather import Gatherer
from rowmill.model.table import Tile
from rowmill.model.types import FieldType
from rowmill.quality.drift.measures import KnownRows
from rowmill.quality.sources.scanning import connected, readable, scanned
from rowmill.quality.sources.source import Source, SourceTable, is_text
from rowmill.sinks.filetypes.arrays import cells_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_VALUES: Final = 256
"""Different texts up to which a column is one of values that are counted."""
_ROW: Final = "\x00row"
"""A column that no table has, since a schema names what tells rows apart."""
_NAMES: Final = ("_id", "_key", "_no")
"""How whole numbers are called that name something and measure nothing."""
_TEXT: Final = Dictionary([""])


def counted(source: Source, tables: Mapping[str, str]) -> KnownRows:
    """Return the statistics of tables, each read once.

    Args:
        source: where they are.
        tables: what to call each of those that are read, by its name there.

    Raises:
        IntegrityError: if one cannot be read.
    """
    schemas, found = dict[str, Schema](), {}
    with connected() as connection:
        for name, shown in tables.items():
            table = source.table(name)
            schemas[shown] = _schema(shown, table, connection)
            found[shown] = _read(source.shown, table, schemas[shown])
    return KnownRows(source.shown, {name: each.finish() for name, each in found.items()}, schemas)


def _read(where: str, table: SourceTable, schema: Schema) -> Gatherer:
    gatherer = Gatherer(schema)
    names = [name for name in schema.names if name != _ROW]
    try:
        for number, batch in enumerate(table.batches(names)):
            frame = {name: _cells(schema[name], batch.column(name)) for name in names}
            gatherer.add(Tile(0, number, frame))
    except (pa.ArrowException, ValueError) as error:
        raise IntegrityError(f"{where}: {table.name} cannot be read: {str(error).splitlines()[0]}") from None
    return gatherer


def _schema(shown: str, table: SourceTable, connection: DuckDBPyConnection) -> Schema:
    """Return the columns of a table that statistics are known of."""
    known = table.schema
    fields = list[Field]()
    kinds = {field.name: _type(field.type) for field in table.arrow}
    texts = [name for name, kind in kinds.items() if kind == "string" and not (known and known[name].values)]
    values = _few_values(table, connection, texts)
    for name, kind in kinds.items():
        if known is not None:
            fields.append(known[name])
        elif name in values:
            fields.append(Field(name, "enum", "", nullable=True, values=values[name]))
        elif kind is not None:
            named = name.lower() == "id" or name.lower().endswith(_NAMES)
            fields.append(Field(name, kind, "", nullable=True, unit=None if named or kind != "int64" else ""))
    if known is not None:
        return Schema(shown, "", "", tuple(fields), unique=(known.row_key,), event_time=known.event_time)
    when = next((field.name for field in fields if field.type == "timestamp"), None)
    fields = [Field(f.name, f.type, "", unit=f.unit, values=f.values, nullable=f.name != when) for f in fields]
    return Schema(shown, "", "", (*fields, Field(_ROW, "int64", "")), primary_key=(_ROW,), event_time=when)


def _few_values(table: SourceTable, connection: DuckDBPyConnection, names: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the values of columns of texts that have few of them."""
    if not names:
        return {}
    with readable(table.name), scanned(table, connection, names) as relation:
        about = ", ".join(f"approx_count_distinct({ddl.name(name)})" for name in names)
        found = connection.execute(f"SELECT {about} FROM {relation}").fetchone() or ()
        few = [name for name, count in zip(names, found, strict=True) if count <= 2 * _MOST_VALUES]
        lists = ", ".join(f"list(DISTINCT CAST({ddl.name(name)} AS VARCHAR))" for name in few)
        values = (few and connection.execute(f"SELECT {lists} FROM {relation}").fetchone()) or ()
    known = {name: tuple(sorted(set(some or ()) - {None})) for name, some in zip(few, values, strict=True)}
    return {name: some for name, some in known.items() if 0 < len(some) <= _MOST_VALUES}


def _type(kind: pa.DataType) -> FieldType | None:
    """Return the type that statistics have for values of Arrow; None where they have none."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_signed_integer(kind) or kind in (pa.uint8(), pa.uint16(), pa.uint32()):
        return "int64"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return "float64"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_date(kind):
        return "date"
    return "string" if is_text(kind) else None


def _cells(field: Field, array: pa.Array) -> Cells:
    if field.text and field.values is None:
        nulls = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
        return Cells(np.zeros(len(array), np.int8), nulls, _TEXT)
    if field.text:
        plain = array.cast(pa.string()) if not pa.types.is_dictionary(array.type) else array
        return cells_of(field, plain)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type) and array.type.tz is None:
        array = array.cast(pa.timestamp("us"), safe=False).cast(field.held)
    return cells_of(field, array.cast(field.shown, safe=False))
