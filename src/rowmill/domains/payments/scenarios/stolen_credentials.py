"""Stolen credentials used online: a few purchases within hours at shops that resell well, often abroad.

The stranger has a device and a network of their own; the owner goes on paying. Its look-alike is a spree: the owner
buys the same kinds of goods as fast, on a day of sales.
"""

from __future__ import annotations

from dataclasses import replace

from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, Draft, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene

_SIZES = (1, 2, 2, 3, 3, 4, 4, 5)
_KINDS = {
    "electronics": 0.9,
    "marketplace": 3.0,
    "digital_goods": 2.4,
    "clothing": 1.3,
    "department_store": 0.8,
    "airline": 0.5,
    "software": 0.7,
    "transfer": 0.9,
    "betting": 0.6,
    "taxi": 0.7,
    "streaming": 0.5,
    "hotel": 0.3,
    "other": 2.6,
    "restaurant": 1.2,
    "grocery": 1.0,
    "fast_food": 1.4,
    "home_improvement": 0.5,
    "health": 0.5,
    "telecom": 0.7,
    "utilities": 0.3,
    "subscription": 0.6,
}
_LOOK_ALIKE_LANES = range(24, 32)


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:  # noqa: ARG001 - every scenario gets it
    theft = scene.episodes(FRAUD, frauds, _SIZES)
    card = scene.victims(len(theft))[theft.of_row]
    kind = scene.kinds("kind", theft.of_row * 32 + theft.place, _KINDS)
    start = scene.starts("theft", scene.victims(len(theft)), restless=0.2)
    time = scene.pace("theft", start, theft, (38.0, 1.2))
    stolen = scene.draft(FRAUD, theft, card, time, kind, scene.online("shop", card, kind, abroad=0.82))
    stolen = replace(
        stolen,
        ticket=scene.tickets("theft ticket", kind, 1.75),
        device=scene.stranger("device", theft.of_row),
        network=scene.networks("network", theft.of_row, card, foreign=0.4),
    )
    spree = scene.episodes(LOOK_ALIKE, look_alikes, _SIZES)
    owner = scene.victims(len(spree), lanes=_LOOK_ALIKE_LANES)
    card = owner[spree.of_row]
    kind = scene.kinds("spree kind", spree.of_row * 32 + spree.place, _KINDS)
    time = scene.pace("spree", scene.starts("spree", owner, restless=0.1), spree, (30.0, 1.2))
    own = scene.draft(LOOK_ALIKE, spree, card, time, kind, scene.online("sale", card, kind, abroad=0.35))
    return joined([stolen, replace(own, ticket=scene.tickets("spree ticket", kind, 1.5))])


STOLEN_CREDENTIALS = Scenario("stolen_credentials", 6, range(10), _plan, "online_spree")
