"""The vitals model: every parameter that makes trajectories; fitted to a pilot, declared by rules, or proposed.

A value is mean(arm, visit) + between-subject part + within-subject part. The parts are normal with one 4 × 4 covariance
each; the within part is correlated over visits by a kernel: a slow share that decays by the week, the rest white.
The file form is JSON of aggregates; it never holds a subject's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rowmill.draw.normal import cholesky
from rowmill.model.mistakes import Misfit, shown
from rowmill.model.spec import Section

VITALS = ("SystolicBP", "DiastolicBP", "HeartRate", "Temperature")
"""Vital signs in the order of every vector and matrix: mmHg, mmHg, beats/min, °C."""
MODEL_VERSION = 1
SHAPE_LEVELS = (
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999,
)  # fmt: skip
"""Probability levels at which a marginal shape is known."""

MAX_VISITS = 256
"""Most planned visits: a visit's words are keyed by subject × 256 + visit."""
MAX_ARMS = 64
LEAST_SPREAD = 0.1
"""Least distance of the lowest and the highest quantile of a shape: it is scaled to variance 1."""

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
StudyDay = Annotated[int, Field(ge=-3650, le=36_500)]
Reading = Annotated[float, Field(ge=0, le=500)]
Mean = Annotated[float, Field(ge=-1_000, le=1_000)]
Deviation = Annotated[float, Field(ge=0.01, le=100)]
Shift = Annotated[float, Field(ge=-200, le=200)]
Spread = Annotated[float, Field(ge=0, le=100)]
LogOdds = Annotated[float, Field(ge=-1_000, le=1_000)]
Quantile = Annotated[float, Field(ge=-100, le=100)]
Covariance = Annotated[float, Field(ge=-10_000, le=10_000)]
Years = Annotated[int, Field(ge=0, le=120)]
Vector = tuple[float, float, float, float]
Readings = tuple[Reading, Reading, Reading, Reading]
Means = tuple[Mean, Mean, Mean, Mean]
Row = tuple[Covariance, Covariance, Covariance, Covariance]
Matrix = tuple[Row, Row, Row, Row]


class Kernel(Section):
    """Correlation of the within-subject part over time: slow × decay^weeks between visits, 1 at the same visit."""

    slow: float = Field(default=0.15, ge=0, le=0.999)
    """Share of the within-subject variance that changes slowly."""
    decay_per_week: float = Field(default=0.9, ge=0, le=1)
    """Correlation of the slow share over one week."""


class Digits(Section):
    """How readers round: shares of readings rounded to 1, 2, 5 and 10 units."""

    exact: float = Field(default=1.0, ge=0, le=1)
    """Rounded to the unit."""
    even: float = Field(default=0.0, ge=0, le=1)
    """Rounded to even numbers."""
    fives: float = Field(default=0.0, ge=0, le=1)
    """Rounded to multiples of five."""
    tens: float = Field(default=0.0, ge=0, le=1)
    """Rounded to multiples of ten."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.exact + self.even + self.fives + self.tens
        if abs(total - 1) > 1e-6:
            raise ValueError(f"digits: shares add up to {total:g}; they must add up to 1")
        return self


class DropoutModel(Section):
    """How subjects left the pilot: retention after each visit, and what drove it."""

    retention: dict[str, dict[str, Share]] = Field(default_factory=dict)
    """Share of subjects still there, by arm and visit."""
    by_previous: tuple[LogOdds, LogOdds, LogOdds, LogOdds] = (0.0, 0.0, 0.0, 0.0)
    """Log-odds of leaving for one standard deviation of the value before, by vital; all 0 where too few left to say."""

    def tells(self, arms: Sequence[str], visits: Sequence[str]) -> bool:
        """Return whether it says how many of each arm were there at each visit."""
        return all(visit in self.retention.get(arm, {}) for arm in arms for visit in visits)


class SubjectsModel(Section):
    """Who takes part."""

    age_mean: float = Field(default=75.0, ge=0, le=120)
    """Years."""
    age_sd: float = Field(default=8.2, gt=0, le=40)
    """Years."""
    age_range: tuple[Years, Years] = (50, 90)
    """Youngest and oldest, years."""
    female: float = Field(default=0.56, ge=0, le=1)
    """Share of women."""
    subjects_per_site: int = Field(default=15, ge=1, le=1_000_000_000)
    """Mean number of subjects of a site."""

    @model_validator(mode="after")
    def _ages_ascend(self) -> Self:
        if self.age_range[0] > self.age_range[1]:
            raise Misfit("age_range", f"got {list(self.age_range)}; the youngest comes first")
        return self


class VitalsModel(Section):
    """Parameters of a trial's vital signs."""

    version: Literal[1] = 1
    """Version of this form."""
    source: str = Field(default="", max_length=2_000)
    """Where the numbers come from, with attribution."""
    subjects: int = Field(default=0, ge=0, le=1_000_000_000)
    """Subjects that were fitted; 0 where the model was declared."""
    arms: tuple[Name, ...]
    """Arms, the control last."""
    visits: tuple[Name, ...]
    """Visits in order."""
    visit_days: tuple[StudyDay, ...]
    """Planned study day of each visit; day 1 is the first dose, there is no day 0."""
    dosed: tuple[bool, ...]
    """Whether a visit comes after the first dose: before it arms share one mean."""
    means: dict[str, dict[str, Means]]
    """Mean of each vital, by arm and visit."""
    between: Matrix
    """Covariance of subjects' own levels."""
    within: Matrix
    """Covariance of a visit's departure from the subject's level."""
    kernel: Kernel = Kernel()
    """Correlation of those departures over time."""
    shapes: dict[str, tuple[Quantile, ...]] = Field(default_factory=dict)
    """Standardised quantiles at the levels of SHAPE_LEVELS, by vital, where the marginal is not normal."""
    digits: dict[str, Digits] = Field(default_factory=dict)
    """Digit preference by vital."""
    fahrenheit: float = Field(default=0.0, ge=0, le=1)
    """Share of temperatures that were read in tenths of °F."""
    dropout: DropoutModel = DropoutModel()
    """How subjects left."""
    missing: float = Field(default=0.0, ge=0, lt=1)
    """Share of planned visits that were missed in between."""
    people: SubjectsModel = SubjectsModel()
    """Who takes part."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not (len(self.visits) == len(self.visit_days) == len(self.dosed)):
            raise ValueError("model: visits, visit_days and dosed must be of one length")
        for name, problem in (
            ("arms", arms_problem(self.arms)),
            ("visits", visits_problem(self.visits, self.visit_days, self.dosed)),
        ):
            if problem:
                raise Misfit(name, problem)
        for arm in self.arms:
            for visit in self.visits:
                if visit not in self.means.get(arm, {}):
                    raise ValueError(f"model.means: nothing for arm {arm!r} at visit {visit!r}")
        for name, matrix in (("between", self.between), ("within", self.within)):
            cholesky(matrix, f"model.{name}")
        return self

    @model_validator(mode="after")
    def _shapes_can_be_scaled(self) -> Self:
        for name in (*self.shapes, *self.digits):
            if name not in VITALS:
                raise ValueError(f"model: {name!r} is no vital sign; known: {', '.join(VITALS)}")
        for name, shape in self.shapes.items():
            if len(shape) != len(SHAPE_LEVELS) or list(shape) != sorted(shape):
                raise ValueError(f"model.shapes.{name}: {len(SHAPE_LEVELS)} ascending numbers are needed")
            if shape[-1] - shape[0] < LEAST_SPREAD:
                raise ValueError(f"model.shapes.{name}: its quantiles must span {LEAST_SPREAD} or more")
        return self

    @property
    def control(self) -> str:
        """Return the control arm."""
        return self.arms[-1]


def arms_problem(arms: Sequence[str]) -> str:
    """Return which rule the arms of a trial break, empty where none."""
    if len(arms) < 2 or len(set(arms)) != len(arms):
        return f"got {shown(list(arms))}; two or more different names are needed, the control last"
    return f"got {len(arms)}; a trial has at most {MAX_ARMS}" if len(arms) > MAX_ARMS else ""


def visits_problem(names: Sequence[str], days: Sequence[int], dosed: Sequence[bool]) -> str:
    """Return which rule the visits of a trial break, empty where none."""
    if not names or len(set(names)) != len(names):
        return f"got {shown(list(names))}; one or more different names are needed"
    if len(names) > MAX_VISITS:
        return f"got {len(names)}; a trial has at most {MAX_VISITS}"
    if list(days) != sorted(set(days)) or 0 in days:
        return f"got days {shown(list(days))}; they must ascend, and there is no day 0"
    if any(given != (day > 1) for day, given in zip(days, dosed, strict=True)):
        return "visits after day 1 are dosed, the others are not; change day or dosed"
    return ""
