"""The vitals spec: a trial's arms, visits, size, effect, method and realism."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.model import VITALS, Name, Vector, VitalsModel, arms_problem, visits_problem
from rowmill.domains.vitals.settings import DEFAULT_VISITS, GAP, Ranges, Realism, Rules, Visit
from rowmill.model.spec import Misfit, Spec, as_inputs

DEFAULT_EFFECT = -5.0
MAX_SUBJECTS_PER_ARM = 400_000_000
MAX_SUBJECTS = 999_999_999
"""Identifiers have nine digits."""
MAX_PROTOTYPE_ROWS = 2_000


class VitalsSpec(Spec):
    """A randomised trial's vital signs."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        **as_inputs("pilot", "demographics"),
        "model": "give parameters, not their file: json.loads(Path(FILE).read_text()) in Python, the flag --model FILE",
    }

    method: Literal["mvn", "bootstrap", "rules", "llm"] = "mvn"
    """Where trajectories come from: a fitted model (mvn), a pilot's subjects (bootstrap), declared rules, or parameters
    that a language model proposed once (llm)."""
    subjects_per_arm: int = Field(default=125_000, ge=0, le=MAX_SUBJECTS_PER_ARM)
    """Subjects of each arm, met exactly."""
    arms: tuple[Name, ...] = ("Active", "Placebo")
    """Arms; the last one is the control."""
    visits: tuple[Visit, ...] = DEFAULT_VISITS
    """Planned visits in order."""
    target_effect: float | None = Field(default=None, ge=-60, le=60)
    """Difference of mean systolic pressure to the control at the last visit, mmHg, in every other arm; unset: the
    model's own where one was fitted or given, else −5."""
    calibrate: bool = False
    """Whether last-visit systolic pressures of treated subjects are moved by whole mmHg, within each block and at most
    one each, until the difference of means is met as nearly as rounding allows."""
    smoothing: float = Field(default=0.35, ge=0, le=1)
    """Bootstrap: share h of noise in a donor's trajectory, m + √(1−h²)(x−m) + h·ε; 0 copies donors."""
    ranges: Ranges = Ranges()
    """Hard limits of every value."""
    rules: Rules = Rules()
    """Parameters of the method ``rules``."""
    model: VitalsModel | None = None
    """Parameters of the methods ``mvn`` and ``llm``, and the noise of ``bootstrap``; unset: the shipped model."""
    prototypes: dict[str, tuple[tuple[Vector, ...], ...]] = Field(default_factory=dict)
    """Method llm: subjects that a language model invented, by arm, readings by visit; resampled as a pilot is. Empty:
    the model alone makes the trajectories."""
    realism: Realism = Realism()
    """What real trials have and clean simulations lack."""
    start: dt.date = Field(default=dt.date(2025, 1, 6), ge=dt.date(1900, 1, 1), le=dt.date(2199, 12, 31))
    """Day on which the first subject gets the first dose; dates of the SDTM tables count from it."""
    study: str = Field(default="ROWMILL-SIM", min_length=1, max_length=20, pattern=r"^[A-Z0-9-]+$")
    """STUDYID of the SDTM tables; never a real study's."""
    pilot: PilotReading = PilotReading()
    """How the words of a pilot are read, where one is given."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names, days, dosed = ([getattr(visit, key) for visit in self.visits] for key in ("name", "day", "dosed"))
        for name, problem in (("arms", arms_problem(self.arms)), ("visits", visits_problem(names, days, dosed))):
            if problem:
                raise Misfit(name, problem)
        if self.subjects > MAX_SUBJECTS:
            raise ValueError(
                f"data.subjects_per_arm: got {self.subjects_per_arm:,} in {len(self.arms)} arms, {self.subjects:,} "
                f"subjects; a trial has at most {MAX_SUBJECTS:,}"
            )
        return self

    @model_validator(mode="after")
    def _prototypes_fit(self) -> Self:
        if not self.prototypes:
            return self
        if self.method != "llm" or self.prototypes.keys() != set(self.arms) or not all(self.prototypes.values()):
            raise ValueError(
                f"data.prototypes: got {list(self.prototypes)}; only method llm has them, some for each of "
                f"{', '.join(self.arms)}"
            )
        if sum(map(len, self.prototypes.values())) * len(self.visits) > MAX_PROTOTYPE_ROWS:
            raise ValueError(f"data.prototypes: more than {MAX_PROTOTYPE_ROWS} rows; they are few and get resampled")
        for arm, subjects in self.prototypes.items():
            for number, readings in enumerate(subjects, 1):
                problem = prototype_problem(readings, self.ranges, len(self.visits))
                if problem:
                    raise ValueError(f"data.prototypes.{arm}: subject {number}: {problem}")
        return self

    @property
    def subjects(self) -> int:
        """Return the subjects of all arms."""
        return self.subjects_per_arm * len(self.arms)


def prototype_problem(readings: Sequence[Vector], ranges: Ranges, visits: int) -> str:
    """Return which rule the readings of an invented subject break, empty where none."""
    if len(readings) != visits:
        return f"has {len(readings)} visits; {visits} are needed"
    for number, reading in enumerate(readings, 1):
        for name, value, (low, high) in zip(VITALS, reading, ranges.pairs, strict=True):
            if not low <= value <= high:
                return f"visit {number}: {name} {value:g} lies outside {low:g} … {high:g}"
        if (
            any(value != round(value) for value in reading[:3])
            or abs(reading[3] * 100 - round(reading[3] * 100)) > 1e-6
        ):
            return f"visit {number}: {list(reading)}; three whole numbers and a temperature of two decimals are needed"
        if reading[0] < reading[1] + GAP:
            return f"visit {number}: systolic {reading[0]:g} must exceed diastolic {reading[1]:g} by {GAP} or more"
    return ""
