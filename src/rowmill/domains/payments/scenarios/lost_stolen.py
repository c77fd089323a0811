"""Lost or stolen card: the finder shops through the owner's town until the card is blocked; the owner's payments stop.

Small contactless payments and cash come first. Its look-alike is an errand run: the owner visits as many tills as fast.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, Draft, at_till, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene
from rowmill.draw.arrays import Ints
from rowmill.draw.words import bits, words
from rowmill.model.episodes import Episodes

_SIZES = (3, 4, 5, 6, 8)
_KINDS = {
    "convenience": 2.5,
    "grocery": 1.8,
    "fuel_pump": 1.2,
    "fast_food": 1.2,
    "discount": 1.6,
    "electronics": 1.2,
    "liquor": 0.9,
    "clothing": 0.9,
    "atm": 1.6,
    "department_store": 0.8,
}
_ERRANDS = {**_KINDS, "pharmacy": 1.5, "restaurant": 0.8, "electronics": 0.4, "atm": 0.8}
_LOOK_ALIKE_LANES = range(24, 32)


def _shopping(scene: Scene, role: int, card: Ints, start: Ints, run: Episodes, mix: dict[str, float]) -> Draft:
    """Return a run through the tills of the town where the card is."""
    time = scene.pace(f"run {role}", start, run, (21.0, 0.8))
    kind = scene.kinds(f"kind {role}", run.of_row * 32 + run.place, mix)
    city = scene.city_on(card, start)[run.of_row]
    return at_till(scene.draft(role, run, card[run.of_row], time, kind, scene.store(f"till {role}", city, kind)))


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:  # noqa: ARG001 - every scenario gets it
    spree = scene.episodes(FRAUD, frauds, _SIZES)
    # A card blocked late in one cycle is silent into the next: cards take turns, so that none is stolen while it is.
    turn = bits(words(scene.world.key.child("lost turn"), scene.people.active_card), 63, 1) == scene.cycle % 2
    victims = scene.victims(len(spree), turn)
    start = scene.starts("loss", victims, restless=0.15)
    stolen = _shopping(scene, FRAUD, victims, start, spree, _KINDS)
    first = np.flatnonzero(stolen.place == 0)
    stolen = replace(
        stolen,
        ticket=scene.tickets("ticket", stolen.kind, 1.15),
        stop_card=victims,
        stop_time=stolen.time[first] if len(first) else victims,
    )
    errands = scene.episodes(LOOK_ALIKE, look_alikes, _SIZES)
    owner = scene.victims(len(errands), lanes=_LOOK_ALIKE_LANES)
    own = _shopping(scene, LOOK_ALIKE, owner, scene.starts("errands", owner, restless=0.0), errands, _ERRANDS)
    return joined([stolen, own])


LOST_STOLEN = Scenario("lost_stolen", 4, range(16, 20), _plan, "errand_run")
