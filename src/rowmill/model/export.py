"""The printed forms of a schema: YAML, JSON Schema, SQL and a data dictionary, all from the one declaration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import yaml

from rowmill.core.errors import UsageError
from rowmill.model import ddl, readers
from rowmill.model.schema import Field, Schema

Format = Literal["yaml", "json-schema", "sql", "markdown", "duckdb", "polars", "spark", "pandas"]

SHOWN_VALUES = 8
"""Values of a domain that a data dictionary shows before it counts them."""


def render(schemas: Sequence[Schema], format: Format) -> str:
    """Return the schemas of a dataset's tables as text that ends with a line feed; equal schemas give equal text.

    Args:
        schemas: the declarations to print, at least one. In SQL a table comes after those that it refers to, and a
            foreign key to a table that is not printed is a comment.
        format: ``yaml`` has everything; ``json-schema`` (draft 2020-12) checks one record; ``sql`` creates the tables
            in PostgreSQL and DuckDB; ``markdown`` is a data dictionary; ``duckdb``, ``polars``, ``spark`` and
            ``pandas`` read CSV files of it in their types.

    Raises:
        UsageError: if the format is unknown.
    """
    if format == "sql":
        return _joined(_sql_in_order(schemas), "\n")
    if format not in _RENDERERS:
        raise UsageError(f"schema format {format!r}: unknown; known: {', '.join(get_args(Format))}")
    printed = [_RENDERERS[format](schema) for schema in schemas]
    if format == "json-schema" and len(schemas) > 1:
        documents = {schema.name: json.loads(text) for schema, text in zip(schemas, printed, strict=True)}
        return json.dumps(documents, indent=2, ensure_ascii=False) + "\n"
    return _joined(printed, "---\n" if format == "yaml" else "\n")


def _joined(texts: Iterable[str], between: str) -> str:
    return between.join(text.rstrip("\n") + "\n" for text in texts)


def _number(field: Field, value: float | None) -> float | None:
    """Return a bound as an integer where the field holds integers, so that it prints without a point."""
    if value is None or field.facts.json != "integer":
        return value
    return int(value)


def _without_none(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in items if value is not None}


class _Dumper(yaml.SafeDumper):
    """Block style, with tuples in one line, lists indented below their key, and no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists too: the base class leaves them flush with their key."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write equal values out each time."""
        return True


_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
"""What YAML 1.2 takes for a number, 0780 among it, which the 1.1 of our writer takes for text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _NUMBER.fullmatch(text) else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    tuple, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)


def _yaml_field(field: Field) -> dict[str, Any]:
    return _without_none(
        [
            ("name", field.name),
            ("label", field.label),
            ("dtype", field.facts.plain),
            ("type", str(field.shown)),
            ("nullable", field.nullable),
            ("unit", field.unit),
            ("domain", field.values),
            ("minimum", _number(field, field.minimum)),
            ("maximum", _number(field, field.maximum)),
            ("pattern", field.pattern),
            ("length", field.length),
            ("meaning", ddl.line(field.meaning)),
            ("source", field.source),
        ]
    )


def _yaml(schema: Schema) -> str:
    links = [
        {"columns": k.columns, "table": k.table, "references": k.references} | ({"earlier": True} if k.earlier else {})
        for k in schema.foreign_keys
    ]
    document = _without_none(
        [
            ("table", schema.name),
            ("version", schema.version),
            ("description", ddl.line(schema.description)),
            ("primary_key", schema.primary_key or None),
            ("unique", schema.unique or None),
            ("event_time", schema.event_time),
            ("foreign_keys", links or None),
            ("fields", [_yaml_field(field) for field in schema.fields]),
        ]
    )
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _json_field(field: Field) -> dict[str, Any]:
    plain = field.facts.json
    values = None if field.values is None else [*field.values, *([None] if field.nullable else [])]
    return _without_none(
        [
            ("title", field.label),
            ("type", [plain, "null"] if field.nullable else plain),
            ("description", ddl.line(field.meaning)),
            ("format", field.facts.json_format),
            ("contentMediaType", "application/json" if field.type == "json" else None),
            ("enum", values),
            ("minimum", _number(field, field.minimum)),
            ("maximum", _number(field, field.maximum)),
            ("pattern", None if field.pattern is None else f"^(?:{field.pattern})$"),
            ("maxLength", field.length),
            ("x-type", str(field.shown)),
            ("x-unit", field.unit),
            ("x-source", field.source),
        ]
    )


def _json_schema(schema: Schema) -> str:
    document = _without_none(
        [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", schema.name),
            ("description", ddl.line(schema.description)),
            ("x-version", schema.version),
            ("x-primary-key", schema.primary_key or None),
            ("x-unique", schema.unique or None),
            ("x-event-time", schema.event_time),
            ("type", "object"),
            ("properties", {field.name: _json_field(field) for field in schema.fields}),
            ("required", schema.names),
            ("additionalProperties", False),
        ]
    )
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _sql_checks(field: Field) -> str:
    name, low, high = ddl.name(field.name), _number(field, field.minimum), _number(field, field.maximum)
    rules = []
    if field.values is not None:
        rules.append(f"{name} IN ({', '.join(ddl.literal(value) for value in field.values)})")
    if low is not None:
        rules.append(f"{name} >= {low}")
    if high is not None:
        rules.append(f"{name} <= {high}")
    return f" CHECK ({' AND '.join(rules)})" if rules else ""


def _sql(schema: Schema, made: Collection[str]) -> str:
    """Return the statements of a table; it may refer to tables that are made."""
    lines = [f"{ddl.column(field)}{_sql_checks(field)}" for field in schema.fields]
    lines += [f"PRIMARY KEY ({ddl.names(schema.primary_key)})"] if schema.primary_key else []
    lines += [f"UNIQUE ({ddl.names(columns)})" for columns in schema.unique]
    lines += [ddl.reference(key) for key in schema.foreign_keys if key.table in made]
    statements = [f"CREATE TABLE {ddl.name(schema.name)} (", ",\n".join(f"    {line}" for line in lines), ");"]
    statements.extend(f"{comment};" for comment in ddl.comments(schema))
    if others := [key for key in schema.foreign_keys if key.table not in made]:
        statements.append("-- In PostgreSQL, once all rows that these name are loaded:")
        statements.extend(f"-- ALTER TABLE {ddl.name(schema.name)} ADD {ddl.reference(key)};" for key in others)
    return "\n".join(statements) + "\n"


def _sql_in_order(schemas: Sequence[Schema]) -> Iterator[str]:
    """Yield the statements of each table, those that others refer to first."""
    made: list[str] = []
    for schema in ddl.in_order(schemas):
        yield _sql(schema, made)
        made.append(schema.name)


def _cell(text: str | None) -> str:
    return ddl.line(text or "").replace("|", "\\|")


def _markdown_values(field: Field) -> str:
    if field.values is not None:
        shown = ", ".join(f"`{value}`" for value in field.values[:SHOWN_VALUES])
        hidden = len(field.values) - SHOWN_VALUES
        return f"{shown} and {hidden} more" if hidden > 0 else shown
    low, high = _number(field, field.minimum), _number(field, field.maximum)
    if low is not None and high is not None:
        return f"{low} … {high}"
    if low is not None:
        return f"≥ {low}"
    if high is not None:
        return f"≤ {high}"
    return "" if field.pattern is None else f"`{field.pattern}`"


def _markdown(schema: Schema) -> str:
    lines = [f"# {schema.name}", "", ddl.line(schema.description), ""]
    lines.append(f"- Version: {schema.version}")
    for word, columns in [("Primary key", schema.primary_key), *(("Unique", group) for group in schema.unique)]:
        if columns:
            lines.append(f"- {word}: {', '.join(f'`{name}`' for name in columns)}")
    if schema.event_time is not None:
        lines.append(f"- Event time: `{schema.event_time}`")
    for key in schema.foreign_keys:
        names, targets = ", ".join(key.columns), ", ".join(key.references)
        lines.append(f"- Foreign key: `{names}` → `{key.table}` (`{targets}`)")
    lines += ["", "| # | Field | Type | Null | Unit | Values | Meaning | Source |", "|--:|---|---|---|---|---|---|---|"]
    for number, field in enumerate(schema.fields, start=1):
        cells = [
            str(number),
            f"`{field.name}`",
            field.facts.plain if field.type in ("enum", "uuid") else str(field.shown),
            "yes" if field.nullable else "no",
            *(_cell(text) for text in (field.unit, _markdown_values(field), field.meaning, field.source)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_RENDERERS: Final[Mapping[str, Callable[[Schema], str]]] = MappingProxyType(
    {"yaml": _yaml, "json-schema": _json_schema, "markdown": _markdown, **readers.RENDERERS}
)
