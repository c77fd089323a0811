"""How a census is read, and what people are like whom nobody describes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from rowmill.model.spec import Section, nearest

NAMES: dict[str, tuple[str, ...]] = {
    "employee_id": ("employee_id",),
    "birth_date": ("birth_date", "employee_birth_date", "date_of_birth"),
    "hire_date": ("hire_date", "employee_hire_date"),
    "tenure_months": ("tenure_months",),
    "termination_date": ("termination_date", "employee_termination_date"),
    "active": ("active", "is_active"),
    "gross_compensation": ("gross_compensation", "employee_gross_compensation", "salary"),
    "capped_compensation": ("capped_compensation", "employee_capped_compensation"),
    "level": ("level", "level_id", "job_level"),
    "department": ("department",),
    "performance_tier": ("performance_tier",),
    "deferral_rate": ("deferral_rate", "employee_deferral_rate"),
    "employee_contribution": ("employee_contribution", "employee_contributions"),
    "pre_tax_contribution": ("pre_tax_contribution",),
    "roth_contribution": ("roth_contribution",),
    "is_enrolled": ("is_enrolled",),
    "enrollment_date": ("enrollment_date", "employee_enrollment_date"),
    "eligibility_entry_date": ("eligibility_entry_date",),
    "eligibility_override": ("eligibility_override",),
    "scheduled_hours_per_week": ("scheduled_hours_per_week",),
    "auto_escalation_opt_out": ("auto_escalation_opt_out",),
}
"""Columns of a census, and what files call them."""


class CensusReading(Section):
    """How the columns of a census file are called."""

    columns: dict[str, str] = Field(default_factory=dict)
    """What the file calls a column, by the name that it has here: {"gross_compensation": "Base pay"}."""

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in NAMES:
                raise ValueError(f"{name!r} is no column of a census; {nearest(name, NAMES)}")
        if len(set(columns.values())) < len(columns):
            raise ValueError("two columns are read from one; name a column of the file for each")
        return columns

    def names(self, column: str) -> tuple[str, ...]:
        """Return the names that a file may have for a column."""
        return (self.columns[column],) if column in self.columns else NAMES[column]


class Population(Section):
    """What people of a census are like whom no file describes: all of them, or in what a file leaves out."""

    level_shares: tuple[float, float, float, float, float] = (0.62, 0.22, 0.10, 0.045, 0.015)
    """Shares of the job levels, from the first on."""
    performance_shares: tuple[float, float, float] = (0.15, 0.65, 0.20)
    """Shares of low, standard and high performers."""
    participation: float = Field(default=0.78, ge=0, le=1)
    """Share enrolled of those with a year of service or more; three in five of it before."""
    escalation_opt_out: float = Field(default=0.1, ge=0, le=1)
    """Share who have declined automatic escalation."""
    part_time: float = Field(default=0.12, ge=0, le=1)
    """Share with 20 to 35 scheduled hours a week; the others have 40."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        for name in ("level_shares", "performance_shares"):
            shares = getattr(self, name)
            if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
                raise ValueError(f"data.population.{name}: got {list(shares)}; shares add up to 1, none is negative")
        return self
