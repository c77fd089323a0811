"""Promotions, raises and the pay that follows from them within a year."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.random.rng import Drawer, below, happens, slot
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leavers
from rowmill.domains.workforce.year.people import People, Reached
from rowmill.draw.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class Step:
    """Promotions or raises: whose (rows), when, at which rate, and what it does to the pay."""

    rows: Ints
    index: Ints
    rate: Ints
    """Basis points, as drawn."""
    before: Ints
    after: Ints
    capped: Flags
    threshold: Ints


@dataclass(frozen=True, slots=True)
class Career:
    """What happens to level and pay in a year, of everybody."""

    promotion: Step
    raised: Step
    merit: Ints
    """Merit part of each raise."""
    promotion_index: Ints
    """Index of the promotion, the number of days where there is none."""
    pay: tuple[Ints, Ints, Ints]
    """Pay before the first change, between both, after the second."""
    changes: tuple[Ints, Ints]
    """Indices of the changes, ascending; the number of days where there is none."""

    def pay_on(self, rows: Ints, index: Ints) -> Ints:
        """Return the pay in force on days of the year, changes of the day included."""
        # One look-up of the three instead of a choice in each row, which no processor foresees.
        changed = sum((index >= change.take(rows)).astype(np.int64) for change in self.changes)
        return np.concatenate(self.pay).take(changed * len(self.pay[0]) + rows)


def career(p: Parameters, days: YearDays, drawer: Drawer, starters: People, left: Leavers, jan1: Reached) -> Career:
    """Return promotions, raises and pay of starters.

    Args:
        p: parameters of the run.
        days: days of the year.
        drawer: streams of the year.
        starters: who is employed on January 1.
        left: who leaves when; starters come first.
        jan1: ages and tenures of starters on January 1.
    """
    run, exit_index = p.run, left.index[: len(starters)]
    promoted, promotion_rate, threshold = _promoted(p, days, drawer, starters, exit_index, jan1)
    at = np.full(len(promoted), days.index(run.promotion_month, run.promotion_day))
    promotion_index, steps = _spread(promoted, at, days.days, starters), _spread(promoted, promotion_rate, 0, starters)
    raised, when = _raised(p, days, drawer, starters, exit_index)
    merit = p.merit_bp[starters.level[raised] + (promotion_index[raised] <= when) - 1]
    raise_rate = merit + int(p.years["cola_bp"][days.year - run.start_year])
    raise_index, rises = _spread(raised, when, days.days, starters), _spread(raised, raise_rate, 0, starters)

    promotion_first = promotion_index <= raise_index
    caps = (run.promotion_cap_bp, run.promotion_cap_cents), (run.raise_cap_bp, run.raise_cap_cents)
    between, cut = _increased(starters.pay, np.where(promotion_first, steps, rises), _caps(promotion_first, *caps))
    last, late_cut = _increased(between, np.where(promotion_first, rises, steps), _caps(~promotion_first, *caps))

    def step(rows: Ints, index: Ints, rate: Ints, least: Ints, first: Flags) -> Step:
        first = first[rows]
        before = np.where(first, starters.pay[rows], between[rows])
        after = np.where(first, between[rows], last[rows])
        return Step(rows, index, rate, before, after, np.where(first, cut[rows], late_cut[rows]), least)

    return Career(
        step(promoted, at, promotion_rate, threshold, promotion_first),
        step(raised, when, raise_rate, np.full(len(raised), run.raise_threshold), ~promotion_first),
        merit,
        promotion_index,
        (starters.pay, between, last),
        (np.minimum(promotion_index, raise_index), np.maximum(promotion_index, raise_index)),
    )


def with_hires(days: YearDays, made: Career, hires: People) -> Career:
    """Return the career of starters and then hires, to whom nothing happens in their first year."""
    none = np.full(len(hires), days.days)
    first, between, last = (np.concatenate((pay, hires.pay)) for pay in made.pay)
    one, two = (np.concatenate((change, none)) for change in made.changes)
    return replace(
        made,
        promotion_index=np.concatenate((made.promotion_index, none)),
        pay=(first, between, last),
        changes=(one, two),
    )


def _promoted(
    p: Parameters, days: YearDays, drawer: Drawer, people: People, exit_index: Ints, jan1: Reached
) -> tuple[Ints, Ints, Ints]:
    """Return who is promoted, at which rate, and the threshold that their draws fell below."""
    run = p.run
    at = days.index(run.promotion_month, run.promotion_day)
    threshold = p.promotion_threshold[p.tenure_band[jan1.tenure], p.age_band[jan1.age], people.level - 1]
    may = happens(drawer.words(people.a, people.b, "promotion", "who"), threshold)
    may &= (people.level < run.max_level) & (exit_index > at)
    rows = np.flatnonzero(may)
    rows = rows[days.whole_years(at, people.hire_year[rows], people.hire_md[rows]) >= run.promotion_min_tenure]
    rows = rows[days.whole_years(at, people.birth_year[rows], people.birth_md[rows]) < run.promotion_max_age]
    word = drawer.words(people.a[rows], people.b[rows], "promotion", "rate")
    return rows, run.promotion_low_bp + below(word, run.promotion_count), threshold[rows]


def _raised(p: Parameters, days: YearDays, drawer: Drawer, people: People, exit_index: Ints) -> tuple[Ints, Ints]:
    """Return who gets a raise, and when."""
    run = p.run
    month = p.months[slot(drawer.words(people.a, people.b, "raise", "month"))]
    start = days.month_start[month - 1]
    length = days.month_start[month] - start
    if run.raise_day:
        index = start + np.minimum(run.raise_day, length) - 1
    else:
        index = start + below(drawer.words(people.a, people.b, "raise", "day"), length)
    may = (index < exit_index) & (days.whole_years(index, people.hire_year, people.hire_md) >= run.raise_min_tenure)
    may &= happens(drawer.words(people.a, people.b, "raise", "who"), run.raise_threshold)
    rows = np.flatnonzero(may)
    return rows, index[rows]


def _spread(rows: Ints, values: Ints, elsewhere: int, people: People) -> Ints:
    out = np.full(len(people), elsewhere, np.int64)
    out[rows] = values
    return out


def _caps(first: Flags, one: tuple[int, int], other: tuple[int, int]) -> tuple[Ints, Ints]:
    return np.where(first, one[0], other[0]), np.where(first, one[1], other[1])


def _increased(pay: Ints, rate: Ints, caps: tuple[Ints, Ints]) -> tuple[Ints, Flags]:
    """Return pay after an increase, and where a cap limited it."""
    asked = (pay * rate + 5_000) // 10_000
    given = np.minimum(np.minimum(asked, pay * caps[0] // 10_000), caps[1])
    return pay + given, given < asked
