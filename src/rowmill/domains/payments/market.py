"""The market: decks that turn a place, a kind of spending and a word into a merchant, in one look-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.domains.payments.merchants import Merchants
from rowmill.domains.payments.reference import Reference
from rowmill.draw.alias import alias_tables
from rowmill.draw.arrays import Integers, Ints
from rowmill.draw.words import Words

_DEGREES = np.pi / 180
_MERCHANT_BITS, _KEEP_BITS = 24, 15
_HALF = np.uint64(32)
_LOW = np.uint64((1 << 32) - 1)


@dataclass(frozen=True)
class Deck:
    """Merchants laid out by cell, each with a slot of its cell's alias table."""

    slots: Ints
    """By slot, in one integer so that far memory is visited once: the part that is its own merchant's in units of 2⁻¹⁵,
    the merchant that takes what it leaves, its own merchant."""
    cells: NDArray[np.uint64]
    """First slot of each cell × 2³² + its slots, at least 1: an empty cell has its substitute's."""

    def pick(self, cell: Ints, word: Words) -> Ints:
        """Return a merchant number for each (cell, word), by the top 32 bits of the word."""
        run = self.cells.take(cell)
        part = np.right_shift(word, _HALF)
        part *= run & _LOW
        np.right_shift(run, _HALF, out=run)
        run += np.right_shift(part, _HALF)
        np.bitwise_and(part, _LOW, out=part)
        np.right_shift(part, _HALF - np.uint64(_KEEP_BITS), out=part)
        chosen = self.slots.take(run.view(np.int64))
        left = part.view(np.int64) >= chosen >> (2 * _MERCHANT_BITS)
        chosen >>= np.multiply(left, _MERCHANT_BITS, dtype=np.int64)
        chosen &= (1 << _MERCHANT_BITS) - 1
        return chosen


class Market:
    """Merchants by (city, kind) in stores, by (country, kind) and by kind online: one deck of three groups of cells."""

    def __init__(self, merchants: Merchants, kinds: int, reference: Reference) -> None:
        if len(merchants) > 1 << _MERCHANT_BITS:
            raise SpecError(
                f"data.sizes.merchants: {len(merchants):,} merchants; at most {1 << _MERCHANT_BITS:,} fit: "
                "ask for fewer"
            )
        self.kinds = kinds
        cities, countries = len(reference.cities), len(reference.countries)
        shops, remote = np.flatnonzero(~merchants.online), np.flatnonzero(merchants.online)
        everyone = np.arange(len(merchants))
        stores = shops if len(shops) else everyone
        online = remote if len(remote) else everyone
        store_cell = merchants.city[stores] * kinds + merchants.kind[stores]
        home_cell = merchants.country[online] * kinds + merchants.kind[online]
        world_cell = merchants.kind[online]
        self._national = cities * kinds
        self._world = self._national + countries * kinds
        self.deck = _joined(
            [
                _deck(merchants, stores, store_cell, cities * kinds, _near(store_cell, kinds, reference)),
                _deck(merchants, online, home_cell, countries * kinds, _any_country(home_cell, kinds, countries)),
                _deck(merchants, online, world_cell, kinds, _any_kind(world_cell, kinds)),
            ]
        )

    def store_cell(self, city: Ints, kind: Ints) -> Ints:
        """Return the cells of stores in a city, or in the nearest one that has the kind."""
        return city * self.kinds + kind

    def online_cell(self, country: Ints, kind: Ints) -> Ints:
        """Return the cells of online merchants of a country."""
        return country * self.kinds + kind + self._national

    def abroad_cell(self, kind: Ints) -> Ints:
        """Return the cells of online merchants of any country, by size."""
        return kind + self._world


def _joined(decks: list[Deck]) -> Deck:
    shift = np.cumsum([0, *(len(deck.slots) for deck in decks[:-1])]).astype(np.uint64)
    return Deck(
        np.concatenate([deck.slots for deck in decks]),
        np.concatenate([deck.cells + (by << _HALF) for deck, by in zip(decks, shift, strict=True)]),
    )


def _deck(
    merchants: Merchants,
    members: Ints,
    cell: Integers,
    cells: int,
    substitute: Ints,
) -> Deck:
    order = np.argsort(cell, kind="stable")
    members, placed = members[order], cell[order]
    keep, other = alias_tables(merchants.weight[members], placed)
    size = np.bincount(placed, minlength=cells)
    run = ((np.cumsum(size) - size) << 32) + size
    slots = (keep >> np.uint32(32 - _KEEP_BITS)).astype(np.int64)
    for merchant in (members[other], members):
        slots <<= _MERCHANT_BITS
        slots |= merchant
    return Deck(slots, run[substitute].astype(np.uint64))


def _near(cell: Integers, kinds: int, reference: Reference) -> Ints:
    """Return the cell to use for each (city, kind): itself, or the kind in the nearest city, its own country first."""
    cities = len(reference.cities)
    present = np.zeros(cities * kinds, bool)
    present[cell] = True
    grid = present.reshape(cities, kinds)
    latitude, longitude = reference.city_latitude / 1e6, reference.city_longitude / 1e6
    east = (longitude[:, None] - longitude[None, :] + 180) % 360 - 180
    distance = (latitude[:, None] - latitude[None, :]) ** 2 + (east * np.cos(latitude * _DEGREES)[:, None]) ** 2
    foreign = reference.city_country[:, None] != reference.city_country[None, :]
    rank = np.rint(distance * 1000).astype(np.int64) + np.where(foreign, 10**9, 0)
    out = np.empty((cities, kinds), np.int64)
    stocked = np.flatnonzero(grid.any(axis=1))
    anything = stocked[np.argmin(rank[:, stocked], axis=1)]
    for kind in range(kinds):
        if grid[:, kind].any():
            city = np.argmin(np.where(grid[None, :, kind], rank, 1 << 60), axis=1)
            out[:, kind] = city * kinds + kind
        else:
            out[:, kind] = anything * kinds + np.argmax(grid[anything], axis=1)
    return out.ravel()


def _any_kind(cell: Integers, kinds: int) -> Ints:
    present = np.zeros(kinds, bool)
    present[cell] = True
    return np.where(present, np.arange(kinds), int(np.argmax(present)))


def _any_country(cell: Integers, kinds: int, countries: int) -> Ints:
    """Return the cell to use for each (country, kind): itself, the kind in another country, or the country's first."""
    present = np.zeros(countries * kinds, bool)
    present[cell] = True
    grid = present.reshape(countries, kinds)
    own = np.argmax(grid, axis=1)[:, None] + np.arange(countries)[:, None] * kinds
    other = np.argmax(grid, axis=0)[None, :] * kinds + np.arange(kinds)[None, :]
    somewhere = int(np.argmax(present))
    has_kind, has_any = grid.any(axis=0, keepdims=True), grid.any(axis=1, keepdims=True)
    fallback = np.where(has_kind, other, np.where(has_any, own, somewhere))
    return np.where(grid, np.arange(countries * kinds).reshape(countries, kinds), fallback).ravel()
