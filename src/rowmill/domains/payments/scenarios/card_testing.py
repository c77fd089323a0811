"""Card testing: a script tries many stolen cards at one merchant, seconds apart, for next to nothing.

An attack is a campaign of one merchant and one device; each card gets a few tries. Its look-alike is the owner's run of
small purchases in an app, or retries of a subscription.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, PHONE, Draft, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene
from rowmill.draw.words import below

_SIZES = (2, 3, 3, 4, 5, 6)
_KINDS = {
    "digital_goods": 3.0,
    "subscription": 1.0,
    "streaming": 1.0,
    "software": 0.7,
    "marketplace": 1.0,
    "other": 1.5,
    "taxi": 0.8,
    "fast_food": 0.8,
}
_CARDS_PER_ATTACK = 12
_LOOK_ALIKE_LANES = range(24, 32)
_CENT = 100


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:  # noqa: ARG001 - every scenario gets it
    tries = scene.episodes(FRAUD, frauds, _SIZES)
    victims = scene.victims(len(tries))
    attack = np.arange(len(tries), dtype=np.int64) // _CARDS_PER_ATTACK
    leader = victims[::_CARDS_PER_ATTACK]
    place = np.arange(len(tries), dtype=np.int64) % _CARDS_PER_ATTACK
    start = scene.starts("attack", leader, restless=0.35)[attack] + place * 47_000_000 if len(tries) else victims
    of_attack = attack[tries.of_row]
    kind = scene.kinds("kind", of_attack, _KINDS)
    card = victims[tries.of_row]
    merchant = scene.online("merchant", leader[of_attack], kind, abroad=0.7, by=of_attack)
    time = scene.pace("try", start, tries, (0.4, 0.5))
    amount = (30 + below(scene.word("amount", np.arange(frauds, dtype=np.int64)), 270)) * _CENT
    tested = replace(
        scene.draft(FRAUD, tries, card, time, kind, merchant),
        ticket=amount,
        exact=np.ones(frauds, np.bool_),
        device=scene.stranger("device", of_attack),
        network=scene.networks("network", of_attack, card, foreign=0.4),
        campaign=(scene.key.words[0] >> 24) + of_attack,
    )
    run = scene.episodes(LOOK_ALIKE, look_alikes, _SIZES)
    owner = scene.victims(len(run), lanes=_LOOK_ALIKE_LANES)
    kind = scene.kinds("app", run.of_row, _KINDS)
    card = owner[run.of_row]
    merchant = scene.online("app merchant", card, kind, abroad=0.3, by=run.of_row)
    time = scene.pace("app", scene.starts("app", owner, restless=0.0), run, (4.0, 1.3))
    small = (49 + 50 * below(scene.word("app amount", run.of_row), 12)) * _CENT
    own = replace(
        scene.draft(LOOK_ALIKE, run, card, time, kind, merchant),
        ticket=small,
        device=np.full(look_alikes, PHONE, np.int64),
    )
    return joined([tested, own])


CARD_TESTING = Scenario("card_testing", 2, range(10, 13), _plan, "app_purchases")
