"""Files of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def place(folder: Path) -> Iterator[str]:
    """Yield the location of a destination that nobody used before; ``folder`` is empty."""
    yield f"duckdb://{folder}/out.duckdb"


def damage(location: str, path: str) -> None:
    """Change a value of a row of a file that has some."""
    with duckdb.connect(location.removeprefix("duckdb://")) as connection:
        ((name, number),) = connection.execute(
            "SELECT name, number FROM _rowmill_files WHERE path = ?", [path]
        ).fetchall()
        columns = connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND NOT is_nullable "
            "AND column_name NOT IN ('_part', '_row') ORDER BY column_index DESC",
            [name],
        ).fetchall()
        kinds = {each: f"SELECT count(DISTINCT {each}) FROM {name}" for (each,) in columns}
        column = next(each for each, many in kinds.items() if connection.execute(many).fetchall()[0][0] > 1)
        other = f"(SELECT min({column}) FROM {name} WHERE {column} IS DISTINCT FROM t.{column})"
        connection.execute(f"UPDATE {name} AS t SET {column} = {other} WHERE _part = {number} AND _row = 0")
