"""Tables whose rows the SQL engine has made: tiles come out of its DuckDB file instead of being computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.model.frame import Cells, Dictionary, Frame
from rowmill.model.schema import Field, Schema
from rowmill.model.table import Table, Tile, exact_rows


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table of the dataset as the SQL engine made it: the same schema, blocks and windows."""

    made_as: Table
    """The table that would compute the same rows."""
    database: str
    """Path of the DuckDB file."""
    order: tuple[str, ...]
    """Columns that order the rows of a tile."""
    relation: str
    """Model that holds the rows, ``block`` and ``simulation_year`` among its columns."""
    first_year: int
    """Year of window 0."""
    scenarios: tuple[str, ...]
    """Names of the scenarios; each has the blocks of the census after those of the scenario before."""

    @property
    def schema(self) -> Schema:
        """Return the declaration of the table's fields."""
        return self.made_as.schema

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return self.made_as.blocks

    @property
    def timed(self) -> bool:
        """Return whether rows belong to windows of time."""
        return self.made_as.timed

    def weight(self, block: int, window: int) -> int:
        """Return about how many rows a tile holds."""
        return self.made_as.weight(block, window)

    def rows(self, block: int, window: int) -> int | None:
        """Return the exact rows of a tile; None where only making tells."""
        return exact_rows(self.made_as, range(block, block + 1), range(window, window + 1))

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that ``locate`` reads."""
        return self.made_as.locators

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, window) of each row."""
        return self.made_as.locate(frame)

    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """Return what each column is made from where the rows are computed: the SQL has the same rules."""
        return self.made_as.lineage()

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the tiles of a block in a range of windows, in order, read from the file."""
        import duckdb

        schema = self.schema
        names = [name for name in schema.names if columns is None or name in columns]
        chosen = ", ".join(f'"{name}"' for name in names)
        query = (
            f"SELECT {chosen} FROM {self.relation} "  # noqa: S608
            "WHERE block = $1 AND simulation_year = $2 AND scenario_id = $3 "
            f"ORDER BY {', '.join(self.order)}"
        )
        scenario, own = divmod(block, self.blocks // len(self.scenarios))
        with duckdb.connect(self.database, read_only=True, config={"threads": 1}) as connection:
            for window in windows:
                rows = connection.sql(
                    query, params=[own, self.first_year + window, self.scenarios[scenario]]
                ).to_arrow_table()
                yield Tile(block, window, {name: cells_of(rows[name], schema[name]) for name in names})


def cells_of(column: pa.ChunkedArray, field: Field) -> Cells:
    """Return an Arrow column as cells of a field: text as codes, dates as days since 1970-01-01."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    nulls = np.asarray(array.is_null()) if array.null_count else None
    if pa.types.is_string(field.arrow.type):
        coded = array.cast(pa.string()).dictionary_encode()
        codes: Any = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
        return Cells(codes, nulls, Dictionary(coded.dictionary if len(coded.dictionary) else [""]))
    plain = array.cast(field.held)
    if pa.types.is_date32(field.arrow.type):
        plain = plain.view(pa.int32())
    elif pa.types.is_temporal(field.arrow.type):
        plain = plain.view(pa.int64())
    if nulls is not None:
        plain = plain.fill_null(False if pa.types.is_boolean(plain.type) else 0)
    return Cells(plain.to_numpy(zero_copy_only=False), nulls)
