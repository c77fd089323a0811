"""Payments: card transactions with customers, cards, merchants and labelled fraud.

A reader's path: ``spec`` (what can be asked) → ``volume`` (how many rows where) → ``flow`` (which card pays when) →
``columns`` (what a row says) → ``scenarios`` (fraud and what resembles it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rowmill.core.errors import SpecError
from rowmill.domains.payments.aims import aims
from rowmill.domains.payments.cardnumbers import CARDS_EACH, PAN_SPACE
from rowmill.domains.payments.own.reading import load_own
from rowmill.domains.payments.rules import RULES
from rowmill.domains.payments.scenarios import SCENARIOS
from rowmill.domains.payments.scenarios.plugins import registered
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.tables import Engine, tables_of
from rowmill.domains.payments.unused import unused
from rowmill.domains.payments.volume import CARDS_PER_CUSTOMER
from rowmill.domains.payments.world import World
from rowmill.model.aims import Aim
from rowmill.model.dataset import Dataset
from rowmill.model.inputs import NO_INPUTS, Inputs
from rowmill.model.rules import LinkRule, Rule
from rowmill.model.spec import Spec

DATA_VERSION = "4"
MOST_ROWS_OF_A_CARD = 2047
MOST_ROWS_PER_CUSTOMER_DAY = 16
"""A customer's cards make up to some 90 times the mean on a busy day; one card has room for 2,047 rows."""
LEAST_ROWS_PER_CUSTOMER_DAY = 0.2
"""Standing payments take about 0.075 rows a day of a customer, and scheduled rows come on top."""
_MAX_BLOCKS = 1 << 22


@dataclass(frozen=True, slots=True)
class Payments:
    """The payments domain."""

    name: str = "payments"
    data_version: str = DATA_VERSION
    spec_type: type[PaymentsSpec] = PaymentsSpec

    def plugins(self, spec: Spec) -> tuple[str, ...]:
        """Return the scenarios that lie outside this package: modules named, and names that none of it has."""
        if not isinstance(spec, PaymentsSpec):
            return ()
        return (*spec.fraud.plugins, *(name for name in spec.fraud.scenarios if name not in SCENARIOS))

    def aims(self, spec: Spec) -> tuple[Aim, ...]:
        """Return the numbers that a spec asks for."""
        return aims(spec) if isinstance(spec, PaymentsSpec) else ()

    @property
    def rules(self) -> Mapping[str, tuple[Rule | LinkRule, ...]]:
        """Return what the rows keep beside their schemas."""
        return RULES

    def build(self, spec: Spec, inputs: Inputs = NO_INPUTS) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            inputs: the user's own customers, cards and merchants, by name; they take the catalog's place.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if a file cannot be used, or is another than the spec was made with.
        """
        if not isinstance(spec, PaymentsSpec):
            raise SpecError(f"payments: got a {type(spec).__name__}; give a PaymentsSpec")
        spec, own, notes = load_own(spec, inputs)
        world = World(spec, own)
        made = own.customers is None and own.cards is None
        if world.volume.blocks >= _MAX_BLOCKS or (made and world.volume.customers * CARDS_EACH >= PAN_SPACE):
            most = int(PAN_SPACE / CARDS_EACH * CARDS_PER_CUSTOMER)
            raise SpecError(
                f"data.sizes.customers: {world.volume.customers:,} customers need more card numbers than there are; at "
                f"most {most:,} cards fit: ask for fewer customers or a longer period"
            )
        _check_density(world)
        engine = Engine(world, registered(spec.fraud.plugins, spec.fraud.scenarios))
        return Dataset(
            self.name,
            DATA_VERSION,
            spec,
            tables_of(engine),
            "transactions",
            spec.period,
            world.volume.total,
            inputs,
            notes=notes,
            unused=unused(world),
        )


def _check_density(world: World) -> None:
    """Refuse a number of customers that the rows cannot be spread over.

    One card's rows of a day have a limited number of places in an id; and an open period must hold every standing
    payment on its day, for they bound how far back a card's last payment lies.

    Raises:
        SpecError: naming the customers and how many would do.
    """
    volume = world.volume
    busiest = max((volume.tiles.window_rows(w) for w in range(volume.days or 1)), default=0)
    fewest = -(-busiest // MOST_ROWS_PER_CUSTOMER_DAY)
    if busiest > MOST_ROWS_OF_A_CARD and volume.customers < fewest:
        raise SpecError(
            f"data.sizes.customers: {volume.customers:,} customers cannot make {busiest:,} payments a day; at least "
            f"{fewest:,} can"
        )
    most = int(busiest / LEAST_ROWS_PER_CUSTOMER_DAY)
    if volume.days is None and busiest and volume.customers > max(most, 1):
        raise SpecError(
            f"data.sizes.customers: {volume.customers:,} customers with {busiest:,} rows a day leave no room for their "
            f"standing payments; at most {max(most, 1):,} customers fit an open period"
        )


DOMAIN = Payments()
