"""Contributions in closed form against an account kept day by day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest

from rowmill.domains.registry import domain
from rowmill.domains.workforce.parameters.statutory import figures
from support.workforce_rows import rows_of

DAY = dt.timedelta(days=1)
FIELDS = {
    "seed": 21,
    "employees": 400,
    "start": 2024,
    "end": 2026,
    "block_employees": 120,
    "growth": {"target": 0.1},
    "raises": {"day": 0},
    "promotion": {"base": 0.5},
    "change": {"rate": 0.6},
    "enrollment": {"rates": [0.03, 0.06, 0.3, 0.4]},
    "core": {"by": "points", "rates": {0: 0.02, 50: 0.2, 70: 0.5}, "excess": 0.05},
    "match": {"formula": "own", "by": "tenure", "own": {0: [{"up_to": 0.06, "rate": 0.5}],
                                                       5: [{"up_to": 0.03, "rate": 2}, {"up_to": 0.3, "rate": 0.75}]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def company():
    family = domain("workforce")
    dataset = family.build(family.spec_type.model_validate(FIELDS))
    events = defaultdict(list)
    for event in rows_of(dataset, "events").to_pylist():
        events[event["employee_id"], event["simulation_year"]].append(event)
    for some in events.values():
        some.sort(key=lambda each: each["event_sequence"])
    return events, rows_of(dataset, "snapshots").to_pylist()


def account(events, row, rate):
    """Return cents paid and deferred, times days of the year and basis points, by a walk through the days of a year."""
    first = max(row["hire_date"], dt.date(row["simulation_year"], 1, 1))
    last = row["termination_date"] or dt.date(row["simulation_year"], 12, 31)
    changes = defaultdict(list)
    for event in events:
        changes[event["effective_date"]].append(event)
    pay, paid, deferred, day = row["starting_compensation"], 0, 0, first
    while day <= last:
        for event in sorted(changes[day], key=lambda each: each["event_sequence"]):
            pay = event["compensation_amount"] if event["event_type"] in ("raise", "promotion") else pay
            rate = rate if event["employee_deferral_rate"] is None else event["employee_deferral_rate"]
        paid += pay
        deferred += pay * rate
        day += DAY
    return paid, deferred, (last - first).days + 1


def test_pay_and_deferrals_are_those_of_an_account_kept_day_by_day(company):
    events, rows = company
    rates, limited = {}, 0
    for row in sorted(rows, key=lambda each: each["simulation_year"]):
        year, key = row["simulation_year"], row["employee_id"]
        mine = events[key, year]
        before = [e["prev_employee_deferral_rate"] for e in mine if e["employee_deferral_rate"] is not None]
        opening = before[0] if before else row["deferral_rate"]
        paid, deferred, days = account(mine, row, opening)
        length = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
        law = {name: 100 * dollars for name, dollars in figures(year).items()}
        age = year - row["birth_date"].year
        extra = law["catch_up_60"] if 60 <= age <= 63 else law["catch_up"] if age >= 50 else 0
        asked, most = deferred // (10_000 * length), law["deferral_limit"] + extra

        assert row["prorated_compensation"] == paid // length
        assert row["full_year_equivalent_compensation"] == paid // days
        assert row["employee_contribution"] == min(asked, most)
        assert row["irs_limit_applied"] == (asked > most)
        assert row["pre_tax_contribution"] + row["roth_contribution"] == row["employee_contribution"]
        assert row["roth_contribution"] == row["employee_contribution"] * 15 // 100
        assert rates.get(key) in (None, opening)
        rates[key] = row["deferral_rate"]
        limited += row["irs_limit_applied"]
    assert 20 < limited < len(rows) // 2


def test_employers_pay_by_the_formula_and_no_more_than_the_law_allows(company):
    cut = 0
    for row in company[1]:
        law = {name: 100 * dollars for name, dollars in figures(row["simulation_year"]).items()}
        pay, own = min(row["prorated_compensation"], law["compensation_limit"]), row["employee_contribution"]
        points = row["age"] + row["tenure"]
        if row["tenure"] < 5:
            match = min(own, pay * 6 // 100) // 2
        else:
            first = min(own, pay * 3 // 100)
            match = 2 * first + 75 * (min(own, pay * 30 // 100) - first) // 100
        share = 2000 if points >= 50 else 200
        share = 5000 if points >= 70 else share
        core = (share * pay + 500 * max(0, pay - law["wage_base"])) // 10_000
        core = core if row["employment_status"] == "active" and row["is_eligible"] else 0
        room = min(law["additions_limit"], row["prorated_compensation"]) - min(own, law["deferral_limit"])
        over = max(0, match + core - room)

        assert row["employer_core"] == core - min(core, over)
        assert row["employer_match"] == match - min(match, over - min(core, over))
        cut += over > 0
    assert cut > 20


def test_people_are_highly_compensated_by_the_pay_of_the_year_before(company):
    paid, highly = {}, 0
    for row in sorted(company[1], key=lambda each: each["simulation_year"]):
        year, key = row["simulation_year"], row["employee_id"]
        hired_now = row["hire_date"].year == year
        pay = paid.get((key, year - 1), row["starting_compensation"])
        assert row["is_hce"] == (not hired_now and pay > 100 * figures(year - 1)["hce_threshold"])
        what = "full_year_equivalent_compensation" if hired_now else "prorated_compensation"
        paid[key, year] = row[what]
        highly += row["is_hce"]
    assert highly > 20
