"""What lies at a path: tables by name, each of which tells its columns and yields its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import nearest
from rowmill.model.schema import ForeignKey, Schema
from rowmill.run.books.manifest import Manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def is_text(kind: pa.DataType) -> bool:
    """Return whether values of an Arrow type are texts, however they are laid out; dictionaries are not."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


class SourceTable(Protocol):
    """One table, whoever made it."""

    @property
    def name(self) -> str:
        """Return its name, which is any text."""

    @property
    def arrow(self) -> pa.Schema:
        """Return the columns that it has, in order, with the types of ``batches``."""

    @property
    def schema(self) -> Schema | None:
        """Return what its maker says of it; None where that is not known. It may tell columns that are not there."""

    @property
    def rows(self) -> int | None:
        """Return how many rows it has by its records, None where only reading it tells."""

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the columns that tell rows apart; none where that is not known."""

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """Return the columns that name rows of other tables; none where that is not known."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time; texts may come as dictionaries.

        Args:
            columns: some of those that it has, in the order wanted; None for all.

        Raises:
            IntegrityError: if a file is missing or damaged.
        """

    def relation(self, connection: DuckDBPyConnection) -> str | None:
        """Return what may stand after FROM in a query of a connection, None where DuckDB cannot read it by itself.

        It has the columns of ``arrow``. ``scanning.scanned`` has one in any case.

        Raises:
            IntegrityError: if a file is missing or damaged.
        """


@dataclass(frozen=True, slots=True)
class Source:
    """The tables at a path."""

    shown: str
    """What to call the path in messages: as the user wrote it, without secrets."""
    tables: Mapping[str, SourceTable]
    """By name, the main one first; at least one."""
    manifest: Manifest | None = None
    """What is committed, at a destination of ours."""

    def table(self, name: str) -> SourceTable:
        """Return a table by its name.

        Raises:
            UsageError: if there is none.
        """
        if name not in self.tables:
            raise UsageError(f"{self.shown}: there is no table {name[:80]!r}; {nearest(name, list(self.tables))}")
        return self.tables[name]
