"""One block of people through one year: what happens to them, and how they stand at its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.random.rng import Drawer
from rowmill.domains.workforce.year.career import Career, career, with_hires
from rowmill.domains.workforce.year.contributions import Contributions, contributions
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.hiring import Places, hires
from rowmill.domains.workforce.year.leaving import Leaving, chosen, hires_who_leave, leaving, weights
from rowmill.domains.workforce.year.people import (
    RATE_CHANGE,
    RATE_ENROLLMENT,
    RATE_ESCALATION,
    RATE_OPT_OUT,
    People,
)
from rowmill.domains.workforce.year.saving import Saving, saving
from rowmill.draw.arrays import Ints


@dataclass(frozen=True, slots=True)
class YearRows:
    """Everybody employed in a block at some time of a year: starters, then hires."""

    days: YearDays
    block: int
    starters: int
    before: People
    """On January 1; hires on the day they joined."""
    left: Leaving
    career: Career
    saving: Saving
    paid: Contributions
    after: People
    """On the as-of date: the termination date of who left, else December 31."""
    age: Ints
    """On the as-of date."""
    tenure: Ints

    def remaining(self) -> People:
        """Return those who are employed on the first day of the next year."""
        return self.after.take(np.flatnonzero(~self.left.leaves))


def simulate(p: Parameters, days: YearDays, people: People, places: Places, exits: tuple[int, int]) -> YearRows:
    """Return a year of a block.

    Args:
        p: parameters of the run.
        days: days of the year.
        people: who is employed on January 1.
        places: of the hires.
        exits: how many of them leave, and how many of the hires.
    """
    drawer = Drawer(p.run.seed, days.year)
    starters = len(people)
    age = np.minimum(days.whole_years(0, people.birth_year, people.birth_md), DENSE - 1)
    tenure = np.clip(days.whole_years(0, people.hire_year, people.hire_md), 0, DENSE - 1)
    weight = weights(p, people, age, tenure)
    leaves = chosen(people, weight, exits[0], drawer, places.block)
    joined = hires(p, days, drawer, places)
    leaves = np.concatenate((leaves, hires_who_leave(joined, exits[1], drawer)))
    weight = np.concatenate((weight, np.zeros(len(joined), np.int64)))
    everybody = people.followed_by(joined)
    left = leaving(p, days, drawer, everybody, leaves, weight)
    made = with_hires(career(p, days, drawer, people, left.index[:starters], (age, tenure)), joined, days.days)
    plan = saving(p, days, drawer, everybody, left, age)

    as_of = np.minimum(left.index, days.days - 1)
    ages = days.whole_years(as_of, everybody.birth_year, everybody.birth_md)
    tenures = np.maximum(days.whole_years(as_of, everybody.hire_year, everybody.hire_md), 0)
    paid = contributions(p, days, everybody, (left, made, plan), (ages, tenures))
    after = _after(days, everybody, made, plan, paid)
    after.prior_pay[starters:] = paid.full_year[starters:]
    return YearRows(days, places.block, starters, everybody, left, made, plan, paid, after, ages, tenures)


def _after(days: YearDays, people: People, made: Career, plan: Saving, paid: Contributions) -> People:
    """Return people as the year leaves them."""
    changed = {
        name: getattr(people, name).copy()
        for name in (
            "level", "enrolled", "enrolled_date", "source", "opted_out", "opted_out_date", "original_bp",
            "escalations", "last_escalation", "rate_source",
        )
    }  # fmt: skip
    bp = plan.escalated_bp.copy()
    changed["level"][made.promotion.rows] += 1
    rows = plan.escalation.rows
    changed["escalations"][rows] += 1
    changed["last_escalation"][rows] = days.jan1
    changed["rate_source"][rows] = RATE_ESCALATION
    rows = plan.enrollment.rows
    changed["enrolled"][rows] = True
    changed["enrolled_date"][rows] = days.jan1 + plan.enrollment.index
    changed["source"][rows] = plan.enrollment.source
    changed["original_bp"][rows] = bp[rows] = plan.enrollment.after
    changed["rate_source"][rows] = RATE_ENROLLMENT
    rows = plan.change.rows
    bp[rows] = plan.change.after
    changed["rate_source"][rows] = RATE_CHANGE
    rows = plan.opt_out.rows
    changed["enrolled"][rows] = False
    changed["opted_out"][rows] = True
    changed["opted_out_date"][rows] = days.jan1 + plan.opt_out.index
    changed["rate_source"][rows] = RATE_OPT_OUT
    bp[rows] = 0
    return replace(people, **changed, bp=bp, pay=made.pay[2], prior_pay=paid.prorated.copy())
