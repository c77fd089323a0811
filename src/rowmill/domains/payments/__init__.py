"""Payments: card transactions with customers, cards, merchants and labelled fraud.

A reader's path: ``spec`` (what can be asked) → ``volume`` (how many rows where) → ``flow`` (which card pays when) →
``columns`` (what a row says) → ``scenarios`` (fraud and what resembles it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rowmill.core.errors import SpecError
from rowmill.domains.payments.own import load_own
from rowmill.domains.payments.schedule import chosen
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.tables import Catalog, Engine, Labels, Transactions
from rowmill.domains.payments.volume import CARDS_EACH, CARDS_PER_CUSTOMER, PAN_SPACE
from rowmill.domains.payments.world import World
from rowmill.model.dataset import Dataset
from rowmill.model.spec import Spec
from rowmill.model.table import Table

DATA_VERSION = "1"
_MAX_BLOCKS = 1 << 22


@dataclass(frozen=True, slots=True)
class Payments:
    """The payments domain."""

    name: str = "payments"
    data_version: str = DATA_VERSION
    spec_type: type[PaymentsSpec] = PaymentsSpec

    def build(self, spec: Spec, own_files: Mapping[str, str] = MappingProxyType({})) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            own_files: paths of the user's own customers, cards and merchants, by name; they take the catalog's place.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if a file cannot be used, or is another than the spec was made with.
        """
        if not isinstance(spec, PaymentsSpec):
            raise SpecError(f"payments: got a {type(spec).__name__}; give a PaymentsSpec")
        own = load_own(spec, own_files)
        spec = spec.model_copy(update={"own": dict(own.digests)})
        world = World(spec, own)
        made = own.customers is None and own.cards is None
        if world.volume.blocks >= _MAX_BLOCKS or (made and world.volume.customers * CARDS_EACH >= PAN_SPACE):
            most = int(PAN_SPACE / CARDS_EACH * CARDS_PER_CUSTOMER)
            raise SpecError(
                f"data.sizes.customers: {world.volume.customers:,} customers need more card numbers than there are; at "
                f"most {most:,} cards fit: ask for fewer customers or a longer period"
            )
        chosen(spec.fraud.scenarios)
        engine = Engine(world)
        tables: dict[str, Table] = {
            "transactions": Transactions(engine),
            "labels": Labels(engine),
            "customers": Catalog(engine, "customers"),
            "cards": Catalog(engine, "cards"),
            "merchants": Catalog(engine, "merchants"),
        }
        return Dataset(
            self.name, DATA_VERSION, spec, tables, "transactions", spec.period, world.volume.total, dict(own_files)
        )


DOMAIN = Payments()
