"""Terms of the SDTM tables: tests with their units, the texts of results and dates, codes of visits and arms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rowmill.core.units import date_of, day_number
from rowmill.domains.vitals.model import VITALS
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.readers import fahrenheit_of
from rowmill.draw.arrays import Ints
from rowmill.draw.words import below, words
from rowmill.model.frame import Dictionary

NOT_DONE = "NOT DONE"
FLAG = "Y"
EPOCHS = ("SCREENING", "TREATMENT")
"""Before the first dose, and after it."""
ENROLMENT_DAYS = 364
"""Days over which subjects get their first doses, evenly by chance."""
_LONGEST_WINDOW = 7
_LONGEST_ARM_CODE = 20


@dataclass(frozen=True, slots=True)
class Test:
    """One vital sign in CDISC's terms."""

    vital: int
    """Its place in the order of vitals."""
    code: str
    name: str
    unit: str
    position: bool
    """Whether a position belongs to it."""


TESTS = (
    Test(1, "DIABP", "Diastolic Blood Pressure", "mmHg", position=True),
    Test(2, "PULSE", "Pulse Rate", "beats/min", position=True),
    Test(0, "SYSBP", "Systolic Blood Pressure", "mmHg", position=True),
    Test(3, "TEMP", "Temperature", "C", position=False),
)
"""In the order of rows within a subject: by code."""
TEMPERATURE = VITALS.index("Temperature")


class TrialTerms:
    """The words of one trial, as dictionaries that all blocks share."""

    def __init__(self, trial: Trial) -> None:
        spec = trial.spec
        self.study = (spec.study,)
        self.arms = spec.arms
        self.arm_codes = arm_codes(spec.arms)
        capitals = tuple(name.upper() for name in trial.visits)
        self.visits = capitals if len(set(capitals)) == len(capitals) else tuple(trial.visits)
        self._trial = trial

    @cached_property
    def sites(self) -> Dictionary:
        """Return the texts of sites."""
        return Dictionary(f"{n:04d}" for n in range(1, 10_000))

    @cached_property
    def results(self) -> ResultTexts:
        """Return the texts of results."""
        return ResultTexts(self._trial)

    @cached_property
    def dates(self) -> Dates:
        """Return the texts of dates."""
        return Dates(self._trial)


class ResultTexts:
    """Texts of results: whole numbers, then hundredths of °C, then tenths of °F."""

    def __init__(self, trial: Trial) -> None:
        *whole, degrees = trial.spec.ranges.pairs
        self._lowest = int(min(low for low, _ in whole))
        numbers = range(self._lowest, int(max(high for _, high in whole)) + 1)
        coldest, warmest = (round(degree * 100) for degree in degrees)
        self._celsius = len(numbers) - coldest
        coldest_f, warmest_f = fahrenheit_of(np.array([coldest, warmest])).tolist()
        self._fahrenheit: int = len(numbers) + warmest - coldest + 1 - coldest_f
        texts = [str(number) for number in numbers]
        texts += [f"{h // 100}.{h % 100:02d}".removesuffix("0") for h in range(coldest, warmest + 1)]
        texts += [f"{t // 10}.{t % 10}" for t in range(coldest_f, warmest_f + 1)]
        self.dictionary = Dictionary(texts)
        self.longest = max(map(len, texts))

    def whole(self, values: Ints) -> Ints:
        """Return the codes of mmHg or beats/min."""
        return values - self._lowest

    def celsius(self, hundredths: Ints) -> Ints:
        """Return the codes of temperatures, in °C."""
        return hundredths + self._celsius

    def fahrenheit(self, hundredths: Ints) -> Ints:
        """Return the codes of temperatures given in hundredths of °C, in °F."""
        return fahrenheit_of(hundredths) + self._fahrenheit


class Dates:
    """Texts of the days on which visits can happen."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        reach = (min(0, *trial.offsets) - _LONGEST_WINDOW, max(0, *trial.offsets) + _LONGEST_WINDOW + ENROLMENT_DAYS)
        self._before = -reach[0]
        first = day_number(trial.spec.start)
        self.dictionary = Dictionary(date_of(first + day).isoformat() for day in range(reach[0], reach[1] + 1))

    def first_doses(self, subject: Ints) -> Ints:
        """Return the codes of the days of subjects' first doses; the first subject's is the start of the trial."""
        day = below(words(self._trial.key.child("enrolment"), subject), ENROLMENT_DAYS)
        codes: Ints = np.where(subject == 0, 0, day) + self._before
        return codes

    @staticmethod
    def of_days(first_dose: Ints, study_day: Ints) -> Ints:
        """Return the codes of study days, of which there is no day 0."""
        return first_dose + study_day - (study_day > 0)


def arm_codes(arms: tuple[str, ...]) -> tuple[str, ...]:
    """Return a code of capitals, digits and underscores for each arm, at most 20 characters, all different."""
    codes: list[str] = []
    for arm in arms:
        plain = re.sub(r"[^A-Z0-9]+", "_", arm.upper()).strip("_")[:_LONGEST_ARM_CODE].rstrip("_") or "ARM"
        code, number = plain, 1
        while code in codes:
            number += 1
            code = f"{plain[: _LONGEST_ARM_CODE - len(str(number)) - 1]}_{number}"
        codes.append(code)
    return tuple(codes)
