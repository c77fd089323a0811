"""Standing payments: subscriptions and bills that repeat merchant, amount and day of the month.

Every active card has at least one, so no active card is silent for longer than a month (a replacement after a block
apart): that bounds how far back the last payment of a card can lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.core.units import date_of
from rowmill.domains.payments.people import BlockPeople
from rowmill.draw.arrays import Ints
from rowmill.draw.choose import deck, deck_of, integer_weights, pick
from rowmill.draw.words import bits, words

_LAST_DAY = 28


@dataclass(frozen=True, slots=True)
class Due:
    """Standing payments due in one window, ordered by card."""

    first: int
    """Number of the first one."""
    card: Ints
    """Active card of each."""


class Standing:
    """Standing payments of a block, ordered by day of the month, then by card."""

    def __init__(self, people: BlockPeople) -> None:
        world, spec = people.world, people.world.spec
        self._first_day = world.first_day
        key = people.key.child("standing")
        weights = integer_weights(np.array(spec.people.standing_payments))
        number = 1 + pick(words(key.child("number"), people.active_card), deck(weights)).astype(np.int64)
        card = np.repeat(np.arange(len(number)), number)
        place = np.arange(len(card)) - np.repeat(np.cumsum(number) - number, number)
        identity = people.active_card[card] * 4 + place
        day = 1 + bits(words(key.child("day"), identity), 32, 32) * _LAST_DAY // (1 << 32)
        order = np.lexsort((identity, day))
        self.card = card[order]
        identity, day = identity[order], day[order]
        names = list(spec.standing)
        kinds = deck_of(np.array([world.kinds.index(n) for n in names]), np.array([spec.standing[n] for n in names]))
        self.kind = pick(words(key.child("kind"), identity), kinds)
        """Kind of spending of each."""
        country = people.active_country[self.card]
        market = world.market
        self.merchant = market.deck.pick(market.online_cell(country, self.kind), words(key.child("merchant"), identity))
        """Merchant of each."""
        word = words(key.child("amount"), identity)
        where = world.merchants.country[self.merchant]
        _, self.amount = world.money.price(world.money.ticket(self.kind, word), self.kind, where, word)
        """Amount of each, minor units of the merchant's currency."""
        self._starts = np.searchsorted(day, np.arange(1, _LAST_DAY + 2))

    def due(self, window: int, limit: int) -> Due:
        """Return the payments due in a window, at most ``limit`` of them."""
        day = date_of(self._first_day + window).day
        if day > _LAST_DAY:
            return Due(0, self.card[:0])
        start, stop = int(self._starts[day - 1]), int(self._starts[day])
        return Due(start, self.card[start : min(stop, start + limit)])
