"""Account takeover: a new device is registered to the customer's account, then a few dear purchases follow.

The owner goes on paying from the old device. Its look-alike is a new phone: the customer's purchases from a device that
was never seen before.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, NEW_DEVICE, Draft, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene

_SIZES = (1, 2, 2, 3, 3, 4)
_KINDS = {
    "transfer": 1.4,
    "electronics": 0.9,
    "department_store": 1.2,
    "marketplace": 2.2,
    "airline": 0.5,
    "clothing": 1.0,
    "digital_goods": 1.2,
    "telecom": 0.8,
    "other": 1.6,
    "restaurant": 0.7,
    "taxi": 0.8,
}
_USUAL = {"marketplace": 3.0, "digital_goods": 3.0, "taxi": 2.0, "restaurant": 1.0, "clothing": 1.0, "transfer": 0.6}
_LOOK_ALIKE_LANES = range(24, 32)


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:  # noqa: ARG001 - every scenario gets it
    taken = scene.episodes(FRAUD, frauds, _SIZES)
    victims = scene.victims(len(taken))
    card = victims[taken.of_row]
    kind = scene.kinds("kind", taken.of_row * 32 + taken.place, _KINDS)
    time = scene.pace("take", scene.starts("take", victims, restless=0.18), taken, (55.0, 1.2))
    slot = NEW_DEVICE + scene.cycle % 12
    dear = replace(
        scene.draft(FRAUD, taken, card, time, kind, scene.online("shop", card, kind, abroad=0.55)),
        ticket=scene.tickets("ticket", kind, 2.1),
        device=np.full(frauds, slot, np.int64),
        network=scene.networks("network", taken.of_row, card, foreign=0.35),
    )
    fresh = scene.episodes(LOOK_ALIKE, look_alikes, _SIZES)
    owner = scene.victims(len(fresh), lanes=_LOOK_ALIKE_LANES)
    card = owner[fresh.of_row]
    kind = scene.kinds("own kind", fresh.of_row * 32 + fresh.place, _USUAL)
    time = scene.pace("own", scene.starts("own", owner, restless=0.0), fresh, (240.0, 1.2))
    own = replace(
        scene.draft(LOOK_ALIKE, fresh, card, time, kind, scene.online("own shop", card, kind, abroad=0.12)),
        device=np.full(look_alikes, slot, np.int64),
    )
    return joined([dear, own])


ACCOUNT_TAKEOVER = Scenario("account_takeover", 1, range(13, 16), _plan, "new_phone")
