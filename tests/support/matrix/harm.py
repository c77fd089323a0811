"""Harm that is done to what was committed: files that are lost, cut, flipped, exchanged, or valid and short."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Protocol

import pyarrow.parquet as pq

from rowmill.run.books.manifest import read
from support.places import flipped

HARMS = ("lost", "cut", "flipped", "swapped", "short")


class Files(Protocol):
    """Files by path."""

    def get(self, path: str) -> bytes:
        """Return a file."""

    def put(self, path: str, data: bytes) -> None:
        """Replace it."""

    def drop(self, path: str) -> None:
        """Remove it."""


def harm_files(files: Files, out: str, path: str, how: str) -> set[str]:
    """Do harm to a file; return the paths of what was harmed."""
    data, paths = files.get(path), _others(out, path)
    if how == "lost":
        files.drop(path)
    elif how == "swapped":
        other = files.get(paths[0])
        files.put(path, other)
        files.put(paths[0], data)
        return {path, paths[0]}
    elif how == "short":
        table = pq.read_table(io.BytesIO(data))
        if not table.num_rows:
            return set()
        short = io.BytesIO()
        pq.write_table(table.slice(0, table.num_rows - 1), short, store_schema=False)
        files.put(path, short.getvalue())
    else:
        files.put(path, data[: len(data) // 2] if how == "cut" else flipped(data))
    return {path}


def _others(out: str, path: str) -> list[str]:
    """Return the paths of the other files, those of the same table first."""
    found = [file.path for table in read(out).tables.values() for file in table.files if file.path != path]
    return sorted(found, key=lambda each: each.partition("/")[0] != path.partition("/")[0])


Sql = Callable[..., list[tuple[Any, ...]]]
"""Does statements, and returns what the last one finds."""


def harm_rows(sql: Sql, out: str, path: str, how: str, damage: Callable[[str, str], None]) -> set[str]:
    """Do harm to the rows of a file in a database; return the paths of what was harmed."""
    files = [(file.path, name, file.rows) for name, table in read(out).tables.items() for file in table.files]
    [(table, rows)] = [(name, rows) for each, name, rows in files if each == path]
    beside = [each for each, name, count in files if name == table and each != path and count]
    if not rows or (how == "swapped" and not beside):
        return set()
    mine, *other = [
        sql(f"SELECT max(number) FROM _rowmill_files WHERE path = '{each}'")[0][0] for each in (path, *beside[:1])
    ]
    if how == "flipped":
        damage(out, path)
    elif how == "lost":
        sql(f"DELETE FROM {table} WHERE _part = {mine}")
    elif how == "swapped":
        swap = f"CASE WHEN _part = {mine} THEN {other[0]} ELSE {mine} END"
        sql(f"UPDATE {table} SET _part = {swap} WHERE _part IN ({mine}, {other[0]})")
        return {path, beside[0]}
    else:
        last = f"(SELECT max(_row) FROM {table} WHERE _part = {mine})"
        sql(f"DELETE FROM {table} WHERE _part = {mine} AND _row {f'= {last}' if how == 'short' else f'> {last} / 2'}")
    return {path}
