"""The workforce spec: years, size, growth, careers and the retirement plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from rowmill.domains.workforce.census.settings import CensusReading, Population
from rowmill.domains.workforce.parameters.plan_settings import Change, Core, Enrollment, Escalation, Match
from rowmill.domains.workforce.parameters.settings import (
    DEFAULT_LEVELS,
    LEVELS,
    Bands,
    Growth,
    Hiring,
    Level,
    Promotion,
    Raise,
    Termination,
)
from rowmill.domains.workforce.parameters.statutory import FIGURES, first_year, last_year
from rowmill.model.spec import Misfit, Section, Spec, as_inputs

MAX_EMPLOYEES = 10_000_000
MAX_NUMBER = 48_995_100
"""Numbers that employees may have in all years: as many SSN-shaped texts are never issued."""
LAST_YEAR = 2117

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^|\x00-\x1f]+$")]
Dollars = Annotated[int, Field(ge=0, le=100_000_000)]


class Limits(Section):
    """Statutory limits that take the place of the published ones, dollars; unset ones stay."""

    deferral_limit: Dollars | None = None
    """Elective deferrals, 402(g)."""
    catch_up: Dollars | None = None
    """Catch-up from 50."""
    catch_up_60: Dollars | None = None
    """Catch-up at 60 to 63."""
    compensation_limit: Dollars | None = None
    """Compensation that counts, 401(a)(17)."""
    additions_limit: Dollars | None = None
    """Annual additions, 415(c)."""
    hce_threshold: Dollars | None = None
    """Compensation of the year that makes one highly compensated in the next."""
    wage_base: Dollars | None = None
    """Social Security wage base."""


class WorkforceSpec(Spec):
    """A workforce and its retirement plan over years."""

    elsewhere: ClassVar[Mapping[str, str]] = {**as_inputs("census"), "years": "give the first and the last: start, end"}

    start: int = Field(default=2025, ge=1990, le=LAST_YEAR)
    """First year."""
    end: int = Field(default=2029, ge=1990, le=LAST_YEAR)
    """Last year, inclusive."""
    employees: int = Field(default=5_000, ge=0, le=MAX_EMPLOYEES)
    """People at the start, where no census is given."""
    census: CensusReading = CensusReading()
    """How the columns of a census are called."""
    population: Population = Population()
    """What people are like whom no census describes, or in what a census leaves out."""
    scenarios: tuple[Name, ...] = Field(default=("baseline",), min_length=1, max_length=64)
    """Scenarios, in ids and columns; no draw depends on them."""
    plan: Name = "default"
    """Plan design, in ids and columns; no draw depends on it."""
    parameter_source: str = Field(default="spec", min_length=1, max_length=60)
    """Where the parameters come from, as the column ``parameter_source``."""
    growth: Growth = Growth()
    """How many join and leave."""
    bands: Bands = Bands()
    """Edges of bands of age, tenure and income."""
    termination: Termination = Termination()
    """Who leaves."""
    hiring: Hiring = Hiring()
    """Who joins."""
    levels: tuple[Level, ...] = Field(default=DEFAULT_LEVELS, min_length=LEVELS, max_length=LEVELS)
    """Levels 1 … 5."""
    promotion: Promotion = Promotion()
    """Who is promoted."""
    raises: Raise = Raise()
    """Who gets a raise."""
    enrollment: Enrollment = Enrollment()
    """Who joins the plan."""
    change: Change = Change()
    """Who changes the deferral rate."""
    escalation: Escalation = Escalation()
    """Automatic escalation."""
    match: Match = Match()
    """Employer match."""
    core: Core = Core()
    """Employer core contribution."""
    limits: dict[int, Limits] = Field(default_factory=dict)
    """Limits of years that differ from the published ones, or that come before them: all limits of each such year,
    and hce_threshold of the year before the first."""
    block_employees: int = Field(default=65_536, ge=1, le=MAX_EMPLOYEES)
    """People of the census that a block may have on average; another number is another dataset."""

    @model_validator(mode="after")
    def _years_run_forward(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"data.end: got {self.end} before the start {self.start}; years run forward")
        for year in range(self.start - 1, first_year()):
            # The year before the first one says who is highly compensated in it.
            needed = FIGURES if year >= self.start else ("hce_threshold",)
            own = self.limits[year].model_dump(exclude_none=True) if year in self.limits else {}
            missing = [name for name in needed if name not in own]
            if missing:
                raise Misfit(
                    "start",
                    f"got {self.start}; limits of plans are published from {first_year()} on: start in "
                    f"{first_year() + 1}, or give data.limits.{year} with {', '.join(missing)}",
                )
        if len(set(self.scenarios)) != len(self.scenarios):
            raise ValueError(f"data.scenarios: got {list(self.scenarios)}; they must differ")
        return self

    @model_validator(mode="after")
    def _tables_fit_bands(self) -> Self:
        ages, tenures = len(self.bands.age) + 1, len(self.bands.tenure) + 1
        joining, incomes = len(self.bands.enrollment_age) + 1, len(self.bands.income) + 1
        lengths = {
            "termination.age": (self.termination.age, ages),
            "termination.tenure": (self.termination.tenure, tenures),
            "termination.reasons": (self.termination.reasons, ages),
            "promotion.age": (self.promotion.age, ages),
            "promotion.tenure": (self.promotion.tenure, tenures),
            **{f"enrollment.{name}": (getattr(self.enrollment, name), joining)
               for name in ("opt_out", "proactive", "voluntary", "yearly", "rates")},
            **{f"enrollment.{name}_income": (getattr(self.enrollment, f"{name}_income"), incomes)
               for name in ("opt_out", "voluntary", "rates")},
        }  # fmt: skip
        for name, (values, bands) in lengths.items():
            if len(values) != bands:
                raise ValueError(f"data.{name}: got {len(values)} values; there are {bands} bands")
        if any(not any(shares) for shares in self.termination.reasons):
            raise ValueError("data.termination.reasons: a row has no share above 0; each band needs one")
        if len({level.name for level in self.levels}) != LEVELS:
            raise ValueError(f"data.levels: got {[level.name for level in self.levels]}; names must differ")
        if any(level.highest < level.lowest for level in self.levels):
            raise ValueError("data.levels: a level's highest pay is below its lowest; swap them")
        return self

    @property
    def years(self) -> int:
        """Return the number of years."""
        return self.end - self.start + 1

    @property
    def carried_limits(self) -> tuple[int, ...]:
        """Return the years whose limits nobody has published or set, so that those of the last year known stand in."""
        whole = {year for year, own in self.limits.items() if set(FIGURES) <= own.model_dump(exclude_none=True).keys()}
        return tuple(year for year in range(max(self.start, last_year() + 1), self.end + 1) if year not in whole)
