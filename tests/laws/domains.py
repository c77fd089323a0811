"""The domains under law, in one list: what to ask of each, and what an edit of its spec may change."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from rowmill.domains.vitals.llm.blueprint import Blueprint, blueprint_schema, model_of
from rowmill.domains.vitals.spec import VitalsSpec
from support.chat import blueprint

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Edit:
    """A change of a spec, and the columns of each table that it may change; every other value must stay."""

    name: str
    change: Fields
    may_change: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Case:
    """One domain as the laws see it."""

    name: str
    tables: tuple[str, ...]
    """Names of all tables, the main one first."""
    specs: st.SearchStrategy[Fields]
    """Small closed periods, seed included."""
    fixed: tuple[Fields, ...]
    """Closed periods that are written to disk: one block, and several."""
    open_specs: st.SearchStrategy[Fields]
    """Open periods whose history is cheap to make."""
    edits: tuple[Edit, ...]
    base: Fields
    """What the edits start from."""
    growth: tuple[tuple[Fields, tuple[str, ...]], ...]
    """More entities than ``base`` has, and the catalogs that must begin with the same rows."""
    timed: bool = True
    """Whether the main table has a column of time."""
    functions: tuple[str, ...] = ()
    """Tables that are made of functions, one a column, to which a user can add one."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """Tables of which a scan makes some entities alone, and the column that names them."""
    seedless: tuple[str, ...] = ()
    """Tables that are the same for every seed."""
    partitions: tuple[str, ...] = ("year", "month", "day")
    """Levels of folders that windows fit into."""


SEEDS = st.integers(0, 2**63 - 1)
STARTS = st.sampled_from(["2025-11-01", "2024-02-27", "2025-03-08", "2015-01-02", "2030-12-25"])
RATES = st.sampled_from([0.0, 0.003, 0.05, 0.2, 1.0])
PAYMENT_SIZES = st.fixed_dictionaries(
    {}, optional={"customers": st.sampled_from([1, 2, 60, 900]), "merchants": st.sampled_from([1, 7, 500])}
)


@st.composite
def closed_payments(draw: st.DrawFn) -> Fields:
    """Draw a closed period of payments: none to 2,000 rows (one card may have them all on a day), up to eight weeks."""
    start = draw(STARTS)
    days = draw(st.sampled_from([1, 2, 7, 30, 57]))
    return {
        "seed": draw(SEEDS),
        "rows": draw(st.sampled_from([0, 1, 7, 1000]) | st.integers(0, 2000)),
        "start": start,
        "end": _later(start, days - 1),
        "fraud_rate": draw(RATES),
        "ids": draw(st.sampled_from(["integer", "integer", "uuid"])),
        "sizes": draw(PAYMENT_SIZES),
    }


@st.composite
def open_payments(draw: st.DrawFn) -> Fields:
    """Draw an open period of payments with enough rows a day for every card to pay its standing payments."""
    rows = draw(st.sampled_from([7, 60, 300]))
    return {
        "seed": draw(SEEDS),
        "rows_per_day": rows,
        "start": draw(STARTS.filter(lambda day: day < "2030")),
        "fraud_rate": draw(st.sampled_from([0.0, 0.003, 0.1])),
        "fraud": {"block_days": draw(st.sampled_from([1, 14, 28]))},
        "sizes": draw(st.sampled_from([{}, {"customers": max(1, rows // 2)}])),
    }


def _later(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


def _edit(name: str, change: Fields, **columns: str) -> Edit:
    return Edit(name, change, {table: frozenset(names.split()) for table, names in columns.items()})


PAYMENTS = Case(
    name="payments",
    tables=("transactions", "labels", "customers", "cards", "merchants"),
    specs=closed_payments(),
    fixed=(
        {"seed": 11, "rows": 3000, "fraud_rate": 0.02},
        {"seed": 12, "rows": 2000, "start": "2025-11-26", "end": "2025-11-30", "sizes": {"customers": 33_500}},
    ),
    open_specs=open_payments(),
    base={"seed": 5, "rows": 3000, "fraud_rate": 0.01, "sizes": {"customers": 120, "merchants": 300}},
    edits=(
        _edit("more lost devices", {"nulls": {"device_id": 0.3}}, transactions="device_id"),
        _edit("no lost codes", {"nulls": {"mcc_code": 0.0}}, transactions="mcc_code"),
        _edit("all coordinates lost", {"nulls": {"coordinates": 1.0}}, transactions="latitude longitude"),
        _edit("ids as text", {"ids": "uuid"}, transactions="transaction_id previous_txn_id", labels="transaction_id"),
        _edit("reports later", {"fraud": {"report_median_days": 30.0}}, labels="reported_time"),
        _edit("nobody reports", {"fraud": {"never_reported": 1.0}}, labels="reported_time"),
        _edit("dearer", {"amounts": {"price_level": 2.0}}, transactions="amount"),
        _edit("other tails", {"amounts": {"tail_exponent": 1.5}}, transactions="amount"),
        _edit("other exchange rates", {"amounts": {"exchange_rates": {"EUR": 3.0}}}, transactions="amount"),
        _edit("terminals spread", {"places": {"jitter_degrees": 0.05}}, transactions="latitude longitude"),
        _edit("no terminal apart", {"places": {"jitter_degrees": 0.0}}, transactions="latitude longitude"),
        _edit("other prices at home", {"amounts": {"price_levels": {"US": 0.5}}}, transactions="amount"),
    ),
    growth=(
        ({"sizes": {"customers": 2500}}, ("customers", "cards", "merchants")),
        ({"sizes": {"merchants": 9000}}, ("customers", "cards", "merchants")),
        ({"sizes": {"customers": 40_000}}, ("customers", "cards")),
        ({"rows": 9000}, ("customers", "cards", "merchants")),
    ),
    functions=("transactions", "labels", "customers", "cards", "merchants"),
    entities={"transactions": "customer_id", "customers": "customer_id", "merchants": "merchant_id"},
)

VISITS = st.sampled_from(
    [
        [{"name": "Start", "day": 1, "dosed": False}, {"name": "End", "day": 2}],
        [{"name": "A", "day": -3, "dosed": False}, {"name": "B", "day": 5}, {"name": "C", "day": 6}],
        [{"name": "Only", "day": 8}],
    ]
)
REALISM = st.fixed_dictionaries(
    {},
    optional={
        "dropout": st.fixed_dictionaries(
            {"mechanism": st.sampled_from(["mcar", "mar", "mnar"]), "retention": st.sampled_from([0.05, 0.8, 1.0])}
        ),
        "missed": st.sampled_from([0.01, 0.5]),
        "effect_sd": st.just(4.0),
        "site_sd": st.just((3.0, 2.0, 1.0, 0.2)),
        "visit_windows": st.just(True),
        "digit_preference": st.just(True),
        "fahrenheit": st.sampled_from([0.5, 1.0]),
        "fever": st.sampled_from([0.01, 0.5]),
        "outliers": st.sampled_from([0.01, 0.5]),
    },
)


PROTOTYPES = {
    "Active": [[[150, 85, 70, 36.6], [148, 84, 72, 36.7], [141, 80, 71, 36.5], [133, 77, 70, 36.6]],
               [[128, 74, 66, 36.2], [131, 75, 64, 36.4], [126, 71, 69, 36.3], [122, 70, 66, 36.81]]],
    "Placebo": [[[139, 81, 75, 36.9], [142, 83, 71, 36.6], [140, 79, 74, 36.7], [144, 82, 73, 36.5]],
                [[155, 90, 80, 36.4], [151, 88, 78, 36.6], [150, 91, 81, 36.5], [152, 86, 79, 36.4]],
                [[119, 70, 60, 36.1], [121, 72, 63, 36.0], [118, 68, 61, 36.2], [124, 73, 62, 36.3]]],
}  # fmt: skip
"""Subjects that a language model might have invented."""


def proposed() -> Fields:
    """Return a model that a language model might have proposed, as it stands in the spec afterwards."""
    spec = VitalsSpec(method="llm")
    answer = blueprint({"messages": ["", {"content": json.dumps(blueprint_schema(spec))}]})
    return model_of(Blueprint.model_validate(answer), spec, "a language model").model_dump(mode="json")


@st.composite
def small_trials(draw: st.DrawFn) -> Fields:
    """Draw a trial of no to a few hundred subjects, by any method; what an endpoint answered stands in the spec."""
    method = draw(st.sampled_from(["mvn", "bootstrap", "rules", "llm"]))
    fields = {
        "seed": draw(SEEDS),
        "method": method,
        "subjects_per_arm": draw(st.sampled_from([0, 1, 50]) | st.integers(0, 300)),
        "target_effect": draw(st.sampled_from([None, -5.0, 0.0])),
        "calibrate": draw(st.booleans()),
        "realism": draw(REALISM),
    }
    if method == "rules":
        fields |= {"visits": draw(VISITS), "arms": draw(st.sampled_from([("A", "B"), ("A", "B", "C")]))}
    if method == "llm":
        fields |= {"model": proposed(), "prototypes": draw(st.sampled_from([{}, PROTOTYPES]))}
    return fields


RESULTS = "VSORRES VSSTRESC VSSTRESN"
MISSING = {
    "vitals": "SystolicBP DiastolicBP HeartRate Temperature",
    "vs": f"{RESULTS} VSORRESU VSSTRESU VSSTAT VSDTC VSDY",
    "dm": "RFENDTC RFPENDTC",
    "truth": "Value",
}
SOME = {"seed": 6, "subjects_per_arm": 400}
REALISTIC = {
    "missed": 0.05, "effect_sd": 3.0, "site_sd": (2.0, 1.5, 1.5, 0.12), "visit_windows": True, "digit_preference": True,
    "fahrenheit": 0.5, "fever": 0.02, "outliers": 0.02,
}  # fmt: skip

VITALS = Case(
    name="vitals",
    tables=("vitals", "vs", "subjects", "dm", "truth"),
    specs=small_trials(),
    fixed=(
        {**SOME, "realism": {**REALISTIC, "dropout": {"mechanism": "mar", "retention": 0.6}}},
        {"seed": 8, "subjects_per_arm": 9000, "visits": [{"name": "Week 12", "day": 84}], "method": "bootstrap"},
        {"seed": 9, "subjects_per_arm": 300, "method": "llm", "model": proposed(), "prototypes": PROTOTYPES},
    ),
    open_specs=st.nothing(),
    base={**SOME, "realism": REALISTIC},
    edits=(
        _edit("no fever", {"realism": {"fever": 0.0}}, vitals="HeartRate Temperature", vs=RESULTS, truth="Value"),
        _edit(
            "fewer odd readings",
            {"realism": {"outliers": 0.01}},
            vitals="SystolicBP DiastolicBP",
            vs=RESULTS,
            truth="Value",
        ),
        _edit(
            "other thermometers",
            {"realism": {"fahrenheit": 1.0}},
            vitals="Temperature",
            vs=f"{RESULTS} VSORRESU",
            truth="Value",
        ),
        _edit(
            "one effect for all",
            {"realism": {"effect_sd": 0.0}},
            vitals="SystolicBP DiastolicBP",
            vs=RESULTS,
            truth="Value",
        ),
        _edit("nothing missed", {"realism": {"missed": 0.0}}, **MISSING),
        _edit(
            "plain digits",
            {"realism": {"digit_preference": False}},
            vitals="SystolicBP DiastolicBP HeartRate",
            vs=RESULTS,
            truth="Value",
        ),
        _edit(
            "visits on their days",
            {"realism": {"visit_windows": False}},
            vs="VSDTC VSDY",
            dm="RFENDTC RFICDTC RFPENDTC",
        ),
        _edit(
            "another start",
            {"start": "2024-02-01"},
            vs="VSDTC",
            dm="RFSTDTC RFENDTC RFXSTDTC RFICDTC RFPENDTC",
        ),
        _edit("another study", {"study": "SIM-2"}, vs="STUDYID USUBJID", dm="STUDYID USUBJID"),
    ),
    growth=(({"subjects_per_arm": 700}, ("subjects",)), ({"subjects_per_arm": 20_000}, ("subjects",))),
    timed=False,
    functions=("vitals", "vs", "subjects", "dm", "truth"),
    entities={"vitals": "SubjectID", "vs": "USUBJID", "subjects": "SubjectID", "dm": "USUBJID"},
    seedless=("truth",),
)


@st.composite
def small_workforces(draw: st.DrawFn) -> Fields:
    """Draw a workforce of none to a few hundred people in up to eight blocks, over one year to six."""
    start = draw(st.sampled_from([2020, 2024, 2025, 2031]))
    return {
        "seed": draw(SEEDS),
        "employees": draw(st.sampled_from([0, 1, 2, 120]) | st.integers(0, 300)),
        "block_employees": draw(st.sampled_from([40, 65_536])),
        "start": start,
        "end": start + draw(st.integers(0, 5)),
        "growth": draw(st.sampled_from([{}, {"target": -0.2}, {"target": 0.25}, {"mode": "flat"}])) | {"most_hires": 5},
        "enrollment": draw(st.sampled_from([{}, {"automatic": False}, {"waiting_days": 90}])),
        "scenarios": draw(st.sampled_from([["baseline"], ["low", "high"]])),
    }


NEW_REASONS = [[0.0, 0.0, 0.0, 0.5, 0.5]] * 6
STAFF = {"seed": 7, "employees": 260, "start": 2025, "end": 2027, "growth": {"target": 0.1}}

WORKFORCE = Case(
    name="workforce",
    tables=("events", "snapshots", "census"),
    specs=small_workforces(),
    fixed=(
        STAFF,
        {**STAFF, "seed": 9, "employees": 400, "block_employees": 60, "scenarios": ["low", "high"]},
    ),
    open_specs=st.nothing(),
    base=STAFF,
    edits=(
        _edit("another plan", {"plan": "401k"}, events="event_id plan_design_id", snapshots="plan_design_id"),
        _edit(
            "another scenario",
            {"scenarios": ["stress"]},
            events="event_id scenario_id parameter_scenario_id",
            snapshots="scenario_id",
        ),
        _edit("from a file", {"parameter_source": "levers"}, events="parameter_source"),
        _edit(
            "all pre-tax",
            {"enrollment": {"roth_share": 0.0}},
            events="pre_tax_rate roth_rate",
            snapshots="pre_tax_contribution roth_contribution",
        ),
        _edit("better match", {"match": {"formula": "tiered"}}, snapshots="employer_match"),
        _edit("better core", {"core": {"rates": {0: 0.03}}}, snapshots="employer_core"),
        _edit("no step at the base", {"core": {"excess": 0.05}}, snapshots="employer_core"),
        _edit(
            "other reasons",
            {"termination": {"reasons": NEW_REASONS}},
            events="event_details termination_reason",
            snapshots="termination_reason",
        ),
        _edit("few perform well", {"hiring": {"performance": {"low": 1.0}}}, snapshots="performance_tier"),
        _edit(
            "nobody is highly paid",
            {"limits": {n: {"hce_threshold": 10_000_000} for n in (2024, 2025, 2026)}},
            snapshots="is_hce",
        ),
    ),
    growth=(({"employees": 700}, ("census",)), ({"employees": 9000}, ("census",))),
    timed=False,
    functions=("events", "snapshots", "census"),
    entities={"events": "employee_id", "snapshots": "employee_id", "census": "employee_id"},
    partitions=("simulation_year", "year"),
)

SHIPPED = [PAYMENTS, VITALS, WORKFORCE]


@st.composite
def small_shops(draw: st.DrawFn) -> Fields:
    """Draw a shop of one customer to a few hundred in up to four blocks, over a day or some weeks."""
    return {
        "seed": draw(SEEDS),
        "customers": draw(st.sampled_from([1, 2, 200]) | st.integers(1, 700)),
        "orders": draw(st.sampled_from([0, 1, 7]) | st.integers(0, 2000)),
        "days": draw(st.sampled_from([1, 2, 30])),
        "start": draw(STARTS),
        "no_coupon": draw(RATES),
        "correlation": draw(st.sampled_from([-0.9, 0.0, 0.6])),
    }


SHOP = Case(
    name="shop",
    tables=("orders", "customers"),
    specs=small_shops(),
    fixed=(
        {"seed": 3, "customers": 90, "orders": 2500},
        {"seed": 4, "customers": 700, "orders": 2000, "days": 5, "no_coupon": 0.3},
    ),
    open_specs=st.nothing(),
    base={"seed": 4, "customers": 500, "orders": 3000},
    edits=(
        _edit("fewer coupons", {"no_coupon": 0.4}, orders="coupon"),
        _edit("dearer", {"median": 4000}, orders="amount"),
        _edit("nothing in common", {"correlation": 0.0}, customers="spending"),
        _edit("another start", {"start": "2024-02-01"}, orders="ordered_at"),
    ),
    growth=(({"customers": 900}, ("customers",)), ({"orders": 9000}, ("customers",))),
    functions=("orders", "customers"),
    entities={"orders": "customer_id", "customers": "customer_id"},
)
"""No domain that ships, but one made of what the engine offers every domain."""

CASES = [*SHIPPED, SHOP]
