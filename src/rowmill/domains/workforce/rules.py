"""What careers keep beside their schemas: events agree with the snapshots of their year, and years with one another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rowmill.model.rules import LinkRule, Rule

_PERSON: Final = ("scenario_id", "plan_design_id", "employee_id")
_PERSON_OF_YEAR: Final = ("scenario_id", "plan_design_id", "simulation_year", "employee_id")
_IN_ORDER: Final = ("effective_date", "event_sequence")
_EVENTS: Final = (
    Rule("the day lies in the year", "year(effective_date) = simulation_year"),
    Rule("the parameters are the scenario's", "parameter_scenario_id = scenario_id"),
    Rule("a reason where somebody leaves", "(event_type = 'termination') = (termination_reason is not null)"),
    Rule("a last pay day where somebody leaves", "(event_type = 'termination') = (final_pay_date is not null)"),
    Rule("the last pay day comes after leaving", "final_pay_date >= effective_date"),
    Rule("pay before where pay rises", "(event_type in ('promotion', 'raise')) = (previous_compensation is not null)"),
    Rule("pay never falls", "compensation_amount >= previous_compensation"),
    Rule("a level before where somebody is promoted", "(event_type = 'promotion') = (previous_level_id is not null)"),
    Rule("a promotion is one level up", "level_id = previous_level_id + 1"),
    Rule("a source where somebody enrols", "(event_type = 'enrollment') = (enrollment_source is not null)"),
    Rule(
        "a deferral rate where it changes",
        "(event_type in ('enrollment', 'enrollment_change', 'deferral_escalation')) "
        "= (employee_deferral_rate is not null)",
    ),
    Rule("rates after and before, or neither",
         "(employee_deferral_rate is null) = (prev_employee_deferral_rate is null)"),
    Rule("pre-tax and Roth are the whole rate", "pre_tax_rate + roth_rate = employee_deferral_rate"),
    Rule("an escalation raises the rate",
         "event_type = 'deferral_escalation' implies employee_deferral_rate > prev_employee_deferral_rate"),
    Rule("who opts out defers nothing", "event_category = 'opt_out' implies employee_deferral_rate = 0"),
    Rule("the time to opt out ends after the enrolment", "opt_out_until >= effective_date"),
    Rule("nothing before the hire", "effective_date >= snapshots.hire_date"),
    Rule("nothing after the exit", "effective_date <= snapshots.termination_date"),
    Rule("a hire is on the day of the hire", "event_type = 'hire' implies effective_date = snapshots.hire_date"),
    Rule("an exit is on the day of the exit",
         "event_type = 'termination' implies effective_date is not distinct from snapshots.termination_date"),
    Rule("age from the day of birth", "employee_age = years(snapshots.birth_date, effective_date)"),
    Rule("service from the day of the hire", "employee_tenure = years(snapshots.hire_date, effective_date)"),
    Rule("the level is reached by the year's end", "level_id <= snapshots.level_id"),
    Rule("events of a year are numbered", "event_sequence = previous(event_sequence) + 1",
         _PERSON_OF_YEAR, ("event_sequence",)),
    Rule("the first event of a year is number 1", "min(event_sequence) = 1", _PERSON_OF_YEAR),
    Rule("numbers follow the days", "effective_date >= previous(effective_date)",
         _PERSON_OF_YEAR, ("event_sequence",)),
    Rule(
        "nobody leaves and goes on",
        "previous(event_type) = 'termination' implies effective_date = previous(effective_date)",
        _PERSON,
        _IN_ORDER,
    ),
    Rule(
        "a rise starts from the pay before it",
        "previous_compensation is not null and days(previous(effective_date), effective_date) > 0 "
        "implies previous_compensation = previous(compensation_amount)",
        _PERSON_OF_YEAR,
        _IN_ORDER,
    ),
)  # fmt: skip
_NEW: Final = "detailed_status_code in ('new_hire_active', 'new_hire_termination')"
_SNAPSHOTS: Final = (
    Rule("born before the hire", "birth_date < hire_date"),
    Rule("hired before the exit", "hire_date <= termination_date"),
    Rule("hired by the end of the year", "year(hire_date) <= simulation_year"),
    Rule("an exit lies in its year", "year(termination_date) = simulation_year"),
    Rule("active, or with a day of exit", "(employment_status = 'active') = (termination_date is null)"),
    Rule("a day of exit has a reason", "(termination_date is null) = (termination_reason is null)"),
    Rule("both words for the status agree",
         "(employment_status = 'active') = (detailed_status_code in ('continuous_active', 'new_hire_active'))"),
    Rule("a new hire was hired in the year", f"({_NEW}) = (year(hire_date) = simulation_year)"),
    Rule("age at the year's end", "termination_date is null implies age = simulation_year - year(birth_date)"),
    Rule("age at the exit", "termination_date is not null implies age = years(birth_date, termination_date)"),
    Rule("service at the year's end", "termination_date is null implies tenure = simulation_year - year(hire_date)"),
    Rule("service at the exit", "termination_date is not null implies tenure = years(hire_date, termination_date)"),
    Rule("pay of the days is at most a year's", "prorated_compensation <= full_year_equivalent_compensation"),
    Rule("nobody defers more than the pay", "employee_contribution <= prorated_compensation"),
    Rule("pre-tax and Roth are the whole contribution",
         "pre_tax_contribution + roth_contribution = employee_contribution"),
    Rule("a rate only in the plan", "deferral_rate > 0 implies is_enrolled"),
    Rule("an enrolment has a day and a source", "(enrollment_date is null) = (enrollment_source is null)"),
    Rule("in the plan since a day", "is_enrolled implies enrollment_date is not null"),
    Rule("an opt-out has a day", "ever_opted_out = (opt_out_date is not null)"),
    Rule("escalations have a last day", "(escalations_received > 0) = (last_escalation_date is not null)"),
    Rule("eligible since a day", "is_eligible implies eligibility_date is not null"),
    Rule("years follow one another", "simulation_year = previous(simulation_year) + 1", _PERSON, ("simulation_year",)),
    Rule("nobody comes back", "previous(termination_date) is null", _PERSON, ("simulation_year",)),
    Rule("a year starts with the pay of the last one", "starting_compensation = previous(current_compensation)",
         _PERSON, ("simulation_year",)),
    Rule("birth and hire stay", "birth_date = previous(birth_date) and hire_date = previous(hire_date)",
         _PERSON, ("simulation_year",)),
    Rule("at most one level up a year", "level_id between previous(level_id) and previous(level_id) + 1",
         _PERSON, ("simulation_year",)),
    Rule("escalations add up", "escalations_received between previous(escalations_received) and "
         "previous(escalations_received) + 1", _PERSON, ("simulation_year",)),
    Rule("an opt-out is not forgotten", "previous(ever_opted_out) implies ever_opted_out",
         _PERSON, ("simulation_year",)),
    LinkRule(_PERSON_OF_YEAR, "events", _PERSON_OF_YEAR, where="termination_date is not null",
             there="event_type = 'termination'"),
    LinkRule(_PERSON_OF_YEAR, "events", _PERSON_OF_YEAR, where=_NEW, there="event_type = 'hire'"),
)  # fmt: skip
_CENSUS: Final = (
    Rule("born before the hire", "birth_date < hire_date"),
    Rule("a rate only in the plan", "deferral_rate > 0 implies is_enrolled"),
)
RULES: Final[Mapping[str, tuple[Rule | LinkRule, ...]]] = MappingProxyType(
    {"events": _EVENTS, "snapshots": _SNAPSHOTS, "census": _CENSUS}
)
