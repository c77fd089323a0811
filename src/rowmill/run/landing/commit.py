"""Commit: one change of the head makes a slice exist; then its files move to where everybody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.model.digest import TableDigest
from rowmill.model.statistics.records import of_all
from rowmill.run.books.ending import successor
from rowmill.run.books.head import Head, Listed, Pending, in_order, listed, sums_of, together
from rowmill.run.books.manifests import ReplacedMeanwhileError, entry_of, write_manifest
from rowmill.run.books.parts import Parts
from rowmill.run.books.records import Entry, FileEntry, TableEntry, added_counts
from rowmill.run.books.run import Run
from rowmill.run.books.survey import Found, changed, survey
from rowmill.run.checks.exact import refuse_other_counts
from rowmill.run.events import Receipt
from rowmill.run.landing.publish import committing, mend, publish
from rowmill.sinks.base import Destination

_log = log(__name__)


class PartsMissingError(DestinationError):
    """A run cannot be committed yet: some of its parts are not sealed."""


_NONE: Mapping[str, Receipt] = MappingProxyType({})


def commit(
    target: Destination, run: Run, parts: Parts, found: Found | None = None, known: Mapping[str, Receipt] = _NONE
) -> Entry:
    """Commit a run whose parts are all sealed, and publish it; or return what others committed of it meanwhile.

    Args:
        target: the destination.
        run: to commit.
        parts: of the run.
        found: what stood there a moment ago; read again where that is no longer so.
        known: receipts that need not be read again.

    Raises:
        PartsMissingError: if some are not.
        DestinationError: if a slice that overlaps was committed meanwhile, or if another run
            took the place of this one.
        IntegrityError: if the parts do not hold what the spec makes.
    """
    with committing(target):
        before = found
        while True:
            found = mend(target, survey(target) if found is None else found)
            if not found.is_begun(run):
                parts.drop()
                return successor(target, found, run)
            try:
                entry = _entry(target, run, found, parts.finished(known, untouched=found is before))
                pending, head = _head(target, found, run, entry, write_manifest(target, entry))
                after = changed(target, found, head)
            except ReplacedMeanwhileError:
                after = None
            if after is None:
                found = None
                continue
            _log.info("committed", run=run.stage.run, slice=entry.label, digest=entry.digest)
            publish(target, after, pending, entry, {part.table for part in run.plan.parts})
            return entry


def _entry(target: Destination, run: Run, found: Found, receipts: Mapping[str, Receipt]) -> Entry:
    """Return the record of a run, if it may be committed beside what stands there."""
    missing = [part.name for part in run.plan.parts if part.name not in receipts]
    if missing:
        shown = ", ".join(missing[:6]) + (", …" if len(missing) > 6 else "")
        raise PartsMissingError(
            f"{target.shown}: slice {run.label} lacks {len(missing)} of {len(run.plan.parts)} parts ({shown}); "
            "make them with --resume, then finalize"
        )
    refuse_other_counts(target.shown, run, receipts)
    if not run.overwrite:
        found.refuse_damage()
        for standing in found.conflicts(run):
            raise DestinationError(
                f"{target.shown}: slice {standing.label} was committed meanwhile; use --overwrite or another folder"
            )
    planned = dict.fromkeys(part.table for part in run.plan.parts)
    tables = {name: table_of(name, run, receipts) for name in planned}
    shared = shared_tables(target, found, run)
    if run.job.origin is not None:
        tables, shared = run.job.origin.vouched(tables), run.job.origin.vouched(shared)
    return Entry(
        label=run.label,
        windows=run.windows,
        dates=run.dates,
        layout=run.job.layout,
        tables={**tables, **shared},
        identity=run.identity,
        schemas=run.schemas,
    )


def shared_tables(target: Destination, found: Found, run: Run) -> dict[str, TableEntry]:
    """Return the records of the tables that a run does not make, since all slices share them, from one that stays.

    Raises:
        IntegrityError: if no manifest of those can be used.
    """
    planned = {part.table for part in run.plan.parts}
    names = [name for name in run.identity.catalogs if name not in planned]
    remaining = found.remaining(run)
    if not names or not remaining:
        return {}
    readable = (entry for each in remaining if (entry := _readable(target, each)) is not None)
    entry = next(readable, None) or entry_of(target, remaining[0])
    return {name: entry.tables[name] for name in names}


def _head(target: Destination, found: Found, run: Run, entry: Entry, name: str) -> tuple[Listed, Head]:
    """Return what the head says of a slice that is to be committed, and all that it says then."""
    gone, remaining, damaged = found.conflicts(run), found.remaining(run), found.damage_in_the_way(run)
    replaced = {each.label: _readable(target, each) for each in gone}
    unknown = bool(damaged) or None in replaced.values()
    lost = tuple(manifest for each in damaged for manifest in each.manifests)
    # Where the record of a slice that stays is damaged too, nobody can tell whose files these are: none is taken.
    sweeps = unknown and len(damaged) == len(found.damaged)
    replaces = (*(each.manifest for each in gone if each.manifest != name), *lost)
    pending = listed(entry, name, Pending(run.stage.run, replaces, sweeps))
    head = Head(
        identity=run.identity,
        slices=in_order((*remaining, pending)),
        begun={label: begun for label, begun in found.head.begun.items() if label != run.label},
        names=_names(target, found, entry, remaining, replaced),
        unread=tuple(each for each in found.head.unread if each not in lost),
    )
    return pending, head


def _names(
    target: Destination,
    found: Found,
    entry: Entry,
    remaining: Sequence[Listed],
    replaced: Mapping[str, Entry | None],
) -> dict[str, tuple[int, int]]:
    """Return the sums of file names once a slice stands beside those that stay."""
    timed = [name for name in entry.tables if name not in entry.identity.catalogs]
    if not remaining:
        return sums_of(entry, entry.tables)
    sums = sums_of(entry, timed)
    if None not in replaced.values():
        for old in replaced.values():
            sums = together(sums, sums_of(old, timed), -1) if old else sums
        return together(found.head.names, sums)
    entries = [_readable(target, each) for each in remaining]
    for other in entries:
        # Without sums, whoever compares a listing with them looks at the manifests.
        sums = together(sums, sums_of(other, timed)) if other and None not in entries else {}
    return together(sums, sums_of(entry, entry.identity.catalogs)) if sums else {}


def _readable(target: Destination, slice: Listed) -> Entry | None:
    try:
        return entry_of(target, slice)
    except IntegrityError:
        return None


def table_of(name: str, run: Run, receipts: Mapping[str, Receipt]) -> TableEntry:
    """Return the record of a table from the receipts of its parts; parts without receipt are left out."""
    total, files, counts, statistics = TableDigest(name), [], [], []
    for part in run.plan.parts:
        if part.table == name and part.name in receipts:
            for file in receipts[part.name].files:
                digest = TableDigest(name, file.rows, dict(file.columns))
                record = FileEntry(
                    path=file.path,
                    rows=file.rows,
                    bytes=file.bytes,
                    digest=digest.value,
                    checksum=file.checksum,
                    tiles=file.tiles,
                    token=file.token,
                )
                files.append(record)
                total.merge(digest)
                counts.append(file.counts)
                statistics.append(file.statistics)
    return TableEntry(total.rows, total.columns, tuple(files), added_counts(*counts), of_all(statistics))
