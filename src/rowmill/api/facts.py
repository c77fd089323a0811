"""Shares that say at a glance whether data is what was wanted: missing values, and how often a flag is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books.rebuild import schemas
from rowmill.run.books.records import Entry, union
from rowmill.sinks.layout import FileSpec
from rowmill.sinks.registry import destination, shown


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


def facts(out: str | Path, name: str, entries: Sequence[Entry]) -> Facts | None:
    """Return the facts of a table at a destination; None where it has no rows, or only reading all would tell.

    Args:
        out: the destination.
        name: of the table.
        entries: its slices.

    Raises:
        IntegrityError: naming a file that is missing or cannot be read.
    """
    target, rows = destination(out), union(entries)[name].rows
    schema = schemas(shown(out), entries[0])[name]
    nulls: Counter[str] = Counter()
    trues: Counter[str] = Counter()
    for path, layout in {file.path: entry.layout for entry in entries for file in entry.tables[name].files}.items():
        try:
            with target.read(FileSpec(path, schema, None), layout) as content:
                tally = content.tally()
        except (OSError, ValueError, DestinationError) as error:
            reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
            raise IntegrityError(
                f"{shown(out)}: {path} {reason}; `rowmill verify {shown(out)}` says what else is wrong"
            ) from None
        if tally is None:
            return None
        nulls.update(tally.nulls)
        trues.update(tally.trues)
    if rows == 0:
        return None
    return Facts(*({column: count / rows for column, count in counts.items()} for counts in (nulls, trues)))
