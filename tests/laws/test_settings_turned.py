"""No silent setting: each field of each spec, turned once, changes a row, is refused, or is said to have no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import pytest

import rowmill
from laws.domains import PROTOTYPES, proposed
from rowmill.api.dataset import LazyDataset
from rowmill.core.errors import UsageError
from rowmill.domains.registry import domain
from rowmill.domains.vitals.shipped import declared
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.model.digest import TableDigest
from support.fields import Leaf, leaves, replaced


@dataclass(frozen=True)
class Refused:
    """A value that is refused, and a part of the reason."""

    value: Any
    because: str


@dataclass(frozen=True)
class Beside:
    """A value that counts beside others: only with them is there anything to change."""

    value: Any
    others: Mapping[str, Any]
    """By dotted key."""


@dataclass(frozen=True)
class Bench:
    """One domain: what turning starts from, and values for fields of which a nearby one would say nothing."""

    name: str
    base: Mapping[str, Any]
    turns: Mapping[str, Any]
    """By dotted key: a value, or one with what it needs; of a group, its members need no turn of their own."""


DIGEST = "0" * 32
SEASON = {"name": "sales", "first": "11-25", "last": "11-30", "factor": 3.0}
TRAVELLING = {"people.trip_rate": 1.0, "people.trip_foreign_share": 1.0}
PAYMENTS = Bench(
    "payments",
    {
        "seed": 1,
        "rows": 400,
        "start": "2025-11-24",
        "end": "2025-12-05",
        "fraud_rate": 0.05,
        "sizes": {"customers": 60, "merchants": 60},
    },
    {
        "rows_per_day": Refused(9, "either closed"),
        "end": "2025-12-06",
        "start": "2025-11-23",
        "inputs": Refused({"people": DIGEST}, "input 'people': unknown"),
        "people.trip_rate": 1.0,
        "people.trip_days.0": Beside(1, TRAVELLING),
        "people.trip_days.1": Beside(20, TRAVELLING),
        "people.home_countries": {"NO": 1},
        "calendar.seasons.0.first": "12-01",
        "calendar.seasons.0.last": Beside("12-02", {"calendar.seasons": [SEASON]}),
        "kinds.airline.codes.4511": Beside(
            50, {"kinds.airline.share": 60, "kinds.airline.codes": {"4511": 1, "4411": 1}}
        ),
        "amounts.tail_exponent": Beside(1.1, {"rows": 4000}),
        "amounts.endings.bill.fives": Beside(0.6, {"kinds.grocery.ending": "bill"}),
        "amounts.exchange_rates": {"EUR": 3.0},
        "amounts.price_levels": {"US": 0.5},
        "fraud.plugins": Refused(["nowhere:NOTHING"], "cannot be imported"),
        "fraud.block_days": Beside(1, {"fraud_rate": 0.5}),
    },
)
DECLARED = declared(VitalsSpec()).model_dump(mode="json")
RULES, DROPOUT = {"method": "rules"}, {"realism.dropout.mechanism": "mar"}
VITALS = Bench(
    "vitals",
    {"seed": 1, "subjects_per_arm": 60},
    {
        "arms.0": Beside("Low", RULES),
        "visits.0.name": Beside("Before", RULES),
        "visits.0.dosed": Refused(True, "after day 1 are dosed"),
        "target_effect": -8,
        "smoothing": Beside(0.9, {"method": "bootstrap"}),
        "ranges.systolic": (120, 140),
        "ranges.diastolic": (70, 80),
        "ranges.heart_rate": (70, 80),
        "ranges.temperature": (36.0, 37.0),
        "rules.baseline": Beside((140.0, 80.0, 70.0, 36.6), RULES),
        "rules.sd": Beside((15.0, 9.0, 9.0, 0.4), RULES),
        "rules.icc": Beside(0.6, RULES),
        "rules.pressure_correlation": Beside(0.5, RULES),
        "rules.trend": Beside((-9.0, -1.0, 1.0, 0.3), RULES),
        "model": Beside(proposed(), {"method": "llm", "model": DECLARED}),
        "prototypes": Beside(PROTOTYPES, {"method": "llm", "model": proposed()}),
        "realism.dropout.retention": Beside(0.4, DROPOUT),
        "realism.dropout.strength": Beside(3.0, DROPOUT),
        "start": "2025-02-06",
        "pilot.arms": Refused("Active=A,Placebo=B", "for reading a pilot"),
        "pilot.visits": Refused("Day 1=BASELINE", "for reading a pilot"),
        "pilot.position": Refused("ANY", "for reading a pilot"),
        "pilot.timepoint": Refused("PT1H", "for reading a pilot"),
        "pilot.duplicates": Refused("first", "for reading a pilot"),
        "inputs": Refused({"people": DIGEST}, "input 'people': unknown"),
    },
)
OWN_MATCH = {"match.formula": "own", "match.own": {"0": [{"up_to": 0.05, "rate": 1.0}]}}
WORKFORCE = Bench(
    "workforce",
    {"seed": 1, "employees": 400, "start": 2025, "end": 2026, "growth": {"target": 0.2}},
    {
        "census.columns": Refused({"hire_date": "Joined"}, "there is no census"),
        "population.level_shares": (0.5, 0.3, 0.1, 0.05, 0.05),
        "population.performance_shares": (0.3, 0.5, 0.2),
        "growth.hire_rate": Beside(0.2, {"growth.mode": "flat", "growth.target": 0.03}),
        "growth.mode": Beside("flat", {"growth.target": 0.03}),
        "growth.most_hires": Refused(0.1, "at most 0.1 of the headcount"),
        "bands.enrollment_age.0": 32,
        "bands.income.0": 70_000,
        "termination.level_least": Beside(0.9, {"termination.level_step": 0.5}),
        "termination.reasons": [[0.1, 0.8, 0.0, 0.05, 0.05]] * 6,
        "promotion.age_limit": 30,
        "promotion.cap_dollars": 5_000,
        "raises.cost_of_living_by_year": {"2026": 0.1},
        "raises.cap": 0.02,
        "raises.cap_dollars": 500,
        "enrollment.opt_out_income": Beside((9.0, 9.0, 9.0, 9.0), {"enrollment.proactive": (0.0, 0.0, 0.0, 0.0)}),
        "enrollment.yearly": (0.5, 0.5, 0.5, 0.5),
        "enrollment.rates_income": (0.2, 0.3, 0.3, 0.3),
        "change.highest": 0.03,
        "escalation.hired_from": "2020-01-01",
        "match.by": Refused("tenure", "the formula 'simple' is one for all"),
        "match.own": Beside({"0": [{"up_to": 0.05, "rate": 2.0}]}, OWN_MATCH),
        "limits": {"2025": {"wage_base": 1_000, "deferral_limit": 1_000}},
        "inputs": Refused({"people": DIGEST}, "input 'people': unknown"),
    },
)
NAMES = {"calendar.seasons.0.name"}
"""What people call something, in the configuration alone."""


@pytest.mark.parametrize("bench", [PAYMENTS, VITALS, WORKFORCE], ids=lambda bench: bench.name)
def test_a_setting_turned_once_shows_is_refused_or_is_said_to_have_no_effect(bench: Bench) -> None:
    spec_type = domain(bench.name).spec_type
    values = spec_type.model_validate(dict(bench.base)).model_dump(mode="json")
    start = Made(rowmill.dataset(bench.name, **values))
    known, wrong = set(), []

    for leaf in leaves(spec_type, values):
        known.add(leaf.key)
        turn = bench.turns.get(leaf.key)
        group = any(leaf.key.startswith(f"{key}.") for key in bench.turns)
        if isinstance(turn, Refused):
            with pytest.raises(UsageError, match=turn.because):
                rowmill.dataset(bench.name, **replaced(values, leaf.path, turn.value))
        elif isinstance(turn, Beside):
            with_others = laid(values, turn.others)
            before = Made(rowmill.dataset(bench.name, **with_others))
            wrong.append(outcome(before, bench.name, replaced(with_others, leaf.path, turn.value), leaf.key))
        elif turn is not None:
            wrong.append(outcome(start, bench.name, replaced(values, leaf.path, turn), leaf.key))
        elif not group and leaf.key not in NAMES and (leaf.scalar or not leaf.value):
            assert leaf.value not in (None, {}, [], ()), f"{leaf.key}: needs a value in the table"
            wrong.append(outcome(start, bench.name, replaced(values, leaf.path, nearby(leaf)), leaf.key))

    assert start.notes == ()
    assert [line for line in wrong if line] == []
    assert set(bench.turns) <= known


class Made:
    """What a dataset comes to."""

    def __init__(self, data: LazyDataset) -> None:
        self.notes = data.notes
        self.content = {name: self._content(data, name) for name in data.model.tables}

    def _content(self, data: LazyDataset, name: str) -> tuple[str, str]:
        table = data.model.tables[name]
        digest = TableDigest(name)
        for block in range(table.blocks):
            digest.add(table.tiles(block, data[name].windows, None), table.schema.values())
        return digest.value, repr(table.schema.values())


def outcome(before: Made, name: str, fields: Mapping[str, Any], key: str) -> str:
    """Return what is wrong with a setting, empty where nothing is."""
    try:
        made = Made(rowmill.dataset(name, **fields))
    except UsageError as error:
        return f"{key}: refused, though the table does not say so: {error}"
    changed = made.content != before.content
    noted = any(f"data.{key}.".startswith(f"{note.partition(':')[0]}.") for note in made.notes)
    if changed == noted:
        return f"{key}: {'a note, though it has an effect' if changed else 'no effect, and nothing said'}"
    return ""


def laid(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data with values at dotted keys."""
    for key, value in others.items():
        values = replaced(values, tuple(key.split(".")), value)
    return dict(values)


def nearby(leaf: Leaf) -> Any:
    value = leaf.value
    if get_origin(leaf.kind) is Literal:
        return next(choice for choice in get_args(leaf.kind) if choice != value)
    if isinstance(value, bool):
        return not value
    highest = leaf.bound("le", "lt")
    if isinstance(value, int) and leaf.kind is int:
        return value + 1 if highest is None or value < highest else value - 1
    if isinstance(value, int | float):
        return value / 2 if value else (0.2 if highest is None else highest / 5)
    return f"{value}X"
