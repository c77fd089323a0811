"""Look-up arrays of one block, made once and shared by the columns of all its tiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.core.kept import Kept
from rowmill.core.units import MICROS_PER_DAY, date_of
from rowmill.domains.payments.calendar import Hours
from rowmill.domains.payments.fields import CHANNELS, DEVICE_TYPES, ENTRY_MODES, SCHEMES
from rowmill.domains.payments.flow import Flow
from rowmill.domains.payments.merchants import TILL_BITS, Merchants
from rowmill.domains.payments.people import BlockPeople, month_number
from rowmill.domains.payments.standing import Standing
from rowmill.domains.payments.tile import TileRows
from rowmill.domains.payments.world import World
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import deck, integer_weights, taken
from rowmill.draw.words import Words, bits, mix, rotated, words
from rowmill.model import uuids
from rowmill.model.frame import Cells, Dictionary

FIRST_YEAR, _YEARS = 2015, 32
ENTRY_BITS = 10
"""Slots of a deck of entry modes, as bits."""
_COUNTRY_BITS, _ZONE_BITS, _TERMINAL_BITS = 8, 10, 14
_LOSS_BITS = MappingProxyType({"mcc_code": 0, "device_id": 21, "coordinates": 42})
_MONTHS_KEPT = 8
_PHONE_SHARE = 0.62
_MOBILE_SHARE = 0.55


@dataclass(frozen=True, slots=True)
class Expiry:
    """When active cards expire, as codes."""

    year: NDArray[np.int16]
    month: NDArray[np.int8]


class Shared:
    """What all blocks of a process share: dictionaries, limits, terminals."""

    def __init__(self, world: World) -> None:
        self.world = world
        ref, merchants = world.reference, world.merchants
        kinds = world.spec.kinds.values()
        self.currencies = Dictionary(ref.currencies)
        self.countries = Dictionary(ref.countries)
        self.codes = Dictionary(ref.mccs)
        self.user_agents = Dictionary(ref.user_agents)
        self.schemes, self.channels = Dictionary(SCHEMES), Dictionary(CHANNELS)
        self.entry_modes, self.device_types = Dictionary(ENTRY_MODES), Dictionary(DEVICE_TYPES)
        self.years = Dictionary(np.arange(FIRST_YEAR, FIRST_YEAR + _YEARS, dtype=np.int16))
        self.months = Dictionary(np.arange(1, 13, dtype=np.int8))
        self.online_limit = np.array([round(kind.online * 65536) for kind in kinds], np.int64)
        self.till_channel = np.array([2 if kind.cash else 1 for kind in kinds], np.int8)
        self.abroad_limit = round(world.spec.places.online_abroad * 65536)
        self.phone_limit = round(_PHONE_SHARE * 65536)
        self.entry_decks = _entry_decks(ref.magstripe, ref.contactless)
        cash = np.array([kind.cash for kind in kinds], np.int64)
        self.entry_row = cash * (len(ref.countries) << ENTRY_BITS)
        """Where the slots of each kind begin: cash is never had by a tap."""
        self.favourites = _favourite_deck(world.spec.places.favourites)
        self._whereabouts = _packed_whereabouts(merchants, ref.city_zone.astype(np.int64)[merchants.city])
        self.merchant_code = merchants.code.astype(np.int16)
        self.country_currency = ref.country_currency.astype(np.int8)
        self.agent_decks = world.agent_decks

    def whereabouts(self, merchant: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return country, time zone, first terminal and number of terminals of merchants."""
        packed = self._whereabouts.take(merchant)
        zone = packed >> _COUNTRY_BITS
        zone &= (1 << _ZONE_BITS) - 1
        terminals = packed >> (_COUNTRY_BITS + _ZONE_BITS)
        terminals &= (1 << _TERMINAL_BITS) - 1
        first = packed >> (_COUNTRY_BITS + _ZONE_BITS + _TERMINAL_BITS)
        packed &= (1 << _COUNTRY_BITS) - 1
        return packed, zone, first, terminals

    def terminal_ids(self, merchant: Ints, till: Ints) -> Ints:
        """Return the device ids of merchants' tills, numbered 0 … 7 within each: no merchant's depend on another's."""
        number = self.world.merchants.ids(merchant)
        number <<= TILL_BITS
        number += till
        number += 1 << (self.world.id_bits - 2)
        return self.world.device_ids.apply(number)


def _packed_whereabouts(merchants: Merchants, zone: Ints) -> Ints:
    """Return what is looked up of every merchant together in one integer each: far memory is visited once."""
    packed = merchants.terminals.first[:-1].copy()
    for values, width in (
        (np.diff(merchants.terminals.first), _TERMINAL_BITS),
        (zone, _ZONE_BITS),
        (merchants.country, _COUNTRY_BITS),
    ):
        packed <<= width
        packed |= values
    return packed


def _entry_decks(magstripe: NDArray[np.float64], contactless: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return entry modes by (cash, country, slot): 0 chip, 1 stripe, 2 tap, int8[2 × countries × 1024]."""
    slots = 1 << ENTRY_BITS
    slot = np.arange(slots)
    decks = np.zeros((2, len(magstripe), slots), np.int8)
    decks[:, slot >= np.rint((1 - contactless) * slots)[:, None]] = 2
    decks[1] = 0
    decks[:, slot < np.rint(magstripe * slots)[:, None]] = 1
    return decks.ravel()


def _favourite_deck(share: float) -> Ints:
    """Return 1024 slots: −1 for any merchant, else which of the card's 8 favourites, by 1 / rank^1.5."""
    weights = share * (np.arange(1, 9) ** -1.5) / (np.arange(1, 9) ** -1.5).sum()
    slots = deck(integer_weights(np.concatenate(([1 - share], weights))), 1024)
    return slots.astype(np.int64) - 1


class Local:
    """Look-ups of one block."""

    def __init__(self, shared: Shared, flow: Flow) -> None:
        self.world, self.flow = shared.world, flow
        self.people: BlockPeople = flow.people
        self._city_country = shared.world.reference.city_country.astype(np.int64)
        self._expiries: Kept[int, Expiry] = Kept(_MONTHS_KEPT)

    @property
    def standing(self) -> Standing:
        """Return the block's standing payments."""
        return self.flow.standing

    @cached_property
    def habit(self) -> Ints:
        """Return what, with a kind × 8 and a favourite's rank, tells a card's habits apart, by active card."""
        return (self.people.active_card << 9) | (1 << 62)

    @cached_property
    def active_customer_id(self) -> Ints:
        """Return the id of each active card's customer."""
        return self.customer_id.take(self.people.active_owner)

    @cached_property
    def customer_id(self) -> Ints:
        """Return the id of each customer of the block."""
        return self.people.customer + 1

    @cached_property
    def scheme(self) -> NDArray[np.int8]:
        """Return the scheme of each active card."""
        return self.people.scheme[self.people.active]

    @cached_property
    def device_ids(self) -> Ints:
        """Return ids of the customers' first two devices, by customer × 2 + slot."""
        owner = np.repeat(np.arange(len(self.people.customer)), 2)
        return self.people.device(owner, np.arange(len(owner)) & 1)

    @cached_property
    def line_word(self) -> Words:
        """Return a word for each customer's mobile line."""
        return words(self.people.key.child("line"), self.people.customer)

    @cached_property
    def on_mobile(self) -> Flags:
        """Return whether each customer's phone pays over the mobile network rather than the line at home."""
        return bits(self.line_word, 0, 16) < round(_MOBILE_SHARE * 65536)

    @cached_property
    def own_line(self) -> NDArray[np.int32]:
        """Return the place of each customer's own address in the block's address book."""
        return np.arange(len(self.people.customer), dtype=np.int32) + len(self.world.networks.pool)

    def country_on(self, rows: TileRows, at: Ints) -> Ints:
        """Return the country in which the cards of some rows are on the day."""
        return self._city_country.take(rows.day.city.take(rows.card.take(at)))

    def _expiry(self, month: int) -> Expiry:
        expiry = self.people.expiry_month(month, self.people.active)
        return Expiry((expiry // 12 - FIRST_YEAR).astype(np.int16), (expiry % 12).astype(np.int8))

    def expiry_on(self, window: int) -> Expiry:
        """Return codes of (year, month) of each active card's expiry in a window."""
        day = date_of(self.world.first_day + window)
        return self._expiries.get(month_number(day.year, day.month), self._expiry)

    def lost(self, column: str, rows: TileRows, fate: Words) -> Flags | None:
        """Return which rows lost a value: exactly the tile's share, the rows with the smallest words.

        The bits of the rows' words count from another one on for each column, so that losses do not go together.
        """
        count = self.world.volume.lost(column, self.people.block, rows.day.window)
        return None if count == 0 else taken(rotated(fate, _LOSS_BITS[column]), count)

    def identifiers(self, ids: Ints, missing: Flags | None) -> Cells:
        """Return transaction ids in the form that the spec asks for."""
        if self.world.spec.ids == "integer":
            return Cells(ids, missing)
        return Cells(np.arange(len(ids), dtype=np.int32), missing, Dictionary(uuid_text(ids)))


def changes(hours: Hours) -> bool:
    """Return whether any zone changes its offset within a window."""
    return bool((hours.change < MICROS_PER_DAY).any())


def uuid_text(ids: Ints) -> pa.Array:
    """Return ids as UUID version 4 text: 122 bits mixed from the id, so that equal ids give equal text."""
    high = mix(ids.astype(np.uint64))
    low = mix(high ^ np.uint64(0x9E3779B97F4A7C15))
    high = (high & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x4000)
    low = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    kind = pa.binary(uuids.BYTES)
    raw = pa.Array.from_buffers(kind, len(ids), [None, pa.py_buffer(uuids.of_words(high, low))])
    return uuids.texts(raw, kind)
