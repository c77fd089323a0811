"""The schedule: payments that scenarios plan for one block and cycle, before any ordinary one exists.

Frauds are exact: the block's owed count of the cycle, shared over scenarios. Honest look-alikes and visits at a point
of compromise come on top and never take more than a quarter of the cycle's honest rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from rowmill.domains.payments.people import BlockPeople, Trips
from rowmill.domains.payments.scenarios.draft import ARRAYS
from rowmill.domains.payments.scenarios.promises import refuse_broken
from rowmill.domains.payments.scenarios.scene import USER_CODES, Scenario, Scene
from rowmill.draw.arrays import Flags, Ints
from rowmill.model import episodes
from rowmill.model.episodes import Cycle, Planner, Roles, ScenarioQuota, Scheduled, Terms

ROLES = Roles(
    owed="frauds",
    look_alikes="look-alikes",
    free="visits",
    fewer="ask for a lower fraud_rate or more customers",
)


@dataclass(frozen=True, slots=True)
class ScheduledRows:
    """Scheduled rows of one window, by (card, moment)."""

    moment: Ints
    """Microseconds from the start of the window."""
    identity: Ints
    scenario: Ints
    """Code of the scenario."""
    card: Ints
    role: Ints
    campaign: Ints
    kind: Ints
    online: Flags
    merchant: Ints
    ticket: Ints
    exact: Flags
    device: Ints
    network: Ints
    magstripe: Flags

    @classmethod
    def of(cls, rows: Scheduled) -> ScheduledRows:
        """Return the scheduled rows of a window as payments."""
        return cls(rows.moment, rows.identity, rows.code, rows.entity, rows.role, **rows.values)

    def __len__(self) -> int:
        return len(self.moment)


def schedule(people: BlockPeople, trips: Trips, number: int, scenarios: Mapping[str, Scenario]) -> Scheduled:
    """Plan a cycle of a block: the same rows whatever is asked of them."""
    world, volume = people.world, people.world.volume
    windows = volume.cycle(number)
    rows = np.array([volume.rows(people.block, window) for window in windows], np.int64)
    cycle = Cycle(people.block, number, windows, rows)
    frauds = sum(volume.frauds(people.block, window) for window in windows)
    terms = Terms(frauds, world.spec.fraud.hard_negatives, (int(rows.sum()) - frauds) // 4, ROLES)
    planners = [
        Planner(name, scenarios[name].code, weight, partial(_drafted, people, trips, cycle, scenarios[name]))
        for name, weight in sorted(world.spec.fraud.scenarios.items())
        if weight > 0
    ]
    key = world.key.child("schedule", str(people.block), str(number))
    lots = episodes.planned(cycle, terms, planners, key) if len(people.active) else []
    return episodes.scheduled(cycle, lots, world.id_bits, ARRAYS)


def _drafted(
    people: BlockPeople, trips: Trips, cycle: Cycle, scenario: Scenario, asked: ScenarioQuota
) -> list[episodes.EpisodeDraft]:
    scene = Scene(people, trips, cycle, scenario)
    draft = scenario.plan(scene, asked.owed, asked.look_alikes, asked.free)
    if scenario.code in USER_CODES:
        refuse_broken(scenario, scene, draft)
    return [draft.rows()]
