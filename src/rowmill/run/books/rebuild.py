"""The dataset that a record describes, built again without running anything that only the record names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from rowmill.core.errors import IntegrityError, SpecError, UsageError
from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset, Domain
from rowmill.model.inputs import NO_INPUTS, Inputs
from rowmill.model.schema import Schema
from rowmill.model.spec import Spec, validate
from rowmill.run.books import forms
from rowmill.run.books.records import Entry, Identity

ALLOW_PLUGINS = "--allow-plugins"


@runtime_checkable
class NamesPlugins(Protocol):
    """A domain whose specs may name code outside this package."""

    def plugins(self, spec: Spec) -> tuple[str, ...]:
        """Return what building the dataset of a spec would import from outside this package."""


def rebuild(
    where: str,
    identity: Identity,
    inputs: Inputs = NO_INPUTS,
    *,
    allow_plugins: bool = False,
) -> Dataset:
    """Return the dataset of a record.

    Args:
        where: what to call the destination.
        identity: what the record says of the spec.
        inputs: the user's own files that the data was made with.
        allow_plugins: whether code that the spec names may be imported.

    Raises:
        IntegrityError: if the spec is not the one that the fingerprint names, or none of the domain.
        UsageError: if a file is missing or another one, the data was made by another version of its domain, or the
            spec names code that may not be imported.
    """
    _family(where, identity)
    _permitted(where, identity, allow_plugins=allow_plugins)
    return dataset_of(where, identity, inputs)


def dataset_of(where: str, identity: Identity, inputs: Inputs = NO_INPUTS) -> Dataset:
    """Return the dataset of a record that is trusted: of a run of one's own, or of one that was looked into.

    Raises:
        UsageError: if a file is missing or another one, or the data was made by another version of its domain.
    """
    family = _family(where, identity)
    return family.build(validate(family.spec_type, identity.spec, "data"), inputs)


def _family(where: str, identity: Identity) -> Domain:
    """Return the domain of a record, unless its values are other ones here."""
    family = domain(identity.domain)
    if family.data_version != identity.data_version:
        raise UsageError(
            f"{where}: data version {identity.data_version!r} of {identity.domain}, {family.data_version} here; use "
            "the rowmill that wrote it (`rowmill info` names its version)"
        )
    return family


def schemas(where: str, entry: Entry, *, allow_plugins: bool = False) -> dict[str, Schema]:
    """Return the schemas of the tables of a slice: those that were recorded, which ask for no file and no code.

    An earlier version recorded none; then they are those that the spec has without files.

    Raises:
        IntegrityError: if they cannot be read, or the spec is not the one that the fingerprint names.
        UsageError: if the spec names code that may not be imported.
    """
    if entry.schemas:
        return {name: _recorded(where, name, plain) for name, plain in entry.schemas.items()}
    spec = _permitted(where, entry.identity, allow_plugins=allow_plugins)
    found = domain(entry.identity.domain).build(spec.model_copy(update={"inputs": {}}))
    return {name: table.schema for name, table in found.tables.items()}


def _recorded(where: str, table: str, plain: Mapping[str, Any]) -> Schema:
    try:
        found = Schema.from_json(plain)
    except ValueError as error:
        raise IntegrityError(f"{where}: the schema of {table} cannot be read: {str(error).splitlines()[0]}") from None
    strange = next((name for name in found.names if not forms.is_word(name)), None)
    if found.name != table or strange is not None:
        raise IntegrityError(
            f"{where}: the schema of {table} is that of no table: it names {(strange or found.name)[:40]!r}"
        )
    return found


def _permitted(where: str, identity: Identity, *, allow_plugins: bool) -> Spec:
    """Return the spec of a record, unless building it would import code that may not be."""
    spec, family = stored_spec(where, identity), domain(identity.domain)
    named = family.plugins(spec) if isinstance(family, NamesPlugins) else ()
    if named and not allow_plugins:
        raise UsageError(
            f"{where}: its spec names code of its own ({', '.join(map(repr, named[:3]))}), which would be run; if you "
            f"trust it, give {ALLOW_PLUGINS}"
        )
    return spec


def stored_spec(where: str, identity: Identity) -> Spec:
    """Return the spec of a record, without building anything.

    Raises:
        IntegrityError: if it is not the one that the fingerprint names, or none of the domain.
        UsageError: if there is no such domain.
    """
    family, identity = domain(identity.domain), identity.renewed()
    if not identity.is_of_its_spec:
        raise IntegrityError(
            f"{where}: its spec was changed: it is not the one of fingerprint {identity.fingerprint}; restore "
            "its manifest from a copy, or write the data again with --overwrite"
        )
    try:
        return validate(family.spec_type, identity.spec, "data")
    except SpecError as error:
        first = str(error).splitlines()[0]
        raise IntegrityError(f"{where}: its spec is none of {identity.domain}: {first}") from None
