"""The sections of the vitals spec: visits, ranges, rules, realism. Every default is a documented choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from rowmill.domains.vitals.model import VITALS, Deviation, Name, Readings, Shift, Spread, StudyDay, VitalsModel
from rowmill.model.spec import Section

GAP = 5
"""Least difference of systolic and diastolic pressure, mmHg."""
DEFAULT_RETENTION, DEFAULT_STRENGTH, DEFAULT_MISSED = 0.75, 0.5, 0.01
"""How subjects leave and miss visits where neither the spec nor a model of the user's own says it."""


class Visit(Section):
    """One planned visit."""

    name: Name
    """Name, as VisitName."""
    day: StudyDay
    """Planned study day; day 1 is the first dose, there is no day 0."""
    dosed: bool = True
    """Whether it comes after the first dose, as every visit after day 1 does; left out, it follows from the day. Before
    it all arms share one mean."""

    @model_validator(mode="before")
    @classmethod
    def _from_day(cls, values: Any) -> Any:
        if isinstance(values, dict) and "dosed" not in values and isinstance(values.get("day"), int | float):
            return {**values, "dosed": values["day"] > 1}
        return values


DEFAULT_VISITS = (
    Visit(name="Screening", day=-14, dosed=False),
    Visit(name="Day 1", day=1, dosed=False),
    Visit(name="Week 4", day=28),
    Visit(name="Week 12", day=84),
)


_POSSIBLE = ((0, 400), (0, 400), (0, 400), (20, 50))
"""What the limits of each vital may be at all."""


class Ranges(Section):
    """Hard limits of every value, inclusive; diastolic is at least 5 mmHg below systolic pressure as well."""

    systolic: tuple[int, int] = (60, 260)
    """mmHg."""
    diastolic: tuple[int, int] = (30, 160)
    """mmHg."""
    heart_rate: tuple[int, int] = (30, 220)
    """Beats per minute."""
    temperature: tuple[float, float] = (34.0, 42.0)
    """°C."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        for name, (low, high), (lowest, highest) in zip(VITALS, self.pairs, _POSSIBLE, strict=True):
            if low >= high:
                raise ValueError(f"the lower limit of {name}, {low}, must be below the upper one, {high}")
            if low < lowest or high > highest:
                raise ValueError(f"{name} from {low} to {high} cannot be; limits lie in {lowest} … {highest}")
        if self.temperature[1] - self.temperature[0] < 0.5:
            raise ValueError("at least 0.5 °C must lie between the limits of Temperature")
        if self.systolic[1] < self.diastolic[0] + GAP:
            raise ValueError(
                f"at least {GAP} mmHg must fit between the lowest DiastolicBP, {self.diastolic[0]}, and the highest "
                f"SystolicBP, {self.systolic[1]}"
            )
        return self

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """Return (lowest, highest) in the order of the vitals."""
        return self.systolic, self.diastolic, self.heart_rate, self.temperature


class Rules(Section):
    """Parameters declared by hand, for the method that needs no data."""

    baseline: Readings = (135.0, 78.0, 72.0, 36.6)
    """Mean of each vital before the first dose."""
    sd: tuple[Deviation, Deviation, Deviation, Deviation] = (16.5, 9.8, 9.8, 0.42)
    """Standard deviation of each vital over subjects and visits."""
    icc: float = Field(default=0.55, ge=0.001, le=0.999)
    """Share of the variance that lies between subjects."""
    pressure_correlation: float = Field(default=0.45, ge=-0.999, le=0.999)
    """Correlation of systolic and diastolic pressure, between and within subjects."""
    trend: tuple[Shift, Shift, Shift, Shift] = (-2.0, -1.0, 0.0, 0.0)
    """Change of each mean from the first dose to the last visit, in every arm, linear in days."""


class Dropout(Section):
    """Subjects who leave the trial for good."""

    mechanism: Literal["none", "mcar", "mar", "mnar"] = "none"
    """none; by chance (mcar); by the systolic pressure seen last (mar); by the one not seen (mnar)."""
    retention: float | None = Field(default=None, gt=0, le=1)
    """Share of each arm still there at the last visit, met exactly in the whole; unset: the model's own by arm and
    visit where one was fitted or given and says it, else 0.75."""
    strength: float | None = Field(default=None, ge=0, le=3)
    """Log-odds of leaving for one standard deviation of systolic pressure; unset: the model's own for all vitals where
    one was fitted or given and says them, else 0.5."""


class Realism(Section):
    """What real trials have and clean simulations lack. Each switch draws from a stream of its own."""

    dropout: Dropout = Dropout()
    """Subjects who leave the trial for good."""
    missed: float | None = Field(default=0.0, ge=0, lt=1)
    """Share of visits after the first dose that were not done, met exactly; null: that of the fitted model where there
    is one, else 0.01."""
    effect_sd: float = Field(default=0.0, ge=0, le=30)
    """Standard deviation of the effect between subjects, mmHg."""
    site_sd: tuple[Spread, Spread, Spread, Spread] = (0.0, 0.0, 0.0, 0.0)
    """Standard deviation of site means, by vital."""
    visit_windows: bool = False
    """Whether visits happen some days off their plan (study days in SDTM); else on the day."""
    digit_preference: bool = False
    """Whether devices are read as the model's were: at a share of the sites to the unit, at the others to 2, 5 or 10;
    else all to the unit."""
    fahrenheit: float = Field(default=0.0, ge=0, le=1)
    """Share of sites that read tenths of °F: their temperatures lie on that lattice, converted to 0.01 °C."""
    fever: float = Field(default=0.0, ge=0, le=0.5)
    """Share of visits with a fever of 38.1 … 39.5 °C and a faster pulse, met exactly."""
    outliers: float = Field(default=0.0, ge=0, le=0.5)
    """Share of visits with a systolic pressure 25 … 60 mmHg off, met exactly."""

    def resolved(self, own: VitalsModel | None, arms: Sequence[str], visits: Sequence[str]) -> Realism:
        """Return the switches with numbers where a model of the user's own says nothing of arms and visits."""
        dropout, missed = self.dropout, self.missed
        if dropout.retention is None and (own is None or not own.dropout.tells(arms, visits)):
            dropout = dropout.model_copy(update={"retention": DEFAULT_RETENTION})
        if dropout.strength is None and (own is None or not any(own.dropout.by_previous)):
            dropout = dropout.model_copy(update={"strength": DEFAULT_STRENGTH})
        if missed is None:
            missed = own.missing if own is not None and own.subjects else DEFAULT_MISSED
        return self.model_copy(update={"dropout": dropout, "missed": missed})


REALISTIC = {
    "dropout": {"mechanism": "mar"},
    "missed": None,
    "effect_sd": 3.0,
    "site_sd": (2.0, 1.5, 1.5, 0.12),
    "visit_windows": True,
    "digit_preference": True,
    "fahrenheit": 0.7,
    "fever": 0.002,
    "outliers": 0.002,
}
"""What the realistic preset switches on."""

EARLIER_RANGES = {
    "systolic": (95, 200),
    "diastolic": (55, 130),
    "heart_rate": (50, 120),
    "temperature": (35.0, 40.0),
}
"""Tighter limits that some checks of older data expect."""

PRESETS: dict[str, dict[str, object]] = {
    "realistic": {"realism": REALISTIC},
    "earlier": {"ranges": EARLIER_RANGES},
}
"""Named groups of settings for the spec."""
