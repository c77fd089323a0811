"""Metrics of a run in the Prometheus text format, for a collector that reads files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rowmill.core.errors import DiskError, UsageError
from rowmill.core.outputs import FilesRead, refuse_inputs

if TYPE_CHECKING:
    from rowmill.run.summary import Summary

_FLAG = "--metrics-file"
_BEGINS = b"# HELP rowmill_"
"""How metrics of a run begin: what is written here, and is no input, may be written again."""


def metrics_text(summary: Summary) -> str:
    """Return the metrics of a run: rows, bytes and files of each table, seconds, speed and memory of the whole."""
    run = f'domain="{summary.domain}"'
    lines: list[str] = []

    def gauge(name: str, meaning: str, values: dict[str, float]) -> None:
        lines.extend([f"# HELP {name} {meaning}", f"# TYPE {name} gauge"])
        lines.extend(f"{name}{{{labels}}} {value}" for labels, value in values.items())

    tables = {f'{run},table="{name}"': table for name, table in summary.tables.items()}
    gauge("rowmill_table_rows", "Rows of a table.", {key: table.rows for key, table in tables.items()})
    gauge("rowmill_table_bytes", "Bytes of a table's files.", {key: table.bytes for key, table in tables.items()})
    gauge("rowmill_table_files", "Files of a table.", {key: table.files for key, table in tables.items()})
    gauge("rowmill_run_seconds", "Wall-clock seconds of the run.", {run: summary.seconds})
    gauge("rowmill_run_rows_per_second", "Rows of the main table a second.", {run: summary.rows_per_second})
    gauge("rowmill_run_peak_rss_bytes", "Largest resident memory.", {run: summary.peak_rss_mb * 1e6})
    gauge("rowmill_run_cpu_seconds", "CPU seconds of making the parts.", {run: summary.cpu_seconds})
    gauge("rowmill_run_workers", "Worker processes.", {run: summary.workers})
    gauge("rowmill_run_skipped", "1 where the data was already complete.", {run: int(summary.skipped)})
    return "\n".join(lines) + "\n"


def check_metrics_file(file: str, inputs: FilesRead, out: Path | None) -> None:
    """Refuse, before a run, a file that could not be written after it, or whose writing would destroy something.

    Metrics of an earlier run are replaced, since runs write them again and again; no other file is.

    Args:
        file: where the metrics go.
        inputs: files that the run reads, by what the user calls them.
        out: the folder of the destination, if it is one, whose tables hold nothing but their rows.

    Raises:
        UsageError: saying why it cannot be that file.
    """
    path = Path(file).resolve()
    if not os.access(path.parent, os.W_OK) or (path.exists() and not path.is_file()):
        raise UsageError(f"{_FLAG} {file}: cannot be written; give an ordinary file in a folder that exists")
    refuse_inputs(_FLAG, file, inputs)
    if out is not None and out.resolve() in path.parent.parents:
        raise UsageError(f"{_FLAG} {file}: lies in a folder of {out}, which holds rows alone; name a file elsewhere")
    if path.exists() and not _of_a_run(path):
        raise UsageError(f"{_FLAG} {file}: is there already, and no metrics of a run; name another file")


def _of_a_run(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.read(len(_BEGINS)) in (_BEGINS, b"")
    except OSError:
        return False


def write_metrics(summary: Summary, file: str) -> None:
    """Write the metrics of a run to a file, whole or not at all, since a collector may read it at any time."""
    path = Path(file).resolve()
    partial = path.with_name(f".{path.name}.tmp")
    try:
        partial.write_text(metrics_text(summary))
        partial.replace(path)
    except OSError as error:
        raise DiskError(f"{_FLAG} {file}: cannot be written: {error.strerror}; the data is complete") from None
