"""Files of a destination of ours: whether they are those of the manifest, and which can be read all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rowmill.core.errors import DestinationError, RowmillError
from rowmill.quality.checks.report import CheckResult
from rowmill.quality.sources.files import files_table
from rowmill.quality.sources.scanning import listed
from rowmill.quality.sources.source import SourceTable
from rowmill.quality.sources.stored import OwnTable
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.records import FileEntry
from rowmill.run.checks.strangers import is_shown
from rowmill.sinks.filetypes.content import UNREADABLE
from rowmill.sinks.filetypes.hive import left_out
from rowmill.sinks.folders.opening import below
from rowmill.sinks.layout import FileSpec, Layout

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Readable:
    """What of a table can be read, and what is wrong with its files."""

    table: SourceTable | None
    """None where no file of it can be read."""
    found: tuple[CheckResult, ...]
    whole: bool
    """Whether nothing is lost."""


def readable_files(connection: DuckDBPyConnection, table: OwnTable, manifest: Manifest) -> Readable:
    """Hold the files of a table against the manifest; where they lie on this machine, by their bytes."""
    name, target = table.name, table.stored.target
    entries = {file.path: file for file in manifest.tables[name].files}
    try:
        visible = target.visible(manifest.identity.folder(name))
    except DestinationError as error:
        return Readable(None, (_wrong(name, str(error)),), whole=False)
    found = [_wrong(name, f"{path} is in no manifest; remove it") for path in sorted(set(visible) - set(entries))
             if is_shown(path)]  # fmt: skip
    kept, changed, lost = dict[str, Layout](), False, False
    for path, layout in table.stored.files:
        problem = _problem(table, entries[path], layout, visible)
        if problem is not None:
            found.append(_wrong(name, f"{path} {problem}"))
            changed = True
        if path not in visible or (problem is not None and not _can_be_read(connection, table, path, layout)):
            lost = True
        else:
            kept[path] = layout
    if not found:
        found = [CheckResult(name, "file", "files are those of the manifest", rows=len(entries))]
    return Readable(_table(table, kept, visible, changed=changed), tuple(found), whole=not lost)


def _wrong(table: str, message: str) -> CheckResult:
    return CheckResult(table, "file", "files are those of the manifest", rows=1, failed=1, message=message)


def _problem(table: OwnTable, file: FileEntry, layout: Layout, visible: dict[str, int]) -> str | None:
    """Return what is wrong with a file; None where nothing is."""
    if file.path not in visible:
        return "is missing"
    if visible[file.path] != file.bytes:
        return f"has {visible[file.path]:,} bytes; the manifest says {file.bytes:,}"
    target = table.stored.target
    if target.local_folder is None:
        return None
    try:
        with target.read(FileSpec(file.path, table.schema, table.stored.columns), layout) as content:
            return None if content.checksum() == file.checksum else "was changed: its bytes are not those written"
    except (*UNREADABLE, DestinationError) as error:
        return f"cannot be opened: {str(error).splitlines()[0][:200]}"


def _can_be_read(connection: DuckDBPyConnection, table: OwnTable, path: str, layout: Layout) -> bool:
    """Return whether every row of a file that was changed can be read."""
    import duckdb

    folder = table.stored.target.local_folder
    if folder is None or layout.format != "parquet":
        return False
    try:
        call = f"read_parquet({listed([below(folder, path)])}, hive_partitioning = false)"
        connection.execute(f"SELECT count(COLUMNS(*)) FROM {call}").fetchall()
    except (duckdb.Error, OSError, DestinationError):
        return False
    return True


def _table(table: OwnTable, kept: dict[str, Layout], visible: dict[str, int], *, changed: bool) -> SourceTable | None:
    """Return what can be read; where files were changed, with the columns and types that they have now."""
    if not kept:
        return None
    folder = table.stored.target.local_folder
    if not changed or folder is None or any(layout.format != "parquet" for layout in kept.values()):
        sizes = {path: visible[path] for path in kept}
        return replace(table, stored=replace(table.stored, files=tuple(kept.items())), sizes=sizes)
    hive = any(left_out(table.stored.held, layout) for layout in kept.values())
    try:
        return files_table(table.name, table.stored.target.shown, [below(folder, path) for path in kept], hive=hive)
    except RowmillError:
        return None


def promised_rows(table: str, rows: int, manifest: Manifest) -> Iterator[CheckResult]:
    """Yield whether a table has as many rows as the manifest says."""
    promised = manifest.tables[table].rows
    told = CheckResult(table, "rows", f"has the {promised:,} rows of the manifest", rows=rows)
    yield (
        told
        if rows == promised
        else replace(told, failed=abs(rows - promised), message=f"has {rows:,} rows; the manifest says {promised:,}")
    )
