"""Pay of a year, and what employee and employer put into the plan, in closed form and in whole cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.domains.workforce.parameters.integers import MEASURES, Parameters
from rowmill.domains.workforce.year.career import Career
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leavers
from rowmill.domains.workforce.year.people import People, Reached
from rowmill.domains.workforce.year.saving import Saving
from rowmill.draw.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class Contributions:
    """Amounts in cents."""

    prorated: Ints
    full_year: Ints
    employee: Ints
    roth: Ints
    limited: Flags
    """Where a statutory limit cut the employee's own contribution."""
    match: Ints
    core: Ints


@dataclass(frozen=True, slots=True)
class _Paid:
    """Cent-days of pay from the first day of work in the year."""

    career: Career
    first: Ints

    def until(self, index: Ints, rows: Ints | slice) -> Ints:
        """Return the cent-days of some people before days of the year, given by index."""
        first, second = (change[rows] for change in self.career.changes)
        before, between, after = (pay[rows] for pay in self.career.pay)
        until_first: Ints = np.minimum(index, first)
        until_second: Ints = np.minimum(np.maximum(index, first), second)
        total = before * (until_first - self.first[rows])
        total += between * (until_second - first)
        total += after * (np.maximum(index, second) - second)
        return total


@dataclass(frozen=True, slots=True)
class Happened:
    """What happens to people in a year."""

    left: Leavers
    career: Career
    saving: Saving


def contributions(p: Parameters, days: YearDays, people: People, happened: Happened, as_of: Reached) -> Contributions:
    """Return what is paid; ``as_of`` holds ages and tenures on the as-of date."""
    left, career, saving = happened.left, happened.career, happened.saving
    end = np.minimum(left.index + 1, days.days)
    first = np.maximum(people.hired - days.jan1, 0)
    paid = _Paid(career, first)
    whole = paid.until(end, slice(None))
    prorated = whole // days.days
    raw = _raw(paid, saving, whole) // (10_000 * days.days)
    limits = {name: int(values[days.year - p.run.start_year]) for name, values in p.years.items()}
    attained = days.year - people.birth_year
    extra = np.where(attained >= 50, limits["catch_up"], 0)
    extra = np.where((attained >= 60) & (attained <= 63), limits["catch_up_60"], extra)
    employee = np.minimum(raw, limits["deferral_limit"] + extra)

    counted = np.minimum(prorated, limits["compensation_limit"])
    match = _match(p.match.T, _measure(p.run.match_by, as_of), counted, employee)
    share, excess = (column[_measure(p.run.core_by, as_of)] for column in p.core.T)
    core = (share * counted + excess * np.maximum(counted - limits["wage_base"], 0)) // 10_000
    core[people.eligible - days.jan1 >= left.index] = 0
    if p.run.core_last_day:
        core[left.leaves] = 0
    if p.run.match_last_day:
        match[left.leaves] = 0
    over = np.minimum(employee, limits["deferral_limit"]) + match + core
    over -= np.minimum(limits["additions_limit"], prorated)
    cut = np.minimum(core, np.maximum(over, 0))
    core -= cut
    match -= np.minimum(match, np.maximum(over, 0) - cut)
    roth = employee * p.run.roth_bp // 10_000
    return Contributions(prorated, whole // (end - first), employee, roth, raw > employee, match, core)


def _raw(paid: _Paid, saving: Saving, whole: Ints) -> Ints:
    """Return deferrals before any limit, in cent-days times basis points."""
    rate = saving.escalated_bp.copy()
    joined = saving.enrollment.rows
    rate[joined] = saving.enrollment.after
    raw: Ints = rate * whole
    raw[joined] -= rate[joined] * paid.until(saving.enrollment.index, joined)
    for step in (saving.opt_out, saving.change):
        rest = whole[step.rows] - paid.until(step.index, step.rows)
        raw[step.rows] += (step.after - rate[step.rows]) * rest
    return raw


def _measure(by: int, as_of: Reached) -> Ints | int:
    """Return what a formula goes by, cut to the rows of its table."""
    if by == 0:
        return 0
    return np.minimum((as_of.tenure, as_of.age, as_of.age + as_of.tenure)[by - 1], MEASURES - 1)


def _match(columns: Ints, measure: Ints | int, counted: Ints, employee: Ints) -> Ints:
    """Return the match by tiers; ``columns`` holds cap and rate of each by measure."""
    total, below = np.zeros(len(counted), np.int64), np.zeros(len(counted), np.int64)
    caps, rates = columns[::2], columns[1::2]
    used = max((n + 1 for n in range(len(rates)) if rates[n].any()), default=0)
    for cap, rate in zip(caps[:used], rates[:used], strict=True):
        matched = np.minimum(employee, cap[measure] * counted // 10_000)
        total += rate[measure] * (matched - below) // 10_000
        below = matched
    return total
