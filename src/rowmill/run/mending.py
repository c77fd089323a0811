"""Mending: the files that a verification found broken are made again from the spec and put in their places."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from pathlib import Path
from types import MappingProxyType

from rowmill.model.inputs import inputs_of
from rowmill.run.books.manifest import read
from rowmill.run.books.rebuild import rebuild
from rowmill.run.books.records import Entry
from rowmill.run.events import Event
from rowmill.run.request import Slice
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Summary
from rowmill.run.work import work
from rowmill.sinks.filetypes.formats import FORMATS


def mend(
    out: str | Path,
    broken: Collection[str],
    *,
    inputs: Mapping[str, str | Path] = MappingProxyType({}),
    allow_plugins: bool = False,
    workers: int | None = None,
) -> int:
    """Make files of committed slices again, exactly as they were; all else stays as it is.

    Args:
        out: destination.
        broken: their paths; those that no slice has are passed over.
        inputs: the user's own files that the data was made with, by name.
        allow_plugins: whether code that the stored spec names may be imported.
        workers: worker processes; None for one a usable core.

    Returns:
        How many files were made, with those that are gone or of another size.

    Raises:
        IntegrityError: if one does not come out byte for byte as it was; nothing of its slice is put in place then.
        DestinationError: if another process is at work there, or the destination takes nothing.
        UsageError: as ``verify``.
    """
    manifest, made = read(out), 0
    files = inputs_of(inputs)
    dataset = rebuild(str(out), manifest.slices[0].identity, files, allow_plugins=allow_plugins)
    left = set(broken)
    for entry in manifest.slices:
        mine = left & set(entry.files)
        left -= mine
        if mine:
            made += _repaired(work(dataset, _settings(str(out), entry, workers), _slice(entry), "resume", broken=mine))
    return made


def _settings(out: str, entry: Entry, workers: int | None) -> RunSettings:
    """Return the settings with which a slice is written as it was."""
    layout, tables = entry.layout, entry.identity.tables
    if not FORMATS[layout.format].files:
        return RunSettings(out=out, workers=workers, tables=tables, part_rows=layout.part_rows)
    return RunSettings(
        out=out,
        workers=workers,
        tables=tables,
        format=layout.format,
        compression=layout.compression,
        encoding=layout.encoding,
        partition_by=layout.partition_by or "none",
        single_file=layout.single_file,
        row_group_rows=layout.row_group_rows,
        part_rows=layout.part_rows,
        name=layout.name,
    )


def _slice(entry: Entry) -> Slice:
    return Slice(range(*entry.windows), entry.identity.columns)


def _repaired(steps: Generator[Event, None, Summary]) -> int:
    """Carry out a run; return how many files it made again."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            summary: Summary = end.value
            return summary.repaired
