"""Who takes part in the retirement plan within a year, and at which rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.random.rng import Drawer, below, happens, slot
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.hiring import enrollment_row
from rowmill.domains.workforce.year.leaving import Leavers
from rowmill.domains.workforce.year.people import AUTO, VOLUNTARY, People, Reached
from rowmill.draw.arrays import Flags, Ints

NO_THRESHOLD = -1
LEAST_CHANGED_BP = 100
"""A change leads to no lower rate."""


@dataclass(frozen=True, slots=True)
class RateStep:
    """Enrolments, opt-outs, changes or escalations: whose (rows), when, and the rates before and after."""

    rows: Ints
    index: Ints
    before: Ints
    after: Ints
    threshold: Ints
    """Threshold that led to it, NO_THRESHOLD for none."""
    source: Ints
    """Source of an enrolment, by code."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What happens in the plan in a year."""

    enrollment: RateStep
    opt_out: RateStep
    change: RateStep
    escalation: RateStep
    escalated_bp: Ints
    """Rate of everybody after January 1."""


def saving(p: Parameters, days: YearDays, drawer: Drawer, people: People, left: Leavers, jan1: Reached) -> Saving:
    """Return what people do in the plan.

    Args:
        p: parameters of the run.
        days: days of the year.
        drawer: streams of the year.
        people: starters, then hires.
        left: who leaves when.
        jan1: ages and tenures of starters on January 1.
    """
    escalation = _escalation(p, days, people, left)
    rate = people.bp.copy()
    rate[escalation.rows] = escalation.after
    enrollment = _enrollment(p, days, drawer, people, left, jan1.age)
    taking_part = people.enrolled.copy()
    taking_part[enrollment.rows] = True
    at_rate = rate.copy()
    at_rate[enrollment.rows] = enrollment.after
    opt_out_index = people.opt_out_date - days.jan1
    rows = np.flatnonzero((opt_out_index >= 0) & (opt_out_index < left.index) & taking_part)
    opt_out = _step(
        rows, opt_out_index[rows], at_rate[rows], np.zeros(len(rows), np.int64), people.opt_out_threshold[rows]
    )
    change = _change(p, days, drawer, people, left, rate)
    return Saving(enrollment, opt_out, change, escalation, rate)


def _step(
    rows: Ints, index: Ints, before: Ints, after: Ints, threshold: Ints | int, source: Ints | None = None
) -> RateStep:
    limits = np.broadcast_to(np.asarray(threshold, np.int64), rows.shape)
    return RateStep(rows, index, before, after, limits, np.zeros(len(rows), np.int64) if source is None else source)


def _escalation(p: Parameters, days: YearDays, people: People, left: Leavers) -> RateStep:
    run = p.run
    since = np.datetime64(f"{days.year - run.escalation_years}-01-01").astype(np.int64)
    may = people.enrolled & (people.enrolled_date <= since) & (people.bp > 0) & (people.bp < run.escalation_cap_bp)
    may &= ~people.opted_out & ~people.declined & (people.hired >= run.escalation_cutoff) & (left.index > 0)
    rows = np.flatnonzero(may) if run.escalation_bp else np.zeros(0, np.int64)
    after = np.minimum(people.bp[rows] + run.escalation_bp, run.escalation_cap_bp)
    return _step(rows, np.zeros(len(rows), np.int64), people.bp[rows], after, NO_THRESHOLD)


def _enrollment(p: Parameters, days: YearDays, drawer: Drawer, people: People, left: Leavers, age: Ints) -> RateStep:
    run, starters = p.run, len(age)
    entry_index = people.entry_date - days.jan1
    enters: Flags = ~people.enrolled & (entry_index >= 0) & (entry_index < left.index)
    first = np.flatnonzero(enters)
    source = people.entry_source[first]
    threshold = np.where(source == AUTO, NO_THRESHOLD, people.entry_threshold[first])

    free = ~people.enrolled[:starters] & (entry_index[:starters] < 0) & (people.eligible[:starters] <= days.jan1)
    later = np.flatnonzero(free)
    row = enrollment_row(p, age[later], people.pay[later])
    a, b = people.a[later], people.b[later]
    joins = happens(drawer.words(a, b, "enrollment", "yearly"), p.yearly_threshold[row])
    if run.yearly_month:
        index = np.full(len(later), days.index(run.yearly_month, run.yearly_day))
    else:
        index = below(drawer.words(a, b, "enrollment", "yearly_day"), days.days)
    joins &= index < left.index[later]
    rows = np.concatenate((first, later[joins]))
    return _step(
        rows,
        np.concatenate((entry_index[first], index[joins])),
        np.zeros(len(rows), np.int64),
        np.concatenate((people.entry_bp[first], p.deferral_bp[row][joins])),
        np.concatenate((threshold, p.yearly_threshold[row][joins])),
        np.concatenate((source, np.full(int(joins.sum()), VOLUNTARY))),
    )


def _change(p: Parameters, days: YearDays, drawer: Drawer, people: People, left: Leavers, rate: Ints) -> RateStep:
    run = p.run
    rows = np.flatnonzero(people.enrolled & (people.opt_out_date < days.jan1))
    rows = rows[happens(drawer.words(people.a[rows], people.b[rows], "enrollment_change", "rate_change"),
                        run.rate_change_threshold)]  # fmt: skip
    a, b = people.a[rows], people.b[rows]
    index = 1 + below(drawer.words(a, b, "enrollment_change", "rate_change_day"), days.days - 1)
    step = p.rate_steps[slot(drawer.words(a, b, "enrollment_change", "rate_change_step"))]
    before = rate[rows]
    after = np.clip(before + step, LEAST_CHANGED_BP, run.max_deferral_bp)
    happened = (index < left.index[rows]) & (after != before)
    return _step(rows[happened], index[happened], before[happened], after[happened], run.rate_change_threshold)
