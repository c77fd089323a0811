"""Exports by name: what is known of a path, in the words of another tool."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import nearest
from rowmill.quality.checks.validating import books_of, pasts
from rowmill.quality.exports.dbt import dbt
from rowmill.quality.exports.export import Export, Exported, Writer
from rowmill.quality.exports.great_expectations import great_expectations
from rowmill.quality.exports.pandera import pandera
from rowmill.quality.rules.book import RuleBook
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, scanned

EXPORTS: Final[Mapping[str, Writer]] = MappingProxyType(
    {"great-expectations": great_expectations, "pandera": pandera, "dbt": dbt}
)
"""What writes the rules of tables for a tool."""


def export_rules(
    path: str | os.PathLike[str], to: str, *, rules: RuleBook | str | os.PathLike[str] | None = None
) -> Export:
    """Return the rules of what lies at a path for another tool.

    Args:
        path: as ``validate`` takes it.
        to: the tool.
        rules: those to export; None for those that are known.

    Raises:
        UsageError: if the tool is not known, nothing can be read there, or no rule is known.
    """
    if to not in EXPORTS:
        raise UsageError(f"export to {to!r}: unknown; {nearest(to, EXPORTS)}")
    found = source(path)
    book = books_of(found, rules)[-1]
    past, _ = pasts(found.manifest)
    tables = dict[str, Exported]()
    with connected() as connection, ExitStack() as stack:
        for name, table in found.tables.items():
            if name in book.tables:
                read = table.relation(connection)
                relation = read or stack.enter_context(scanned(table, connection))
                kinds = dict(
                    connection.execute(
                        f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {relation})"
                    ).fetchall()
                )
                tables[name] = Exported(
                    name, book.tables[name], _plain(table.arrow), kinds, read, past.begins and not past.spans
                )
    return EXPORTS[to](tables)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema without dictionaries."""
    kinds = [each.type.value_type if pa.types.is_dictionary(each.type) else each.type for each in schema]
    return pa.schema([each.with_type(kind) for each, kind in zip(schema, kinds, strict=True)])


def write_export(export: Export, out: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write an export: one file of its own, or a folder; nothing is written over.

    Raises:
        UsageError: if something of that name is there, or it cannot be written.
    """
    places = {Path(out, name) if name else Path(out): text for name, text in export.files.items()}
    if there := next((place for place in places if place.exists()), None):
        raise UsageError(f"{there}: is there already; give another name, or remove it")
    try:
        for place, text in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}; give a place that can be written") from None
    return tuple(places)
