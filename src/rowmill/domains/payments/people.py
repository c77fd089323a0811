"""People of one block: customers, their cards, devices, addresses, standing payments and trips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.domains.payments.cardnumbers import CARDS_EACH, PAN_SPACE, digits, sha256_of_each, with_luhn_digit
from rowmill.domains.payments.networks import dotted
from rowmill.domains.payments.own.entities import OwnCards, OwnCustomers
from rowmill.domains.payments.volume import CYCLE_DAYS
from rowmill.domains.payments.world import World
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import deck, integer_weights, pick
from rowmill.draw.words import Words, below, bits, pair_words, words
from rowmill.model.episodes import lanes_of
from rowmill.model.frame import Dictionary
from rowmill.model.userfile import MISSING

VALIDITY_MONTHS = np.array([36, 48, 48, 60], np.int64)


@dataclass(frozen=True, slots=True)
class Trips:
    """Trips of one cycle, by active card; who stays home has a trip that never begins."""

    first: Ints
    """First window away."""
    back: Ints
    """Window of the return."""
    city: Ints
    """Where the trip goes."""


class BlockPeople:
    """Customers of a block and what is theirs. Cards are numbered within the block; ``active`` ones come compacted."""

    def __init__(self, world: World, block: int) -> None:
        self.world, self.block = world, block
        self.key = world.key.child("people")
        volume, own = world.volume, world.own
        self.own_customers: OwnCustomers | None = None
        """The customers of the block as the user's file has them."""
        start, stop = volume.customers_before(block), volume.customers_before(block + 1)
        if own.customers is None or world.own_homes is None:
            self.customer = np.arange(start, stop, dtype=np.int64)
            """Numbers of the customers: customer_id − 1."""
            self.city = pick(words(self.key.child("home"), self.customer), world.home_deck).astype(np.int64)
            """Where each is at home."""
        else:
            self.own_customers = own.customers.between(start, stop)
            self.customer, self.city = self.own_customers.number, world.own_homes[start:stop]
        self.country = world.reference.city_country.astype(np.int64)[self.city]
        self.own_cards: OwnCards | None = None
        """The cards of the block as the user's file has them."""
        if own.cards is None:
            self.owner, self.card = self._made_cards()
        else:
            self.own_cards = own.cards.between(volume.own_cards_before(block), volume.own_cards_before(block + 1))
            self.owner, self.card = np.searchsorted(self.customer, self.own_cards.customer), self.own_cards.number
        self.acts = self._acting()
        self.active = np.flatnonzero(self.acts)
        """Cards that ever act, as numbers within the block."""

    def word(self, purpose: str) -> Words:
        """Return a word for each active card."""
        return words(self.key.child(purpose), self.active_card)

    def _made_cards(self) -> tuple[Ints, Ints]:
        """Return the customer (within the block) and the number of each card; numbers are unique in the dataset."""
        weights = integer_weights(np.array(self.world.spec.people.cards_per_customer))
        number = 1 + pick(words(self.key.child("cards"), self.customer), deck(weights)).astype(np.int64)
        owner = np.repeat(np.arange(len(self.customer)), number)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
        return owner, self.customer[owner] * CARDS_EACH + place

    def _acting(self) -> Flags:
        limit = round(self.world.spec.people.active_share * (1 << 32))
        acts = bits(words(self.key.child("active"), self.card), 32, 32) < limit
        if len(acts) and not acts.any():
            acts[0] = True
        return acts

    @cached_property
    def active_card(self) -> Ints:
        """Return the numbers of the active cards."""
        return self.card[self.active]

    @cached_property
    def active_owner(self) -> Ints:
        """Return the customers (within the block) of the active cards."""
        return self.owner[self.active]

    @cached_property
    def active_city(self) -> Ints:
        """Return the home cities of the active cards."""
        return self.city[self.active_owner]

    @cached_property
    def active_country(self) -> Ints:
        """Return the home countries of the active cards."""
        return self.country[self.active_owner]

    @cached_property
    def lane(self) -> Ints:
        """Return the lane of each active card, 0 … 31: scenarios with different lanes never share a victim."""
        return lanes_of(self.world.key.child("lanes"), self.active_card)

    @cached_property
    def activity(self) -> Ints:
        """Return how much each active card is used, 1 … 16383 with median 512."""
        return pick(self.word("activity"), self.world.activity)

    @cached_property
    def scheme(self) -> NDArray[np.int8]:
        """Return the scheme of every card: 0 VISA, 1 MASTERCARD, 2 AMEX, 3 DISCOVER."""
        decks = np.concatenate(
            [deck(integer_weights(row), 256) for row in np.asarray(self.world.reference.scheme_weight, np.float64)]
        )
        slot = bits(words(self.key.child("scheme"), self.card), 56, 8)
        drawn = decks[self.country[self.owner] * 256 + slot].astype(np.int8)
        own = self.own_cards
        return drawn if own is None else np.where(own.scheme == MISSING, drawn, own.scheme).astype(np.int8)

    def expiry_month(self, month: int, cards: Ints) -> Ints:
        """Return the expiry that cards carry in a month (months since year 0): cards are renewed when they expire."""
        word = words(self.key.child("expiry"), self.card[cards])
        validity = VALIDITY_MONTHS[bits(word, 0, 2)]
        drawn = month + (below(word, 60) - month) % validity
        if self.own_cards is None:
            return drawn
        given = self.own_cards.expiry[cards]
        renewed = month + (given - month) % validity
        return np.where(given == MISSING, drawn, np.where(given >= month, given, renewed))

    def validity_months(self) -> Ints:
        """Return how many months each card's plastic is valid."""
        return VALIDITY_MONTHS[bits(words(self.key.child("expiry"), self.card), 0, 2)]

    def _account(self, cards: Ints) -> Ints:
        """Return a number for each card whose last ten digits no other card has: its own, or its place in the files."""
        if self.world.last_card < PAN_SPACE:
            return self.card[cards]
        volume = self.world.volume
        if self.own_cards is not None:
            return volume.own_cards_before(self.block) + cards
        place = volume.customers_before(self.block) + self.owner[cards]
        return place * CARDS_EACH + self.card[cards] % CARDS_EACH

    def pans(self, cards: Ints) -> Ints:
        """Return card numbers of 16 digits: 9, country 9xx, scheme, account, Luhn digit.

        The leading 9 with a country that ISO 3166 leaves to users makes the number valid in form and routable nowhere.
        """
        high, shift = (word % PAN_SPACE for word in self.key.child("pan").words)
        low = high % 10**4 * 10 + 7
        number = self._account(cards)
        account = (number * (high // 10**5) % PAN_SPACE * 10**5 + number % PAN_SPACE * low + shift) % PAN_SPACE
        front = (9900 + self.country[self.owner[cards]]) * 10 + self.scheme[cards] + 1
        return with_luhn_digit(front * PAN_SPACE + account)

    def hashes_of(self, numbers: Ints, cards: Ints) -> Dictionary:
        """Return SHA-256 of the numbers of cards as 64 hexadecimal digits; the user's own hash, where there is one."""
        hashes = sha256_of_each(digits(numbers)).hex()
        if self.own_cards is None or self.own_cards.pan_hash is None:
            ends = np.arange(len(cards) + 1, dtype=np.int32) * 64
            buffers = [None, pa.py_buffer(ends), pa.py_buffer(hashes.encode())]
            return Dictionary(pa.Array.from_buffers(pa.string(), len(cards), buffers))
        made = (hashes[at : at + 64] for at in range(0, len(hashes), 64))
        given = self.own_cards.pan_hash[cards].tolist()
        return Dictionary([own.decode() or drawn for own, drawn in zip(given, made, strict=True)])

    @cached_property
    def active_hashes(self) -> Dictionary:
        """Return the hashes of the active cards' numbers."""
        return self.hashes_of(self.pans(self.active), self.active)

    @cached_property
    def phone(self) -> Ints:
        """Return the kind of phone of each customer: 0 IOS, 1 ANDROID."""
        return bits(words(self.key.child("phone"), self.customer), 63, 1)

    def device(self, owner: Ints, slot: Ints) -> Ints:
        """Return ids of customers' devices (slot 0 the phone, 1 the computer, from 2 those that came later)."""
        return self.world.device_ids.apply((self.customer[owner] << np.int64(4)) + slot)

    @cached_property
    def address_book(self) -> Dictionary:
        """Return the text of every address that payments come from: the shared pool, then one for each customer."""
        networks = self.world.networks
        own = networks.own(self.country, words(self.key.child("address"), self.customer))
        return Dictionary.joined(networks.pool, dotted(own))

    def trips(self, cycle: int) -> Trips:
        """Return the trips of a cycle: each lies within it, with a day at home on either side."""
        people, first = self.world.spec.people, cycle * CYCLE_DAYS
        word = pair_words(self.key.child("trips"), self.customer, cycle)
        goes = bits(word, 44, 20) < round(people.trip_rate * (1 << 20))
        low, high = people.trip_days
        length = low + bits(word, 36, 8) * (high - low + 1) // 256
        start = first + 1 + bits(word, 20, 16) * (CYCLE_DAYS - 1 - length) // (1 << 16)
        foreign = bits(word, 12, 8) < round(people.trip_foreign_share * 256)
        destinations = self.world.destinations
        where = pair_words(self.key.child("destination"), self.customer, cycle)
        city = np.where(foreign, destinations.anywhere(where, 8), destinations.within(self.country, where))
        goes &= city != self.city
        start = np.where(goes, start, np.int64(1) << 40)
        owner = self.active_owner
        return Trips(start[owner], (start + length)[owner], city[owner])


def month_number(year: int, month: int) -> int:
    """Return the months from year 0 to a month (1 … 12)."""
    return year * 12 + month - 1
