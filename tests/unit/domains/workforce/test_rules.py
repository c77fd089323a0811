"""What holds of every workforce: each rule by its name, looked for with DuckDB in the rows of two of them."""

from __future__ import annotations

import duckdb
import pytest

from rowmill.domains.registry import domain
from rowmill.domains.workforce.parameters.presets import PRESETS
from support.workforce_rows import rows_of

YEARS = 5
IN_ORDER = "OVER (PARTITION BY employee_id ORDER BY effective_date, event_sequence)"
COMPANIES = {
    "usual": {"employees": 6000, "block_employees": 1000},
    "simple": {"employees": 4000, "block_employees": 1000, **PRESETS["simple"]},
    "lively": {
        "employees": 5000,
        "growth": {"target": 0.15, "most_hires": 1.0},
        "enrollment": {"waiting_days": 60, "opt_out_days": 90},
        "escalation": {"hired_from": "2026-07-01"},
        "change": {"rate": 0.4},
        "promotion": {"month": 7, "multiplier": 4.0},
        "raises": {"day": 0},
    },
}


@pytest.fixture(scope="module", params=COMPANIES)
def sql(request):
    family = domain("workforce")
    dataset = family.build(family.spec_type(seed=11, start=2025, end=2024 + YEARS, **COMPANIES[request.param]))
    with duckdb.connect() as connection:
        for name in dataset.tables:
            connection.register(name, rows_of(dataset, name))
        connection.execute(
            "CREATE VIEW following AS SELECT b.*, a.is_enrolled AS was_enrolled, a.deferral_rate AS had_rate, "
            "a.is_eligible AS was_eligible, a.ever_opted_out AS had_opted_out, a.eligibility_date AS had_eligibility, "
            "a.enrollment_date AS had_enrollment_date, a.level_id AS had_level, a.current_compensation AS had_pay, "
            "a.employment_status AS had_status FROM snapshots AS a JOIN snapshots AS b "
            "ON a.employee_id = b.employee_id AND a.simulation_year + 1 = b.simulation_year"
        )
        connection.execute(
            "CREATE VIEW known AS SELECT e.*, s.hire_date, s.termination_date, s.birth_date, s.eligibility_date "
            "FROM events AS e JOIN snapshots AS s USING (employee_id, simulation_year)"
        )
        yield connection, request.param


def number(sql, query):
    return sql[0].sql(f"SELECT count(*) FROM {query}").fetchall()[0][0]


def none(sql, query):
    assert number(sql, query) == 0, sql[0].sql(f"FROM {query} LIMIT 5")


def test_ids_are_unique(sql):
    none(sql, "(SELECT event_id FROM events GROUP BY ALL HAVING count(*) > 1)")
    none(sql, "(SELECT simulation_year, employee_id FROM snapshots GROUP BY ALL HAVING count(*) > 1)")
    none(
        sql,
        "(SELECT employee_number FROM snapshots GROUP BY ALL HAVING count(DISTINCT (employee_id, employee_ssn)) > 1)",
    )
    none(sql, "(SELECT employee_ssn FROM snapshots GROUP BY ALL HAVING count(DISTINCT employee_id) > 1)")


def test_nobody_leaves_twice(sql):
    none(sql, "(SELECT employee_id FROM events WHERE event_type = 'termination' GROUP BY ALL HAVING count(*) > 1)")


def test_nobody_leaves_before_the_hire(sql):
    none(sql, "known WHERE event_type = 'termination' AND effective_date <= hire_date")


def test_nobody_leaves_in_the_first_month_where_the_year_is_long_enough(sql):
    none(
        sql,
        "known WHERE event_type = 'termination' AND effective_date < hire_date + 30 "
        "AND NOT (month(effective_date) = 12 AND day(effective_date) = 31)",
    )


def test_nobody_does_anything_after_leaving(sql):
    none(sql, "known WHERE event_type NOT IN ('termination', 'hire') AND effective_date >= termination_date")
    none(sql, "following WHERE had_status = 'terminated'")
    none(sql, "known WHERE effective_date < hire_date")


def test_people_leave_all_year_round(sql):
    months = (
        sql[0]
        .sql("SELECT month(effective_date), count(*) FROM events WHERE event_type = 'termination' GROUP BY 1")
        .fetchall()
    )

    total = sum(count for _, count in months)
    assert len(months) == 12
    assert max(count for _, count in months) < total / 4
    assert total > 1000


def test_the_headcount_balances_to_the_unit(sql):
    growth = COMPANIES[sql[1]].get("growth", {})
    start, rate = COMPANIES[sql[1]]["employees"], round(growth.get("target", 0.03) * 10_000)
    for year in range(2025, 2025 + YEARS):

        def count(what, year=year):
            return number(sql, f"events WHERE simulation_year = {year} AND event_category = '{what}'")

        gone, joined, gone_soon = map(count, ("experienced_termination", "new_hire", "new_hire_termination"))
        assert number(sql, f"snapshots WHERE simulation_year = {year}") == start + joined
        start += joined - gone - gone_soon
        assert number(sql, f"snapshots WHERE simulation_year = {year} AND employment_status = 'active'") == start
        if growth.get("mode") != "flat":
            before = start - joined + gone + gone_soon
            assert start == (before * (10_000 + rate) + 5_000) // 10_000


def test_who_is_there_at_the_end_begins_the_next_year(sql):
    none(
        sql,
        "(SELECT employee_id, simulation_year + 1 FROM snapshots WHERE employment_status = 'active' "
        "AND simulation_year < 2029 EXCEPT SELECT employee_id, simulation_year FROM snapshots "
        "WHERE detailed_status_code IN ('continuous_active', 'experienced_termination'))",
    )
    none(sql, "following WHERE starting_compensation <> had_pay")


def test_no_row_is_of_somebody_unknown(sql):
    none(sql, "events WHERE employee_id NOT IN (SELECT employee_id FROM snapshots)")
    none(
        sql,
        "snapshots WHERE employee_id NOT IN (SELECT employee_id FROM census UNION "
        "SELECT employee_id FROM events WHERE event_type = 'hire')",
    )


def test_enrolment_and_opting_out_alternate(sql):
    none(
        sql,
        f"(SELECT *, lag(event_category) {IN_ORDER} AS before "
        "FROM events WHERE event_type = 'enrollment' OR event_category = 'opt_out') "
        "WHERE (event_category = 'opt_out') = (before = 'opt_out') OR (event_category = 'opt_out' AND before IS NULL)",
    )


def test_enrolment_of_the_census_persists(sql):
    none(
        sql,
        "snapshots AS s JOIN census AS c USING (employee_id) WHERE c.is_enrolled AND "
        "(NOT s.is_enrolled OR s.enrollment_date <> c.enrollment_date OR s.enrollment_source <> 'census')",
    )


def test_enrolment_changes_only_by_events(sql):
    happened = (
        "(SELECT employee_id, simulation_year, count(*) FILTER (event_type = 'enrollment') AS joined, "
        "count(*) FILTER (event_category = 'opt_out') AS left_plan FROM events GROUP BY ALL)"
    )
    none(
        sql,
        f"following LEFT JOIN {happened} USING (employee_id, simulation_year) "
        "WHERE was_enrolled::INT + coalesce(joined, 0) - coalesce(left_plan, 0) <> is_enrolled::INT",
    )


def test_deferral_rates_change_only_by_events(sql):
    moved = (
        "(SELECT employee_id, simulation_year, sum(employee_deferral_rate - prev_employee_deferral_rate) AS change "
        "FROM events WHERE employee_deferral_rate IS NOT NULL GROUP BY ALL)"
    )
    none(
        sql,
        f"following LEFT JOIN {moved} USING (employee_id, simulation_year) "
        "WHERE had_rate + coalesce(change, 0) <> deferral_rate",
    )
    none(sql, "snapshots WHERE NOT is_enrolled AND deferral_rate <> 0")


def test_rates_of_events_join_up(sql):
    none(
        sql,
        f"(SELECT *, lag(employee_deferral_rate) {IN_ORDER} "
        "AS before FROM events WHERE employee_deferral_rate IS NOT NULL) WHERE before <> prev_employee_deferral_rate",
    )


def test_pay_of_events_joins_up(sql):
    none(
        sql,
        f"(SELECT *, lag(compensation_amount) {IN_ORDER} "
        "AS before FROM events WHERE event_type IN ('hire', 'promotion', 'raise')) "
        "WHERE before <> previous_compensation",
    )


def test_replaying_events_gives_the_snapshot(sql):
    replayed = (
        "(SELECT employee_id, y AS simulation_year, "
        "arg_max(compensation_amount, (effective_date, event_sequence)) AS pay, "
        "arg_max(level_id, (effective_date, event_sequence)) AS level, "
        "arg_max(employee_deferral_rate, (effective_date, event_sequence)) AS rate, "
        "count(*) FILTER (event_type = 'deferral_escalation') AS escalations, "
        "max(effective_date) FILTER (event_type = 'enrollment') AS enrolled, "
        "bool_or(event_category = 'opt_out') AS opted_out, "
        "max(effective_date) FILTER (event_type = 'termination') AS gone "
        "FROM events, range(2025, 2030) AS years(y) WHERE simulation_year <= y GROUP BY ALL)"
    )
    none(
        sql,
        f"snapshots LEFT JOIN {replayed} USING (employee_id, simulation_year) LEFT JOIN census USING (employee_id) "
        "WHERE (current_compensation, snapshots.level_id, snapshots.deferral_rate, escalations_received, "
        "ever_opted_out) <> (coalesce(pay, compensation), coalesce(level, census.level_id), "
        "coalesce(rate, census.deferral_rate, 0), "
        "coalesce(escalations, 0), coalesce(opted_out, false)) OR termination_date IS DISTINCT FROM gone "
        "OR snapshots.enrollment_date IS DISTINCT FROM coalesce(enrolled, census.enrollment_date)",
    )


def test_levels_rise_by_promotion_alone(sql):
    none(sql, "events WHERE event_type = 'promotion' AND level_id <> previous_level_id + 1")
    none(
        sql,
        "following LEFT JOIN (SELECT employee_id, simulation_year, count(*) AS n FROM events "
        "WHERE event_type = 'promotion' GROUP BY ALL) USING (employee_id, simulation_year) "
        "WHERE level_id <> had_level + coalesce(n, 0)",
    )


def test_no_escalation_goes_beyond_the_cap(sql):
    none(sql, "events WHERE event_type = 'deferral_escalation' AND employee_deferral_rate > 1000")


def test_who_opted_out_is_not_escalated(sql):
    none(
        sql,
        "events AS e JOIN events AS o USING (employee_id) WHERE e.event_type = 'deferral_escalation' "
        "AND o.event_category = 'opt_out' AND o.effective_date < e.effective_date",
    )
    none(
        sql,
        "events JOIN census USING (employee_id) WHERE event_type = 'deferral_escalation' AND auto_escalation_opt_out",
    )


def test_nobody_is_escalated_within_a_year_of_enrolling(sql):
    none(
        sql,
        "following JOIN events AS e USING (employee_id, simulation_year) "
        "WHERE event_type = 'deferral_escalation' AND had_enrollment_date > effective_date - INTERVAL 1 YEAR",
    )


def test_eligibility_persists(sql):
    none(sql, "following WHERE was_eligible AND NOT is_eligible")
    none(sql, "following WHERE eligibility_date IS DISTINCT FROM had_eligibility")


def test_eligibility_comes_only_by_its_event(sql):
    none(
        sql,
        "following WHERE is_eligible AND NOT was_eligible AND (employee_id, simulation_year) NOT IN "
        "(SELECT (employee_id, simulation_year) FROM events WHERE event_type = 'eligibility')",
    )


def test_eligibility_of_hires_is_the_date_of_the_event(sql):
    none(sql, "known WHERE event_type = 'eligibility' AND effective_date <> eligibility_date")
    none(sql, "(SELECT employee_id FROM events WHERE event_type = 'eligibility' GROUP BY ALL HAVING count(*) > 1)")


def test_nobody_enrols_before_being_eligible(sql):
    none(sql, "known WHERE event_type = 'enrollment' AND effective_date < eligibility_date")


def test_sequences_count_the_events_of_a_person_and_year(sql):
    none(
        sql,
        "(SELECT *, row_number() OVER (PARTITION BY employee_id, simulation_year ORDER BY effective_date, "
        "(event_id >> 2) & 15) AS place FROM events) WHERE place <> event_sequence",
    )


def test_ages_and_tenures_are_whole_years(sql):
    none(
        sql,
        "known WHERE employee_age <> year(effective_date) - year(birth_date) "
        "- (strftime(effective_date, '%m%d') < strftime(birth_date, '%m%d'))::INT "
        "OR employee_tenure <> year(effective_date) - year(hire_date) "
        "- (strftime(effective_date, '%m%d') < strftime(hire_date, '%m%d'))::INT",
    )


def test_all_events_lie_in_their_year(sql):
    none(sql, "events WHERE year(effective_date) <> simulation_year")
    none(sql, "known WHERE final_pay_date < effective_date OR month(final_pay_date) <> month(effective_date)")


def test_raises_stay_below_their_caps(sql):
    none(sql, "events WHERE event_type = 'promotion' AND compensation_amount * 10 > previous_compensation * 13")
    none(sql, "events WHERE event_type = 'raise' AND compensation_amount * 10 > previous_compensation * 15")
    none(sql, "events WHERE event_type IN ('promotion', 'raise') AND compensation_amount < previous_compensation")


def test_numbers_of_people_are_in_no_issued_range(sql):
    none(sql, r"snapshots WHERE NOT regexp_full_match(employee_ssn, '9\d\d-(0[1-9]|[1-4]\d)-\d{4}')")
    none(sql, "snapshots WHERE employee_ssn LIKE '%-0000'")
