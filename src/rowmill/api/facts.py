"""Shares that say at a glance whether data is what was wanted: missing values, and how often a flag is true."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books.records import TableEntry
from rowmill.sinks.registry import destination


@dataclass(frozen=True, slots=True)
class Facts:
    """Shares of a table's rows, 0 … 1, by column."""

    null_shares: dict[str, float]
    """Columns that may be missing, and how often they are."""
    true_shares: dict[str, float]
    """Truth values, and how often they are true."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields."""
        return asdict(self)


def facts(out: str | Path, table: TableEntry) -> Facts | None:
    """Return the facts of a table at a destination from its Parquet files; None where there are none or no rows.

    Nulls are counted in the files' footers; of the columns only truth values are read, a bit a row.

    Raises:
        IntegrityError: naming a file that is missing or cannot be read.
    """
    target, files = destination(str(out)), [file.path for file in table.files]
    if table.rows == 0 or any(not file.endswith(".parquet") for file in files):
        return None
    nulls: Counter[str] = Counter()
    trues: Counter[str] = Counter()
    for file in files:
        try:
            with target.open(file) as handle:
                _count(handle, nulls, trues)
        except (OSError, ValueError, DestinationError) as error:
            reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
            raise IntegrityError(f"{out}: {file} {reason}; `rowmill verify {out}` says what else is wrong") from None
    return Facts(*({name: count / table.rows for name, count in counts.items()} for counts in (nulls, trues)))


def _count(handle: BinaryIO, nulls: Counter[str], trues: Counter[str]) -> None:
    """Add the nulls and the true values of a file, by column."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from rowmill.sinks.arrays import arrow_file

    # By handle: Arrow would take some names for URLs, and ~ for a home.
    with pq.ParquetFile(arrow_file(handle), pre_buffer=False) as opened:
        schema = opened.schema_arrow
        flags = [field.name for field in schema if pa.types.is_boolean(field.type)]
        for group in range(opened.num_row_groups):
            for n, field in enumerate(schema):
                statistics = opened.metadata.row_group(group).column(n).statistics
                if field.nullable and statistics is not None:
                    nulls[field.name] += statistics.null_count or 0
            for name, column in zip(flags, opened.read_row_group(group, flags).columns, strict=True):
                trues[name] += pc.sum(column).as_py() or 0
