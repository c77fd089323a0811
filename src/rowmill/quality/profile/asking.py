"""Questions to DuckDB over one table: an expression for each figure, all of them in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from rowmill.model import ddl
from rowmill.quality.profile.facts import Kind
from rowmill.quality.sources.scanning import readable
from rowmill.quality.sources.source import SourceTable, is_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MICROS_PER_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table that is open for questions."""

    connection: DuckDBPyConnection
    table: SourceTable
    relation: str
    """What stands after FROM."""
    sample: str = ""
    """Name of the table with the sample, once it is drawn."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises:
            IntegrityError: if the table cannot be read.
        """
        with readable(self.table.name):
            return self.connection.execute(query).fetchall()

    def one(self, expressions: Mapping[str, str], relation: str | None = None) -> dict[str, Any]:
        """Return the values of aggregate expressions by their names, in one pass."""
        if not expressions:
            return {}
        chosen = ", ".join(expressions.values())
        (values,) = self.rows(f"SELECT {chosen} FROM {relation or self.relation}")
        return dict(zip(expressions, values, strict=True))


def kind_of(kind: pa.DataType) -> Kind:
    """Return what can be asked of a column."""
    if pa.types.is_dictionary(kind):
        return kind_of(kind.value_type)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_timestamp(kind):
        return "instant"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_boolean(kind):
        return "bool"
    return "text" if is_text(kind) else "other"


def usable(field: pa.Field) -> str:
    """Return the expression of a column's values that can be counted and compared: no NaN, no infinity."""
    name, kind = _value(field), kind_of(field.type)
    if pa.types.is_floating(field.type) or kind in ("instant", "date"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    return f"CAST({name} AS VARCHAR)" if kind == "other" else name


def _value(field: pa.Field) -> str:
    name = ddl.name(field.name)
    if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
        # Of nanoseconds DuckDB cannot be asked everything.
        return f"CAST({name} AS {'TIMESTAMP' if field.type.tz is None else 'TIMESTAMPTZ'})"
    return name


def numeric(field: pa.Field) -> str:
    """Return the expression of a column's values as numbers: of days and instants the microseconds since 1970."""
    name = _value(field)
    match kind_of(field.type):
        case "number":
            return f"CAST({usable(field)} AS DOUBLE)"
        case "date" | "instant":
            return f"CASE WHEN isfinite({name}) THEN epoch_us({name}) END"
        case "bool":
            return f"CAST({name} AS DOUBLE)"
    return f"CAST(length({name}) AS DOUBLE)"


def subset(columns: Sequence[str], one_in: int, casts: Sequence[str] = ()) -> str:
    """Return the condition that chooses one key in some, the same keys in every table.

    Args:
        columns: of the key.
        one_in: how many keys there are for each that is chosen; 1 for all.
        casts: types that keys of several tables are brought to; none where they have the same.
    """
    if one_in <= 1:
        return "true"
    cast = [f"CAST({ddl.name(c)} AS {k})" for c, k in zip(columns, casts, strict=True)] if casts else None
    return f"hash({', '.join(cast or map(ddl.name, columns))}) % {one_in} = 0"
