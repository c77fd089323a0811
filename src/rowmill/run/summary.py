"""What a run or a committed destination amounts to."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from rowmill.model.digest import dataset_digest
from rowmill.run.commit import table_of
from rowmill.run.destination import Run
from rowmill.run.records import Entry, Identity, TableEntry
from rowmill.run.work import Receipt

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table of a summary."""

    rows: int
    bytes: int
    files: int
    digest: str
    """Content digest of the table, 32 hexadecimal digits."""
    shares: dict[str, float]
    """Of how large a share of the rows something is said, by word: what a domain counts, such as adjusted values."""


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
    """Upper bound of the memory of all processes at once, MB of 10⁶ bytes: pages that they share count in each."""
    workers: int
    """Workers that made parts; 0 where nothing had to be made."""
    skipped: bool
    """True where the same slice was already complete and nothing was written."""
    committed: bool
    """False after ``--part i/n``: the share is journalled and ``finalize`` commits."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields."""
        return asdict(self)


def summarise(location: str, entry: Entry, workers: int, *, skipped: bool, started: float) -> Summary:
    """Return the summary of a committed slice; ``started`` is when the call began, by ``perf_counter``."""
    facts = _Facts(location, entry.label, entry.identity, entry.tables)
    return _summary(facts, workers, skipped=skipped, committed=True, started=started)


def summarise_share(
    location: str, run: Run, receipts: Mapping[str, Receipt], workers: int, *, skipped: bool, started: float
) -> Summary:
    """Return the summary of one machine's share of a slice that is not committed yet."""
    tables = {name: table_of(name, run, receipts) for name in dict.fromkeys(part.table for part in run.plan.parts)}
    facts = _Facts(location, run.label, run.identity, tables)
    return _summary(facts, workers, skipped=skipped, committed=False, started=started)


@dataclass(frozen=True, slots=True)
class _Facts:
    location: str
    label: str
    identity: Identity
    tables: Mapping[str, TableEntry]


def _summary(facts: _Facts, workers: int, *, skipped: bool, committed: bool, started: float) -> Summary:
    digests = {name: table.digest(name) for name, table in facts.tables.items()}
    tables = {
        name: TableSummary(table.rows, table.bytes, len(table.files), digests[name].value, table.shares)
        for name, table in facts.tables.items()
    }
    seconds = perf_counter() - started
    rows = tables[facts.identity.main].rows
    return Summary(
        domain=facts.identity.domain,
        fingerprint=facts.identity.fingerprint,
        seed=int(facts.identity.spec["seed"]),
        destination=facts.location,
        slice=facts.label,
        rows=rows,
        bytes=sum(table.bytes for table in tables.values()),
        files=sum(table.files for table in tables.values()),
        digest=dataset_digest(digests),
        tables=tables,
        seconds=seconds,
        rows_per_second=0.0 if skipped else rows / seconds,
        peak_rss_mb=_peak_bytes(workers) / _MEGABYTE,
        workers=workers,
        skipped=skipped,
        committed=committed,
    )


def _peak_bytes(workers: int) -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if workers > 1 else 0
    return (own + workers * largest) * unit
