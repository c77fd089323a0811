"""Manifests: what is committed at a destination. Readers trust them and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.model.digest import dataset_digest
from rowmill.run.books.head import HEAD
from rowmill.run.books.manifests import ReplacedMeanwhileError, entry_of
from rowmill.run.books.parts import Unfinished, unfinished
from rowmill.run.books.records import Entry, Identity, TableEntry, union
from rowmill.run.books.survey import Found, survey
from rowmill.sinks.base import Destination
from rowmill.sinks.registry import destination, shown


@dataclass(frozen=True, slots=True)
class Manifest:
    """All committed slices of a destination."""

    domain: str
    data_version: str
    engine_version: str
    """Version of the package that committed the first slice."""
    fingerprint: str
    seed: int
    spec: Mapping[str, Any]
    columns: tuple[str, ...] | None
    """Columns of the main table; None for all."""
    main: str
    slices: tuple[Entry, ...]
    """In the order of their windows."""
    tables: Mapping[str, TableEntry]
    """The union of the slices, the main table first."""
    digest: str
    """Content digest over all tables, 32 hexadecimal digits."""
    unfinished: tuple[Unfinished, ...]
    """Runs that were begun there and are not committed."""
    published: bool
    """False where a crash came between commit and moving the files; any later run there finishes that."""

    @property
    def identity(self) -> Identity:
        """Return what all slices share."""
        return self.slices[0].identity

    @property
    def rows(self) -> int:
        """Return the rows of the main table."""
        return self.tables[self.main].rows


def committed(target: Destination) -> tuple[Found, list[Entry]]:
    """Return what stands at a destination, and all that is known of its slices, as they stand together.

    Raises:
        IntegrityError: if records are damaged.
    """
    while True:
        found = survey(target)
        for each in found.damaged:
            raise IntegrityError(each.message)
        # Who replaces a slice changes the head first, and then takes away the manifest.
        with suppress(ReplacedMeanwhileError):
            return found, [entry_of(target, each) for each in found.slices]


def _refuse_other_specs(where: str, found: Found, entries: Sequence[Entry]) -> None:
    """Refuse manifests that do not share the spec that the head has, and say which document was changed, where known.

    Raises:
        IntegrityError: naming the document.
    """
    for each, entry in zip(found.slices, entries, strict=True):
        here, head = entry.identity, found.identity
        if head is None or here == head:
            continue
        for name, identity in ((each.manifest, here), (HEAD, head)):
            if not identity.is_of_its_spec:
                raise IntegrityError(
                    f"{where}: {name}: its spec was changed: it is not the one of fingerprint {identity.fingerprint}; "
                    "restore the document from a copy"
                )
        raise IntegrityError(
            f"{where}: {each.manifest} and {HEAD} are of different specs, of fingerprints {here.fingerprint} and "
            f"{head.fingerprint}: one of them was changed or is from elsewhere; restore it from a copy"
        )


def read(out: str | Path) -> Manifest:
    """Return the union of the committed slices of a destination.

    Raises:
        DestinationError: if nothing is committed there.
        IntegrityError: if its records are damaged or contradict each other.
    """
    target = destination(out)
    found, entries = committed(target)
    begun = unfinished(target, found.unfinished)
    if not entries:
        told = "; ".join(map(str, begun[:3]))
        fix = f"{told}; continue with --resume, or finalize once every share is made" if begun else "write one there"
        raise DestinationError(f"{shown(out)}: holds no finished run; {fix}")
    _refuse_other_specs(shown(out), found, entries)
    for before, after in pairwise(entries):
        if after.windows[0] < before.windows[1]:
            raise IntegrityError(
                f"{shown(out)}: slices {before.label} and {after.label} overlap; write the data again with --overwrite"
            )
    shared, tables = entries[0].identity, union(entries)
    return Manifest(
        domain=shared.domain,
        data_version=shared.data_version,
        engine_version=entries[0].engine_version,
        fingerprint=shared.fingerprint,
        seed=shared.seed,
        spec=shared.spec,
        columns=shared.columns,
        main=shared.main,
        slices=tuple(entries),
        tables=tables,
        digest=dataset_digest({name: table.digest(name) for name, table in tables.items()}),
        unfinished=begun,
        published=all(each.pending is None for each in found.slices),
    )
