"""Fraud scenarios by name. One file holds one scenario; a new one is a file and a line here."""

from __future__ import annotations

from rowmill.domains.payments.scenarios.account_takeover import ACCOUNT_TAKEOVER
from rowmill.domains.payments.scenarios.card_testing import CARD_TESTING
from rowmill.domains.payments.scenarios.friendly import FRIENDLY
from rowmill.domains.payments.scenarios.lost_stolen import LOST_STOLEN
from rowmill.domains.payments.scenarios.scene import Scenario
from rowmill.domains.payments.scenarios.skimming import SKIMMING
from rowmill.domains.payments.scenarios.stolen_credentials import STOLEN_CREDENTIALS

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (ACCOUNT_TAKEOVER, CARD_TESTING, FRIENDLY, LOST_STOLEN, SKIMMING, STOLEN_CREDENTIALS)
}
