"""The events of a block's year: what happened, one row each, by date and id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rowmill.domains.workforce.fields import CATEGORIES, DETAILS, EVENT_CODES, EVENT_TYPES
from rowmill.domains.workforce.leaving import probability
from rowmill.domains.workforce.parameters import DENSE, Parameters
from rowmill.domains.workforce.people import AUTO, PROACTIVE
from rowmill.domains.workforce.saving import NO_THRESHOLD, RateStep
from rowmill.domains.workforce.texts import Names, Texts
from rowmill.domains.workforce.year import YearRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells

_DETAIL = {name: code for code, name in enumerate(DETAILS)}
_CATEGORY = {name: code for code, name in enumerate(CATEGORIES)}
_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}
_OPT_OUT = "opt_out"
"""Kinds are event types, and opt-outs beside the other changes of an enrolment."""
_TYPE_OF = {**_TYPE, _OPT_OUT: _TYPE["enrollment_change"]}


class Events:
    """The events of one tile; columns are made when asked for."""

    def __init__(self, p: Parameters, texts: Texts, names: Names, rows: YearRows) -> None:
        self.p, self.texts, self.names, self.year = p, texts, names, rows
        kinds = self._kinds()
        starts = np.cumsum([0, *(len(whose) for whose, _ in kinds.values())])
        self._slices = {name: slice(int(a), int(b)) for name, a, b in zip(kinds, starts, starts[1:], strict=False)}
        row = np.concatenate([whose for whose, _ in kinds.values()])
        index = np.concatenate([when for _, when in kinds.values()])
        kind = np.repeat([_TYPE_OF[name] for name in kinds], np.diff(starts))
        code = np.array(EVENT_CODES, np.int64)[kind]
        again = np.zeros(len(row), np.int64)
        again[self._slices[_OPT_OUT]] = 1
        tail = rows.before.number[row] << 13 | (rows.days.year - 1990) << 6 | code << 2 | again
        # Index and id in one integer of 63 bits: 9 for the day, 43 for the id without its constant tag.
        self._order = np.argsort((index << 43) | tail)
        self.row, self.index, self.kind = row[self._order], index[self._order], kind[self._order]
        self.event_id = tail[self._order] | p.run.tag << 43

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
        steps = {name: (step.rows, step.index) for name, step in self._steps.items()}
        return {
            "termination": (leavers, left.index[leavers]),
            "hire": (joined, year.before.hired[joined] - jan1),
            "eligibility": (now, eligible[now]),
            **steps,
            "promotion": (year.career.promotion.rows, year.career.promotion.index),
            "raise": (year.career.raised.rows, year.career.raised.index),
        }

    @property
    def _steps(self) -> dict[str, RateStep]:
        plan = self.year.saving
        return {
            "enrollment": plan.enrollment,
            _OPT_OUT: plan.opt_out,
            "enrollment_change": plan.change,
            "deferral_escalation": plan.escalation,
        }

    def filled(self, elsewhere: int, kinds: dict[str, Any]) -> Ints:
        """Return a column that has values for some kinds of events, in the order of the rows."""
        out = np.full(len(self.row), elsewhere, np.int64)
        for name, values in kinds.items():
            out[self._slices[name]] = values
        return out[self._order]

    def of(self, *kinds: str) -> Flags:
        """Return which rows are of some kinds."""
        flags = np.zeros(len(self.row), np.bool_)
        for name in kinds:
            flags[self._slices[name]] = True
        return flags[self._order]

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

    @cached_property
    def rates(self) -> tuple[Ints, Ints, Flags]:
        """Return deferral rates before and after, and where there are none."""
        before = self.filled(0, {name: step.before for name, step in self._steps.items()})
        after = self.filled(0, {name: step.after for name, step in self._steps.items()})
        return before, after, ~self.of(*self._steps)

    @cached_property
    def roth(self) -> Ints:
        """Return the Roth part of the rates after."""
        return self.rates[1] * self.p.run.roth_bp // 10_000

    def compensation(self) -> Ints:
        """Return the pay in force after each event."""
        pay = self.year.career.pay_on(self.row, self.index)
        for kind, step in (("promotion", self.year.career.promotion), ("raise", self.year.career.raised)):
            flags = self.of(kind)
            pay[flags] = self.filled(0, {kind: step.after})[flags]
        return pay

    def probability(self) -> Cells:
        """Return the thresholds that led to the events."""
        year, left = self.year, self.year.left
        leavers = np.flatnonzero(left.leaves)
        found = np.where(leavers < year.starters, probability(left.weight[leavers]), NO_THRESHOLD)
        kinds = {name: step.threshold for name, step in self._steps.items()}
        values = self.filled(
            NO_THRESHOLD,
            {
                "termination": found,
                **kinds,
                "promotion": year.career.promotion.threshold,
                "raise": year.career.raised.threshold,
            },
        )
        return Cells(values, values == NO_THRESHOLD)

    def category(self) -> Ints:
        """Return codes of the categories."""
        year = self.year
        leavers, source = np.flatnonzero(year.left.leaves), year.saving.enrollment.source
        own = np.where(source == PROACTIVE, _CATEGORY["proactive_enrollment"], _CATEGORY["voluntary_enrollment"])
        return self.filled(
            0,
            {
                "termination": np.where(leavers < year.starters, 0, _CATEGORY["new_hire_termination"]),
                "hire": _CATEGORY["new_hire"],
                "eligibility": _CATEGORY["plan_eligibility"],
                "enrollment": np.where(source == AUTO, _CATEGORY["auto_enrollment"], own),
                _OPT_OUT: _CATEGORY["opt_out"],
                "enrollment_change": _CATEGORY["rate_change"],
                "deferral_escalation": _CATEGORY["auto_escalation"],
                "promotion": _CATEGORY["level_promotion"],
                "raise": _CATEGORY["merit_raise"],
            },
        )

    def details(self) -> Ints:
        """Return codes of the details: ``DETAILS``, then the names of levels."""
        year, plan = self.year, self.year.saving
        leavers, first_level = np.flatnonzero(year.left.leaves), len(DETAILS) - 1
        now = self.eligibility_rows
        immediate = year.before.eligible[now] == year.before.hired[now]
        again = year.before.opted_out[plan.enrollment.rows]
        reached = plan.escalation.after == self.p.run.escalation_cap_bp
        merit, cola = year.career.merit, int(self.p.years["cola_bp"][year.days.year - self.p.run.start_year])
        with_merit = np.where(merit > 0, _DETAIL["merit_and_cola"], _DETAIL["cola"])
        return self.filled(
            0,
            {
                "termination": year.left.reason[leavers],
                "hire": first_level + year.before.level[year.starters :],
                "eligibility": np.where(immediate, _DETAIL["immediate"], _DETAIL["age_and_service"]),
                "enrollment": np.where(again, _DETAIL["again"], _DETAIL["initial"]),
                _OPT_OUT: _DETAIL["within_window"],
                "enrollment_change": np.where(
                    plan.change.after > plan.change.before, _DETAIL["increase"], _DETAIL["decrease"]
                ),
                "deferral_escalation": np.where(reached, _DETAIL["last_step"], _DETAIL["step"]),
                "promotion": first_level + year.before.level[year.career.promotion.rows] + 1,
                "raise": np.where(cola == 0, _DETAIL["merit"], with_merit),
            },
        )

    @cached_property
    def eligibility_rows(self) -> Ints:
        """Return who becomes eligible, in the order of people."""
        return self._kinds()["eligibility"][0]

    def sequence(self) -> Ints:
        """Return the place of each event among those of its employee; rows stand by date, and by code within it."""
        place = np.arange(len(self.row))
        keys = np.sort(self.row << 32 | place)
        row, order = keys >> 32, keys & 0xFFFFFFFF
        start = np.concatenate(([True], row[1:] != row[:-1])) if len(row) else np.zeros(0, np.bool_)
        out = np.empty(len(row), np.int64)
        out[order] = place - np.maximum.accumulate(np.where(start, place, 0)) + 1
        return out


def _final_pay(e: Events) -> Cells:
    """Return the 15th, or the last day of the month, on or after the termination."""
    days = e.year.days
    month = np.searchsorted(days.month_start, e.index, side="right")
    start, stop = days.month_start[month - 1], days.month_start[month]
    last = np.where(e.index - start < 15, start + 14, stop - 1)
    return Cells((days.jan1 + last).astype(np.int32), ~e.of("termination"))


def _step_cents(e: Events) -> Cells:
    career = e.year.career
    values = e.filled(0, {"promotion": career.promotion.before, "raise": career.raised.before})
    return Cells(values, ~e.of("promotion", "raise"))


def _flag(e: Events) -> Cells:
    career = e.year.career
    capped = e.filled(0, {"promotion": career.promotion.capped, "raise": career.raised.capped})
    return Cells(capped.astype(np.int8), None, e.texts.flag)


def _source(e: Events) -> Cells:
    values = e.filled(0, {"enrollment": e.year.saving.enrollment.source})
    return Cells(values.astype(np.int8), ~e.of("enrollment"), e.texts.source)


def _opt_out_until(e: Events) -> Cells:
    automatic = e.filled(0, {"enrollment": e.year.saving.enrollment.source}) == AUTO
    return Cells((e.year.days.jan1 + e.index + e.p.run.opt_out_days).astype(np.int32), ~automatic)


def _reason(e: Events) -> Cells:
    left = e.year.left
    values = e.filled(0, {"termination": left.reason[np.flatnonzero(left.leaves)]})
    return Cells(values.astype(np.int8), ~e.of("termination"), e.texts.reason)


def _raise_rate(e: Events, values: Any) -> Cells:
    return Cells(e.filled(0, {"raise": values}).astype(np.int32), ~e.of("raise"))


def _band(values: Ints, band: Ints) -> Ints:
    return band[np.minimum(values, DENSE - 1)]


def _code(values: Ints, dictionary: Any, width: type[np.signedinteger[Any]] = np.int8) -> Cells:
    return Cells(values.astype(width), None, dictionary)


COLUMNS: dict[str, Callable[[Events], Cells]] = {
    "event_id": lambda e: Cells(e.event_id),
    "scenario_id": lambda e: e.texts.constant("scenario_id", len(e)),
    "plan_design_id": lambda e: e.texts.constant("plan_design_id", len(e)),
    "employee_id": lambda e: _code(e.year.before.code[e.row], e.names.employee_id, np.int32),
    "employee_ssn": lambda e: _code(e.year.before.code[e.row], e.names.employee_ssn, np.int32),
    "event_type": lambda e: _code(e.kind, e.texts.event_type),
    "simulation_year": lambda e: Cells(np.full(len(e), e.year.days.year, np.int32)),
    "effective_date": lambda e: Cells((e.year.days.jan1 + e.index).astype(np.int32)),
    "event_details": lambda e: _code(e.details(), e.texts.details),
    "compensation_amount": lambda e: Cells(e.compensation()),
    "previous_compensation": _step_cents,
    "employee_deferral_rate": lambda e: Cells(e.rates[1].astype(np.int32), e.rates[2]),
    "prev_employee_deferral_rate": lambda e: Cells(e.rates[0].astype(np.int32), e.rates[2]),
    "employee_age": lambda e: Cells(e.age.astype(np.int16)),
    "employee_tenure": lambda e: Cells(e.tenure.astype(np.int16)),
    "level_id": lambda e: Cells(
        (e.year.before.level[e.row] + (e.year.career.promotion_index[e.row] <= e.index)).astype(np.int8)
    ),
    "age_band": lambda e: _code(_band(e.age, e.p.age_band), e.texts.age_band, np.int16),
    "tenure_band": lambda e: _code(_band(e.tenure, e.p.tenure_band), e.texts.tenure_band, np.int16),
    "event_probability": lambda e: e.probability(),
    "event_category": lambda e: _code(e.category(), e.texts.category),
    "event_sequence": lambda e: Cells(e.sequence().astype(np.int8)),
    "parameter_scenario_id": lambda e: e.texts.constant("parameter_scenario_id", len(e)),
    "parameter_source": lambda e: e.texts.constant("parameter_source", len(e)),
    "data_quality_flag": _flag,
    "block": lambda e: Cells(np.full(len(e), e.year.block, np.int32)),
    "department": lambda e: _code(e.year.before.department[e.row], e.texts.department, np.int16),
    "termination_reason": _reason,
    "final_pay_date": _final_pay,
    "previous_level_id": lambda e: Cells(e.year.before.level[e.row].astype(np.int8), ~e.of("promotion")),
    "promotion_rate": lambda e: Cells(
        e.filled(0, {"promotion": e.year.career.promotion.rate}).astype(np.int32), ~e.of("promotion")
    ),
    "merit_rate": lambda e: _raise_rate(e, e.year.career.merit),
    "cola_rate": lambda e: _raise_rate(e, e.year.career.raised.rate - e.year.career.merit),
    "enrollment_source": _source,
    "pre_tax_rate": lambda e: Cells((e.rates[1] - e.roth).astype(np.int32), e.rates[2]),
    "roth_rate": lambda e: Cells(e.roth.astype(np.int32), e.rates[2]),
    "opt_out_until": _opt_out_until,
}


def event_frame(e: Events, columns: Sequence[str]) -> dict[str, Cells]:
    """Return columns of the events."""
    return {name: COLUMNS[name](e) for name in columns}
