"""Labels: what the scheduled payments are, which campaign they belong to, and when somebody reported them."""

from __future__ import annotations

import numpy as np

from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_SECOND
from rowmill.domains.payments.fields import SCHEMA_VERSION
from rowmill.domains.payments.local import Local
from rowmill.domains.payments.money import delay_table
from rowmill.domains.payments.scenarios import SCENARIOS
from rowmill.domains.payments.scenarios.scene import FRAUD, VISIT
from rowmill.draw.words import bits, words
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, ForeignKey, Schema

REPORT_CAP_DAYS = 120
_BY_CODE = sorted(SCENARIOS.values(), key=lambda scenario: scenario.code)
_NAMES = Dictionary([scenario.name for scenario in _BY_CODE])
_VISIT_KIND = "compromise_visit"
_LOOK_ALIKES = Dictionary([*(scenario.look_alike for scenario in _BY_CODE), _VISIT_KIND])

LABELS_SCHEMA = Schema(
    name="labels",
    version=SCHEMA_VERSION,
    description="Truth about scheduled payments: frauds, honest look-alikes and visits at a point of compromise.",
    fields=(
        Field("transaction_id", "int64", "The payment that this row tells about.", minimum=0),
        Field(
            "event_time",
            "timestamp",
            "Its instant, repeated for as-of queries.",
            unit="microseconds UTC",
            layout="delta",
        ),
        Field("customer_id", "int64", "Its customer, repeated for joins.", minimum=1),
        Field("is_fraud", "bool", "Whether it is fraudulent; equals label_fraud."),
        Field(
            "scenario",
            "enum",
            "Fraud scenario that it is part of, or that it resembles.",
            domain=tuple(sorted(SCENARIOS)),
            layout="dictionary",
        ),
        Field("campaign_id", "int64", "Attack or breach that it shares with other payments.", nullable=True, minimum=0),
        Field("episode_id", "int64", "Run of payments on one card that belong together.", minimum=0),
        Field(
            "reported_time",
            "timestamp",
            "When the fraud was reported; missing for honest payments and for frauds that nobody reports.",
            nullable=True,
            unit="microseconds UTC",
            layout="delta",
        ),
        Field(
            "hard_negative",
            "enum",
            "What kind of honest look-alike it is; missing for frauds.",
            nullable=True,
            domain=tuple(sorted([scenario.look_alike for scenario in _BY_CODE] + [_VISIT_KIND])),
            layout="dictionary",
        ),
    ),
    primary_key=("transaction_id",),
    event_time="event_time",
    foreign_keys=(ForeignKey(("transaction_id",), "transactions", ("transaction_id",)),),
)


def label_rows(local: Local, window: int) -> dict[str, Cells]:
    """Return the labels of one tile in (time, id) order."""
    world, plan = local.world, local.flow.day(window).planned
    ids = world.ids.apply(plan.identity)
    order = np.lexsort((ids, plan.moment))
    code, role, identity = plan.scenario[order], plan.role[order], plan.identity[order]
    place = np.searchsorted([scenario.code for scenario in _BY_CODE], code)
    fraud = role == FRAUD
    event = plan.moment[order] + (world.first_day + window) * MICROS_PER_DAY
    word = words(world.key.child("labels", "report"), identity)
    spec = world.spec.fraud
    delays = delay_table(spec.report_median_days, spec.report_sigma, REPORT_CAP_DAYS)
    factor = np.array([round(scenario.report_factor * 16) for scenario in _BY_CODE], np.int64)[place]
    seconds = np.minimum(delays[bits(word, 52, 12)] * factor // 16 + 3600, REPORT_CAP_DAYS * 86_400)
    silent = bits(word, 0, 16) < round(spec.never_reported * 65536)
    episode = world.device_ids.apply(identity >> 5)
    campaign = plan.campaign[order]
    honest_kind = np.where(role == VISIT, len(_BY_CODE), place).astype(np.int8)
    owner = local.people.active_owner[plan.card[order]]
    return {
        "transaction_id": local.identifiers(ids[order], None),
        "event_time": Cells(event),
        "customer_id": Cells(local.customer_id[owner]),
        "is_fraud": Cells(fraud),
        "scenario": Cells(place.astype(np.int8), None, _NAMES),
        "campaign_id": Cells(np.maximum(campaign, 0), campaign < 0),
        "episode_id": Cells(episode),
        "reported_time": Cells(event + seconds * MICROS_PER_SECOND, ~fraud | silent),
        "hard_negative": Cells(honest_kind, fraud, _LOOK_ALIKES),
    }
