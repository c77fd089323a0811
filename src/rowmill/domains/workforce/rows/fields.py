"""Fields of the workforce tables."""

from __future__ import annotations

from dataclasses import replace

from rowmill.domains.workforce.census.arrays import PERFORMANCE
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.parameters.settings import REASONS
from rowmill.domains.workforce.year.people import RATE_SOURCES, SOURCES
from rowmill.model.schema import Field, ForeignKey, Schema

SCHEMA_VERSION = "1.0.0"
EVENT_TYPES = (
    "termination", "hire", "eligibility", "enrollment", "enrollment_change", "deferral_escalation", "promotion",
    "raise",
)  # fmt: skip
EVENT_CODES = (1, 2, 3, 4, 5, 7, 8, 9)
"""Code of each event type: its priority on a day, and part of event ids."""
CATEGORIES = (
    "experienced_termination", "new_hire_termination", "new_hire", "plan_eligibility", "proactive_enrollment",
    "auto_enrollment", "voluntary_enrollment", "opt_out", "rate_change", "auto_escalation", "level_promotion",
    "merit_raise",
)  # fmt: skip
DETAILS = (
    *REASONS, "immediate", "age_and_service", "initial", "again", "within_window", "increase", "decrease", "step",
    "last_step", "merit", "cola", "merit_and_cola",
)  # fmt: skip
"""Values of event_details beside the names of levels."""
STATUS = ("continuous_active", "experienced_termination", "new_hire_active", "new_hire_termination")
FLAGS = ("VALID", "CAPPED")
SSN = r"9\d\d-(0[1-9]|[1-4]\d)-\d{4}"
CENTS, BP, YEARS = "cents (USD)", "basis points", "whole years"
RULES = "rules of the workforce"


def _enum(name: str, meaning: str, values: tuple[str, ...] | None = None, *, nullable: bool = False) -> Field:
    return Field(name, "enum", meaning, nullable, values=values, layout="dictionary")


def _cents(name: str, meaning: str, *, nullable: bool = False, source: str | None = None) -> Field:
    return Field(name, "int64", meaning, nullable, CENTS, source, minimum=0, layout="delta")


def _bp(name: str, meaning: str, *, nullable: bool = False) -> Field:
    return Field(name, "int32", meaning, nullable, BP, minimum=0, maximum=10_000, layout="delta")


def _date(name: str, meaning: str, *, nullable: bool = False) -> Field:
    return Field(name, "date", meaning, nullable, layout="delta")


_WHO = (
    _enum("scenario_id", "Scenario."),
    _enum("plan_design_id", "Plan design."),
    Field(
        "employee_id",
        "string",
        "Employee: the census's id, or NH_ with year and number of a hire.",
    ),
    Field(
        "employee_ssn",
        "string",
        "Number in the shape of an SSN; area 900–999 with group 01–49 is never issued.",
        pattern=SSN,
    ),
)
_YEAR = Field(
    "simulation_year",
    "int32",
    "Simulated year.",
    unit="year",
    minimum=1990,
    maximum=2117,
    layout="delta",
    calendar=True,
)
_BLOCK = Field("block", "int32", "Block of employees that the row belongs to.", minimum=0, layout="delta")
_DEPARTMENT = _enum("department", "Department.")
_AGE_BAND, _TENURE_BAND = _enum("age_band", "Band of the age."), _enum("tenure_band", "Band of the years of service.")
_PERSON_OF_YEAR = ("scenario_id", "plan_design_id", "simulation_year", "employee_id")

EVENTS = Schema(
    "events",
    SCHEMA_VERSION,
    "What happens to employees and their place in the plan, one row an event.",
    (
        Field("event_id", "int64", "Tag of scenario and plan, employee number, year, type, sequence.", minimum=0,
              layout="delta"),
        *_WHO,
        _enum("event_type", "What happens.", EVENT_TYPES),
        _YEAR,
        _date("effective_date", "Day from which it holds."),
        _enum("event_details", "More of what happens, in a word."),
        _cents("compensation_amount", "Annual pay in force after the event."),
        _cents("previous_compensation", "Annual pay before a promotion or raise.", nullable=True),
        _bp("employee_deferral_rate", "Deferral rate after the event.", nullable=True),
        _bp("prev_employee_deferral_rate", "Deferral rate before the event.", nullable=True),
        Field("employee_age", "int16", "Age on the day.", unit=YEARS, minimum=0, maximum=150, layout="delta"),
        Field("employee_tenure", "int16", "Service on the day.", unit=YEARS, minimum=0, maximum=150, layout="delta"),
        Field("level_id", "int8", "Job level after the event.", minimum=1, maximum=5, layout="delta"),
        _AGE_BAND,
        _TENURE_BAND,
        Field(
            "event_probability",
            "int64",
            "Hazard or rate that led to it.",
            nullable=True,
            unit="2⁻³²",
            source=RULES,
            minimum=0,
            maximum=1 << 32,
        ),
        _enum("event_category", "Kind within the type.", CATEGORIES),
        Field("event_sequence", "int8", "Place among the employee's events of the year, by date and priority.",
              minimum=1, maximum=9, layout="delta"),
        _enum("parameter_scenario_id", "Scenario whose parameters led to it."),
        _enum("parameter_source", "Where the parameters come from."),
        _enum("data_quality_flag", "CAPPED where a cap limited a raise.", FLAGS),
        _BLOCK,
        _DEPARTMENT,
        _enum("termination_reason", "Why the employee left.", REASONS, nullable=True),
        _date("final_pay_date", "Last pay day of who left.", nullable=True),
        Field("previous_level_id", "int8", "Job level before a promotion.", nullable=True, minimum=1, maximum=5,
              layout="delta"),
        _bp("promotion_rate", "Raise of a promotion, as drawn.", nullable=True),
        _bp("merit_rate", "Merit part of a raise.", nullable=True),
        _bp("cola_rate", "Cost-of-living part of a raise.", nullable=True),
        _enum("enrollment_source", "How the employee enrolled.", SOURCES[2:], nullable=True),
        _bp("pre_tax_rate", "Pre-tax part of the deferral rate.", nullable=True),
        _bp("roth_rate", "Roth part of the deferral rate.", nullable=True),
        _date("opt_out_until", "Last day on which an automatic enrolment can be left.", nullable=True),
    ),
    ("event_id",),
    event_time="effective_date",
    foreign_keys=(ForeignKey(_PERSON_OF_YEAR, "snapshots", _PERSON_OF_YEAR),),
)  # fmt: skip

SNAPSHOTS = Schema(
    "snapshots",
    SCHEMA_VERSION,
    "Everybody employed in a year, as of December 31 or of the day they left.",
    (
        *_WHO,
        Field(
            "employee_number", "int32", "Number of the employee: census first, hires after.", minimum=1, layout="delta"
        ),
        _YEAR,
        _BLOCK,
        _date("birth_date", "Day of birth."),
        _date("hire_date", "Day of hire."),
        _DEPARTMENT,
        _enum("performance_tier", "Performance tier.", PERFORMANCE),
        Field("age", "int16", "Age.", unit=YEARS, minimum=0, maximum=150, layout="delta"),
        Field("tenure", "int16", "Service.", unit=YEARS, minimum=0, maximum=150, layout="delta"),
        _AGE_BAND,
        _TENURE_BAND,
        Field("level_id", "int8", "Job level.", minimum=1, maximum=5, layout="delta"),
        _cents("current_compensation", "Annual pay in force."),
        _cents("prorated_compensation", "Pay of the days worked in the year."),
        _cents("full_year_equivalent_compensation", "Average annual pay of the days worked."),
        _cents("starting_compensation", "Annual pay on January 1, or at hire."),
        _enum("employment_status", "Whether employed.", ("active", "terminated")),
        _date("termination_date", "Last day of employment.", nullable=True),
        _enum("termination_reason", "Why the employee left.", REASONS, nullable=True),
        _enum("detailed_status_code", "Status with whether hired this year.", STATUS),
        Field("is_eligible", "bool", "Whether eligible for the plan."),
        _date("eligibility_date", "First day of eligibility; missing where it never comes.", nullable=True),
        Field("is_enrolled", "bool", "Whether in the plan."),
        _date("enrollment_date", "Day of the last enrolment.", nullable=True),
        _enum("enrollment_source", "How that came about.", SOURCES[1:], nullable=True),
        Field("ever_opted_out", "bool", "Whether ever left after an automatic enrolment."),
        _date("opt_out_date", "Day of that.", nullable=True),
        _bp("deferral_rate", "Deferral rate, 0 where not enrolled."),
        _bp("original_deferral_rate", "Deferral rate at the last enrolment.", nullable=True),
        Field("escalations_received", "int16", "Automatic escalations so far.", minimum=0, layout="delta"),
        _date("last_escalation_date", "Day of the last of them.", nullable=True),
        _enum("rate_source", "What set the deferral rate last.", RATE_SOURCES),
        _cents("employee_contribution", "Contributed by the employee in the year."),
        _cents("pre_tax_contribution", "Pre-tax part of it."),
        _cents("roth_contribution", "Roth part of it."),
        Field("irs_limit_applied", "bool", "Whether 402(g) with catch-up cut the contribution."),
        _cents("employer_match", "Matched by the employer.", source="match formula of the plan"),
        _cents("employer_core", "Paid by the employer whatever the employee does."),
        Field("is_hce", "bool", "Whether last year's pay makes the employee highly compensated.", source="IRC 414(q)"),
    ),
    ("scenario_id", "plan_design_id", "simulation_year", "employee_number"),
    unique=(_PERSON_OF_YEAR,),
)


def with_values(schema: Schema, values: dict[str, tuple[str, ...]]) -> Schema:
    """Return a schema whose enums have the values that this dataset knows."""

    def completed(field: Field) -> Field:
        return replace(field, values=values[field.name]) if field.values is None and field.name in values else field

    return replace(schema, fields=tuple(map(completed, schema.fields)))


def values_of(p: Parameters, scenarios: tuple[str, ...], departments: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the values of the enums that the spec decides."""
    return {
        "scenario_id": scenarios,
        "parameter_scenario_id": scenarios,
        "plan_design_id": (p.run.plan_design_id,),
        "parameter_source": (p.run.parameter_source,),
        "age_band": p.age_labels,
        "tenure_band": p.tenure_labels,
        "department": departments,
        "event_details": (*DETAILS, *p.level_names),
    }
