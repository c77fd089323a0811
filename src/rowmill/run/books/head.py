"""The head: one small document that lists the slices of a destination and the runs that were begun there.

It is changed by compare-and-set alone, and the change that lists a slice is the commit: from then on the data exists.
A night's run reads it and no manifest but its own. Whatever lies below the folder of a slice, or is about to, stands in
the head first and leaves it last, so a crash leaves nothing that the head does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated

from xxhash import xxh3_64_intdigest

from rowmill.run.books import forms
from rowmill.run.books.forms import FORM
from rowmill.run.books.records import Entry, Identity, shallow
from rowmill.sinks.documents import JsonText, json_document

HEAD = "head.json"
_MODULUS = 1 << 64
NO_FILES = (0, 0)
DROPPED = "-"
"""In the place of the name of a run that was dropped, and of which something may be left."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still to be done for a slice that is committed and not yet published."""

    run: forms.FilePart
    """Name of the run whose files wait."""
    replaces: Annotated[tuple[forms.ManifestName, ...], forms.MANY] = ()
    """Manifests of the slices whose place it takes."""
    sweeps: bool = False
    """Whether files that no manifest knows any more go too: that of a slice which is replaced cannot be read."""


@dataclass(frozen=True)
class Listed:
    """One committed slice, as far as others need to know it."""

    label: forms.Label
    windows: forms.Span
    """First window and the one after the last."""
    dates: tuple[forms.Day, forms.Day]
    """First and last day, ISO 8601."""
    rows: forms.Count
    """Rows of the main table."""
    digest: forms.Digest
    """Content digest over all tables, 32 hexadecimal digits."""
    manifest: forms.ManifestName
    """The document that tells the rest."""
    pending: Pending | None = None
    """None once it is published."""

    @cached_property
    def json(self) -> str:
        """Return it as JSON. A head has as many of these as there were nights, and is written three times in one."""
        data = {
            "label": self.label,
            "windows": self.windows,
            "dates": self.dates,
            "rows": self.rows,
            "digest": self.digest,
            "manifest": self.manifest,
        }
        return json.dumps(data if self.pending is None else {**data, "pending": shallow(self.pending)})


def listed(entry: Entry, manifest: str, pending: Pending | None = None) -> Listed:
    """Return what the head says of a slice."""
    rows = entry.tables[entry.identity.main].rows
    return Listed(entry.label, entry.windows, entry.dates, rows, entry.digest, manifest, pending)


@dataclass(frozen=True, slots=True)
class Head:
    """All slices of a destination, and what was begun there."""

    identity: Identity | None = None
    """What all slices share; None where there is none."""
    slices: Annotated[tuple[Listed, ...], forms.MANY] = ()
    """In the order of their windows."""
    begun: Annotated[dict[forms.Label, forms.FilePart], forms.MANY] = field(default_factory=dict)
    """The name of the run that was begun for a slice; empty where an earlier version of this package began it."""
    names: dict[forms.TableName, forms.Names] = field(default_factory=dict)
    """How many files each table has, and the sum of the hashes of their paths: a listing tells if there are others."""
    unread: Annotated[tuple[forms.ManifestName, ...], forms.MANY] = ()
    """Manifests that could not be read when the head was made from them."""

    def to_document(self) -> bytes:
        """Return the document from which ``from_json`` makes an equal head."""
        identity = None if self.identity is None else self.identity.to_json()
        slices = JsonText(f"[{', '.join(each.json for each in self.slices)}]")
        return json_document({"form": FORM, **shallow(self), "identity": identity, "slices": slices})

    @classmethod
    def from_json(cls, data: bytes) -> Head:
        """Read what ``to_document`` made.

        Raises:
            BadForm: if it was written by a later version, or changed since.
        """
        head = forms.parse(cls, data)
        labels = {each.label for each in head.slices}
        if len(labels) < len(head.slices):
            raise forms.BadForm("slices: one is listed twice")
        if head.slices and head.identity is None:
            raise forms.BadForm("identity: there is none, though there are slices")
        if head.identity is None:
            return head
        head.identity.refuse_contradictions()
        return replace(head, identity=head.identity.renewed())


def in_order(slices: Iterable[Listed]) -> tuple[Listed, ...]:
    """Return slices in the order of their windows."""
    return tuple(sorted(slices, key=lambda each: (each.windows, each.label)))


def sum_of(paths: Sequence[str]) -> tuple[int, int]:
    """Return the number of files and the sum of the hashes of their paths, in whatever order they come."""
    return len(paths), sum(xxh3_64_intdigest(path.encode()) for path in paths) % _MODULUS


def added(one: tuple[int, int], other: tuple[int, int], sign: int = 1) -> tuple[int, int]:
    """Return the sum of two, or their difference where ``sign`` is −1."""
    return one[0] + sign * other[0], (one[1] + sign * other[1]) % _MODULUS


def sums_of(entry: Entry, tables: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the sums of some tables' files of a slice."""
    return {name: sum_of([file.path for file in entry.tables[name].files]) for name in tables}


def together(
    first: Mapping[str, tuple[int, int]], second: Mapping[str, tuple[int, int]], sign: int = 1
) -> dict[str, tuple[int, int]]:
    """Return the sums of two by table, or their differences where ``sign`` is −1."""
    return {
        name: added(first.get(name, NO_FILES), second.get(name, NO_FILES), sign)
        for name in dict.fromkeys((*first, *second))
    }
