"""The rules that dbt tests hold for both engines, and each notices the fault it is named after."""

from __future__ import annotations

import duckdb
import pytest

from rowmill.domains.workforce.sql.engine import inputs_of
from support.parity import EMPLOYEES
from support.workforce_cases import company
from support.workforce_sql import MODELS, bulk_tables

FIELDS = {
    "seed": 11,
    "employees": 2_000,
    "start": 2025,
    "end": 2027,
    "block_employees": 700,
    "enrollment": {"waiting_days": 30},
}
ENGINES_AGREE = "engines_agree"
ONE_LEAVER = "FROM events WHERE event_type = 'termination' AND simulation_year = 2025 ORDER BY event_id LIMIT 1"
SECOND_YEAR = "simulation_year = 2026 AND detailed_status_code = 'continuous_active'"
SOMEBODY = f"(SELECT min(employee_number) FROM snapshots WHERE {SECOND_YEAR} AND is_eligible AND is_enrolled)"

FAULTS = {
    "ids_are_unique": "UPDATE events SET event_id = (SELECT min(event_id) FROM events)"
    " WHERE event_id = (SELECT max(event_id) FROM events)",
    "snapshot_rows_are_unique": "INSERT INTO snapshots SELECT * FROM snapshots LIMIT 1",
    "enrollment_alternates_with_opt_out": "INSERT INTO events SELECT * REPLACE (event_sequence + 1 AS event_sequence)"
    " FROM events WHERE event_type = 'enrollment' LIMIT 1",
    "census_enrollment_persists": "UPDATE snapshots SET enrollment_date = enrollment_date + 1 WHERE employee_number ="
    " (SELECT min(employee_number) FROM snapshots WHERE enrollment_source = 'census')",
    "ending_is_next_starting_headcount": f"DELETE FROM snapshots WHERE employee_number = {SOMEBODY}"
    " AND simulation_year = 2026",
    "nobody_acts_after_leaving": "INSERT INTO events SELECT * REPLACE ('raise' AS event_type,"
    f" 2026 AS simulation_year, effective_date + 365 AS effective_date) {ONE_LEAVER}",
    "snapshot_replays_from_events": "UPDATE snapshots SET current_compensation = current_compensation + 1"
    f" WHERE employee_number = {SOMEBODY}",
    "no_foreign_rows": "UPDATE events SET employee_id = 'X' WHERE event_id = (SELECT min(event_id) FROM events)",
    "growth_is_exact": "DELETE FROM snapshots WHERE employee_number = (SELECT min(employee_number) FROM snapshots"
    " WHERE detailed_status_code = 'new_hire_active')",
    "deferral_changes_are_explained": "DELETE FROM events WHERE event_id ="
    " (SELECT min(event_id) FROM events WHERE event_category = 'rate_change')",
    "escalation_stops_at_the_cap": "UPDATE events SET employee_deferral_rate = 1001"
    " WHERE event_type = 'deferral_escalation' AND employee_deferral_rate = 1000",
    "opt_outs_are_not_escalated": "INSERT INTO events SELECT * REPLACE ('deferral_escalation' AS event_type,"
    " 'auto_escalation' AS event_category, effective_date + 365 AS effective_date, 2026 AS simulation_year)"
    " FROM events WHERE event_category = 'opt_out' LIMIT 1",
    "escalation_cutoff_is_inclusive": "DELETE FROM events WHERE event_id = (SELECT min(event_id) FROM events"
    " WHERE event_type = 'deferral_escalation' AND simulation_year = 2026)",
    "eligibility_persists": f"UPDATE snapshots SET is_eligible = false WHERE employee_number = {SOMEBODY}"
    " AND simulation_year = 2027",
    "eligibility_begins_by_event": "DELETE FROM events WHERE event_id ="
    " (SELECT max(event_id) FROM events WHERE event_type = 'eligibility')",
    "eligibility_never_regresses": "UPDATE snapshots SET eligibility_date = eligibility_date + 1"
    f" WHERE employee_number = {SOMEBODY} AND simulation_year = 2027",
    "hire_year_eligibility_matches_event": "UPDATE snapshots SET is_eligible = NOT is_eligible WHERE employee_number ="
    " (SELECT max(employee_number) FROM snapshots)",
    "nobody_leaves_twice": "INSERT INTO events SELECT * REPLACE (event_id + 64 AS event_id,"
    f" 2026 AS simulation_year) {ONE_LEAVER}",
    "nobody_leaves_before_hire": "UPDATE events SET effective_date = make_date(simulation_year, 1, 1)"
    " WHERE event_category = 'new_hire_termination'",
    "terminations_spread_over_the_year": "UPDATE events SET effective_date = make_date(simulation_year, 9, 15)"
    " WHERE event_type = 'termination'",
    "pay_chain_is_unbroken": "UPDATE events SET previous_compensation = previous_compensation - 1 WHERE event_id ="
    " (SELECT min(event_id) FROM events WHERE event_type = 'raise')",
    "sequence_follows_dates": "UPDATE events SET event_sequence = event_sequence + 1 WHERE event_id ="
    " (SELECT min(event_id) FROM events)",
    "contributions_keep_to_the_limits": "UPDATE snapshots SET employee_contribution = 9_000_000,"
    f" pre_tax_contribution = 9_000_000 - roth_contribution WHERE employee_number = {SOMEBODY}",
    ENGINES_AGREE: f"UPDATE snapshots SET age = age + 1 WHERE employee_number = {SOMEBODY}",
}


@pytest.fixture(scope="module")
def made(compiled):
    """Return the inputs and the rows of a small company; no rule is broken in it."""
    people = company(FIELDS)
    inputs, tables = inputs_of(people), bulk_tables(people)
    compiled.write(tables)
    assert compiled.broken(inputs, list(FAULTS)) == {}
    return inputs, tables


@pytest.mark.parametrize("rule", FAULTS)
def test_a_rule_notices_its_fault(compiled, made, rule):
    inputs, tables = made
    with duckdb.connect() as sql:
        for name, table in tables.items():
            sql.register("rows", table)
            sql.execute(f"CREATE TABLE {name} AS FROM rows")
            sql.unregister("rows")
        sql.execute(FAULTS[rule])
        compiled.write({name: sql.sql(f"FROM {name}").to_arrow_table() for name in tables})

    assert set(compiled.broken(inputs, [rule])) == {rule}


def test_every_rule_has_its_fault(compiled):
    assert set(compiled.rules) == set(FAULTS)


@pytest.mark.parametrize("engine", ["arrays", "sql"])
def test_nothing_breaks_a_rule_over_five_years(compiled, engine):
    people = company({"seed": 42, "employees": EMPLOYEES, "start": 2025, "end": 2029})
    inputs = inputs_of(people)
    if engine == "arrays":
        compiled.write(bulk_tables(people))
    else:
        with compiled.run(inputs, *MODELS.values()) as sql:
            tables = {name: sql.sql(f"FROM {model}").to_arrow_table() for name, model in MODELS.items()}
            compiled.write(tables, folders=False)

    assert compiled.broken(inputs, [rule for rule in FAULTS if rule != ENGINES_AGREE]) == {}
