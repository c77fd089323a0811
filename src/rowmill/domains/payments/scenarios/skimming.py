"""Skimming: a till copies cards for some days; weeks later the copies draw cash and goods far away, mostly by stripe.

A breach is a campaign with a key of its own, so every block finds the same town, till and days; each draws its victims
among the cards at home there, and gives each a visit at the till. The owner goes on paying at home. The look-alike is a
holiday: cash and purchases abroad on a trip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, VISIT, Draft, at_till, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene
from rowmill.draw.arrays import Ints
from rowmill.draw.choose import pick
from rowmill.draw.words import below, bits, words
from rowmill.model.episodes import Episodes

_SIZES = (1, 2, 2, 3, 4)
_BREACHES = 4
_ABUSE = {"atm": 4.0, "electronics": 1.4, "discount": 1.2, "department_store": 1.0, "clothing": 0.6}
_HOLIDAY = {"atm": 2.0, "restaurant": 2.0, "department_store": 1.0, "clothing": 1.0, "discount": 0.8, "hotel": 0.5}
_TILLS = {"fuel_pump": 2.0, "restaurant": 1.5, "atm": 1.5, "convenience": 1.0}
_LOOK_ALIKE_LANES = range(24, 32)


@dataclass(frozen=True, slots=True)
class _Breach:
    """Where cards are copied."""

    town: int
    kind: int
    """Kind of the till."""
    merchant: int


def _breach(scene: Scene, number: int) -> _Breach:
    """Return a breach, the same for every block."""
    one = np.array([number], np.int64)
    key = scene.campaign_key
    town = pick(words(key.child("town"), one), scene.world.home_deck).astype(np.int64)
    kind = scene.kinds_by(words(key.child("kind"), one), _TILLS)
    market = scene.world.market
    till = market.deck.pick(market.store_cell(town, kind), words(key.child("till"), one))
    return _Breach(int(town[0]), int(kind[0]), int(till[0]))


def _abroad(scene: Scene, purpose: str, card: Ints) -> Ints:
    """Return a far city for each card: of another country, where the draw finds one."""
    number = np.arange(len(card), dtype=np.int64)
    anywhere = scene.world.destinations.anywhere
    first, second = anywhere(scene.word(purpose, number)), anywhere(scene.word(f"{purpose} again", number))
    country = scene.world.reference.city_country.astype(np.int64)
    return np.where(country[first] != scene.people.active_country[card], first, second)


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:
    abuse = scene.episodes(FRAUD, frauds, _SIZES)
    breach = np.arange(len(abuse), dtype=np.int64) % _BREACHES
    sites = [_breach(scene, n) for n in range(_BREACHES)]
    victims = np.zeros(len(abuse), np.int64)
    for n, site in enumerate(sites):
        mine = np.flatnonzero(breach == n)
        victims[mine] = scene.victims(len(mine), scene.people.active_city == site.town) if len(mine) else mine
    begin = scene.starts("abuse", victims, restless=0.25)
    lead = np.minimum(4 * MICROS_PER_DAY, scene.length // 2)
    start = lead + (begin >> 12) * ((scene.length - lead) >> 12) // (scene.length >> 24)
    drafts = [_abuse(scene, abuse, victims, start)]
    drafts[0] = replace(drafts[0], campaign=_campaign(scene, breach[abuse.of_row]))
    if (visits := min(free, len(abuse))) > 0:
        drafts.append(_visits(scene, victims[:visits], start[:visits], breach[:visits], sites, lead))
    drafts.append(_holiday(scene, look_alikes))
    return joined(drafts)


def _campaign(scene: Scene, breach: Ints) -> Ints:
    return (scene.campaign_key.words[0] >> 24) + breach


def _abuse(scene: Scene, abuse: Episodes, victims: Ints, start: Ints) -> Draft:
    card = victims[abuse.of_row]
    kind = scene.kinds("kind", abuse.of_row * 32 + abuse.place, _ABUSE)
    city = _abroad(scene, "far", victims)[abuse.of_row]
    time = scene.pace("abuse", start, abuse, (26.0, 0.9))
    far = at_till(scene.draft(FRAUD, abuse, card, time, kind, scene.store("far till", city, kind)))
    stripe = bits(scene.word("stripe", abuse.of_row), 60, 4) < 10
    return replace(far, ticket=scene.tickets("ticket", kind, 1.5), magstripe=stripe)


def _visits(scene: Scene, card: Ints, start: Ints, breach: Ints, sites: list[_Breach], lead: int) -> Draft:
    """Return the visit of each victim at the breached till, in the days before any abuse begins."""
    number = np.arange(len(card), dtype=np.int64)
    alone = Episodes(number, np.full(len(card), 31, np.int64), np.ones(len(card), np.int64))
    usual = scene.starts("visit", card, restless=0.0)
    days = max(lead // MICROS_PER_DAY, 1)
    time = usual // MICROS_PER_DAY % days * MICROS_PER_DAY + usual % MICROS_PER_DAY
    time = np.where(time < start, time, start // 2 + number % 1000)
    kind = np.array([site.kind for site in sites], np.int64)[breach]
    merchant = np.array([site.merchant for site in sites], np.int64)[breach]
    visit = at_till(scene.draft(VISIT, alone, card, time, kind, merchant))
    return replace(visit, campaign=_campaign(scene, breach))


def _holiday(scene: Scene, rows: int) -> Draft:
    """Return purchases of travellers abroad on their days away; at home where nobody travels."""
    trips, people = scene.trips, scene.people
    country = scene.world.reference.city_country.astype(np.int64)
    free = (country[trips.city] != people.active_country) & (trips.back - trips.first > 1)
    free &= trips.first < scene.windows.stop - 2
    stay = scene.episodes(LOOK_ALIKE, rows, _SIZES)
    owner = scene.victims(len(stay), free, lanes=_LOOK_ALIKE_LANES)
    usual = scene.starts("holiday", owner, restless=0.0)
    away = np.where(free[owner], trips.first[owner], scene.windows.start)
    length = np.where(free[owner], trips.back[owner] - away, len(scene.windows))
    day = away - scene.windows.start + 1 + below(scene.word("holiday day", np.arange(len(owner))), length)
    day = np.minimum(day, np.where(free[owner], trips.back[owner] - 1 - scene.windows.start, len(scene.windows) - 1))
    start = np.where(free[owner], day * MICROS_PER_DAY + usual % MICROS_PER_DAY // 2, usual)
    time = scene.pace("holiday", start, stay, (30.0, 0.8))
    kind = scene.kinds("holiday kind", stay.of_row * 32 + stay.place, _HOLIDAY)
    city = scene.city_on(owner, start)[stay.of_row]
    return at_till(
        scene.draft(LOOK_ALIKE, stay, owner[stay.of_row], time, kind, scene.store("holiday till", city, kind))
    )


SKIMMING = Scenario("skimming", 5, range(20, 23), _plan, "holiday")
