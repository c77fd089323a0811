"""Comparing two destinations: specs field by field, rows, the digest of each column, and the rows that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rowmill.api.compare_lists import other_meanings
from rowmill.api.compare_rows import Pair, RowDifference, alike, differing_rows, shared_columns
from rowmill.core.errors import IntegrityError, UsageError
from rowmill.model.schema import Schema
from rowmill.run.books.manifest import Manifest, read
from rowmill.run.books.rebuild import schemas
from rowmill.run.landing.repair import losses
from rowmill.run.reading import stored_table
from rowmill.sinks.registry import destination, shown


@dataclass(frozen=True, slots=True)
class TableDifference:
    """One table that differs."""

    name: str
    rows: tuple[int | None, int | None]
    """Rows of each side; None where it has no such table."""
    columns: tuple[str, ...]
    """Columns that both sides hold with other digests, types or texts behind the places that digests count."""
    left_only: tuple[str, ...]
    right_only: tuple[str, ...]
    meanings: tuple[Pair, ...] = ()
    """Of the columns those whose type or list of values differs, with the first difference."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that a manifest lists and that is gone, or of another size."""

    side: str
    """``left`` or ``right``."""
    table: str
    path: str
    """Relative to the destination."""
    message: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two destinations do not share, and what was looked at to tell."""

    digests: tuple[str, str]
    """Of the rows that each manifest promises; an enum counts by the places of its values in the schema's list."""
    facts: tuple[Pair, ...]
    """Domain, data version, and every field of the spec as a dotted name."""
    tables: tuple[TableDifference, ...]
    """Tables that differ by their manifests, except in columns that reading all rows showed to be equal."""
    lost: tuple[Lost, ...] = ()
    """Files that are gone or of another size."""
    read: tuple[str, ...] = ()
    """Tables whose rows were read on both sides and compared; of the others manifests alone were."""
    rows: tuple[RowDifference, ...] = ()

    @property
    def equal(self) -> bool:
        """Return whether both promise the same rows, have their files, and show no other rows where they were read."""
        return self.promised and not self.lost and not self.rows

    @property
    def promised(self) -> bool:
        """Return whether both promise the same rows: by what digests count, or by the rows that were read."""
        return not self.tables

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``equal``."""
        return {"equal": self.equal, **asdict(self)}


def compare(left: str | Path, right: str | Path, *, rows: int = 0, allow_plugins: bool = False) -> Comparison:
    """Compare what two destinations hold, by their manifests, and whether each has its files with their sizes.

    Args:
        left: one destination.
        right: the other.
        rows: read the files too, and return so many differing rows of each table, by what tells them apart.
        allow_plugins: whether code that the stored specs name may be imported, where no schema was recorded.

    Raises:
        DestinationError: if nothing is committed at one of them.
        IntegrityError: if records are damaged, or a file cannot be read.
        UsageError: if rows are asked for and the two are of different domains, or a spec names code that may not be
            imported.
    """
    one, other = read(left), read(right)
    if rows and one.domain != other.domain:
        raise UsageError(f"rows of {one.domain} and {other.domain} have nothing to be matched by; compare without rows")
    lost = (*_lost("left", left, one), *_lost("right", right, other))
    first, second = (
        {}
        if not rows and _one_spec(one, other)
        else schemas(shown(out), manifest.slices[0], allow_plugins=allow_plugins)
        for out, manifest in ((left, one), (right, other))
    )
    found: dict[str, list[RowDifference]] = {}
    if rows:
        damaged = {each.table for each in lost}
        for name in (name for name in first if name in one.tables and name in other.tables):
            sides = stored_table(left, one, first[name]), stored_table(right, other, second[name])
            if set(first[name].row_key) <= set(shared_columns(*sides)):
                # What is lost is said already, and the rest of the table may be read all the same.
                with suppress(IntegrityError) if name in damaged else nullcontext():
                    found[name] = differing_rows(*sides, limit=rows)
    tables = [
        _as_read(table, found[table.name], first[table.name], second[table.name], limit=rows)
        if table.name in found
        else table
        for table in _tables(one, other, first, second)
    ]
    return Comparison(
        (one.digest, other.digest),
        tuple(_facts(one, other)),
        tuple(table for table in tables if _differs(table)),
        lost,
        tuple(found),
        tuple(row for rows_of in found.values() for row in rows_of),
    )


def _one_spec(one: Manifest, other: Manifest) -> bool:
    """Return whether both are of one spec, and so of one schema."""
    return (one.domain, one.data_version, one.fingerprint) == (other.domain, other.data_version, other.fingerprint)


def _lost(side: str, out: str | Path, manifest: Manifest) -> Iterator[Lost]:
    for loss in losses(destination(out), manifest.slices):
        yield Lost(side, loss.table, loss.file.path, loss.how)


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


def _tables(
    one: Manifest, other: Manifest, first: Mapping[str, Schema], second: Mapping[str, Schema]
) -> Iterator[TableDifference]:
    for name in [*one.tables, *(name for name in other.tables if name not in one.tables)]:
        left, right = one.tables.get(name), other.tables.get(name)
        # A table without rows has no column digests.
        comparable = left is not None and right is not None and left.rows and right.rows
        mine = left.columns if left and comparable else {}
        theirs = right.columns if right and comparable else {}
        shared = [column for column in mine if column in theirs]
        known = name in first and name in second
        meanings = other_meanings(first[name], second[name], shared) if known else []
        others = {pair.name for pair in meanings}
        yield TableDifference(
            name,
            (left.rows if left else None, right.rows if right else None),
            tuple(column for column in shared if mine[column] != theirs[column] or column in others),
            tuple(column for column in mine if column not in theirs),
            tuple(column for column in theirs if column not in mine),
            tuple(meanings),
        )


def _differs(table: TableDifference) -> bool:
    return table.rows[0] != table.rows[1] or bool(table.columns or table.left_only or table.right_only)


def _as_read(
    table: TableDifference, found: Sequence[RowDifference], left: Schema, right: Schema, *, limit: int
) -> TableDifference:
    """Return a difference without the columns of other lists whose texts are equal in all rows, which were read."""
    if len(found) >= limit or any(row.only for row in found):
        return table
    seen = {cell.name for row in found for cell in row.cells}
    equal = {each.name for each in table.meanings if each.name not in seen and alike(left[each.name], right[each.name])}
    return replace(
        table,
        columns=tuple(name for name in table.columns if name not in equal),
        meanings=tuple(each for each in table.meanings if each.name not in equal),
    )
