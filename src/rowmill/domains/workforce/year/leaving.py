"""Who leaves in a year, when and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.domains.workforce.parameters.integers import DENSE, WEIGHT, Parameters
from rowmill.domains.workforce.random.rng import Drawer, below, order_of, slot, told_apart
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.people import People, Reached
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import taken


@dataclass(frozen=True, slots=True)
class Leavers:
    """Who leaves: ``index`` is the day's index, the number of days for those who stay."""

    leaves: Flags
    index: Ints
    reason: Ints
    """Index into ``REASONS``, of those who leave."""
    weight: Ints
    """Hazard weight of starters, 0 for hires."""


@dataclass(frozen=True, slots=True)
class Exits:
    """How many leave in a year."""

    starters: int
    """Of those employed on January 1."""
    hires: int
    """Of the year's hires."""


def weights(p: Parameters, people: People, jan1: Reached) -> Ints:
    """Return the hazard weight of each starter by age and tenure on January 1, 1 … ."""
    run, age, tenure = p.run, jan1.age, jan1.tenure
    base = p.termination_weight[p.tenure_band[tenure], p.age_band[age], people.level - 1]
    first = np.where(tenure == 0, run.first_year_bp, 10_000)
    low = np.where(people.tier == 0, run.low_performer_bp, 10_000)
    return np.maximum(base * first * low // 100_000_000, 1)


def chosen(people: People, weight: Ints, count: int, drawer: Drawer, block: int) -> Flags:
    """Return which starters leave: exactly ``count``, by the quota rule over hazard weights in the order of draws."""
    leaves = np.zeros(len(people), np.bool_)
    if count == 0:
        return leaves
    order = order_of(drawer.words(people.a, people.b, "termination", "who"))
    shares = drawer.shares(count, weight[order], "exits", str(block))
    leaves[order[shares > 0]] = True
    short = count - int(np.count_nonzero(shares))
    if short:
        leaves[order[shares == 0][:short]] = True
    return leaves


def hires_who_leave(people: People, count: int, drawer: Drawer) -> Flags:
    """Return which hires leave: those with the smallest draws."""
    return taken(told_apart(drawer.words(people.a, people.b, "termination", "new_hire")), count)


def leaving(p: Parameters, days: YearDays, drawer: Drawer, people: People, leaves: Flags, weight: Ints) -> Leavers:
    """Return when and why those leave who do."""
    rows = np.flatnonzero(leaves)
    a, b = people.a[rows], people.b[rows]
    low = np.clip(people.hired[rows] + (p.run.min_exit_days - days.jan1), 0, days.days - 1)
    when = low + below(drawer.words(a, b, "termination", "date"), days.days - low)
    age = np.minimum(days.whole_years(when, people.birth_year[rows], people.birth_md[rows]), DENSE - 1)
    why = p.reasons[p.age_band[age], slot(drawer.words(a, b, "termination", "reason"))]
    index = np.full(len(people), days.days, np.int64)
    index[rows] = when
    reason = np.zeros(len(people), np.int64)
    reason[rows] = why
    return Leavers(leaves, index, reason, weight)


def probability(weight: Ints) -> Ints:
    """Return hazard weights as thresholds."""
    return np.minimum(weight, WEIGHT) * WEIGHT
