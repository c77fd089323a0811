"""Fraud scenarios by name. One file holds one scenario; a new one of the package is a file and a line here.

A scenario of a user's own is a ``Scenario`` in any module that every process can import, say ``my_fraud.py``::

    from rowmill.domains.payments.scenarios import FRAUD, LOOK_ALIKE, Scenario, joined

    def bought(scene, role, rows):
        runs = scene.episodes(role, rows, sizes=(2, 3))
        card = scene.victims(len(runs))[runs.of_row]
        kind = scene.kinds(f"kind {role}", runs.of_row, {"digital_goods": 1.0})
        start = scene.starts(f"start {role}", scene.victims(len(runs)), restless=0.2)
        time = scene.pace(f"pace {role}", start, runs, (30.0, 1.0))
        return scene.draft(role, runs, card, time, kind, scene.online(f"shop {role}", card, kind, abroad=0.5))

    def plan(scene, frauds, look_alikes, free):
        return joined([bought(scene, FRAUD, frauds), bought(scene, LOOK_ALIKE, look_alikes)])

    GIFT_CARDS = Scenario("gift_cards", code=24, lanes=range(24, 32), plan=plan, look_alike="gifts")

The spec says where it lies, ``data.fraud.plugins: ["my_fraud:GIFT_CARDS"]``, and gives it a share of the frauds,
``data.fraud.scenarios.gift_cards: 0.1``. An installed package may instead offer it as an entry point ``gift_cards`` of
the group ``rowmill.payments.scenarios``; then the share is enough. A fingerprint has the name of a scenario, not its
code: give a changed plan another name.
"""

from __future__ import annotations

from rowmill.domains.payments.scenarios.account_takeover import ACCOUNT_TAKEOVER
from rowmill.domains.payments.scenarios.card_testing import CARD_TESTING
from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, VISIT, Draft, at_till, joined
from rowmill.domains.payments.scenarios.friendly import FRIENDLY
from rowmill.domains.payments.scenarios.lost_stolen import LOST_STOLEN
from rowmill.domains.payments.scenarios.scene import Scenario, Scene
from rowmill.domains.payments.scenarios.skimming import SKIMMING
from rowmill.domains.payments.scenarios.stolen_credentials import STOLEN_CREDENTIALS
from rowmill.model.episodes import Episodes

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (ACCOUNT_TAKEOVER, CARD_TESTING, FRIENDLY, LOST_STOLEN, SKIMMING, STOLEN_CREDENTIALS)
}

__all__ = [
    "FRAUD",
    "LOOK_ALIKE",
    "SCENARIOS",
    "VISIT",
    "Draft",
    "Episodes",
    "Scenario",
    "Scene",
    "at_till",
    "joined",
]
