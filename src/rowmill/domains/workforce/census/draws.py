"""What a census does not say of a person is drawn, keyed by the person: integers and tables of integers only.

Shapes are our own choice, near what surveys of tenure and of the labour force publish: a median tenure of some four
years, a median age of about forty, levels and pay that rise with both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.domains.workforce.census.settings import Population
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import deck, integer_weights, pick
from rowmill.draw.words import below, words

LEAST_AGE, MOST_AGE = 18, 74
_AUTO_ENROLLMENT_DAYS = 45
_FULL_TIME = 40
_TENURE_WEIGHTS = (
    *(210, 100, 90, 85, 75),
    *(48, 44, 40, 36, 32),
    *(26, 24, 22, 20, 18),
    *(16, 14, 13, 12, 10),
    *(9, 8, 8, 7, 7),
    *(6, 6, 5, 4, 4),
    *(3, 3, 2, 2, 2, 1, 1, 1, 1, 1),
)
"""Weight of each number of completed years of service."""
_DEFERRALS = ((30, 300), (45, 500), (55, 700), (128, 900))
"""Age below which, and the lowest rate of those who are enrolled, bp; up to 500 come on top."""


@dataclass(frozen=True)
class Makeup:
    """What the census of a spec is made with."""

    key: Key
    first_day: int
    """January 1 of the first year, days since 1970-01-01."""
    years: range
    """Of the run."""
    waiting_days: int
    """Days from hire to eligibility."""
    departments: tuple[str, ...]
    department_deck: Ints
    """Departments by slot, a power of two of them."""
    level_names: tuple[str, ...]
    pay_bands: tuple[tuple[int, int], ...]
    """Lowest and highest pay of each level, cents."""
    population: Population


@dataclass(frozen=True)
class Draws:
    """The draws of some people."""

    makeup: Makeup
    identity: NDArray[np.generic]
    """What tells people apart, integers of up to 64 bits, one each."""

    def _words(self, purpose: str) -> NDArray[np.uint64]:
        return words(self.makeup.key.child("census", purpose), self.identity)

    def levels(self) -> Ints:
        """Return job levels, from 1."""
        codes = pick(self._words("level"), _shares_deck(self.makeup.population.level_shares))
        return codes.astype(np.int64) + 1

    def tiers(self) -> Ints:
        """Return codes of performance tiers."""
        return pick(self._words("tier"), _shares_deck(self.makeup.population.performance_shares)).astype(np.int64)

    def departments(self) -> Ints:
        """Return codes of departments."""
        return pick(self._words("department"), self.makeup.department_deck)

    def hire_ages(self, level: Ints) -> Ints:
        """Return whole years of age at hire."""
        return LEAST_AGE + self._by_level("hire_age", _hire_age_decks(), level)

    def tenures(self, level: Ints) -> Ints:
        """Return completed years of service."""
        return self._by_level("tenure", _tenure_decks(), level)

    def _by_level(self, purpose: str, decks: NDArray[np.int32], level: Ints) -> Ints:
        slot = below(self._words(purpose), decks.shape[1])
        row = np.minimum(level - 1, decks.shape[0] - 1)
        found: Ints = decks[row, slot].astype(np.int64)
        return found

    def hire_dates(self, tenure: Ints) -> Ints:
        """Return hire dates before the first day, for completed years of service."""
        return self.makeup.first_day - 1 - tenure * 1461 // 4 - below(self._words("hire_day"), 365)

    def hire_dates_of_months(self, months: Ints) -> Ints:
        """Return hire dates before the first day, for completed months of service."""
        return self.makeup.first_day - 1 - months * 1461 // 48 - below(self._words("hire_day"), 30)

    def birth_dates(self, hire_date: Ints, hire_age: Ints) -> Ints:
        """Return birth dates, for ages at hire; nobody is older than 74 at the first day."""
        oldest = self.makeup.first_day - (MOST_AGE + 1) * 1461 // 4 + 1
        born = hire_date - hire_age * 1461 // 4 - below(self._words("birth_day"), 365)
        latest = hire_date - LEAST_AGE * 1461 // 4 - 1
        dates: Ints = np.minimum(np.maximum(born, oldest), latest)
        return dates

    def pay(self, level: Ints, tenure: Ints) -> Ints:
        """Return annual pay in cents, hundreds of dollars within the band of the level; more with tenure."""
        low, high = np.array(self.makeup.pay_bands, np.int64).T
        spread = (below(self._words("pay"), 65_536) + below(self._words("pay_again"), 65_536)) // 2
        place = (2 * spread + np.minimum(tenure, 15) * 4369) // 3
        place = np.where(level >= 4, place * place >> 16, place)
        cents = low[level - 1] + ((high - low)[level - 1] * place >> 16)
        hundreds: Ints = np.maximum(cents // 10_000, 1)
        return hundreds * 10_000

    def enrolled(self, tenure: Ints) -> Flags:
        """Return who takes part in the plan."""
        share = round(self.makeup.population.participation * 65_536)
        return below(self._words("enrolled"), 65_536) < np.where(tenure > 0, share, share * 3 // 5)

    def deferrals(self, age: Ints) -> Ints:
        """Return deferral rates, bp, whole percents that rise with age."""
        place = np.searchsorted([limit for limit, _ in _DEFERRALS], np.minimum(age, 127), side="right")
        lowest: Ints = np.array([rate for _, rate in _DEFERRALS], np.int64)[place]
        return lowest + 100 * below(self._words("deferral"), 6)

    def enrollment_dates(self, hire_date: Ints) -> Ints:
        """Return days of enrolment, 45 days after the hire if that has come."""
        return np.minimum(hire_date + _AUTO_ENROLLMENT_DAYS, self.makeup.first_day - 1)

    def declined(self) -> Flags:
        """Return who has declined automatic escalation."""
        return below(self._words("declined"), 65_536) < round(self.makeup.population.escalation_opt_out * 65_536)

    def hours(self) -> Ints:
        """Return scheduled hours a week."""
        some = below(self._words("part_time"), 65_536) < round(self.makeup.population.part_time * 65_536)
        return np.where(some, 20 + 5 * below(self._words("hours"), 4), _FULL_TIME)


@cache
def _shares_deck(shares: tuple[float, ...]) -> NDArray[np.int32]:
    return deck(integer_weights(np.array(shares)))


@cache
def _tenure_decks() -> NDArray[np.int32]:
    """Return completed years by (level − 1, slot): the higher the level, the fewer newcomers."""
    years = np.arange(len(_TENURE_WEIGHTS))
    base = np.array(_TENURE_WEIGHTS, np.int64)
    return np.stack([deck(base * (20 + 2 * level * np.minimum(years, 10))) for level in range(5)])


@cache
def _hire_age_decks() -> NDArray[np.int32]:
    """Return years above 18 by (level − 1, slot): most staff start in their twenties, three years later a level."""
    ages = np.arange(LEAST_AGE, 65)
    decks = []
    for level in range(5):
        shifted = ages - 3 * level
        weights = np.where(shifted < 25, 30 + 12 * (shifted - 18), (66 - shifted) ** 3 // 600)
        decks.append(deck(np.where(shifted < 18, 0, np.maximum(weights, 1))))
    return np.stack(decks)
