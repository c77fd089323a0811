"""What a scenario works with: one block and cycle, its cards, shops and hours, and draws of its own.

A scenario is a function of (scene, frauds, look-alikes, free): exactly so many fraudulent rows, exactly so many honest
rows that imitate them, and at most ``free`` honest rows more (a visit at a point of compromise). Rows come in episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_MINUTE
from rowmill.domains.payments.calendar import QUARTER, SLOT_BITS
from rowmill.domains.payments.kinds import DEFAULT_KINDS
from rowmill.domains.payments.people import BlockPeople, Trips
from rowmill.domains.payments.scenarios.draft import OWN_NETWORK, Draft
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import deck, integer_weights, pick
from rowmill.draw.shapes import LogNormal, steps
from rowmill.draw.words import Words, below, bits
from rowmill.model import episodes
from rowmill.model.episodes import Crowd, Cycle, Episodes
from rowmill.model.episodes.scene import GAPS
from rowmill.model.spec import nearest

_HOUSEHOLD_SHARE = 0.4
USER_CODES = range(24, 32)
"""Codes of scenarios that the package never uses."""


@lru_cache(maxsize=64)
def _gaps(median: float, sigma: float) -> Ints:
    """Return quantiles of a log-normal gap of a median in minutes, as microseconds, int64[256]."""
    gaps: Ints = np.rint(steps(LogNormal(median, sigma), GAPS) * MICROS_PER_MINUTE).astype(np.int64)
    return gaps


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: its name and code, the lanes of cards that are its victims, and its planning function.

    Args:
        name: what users and labels call it.
        code: 1 … 31, unique and never reused: it is part of transaction identities. 24 … 31 are free for users.
        lanes: which of the 32 lanes of cards it chooses victims from; disjoint lanes never share a victim.
        plan: ``plan(scene, frauds, look_alikes, free)`` → rows.
        look_alike: what its hard negatives are called in labels.
        report_factor: how much longer than usual it takes until a fraud is reported.
    """

    name: str
    code: int
    lanes: range
    plan: Callable[[Scene, int, int, int], Draft]
    look_alike: str
    report_factor: float = 1.0


class Scene:
    """One block and cycle as a scenario sees it. Every draw is keyed by the scenario's name and a purpose."""

    def __init__(self, people: BlockPeople, trips: Trips, cycle: Cycle, scenario: Scenario) -> None:
        self.people, self.world, self.trips = people, people.world, trips
        self.cycle, self.windows, self.scenario = cycle.number, cycle.windows, scenario
        self.length = cycle.length
        """Microseconds of the cycle."""
        self.campaign_key = people.world.key.child("campaign", scenario.name, str(cycle.number))
        """Key of what all blocks share."""
        self.key = people.world.key.child("scenario", scenario.name, str(cycle.number), str(people.block))
        self._any = episodes.EpisodeScene(cycle, Crowd(people.active_card, people.lane), scenario.lanes, self.key)

    def word(self, purpose: str, identity: Ints) -> Words:
        """Return one word for each identity, from a stream of the scenario's own."""
        return self._any.word(purpose, identity)

    def episodes(self, role: int, rows: int, sizes: Sequence[int]) -> Episodes:
        """Group ``rows`` rows into episodes of sizes drawn evenly from ``sizes`` (each 1 … 32); the last is cut."""
        return self._any.episodes(role, rows, sizes)

    def victims(self, count: int, among: Flags | None = None, lanes: range | None = None) -> Ints:
        """Return ``count`` active cards in keyed order, each once before any comes again, from the scenario's lanes.

        Args:
            count: cards to return.
            among: active cards to prefer, if any of them lies in the lanes.
            lanes: other lanes than the scenario's own.
        """
        return self._any.victims(count, among, lanes)

    def starts(self, purpose: str, card: Ints, *, restless: float) -> Ints:
        """Return when episodes begin: the day by the cycle's rows, the hour as in the card's home zone.

        Args:
            purpose: name of the draw.
            card: active card of each episode.
            restless: share of episodes that keep the hours of another time zone.
        """
        number = np.arange(len(card), dtype=np.int64)
        day = self._any.start_windows(f"{purpose} day", len(card))
        word = self.word(f"{purpose} hour", number)
        zones = self.world.reference.city_zone.astype(np.int64)
        home = zones[self.people.active_city[card]]
        elsewhere = zones[self.world.destinations.anywhere(self.word(f"{purpose} zone", number))]
        zone = np.where(bits(word, 0, 16) < round(restless * 65536), elsewhere, home)
        slot = (zone << SLOT_BITS) + bits(word, 52, 12)
        quarter = np.empty(len(card), np.int64)
        by_day = np.argsort(day, kind="stable")
        bounds = np.searchsorted(day[by_day], np.arange(len(self.windows) + 1))
        for d, (start, stop) in enumerate(pairwise(bounds.tolist())):
            if start < stop:
                hours = self.world.times.hours(self.world.first_day + self.windows.start + d)
                quarter[by_day[start:stop]] = hours.decks.take(slot[by_day[start:stop]])
        return day * MICROS_PER_DAY + quarter * QUARTER + (bits(word, 20, 32) * QUARTER >> 32)

    def pace(self, purpose: str, start: Ints, episodes: Episodes, minutes: tuple[float, float]) -> Ints:
        """Return the time of every row: the episode's start, then one gap after another, kept inside the cycle.

        Args:
            purpose: name of the draw.
            start: start of each episode.
            episodes: the grouping.
            minutes: median gap, and standard deviation of its logarithm.
        """
        return self._any.pace(purpose, start, episodes, _gaps(*minutes))

    def kinds(self, purpose: str, number: Ints, mix: Mapping[str, float]) -> Ints:
        """Return kinds of spending from a mixture; usual names that the spec does not have are left out.

        Raises:
            SpecError: if a name is neither the spec's nor a usual one.
        """
        return self.kinds_by(self.word(purpose, number), mix)

    def kinds_by(self, word: Words, mix: Mapping[str, float]) -> Ints:
        """Return kinds of spending from a mixture by words of the caller's: those of a campaign are all blocks' own."""
        for name in mix:
            if name not in self.world.kinds and name not in DEFAULT_KINDS:
                hint = nearest(name, {*self.world.kinds, *DEFAULT_KINDS})
                raise SpecError(f"scenario {self.scenario.name}: got kind {name!r}; {hint}: mend its plan")
        known = {self.world.kinds.index(name): weight for name, weight in mix.items() if name in self.world.kinds}
        if not known:
            known = {
                i: kind.share for i, kind in enumerate(self.world.spec.kinds.values()) if kind.share and not kind.cash
            }
        index = np.array(list(known), np.int64) if known else np.zeros(1, np.int64)
        weights = integer_weights(np.array(list(known.values()) or [1.0]))
        return index[pick(word, deck(weights, 1024))]

    def online(self, purpose: str, card: Ints, kind: Ints, *, abroad: float, by: Ints | None = None) -> Ints:
        """Return online merchants for rows: of any country with a chance ``abroad``, else of the card's own.

        Args:
            purpose: name of the draw.
            card: active card of each row.
            kind: kind of each row.
            abroad: share that buys abroad.
            by: identity of the draw, where rows shall share a merchant; the row's own number where it is None.
        """
        number = np.arange(len(card), dtype=np.int64) if by is None else by
        word = self.word(purpose, number)
        market = self.world.market
        near = market.online_cell(self.people.active_country[card], kind)
        far = bits(word, 0, 16) < round(abroad * 65536)
        return market.deck.pick(np.where(far, market.abroad_cell(kind), near), word)

    def store(self, purpose: str, city: Ints, kind: Ints) -> Ints:
        """Return merchants with a till in cities, one a row."""
        number = np.arange(len(city), dtype=np.int64)
        market = self.world.market
        return market.deck.pick(market.store_cell(city, kind), self.word(purpose, number))

    def tickets(self, purpose: str, kind: Ints, factor: float) -> Ints:
        """Return tickets of kinds, times a factor."""
        number = np.arange(len(kind), dtype=np.int64)
        fixed = round(factor * 1024)
        return self.world.money.ticket(kind, self.word(purpose, number)) * fixed >> 10

    def networks(self, purpose: str, by: Ints, card: Ints, *, foreign: float) -> Ints:
        """Return strangers' networks: another household's line, or one of the pool, here or ``foreign``."""
        word = self.word(purpose, by)
        households = len(self.people.customer)
        ref = self.world.reference
        there = ref.city_country.astype(np.int64)[self.world.destinations.anywhere(word)]
        country = np.where(bits(word, 0, 16) < round(foreign * 65536), there, self.people.active_country[card])
        pooled = self.world.networks.pooled(country, self.word(f"{purpose} host", by))
        lines = len(self.world.networks.pool) + below(self.word(f"{purpose} household", by), households)
        return np.where(bits(word, 16, 16) < round(_HOUSEHOLD_SHARE * 65536), lines, pooled)

    def city_on(self, card: Ints, time: Ints) -> Ints:
        """Return where cards are at times: at home or on their trip."""
        window = self.windows.start + time // MICROS_PER_DAY
        away = (self.trips.first[card] <= window) & (window < self.trips.back[card])
        return np.where(away, self.trips.city[card], self.people.active_city[card])

    def draft(self, role: int, episodes: Episodes, card: Ints, time: Ints, kind: Ints, merchant: Ints) -> Draft:
        """Return plain rows: online, own phone, own line, prices as usual, no campaign. ``replace`` what differs."""
        rows = len(episodes.of_row)
        return Draft(
            episode=episodes.of_row,
            place=episodes.place,
            card=card,
            time=time,
            role=np.full(rows, role, np.int64),
            campaign=np.full(rows, -1, np.int64),
            kind=kind,
            online=np.ones(rows, np.bool_),
            merchant=merchant,
            ticket=self.tickets(f"ticket {role}", kind, 1.0),
            exact=np.zeros(rows, np.bool_),
            device=bits(self.word(f"device {role}", episodes.of_row), 60, 1),
            network=np.full(rows, OWN_NETWORK, np.int64),
            magstripe=np.zeros(rows, np.bool_),
        )

    def stranger(self, purpose: str, by: Ints) -> Ints:
        """Return a stranger's device for each identity, coded below zero."""
        return -1 - bits(self.word(purpose, by), 8, 40)
