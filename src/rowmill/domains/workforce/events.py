"""The events of a block's year: what happened, one row each, by date and id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.fields import EVENT_CODES, EVENT_TYPES
from rowmill.domains.workforce.parameters import Parameters
from rowmill.domains.workforce.saving import RateStep
from rowmill.domains.workforce.texts import Names, Texts
from rowmill.domains.workforce.year import YearRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells, Dictionary

_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}
OPT_OUT = "opt_out"
"""Kinds are event types, and opt-outs beside the other changes of an enrolment."""
_TYPE_OF = {**_TYPE, OPT_OUT: _TYPE["enrollment_change"]}


class Events:
    """The events of one tile; columns are made when asked for."""

    def __init__(self, p: Parameters, texts: Texts, names: Names, rows: YearRows) -> None:
        self.p, self.texts, self.names, self.year = p, texts, names, rows
        kinds = self._kinds()
        self.eligible = kinds["eligibility"][0]
        starts = np.cumsum([0, *(len(whose) for whose, _ in kinds.values())])
        slices = {name: slice(int(a), int(b)) for name, a, b in zip(kinds, starts[:-1], starts[1:], strict=True)}
        row = np.concatenate([whose for whose, _ in kinds.values()])
        index = np.concatenate([when for _, when in kinds.values()])
        kind = np.repeat(np.array([_TYPE_OF[name] for name in kinds], np.int8), np.diff(starts))
        code = np.array(EVENT_CODES, np.int64)[kind]
        again = np.zeros(len(row), np.int64)
        again[slices[OPT_OUT]] = 1
        tail = rows.before.number[row] << 13 | (rows.days.year - 1990) << 6 | code << 2 | again
        # Index and id in one integer of 63 bits: 9 for the day, 43 for the id without its constant tag.
        order = np.argsort((index << 43) | tail)
        self.row, self.index, self.kind = row.take(order), index.take(order), kind.take(order)
        self.event_id = tail.take(order) | p.run.tag << 43
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._places = {name: place[some] for name, some in slices.items()}

    def __len__(self) -> int:
        return len(self.row)

    def _kinds(self) -> dict[str, tuple[Ints, Ints]]:
        """Return whose and when, by kind of event."""
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
            **steps,
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
        codes: Ints = self.year.before.code[self.row]
        return codes

    @cached_property
    def age(self) -> Ints:
        """Return ages on the days."""
        before = self.year.before
        return self.year.days.whole_years(self.index, before.birth_year[self.row], before.birth_md[self.row])

    @cached_property
    def tenure(self) -> Ints:
        """Return years of service on the days."""
        before = self.year.before
        years = self.year.days.whole_years(self.index, before.hire_year[self.row], before.hire_md[self.row])
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

    def sequence(self) -> Ints:
        """Return the place of each event among those of its employee; rows stand by date, and by code within it."""
        place = np.arange(len(self.row))
        keys = np.sort(self.row << 32 | place)
        row, order = keys >> 32, keys & 0xFFFFFFFF
        start = np.concatenate(([True], row[1:] != row[:-1])) if len(row) else np.zeros(0, np.bool_)
        out = np.empty(len(row), np.int64)
        out[order] = place - np.maximum.accumulate(np.where(start, place, 0)) + 1
        return out
