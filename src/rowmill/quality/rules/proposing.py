"""Rules proposed by looking at the rows that are there: types, missing values, ranges, short lists, keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from rowmill.model import ddl
from rowmill.model.types import FieldType
from rowmill.quality.rules.book import ColumnRule, RuleBook, TableRules
from rowmill.quality.sources.scanning import connected, readable, scanned
from rowmill.quality.sources.source import Source, SourceTable, is_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_VALUES: Final = 40
"""Different values of a text that are taken for all that there can be."""
_LEAST_REPEATS: Final = 20
"""Rows that each of them has in the mean."""
_NEARLY: Final = 0.9
"""Share of rows that differ, by an estimate, where it is worth counting whether all do."""
_NUMBERS: Final = ("int64", "float64")


def proposed(found: Source) -> RuleBook:
    """Return rules that the rows at a path keep; each is a guess, for somebody who knows the data to read.

    Raises:
        IntegrityError: if a table cannot be read.
    """
    with connected() as connection:
        return RuleBook({name: _table(connection, table) for name, table in found.tables.items()})


def _table(connection: DuckDBPyConnection, table: SourceTable) -> TableRules:
    types = {field.name: kind_of(field.type) for field in table.arrow}
    with scanned(table, connection) as relation, readable(table.name):
        rows, facts = _facts(connection, relation, types)
        columns = {
            name: _column(connection, relation, name, types[name], rows, facts[name]) for name in table.arrow.names
        }
        keys = [
            name for name in table.arrow.names if _is_key(connection, relation, name, types[name], rows, facts[name])
        ]
    primary = table.primary_key or tuple(keys[:1])
    return TableRules(
        columns,
        others=False,
        primary_key=primary if all(not columns[name].nullable for name in primary) else (),
        unique=tuple((name,) for name in keys if (name,) != primary),
    )


def kind_of(kind: pa.DataType) -> FieldType | None:
    """Return the type of fields that an Arrow type is; None where there is none such."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests: dict[FieldType, bool] = {
        "int64": pa.types.is_integer(kind),
        "float64": pa.types.is_floating(kind) or pa.types.is_decimal(kind),
        "bool": pa.types.is_boolean(kind),
        "timestamp": pa.types.is_timestamp(kind),
        "date": pa.types.is_date(kind),
        "time": pa.types.is_time(kind),
        "string": is_text(kind),
    }
    return next((name for name, found in tests.items() if found), None)


_Facts = tuple[int, int, float | None, float | None]
"""Values that are there, an estimate of how many differ, the smallest and the largest number."""


def _facts(
    connection: DuckDBPyConnection, relation: str, types: Mapping[str, FieldType | None]
) -> tuple[int, dict[str, _Facts]]:
    chosen = ["count(*)"]
    for name, kind in types.items():
        column = ddl.name(name)
        bounds = [f"min({column})", f"max({column})"] if kind in _NUMBERS else ["NULL", "NULL"]
        chosen += [f"count({column})", f"approx_count_distinct({column})", *bounds]
    row = connection.execute(f"SELECT {', '.join(chosen)} FROM {relation}").fetchall()[0]
    return int(row[0]), {name: row[1 + 4 * n : 5 + 4 * n] for n, name in enumerate(types)}


def _column(
    connection: DuckDBPyConnection, relation: str, name: str, kind: FieldType | None, rows: int, facts: _Facts
) -> ColumnRule:
    there, different, low, high = facts
    values = None
    if kind == "string" and 0 < different <= 2 * _MOST_VALUES and there >= _LEAST_REPEATS * different:
        column = ddl.name(name)
        found = connection.execute(
            f"SELECT DISTINCT {column} FROM {relation} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {_MOST_VALUES + 1}"
        ).fetchall()
        values = tuple(value for (value,) in found) if len(found) <= _MOST_VALUES else None
    return ColumnRule(
        "enum" if values else kind,
        nullable=there < rows or not rows,
        minimum=_bound(kind, low),
        maximum=_bound(kind, high),
        values=values,
        repeats=there >= _LEAST_REPEATS * max(different, 1),
    )


def _bound(kind: FieldType | None, value: float | None) -> int | float | None:
    if value is None or kind is None:
        return None
    number = int(value) if kind == "int64" else float(value)
    return number if abs(number) < 2**63 else None


def _is_key(
    connection: DuckDBPyConnection, relation: str, name: str, kind: FieldType | None, rows: int, facts: _Facts
) -> bool:
    there, different, _, _ = facts
    if kind not in ("int64", "string") or rows < 2 or there < rows or different < _NEARLY * rows:
        return False
    column = ddl.name(name)
    groups = f"SELECT count(*) AS n FROM {relation} GROUP BY hash({column})"
    (most,) = connection.execute(f"SELECT max(n) FROM ({groups})").fetchall()[0]
    return bool(most == 1)
