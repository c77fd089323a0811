"""Merchants: a fixed place, kind, code and size each, and the decks from which payments choose them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.core.units import MICRODEGREES
from rowmill.domains.payments.kinds import Kind
from rowmill.domains.payments.reference import Reference
from rowmill.domains.payments.settings import PlacesSettings
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import deck, integer_weights, pick
from rowmill.draw.words import Words, below, bits, words
from rowmill.model.frame import Dictionary

SPREAD = 45_000
"""Farthest that a merchant stands from its city's centre, micro-degrees."""
_CODE_SLOTS = 1024
_TERMINALS = np.array([1, 1, 1, 1, 2, 2, 3, 5], np.int64)
TILL_BITS = 3
"""Bits that tell a merchant's terminals apart."""


@dataclass(frozen=True, slots=True)
class Terminals:
    """The terminals of all merchants, merchant after merchant."""

    first: Ints
    """Number of each merchant's first one; one entry more than merchants."""
    latitude: Dictionary
    """Degrees, by terminal."""
    longitude: Dictionary
    """Degrees, by terminal."""


@dataclass(frozen=True)
class Merchants:
    """All merchants of a spec, struct of arrays by place 0 … n − 1 in the order of their ids."""

    city: NDArray[np.int32]
    country: NDArray[np.int32]
    kind: NDArray[np.int32]
    online: Flags
    code: NDArray[np.int32]
    """Index into the reference table's merchant category codes."""
    weight: Ints
    latitude: Ints
    """Micro-degrees."""
    longitude: Ints
    """Micro-degrees."""
    terminals: Terminals
    numbers: Ints | None = None
    """Number (merchant_id − 1) at each place, ascending; None where numbers and places are the same."""

    def __len__(self) -> int:
        return len(self.city)

    def ids(self, place: Ints) -> Ints:
        """Return the merchant_id at each place."""
        return (place if self.numbers is None else self.numbers.take(place)) + 1


def build_merchants(
    count: int,
    places: PlacesSettings,
    kinds: dict[str, Kind],
    reference: Reference,
    home: NDArray[np.float64],
    key: Key,
) -> Merchants:
    """Make merchants 0 … count − 1; merchant k is the same however many there are.

    Args:
        count: number of merchants.
        places: their settings.
        kinds: kinds of spending.
        reference: frozen facts.
        home: share of customers at home in each city, float64[cities].
        key: key of the merchants table.
    """
    number = np.arange(count, dtype=np.int64)
    city, kind, online = _cells(number, kinds, reference, home, key)
    word = words(key.child("place"), number)
    margin = reference.city_margin.astype(np.int64)[city]
    spread = np.minimum(SPREAD, margin // 2)
    latitude = reference.city_latitude[city] + below(word, 2 * spread + 1) - spread
    longitude = reference.city_longitude[city] + below(word << np.uint64(32), 2 * spread + 1) - spread
    reach = np.minimum(jitter_limit(places), margin - spread)
    return Merchants(
        city=city.astype(np.int32),
        country=reference.city_country[city].astype(np.int32),
        kind=kind.astype(np.int32),
        online=online,
        code=_codes(kind, kinds, reference, words(key.child("code"), number)),
        weight=popularity(number, places, key),
        latitude=latitude,
        longitude=longitude,
        terminals=terminals(number, online, latitude, longitude, reach, key),
    )


def jitter_limit(places: PlacesSettings) -> int:
    """Return the farthest that a terminal stands from its merchant's place, micro-degrees."""
    return round(places.jitter_degrees * MICRODEGREES)


def popularity(number: Ints, places: PlacesSettings, key: Key) -> Ints:
    """Return the weight of merchants among those of one place and kind, from their numbers."""
    size = (np.arange(1, 4097) / 4096) ** -places.popularity_exponent
    return pick(words(key.child("size"), number), np.rint(size * 256).astype(np.int64))


def terminals(
    number: Ints,
    online: Flags,
    latitude: Ints,
    longitude: Ints,
    reach: Ints,
    key: Key,
) -> Terminals:
    """Return the terminals of merchants: 1 online, else 1 to 5.

    Args:
        number: numbers of the merchants.
        online: whether they sell online.
        latitude: of each, micro-degrees.
        longitude: of each, micro-degrees.
        reach: farthest that a terminal of each stands from there, micro-degrees.
        key: key of the merchants table.
    """
    each = np.where(online, 1, _TERMINALS[bits(words(key.child("terminals"), number), 0, 3)])
    first = np.concatenate(([0], np.cumsum(each)))
    owner = np.repeat(np.arange(len(number)), each)
    shift = words(key.child("jitter"), (number[owner] << 8) + np.arange(len(owner)) - first[owner])
    far = reach[owner]
    north = latitude[owner] + below(shift, 2 * far + 1) - far
    east = longitude[owner] + below(shift << np.uint64(32), 2 * far + 1) - far
    return Terminals(first, _degrees(north, 90), _degrees(east, 180))


def _degrees(micro: Ints, limit: int) -> Dictionary:
    return Dictionary(np.clip(micro / MICRODEGREES, -limit, limit))


def city_weights(reference: Reference, home_weight: Ints) -> NDArray[np.float64]:
    """Return the share of customers at home in each city: the country's share by population to the power 0.85."""
    size = reference.population.astype(np.float64) ** 0.85
    total = np.bincount(reference.city_country, weights=size, minlength=len(home_weight))
    share = home_weight[reference.city_country] * size / total[reference.city_country]
    share /= share.sum()
    return share


def _cells(
    number: Ints, kinds: dict[str, Kind], reference: Reference, home: NDArray[np.float64], key: Key
) -> tuple[Ints, Ints, Flags]:
    """Return (city, kind, online) of each merchant.

    The first merchants take every (city, kind) once, the busiest first, so that people find their errands near home as
    soon as there are merchants enough; the others fall where the business is.
    """
    cities, n_kinds = len(reference.cities), len(kinds)
    share = np.array([kind.share for kind in kinds.values()])
    away = np.array([kind.online for kind in kinds.values()])
    store = home[:, None] * (share * (1 - away))[None, :]
    largest = np.zeros(cities, bool)
    for country in range(len(reference.countries)):
        here = np.flatnonzero(reference.city_country == country)
        largest[here[np.argmax(reference.population[here])]] = True
    national = np.bincount(reference.city_country, weights=home)[reference.city_country] * largest
    remote = national[:, None] * (share * away)[None, :]
    weight = np.concatenate((store.ravel(), remote.ravel()))
    weight[weight < weight.sum() * 1e-7] = 0.0
    ranked = integer_weights(weight, 1 << 40)
    order = np.argsort(-ranked, kind="stable")[: int((ranked > 0).sum())]
    cumulative = np.cumsum(integer_weights(weight**0.72, 1 << 24))
    drawn = np.searchsorted(cumulative, _scaled(words(key.child("cell"), number), int(cumulative[-1])), side="right")
    cell = np.where(number < len(order), order[np.minimum(number, len(order) - 1)], drawn)
    online = cell >= cities * n_kinds
    cell %= cities * n_kinds
    city, kind = cell // n_kinds, cell % n_kinds
    moved = _headquarters(words(key.child("headquarters"), number), city, reference, home)
    return np.where(online, moved, city), kind, online


def _headquarters(word: Words, city: Ints, reference: Reference, home: NDArray[np.float64]) -> Ints:
    """Return another city of the same country for each merchant, by size: online merchants sit anywhere in it."""
    country = reference.city_country.astype(np.int64)
    order = np.argsort(country, kind="stable")
    size = integer_weights(home, 1 << 24)[order] + 1
    ends = np.cumsum(size)
    stop = np.searchsorted(country[order], np.arange(len(reference.countries)), side="right") - 1
    start = np.searchsorted(country[order], np.arange(len(reference.countries)), side="left")
    low = (ends - size)[start][country[city]]
    high = ends[stop][country[city]]
    return order[np.searchsorted(ends, low + below(word, high - low), side="right")]


def _scaled(word: Words, bound: int) -> Ints:
    """Return integers in 0 … bound − 1 for a bound of up to 2⁴⁸, from 64-bit words."""
    high = np.right_shift(word, np.uint64(48)).view(np.int64)
    low = bits(word, 32, 16)
    return (high * bound + (low * bound >> 16)) >> 16


def _codes(kind: Ints, kinds: dict[str, Kind], reference: Reference, word: Words) -> NDArray[np.int32]:
    index = {code: position for position, code in enumerate(reference.mccs)}
    named = {code for k in kinds.values() for code in k.codes}
    rest = [code for code in reference.mccs if code not in named]
    decks = []
    for one in kinds.values():
        codes = one.codes or {code: max(1, round(1e6 / (rank + 1))) for rank, code in enumerate(_shuffled(rest))}
        slots = deck(np.array(list(codes.values())), _CODE_SLOTS)
        decks.append(np.array([index[c] for c in codes], np.int32)[slots])
    return np.concatenate(decks).take(kind * _CODE_SLOTS + bits(word, 54, 10))


def _shuffled(codes: list[str]) -> list[str]:
    """Order codes so that the frequent ones of the tail are not simply the lowest numbers."""
    return sorted(codes, key=lambda code: Key.from_seed(0).child("tail", code).raw)
