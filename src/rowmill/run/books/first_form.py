"""Destinations without a head: an earlier version of this package wrote them, or somebody removed it.

There a slice was committed by its manifest alone, which said too what was still to be done. The head is made from the
manifests in memory, and written by the first run that changes something.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from rowmill.run.books import forms
from rowmill.run.books.head import Head, Pending, in_order, sums_of, together
from rowmill.run.books.manifests import Damaged, read_all
from rowmill.run.books.records import Entry, Replaced
from rowmill.sinks.base import Destination, Stage
from rowmill.sinks.documents import json_document

_MANIFEST = "manifest.json"
_PLAN = "plan.json"
_JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class _State:
    """What a manifest said beside the slice."""

    replaced: Replaced | None = None


def head_of_manifests(target: Destination) -> tuple[Head, tuple[Damaged, ...]]:
    """Return the head that the manifests of a destination make, and those of them that cannot be used."""
    documents = target.documents.list("")
    states = {name: _state(target, name) for name in documents if forms.is_manifest(name)}
    gone = {
        label for name, state in states.items() for label in (state.labels if state else ()) if label != _label_of(name)
    }
    found, damaged = read_all(target, (name for name in states if _label_of(name) not in gone))
    names = dict[str, tuple[int, int]]()
    for place, (_, entry) in enumerate(found):
        tables = [name for name in entry.tables if place == 0 or name not in entry.identity.catalogs]
        names = together(names, sums_of(entry, tables))
    slices = in_order(
        replace(each, pending=Pending(state.run)) if (state := states[each.manifest]) else each for each, _ in found
    )
    ending = {_label_of(name) for name, state in states.items() if state}
    plans = (_label_of(name) for name in documents if name.rpartition("/")[2] == _PLAN)
    begun = {label: "" for label in plans if forms.is_label(label) and label not in ending}
    identity = found[0][1].identity if found else None
    return Head(identity, slices, begun, names, tuple(name for each in damaged for name in each.manifests)), damaged


def publish(target: Destination, manifest: str, entry: Entry) -> None:
    """Finish the publication of a slice that its manifest alone commits. Safe to repeat after a crash at any point."""
    state, place = _state(target, manifest), manifest.rpartition("/")[0]
    if state is None:
        return
    target.publish(Stage(place, state.run), entry.written, state.files)
    for label in state.labels:
        if label != entry.label:
            target.documents.delete(f"{_place(label)}{_MANIFEST}")
            forget(target, label)
    forget(target, entry.label)
    document = target.documents.read(manifest)
    if document is not None:
        target.documents.replace(manifest, _without_state(document.data), document.version)


def forget(target: Destination, label: str) -> None:
    """Remove what is left of a run that an earlier version began: journals first, so that none is without its plan."""
    place = _place(label)
    for stem in (_JOURNAL, _PLAN):
        for name in target.documents.list(f"{place}{stem}"):
            if "/" not in name.removeprefix(place):
                target.documents.delete(name)
    target.drop(Stage(place.rstrip("/")))


def _state(target: Destination, manifest: str) -> Replaced | None:
    """Return what a manifest says is still to be done; None where nothing is."""
    document = target.documents.read(manifest)
    try:
        return None if document is None else forms.parse(_State, document.data).replaced
    except forms.BadForm:
        return None


def _without_state(data: bytes) -> bytes:
    return json_document({key: value for key, value in json.loads(data).items() if key != "replaced"})


def _label_of(name: str) -> str:
    return name.rpartition("/")[0] or forms.WHOLE


def _place(label: str) -> str:
    """Return the folder of a slice's documents, which for the whole period was the top one."""
    return "" if label == forms.WHOLE else f"{label}/"
