"""The world of a spec: everything that all blocks share, built once in each process without making a row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.core.units import day_number
from rowmill.domains.payments.calendar import Times
from rowmill.domains.payments.cardnumbers import CARDS_EACH
from rowmill.domains.payments.market import Market
from rowmill.domains.payments.merchants import Merchants, build_merchants, city_weights
from rowmill.domains.payments.money import Money, activity_table
from rowmill.domains.payments.networks import Networks
from rowmill.domains.payments.own.entities import NOTHING, Own
from rowmill.domains.payments.own.trade import Trade, own_merchants, trade_of
from rowmill.domains.payments.reference import Reference, load
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.volume import Volume
from rowmill.draw.arrays import Ints
from rowmill.draw.bijection import Bijection
from rowmill.draw.choose import DECK_BITS, deck, integer_weights, pick
from rowmill.draw.words import Words, below, words
from rowmill.model.userfile import MISSING

_HOME_SLOTS = 1 << 16
NARROW_ID_BITS, WIDE_ID_BITS = 53, 63
NARROW_CUSTOMERS = 1 << 24
"""Most customers whose card numbers, windows and places fit into a narrow id."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """Cities to travel to, the large ones more often than the small."""

    world: NDArray[np.int32]
    """City by slot."""
    countries: NDArray[np.int32]
    """City by slot, country after country."""
    first: Ints
    """First slot of each country."""
    slots: Ints
    """Slots of each country."""

    def anywhere(self, word: Words, low: int = 64 - DECK_BITS) -> Ints:
        """Return a city of the world for each word, by its twelve bits from ``low`` on."""
        city: Ints = pick(word, self.world, low).astype(np.int64)
        return city

    def within(self, country: Ints, word: Words) -> Ints:
        """Return a city of each country, by the top bits of words."""
        city: Ints = self.countries[self.first[country] + below(word, self.slots[country])].astype(np.int64)
        return city


class World:
    """Shared state of a dataset: reference facts, calendars, money, merchants and counts.

    Args:
        spec: the seeded spec.
        own: customers, cards and merchants that the user brings.

    Raises:
        SpecError: if the spec names a country, currency or code that the reference tables do not have.
    """

    def __init__(self, spec: PaymentsSpec, own: Own = NOTHING) -> None:
        if spec.seed is None or spec.start is None:
            raise SpecError("data.seed: missing; draw one with Spec.seeded() before building a dataset")
        self.own = own
        self.reference: Reference = load()
        self.key = Key.from_seed(spec.seed).child("payments")
        self.first_day = day_number(spec.start)
        self._trade: Trade | None = None
        if own.merchants is not None:
            self._trade = trade_of(own.merchants, spec, self.reference, self.key.child("merchants"))
            spec = self._trade.spec
        self.spec = spec
        """The spec, with the kinds of spending that a user's merchants sell."""
        self.kinds = list(spec.kinds)
        self.home_weight = self._home_weights()
        self.times = Times(spec.calendar, spec.kinds, self.reference)
        self.volume = Volume(spec, self.key.child("volume"), self._day_weight, own)
        self.last_card = own.last_card(self.volume.customers)
        """Highest number that a card may have."""
        narrow = max(self.last_card, self.volume.customers - 1) < NARROW_CUSTOMERS * CARDS_EACH
        self.id_bits = NARROW_ID_BITS if narrow else WIDE_ID_BITS
        """Bits of an id: 53 where they suffice, so that readers which hold nullable integers as floats lose nothing."""
        self.ids = Bijection.of(self.key.child("transaction ids"), self.id_bits)
        self.device_ids = Bijection.of(self.key.child("device ids"), self.id_bits)

    def _home_weights(self) -> Ints:
        if self.own.customers is not None:
            here = np.bincount(self.own.customers.country, minlength=len(self.reference.countries)).astype(np.int64)
            thousandths: Ints = -(-here * 1000 // here.sum())
            return thousandths
        chosen = self.spec.people.home_countries
        if not chosen:
            return self.reference.home_weight
        return np.array([chosen.get(name, 0) for name in self.reference.countries], np.int64)

    def _day_weight(self, window: int) -> int:
        return int((self.times.factors(self.first_day + window) * self.home_weight).sum())

    @cached_property
    def home_share(self) -> NDArray[np.float64]:
        """Return the share of customers at home in each city, float64[cities]."""
        if self.own_homes is not None:
            return np.bincount(self.own_homes, minlength=len(self.reference.cities)) / len(self.own_homes)
        return city_weights(self.reference, self.home_weight)

    @cached_property
    def own_homes(self) -> Ints | None:
        """Return the home city of each customer that the user brings: as the file says, else drawn in its country."""
        own = self.own.customers
        if own is None:
            return None
        drawn = self.destinations.within(own.country, words(self.key.child("people", "home"), own.number))
        return np.where(own.city == MISSING, drawn, own.city)

    @cached_property
    def home_deck(self) -> NDArray[np.int32]:
        """Return home cities by slot, int32[65536]."""
        return deck(integer_weights(self.home_share), _HOME_SLOTS)

    @cached_property
    def destinations(self) -> Destinations:
        """Return where trips go."""
        ref = self.reference
        size = integer_weights(ref.population.astype(np.float64) ** 0.7)
        order = np.argsort(ref.city_country, kind="stable").astype(np.int32)
        slots = np.maximum(size[order] * 64 // size.max(), 1)
        per_country = np.bincount(ref.city_country[order], weights=slots, minlength=len(ref.countries)).astype(np.int64)
        return Destinations(deck(size), np.repeat(order, slots), np.cumsum(per_country) - per_country, per_country)

    @cached_property
    def money(self) -> Money:
        """Return ticket tables and price levels."""
        return Money(self.spec.amounts, self.spec.kinds, self.reference)

    @cached_property
    def merchants(self) -> Merchants:
        """Return all merchants."""
        key = self.key.child("merchants")
        if self.own.merchants is not None and self._trade is not None:
            return own_merchants(self.own.merchants, self._trade, self.spec.places, key)
        return build_merchants(
            self.volume.merchants, self.spec.places, self.spec.kinds, self.reference, self.home_share, key
        )

    @cached_property
    def market(self) -> Market:
        """Return the decks from which payments choose merchants."""
        return Market(self.merchants, len(self.kinds), self.reference)

    @cached_property
    def activity(self) -> Ints:
        """Return quantiles of card activity, int64[4096]."""
        return activity_table(self.spec.people.activity_sigma)

    @cached_property
    def networks(self) -> Networks:
        """Return the addresses that payments come from."""
        return Networks(self.reference, self.home_weight)

    @cached_property
    def agent_decks(self) -> NDArray[np.int32]:
        """Return user agents by (device type, slot), int32[3 × 1024]."""
        ref = self.reference
        return np.concatenate(
            [
                np.flatnonzero(ref.user_agent_device == device).astype(np.int32)[
                    deck(ref.user_agent_weight[ref.user_agent_device == device], 1024)
                ]
                for device in range(3)
            ]
        )
