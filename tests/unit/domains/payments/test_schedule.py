"""The schedule: frauds as many as are owed, in rows that exist, with identities that nothing shares."""

from __future__ import annotations

import numpy as np
import pytest

from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.scenarios import FRAUD, LOOK_ALIKE, VISIT
from support.payments import people_of, scenarios_of, schedule_of


@pytest.mark.parametrize(
    "fields",
    [
        {"rows": 1, "fraud_rate": 1.0},
        {"rows": 7, "fraud_rate": 0.2},
        {"rows": 3000, "fraud_rate": 1.0},
        {"rows": 3000, "fraud_rate": 0.2},
        {"rows": 3000, "fraud_rate": 0.2, "sizes": {"customers": 1, "merchants": 1}},
        {"rows": 3000, "fraud_rate": 0.05, "start": "2025-11-01", "end": "2025-11-01"},
        {"rows": 9000, "fraud_rate": 0.05, "sizes": {"customers": 33_000}, "fraud": {"hard_negatives": 50.0}},
        {"rows": 2000, "fraud_rate": 0.05, "fraud": {"scenarios": {"skimming": 1.0}}},
    ],
    ids=lambda fields: " ".join(map(str, fields.values())),
)
def test_frauds_are_those_owed_and_no_window_holds_more_than_its_rows(fields):
    world = people_of(**fields).world
    identities, frauds = [], 0
    for block in range(world.volume.blocks):
        people = people_of(block, **fields)
        for cycle in range(2):
            plan = schedule_of(people, cycle)
            windows = world.volume.cycle(cycle)
            rows = np.array([world.volume.rows(block, window) for window in windows])
            owed = sum(world.volume.frauds(block, window) for window in windows)
            roles = np.bincount(plan.role, minlength=3)

            assert roles[FRAUD] == owed
            assert roles[LOOK_ALIKE] + roles[VISIT] <= (rows.sum() - owed) // 4
            held = np.bincount(plan.window - windows.start, minlength=len(windows))
            assert (held <= rows).all()
            assert ((plan.moment >= 0) & (plan.moment < MICROS_PER_DAY)).all()
            order = np.lexsort((plan.moment, plan.entity, plan.window))
            assert (order == np.arange(len(plan))).all()
            assert sum(len(plan.within(window)) for window in windows) == len(plan)
            identities.append(plan.identity)
            frauds += owed

    together = np.concatenate(identities)
    assert frauds == round(fields["fraud_rate"] * fields["rows"])
    assert len(np.unique(together)) == len(together)
    assert (together >> (world.id_bits - 1) == 1).all()


def test_planned_rows_of_a_window_keep_their_fields_and_all_stops():
    people = people_of(rows=5000, fraud_rate=0.1)
    plan = schedule_of(people, 0)
    part = plan.within(9)

    assert 0 < len(part) < len(plan)
    assert (part.window == 9).all()
    assert part.identity.tolist() == plan.identity[plan.window == 9].tolist()
    assert len(part.stop_entity) == len(plan.stop_entity) > 0


def test_scenarios_get_their_shares_first_and_blocks_their_own():
    fields = {"rows": 20_000, "fraud_rate": 0.1, "sizes": {"customers": 33_500}}
    counts = []
    for block in (0, 1):
        people = people_of(block, **fields)
        plan = schedule_of(people, 0)
        fraud = plan.role == FRAUD
        counts.append({code: int((fraud & (plan.code == code)).sum()) for code in range(1, 7)})
    world = people.world
    weights = world.spec.fraud.scenarios
    shares = {
        scenario.code: weights[name] / sum(weights.values()) for name, scenario in scenarios_of(world.spec).items()
    }

    for found in counts:
        whole = sum(found.values())
        assert all(abs(found[code] - whole * share) <= 1 for code, share in shares.items())
