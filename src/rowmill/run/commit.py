"""Commit and publication: one small record makes a slice exist, then its files move to where everybody looks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.model.digest import TableDigest
from rowmill.run import forms
from rowmill.run.destination import PLAN, Found, Run, labels, survey
from rowmill.run.journal import document, journal_names, stage_of
from rowmill.run.records import MANIFEST, Entry, FileEntry, Replaced, TableEntry, added_counts
from rowmill.run.work import FileReceipt, Receipt
from rowmill.sinks.base import Sink, json_document

_log = logging.getLogger(__name__)

_LOCK = "commit"
"""One process of a machine commits at a time."""


def commit(sink: Sink, run: Run, receipts: Mapping[str, Receipt]) -> Entry:
    """Commit a run whose parts are all journalled, and publish it.

    Raises:
        DestinationError: if parts are missing, or a slice that overlaps was committed meanwhile.
    """
    missing = [part.name for part in run.plan.parts if part.name not in receipts]
    if missing:
        shown = ", ".join(missing[:6]) + (", …" if len(missing) > 6 else "")
        raise DestinationError(
            f"{sink.location}: slice {run.label} lacks {len(missing)} of {len(run.plan.parts)} parts ({shown}); "
            "make them with --resume, then finalize"
        )
    with sink.store.lock(_LOCK, wait=True):
        found = _mended(sink)
        found.refuse_damage(run if run.overwrite else None)
        standing = found.conflicts(run)
        if standing and not run.overwrite:
            raise DestinationError(
                f"{sink.location}: slice {standing[0].label} was committed meanwhile; use --overwrite or another folder"
            )
        entry = _entry(sink, found, run, receipts)
        sink.store.replace(document(stage_of(run.label), MANIFEST), json_document(entry.to_json()))
        _log.info("committed slice %s, digest %s", entry.label, entry.digest)
        return _publish(sink, entry)


def _publish(sink: Sink, entry: Entry) -> Entry:
    """Show the files of a committed slice and remove what it replaced. Safe to repeat after a crash at any point."""
    stage, replaced = stage_of(entry.label), entry.replaced or Replaced()
    sink.publish(stage, entry.files, replaced.files)
    for label in replaced.labels:
        if label != entry.label:
            sink.store.delete(document(stage_of(label), MANIFEST))
            forget(sink, stage_of(label))
    final = replace(entry, replaced=None)
    sink.store.replace(document(stage, MANIFEST), json_document(final.to_json()))
    return final


def publish_again(sink: Sink, stage: str, entry: Entry) -> None:
    """Move files of a slice that is committed already from a stage to their places; those that are there stay."""
    with sink.store.lock(_LOCK, wait=True):
        sink.publish(stage, entry.files, ())


def recover(sink: Sink, found: Found) -> Found:
    """Finish publications that a crash interrupted; return what stands there then."""
    if all(entry.replaced is None for entry in found.entries):
        return found
    with sink.store.lock(_LOCK, wait=True):
        return _mended(sink)


def _mended(sink: Sink) -> Found:
    for entry in survey(sink).entries:
        if entry.replaced is not None:
            # Files that are gone are named, or replaced, by whoever looks at the slice next.
            with suppress(IntegrityError):
                _publish(sink, entry)
    return survey(sink)


def forget(sink: Sink, stage: str) -> None:
    """Remove plan, journals and unpublished files of a stage: journals first, so that none is ever without its plan."""
    for name in journal_names(sink, stage):
        sink.store.delete(name)
    sink.store.delete(document(stage, PLAN))
    sink.drop(stage)


def _entry(sink: Sink, found: Found, run: Run, receipts: Mapping[str, Receipt]) -> Entry:
    remaining = found.remaining(run)
    shared = {name: remaining[0].tables[name] for name in run.identity.catalogs} if remaining else {}
    planned = dict.fromkeys(part.table for part in run.plan.parts)
    tables = {name: shared.get(name) or table_of(name, run, receipts) for name in planned}
    kept = {path for entry in remaining for path in entry.files}
    gone = found.conflicts(run)
    obsolete = {path for entry in gone for path in entry.files}
    replaced = labels(gone)
    if found.damaged:
        # What a record that cannot be read had listed is told by what lies there.
        lying = (path for name in run.identity.tables for path in sink.visible(name))
        obsolete |= {path for path in lying if forms.is_data_file(path)}
        replaced += tuple(each.label for each in found.damaged if each.label not in replaced)
    return Entry(
        label=run.label,
        windows=run.windows,
        dates=run.dates,
        layout=run.job.layout,
        tables={**tables, **shared},
        identity=run.identity,
        replaced=Replaced(replaced, tuple(sorted(obsolete - kept))),
    )


def table_of(name: str, run: Run, receipts: Mapping[str, Receipt]) -> TableEntry:
    """Return the record of a table from the receipts of its parts; parts without receipt are left out."""
    total, files, counts = TableDigest(name), [], []
    for part in run.plan.parts:
        if part.table == name and part.name in receipts:
            for receipt in receipts[part.name].files:
                digest = _digest(name, receipt)
                facts = (receipt.path, receipt.rows, receipt.bytes, digest.value, receipt.checksum, receipt.tiles)
                files.append(FileEntry(*facts))
                total.merge(digest)
                counts.append(receipt.counts)
    columns = {column: f"{value:032x}" for column, value in total.columns.items()}
    return TableEntry(total.rows, columns, tuple(files), added_counts(*counts))


def _digest(table: str, file: FileReceipt) -> TableDigest:
    return TableDigest.from_json(table, {"rows": file.rows, "columns": file.columns})
