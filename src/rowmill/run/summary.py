"""What a run or a committed destination amounts to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table of a summary."""

    rows: int
    bytes: int
    files: int
    digest: str
    """Content digest of the table, 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Result of ``write`` and ``finalize``: what this slice holds and what it cost."""

    domain: str
    fingerprint: str
    seed: int
    destination: str
    slice: str
    """Label of the slice: ``whole``, a day, or ``first_last``."""
    rows: int
    """Rows of the main table."""
    bytes: int
    files: int
    digest: str
    """Content digest over all tables, 32 hexadecimal digits."""
    tables: dict[str, TableSummary]
    seconds: float
    """Wall-clock seconds of the call."""
    rows_per_second: float
    peak_rss_mb: float
    """Largest resident set of this process plus that of its largest worker, MB of 10⁶ bytes."""
    workers: int
    skipped: bool
    """True where the same slice was already complete and nothing was written."""
    committed: bool
    """False after ``--part i/n``: the share is journalled and ``finalize`` commits."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields."""
        return asdict(self)
