"""Copying: what is committed at one destination comes to another one, slice by slice, proved by its digests.

A copy of a slice is a run as any other: parts, receipts, one commit, nothing to be seen before. Its rows are read from
the files of the source instead of being made; each part is one of those files, and counts once its rows have the digest
that the source recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from rowmill.core.errors import DestinationError, IntegrityError, UsageError
from rowmill.model.dataset import Dataset
from rowmill.model.digest import dataset_digest
from rowmill.model.inputs import inputs_of
from rowmill.model.spec import nearest
from rowmill.run.books.manifest import read
from rowmill.run.books.rebuild import rebuild
from rowmill.run.books.records import Entry, union
from rowmill.run.checks.audit import contradictions
from rowmill.run.landing.repair import refuse_losses
from rowmill.run.origin import Origin
from rowmill.run.request import Mode, Order, Share, Slice
from rowmill.run.runner import Progress, told
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Summary
from rowmill.run.work import carry_out
from rowmill.sinks.base import Destination
from rowmill.sinks.registry import destination, shown

SETTINGS = (
    "batch_size",
    "compression",
    "encoding",
    "executor",
    "format",
    "name",
    "partition_by",
    "remote",
    "row_group_rows",
    "workers",
)
"""Of the section ``run``, what a copy can be told: how files look and who writes them. They are cut as they were."""


@dataclass(frozen=True, slots=True)
class CopySummary:
    """What a copy brought, and what stood there before."""

    source: str
    destination: str
    digest: str
    """Content digest over all tables of the slices together, 32 hexadecimal digits: that of both sides."""
    slices: tuple[Summary, ...]
    """One for each slice, in their order; ``skipped`` where it stood there before, not ``committed`` of a share."""
    seconds: float
    """Wall-clock seconds of the call."""
    notes: tuple[str, ...] = ()
    """What of what was asked for has no effect, a line each."""

    @property
    def rows(self) -> int:
        """Return the rows of the main table in all slices."""
        return sum(each.rows for each in self.slices)

    @property
    def skipped(self) -> bool:
        """Return whether all stood there before."""
        return all(each.skipped for each in self.slices)

    @property
    def committed(self) -> bool:
        """Return whether all is there to be seen; what shares brought is, once a copy without one was asked for."""
        return all(each.committed for each in self.slices)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``rows``, ``skipped`` and ``committed``."""
        slices = [each.to_json() for each in self.slices]
        sums = {"rows": self.rows, "skipped": self.skipped, "committed": self.committed}
        return {**asdict(replace(self, slices=())), "slices": slices, **sums}


@dataclass(frozen=True, slots=True)
class CopySource:
    """What is to be copied, and what it takes to read it."""

    location: str | Path
    """Where it is committed."""
    slices: Sequence[str] = ()
    """Labels of slices, such as ``2025-03-01``; none for all."""
    inputs: Mapping[str, str | Path] = field(default_factory=dict)
    """The user's own files that the data was made with, by name."""
    allow_plugins: bool = False
    """Whether code that the stored spec names may be imported."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is to be copied, looked into: its records agree with its spec, and its files are there."""

    location: str | Path
    entries: tuple[Entry, ...]
    """The slices, in their order."""
    dataset: Dataset
    """Of the spec that is recorded; it tells where rows belong."""

    @property
    def rows(self) -> int:
        """Return the rows of the main table in all slices."""
        return sum(_rows(entry) for entry in self.entries)

    @property
    def digest(self) -> str:
        """Return the content digest over all tables of the slices together."""
        return dataset_digest({name: table.digest(name) for name, table in union(self.entries).items()})


def opened(stored: CopySource) -> Opened:
    """Look into what is to be copied; no file is read.

    Raises:
        DestinationError: if nothing is committed there, or not all of it is in its place.
        IntegrityError: if records are damaged or contradict their spec, or files are gone or of another size.
        UsageError: if there is no slice of a label, a file is missing or another one, the data was made by another
            version of its domain, or the spec names code that may not be imported.
    """
    where, manifest = shown(stored.location), read(stored.location)
    if not manifest.published:
        raise DestinationError(
            f"{where}: files were committed but not all are in place; run the same command there again, with --resume, "
            "then copy"
        )
    known = {entry.label: entry for entry in manifest.slices}
    for label in stored.slices:
        if label not in known:
            raise UsageError(f"slice {label!r}: not in {where}; {nearest(label, known)}")
    entries = tuple(entry for label, entry in known.items() if not stored.slices or label in stored.slices)
    dataset = rebuild(where, manifest.identity, inputs_of(stored.inputs), allow_plugins=stored.allow_plugins)
    for problem in contradictions(manifest, dataset):
        place = ": ".join(word for word in (where, problem.path or problem.table) if word)
        raise IntegrityError(f"{place}: {problem.message}; look with `rowmill verify {where}`")
    refuse_losses(destination(stored.location), entries)
    return Opened(stored.location, entries, dataset)


def copy(
    source: Opened,
    settings: RunSettings,
    *,
    mode: Mode = "new",
    share: Share | None = None,
    progress: Progress | None = None,
) -> CopySummary:
    """Copy slices of a destination to ``settings.out``, each whole or not at all.

    Args:
        source: what is to be copied.
        settings: the other destination, and how files look there.
        mode: ``new`` or ``overwrite``. What an earlier copy left unfinished is continued.
        share: of the files of each slice, for one machine of several; a copy without one commits what they brought.
        progress: called in this thread with (rows of the main table done, rows of all slices).

    Raises:
        UsageError: if both are one place, or a setting cannot be used.
        DestinationError: if the other destination cannot take the data as asked.
        IntegrityError: if files of the source do not hold what it records; nothing of that slice comes to the other.
    """
    started = perf_counter()
    origin, target = (destination(place, settings.remote) for place in (source.location, settings.out or ""))
    _refuse_one_place(origin, target)
    done, summaries = 0, list[Summary]()
    for entry in source.entries:
        cut = {"part_rows": entry.layout.part_rows, "single_file": entry.layout.single_file}
        order = Order(
            source.dataset,
            settings.model_copy(update={"tables": entry.identity.tables, **cut}),
            Slice(range(*entry.windows), entry.identity.columns, share),
            mode,
            origin=Origin(origin.location, origin.shown, entry, settings.remote),
        )
        summaries.append(told(carry_out(order), None if progress is None else _Behind(progress, done, source.rows)))
        done += _rows(entry)
    return CopySummary(origin.shown, target.shown, source.digest, tuple(summaries), perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Behind:
    """Progress of one slice behind those before."""

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int, _: int) -> None:
        self.progress(self.before + done, self.total)


def _rows(entry: Entry) -> int:
    return entry.tables[entry.identity.main].rows


def _refuse_one_place(one: Destination, other: Destination) -> None:
    """Refuse a copy of a place to itself, or to one within it, or around it, where both are paths of this machine."""
    if one.location == other.location:
        raise UsageError(f"{other.shown}: is where the data lies; name another place")
    first, second = (Path(each.shown) for each in (one, other))
    if not (first.is_absolute() and second.is_absolute()):
        return
    first, second = first.resolve(), second.resolve()
    if first == second or first in second.parents or second in first.parents:
        raise UsageError(f"{other.shown}: is {one.shown}, within it or around it; name another place")
