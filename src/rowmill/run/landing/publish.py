"""Publication: the files of a committed slice come to their places, and what it replaced goes. Safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from rowmill.core.errors import IntegrityError
from rowmill.run.books import first_form, forms
from rowmill.run.books.documents import leave_documents
from rowmill.run.books.head import Head, Listed
from rowmill.run.books.manifests import entry_of, read_all
from rowmill.run.books.records import Entry
from rowmill.run.books.survey import Found, changed, survey
from rowmill.sinks.base import Destination, Stage, Written

_LOCK = "commit"
"""One process at a time commits and publishes."""


@contextmanager
def committing(target: Destination) -> Iterator[None]:
    """Wait until nobody else commits, and keep others from it."""
    with target.locks.hold(_LOCK, wait=True):
        yield


def recover(target: Destination, found: Found) -> Found:
    """Finish publications that a crash interrupted; return what stands there then."""
    if all(each.pending is None for each in found.slices):
        return found
    with committing(target):
        return mend(target, survey(target))


def mend(target: Destination, found: Found) -> Found:
    """Do what ``recover`` does, for one who commits."""
    pending = [each for each in found.slices if each.pending is not None]
    for each in pending:
        # Files that are gone are named, or replaced, by whoever looks at the slice next.
        with suppress(IntegrityError):
            if found.version is None:
                first_form.publish(target, each.manifest, entry_of(target, each))
            else:
                publish(target, found, each)
    return survey(target) if pending else found


def publish(
    target: Destination, found: Found, slice: Listed, entry: Entry | None = None, made: Collection[str] | None = None
) -> None:
    """Show the files of a committed slice and remove what it replaced.

    Args:
        target: the destination.
        found: what stands there.
        slice: committed, and pending.
        entry: all that is known of it; None to read its manifest.
        made: the tables that wait to be shown; None where others, which stand there already, are to be looked for too.

    Raises:
        IntegrityError: if a file is neither staged nor in place, or the manifest of the slice cannot be used.
    """
    if slice.pending is None:
        return
    entry, pending = entry or entry_of(target, slice), slice.pending
    replaced, _ = read_all(target, pending.replaces)
    obsolete = {path for _, old in replaced for path in old.files}
    if pending.sweeps:
        obsolete |= _abandoned(target, found, entry)
    target.publish(Stage(slice.label, pending.run), entry.written_of(made), sorted(obsolete.difference(entry.files)))
    for name in pending.replaces:
        target.documents.delete(name)
        if (label := name.rpartition("/")[0]) != slice.label:
            forget(target, label or forms.WHOLE, found.head)
    forget(target, slice.label, found.head)
    # Whoever is killed after this leaves nothing to be done; who can say more of the run writes them again.
    leave_documents(target, entry.identity.domain, found)
    _note_published(target, found, slice)


def _note_published(target: Destination, found: Found, slice: Listed) -> None:
    while True:
        slices = tuple(replace(each, pending=None) if each == slice else each for each in found.head.slices)
        head = replace(found.head, slices=slices)
        if slices == found.head.slices or changed(target, found, head):
            return
        found = survey(target)


def _abandoned(target: Destination, found: Found, entry: Entry) -> set[str]:
    """Return the files that a lost manifest may have named: what looks like ours and is no other slice's."""
    try:
        kept = {path for each in found.slices for path in entry_of(target, each).files}
    except IntegrityError:
        # Where the manifest of a slice that stays is damaged too, nobody can tell whose files these are.
        return set()
    seen = {path for table in entry.identity.tables for path in target.visible(entry.identity.folder(table))}
    return {path for path in seen - kept if forms.is_data_file(path)}


def publish_again(target: Destination, stage: Stage, files: Iterable[Written]) -> None:
    """Move files of a slice that is committed already from a stage to their places; all others stay as they are."""
    with committing(target):
        target.publish(stage, files, ())
        target.drop(stage)


def forget(target: Destination, label: str, head: Head, *, manifests: bool = True) -> None:
    """Remove receipts, unpublished files and plans of a slice.

    Args:
        target: the destination.
        label: of the slice.
        head: what is written there now.
        manifests: whether manifests that the head does not list go too. They may be those of somebody who is about to
            commit, unless the head has just changed what it says of the slice.
    """
    listed = {each.manifest for each in head.slices}
    target.drop(Stage(label), lambda name: not forms.is_manifest(name) or (manifests and name not in listed))
