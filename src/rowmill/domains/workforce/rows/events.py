"""The events of a block's year: what happened, one row each, by date and id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.rows.fields import EVENT_CODES, EVENT_TYPES
from rowmill.domains.workforce.year.career import Career
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leavers
from rowmill.domains.workforce.year.people import People
from rowmill.domains.workforce.year.saving import RateStep, Saving
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells, Dictionary

_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}
OPT_OUT = "opt_out"
"""Kinds are event types, and opt-outs beside the other changes of an enrolment."""
_NO_DAY = np.uint16(0xFFFF)
_TYPE_OF = {**_TYPE, OPT_OUT: _TYPE["enrollment_change"]}


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of one kind: whose, and on which day of the year; nobody has two of a kind."""

    rows: Ints
    index: Ints


Happenings = Mapping[str, Happening]
"""By kind, in the order of event ids."""
RateSteps = Mapping[str, RateStep]
"""What changes deferral rates, by kind."""


@dataclass(frozen=True, slots=True)
class EventOrder:
    """The rows of all kinds in the order of the file, and where the rows of each kind went."""

    row: Ints
    """Whose, among the people of the year."""
    index: Ints
    """On which day of the year."""
    kind: NDArray[np.int8]
    """Of which kind, by its place among the kinds."""
    places: Mapping[str, Ints]
    taken: Ints
    """Where each row stood when the kinds stood one after the other."""

    def __len__(self) -> int:
        return len(self.row)

    def filled(self, kinds: Mapping[str, Any], width: type[np.generic] = np.int64) -> NDArray[Any]:
        """Return a column that has values for some kinds of events, 0 for the others."""
        out = np.zeros(len(self.row), width)
        for name, values in kinds.items():
            out[self.places[name]] = values
        return out

    def others(self, kinds: Iterable[str]) -> Flags:
        """Return which rows are of no such kind: where a column of theirs is missing."""
        flags = np.ones(len(self.row), np.bool_)
        for name in kinds:
            flags[self.places[name]] = False
        return flags

    def cells(
        self, kinds: Mapping[str, Any], width: type[np.generic] = np.int32, dictionary: Dictionary | None = None
    ) -> Cells:
        """Return a column that only some kinds of events have."""
        return Cells(self.filled(kinds, width), self.others(kinds), dictionary)

    def rates(self, steps: RateSteps, change: Callable[[RateStep], Ints]) -> Cells:
        """Return a column of the events that change deferral rates."""
        return self.cells({name: change(step) for name, step in steps.items()})


def rate_steps(saving: Saving) -> RateSteps:
    """Return what changes deferral rates."""
    return {
        "enrollment": saving.enrollment,
        "enrollment_change": saving.change,
        OPT_OUT: saving.opt_out,
        "deferral_escalation": saving.escalation,
    }


def happened(
    days: YearDays, starters: int, before: People, left: Leavers, career: Career, rate_steps: RateSteps
) -> Happenings:
    """Return what happened to people in a year, in which those after the starters joined."""
    leavers = np.flatnonzero(left.leaves)
    joined = np.arange(starters, len(before))
    eligible = before.eligible - days.jan1
    now = np.flatnonzero((eligible >= 0) & (eligible < left.index))
    return {
        "termination": Happening(leavers, left.index[leavers]),
        "hire": Happening(joined, before.hired[joined] - days.jan1),
        "eligibility": Happening(now, eligible[now]),
        **{name: Happening(step.rows, step.index) for name, step in rate_steps.items()},
        "promotion": Happening(career.promotion.rows, career.promotion.index),
        "raise": Happening(career.raised.rows, career.raised.index),
    }


def order(before: People, happened: Happenings) -> EventOrder:
    """Return the order of events by day, employee and kind."""
    starts = np.cumsum([0, *(len(each.rows) for each in happened.values())])
    slices = {name: slice(int(a), int(b)) for name, a, b in zip(happened, starts[:-1], starts[1:], strict=True)}
    row = np.concatenate([each.rows for each in happened.values()])
    index = np.concatenate([each.index for each in happened.values()])
    taken = _by_day(slices, row, index, len(before))
    kind = np.empty(len(row), np.int8)
    for number, some in enumerate(slices.values()):
        kind[some] = number
    place = np.empty(len(row), np.int64)
    place[taken] = np.arange(len(row))
    places = {name: place[some] for name, some in slices.items()}
    return EventOrder(row.take(taken), index.take(taken), kind.take(taken), places, taken)


def event_id(parameters: Parameters, days: YearDays, before: People, order: EventOrder) -> Cells:
    """Return ids: the run's tag, the employee's number, year and kind."""
    codes = [EVENT_CODES[_TYPE_OF[name]] << 2 | (name == OPT_OUT) for name in order.places]
    return Cells(person_year(parameters, days, before).take(order.row) + np.array(codes, np.int64).take(order.kind))


def person_year(parameters: Parameters, days: YearDays, before: People) -> Ints:
    """Return what identifies a person's year: the run's tag, the employee's number and the year."""
    year: Ints = (before.number << 13) + ((parameters.run.tag << 43) + ((days.year - 1990) << 6))
    return year


def type_of(order: EventOrder) -> NDArray[np.int8]:
    """Return the code of each row's event type."""
    return np.array([_TYPE_OF[name] for name in order.places], np.int8).take(order.kind)


def sequence(before: People, happened: Happenings, order: EventOrder) -> NDArray[np.int8]:
    """Return the place of each event among those of its employee, by date, and by kind within it."""
    kinds = happened.values()
    day = np.full((len(kinds), len(before)), _NO_DAY)
    for line, each in zip(day, kinds, strict=True):
        line[each.rows] = each.index
    place = np.empty(day.shape, np.int8)
    for late in range(len(day)):
        place[late] = len(day) - late
        for early in range(late):
            earlier = (day[early] <= day[late]).view(np.int8)
            place[late] += earlier
            place[early] -= earlier
    found = [line.take(each.rows) for line, each in zip(place, kinds, strict=True)]
    return np.concatenate(found).take(order.taken)


def _by_day(slices: Mapping[str, slice], row: Ints, index: Ints, people: int) -> Ints:
    """Return the order of events by day, employee and kind; nobody has two of a kind."""
    grid = np.full((people, len(slices)), -1, np.int32)
    for kind, some in enumerate(slices.values()):
        grid[row[some], kind] = np.arange(some.start, some.stop)
    by_person = grid.ravel().take(np.flatnonzero(grid >= 0))
    days = index.astype(np.uint16).take(by_person)
    return by_person.take(np.argsort(days, kind="stable")).astype(np.int64)
