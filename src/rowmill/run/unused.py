"""What of the settings of a run changes nothing about the files that it writes."""

from __future__ import annotations

from collections.abc import Iterator

from rowmill.model.dataset import Dataset
from rowmill.model.notes import Note
from rowmill.run.settings import RunSettings
from rowmill.sinks.filetypes.formats import FORMATS
from rowmill.sinks.registry import is_remote, placed, takes_rows


def unused_settings(dataset: Dataset, settings: RunSettings) -> Iterator[Note]:
    """Yield the keys of the section ``run`` that have no effect as things are."""
    rows = takes_rows(settings.out)
    if rows:
        for name in ("encoding", "row_group_rows", "single_file", "name"):
            yield Note(f"run.{name}", "a database takes rows and no files")
    elif not FORMATS[settings.format or "parquet"].groups:
        for name, what in (("encoding", "encodings"), ("row_group_rows", "row groups")):
            yield Note(f"run.{name}", f"files of the format {settings.format} have no {what}")
    if settings.single_file and not rows:
        yield Note("run.part_rows", "run.single_file makes one part of each table")
    if settings.out is not None and not is_remote(placed(settings.out)):
        yield Note("run.remote", "no network lies before the destination")
    tables = dataset.chosen(settings.tables)
    if not any(dataset.tables[name].timed for name in tables):
        yield Note("run.partition_by", f"{' and '.join(tables)} have no time to part by")
