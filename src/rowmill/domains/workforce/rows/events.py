"""The events of a block's year: what happened, one row each, by date and id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.rows.fields import EVENT_CODES, EVENT_TYPES
from rowmill.domains.workforce.rows.texts import Names, Texts
from rowmill.domains.workforce.year.saving import RateStep
from rowmill.domains.workforce.year.year import YearRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells, Dictionary

_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}
OPT_OUT = "opt_out"
"""Kinds are event types, and opt-outs beside the other changes of an enrolment."""
_NO_DAY = np.uint16(0xFFFF)
_TYPE_OF = {**_TYPE, OPT_OUT: _TYPE["enrollment_change"]}


class Events:
    """The events of one tile; columns are made when asked for."""

    def __init__(self, p: Parameters, texts: Texts, names: Names, rows: YearRows) -> None:
        self.p, self.texts, self.names, self.year = p, texts, names, rows
        self._kinds = kinds = self._happened()
        self.eligible = kinds["eligibility"][0]
        starts = np.cumsum([0, *(len(whose) for whose, _ in kinds.values())])
        slices = {name: slice(int(a), int(b)) for name, a, b in zip(kinds, starts[:-1], starts[1:], strict=True)}
        row = np.concatenate([whose for whose, _ in kinds.values()])
        index = np.concatenate([when for _, when in kinds.values()])
        self._order = _by_day(slices, row, index, len(rows.before))
        self.row, self.index = row.take(self._order), index.take(self._order)
        kind = np.empty(len(row), np.int8)
        for number, some in enumerate(slices.values()):
            kind[some] = number
        kind = kind.take(self._order)
        self.kind = np.array([_TYPE_OF[name] for name in kinds], np.int8).take(kind)
        tag = (p.run.tag << 43) + ((rows.days.year - 1990) << 6)
        codes = [EVENT_CODES[_TYPE_OF[name]] << 2 | (name == OPT_OUT) for name in kinds]
        self.event_id = (rows.before.number << 13).take(self.row) + (np.array(codes, np.int64) + tag).take(kind)
        place = np.empty(len(row), np.int64)
        place[self._order] = np.arange(len(row))
        self._places = {name: place[some] for name, some in slices.items()}

    def __len__(self) -> int:
        return len(self.row)

    def _happened(self) -> dict[str, tuple[Ints, Ints]]:
        """Return whose and when, by kind of event in the order of event ids: nobody has two of a kind."""
        year = self.year
        left, jan1 = year.left, year.days.jan1
        leavers = np.flatnonzero(left.leaves)
        joined = np.arange(year.starters, len(year.before))
        eligible = year.before.eligible - jan1
        now = np.flatnonzero((eligible >= 0) & (eligible < left.index))
        steps = {name: (step.rows, step.index) for name, step in self.steps.items()}
        return {
            "termination": (leavers, left.index[leavers]),
            "hire": (joined, year.before.hired[joined] - jan1),
            "eligibility": (now, eligible[now]),
            **{name: steps[name] for name in ("enrollment", "enrollment_change", OPT_OUT, "deferral_escalation")},
            "promotion": (year.career.promotion.rows, year.career.promotion.index),
            "raise": (year.career.raised.rows, year.career.raised.index),
        }

    @property
    def steps(self) -> dict[str, RateStep]:
        """Return what changes deferral rates, by kind of event."""
        plan = self.year.saving
        return {
            "enrollment": plan.enrollment,
            OPT_OUT: plan.opt_out,
            "enrollment_change": plan.change,
            "deferral_escalation": plan.escalation,
        }

    def filled(self, kinds: Mapping[str, Any], width: type[np.generic] = np.int64) -> NDArray[Any]:
        """Return a column that has values for some kinds of events, 0 for the others."""
        out = np.zeros(len(self.row), width)
        for name, values in kinds.items():
            out[self._places[name]] = values
        return out

    def others(self, kinds: Iterable[str]) -> Flags:
        """Return which rows are of no such kind: where a column of theirs is missing."""
        flags = np.ones(len(self.row), np.bool_)
        for name in kinds:
            flags[self._places[name]] = False
        return flags

    def cells(
        self, kinds: Mapping[str, Any], width: type[np.generic] = np.int32, dictionary: Dictionary | None = None
    ) -> Cells:
        """Return a column that only some kinds of events have."""
        return Cells(self.filled(kinds, width), self.others(kinds), dictionary)

    @cached_property
    def codes(self) -> Ints:
        """Return the places of the employees' texts."""
        codes: Ints = self.year.before.code.take(self.row)
        return codes

    @cached_property
    def age(self) -> Ints:
        """Return ages on the days."""
        before = self.year.before
        return self.year.days.whole_years(self.index, before.birth_year.take(self.row), before.birth_md.take(self.row))

    @cached_property
    def tenure(self) -> Ints:
        """Return years of service on the days."""
        before = self.year.before
        years = self.year.days.whole_years(self.index, before.hire_year.take(self.row), before.hire_md.take(self.row))
        return np.maximum(years, 0)

    def rate(self, change: Callable[[RateStep], Ints]) -> Cells:
        """Return a column of the events that change deferral rates."""
        return self.cells({name: change(step) for name, step in self.steps.items()})

    def roth(self, step: RateStep) -> Ints:
        """Return the Roth part of the rates after changes."""
        return step.after * self.p.run.roth_bp // 10_000

    def compensation(self) -> Ints:
        """Return the pay in force after each event."""
        pay = self.year.career.pay_on(self.row, self.index)
        pay[self._places["promotion"]] = self.year.career.promotion.after
        pay[self._places["raise"]] = self.year.career.raised.after
        return pay

    def sequence(self) -> NDArray[np.int8]:
        """Return the place of each event among those of its employee, by date, and by kind within it."""
        kinds = self._kinds.values()
        day = np.full((len(kinds), len(self.year.before)), _NO_DAY)
        for line, (whose, when) in zip(day, kinds, strict=True):
            line[whose] = when
        place = np.empty(day.shape, np.int8)
        for late in range(len(day)):
            place[late] = len(day) - late
            for early in range(late):
                earlier = (day[early] <= day[late]).view(np.int8)
                place[late] += earlier
                place[early] -= earlier
        found = [line.take(whose) for line, (whose, _) in zip(place, kinds, strict=True)]
        return np.concatenate(found).take(self._order)


def _by_day(slices: Mapping[str, slice], row: Ints, index: Ints, people: int) -> Ints:
    """Return the order of events by day, employee and kind; nobody has two of a kind."""
    grid = np.full((people, len(slices)), -1, np.int32)
    for kind, some in enumerate(slices.values()):
        grid[row[some], kind] = np.arange(some.start, some.stop)
    by_person = grid.ravel().take(np.flatnonzero(grid >= 0))
    days = index.astype(np.uint16).take(by_person)
    return by_person.take(np.argsort(days, kind="stable")).astype(np.int64)
