"""What lies at a path that a user names: a destination of ours, files, or a database of somebody else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from rowmill.core.errors import UsageError
from rowmill.quality.sources.duck import duck_tables
from rowmill.quality.sources.files import ENDINGS, files_table, kind_of
from rowmill.quality.sources.source import Source, SourceTable
from rowmill.quality.sources.stored import own_tables
from rowmill.run.books.manifest import committed, read
from rowmill.sinks.registry import destination, is_local, placed, shown, takes_rows

_BOOKS: Final = "_rowmill"
_PATTERN: Final = frozenset("*?[")
_KEPT: Final = ("_", ".")
"""Beginnings of names that tools keep for themselves."""
_MOST_FILES: Final = 100_000


def source(path: str | os.PathLike[str], windows: range | None = None) -> Source:
    """Return the tables at a path; no row is read.

    Args:
        path: a destination of ours; a file of Parquet, CSV (also .gz, .zst) or DuckDB; a folder of such files, or a
            pattern such as ``sales/*.parquet``; a schema of PostgreSQL.
        windows: of a destination of ours, files that have rows of none of these are left out; None for all.

    Raises:
        UsageError: if nothing is there that can be read as a table.
        IntegrityError: if records of a destination of ours are damaged.
    """
    place = placed(path, "PATH")
    local = Path(place.removeprefix("duckdb://")) if is_local(place) or place.startswith("duckdb:") else None
    if local is None or (takes_rows(place) and local.is_file()) or (local / _BOOKS).exists():
        found = _ours(place, windows, always=not takes_rows(place))
        if found is not None:
            return found
    if windows is not None:
        raise UsageError(f"{shown(place)}: no run of rowmill wrote it, so it has no windows to choose from")
    if local is not None:
        return Source(str(local), _local(local))
    from rowmill.quality.sources.postgres import postgres_tables

    return Source(shown(place), postgres_tables(place))


def _ours(place: str, windows: range | None, *, always: bool) -> Source | None:
    """Return the tables of a destination of ours; None where nothing of ours stands in a database."""
    if not always:
        found, entries = committed(destination(place))
        if not entries and not found.head.begun:
            return None
    manifest = read(place)
    return Source(shown(place), own_tables(place, manifest, windows), manifest)


def _local(path: Path) -> Mapping[str, SourceTable]:
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return duck_tables(path) if kind_of(path) == "duckdb" else _one(_stem(path), str(path), [path], hive=False)
    if path.exists():
        raise UsageError(f"{path}: is neither a file nor a folder; give one that holds tables")
    if not _PATTERN & set(str(path)):
        raise UsageError(f"{path}: no such file or folder")
    below = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    files = sorted(each for each in below if each.is_file() and not each.name.startswith(_KEPT))
    if not files:
        raise UsageError(f"{path}: no file has such a name")
    name = _stem(path).strip("*?[]_-") or path.parent.name.strip("*?[]") or "files"
    return _one(name, str(path), files, hive=any("=" in part for part in path.parent.parts))


def _folder(folder: Path) -> Mapping[str, SourceTable]:
    """Return the tables of a folder: of its own files, else each folder in it is one, unless they are Hive's."""
    files = [each for each in _seen(folder) if each.is_file() and each.name.endswith(ENDINGS)]
    if files:
        return _alike(folder, files)
    folders = [each for each in _seen(folder) if each.is_dir()]
    if any("=" in each.name for each in folders):
        return _one(folder.name, str(folder), _below(folder), hive=True)
    found = dict[str, SourceTable]()
    for each in folders:
        if inside := _below(each):
            hive = any("=" in part for path in inside for part in path.relative_to(each).parts[:-1])
            found |= _one(each.name, str(each), inside, hive=hive)
    if not found:
        raise UsageError(f"{folder}: holds no Parquet or CSV file")
    return found


def _alike(folder: Path, files: Sequence[Path]) -> Mapping[str, SourceTable]:
    """Return the files of a folder as one table where all have the same columns, else each as one."""
    each = {path: files_table(_stem(path), str(path), [path], hive=False) for path in files}
    columns = {tuple(table.arrow.names) for table in each.values()}
    if len(columns) == 1 and len({table.kind for table in each.values()}) == 1:
        return _one(folder.name if len(files) > 1 else _stem(files[0]), str(folder), files, hive=False)
    names = [table.name for table in each.values()]
    alone = len(set(names)) == len(names)
    return {table.name if alone else path.name: table for path, table in each.items()}


def _one(name: str, where: str, files: Sequence[Path], *, hive: bool) -> dict[str, SourceTable]:
    return {name: files_table(name, where, files, hive=hive)}


def _below(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it, that are tables by their names."""
    found, waiting = list[Path](), [folder]
    while waiting:
        for each in _seen(waiting.pop()):
            if each.is_dir() and not each.is_symlink():
                waiting.append(each)
            elif each.is_file() and each.name.endswith(ENDINGS):
                found.append(each)
        if len(found) > _MOST_FILES:
            raise UsageError(f"{folder}: holds more than {_MOST_FILES:,} files; name a folder in it")
    return sorted(found)


def _seen(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, without what tools keep there for themselves."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}; give a folder that you may read") from None
    yield from (each for each in entries if not each.name.startswith(_KEPT))


def _stem(path: Path) -> str:
    """Return the name of a file without its endings."""
    return path.name.partition(".")[0] or path.name
