"""Rules as a Python module of pandera schemas for Polars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from rowmill.model.rules import Rule
from rowmill.quality.exports.export import Export, Exported, NoWordsError
from rowmill.quality.exports.polars_text import polars_text
from rowmill.quality.rules.book import ColumnRule
from rowmill.quality.rules.parsing import parsed

_HEAD: Final = '''"""Schemas of data frames of Polars, by table: ``SCHEMAS["NAME"].validate(frame, lazy=True)``."""

import datetime as dt  # noqa: F401

import pandera.polars as pa
import polars as pl


def keeps(name, expression):
    """Return a check of rows; what is unknown because a value is missing breaks nothing."""
    return pa.Check(lambda data: data.lazyframe.select(expression.fill_null(True)), name=name, error=name)


SCHEMAS = {
'''
_TYPES: Final = {
    "int8": "pl.Int8", "int16": "pl.Int16", "int32": "pl.Int32", "int64": "pl.Int64", "uint8": "pl.UInt8",
    "uint16": "pl.UInt16", "uint32": "pl.UInt32", "uint64": "pl.UInt64", "float": "pl.Float32", "double": "pl.Float64",
    "bool": "pl.Boolean", "string": "pl.String", "large_string": "pl.String", "string_view": "pl.String",
    "date32[day]": "pl.Date", "time64[us]": "pl.Time", "time64[ns]": "pl.Time",
}  # fmt: skip


def pandera(tables: Mapping[str, Exported]) -> Export:
    """Return the rules of tables as one module."""
    left_out = list[str]()
    schemas = "".join(_schema(table, left_out) for table in tables.values())
    return Export({"": f"{_HEAD}{schemas}}}\n"}, tuple(left_out))


def _schema(table: Exported, left_out: list[str]) -> str:
    rules = table.rules
    left_out += [f"{table.name}: {link.name}: a schema is of one table" for link in rules.foreign_keys]
    columns = "".join(_column(table, name, rule) for name, rule in rules.columns.items())
    keys = "".join(_key(key) for key in rules.keys)
    checks = "".join(_rules(table, left_out))
    strict = "" if rules.others else "        strict=True,\n"
    return (
        f"    {table.name!r}: pa.DataFrameSchema(\n        {{\n{columns}        }},\n"
        f"        checks=[\n{keys}{checks}        ],\n{strict}    ),\n"
    )


def _key(key: tuple[str, ...]) -> str:
    name = f"({', '.join(key)}) tells rows apart"
    return f"            keeps({name!r}, ~pl.struct({list(key)!r}).is_duplicated()),\n"


def _column(table: Exported, name: str, rule: ColumnRule) -> str:
    checks = [f"keeps({words!r}, {text})" for words, text in _values(f"pl.col({name!r})", name, rule)]
    listed = f", [{', '.join(checks)}]" if checks else ""
    kind = _type(table, name)
    return f"            {name!r}: pa.Column({kind}{listed}, nullable={rule.nullable}, required=True),\n"


def _values(column: str, name: str, rule: ColumnRule) -> Iterator[tuple[str, str]]:
    if rule.minimum is not None:
        yield f"{name} is at least {rule.minimum}", f"{column} >= {rule.minimum!r}"
    if rule.maximum is not None:
        yield f"{name} is at most {rule.maximum}", f"{column} <= {rule.maximum!r}"
    if rule.values is not None:
        yield f"{name} is one of {len(rule.values)} values", f"{column}.is_in({list(rule.values)!r})"
    if rule.pattern is not None:
        yield f"{name} matches {rule.pattern}", f"{column}.str.contains({f'^(?:{rule.pattern})$'!r})"
    if rule.length is not None:
        yield f"{name} has at most {rule.length} characters", f"{column}.str.len_chars() <= {rule.length}"


def _type(table: Exported, name: str) -> str:
    """Return the type that Polars reads a column in."""
    if name not in table.arrow.names:
        return "None"
    kind = table.arrow.field(name).type
    if pa.types.is_timestamp(kind):
        return f"pl.Datetime({kind.unit!r}, {kind.tz!r})"
    if pa.types.is_decimal(kind):
        return f"pl.Decimal({kind.precision}, {kind.scale})"
    return _TYPES.get(str(kind), "None")


def _rules(table: Exported, left_out: list[str]) -> Iterator[str]:
    for rule in table.rules.rules:
        try:
            yield f"            keeps({rule.name!r}, {_text(rule, begins=table.begins)}),\n"
        except NoWordsError as error:
            left_out.append(f"{table.name}: {rule.name}: {error}; a schema is of one table")


def _text(rule: Rule, *, begins: bool) -> str:
    text = polars_text(parsed(rule.check), rule.by, rule.order)
    if not rule.order or (rule.begins and begins):
        return text
    first = f"pl.int_range(pl.len()).over({list(rule.by)!r}, order_by={list(rule.order)!r}) == 0"
    return f"({first}) | {text}"
