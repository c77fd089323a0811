"""One table of a dataset, lazily: everything can be asked of it, and no row is made until it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rowmill.model.column_table import ColumnTable
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Frame, take_rows
from rowmill.model.schema import Schema
from rowmill.model.table import Table, some_in_order

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True, slots=True, repr=False)
class LazyTable:
    """One table of a dataset. Rows come block by block, in order of time within each."""

    model: Dataset
    """The dataset that the table belongs to."""
    name: str

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.schema.fields)} columns, of {self.model!r}>"

    @property
    def rule(self) -> Table:
        """Return the rule that yields the table's tiles."""
        return self.model.tables[self.name]

    @property
    def schema(self) -> Schema:
        """Return the declaration of the fields, keys and their meaning."""
        return self.rule.schema

    def scan(self, *, entities: Sequence[int] | Sequence[str] | None = None) -> pl.LazyFrame:
        """Return a lazy frame that makes rows when it is collected.

        Only the columns that a query needs are computed, and only the days that plain comparisons of the time column,
        joined by ``&``, leave over.

        Args:
            entities: entities to make, as their column shows them (of payments and labels customers, of vital signs
                subjects, of a workforce employees, of a catalog its own rows); only their blocks are computed.

        Raises:
            UsageError: if an entity does not exist.
        """
        from rowmill.api.scan import scan

        return scan(self.model, self.rule, entities)

    def batches(self, columns: Sequence[str] | None = None, windows: range | None = None) -> Iterator[pa.RecordBatch]:
        """Yield Arrow record batches of at most one tile each, in the plain types of ``schema.arrow()``.

        Args:
            columns: columns to compute, in any order (batches keep the schema's); None for all.
            windows: consecutive windows of the dataset's calendar; None for the whole of a closed period.
        """
        from rowmill.api.batches import plain_batch

        chosen = None if columns is None else some_in_order(self.schema, columns)
        for frame in self.frames(chosen, windows):
            yield plain_batch(frame, self.schema)

    def frames(self, columns: Sequence[str] | None = None, windows: range | None = None) -> Iterator[Frame]:
        """Yield the tiles that hold rows, as NumPy columns with categories as codes."""
        chosen = self.windows if windows is None or not self.rule.timed else windows
        for block in range(self.rule.blocks):
            for tile in self.rule.tiles(block, chosen, columns):
                if tile.rows:
                    yield tile.frame

    @property
    def windows(self) -> range:
        """Return all windows of the table; SpecError where the period is open."""
        return self.model.calendar.slice(None, None) if self.rule.timed else range(1)

    def to_polars(self) -> pl.DataFrame:
        """Return the whole table in memory."""
        return self.scan().collect()

    def head(self, n: int = 10, *, columns: Sequence[str] | None = None, windows: range | None = None) -> pl.DataFrame:
        """Return the first rows, at the cost of the tiles that hold them.

        Args:
            n: rows at most.
            columns: columns to compute, in any order (the frame keeps the schema's); None for all.
            windows: windows to take them from; None for the period's own, of an open period for its first year.
        """
        import polars as pl

        from rowmill.api.batches import plain_batch, polars_schema

        if windows is None and self.model.calendar.count is None:
            windows = range(366)
        names = self.schema.names if columns is None else some_in_order(self.schema, columns)
        types = polars_schema(self.schema)
        found = [pl.DataFrame(schema={name: types[name] for name in names})]
        frames = self.frames(names, windows)
        while n > 0 and (frame := next(frames, None)) is not None:
            found.append(pl.DataFrame(pl.from_arrow(plain_batch(take_rows(frame, slice(n)), self.schema))))
            n -= found[-1].height
        return pl.concat(found)

    def words(self) -> Mapping[str, str]:
        """Return what hidden steps and columns are, in a line each, as far as their functions say it."""
        return self.rule.words() if isinstance(self.rule, ColumnTable) else {}

    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """Return what each column and hidden step is made from, in the order of computation."""
        return self.rule.lineage()
