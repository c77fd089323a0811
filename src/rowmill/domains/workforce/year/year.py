"""One block of people through one year: what happens to them, and how they stand at its end.

The year is a list of steps, each a function of what it needs; the engine puts them in order, as it does with columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.random.rng import Drawer
from rowmill.domains.workforce.year.career import Career, career, with_hires
from rowmill.domains.workforce.year.contributions import Contributions, Happened, contributions
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.hiring import HirePlaces, hires
from rowmill.domains.workforce.year.leaving import Exits, Leavers, chosen, hires_who_leave, leaving, weights
from rowmill.domains.workforce.year.people import (
    RATE_CHANGE,
    RATE_ENROLLMENT,
    RATE_ESCALATION,
    RATE_OPT_OUT,
    People,
    Reached,
)
from rowmill.domains.workforce.year.saving import Saving, saving
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import Column, ColumnSet


@dataclass(frozen=True, slots=True)
class YearRows:
    """Everybody employed in a block at some time of a year: starters, then hires."""

    days: YearDays
    block: int
    starters: int
    before: People
    """On January 1; hires on the day they joined."""
    left: Leavers
    career: Career
    saving: Saving
    paid: Contributions
    after: People
    """On the as-of date: the termination date of who left, else December 31."""
    as_of: Reached
    """Ages and tenures on the as-of date."""

    def remaining(self) -> People:
        """Return those who are employed on the first day of the next year."""
        return self.after.take(np.flatnonzero(~self.left.leaves))


def _jan1(days: YearDays, people: People) -> Reached:
    age = np.minimum(days.whole_years(0, people.birth_year, people.birth_md), DENSE - 1)
    return Reached(age, np.clip(days.whole_years(0, people.hire_year, people.hire_md), 0, DENSE - 1))


def _leaves(draws: Drawer, people: People, hires: People, weight: Ints, places: HirePlaces, exits: Exits) -> Flags:
    starters = chosen(people, weight, exits.starters, draws, places.block)
    return np.concatenate((starters, hires_who_leave(hires, exits.hires, draws)))


def _left(
    parameters: Parameters, days: YearDays, draws: Drawer, before: People, leaves: Flags, weight: Ints
) -> Leavers:
    whole = np.concatenate((weight, np.zeros(len(before) - len(weight), np.int64)))
    return leaving(parameters, days, draws, before, leaves, whole)


def _as_of(days: YearDays, before: People, left: Leavers) -> Reached:
    index = np.minimum(left.index, days.days - 1)
    age = days.whole_years(index, before.birth_year, before.birth_md)
    return Reached(age, np.maximum(days.whole_years(index, before.hire_year, before.hire_md), 0))


def _after(days: YearDays, people: People, before: People, happened: Happened, paid: Contributions) -> People:
    """Return everybody as the year leaves them."""
    changed = {
        name: getattr(before, name).copy()
        for name in (
            "level", "enrolled", "enrolled_date", "source", "opted_out", "opted_out_date", "original_bp",
            "escalations", "last_escalation", "rate_source",
        )
    }  # fmt: skip
    made, plan = happened.career, happened.saving
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
    prior = paid.prorated.copy()
    prior[len(people) :] = paid.full_year[len(people) :]
    return replace(before, **changed, bp=bp, pay=made.pay[2], prior_pay=prior)


def _step(name: str, *needs: str, by: Any) -> Column:
    return Column(None, (name,), needs, by)


STEPS = ColumnSet(
    "year",
    ("parameters", "days", "draws", "people", "places", "exits"),
    (
        _step("jan1", "days", "people", by=_jan1),
        _step("hires", "parameters", "days", "draws", "places", by=hires),
        _step("weight", "parameters", "people", "jan1", by=weights),
        _step("leaves", "draws", "people", "hires", "weight", "places", "exits", by=_leaves),
        _step("before", "people", "hires", by=People.followed_by),
        _step("left", "parameters", "days", "draws", "before", "leaves", "weight", by=_left),
        _step("starters_career", "parameters", "days", "draws", "people", "left", "jan1", by=career),
        _step("career", "days", "starters_career", "hires", by=with_hires),
        _step("saving", "parameters", "days", "draws", "before", "left", "jan1", by=saving),
        _step("happened", "left", "career", "saving", by=Happened),
        _step("as_of", "days", "before", "left", by=_as_of),
        _step("paid", "parameters", "days", "before", "happened", "as_of", by=contributions),
        _step("after", "days", "people", "before", "happened", "paid", by=_after),
    ),
)
"""The steps of a year. ``people`` are who is employed on January 1."""
_KEPT = ("before", "left", "career", "saving", "paid", "after", "as_of")


def simulate(p: Parameters, days: YearDays, people: People, places: HirePlaces, exits: Exits) -> YearRows:
    """Return a year of a block.

    Args:
        p: parameters of the run.
        days: days of the year.
        people: who is employed on January 1.
        places: of the hires.
        exits: how many leave.
    """
    given = {
        "parameters": p,
        "days": days,
        "draws": Drawer(p.run.seed, days.year),
        "people": people,
        "places": places,
        "exits": exits,
    }
    return YearRows(days, places.block, len(people), **STEPS.values(_KEPT, given))
