"""Friendly fraud: the owner buys, keeps the goods and disputes the payment, late. Nothing in the row tells it apart.

Device, address and shops are the owner's own. Its look-alike is the same purchase without a dispute.
"""

from __future__ import annotations

from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, Draft, joined
from rowmill.domains.payments.scenarios.scene import Scenario, Scene

_SIZES = (1, 1, 1, 2)
_KINDS = {
    "digital_goods": 4.0,
    "marketplace": 3.0,
    "clothing": 1.5,
    "electronics": 1.0,
    "streaming": 1.0,
    "software": 0.7,
}
_LOOK_ALIKE_LANES = range(24, 32)


def _purchases(scene: Scene, role: int, rows: int, lanes: range) -> Draft:
    bought = scene.episodes(role, rows, _SIZES)
    owner = scene.victims(len(bought), lanes=lanes)
    card = owner[bought.of_row]
    kind = scene.kinds(f"kind {role}", bought.of_row * 32 + bought.place, _KINDS)
    time = scene.pace(f"buy {role}", scene.starts(f"buy {role}", owner, restless=0.0), bought, (90.0, 1.3))
    return scene.draft(role, bought, card, time, kind, scene.online(f"shop {role}", card, kind, abroad=0.13))


def _plan(scene: Scene, frauds: int, look_alikes: int, free: int) -> Draft:  # noqa: ARG001 - every scenario gets it
    return joined(
        [
            _purchases(scene, FRAUD, frauds, range(23, 24)),
            _purchases(scene, LOOK_ALIKE, look_alikes, _LOOK_ALIKE_LANES),
        ]
    )


FRIENDLY = Scenario("friendly", 3, range(23, 24), _plan, "undisputed_purchase", report_factor=1.8)
