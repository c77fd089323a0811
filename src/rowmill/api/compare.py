"""Comparing two destinations: specs field by field, rows, the digest of each column, and the rows that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rowmill.api.compare_rows import Pair, RowDifference, differing_rows, shared_columns
from rowmill.core.errors import IntegrityError, UsageError
from rowmill.run.books.manifest import Manifest, read
from rowmill.run.books.rebuild import schemas
from rowmill.run.reading import stored_table
from rowmill.run.repair import losses
from rowmill.sinks.registry import destination, shown


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
    """Of the rows that each manifest promises."""
    facts: tuple[Pair, ...]
    """Domain, data version, and every field of the spec as a dotted name."""
    tables: tuple[TableDifference, ...]
    """Tables that differ by their manifests."""
    lost: tuple[Lost, ...] = ()
    """Files that are gone or of another size."""
    read: tuple[str, ...] = ()
    """Tables whose rows were read on both sides and compared; of the others manifests alone were."""
    rows: tuple[RowDifference, ...] = ()

    @property
    def equal(self) -> bool:
        """Return whether both promise the same rows, have their files, and show no other rows where they were read."""
        return self.digests[0] == self.digests[1] and not self.lost and not self.rows

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``equal``."""
        return {"equal": self.equal, **asdict(self)}


def compare(left: str | Path, right: str | Path, *, rows: int = 0, allow_plugins: bool = False) -> Comparison:
    """Compare what two destinations hold, by their manifests, and whether each has its files with their sizes.

    Args:
        left: one destination.
        right: the other.
        rows: read the files too, and return so many differing rows of each table, by what tells them apart.
        allow_plugins: whether code that the stored specs name may be imported to read rows.

    Raises:
        DestinationError: if nothing is committed at one of them.
        IntegrityError: if records are damaged, or a file cannot be read.
        UsageError: if rows are asked for and the two are of different domains, or a spec names code that may not be
            imported.
    """
    one, other = read(left), read(right)
    lost = (*_lost("left", left, one), *_lost("right", right, other))
    known: list[str] = []
    found: list[RowDifference] = []
    if rows:
        if one.domain != other.domain:
            raise UsageError(
                f"rows of {one.domain} and {other.domain} have nothing to be matched by; compare without rows"
            )
        damaged = {each.table for each in lost}
        first, second = (
            schemas(shown(out), manifest.slices[0], allow_plugins=allow_plugins)
            for out, manifest in ((left, one), (right, other))
        )
        for name in (name for name in first if name in one.tables and name in other.tables):
            sides = stored_table(left, one, first[name]), stored_table(right, other, second[name])
            if set(first[name].row_key) <= set(shared_columns(*sides)):
                # What is lost is said already, and the rest of the table may be read all the same.
                with suppress(IntegrityError) if name in damaged else nullcontext():
                    found += differing_rows(*sides, limit=rows)
                    known.append(name)
    facts, tables = tuple(_facts(one, other)), tuple(_tables(one, other))
    return Comparison((one.digest, other.digest), facts, tables, lost, tuple(known), tuple(found))


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
