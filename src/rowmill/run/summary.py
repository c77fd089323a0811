"""What a run or a committed destination amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

from rowmill.core.processes import Cost
from rowmill.model.digest import dataset_digest
from rowmill.run.books.records import Entry, Identity, TableEntry
from rowmill.run.books.run import Run
from rowmill.run.events import Receipt
from rowmill.run.landing.commit import table_of

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
    data: str
    """Where the rows of the main table are: its one file, else its folder; empty where nothing is published."""
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
    """Peak memory of all processes together, MB of 10⁶ bytes, shared pages once; 0 where nothing was made."""
    cpu_seconds: float
    """CPU seconds of making the parts, in all processes that did; 0 where nothing was made."""
    workers: int
    """Workers that made parts; 0 where nothing had to be made."""
    skipped: bool
    """True where the same slice was already complete and nothing was written."""
    committed: bool
    """False after ``--part i/n``: the share is made and ``finalize`` commits."""
    repaired: int = 0
    """Files that a complete slice had lost and that were made again; nothing else was written then."""
    notes: tuple[str, ...] = ()
    """What to know of it, a line each: what stands in for something, and what of what was asked for has no effect."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Effort:
    """What a call took."""

    started: float = 0.0
    """When it began, by ``perf_counter``."""
    workers: int = 0
    peak_bytes: int = 0
    """Of all processes that made parts at once."""
    cpu_seconds: float = 0.0

    def beside(self, cost: Cost) -> Effort:
        """Return what it took with one more process that was at work at the same time."""
        return replace(
            self, peak_bytes=self.peak_bytes + cost.peak_bytes, cpu_seconds=self.cpu_seconds + cost.cpu_seconds
        )

    def after(self, cost: Cost) -> Effort:
        """Return what it took with a process that had ended before."""
        return replace(
            self, peak_bytes=max(self.peak_bytes, cost.peak_bytes), cpu_seconds=self.cpu_seconds + cost.cpu_seconds
        )


def summarise(location: str, entry: Entry, effort: Effort, *, skipped: bool) -> Summary:
    """Return the summary of a committed slice."""
    facts = _Facts(location, entry.label, entry.identity, entry.tables)
    return _summary(facts, effort, skipped=skipped, committed=True)


def summarise_share(location: str, run: Run, receipts: Mapping[str, Receipt], effort: Effort) -> Summary:
    """Return the summary of one machine's share of a slice that is not committed yet."""
    tables = {name: table_of(name, run, receipts) for name in dict.fromkeys(part.table for part in run.plan.parts)}
    facts = _Facts(location, run.label, run.identity, tables)
    return _summary(facts, effort, skipped=effort.workers == 0, committed=False)


@dataclass(frozen=True, slots=True)
class _Facts:
    location: str
    label: str
    identity: Identity
    tables: Mapping[str, TableEntry]


def _place(facts: _Facts) -> str:
    """Return where the main table's rows are: its one file, else its folder."""
    files = [file.path for file in facts.tables[facts.identity.main].files]
    folder = f"{files[0].partition('/')[0]}/" if files else ""
    return f"{facts.location}/{files[0] if len(files) == 1 else folder}"


def _summary(facts: _Facts, effort: Effort, *, skipped: bool, committed: bool) -> Summary:
    digests = {name: table.digest(name) for name, table in facts.tables.items()}
    tables = {
        name: TableSummary(table.rows, table.bytes, len(table.files), digests[name].value, table.shares)
        for name, table in facts.tables.items()
    }
    seconds = perf_counter() - effort.started
    rows = tables[facts.identity.main].rows
    return Summary(
        domain=facts.identity.domain,
        fingerprint=facts.identity.fingerprint,
        seed=int(facts.identity.spec["seed"]),
        destination=facts.location,
        data=_place(facts) if committed else "",
        slice=facts.label,
        rows=rows,
        bytes=sum(table.bytes for table in tables.values()),
        files=sum(table.files for table in tables.values()),
        digest=dataset_digest(digests),
        tables=tables,
        seconds=seconds,
        rows_per_second=0.0 if skipped else rows / seconds,
        peak_rss_mb=effort.peak_bytes / _MEGABYTE,
        cpu_seconds=effort.cpu_seconds,
        workers=effort.workers,
        skipped=skipped,
        committed=committed,
    )
