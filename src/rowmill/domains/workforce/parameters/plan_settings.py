"""The sections of the workforce spec about the retirement plan: who takes part, at which rate, and what is added."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from rowmill.domains.workforce.parameters.settings import Factor, Rate
from rowmill.model.mistakes import Misfit, shown
from rowmill.model.spec import Section

By = Literal["none", "tenure", "age", "points"]
BY_CODES: dict[str, int] = {"none": 0, "tenure": 1, "age": 2, "points": 3}
"""What a formula goes by: nothing, years of service, years of age, or the sum of both."""


class Enrollment(Section):
    """Who joins the plan. Tables go by the age bands of enrolment and by income band."""

    waiting_days: int = Field(default=0, ge=0, le=1_000)
    """Days from hire to eligibility."""
    automatic: bool = True
    """Whether those who do nothing are enrolled."""
    automatic_days: int = Field(default=45, ge=2, le=400)
    """Days from eligibility to automatic enrolment; those who enrol themselves do it before."""
    automatic_rate: Rate = 0.02
    """Deferral rate of the automatic enrolment."""
    opt_out_days: int = Field(default=30, ge=1, le=365)
    """Days after the automatic enrolment within which one may opt out."""
    opt_out: tuple[Rate, ...] = (0.10, 0.07, 0.05, 0.03)
    """Share who opt out, by age band."""
    opt_out_income: tuple[Factor, ...] = (1.2, 1.0, 0.7, 0.5)
    """Factor of it by income band."""
    proactive: tuple[Rate, ...] = (0.25, 0.50, 0.65, 0.75)
    """Share of hires who enrol before they are enrolled, by age band (automatic plans)."""
    proactive_days: tuple[int, int] = (7, 35)
    """First and last day after eligibility on which they do; unset: days 7 to 35, as far as they lie before
    automatic_days."""
    voluntary: tuple[Rate, ...] = (0.30, 0.55, 0.70, 0.80)
    """Share of hires who enrol, by age band (plans that are not automatic)."""
    voluntary_income: tuple[Factor, ...] = (0.70, 1.0, 1.15, 1.25)
    """Factor of it by income band."""
    yearly: tuple[Rate, ...] = (0.03, 0.05, 0.07, 0.08)
    """Share who enrol in a later year, by age band."""
    yearly_month: int = Field(default=0, ge=0, le=12)
    """Month of these enrolments; 0: days are drawn over the year."""
    yearly_day: int = Field(default=1, ge=1, le=28)
    """Day of the month."""
    rates: tuple[Rate, ...] = (0.03, 0.06, 0.08, 0.10)
    """Deferral rate that those who enrol themselves choose, by age band."""
    rates_income: tuple[Rate, ...] = (0.0, 0.01, 0.03, 0.05)
    """What is added to it by income band."""
    roth_share: Rate = 0.15
    """Share of a deferral that is Roth."""

    @model_validator(mode="before")
    @classmethod
    def _days_before_the_automatic_one(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "proactive_days" in values or values.get("automatic") is False:
            return values
        days = values.get("automatic_days")
        if not isinstance(days, int) or days < 2:
            return values
        first, last = cls.model_fields["proactive_days"].default
        return {**values, "proactive_days": (min(first, days - 1), min(last, days - 1))}

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        first, last = self.proactive_days
        if not 1 <= first <= last <= 1_000:
            raise ValueError(f"data.enrollment.proactive_days: got {first}, {last}; 1 ≤ first ≤ last ≤ 1000")
        if self.automatic and last >= self.automatic_days:
            raise ValueError(
                f"data.enrollment.proactive_days: got {last}; it must be below automatic_days {self.automatic_days}"
            )
        return self


class Change(Section):
    """Changes of a deferral rate by those who take part."""

    rate: Rate = 0.08
    """Share who change it in a year."""
    steps: dict[int, Factor] = Field(default={-200: 0.06, -100: 0.14, 100: 0.40, 200: 0.25, 300: 0.10, 500: 0.05})
    """Weights of steps, basis points."""
    highest: float = Field(default=0.50, ge=0.01, le=1)
    """Highest rate that a change may lead to."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if not any(self.steps.values()) or not all(-10_000 <= step <= 10_000 for step in self.steps):
            raise Misfit("steps", f"got {shown(self.steps)}; steps of −10000 … 10000, one or more of weight above 0")
        return self


class Escalation(Section):
    """Automatic escalation on January 1."""

    step: Rate = 0.01
    """What is added; 0: no escalation."""
    cap: Rate = 0.10
    """Rate up to which it goes."""
    first_after_years: int = Field(default=1, ge=0, le=60)
    """Years from enrolment to the first step."""
    hired_from: dt.date = Field(default=dt.date(1900, 1, 1))
    """Only people hired on this day or later."""


class Tier(Section):
    """One step of a match formula."""

    up_to: Rate
    """Share of pay up to which contributions are matched."""
    rate: float = Field(ge=0, le=5)
    """What the employer adds to each cent of them."""


class Match(Section):
    """What the employer adds to contributions."""

    formula: Literal["simple", "tiered", "stretch", "safe_harbor", "qaca", "none", "own"] = "simple"
    """50 % of 6 % (simple), 100 % of 3 % and 50 % of the next 2 % (tiered, safe_harbor), 25 % of 12 % (stretch),
    100 % of 1 % and 50 % of the next 5 % (qaca), none, or ``own`` tiers."""
    by: By = "none"
    """What own tiers go by."""
    own: dict[int, tuple[Tier, ...]] = Field(default_factory=dict)
    """Up to three tiers in ascending order from each measure on, the first 0."""
    last_day: bool = False
    """Whether only those employed on December 31 get it."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.formula == "own" and not self.own:
            raise ValueError("data.match.own: has no tiers, which the formula 'own' needs: {0: [{up_to: …, rate: …}]}")
        if self.own and self.formula != "own":
            raise ValueError(f"data.match.formula: got {self.formula!r} beside own tiers; set it to 'own'")
        if self.own and (min(self.own) != 0 or max(self.own) > 255):
            raise Misfit("own", f"got measures {shown(list(self.own))}; they begin with 0 and end by 255")
        for tiers in self.own.values():
            edges = [tier.up_to for tier in tiers]
            if not tiers:
                raise Misfit("own", "got no tier for a measure; where nothing is matched give {up_to: 1, rate: 0}")
            if len(tiers) > 3 or edges != sorted(set(edges)):
                raise Misfit("own", f"got tiers up to {shown(edges)}; one to three, ascending")
        return self

    def tiers(self) -> dict[int, tuple[Tier, ...]]:
        """Return the tiers from each measure on."""
        return self.own if self.formula == "own" else {0: _FORMULAS[self.formula]}


_FORMULAS: dict[str, tuple[Tier, ...]] = {
    "simple": (Tier(up_to=0.06, rate=0.5),),
    "tiered": (Tier(up_to=0.03, rate=1.0), Tier(up_to=0.05, rate=0.5)),
    "safe_harbor": (Tier(up_to=0.03, rate=1.0), Tier(up_to=0.05, rate=0.5)),
    "stretch": (Tier(up_to=0.12, rate=0.25),),
    "qaca": (Tier(up_to=0.01, rate=1.0), Tier(up_to=0.06, rate=0.5)),
    "none": (),
}


class Core(Section):
    """What the employer pays whether one contributes or not."""

    by: By = "none"
    """What the rates go by."""
    rates: dict[int, Rate] = Field(default={0: 0.01})
    """Share of pay from each measure on, the first 0."""
    excess: Rate = 0.0
    """What is added above the Social Security wage base."""
    last_day: bool = True
    """Whether only those employed on December 31 get it."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if not self.rates or min(self.rates) != 0 or max(self.rates) > 255:
            raise Misfit("rates", f"got measures {shown(list(self.rates))}; they begin with 0 and end by 255")
        return self
