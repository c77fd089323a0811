"""A sample of a table: rows that a hash chooses, so that the same rows are chosen each time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rowmill.model import ddl
from rowmill.quality.profile.asking import OpenTable, subset
from rowmill.quality.sources.scanning import readable

SAMPLE_ROWS: Final = 100_000
"""About how many rows a sample has; a table with fewer is its own sample."""
_FIRST, _RANDOM = 5, 10
_NAME: Final = "sample"


def drawn(asked: OpenTable, rows: int) -> OpenTable:
    """Return the table with a sample of its rows, which takes the place of one before.

    Args:
        asked: the table.
        rows: how many it has.
    """
    names = asked.table.arrow.names
    chosen = subset(asked.table.primary_key or names, -(-rows // SAMPLE_ROWS))
    with readable(asked.table.name):
        asked.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_NAME} AS SELECT {ddl.names(names)} FROM {asked.relation} WHERE {chosen}"
        )
    return replace(asked, sample=_NAME)


def size(asked: OpenTable) -> tuple[int, float]:
    """Return the rows of the sample, and the share of them that equal another one in every column."""
    names = ddl.names(asked.table.arrow.names)
    ((rows, distinct),) = asked.rows(f"SELECT count(*), count(DISTINCT hash({names})) FROM {asked.sample}")
    return rows, (rows - distinct) / rows if rows else 0.0


def shown_rows(asked: OpenTable) -> tuple[tuple[tuple[str | None, ...], ...], tuple[tuple[str | None, ...], ...]]:
    """Return the first rows of the table, and some of the sample, as texts; long ones are cut."""
    cells = ", ".join(f"left(CAST({ddl.name(name)} AS VARCHAR), 200)" for name in asked.table.arrow.names)
    hashed = f"hash({ddl.names(asked.table.arrow.names)})"
    first = asked.rows(f"SELECT {cells} FROM {asked.relation} LIMIT {_FIRST}")
    some = asked.rows(f"SELECT {cells} FROM {asked.sample} ORDER BY {hashed} // 64 LIMIT {_RANDOM}")
    return tuple(first), tuple(some)
