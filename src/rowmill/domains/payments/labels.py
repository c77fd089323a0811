"""Labels: what the scheduled payments are, which campaign they belong to, and when somebody reported them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_SECOND
from rowmill.domains.payments.fields import SCHEMA_VERSION
from rowmill.domains.payments.local import Local
from rowmill.domains.payments.money import delay_table
from rowmill.domains.payments.scenarios import SCENARIOS, Scenario
from rowmill.domains.payments.scenarios.draft import FRAUD, VISIT
from rowmill.domains.payments.scenarios.plugins import VISIT_KIND
from rowmill.domains.payments.schedule import ScheduledRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import pick
from rowmill.draw.words import Words, bits
from rowmill.model.columns import Declaration, Draw
from rowmill.model.episodes import PLACE_BITS
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, ForeignKey, Schema

REPORT_CAP_DAYS = 120


@dataclass(frozen=True)
class Book:
    """The registered scenarios in the order of their codes."""

    codes: Ints
    delay_factor: Ints
    """Sixteenths of the usual delay until a fraud is reported."""
    names: Dictionary
    look_alikes: Dictionary
    """Kinds of honest look-alikes; the last one is a visit at a point of compromise."""

    @classmethod
    def of(cls, scenarios: Iterable[Scenario]) -> Book:
        """Return the book of scenarios."""
        ordered = sorted(scenarios, key=lambda scenario: scenario.code)
        return cls(
            np.array([scenario.code for scenario in ordered], np.int64),
            np.array([round(scenario.report_factor * 16) for scenario in ordered], np.int64),
            Dictionary([scenario.name for scenario in ordered]),
            Dictionary(_look_alikes(ordered)),
        )


def _look_alikes(scenarios: Iterable[Scenario]) -> list[str]:
    return [*(scenario.look_alike for scenario in scenarios), VISIT_KIND]


@dataclass(frozen=True, slots=True)
class Truth:
    """The scheduled payments of one tile, in (time, id) order."""

    window: int
    planned: ScheduledRows
    id: Ints
    order: Ints
    """Place of each among the planned ones."""

    @classmethod
    def of(cls, local: Local, window: int) -> Truth:
        """Return those of a block in a window."""
        planned = local.flow.planned(window)
        ids = local.world.ids.apply(planned.identity)
        order = np.lexsort((ids, planned.moment))
        return cls(window, planned, ids[order], order)

    def identity(self) -> Ints:
        """Return the identity of each row."""
        return self.planned.identity[self.order]


_DECLARED = Declaration("labels", inputs=("truth", "local", "book"))
_column, _step = _DECLARED.column, _DECLARED.step


@_step()
def role(truth: Truth) -> Ints:
    """Whether the row is a fraud, a look-alike or a visit."""
    return truth.planned.role[truth.order]


@_step()
def place(truth: Truth, book: Book) -> Ints:
    """Place of the row's scenario in the book."""
    return np.searchsorted(book.codes, truth.planned.scenario[truth.order])


@_step()
def report(draw: Draw) -> Words:
    """Words that say whether and when somebody reports the row."""
    return draw()


@_column("int64", like=Field("transaction_id", "int64", "", minimum=0))
def transaction_id(truth: Truth, local: Local) -> Cells:
    """The payment that this row tells about."""
    return local.identifiers(truth.id, None)


@_column("timestamp", like=Field("event_time", "timestamp", "", unit="microseconds UTC", layout="delta"))
def event_time(truth: Truth, local: Local) -> Ints:
    """Its instant, repeated for as-of queries."""
    return truth.planned.moment[truth.order] + (local.world.first_day + truth.window) * MICROS_PER_DAY


@_column("int64", like=Field("customer_id", "int64", "", minimum=1))
def customer_id(truth: Truth, local: Local) -> Ints:
    """Its customer, repeated for joins."""
    return local.active_customer_id[truth.planned.card[truth.order]]


@_column("bool")
def is_fraud(role: Ints) -> Flags:
    """Whether it is fraudulent; equals label_fraud."""
    fraud: Flags = role == FRAUD
    return fraud


@_column("enum", like=Field("scenario", "enum", "", values=tuple(sorted(SCENARIOS)), layout="dictionary"))
def scenario(place: Ints, book: Book) -> Cells:
    """Fraud scenario that it is part of, or that it resembles."""
    return Cells(place.astype(np.int8), None, book.names)


@_column("int64", like=Field("campaign_id", "int64", "", minimum=0), nullable=True)
def campaign_id(truth: Truth) -> Cells:
    """Attack or breach that it shares with other payments."""
    campaign = truth.planned.campaign[truth.order]
    return Cells(np.maximum(campaign, 0), campaign < 0)


@_column("int64", like=Field("episode_id", "int64", "", minimum=0))
def episode_id(truth: Truth, local: Local) -> Ints:
    """Run of payments on one card that belong together."""
    return local.world.device_ids.apply(truth.identity() >> PLACE_BITS)


@_column(
    "timestamp", like=Field("reported_time", "timestamp", "", unit="microseconds UTC", layout="delta"), nullable=True
)
def reported_time(local: Local, book: Book, event_time: Ints, place: Ints, is_fraud: Flags, report: Words) -> Cells:
    """When the fraud was reported; missing for honest payments and for frauds that nobody reports."""
    spec = local.world.spec.fraud
    delays = _delays(spec.report_median_days, spec.report_sigma)
    delay = pick(report, delays) * book.delay_factor[place] // 16
    seconds = np.minimum(delay + 3600, REPORT_CAP_DAYS * 86_400)
    silent = bits(report, 0, 16) < round(spec.never_reported * 65536)
    return Cells(event_time + seconds * MICROS_PER_SECOND, ~is_fraud | silent)


@lru_cache(maxsize=4)
def _delays(median_days: float, sigma: float) -> Ints:
    return delay_table(median_days, sigma, REPORT_CAP_DAYS)


@_column(
    "enum",
    like=Field(
        "hard_negative", "enum", "", values=tuple(sorted(_look_alikes(SCENARIOS.values()))), layout="dictionary"
    ),
    nullable=True,
)
def hard_negative(book: Book, role: Ints, place: Ints, is_fraud: Flags) -> Cells:
    """What kind of honest look-alike it is; missing for frauds."""
    kind: NDArray[np.int8] = np.where(role == VISIT, len(book.codes), place).astype(np.int8)
    return Cells(kind, is_fraud, book.look_alikes)


LABELS: Final = _DECLARED.columns()
_SCHEMA = Schema(
    name="labels",
    version=SCHEMA_VERSION,
    description="Truth about scheduled payments: frauds, honest look-alikes and visits at a point of compromise.",
    fields=LABELS.fields,
    primary_key=("transaction_id",),
    event_time="event_time",
    foreign_keys=(
        ForeignKey(("transaction_id",), "transactions", ("transaction_id",)),
        ForeignKey(("customer_id",), "customers", ("customer_id",)),
    ),
)


def labels_schema(scenarios: Iterable[Scenario]) -> Schema:
    """Return the fields of the labels; a user's own scenarios are among their values."""
    known = list(scenarios)
    values = {"scenario": [one.name for one in known], "hard_negative": _look_alikes(known)}
    fields = (replace(f, values=tuple(sorted(values[f.name]))) if f.name in values else f for f in _SCHEMA.fields)
    return replace(_SCHEMA, fields=tuple(fields))
