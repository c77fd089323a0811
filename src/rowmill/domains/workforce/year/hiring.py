"""The hires of one block in one year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE
from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.random.rng import Drawer, below, happens, order_of, slot
from rowmill.domains.workforce.year.dates import YearDays, year_and_md
from rowmill.domains.workforce.year.people import AUTO, NO_SOURCE, PROACTIVE, RATE_NONE, VOLUNTARY, People
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.md5 import Words32, md5_words
from rowmill.draw.quota import cumulative_of


@dataclass(frozen=True, slots=True)
class HirePlaces:
    """Where the hires of a block and year stand among all."""

    block: int
    count: int
    number: int
    """Number of the first of them."""
    code: int
    """Place of the first one's texts in the block's dictionaries."""
    ids: NDArray[np.bytes_]


def hires(p: Parameters, days: YearDays, drawer: Drawer, places: HirePlaces) -> People:
    """Make the hires of a block in a year as they are on the day they join."""
    run, count = p.run, places.count
    a, b, _ = md5_words(places.ids)

    def word(salt: str) -> Words32:
        return drawer.words(a, b, "hire", salt)

    index = below(word("date"), days.days - 1)
    hired = days.jan1 + index
    level = _levels(p, drawer, word("level"), places)
    birth = hired - p.hire_ages[slot(word("age"))] * 1461 // 4 - below(word("birth"), 365)
    birth_year, birth_md = year_and_md(birth)
    spread = run.hire_pay_low_bp + below(word("pay"), run.hire_pay_count)
    pay = (p.target_cents[level - 1] * spread + 5_000) // 10_000 // 100 * 100
    eligible = hired + run.waiting_days
    age = np.minimum(days.whole_years(index, birth_year, birth_md), DENSE - 1)
    entry = _entry(p, drawer, (a, b), enrollment_row(p, age, pay), eligible)
    nothing, no_date = np.zeros(count, np.int64), np.full(count, NO_DATE, np.int64)
    no_flags = np.zeros(count, np.bool_)
    return People(
        number=places.number + np.arange(count),
        a=a,
        b=b,
        code=places.code + np.arange(count),
        birth=birth,
        birth_year=birth_year,
        birth_md=birth_md,
        hired=hired,
        hire_year=np.full(count, days.year, np.int16),
        hire_md=days.md[index],
        department=p.departments[slot(word("department"))].astype(np.int16),
        tier=p.performances[slot(word("performance"))].astype(np.int8),
        level=level.astype(np.int8),
        pay=pay,
        eligible=eligible,
        entry_source=entry.source.astype(np.int8),
        entry_date=entry.date,
        entry_bp=entry.bp,
        entry_threshold=entry.threshold,
        opt_out_date=entry.opt_out_date,
        opt_out_threshold=entry.opt_out_threshold,
        declined=no_flags,
        enrolled=no_flags,
        enrolled_date=no_date,
        source=np.full(count, NO_SOURCE, np.int8),
        opted_out=no_flags,
        opted_out_date=no_date,
        bp=nothing,
        original_bp=nothing,
        escalations=nothing.astype(np.int16),
        last_escalation=no_date,
        rate_source=np.full(count, RATE_NONE, np.int8),
        prior_pay=nothing,
    )


def enrollment_row(p: Parameters, age: Ints, pay: Ints) -> tuple[Ints, Ints]:
    """Return enrolment band and income band: the row of the tables of enrolment."""
    income = np.searchsorted(p.income_from, pay, side="right") - 1
    return p.enrollment_band[age], income


def _levels(p: Parameters, drawer: Drawer, word: Words32, places: HirePlaces) -> Ints:
    """Return levels: ranks by draw against the marks of the quota over levels."""
    marks = drawer.marks(places.count, cumulative_of(p.hire_weight), "levels", str(places.block))
    rank = np.empty(places.count, np.int64)
    rank[order_of(word)] = np.arange(1, places.count + 1)
    return np.searchsorted(marks[1:], rank, side="left") + 1


@dataclass(frozen=True, slots=True)
class _Entry:
    source: Ints
    date: Ints
    bp: Ints
    threshold: Ints
    opt_out_date: Ints
    opt_out_threshold: Ints


def _entry(
    p: Parameters, drawer: Drawer, ids: tuple[Words32, Words32], row: tuple[Ints, Ints], eligible: Ints
) -> _Entry:
    """Decide how and when hires first enter the plan, and whether they opt out."""
    run = p.run
    threshold, opt_out_threshold = p.entry_threshold[row], p.opt_out_threshold[row]
    own = happens(drawer.words(*ids, "enrollment", "entry"), threshold)
    own_date = (
        eligible + run.proactive_first + below(drawer.words(*ids, "enrollment", "entry_day"), run.proactive_count)
    )
    if not run.auto_enrollment:
        nothing, no_date = np.zeros(len(own), np.int64), np.full(len(own), NO_DATE, np.int64)
        source = np.where(own, VOLUNTARY, NO_SOURCE)
        bp = np.where(own, p.deferral_bp[row], 0)
        return _Entry(source, np.where(own, own_date, NO_DATE), bp, threshold, no_date, nothing)
    date = np.where(own, own_date, eligible + run.auto_days)
    leaves: Flags = ~own & happens(drawer.words(*ids, "enrollment_change", "opt_out"), opt_out_threshold)
    after = 1 + below(drawer.words(*ids, "enrollment_change", "opt_out_day"), run.opt_out_days)
    return _Entry(
        np.where(own, PROACTIVE, AUTO),
        date,
        np.where(own, p.deferral_bp[row], run.auto_bp),
        threshold,
        np.where(leaves, date + after, NO_DATE),
        opt_out_threshold,
    )
