"""What a run or a committed destination amounts to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from typing import Any

from rowmill.core.processes import Cost
from rowmill.model.digest import dataset_digest
from rowmill.run.books.records import Entry, Identity, TableEntry
from rowmill.run.books.run import Run
from rowmill.run.events import Receipt
from rowmill.run.landing.commit import table_of
from rowmill.sinks.filetypes.formats import ROWS

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
    """Where the main table is: its one file, else its folder, or the database; empty where nothing is published."""
    slice: str
    """Label of the slice: ``whole``, a day, or ``first_last``."""
    rows: int
    """Rows of the main table."""
    bytes: int
    """Of the files of this slice, without those of ``shared`` tables."""
    files: int
    """As many as ``bytes`` are of."""
    digest: str
    """Content digest over all tables, 32 hexadecimal digits."""
    tables: dict[str, TableSummary]
    seconds: float
    """Wall-clock seconds of the call."""
    rows_per_second: float
    """Rows of the main table that this call made, by its seconds."""
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
    made_rows: int = 0
    """Rows of the main table that this call made: fewer than ``rows`` where an earlier attempt's are kept."""
    shared: tuple[str, ...] = ()
    """Tables without time that this slice shares with others, and that were not written with it."""
    repaired: int = 0
    """Files that a complete slice had lost and that were made again; nothing else was written then."""
    notes: tuple[str, ...] = ()
    """What to know of it, a line each: what stands in for something, and what of what was asked for has no effect."""
    entry: Entry | None = field(default=None, repr=False, compare=False)
    """The records of the slice, for who would read its files; None where it is not committed."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, keys as the fields, without the records."""
        data = asdict(replace(self, entry=None))
        del data["entry"]
        return data


@dataclass(frozen=True, slots=True)
class Effort:
    """What a call took."""

    started: float = 0.0
    """When it began, by ``perf_counter``."""
    workers: int = 0
    rows: int = 0
    """Rows of the main table that were made."""
    peak_bytes: int = 0
    """Of all processes that made parts at once."""
    cpu_seconds: float = 0.0

    def made(self, receipt: Receipt, main: str) -> Effort:
        """Return what it took with one more part made."""
        return replace(self, rows=self.rows + receipt.rows) if receipt.table == main else self

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


def summarise(location: str, entry: Entry, effort: Effort, *, skipped: bool, shared: Collection[str] = ()) -> Summary:
    """Return the summary of a committed slice.

    Args:
        location: what to call the destination.
        entry: the slice.
        effort: what the call took.
        skipped: whether it stood there before.
        shared: tables that were not written with it.
    """
    facts = _Facts(location, entry.label, entry.identity, entry.tables, tuple(shared))
    return replace(_summary(facts, effort, skipped=skipped, committed=True), data=_place(location, entry), entry=entry)


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
    shared: tuple[str, ...] = ()


def _place(location: str, entry: Entry) -> str:
    """Return where the main table's rows are: its one file, else its folder; the place itself where that takes rows."""
    if entry.layout.format == ROWS:
        return location
    files = [file.path for file in entry.tables[entry.identity.main].files]
    folder = f"{files[0].partition('/')[0]}/" if files else ""
    return f"{location}/{files[0] if len(files) == 1 else folder}"


def _summary(facts: _Facts, effort: Effort, *, skipped: bool, committed: bool) -> Summary:
    digests = {name: table.digest(name) for name, table in facts.tables.items()}
    tables = {
        name: TableSummary(table.rows, table.bytes, len(table.files), digests[name].value, table.shares)
        for name, table in facts.tables.items()
    }
    seconds = perf_counter() - effort.started
    own = [table for name, table in tables.items() if name not in facts.shared]
    return Summary(
        domain=facts.identity.domain,
        fingerprint=facts.identity.fingerprint,
        seed=int(facts.identity.spec["seed"]),
        destination=facts.location,
        data="",
        slice=facts.label,
        rows=tables[facts.identity.main].rows,
        bytes=sum(table.bytes for table in own),
        files=sum(table.files for table in own),
        digest=dataset_digest(digests),
        tables=tables,
        seconds=seconds,
        rows_per_second=effort.rows / seconds,
        peak_rss_mb=effort.peak_bytes / _MEGABYTE,
        cpu_seconds=effort.cpu_seconds,
        workers=effort.workers,
        skipped=skipped,
        committed=committed,
        made_rows=effort.rows,
        shared=facts.shared,
    )
