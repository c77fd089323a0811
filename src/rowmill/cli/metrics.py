"""Metrics of a run in the Prometheus text format, for a collector that reads files."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rowmill.core.errors import DiskError, RowmillError, UsageError
from rowmill.core.outputs import FilesRead, refuse_inputs

if TYPE_CHECKING:
    from rowmill.quality.drift.report import DriftReport
    from rowmill.run.summary import Summary

_FLAG = "--metrics-file"
_BEGINS = b"# HELP rowmill_"
"""How metrics of a run begin: what is written here, and is no input, may be written again."""


@dataclass(slots=True)
class Measured:
    """Writes the metrics of a run that fails, however it does, where it is known by then where they go."""

    domain: str
    file: str | None
    """None for no metrics."""
    inputs: FilesRead
    """Files that the run reads, by what the user calls them."""
    out: Path | None
    """The folder of the destination, if it is one."""
    slice: str = ""
    """Label of the slice, once it is known."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self.file is not None:
            # Why the run failed is what is told.
            with suppress(RowmillError, OSError):
                check_metrics_file(self.file, self.inputs, self.out)
                _write(_Text(self.domain).ending(self.slice, success=False), self.file)

    def write(self, summary: Summary, report: DriftReport | None = None) -> None:
        """Write the metrics of a run that ended well, and how its slice compares with earlier data, if it did."""
        if self.file is not None:
            _write(metrics_text(summary, report), self.file)


class _Text:
    """Metrics in the Prometheus text format: base units, a line of help for each, no label that grows with runs."""

    def __init__(self, domain: str) -> None:
        self.run = _labels(domain=domain)
        self._lines: list[str] = []

    def gauge(self, name: str, meaning: str, values: Mapping[str, float | str]) -> None:
        """Add a metric with its values by labels."""
        self._lines.extend([f"# HELP {name} {meaning}", f"# TYPE {name} gauge"])
        self._lines.extend(f"{name}{{{labels}}} {value}" for labels, value in values.items())

    def ending(self, slice: str, *, success: bool) -> str:
        """Return the text with how and when the run ended, and of which slice that is told."""
        self.gauge("rowmill_run_success", "1 where the run ended well, 0 where it failed.", {self.run: int(success)})
        ended = {self.run: f"{time.time():.3f}"}
        self.gauge("rowmill_run_end_timestamp_seconds", "When the run ended, seconds since 1970.", ended)
        if slice:
            self.gauge("rowmill_run_info", "The slice that was run last.", {f"{self.run},{_labels(slice=slice)}": 1})
        return "\n".join(self._lines) + "\n"


def _labels(**values: str) -> str:
    """Return labels as they stand between braces: what a text may not hold as it is comes with a backslash."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for text in values.values())
    return ",".join(f'{name}="{text}"' for name, text in zip(values, escaped, strict=True))


def metrics_text(summary: Summary, report: DriftReport | None = None) -> str:
    """Return the metrics of a run: rows, bytes, files and shares of what it wrote, seconds, speed and memory."""
    text = _Text(summary.domain)
    run, gauge = text.run, text.gauge
    own = {name: table for name, table in summary.tables.items() if name not in summary.shared}
    tables = {f"{run},{_labels(table=name)}": table for name, table in own.items()}
    gauge("rowmill_table_rows", "Rows of a table.", {key: table.rows for key, table in tables.items()})
    gauge("rowmill_table_bytes", "Bytes of a table's files.", {key: table.bytes for key, table in tables.items()})
    gauge("rowmill_table_files", "Files of a table.", {key: table.files for key, table in tables.items()})
    gauge("rowmill_run_seconds", "Wall-clock seconds of the run.", {run: summary.seconds})
    gauge("rowmill_run_rows_per_second", "Rows of the main table made a second.", {run: summary.rows_per_second})
    gauge("rowmill_run_peak_rss_bytes", "Largest resident memory.", {run: summary.peak_rss_mb * 1e6})
    gauge("rowmill_run_cpu_seconds", "CPU seconds of making the parts.", {run: summary.cpu_seconds})
    gauge("rowmill_run_workers", "Worker processes.", {run: summary.workers})
    gauge("rowmill_run_skipped", "1 where the data was already complete.", {run: int(summary.skipped)})
    _shares(text, summary)
    if report is not None:
        gauge(
            "rowmill_run_drifted",
            "1 where the slice differs from earlier data by more than is usual.",
            {run: int(not report.ok)},
        )
        weight = report.changes[0].weight if report.changes else 0.0
        gauge("rowmill_run_drift_ratio", "The greatest change, as times what is usual.", {run: f"{weight:.4f}"})
    return text.ending(summary.slice, success=True)


def _shares(text: _Text, summary: Summary) -> None:
    tables = {} if summary.entry is None else summary.entry.tables
    known = {name: each.statistics for name, each in tables.items() if name not in summary.shared}
    nulls, trues, words = dict[str, float](), dict[str, float](), dict[str, float]()
    for table, found in known.items():
        for column, each in found.columns.items() if found is not None and found.rows else ():
            label, rows = f"{text.run},{_labels(table=table, column=column)}", summary.tables[table].rows
            nulls[label] = each.nulls / rows
            if each.trues is not None:
                trues[label] = each.trues / rows
    for table, told in summary.tables.items():
        for word, share in told.shares.items() if table not in summary.shared else ():
            words[f"{text.run},{_labels(table=table, kind=word)}"] = share
    for name, meaning, values in (
        ("rowmill_column_null_ratio", "Share of the rows where a column is missing.", nulls),
        ("rowmill_column_true_ratio", "Share of the rows where a flag is true.", trues),
        ("rowmill_table_kind_ratio", "Share of the rows that are of a kind.", words),
    ):
        if values:
            text.gauge(name, meaning, values)


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


def _write(text: str, file: str) -> None:
    """Write metrics to a file, whole or not at all, since a collector may read it at any time."""
    path = Path(file).resolve()
    partial = path.with_name(f".{path.name}.tmp")
    try:
        partial.write_text(text)
        partial.replace(path)
    except OSError as error:
        raise DiskError(f"{_FLAG} {file}: cannot be written: {error.strerror}; the data is complete") from None
