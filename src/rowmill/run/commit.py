"""Commit and publication: one small record makes a slice exist, then its files move to where everybody looks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.model.digest import TableDigest
from rowmill.run.books import forms
from rowmill.run.books.destination import PLAN, Found, Run, labels, survey
from rowmill.run.books.ending import is_planned, successor
from rowmill.run.books.journal import Journal, document, stage_of
from rowmill.run.books.records import MANIFEST, Entry, FileEntry, Replaced, TableEntry, added_counts
from rowmill.run.checks.exact import refuse_other_counts
from rowmill.run.events import FileReceipt, Receipt
from rowmill.sinks.base import Destination, Stage
from rowmill.sinks.documents import json_document

_log = log(__name__)

_LOCK = "commit"
"""One process of a machine commits at a time."""


def commit(target: Destination, run: Run, journal: Journal) -> Entry:
    """Commit a run whose parts are all journalled, and publish it; or return what others committed of it meanwhile.

    Raises:
        DestinationError: if parts are missing, if a slice that overlaps was committed meanwhile, or if another run
            took the place of this one.
        IntegrityError: if the parts do not hold what the spec makes.
    """
    with target.locks.hold(_LOCK, wait=True):
        found = _mend(target)
        if not is_planned(target, run):
            return successor(found, run)
        receipts = journal.all()
        _refuse_missing(target, run, receipts)
        refuse_other_counts(target.shown, run, receipts)
        if not run.overwrite:
            found.refuse_damage()
        standing = labels(found.conflicts(run))
        if standing and not run.overwrite:
            raise _committed_meanwhile(target, standing[0])
        entry = _entry(found, run, receipts, _abandoned(target, found, run))
        name, record = document(run.stage.slice, MANIFEST), json_document(entry.to_json())
        if not _written(target, name, record):
            raise _committed_meanwhile(target, run.label)
        _log.info("committed", run=run.stage.run, slice=entry.label, digest=entry.digest)
        return _publish(target, entry)


def _written(target: Destination, name: str, data: bytes) -> bool:
    """Write a document, whatever was there; return False where others did meanwhile."""
    found = target.documents.read(name)
    if found is None:
        return target.documents.create(name, data)
    return target.documents.replace(name, data, found.version) is not None


def _refuse_missing(target: Destination, run: Run, receipts: Mapping[str, Receipt]) -> None:
    missing = [part.name for part in run.plan.parts if part.name not in receipts]
    if missing:
        shown = ", ".join(missing[:6]) + (", …" if len(missing) > 6 else "")
        raise DestinationError(
            f"{target.shown}: slice {run.label} lacks {len(missing)} of {len(run.plan.parts)} parts ({shown}); "
            "make them with --resume, then finalize"
        )


def _committed_meanwhile(target: Destination, label: str) -> DestinationError:
    return DestinationError(f"{target.shown}: slice {label} was committed meanwhile; use --overwrite or another folder")


def _abandoned(target: Destination, found: Found, run: Run) -> set[str]:
    """Return the files that damaged records may have named: what looks like ours in the folders of the run's tables.

    Where the record of a slice that stays is damaged too, nobody can tell whose files these are, and none is taken.
    """
    if not found.damaged or len(found.damage_in_the_way(run)) < len(found.damaged):
        return set()
    return {path for table in run.identity.tables for path in target.visible(table) if forms.is_data_file(path)}


def _publish(target: Destination, entry: Entry) -> Entry:
    """Show the files of a committed slice and remove what it replaced. Safe to repeat after a crash at any point."""
    place, replaced = stage_of(entry.label), entry.replaced or Replaced()
    target.publish(Stage(place, replaced.run), entry.written, replaced.files)
    for label in replaced.labels:
        if label != entry.label:
            target.documents.delete(document(stage_of(label), MANIFEST))
            forget(target, stage_of(label))
    # The plan goes before the manifest is final: a share that is still at work then learns that it is not needed.
    forget(target, place)
    final = replace(entry, replaced=None)
    _written(target, document(place, MANIFEST), json_document(final.to_json()))
    return final


def publish_again(target: Destination, stage: Stage, entry: Entry) -> None:
    """Move files of a slice that is committed already from a stage to their places; those that are there stay."""
    with target.locks.hold(_LOCK, wait=True):
        target.publish(stage, entry.written, ())


def recover(target: Destination, found: Found) -> Found:
    """Finish publications that a crash interrupted; return what stands there then."""
    if all(entry.replaced is None for entry in found.entries):
        return found
    with target.locks.hold(_LOCK, wait=True):
        return _mend(target)


def _mend(target: Destination) -> Found:
    found = survey(target)
    begun = [entry for entry in found.entries if entry.replaced is not None]
    for entry in begun:
        # Files that are gone are named, or replaced, by whoever looks at the slice next.
        with suppress(IntegrityError):
            _publish(target, entry)
    return survey(target) if begun else found


def forget(target: Destination, slice: str) -> None:
    """Remove receipts, unpublished files and the plan of a slice: no receipt is ever without its plan."""
    target.drop(Stage(slice))
    target.documents.delete(document(slice, PLAN))


def _entry(found: Found, run: Run, receipts: Mapping[str, Receipt], abandoned: set[str]) -> Entry:
    remaining = found.remaining(run)
    shared = {name: remaining[0].tables[name] for name in run.identity.catalogs} if remaining else {}
    planned = dict.fromkeys(part.table for part in run.plan.parts)
    tables = {name: shared.get(name) or table_of(name, run, receipts) for name in planned}
    kept = {path for entry in remaining for path in entry.files}
    gone = found.conflicts(run)
    obsolete = abandoned.union(path for entry in gone for path in entry.files) - kept
    replaced = dict.fromkeys((*labels(gone), *found.damage_in_the_way(run)))
    return Entry(
        label=run.label,
        windows=run.windows,
        dates=run.dates,
        layout=run.job.layout,
        tables={**tables, **shared},
        identity=run.identity,
        replaced=Replaced(tuple(replaced), tuple(sorted(obsolete)), run.stage.run),
    )


def table_of(name: str, run: Run, receipts: Mapping[str, Receipt]) -> TableEntry:
    """Return the record of a table from the receipts of its parts; parts without receipt are left out."""
    total, files, counts = TableDigest(name), [], []
    for part in run.plan.parts:
        if part.table == name and part.name in receipts:
            for receipt in receipts[part.name].files:
                digest = _digest(name, receipt)
                files.append(
                    FileEntry(
                        receipt.path,
                        receipt.rows,
                        receipt.bytes,
                        digest.value,
                        receipt.checksum,
                        receipt.tiles,
                        receipt.token,
                    )
                )
                total.merge(digest)
                counts.append(receipt.counts)
    columns = {column: f"{value:032x}" for column, value in total.columns.items()}
    return TableEntry(total.rows, columns, tuple(files), added_counts(*counts))


def _digest(table: str, file: FileReceipt) -> TableDigest:
    return TableDigest.from_json(table, {"rows": file.rows, "columns": file.columns})
