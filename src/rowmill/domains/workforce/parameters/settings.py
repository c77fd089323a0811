"""The sections of the workforce spec: growth, leaving, hiring, careers. Rates are decimals here and integers below."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rowmill.domains.workforce.census.arrays import PERFORMANCE
from rowmill.model.mistakes import Misfit, shown
from rowmill.model.spec import Section

Rate = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=0, le=100)]
Day = Annotated[int, Field(ge=0, le=31)]
Dollars = Annotated[int, Field(ge=0, le=1_000_000_000)]

LEVELS = 5
AGE_EDGES = (25, 35, 45, 55, 65)
TENURE_EDGES = (2, 5, 10, 20)
REASONS = ("voluntary", "involuntary", "retirement", "death", "disability")
ALL_MONTHS = (0.28, 0.04, 0.05, 0.18, 0.05, 0.03, 0.23, 0.03, 0.02, 0.04, 0.02, 0.03)


class Growth(Section):
    """How many people join and leave a year; every count is met exactly."""

    mode: Literal["target", "flat"] = "target"
    """``target``: hires follow from the growth that is asked for; ``flat``: they are a share of the headcount."""
    target: float = Field(default=0.03, ge=-0.5, le=1)
    """Growth of the headcount a year (mode ``target``)."""
    hire_rate: Rate = 0.15
    """Hires by headcount at the start of a year (mode ``flat``)."""
    termination_rate: Rate = 0.12
    """Share of those employed at the start of a year who leave in it."""
    new_hire_termination_rate: float = Field(default=0.25, ge=0, le=0.9999)
    """Share of a year's hires who leave in it, in steps of a basis point; in mode ``target`` one of 10,000 must
    stay."""
    most_hires: float = Field(default=0.5, gt=0, le=10)
    """Guard: a year that needs more hires than this share of its first headcount is refused."""


class Bands(Section):
    """Edges of the bands of age and tenure, whole years: n edges make n + 1 bands."""

    age: tuple[int, ...] = AGE_EDGES
    """First age of each band but the youngest."""
    tenure: tuple[int, ...] = TENURE_EDGES
    """First year of service of each band but the shortest."""
    enrollment_age: tuple[int, ...] = (26, 36, 51)
    """First age of each band but the youngest in the tables of enrolment."""
    income: tuple[Dollars, ...] = (50_000, 100_000, 200_000)
    """Lowest annual pay of each band but the lowest in the tables of enrolment, dollars."""

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        for name in ("age", "tenure", "enrollment_age", "income"):
            edges = getattr(self, name)
            if list(edges) != sorted(set(edges)) or (edges and edges[0] < 1):
                raise Misfit(name, f"got {shown(list(edges))}; edges ascend from 1 or more")
            if name != "income" and edges and edges[-1] > 127:
                raise ValueError(f"data.bands.{name}: got {edges[-1]}; an edge is 127 or less")
        return self


class Termination(Section):
    """Who leaves and when: the factors say how likely each person is among those who leave."""

    base: Rate = 0.42
    """Hazard before factors."""
    tenure: tuple[Factor, ...] = (1.8, 0.6, 0.5, 0.4, 0.3)
    """Factor by tenure band."""
    age: tuple[Factor, ...] = (0.7, 1.3, 1.0, 1.6, 1.0, 1.2)
    """Factor by age band."""
    level_step: Rate = 0.1
    """What each level above the first takes off the factor 1."""
    level_least: Rate = 0.4
    """Least factor of a level."""
    first_year: Factor = 1.0
    """Factor in the first year of service."""
    low_performer: Factor = 1.0
    """Factor of the tier ``low``."""
    least_days: int = Field(default=30, ge=1, le=365)
    """Days after the hire before which nobody leaves, where the year has that many left."""
    reasons: tuple[tuple[Rate, Rate, Rate, Rate, Rate], ...] = (
        (0.80, 0.198, 0.0, 0.001, 0.001),
        (0.80, 0.197, 0.0, 0.001, 0.002),
        (0.76, 0.235, 0.0, 0.002, 0.003),
        (0.70, 0.290, 0.0, 0.004, 0.006),
        (0.40, 0.240, 0.34, 0.008, 0.012),
        (0.12, 0.120, 0.73, 0.018, 0.012),
    )
    """By age band, shares of voluntary, involuntary, retirement, death and disability."""


class Hiring(Section):
    """Who joins."""

    ages: dict[int, Factor] = Field(
        default={22: 0.05, 25: 0.15, 28: 0.20, 32: 0.25, 35: 0.15, 38: 0.08, 42: 0.06, 46: 0.04, 50: 0.02}
    )
    """Weights of ages at hire, 16 … 80."""
    levels: tuple[Factor, Factor, Factor, Factor, Factor] = (0.62, 0.24, 0.09, 0.04, 0.01)
    """Shares of levels 1 … 5 among hires."""
    pay_spread: float = Field(default=0.09, ge=0, le=0.9)
    """Pay lies within this share of the level's target."""
    pay_factor: float = Field(default=1.0, ge=0.1, le=10)
    """What the targets are multiplied by."""
    departments: dict[str, Factor] = Field(
        default={
            "Engineering": 0.24, "Finance": 0.08, "HR": 0.05, "Marketing": 0.10, "Operations": 0.31, "Sales": 0.22,
        }
    )  # fmt: skip
    """Weights of departments."""
    performance: dict[str, Factor] = Field(default={"low": 0.10, "standard": 0.70, "high": 0.20})
    """Weights of performance tiers."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        for name in ("ages", "departments", "performance"):
            weights = getattr(self, name)
            if not any(weights.values()):
                raise ValueError(f"data.hiring.{name}: got no weight above 0; one or more are needed")
        if not any(round(share * 10_000) for share in self.levels):
            raise Misfit("levels", "got no share of 0.0001 or more; one or more are needed")
        if not all(16 <= age <= 80 for age in self.ages):
            raise Misfit("ages", f"got {shown(list(self.ages))}; ages at hire lie in 16 … 80")
        if any(tier not in PERFORMANCE for tier in self.performance):
            raise Misfit("performance", f"got {shown(list(self.performance))}; tiers are {', '.join(PERFORMANCE)}")
        if any(not 1 <= len(name) <= 60 for name in self.departments):
            raise Misfit("departments", f"got {shown(list(self.departments))}; a name has 1 … 60 characters")
        return self


class Level(Section):
    """One job level."""

    name: str = Field(min_length=1, max_length=40)
    """Title."""
    lowest: int = Field(ge=1_000, le=100_000_000)
    """Lowest pay at hire, dollars a year."""
    highest: int = Field(ge=1_000, le=100_000_000)
    """Highest pay at hire, dollars a year."""
    position: Rate
    """Where between the two the target lies."""
    merit: Rate
    """Merit part of a raise."""


DEFAULT_LEVELS = (
    Level(name="Staff", lowest=56_000, highest=80_000, position=0.30, merit=0.035),
    Level(name="Manager", lowest=81_000, highest=120_000, position=0.40, merit=0.040),
    Level(name="SrMgr", lowest=121_000, highest=160_000, position=0.50, merit=0.045),
    Level(name="Director", lowest=161_000, highest=300_000, position=0.60, merit=0.050),
    Level(name="VP", lowest=275_000, highest=500_000, position=0.70, merit=0.055),
)


class Promotion(Section):
    """Who moves up a level."""

    base: Rate = 0.04
    """Hazard before factors."""
    tenure: tuple[Factor, ...] = (0.5, 1.5, 1.8, 0.8, 0.2)
    """Factor by tenure band."""
    age: tuple[Factor, ...] = (1.6, 1.4, 1.1, 0.7, 0.3, 0.1)
    """Factor by age band."""
    level_step: Rate = 0.15
    """What each level above the first takes off the factor 1."""
    multiplier: Factor = 1.0
    """Factor of all hazards."""
    month: int = Field(default=2, ge=1, le=12)
    """Month of the promotions."""
    day: int = Field(default=1, ge=1, le=28)
    """Day of the promotions."""
    least_tenure: int = Field(default=1, ge=0, le=60)
    """Years of service that are needed."""
    age_limit: int = Field(default=65, ge=1, le=127)
    """Nobody of this age or older is promoted."""
    raise_rate: Rate = 0.20
    """Middle of the raise."""
    raise_spread: Rate = 0.05
    """The raise lies within this of its middle."""
    cap: Rate = 0.30
    """Most that the raise may be of the pay."""
    cap_dollars: Dollars = 500_000
    """Most that the raise may be, dollars."""


class Raise(Section):
    """The yearly raise: merit by level and cost of living."""

    rate: Rate = 1.0
    """Share of those in question who get one."""
    cost_of_living: Rate = 0.015
    """Part that all get."""
    cost_of_living_by_year: dict[int, Rate] = Field(default_factory=dict)
    """The same of single years."""
    months: tuple[Factor, ...] = Field(default=ALL_MONTHS, min_length=12, max_length=12)
    """Weights of the twelve months."""
    day: Day = 1
    """Day of the month, its last one in a shorter month; 0: drawn."""
    least_tenure: int = Field(default=1, ge=0, le=60)
    """Years of service that are needed."""
    cap: Rate = 0.50
    """Most that the raise may be of the pay."""
    cap_dollars: Dollars = 250_000
    """Most that the raise may be, dollars."""

    @model_validator(mode="after")
    def _some_month(self) -> Self:
        if not any(self.months):
            raise ValueError("data.raises.months: got no weight above 0; one or more are needed")
        return self
