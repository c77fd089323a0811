"""Manifests of slices: documents that are written once, and never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from xxhash import xxh3_64_hexdigest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.run.books import forms
from rowmill.run.books.head import HEAD, Head, Listed, listed
from rowmill.run.books.records import Entry, Identity
from rowmill.sinks.base import Destination
from rowmill.sinks.documents import json_document


class ReplacedMeanwhileError(DestinationError):
    """A slice is no longer what it was when the head was read: another process took its place."""


class Damaged(NamedTuple):
    """The record of a slice that cannot be used."""

    label: str
    message: str
    """Which record, and what is wrong with it."""
    manifests: tuple[str, ...] = ()
    """The names of the documents that should tell of it."""


_OTHER = "it is not of the slice that the head lists"


def write_manifest(target: Destination, entry: Entry) -> str:
    """Write the manifest of a slice that is about to be committed; return its name.

    One that is there already says the same, unless somebody changed it since.
    """
    data = json_document(entry.to_json())
    name = f"{entry.label}/manifest-{xxh3_64_hexdigest(data)}.json"
    while not target.documents.create(name, data):
        found = target.documents.read(name)
        if found is not None and (found.data == data or target.documents.replace(name, data, found.version)):
            break
    return name


def entry_of(target: Destination, slice: Listed) -> Entry:
    """Return all that is known of a committed slice.

    Raises:
        ReplacedMeanwhileError: if its manifest is gone since another process took its place.
        IntegrityError: if its manifest cannot be used.
    """
    document = target.documents.read(slice.manifest)
    where = f"{target.shown}: {slice.manifest}"
    if document is None and not _is_listed(target, slice):
        raise ReplacedMeanwhileError(
            f"{target.shown}: slice {slice.label} was replaced by another process meanwhile; look with `rowmill info` "
            "at what stands there now"
        )
    try:
        _refuse("nothing is there" if document is None else None)
        entry = _placed(slice.label, document.data if document else b"")
        _refuse(None if listed(entry, slice.manifest, slice.pending) == slice else _OTHER)
    except forms.BadForm as error:
        raise IntegrityError(f"{where}: {_said(slice.label, error)}") from None
    return entry


def _is_listed(target: Destination, slice: Listed) -> bool:
    """Return whether the head lists the manifest of a slice now; where there is no head, manifests are the list."""
    document = target.documents.read(HEAD)
    try:
        return document is None or slice.manifest in {each.manifest for each in Head.from_json(document.data).slices}
    except forms.BadForm:
        return True


def read_all(
    target: Destination, names: Iterable[str], identity: Identity | None = None
) -> tuple[list[tuple[Listed, Entry]], tuple[Damaged, ...]]:
    """Return the slices that some manifests tell of, and what is wrong with those that tell of none.

    Args:
        target: the destination.
        names: of the manifests; those that are not there tell nothing.
        identity: what the slices must share; None for that of the first.
    """
    found, damaged = list[tuple[Listed, Entry]](), list[Damaged]()
    by_label = defaultdict[str, list[str]](list)
    for name in names:
        by_label[name.rpartition("/")[0] or forms.WHOLE].append(name)
    for label, own in by_label.items():
        documents = {name: target.documents.read(name) for name in own}
        there = {name: document.data for name, document in documents.items() if document is not None}
        try:
            _refuse(None if len(there) < 2 else "there is more than one of this slice")
            for name, data in there.items():
                entry = _placed(label, data)
                identity = entry.identity if identity is None else identity
                _refuse(None if entry.identity == identity else "identity: it is of another spec than the other slices")
                found.append((listed(entry, name), entry))
        except forms.BadForm as error:
            shown = " and ".join(there)
            damaged.append(Damaged(label, f"{target.shown}: {shown}: {_said(label, error)}", tuple(there)))
    return found, tuple(damaged)


def _refuse(problem: str | None) -> None:
    if problem is not None:
        raise forms.BadForm(problem)


def _placed(label: str, data: bytes) -> Entry:
    entry = Entry.from_json(data)
    if entry.label != label:
        raise forms.BadForm(f"label: it is that of slice {entry.label}, and lies where slice {label} has its own")
    return entry


def _said(label: str, error: forms.BadForm) -> str:
    return str(error) if isinstance(error, forms.NewerForm) else f"is damaged ({error}); {_advice(label)}"


def _advice(label: str) -> str:
    return f"restore it from a copy, or write slice {label} again with --overwrite"
