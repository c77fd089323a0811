"""People: what is known of everybody employed at the start of a year, or hired in it, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE, Census
from rowmill.domains.workforce.year.dates import Shorts, year_and_md
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.md5 import Words32

Codes = NDArray[np.int8]

NEVER = 1 << 31
"""Stands for a day that does not come."""
NO_SOURCE, CENSUS, PROACTIVE, AUTO, VOLUNTARY = range(5)
SOURCES = ("none", "census", "proactive", "auto", "voluntary")
"""Sources of an enrolment by code."""
RATE_NONE, RATE_CENSUS, RATE_ENROLLMENT, RATE_CHANGE, RATE_ESCALATION, RATE_OPT_OUT = range(6)
RATE_SOURCES = ("none", "census_rate", "enrollment_event", "rate_change", "escalation_event", "opt_out")
"""What set a deferral rate last, by code."""


@dataclass(frozen=True, slots=True)
class People:
    """One entry a person in each array, in the order of numbers; dates are days, NO_DATE where there is none."""

    number: Ints
    a: Words32
    b: Words32
    code: Ints
    """Place of the person's texts in the block's dictionaries."""
    birth: Ints
    birth_year: Shorts
    birth_md: Shorts
    hired: Ints
    hire_year: Shorts
    hire_md: Shorts
    department: Shorts
    tier: Codes
    level: Codes
    pay: Ints
    """Annual, cents."""
    eligible: Ints
    """First day of eligibility, NEVER for nobody's."""
    entry_source: Codes
    entry_date: Ints
    entry_bp: Ints
    entry_threshold: Ints
    opt_out_date: Ints
    opt_out_threshold: Ints
    declined: Flags
    """Who has declined escalation."""
    enrolled: Flags
    enrolled_date: Ints
    source: Codes
    opted_out: Flags
    opted_out_date: Ints
    bp: Ints
    original_bp: Ints
    escalations: Shorts
    last_escalation: Ints
    rate_source: Codes
    prior_pay: Ints
    """Last year's compensation, cents."""

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: Ints) -> People:
        """Return some of them."""
        return People(*(getattr(self, name).take(rows) for name in _NAMES))

    def followed_by(self, others: People) -> People:
        """Return these and then others."""
        if not len(others):
            return self
        return People(*(np.concatenate((getattr(self, name), getattr(others, name))) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(People))


@dataclass(frozen=True, slots=True)
class Reached:
    """How far people have come on a day, whole years."""

    age: Ints
    tenure: Ints
    """Years of service."""


def from_census(census: Census, rows: Ints, id_words: Words32, departments: Shorts) -> People:
    """Return people of a census.

    Args:
        census: everybody.
        rows: whom to take, ascending.
        id_words: uint32[3, n] of their ids.
        departments: the run's code of each department of the census.
    """
    count = len(rows)
    ints = {name: getattr(census, name)[rows].astype(np.int64) for name in _CENSUS_INTS}
    enrolled = census.enrolled[rows]
    nothing, no_date = np.zeros(count, np.int64), np.full(count, NO_DATE, np.int64)
    birth_year, birth_md = year_and_md(ints["birth_date"])
    hire_year, hire_md = year_and_md(ints["hire_date"])
    eligible = ints["eligibility_date"]
    return People(
        number=rows + 1,
        a=id_words[0],
        b=id_words[1],
        code=np.arange(count),
        birth=ints["birth_date"],
        birth_year=birth_year,
        birth_md=birth_md,
        hired=ints["hire_date"],
        hire_year=hire_year,
        hire_md=hire_md,
        department=departments[census.department[rows]],
        tier=census.performance[rows],
        level=census.level[rows],
        pay=ints["pay_cents"],
        eligible=np.where(eligible == NO_DATE, NEVER, eligible),
        entry_source=nothing.astype(np.int8),
        entry_date=no_date,
        entry_bp=nothing,
        entry_threshold=nothing,
        opt_out_date=no_date,
        opt_out_threshold=nothing,
        declined=census.escalation_opt_out[rows],
        enrolled=enrolled,
        enrolled_date=np.where(enrolled, ints["enrollment_date"], NO_DATE),
        source=np.where(enrolled, CENSUS, NO_SOURCE).astype(np.int8),
        opted_out=np.zeros(count, np.bool_),
        opted_out_date=no_date,
        bp=np.where(enrolled, ints["deferral_bp"], 0),
        original_bp=np.where(enrolled, ints["deferral_bp"], 0),
        escalations=nothing.astype(np.int16),
        last_escalation=no_date,
        rate_source=np.where(enrolled, RATE_CENSUS, RATE_NONE).astype(np.int8),
        prior_pay=ints["pay_cents"],
    )


_CENSUS_INTS = (
    "birth_date",
    "hire_date",
    "pay_cents",
    "eligibility_date",
    "enrollment_date",
    "deferral_bp",
)
