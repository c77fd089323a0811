"""Labels: what the scheduled payments are, which campaign they belong to, and when somebody reported them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_SECOND
from rowmill.domains.payments.fields import SCHEMA_VERSION
from rowmill.domains.payments.local import Local
from rowmill.domains.payments.money import delay_table
from rowmill.domains.payments.scenarios.draft import FRAUD, VISIT
from rowmill.domains.payments.scenarios.plugins import VISIT_KIND
from rowmill.domains.payments.scenarios.scene import Scenario
from rowmill.draw.arrays import Ints
from rowmill.draw.words import bits, words
from rowmill.model.episodes import PLACE_BITS
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, ForeignKey, Schema

REPORT_CAP_DAYS = 120


@dataclass(frozen=True)
class _Book:
    """The registered scenarios in the order of their codes."""

    codes: Ints
    delay_factor: Ints
    """Sixteenths of the usual delay until a fraud is reported."""
    names: Dictionary
    look_alikes: Dictionary
    """Kinds of honest look-alikes; the last one is a visit at a point of compromise."""
    schema: Schema


@lru_cache(maxsize=4)
def _book_of(scenarios: tuple[Scenario, ...]) -> _Book:
    names = [scenario.name for scenario in scenarios]
    look_alikes = [*(scenario.look_alike for scenario in scenarios), VISIT_KIND]
    return _Book(
        np.array([scenario.code for scenario in scenarios], np.int64),
        np.array([round(scenario.report_factor * 16) for scenario in scenarios], np.int64),
        Dictionary(names),
        Dictionary(look_alikes),
        Schema(
            name="labels",
            version=SCHEMA_VERSION,
            description=_DESCRIPTION,
            fields=_fields(names, look_alikes),
            primary_key=("transaction_id",),
            event_time="event_time",
            foreign_keys=(
                ForeignKey(("transaction_id",), "transactions", ("transaction_id",)),
                ForeignKey(("customer_id",), "customers", ("customer_id",)),
            ),
        ),
    )


def _book(scenarios: Mapping[str, Scenario]) -> _Book:
    return _book_of(tuple(sorted(scenarios.values(), key=lambda scenario: scenario.code)))


def labels_schema(scenarios: Mapping[str, Scenario]) -> Schema:
    """Return the fields of the labels; a user's own scenarios are among their values."""
    return _book(scenarios).schema


_DESCRIPTION = "Truth about scheduled payments: frauds, honest look-alikes and visits at a point of compromise."


def _fields(scenarios: list[str], look_alikes: list[str]) -> tuple[Field, ...]:
    return (
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
            values=tuple(sorted(scenarios)),
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
            values=tuple(sorted(look_alikes)),
            layout="dictionary",
        ),
    )


@lru_cache(maxsize=4)
def _delays(median_days: float, sigma: float) -> Ints:
    return delay_table(median_days, sigma, REPORT_CAP_DAYS)


def label_rows(local: Local, window: int) -> dict[str, Cells]:
    """Return the labels of one tile in (time, id) order."""
    world, plan, book = local.world, local.flow.planned(window), _book(local.flow.scenarios)
    ids = world.ids.apply(plan.identity)
    order = np.lexsort((ids, plan.moment))
    code, role, identity = plan.scenario[order], plan.role[order], plan.identity[order]
    place = np.searchsorted(book.codes, code)
    fraud = role == FRAUD
    event = plan.moment[order] + (world.first_day + window) * MICROS_PER_DAY
    word = words(world.key.child("labels", "report"), identity)
    spec = world.spec.fraud
    delay = _delays(spec.report_median_days, spec.report_sigma)[bits(word, 52, 12)] * book.delay_factor[place] // 16
    seconds = np.minimum(delay + 3600, REPORT_CAP_DAYS * 86_400)
    silent = bits(word, 0, 16) < round(spec.never_reported * 65536)
    episode = world.device_ids.apply(identity >> PLACE_BITS)
    campaign = plan.campaign[order]
    honest_kind = np.where(role == VISIT, len(book.codes), place).astype(np.int8)
    owner = local.people.active_owner[plan.card[order]]
    return {
        "transaction_id": local.identifiers(ids[order], None),
        "event_time": Cells(event),
        "customer_id": Cells(local.customer_id[owner]),
        "is_fraud": Cells(fraud),
        "scenario": Cells(place.astype(np.int8), None, book.names),
        "campaign_id": Cells(np.maximum(campaign, 0), campaign < 0),
        "episode_id": Cells(episode),
        "reported_time": Cells(event + seconds * MICROS_PER_SECOND, ~fraud | silent),
        "hard_negative": Cells(honest_kind, fraud, book.look_alikes),
    }
