"""Comparing two destinations: specs field by field, rows, the digest of each column, and the rows that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rowmill.api.compare_rows import Pair, RowDifference, Side, differing_rows
from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path
from rowmill.domains.registry import domain
from rowmill.model.schema import Schema
from rowmill.model.spec import validate
from rowmill.run.manifest import Manifest, read


@dataclass(frozen=True, slots=True)
class TableDifference:
    """One table that differs."""

    name: str
    rows: tuple[int | None, int | None]
    """Rows of each side; None where it has no such table."""
    columns: tuple[str, ...]
    """Columns that both sides hold with other digests."""
    left_only: tuple[str, ...]
    right_only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two destinations do not share."""

    digests: tuple[str, str]
    facts: tuple[Pair, ...]
    """Domain, data version, and every field of the spec as a dotted name."""
    tables: tuple[TableDifference, ...]
    rows: tuple[RowDifference, ...] = ()

    @property
    def equal(self) -> bool:
        """Return whether both hold the same rows, whatever their files look like."""
        return self.digests[0] == self.digests[1]

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``equal``."""
        return {"equal": self.equal, **asdict(self)}


def compare(left: str | Path, right: str | Path, *, rows: int = 0) -> Comparison:
    """Compare what two destinations hold, by their manifests.

    Args:
        left: one destination.
        right: the other.
        rows: of each table that differs, read the files and return so many differing rows, by primary key.

    Raises:
        DestinationError: if nothing is committed at one of them.
        UsageError: if rows are asked for and the two are of different domains.
    """
    one, other = read(left), read(right)
    tables = tuple(_tables(one, other))
    found: list[RowDifference] = []
    if rows:
        schemas = _schemas(one, other)
        for table in tables:
            name = table.name
            if name in one.tables and name in other.tables:
                found += differing_rows(schemas[name], _side(left, one, name), _side(right, other, name), limit=rows)
    return Comparison((one.digest, other.digest), tuple(_facts(one, other)), tables, tuple(found))


def _side(out: str | Path, manifest: Manifest, table: str) -> Side:
    root = Path(local_path(out))
    # Slices may name the same files, as those of tables without time.
    files = {root / file.path: entry.layout for entry in manifest.slices for file in entry.tables[table].files}
    return Side(tuple(files.items()), manifest.columns if table == manifest.main else None)


def _schemas(one: Manifest, other: Manifest) -> dict[str, Schema]:
    if one.domain != other.domain:
        raise UsageError(f"rows of {one.domain} and {other.domain} have nothing to be matched by; compare without rows")
    found = domain(one.domain)
    # Rows are matched by the schema alone, which asks for none of the files that the data was made with.
    model = found.build(validate(found.spec_type, {**one.spec, "own": {}} if "own" in one.spec else one.spec, "data"))
    return {name: table.schema for name, table in model.tables.items()}


def _facts(one: Manifest, other: Manifest) -> Iterator[Pair]:
    first, second = (
        {"domain": m.domain, "data_version": m.data_version, **dict(_flat("data", m.spec))} for m in (one, other)
    )
    for name in [*first, *(name for name in second if name not in first)]:
        if first.get(name) != second.get(name):
            yield Pair(name, first.get(name), second.get(name))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, value


def _tables(one: Manifest, other: Manifest) -> Iterator[TableDifference]:
    for name in [*one.tables, *(name for name in other.tables if name not in one.tables)]:
        left, right = one.tables.get(name), other.tables.get(name)
        # A table without rows has no column digests.
        comparable = left is not None and right is not None and left.rows and right.rows
        first = left.columns if left and comparable else {}
        second = right.columns if right and comparable else {}
        difference = TableDifference(
            name,
            (left.rows if left else None, right.rows if right else None),
            tuple(column for column in first if column in second and first[column] != second[column]),
            tuple(column for column in first if column not in second),
            tuple(column for column in second if column not in first),
        )
        same = difference.rows[0] == difference.rows[1]
        if not same or difference.columns or difference.left_only or difference.right_only:
            yield difference
