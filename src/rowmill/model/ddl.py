"""Statements that define tables, in PostgreSQL and DuckDB alike: columns, keys and comments of a schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from rowmill.model.schema import Field, ForeignKey, Schema


def name(text: str) -> str:
    """Return the name of a table or a column, quoted."""
    return '"' + text.replace('"', '""') + '"'


def names(columns: Iterable[str]) -> str:
    """Return names of columns, quoted, with commas between them."""
    return ", ".join(map(name, columns))


def literal(text: str) -> str:
    """Return a text as a constant."""
    return "'" + text.replace("'", "''") + "'"


def column(field: Field) -> str:
    """Return the definition of a column without its checks."""
    return f"{name(field.name)} {field.named(field.facts.sql)}{'' if field.nullable else ' NOT NULL'}"


def reference(key: ForeignKey, table: str | None = None) -> str:
    """Return a foreign key.

    Args:
        key: of a schema.
        table: the table that it names, with its schema and in quotes; None for the one of its name.
    """
    return f"FOREIGN KEY ({names(key.columns)}) REFERENCES {table or name(key.table)} ({names(key.references)})"


def line(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


def comment(field: Field) -> str:
    """Return what there is to say of a column: meaning, unit and source."""
    parts = [line(field.meaning)]
    if field.unit is not None:
        parts.append(f"Unit: {field.unit}.")
    if field.source is not None:
        parts.append(f"Source: {field.source}.")
    return " ".join(parts)


def comments(schema: Schema, columns: Collection[str] | None = None, table: str | None = None) -> Iterator[str]:
    """Yield the statements that describe a table and its columns.

    Args:
        schema: of the table.
        columns: names that it has; None for all.
        table: what to call it, with its schema and in quotes; None for its name.
    """
    said = table or name(schema.name)
    yield f"COMMENT ON TABLE {said} IS {literal(line(schema.description))}"
    for field in schema.fields:
        if columns is None or field.name in columns:
            yield f"COMMENT ON COLUMN {said}.{name(field.name)} IS {literal(comment(field))}"


def in_order(schemas: Sequence[Schema]) -> list[Schema]:
    """Return schemas with those that others refer to first, where that can be."""
    left = {schema.name: schema for schema in schemas}
    order: list[Schema] = []
    while left:
        ready = [
            schema
            for schema in left.values()
            if all(key.table not in left or key.table == schema.name for key in schema.foreign_keys)
        ]
        order += ready or [next(iter(left.values()))]
        left = {table: schema for table, schema in left.items() if schema not in order}
    return order
