"""The flow of a block's payments: how many each card makes in a window, when, in which order, after which.

This is the fold over windows. Its state is each card's last transaction id; ``recent`` finds it for any window by
walking back over counts alone, which standing payments bound to a month and a card's replacement.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.core.kept import Kept
from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.calendar import QUARTER, SLOT_BITS
from rowmill.domains.payments.people import BlockPeople, Trips
from rowmill.domains.payments.scenarios.scene import Scenario
from rowmill.domains.payments.schedule import ScheduledRows, schedule
from rowmill.domains.payments.standing import Standing
from rowmill.domains.payments.tile import Day, Groups, TileRows
from rowmill.domains.payments.volume import CYCLE_DAYS
from rowmill.draw.arrays import Flags, Ints, in_time_order, owners
from rowmill.draw.quota import shares
from rowmill.draw.words import bits, words
from rowmill.model.episodes import Scheduled

WINDOW_BITS, PLACE_BITS = 15, 11
"""Bits of an ordinary row's identity below its card number: window, and place among the card's rows of the window."""
_BURST = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10, 14], np.int64)
_ARRIVAL = MICROS_PER_DAY // 4 * 3
_CYCLES_KEPT = 4
_LOW = np.uint64((1 << 32) - 1)


class Flow:
    """The fold of one block.

    Args:
        people: who acts in it.
        scenarios: those that are registered, by name.
    """

    def __init__(self, people: BlockPeople, scenarios: Mapping[str, Scenario]) -> None:
        self.people, self.world, self.scenarios = people, people.world, scenarios
        self.key = people.world.key.child("flow")
        self.base = people.active_card << (WINDOW_BITS + PLACE_BITS)
        self._zones = people.world.reference.city_zone.astype(np.int64)
        self.home_zone = self._zones[people.active_city]
        self._trips: Kept[int, Trips] = Kept(_CYCLES_KEPT)
        self._schedules: Kept[int, Scheduled] = Kept(_CYCLES_KEPT)

    def trips(self, cycle: int) -> Trips:
        """Return the trips of a cycle."""
        return self._trips.get(cycle, self.people.trips)

    def schedule(self, cycle: int) -> Scheduled:
        """Return the scheduled rows of a cycle."""
        return self._schedules.get(cycle, self._schedule)

    def _schedule(self, cycle: int) -> Scheduled:
        return schedule(self.people, self.trips(cycle), cycle, self.scenarios)

    @cached_property
    def standing(self) -> Standing:
        """Return the block's standing payments."""
        return Standing(self.people)

    def planned(self, window: int) -> ScheduledRows:
        """Return the scheduled rows of a window."""
        return ScheduledRows.of(self.schedule(window // CYCLE_DAYS).within(window))

    def day(self, window: int) -> Day:
        """Return the counts and places of a window, without times or ids."""
        world, people = self.world, self.people
        trips: Trips = self.trips(window // CYCLE_DAYS)
        away = np.flatnonzero((trips.first <= window) & (window < trips.back))
        city, zone = people.active_city.copy(), self.home_zone.copy()
        city[away] = trips.city[away]
        zone[away] = self._zones[trips.city[away]]
        planned = self.planned(window)
        silent, stops = self._stops(window)
        rows = world.volume.rows(people.block, window) - len(planned)
        due = self.standing.due(window, rows)
        number = np.arange(due.first, due.first + len(due.card))
        keep = ~silent[due.card]
        number, standing_card = number[keep], due.card[keep]
        counts = self._sample(window, rows - len(number), silent)
        np.add.at(counts, standing_card, 1)
        if counts.max(initial=0) >= 1 << PLACE_BITS:
            raise SpecError(
                f"data.sizes.customers: {people.world.volume.customers} customers give one card {counts.max()} "
                f"payments a day; at most {(1 << PLACE_BITS) - 1} fit: ask for more customers"
            )
        return Day(
            window=window,
            hours=world.times.hours(world.first_day + window),
            city=city,
            zone=zone,
            arrives=(trips.first == window) | (trips.back == window),
            stops=stops,
            counts=counts,
            standing=number,
            standing_card=standing_card,
            standing_place=np.arange(len(number)) - np.searchsorted(standing_card, standing_card),
            planned=planned,
        )

    def _stops(self, window: int) -> tuple[Flags, Ints]:
        """Return which cards are blocked in a window, and when the others leave their owners' hands on the day."""
        silent = np.zeros(len(self.base), bool)
        stops = np.full(len(self.base), MICROS_PER_DAY, np.int64)
        block_days = self.world.spec.fraud.block_days
        cycle = window // CYCLE_DAYS
        for c in range(max(0, (window - block_days) // CYCLE_DAYS), cycle + 1):
            plan = self.schedule(c)
            off = (plan.stop_window < window) & (window <= plan.stop_window + block_days)
            silent[plan.stop_entity[off]] = True
            today = plan.stop_window == window
            np.minimum.at(stops, plan.stop_entity[today], plan.stop_moment[today])
        return silent, stops

    def _sample(self, window: int, rows: int, silent: Flags) -> Ints:
        """Split a window's free rows over the cards by activity, the day's mood of each, and its country's calendar."""
        mood = _BURST.take(bits(words(self.key.child("mood", str(window)), self.people.active_card), 60, 4))
        activity = self.people.activity
        weight = activity * mood
        weight *= self.world.times.factors(self.world.first_day + window).take(self.people.active_country)
        weight[silent] = 0
        if not weight.any():
            weight = np.where(silent, 0, activity) if not silent.all() else activity
        return shares(rows, weight, self.key.child("sample", str(window)))

    def _moments(self, day: Day, card: Ints, place: Ints) -> Ints:
        """Return the microsecond of the day of ordinary rows, before they are put in order."""
        identity = (self.base + (day.window << PLACE_BITS)).take(card)
        identity += place
        word = words(self.key.child("time"), identity)
        slot = bits(word, 64 - SLOT_BITS, SLOT_BITS)
        slot += (day.zone << SLOT_BITS).take(card)
        quarter = day.hours.decks.take(slot)
        np.bitwise_and(word, _LOW, out=word)
        np.multiply(word, np.uint64(QUARTER), out=word)
        np.right_shift(word, np.uint64(32), out=word)
        moment = word.view(np.int64)
        moment += np.multiply(quarter, QUARTER, dtype=np.int64)
        late = np.flatnonzero(day.arrives.take(card))
        moment[late] = _ARRIVAL + moment[late] // 4
        short = np.flatnonzero((day.stops < MICROS_PER_DAY).take(card))
        moment[short] = (moment[short] >> 6) * (day.stops[card[short]] >> 6) // (MICROS_PER_DAY >> 12)
        return moment

    def rows(self, window: int, last: Ints | None) -> TileRows:
        """Return the rows of a window, and move ``last`` (each card's last id, −1 for none) past it."""
        day = self.day(window)
        card = owners(day.counts)
        place = np.arange(len(card))
        place -= (np.cumsum(day.counts) - day.counts).take(card)
        moment = np.concatenate((self._moments(day, card, place), day.planned.moment))
        card = np.concatenate((card, day.planned.card))
        order, moment = in_time_order(moment)
        return self._link(day, order, moment, card.take(order), last)

    def _link(
        self,
        day: Day,
        order: Ints,
        moment: Ints,
        card: Ints,
        last: Ints | None,
    ) -> TileRows:
        """Give rows in time order their ids and their cards' previous ids."""
        narrow = card.astype(np.uint16) if len(self.base) <= 1 << 16 else card
        by_card = np.argsort(narrow, kind="stable")
        place_of = np.empty_like(by_card)
        place_of[by_card] = np.arange(len(by_card))
        planned_at = np.empty(len(day.planned), np.int64)
        ordinary = len(order) - len(day.planned)
        here = np.flatnonzero(order >= ordinary)
        planned_at[order[here] - ordinary] = here

        group = Groups.of(day, place_of[planned_at])
        identity = (self.base + (day.window << PLACE_BITS) - group.start).take(card.take(by_card))
        identity += np.arange(len(identity))
        identity[group.shifted] -= group.shift
        identity[place_of[planned_at]] = day.planned.identity
        ids = self.world.ids.apply(identity)

        previous = np.empty_like(ids)
        previous[1:] = ids[:-1]
        busy = np.flatnonzero(group.size > 0)
        first = group.start[busy]
        if last is None:
            last = np.full(len(self.base), -1, np.int64)
        previous[first] = last[busy]
        last[busy] = ids[first + group.size[busy] - 1]
        return TileRows(
            day=day,
            id=ids.take(place_of),
            previous=previous.take(place_of),
            moment=moment,
            card=card,
            planned_at=planned_at,
            standing_at=by_card[group.standing],
        )

    def recent(self, window: int) -> Ints:
        """Return each card's last id before a window, −1 for none: it counts windows back until every card is found."""
        last = np.full(len(self.base), -1, np.int64)
        missing = np.ones(len(self.base), bool)
        for before in range(window - 1, -1, -1):
            if not missing.any():
                break
            day = self.day(before)
            found = np.flatnonzero(missing & (day.counts > 0))
            identity = self.base[found] + (before << PLACE_BITS) + day.counts[found] - 1
            last[found] = self.world.ids.apply(identity)
            self._recent_planned(day, missing, last)
            missing[found] = False
            missing[day.planned.card] = False
        return last

    def _recent_planned(self, day: Day, missing: Flags, last: Ints) -> None:
        """Set the last id of cards whose last row of a day is a scheduled one; only their times are made."""
        plan = day.planned
        ends = np.flatnonzero(np.diff(plan.card, append=-1))
        ends = ends[missing[plan.card[ends]]]
        card = plan.card[ends]
        counts = day.counts[card]
        rows = np.repeat(card, counts)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        latest = np.full(len(self.base), -1, np.int64)
        np.maximum.at(latest, rows, self._moments(day, rows, place))
        wins = plan.moment[ends] >= latest[card]
        last[card[wins]] = self.world.ids.apply(plan.identity[ends[wins]])
