"""The columns of the events, one function each; their parameters are what they are made from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.rows import events
from rowmill.domains.workforce.rows.events import OPT_OUT, EventOrder, Happenings, RateSteps
from rowmill.domains.workforce.rows.fields import CATEGORIES, DETAILS, EVENTS
from rowmill.domains.workforce.rows.texts import Texts
from rowmill.domains.workforce.year.career import Career
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leavers, probability
from rowmill.domains.workforce.year.people import AUTO, PROACTIVE, People
from rowmill.domains.workforce.year.saving import NO_THRESHOLD, RateStep, Saving
from rowmill.draw.arrays import Ints
from rowmill.model.columns import Column, columns_of
from rowmill.model.frame import Cells, Dictionary

INPUTS: Final = (
    "parameters", "texts", "names", "days", "block_number", "starters", "before", "left", "career", "saving", "paid",
    "after", "as_of",
)  # fmt: skip
"""What is given of a block's year."""
_DETAIL = {name: code for code, name in enumerate(DETAILS)}
_CATEGORY = {name: code for code, name in enumerate(CATEGORIES)}


def whose(before: People, order: EventOrder) -> NDArray[np.int32]:
    """Places of the employees' texts."""
    return before.code.take(order.row).astype(np.int32)


def age(days: YearDays, before: People, order: EventOrder) -> Ints:
    """Ages on the days."""
    return days.whole_years(order.index, before.birth_year.take(order.row), before.birth_md.take(order.row))


def tenure(days: YearDays, before: People, order: EventOrder) -> Ints:
    """Years of service on the days."""
    years = days.whole_years(order.index, before.hire_year.take(order.row), before.hire_md.take(order.row))
    return np.maximum(years, 0)


def _probability(starters: int, left: Leavers, career: Career, rate_steps: RateSteps, order: EventOrder) -> Cells:
    leavers = np.flatnonzero(left.leaves)
    kinds = {
        "termination": np.where(leavers < starters, probability(left.weight[leavers]), NO_THRESHOLD),
        **{name: step.threshold for name, step in rate_steps.items()},
        "promotion": career.promotion.threshold,
        "raise": career.raised.threshold,
    }
    values = order.filled(kinds)
    return Cells(values, order.others(kinds) | (values == NO_THRESHOLD))


def _category(starters: int, left: Leavers, saving: Saving, order: EventOrder, texts: Texts) -> Cells:
    leavers, source = np.flatnonzero(left.leaves), saving.enrollment.source
    own = np.where(source == PROACTIVE, _CATEGORY["proactive_enrollment"], _CATEGORY["voluntary_enrollment"])
    kinds = {
        "termination": np.where(leavers < starters, 0, _CATEGORY["new_hire_termination"]),
        "hire": _CATEGORY["new_hire"],
        "eligibility": _CATEGORY["plan_eligibility"],
        "enrollment": np.where(source == AUTO, _CATEGORY["auto_enrollment"], own),
        OPT_OUT: _CATEGORY["opt_out"],
        "enrollment_change": _CATEGORY["rate_change"],
        "deferral_escalation": _CATEGORY["auto_escalation"],
        "promotion": _CATEGORY["level_promotion"],
        "raise": _CATEGORY["merit_raise"],
    }
    return Cells(order.filled(kinds, np.int8), None, texts.category)


def why_saving(parameters: Parameters, before: People, saving: Saving) -> dict[str, Any]:
    """Details of what changes deferral rates, by kind."""
    again = before.opted_out[saving.enrollment.rows]
    reached = saving.escalation.after == parameters.run.escalation_cap_bp
    rises = saving.change.after > saving.change.before
    return {
        "enrollment": np.where(again, _DETAIL["again"], _DETAIL["initial"]),
        OPT_OUT: _DETAIL["within_window"],
        "enrollment_change": np.where(rises, _DETAIL["increase"], _DETAIL["decrease"]),
        "deferral_escalation": np.where(reached, _DETAIL["last_step"], _DETAIL["step"]),
    }


def why_raised(parameters: Parameters, days: YearDays, before: People, career: Career) -> dict[str, Any]:
    """Details of promotions and raises: the new level, and what the raise is made of."""
    cola = int(parameters.years["cola_bp"][days.year - parameters.run.start_year])
    with_cola = np.where(career.merit > 0, _DETAIL["merit_and_cola"], _DETAIL["cola"])
    return {
        "promotion": len(DETAILS) + before.level[career.promotion.rows],
        "raise": _DETAIL["merit"] if cola == 0 else with_cola,
    }


def why_there(starters: int, before: People, left: Leavers, happened: Happenings) -> dict[str, Any]:
    """Details of coming, going and becoming eligible."""
    eligible = happened["eligibility"].rows
    immediate = before.eligible[eligible] == before.hired[eligible]
    return {
        "termination": left.reason[left.leaves],
        "hire": len(DETAILS) - 1 + before.level[starters:],
        "eligibility": np.where(immediate, _DETAIL["immediate"], _DETAIL["age_and_service"]),
    }


def _details(
    why_there: dict[str, Any], why_saving: dict[str, Any], why_raised: dict[str, Any], order: EventOrder, texts: Texts
) -> Cells:
    """Details by code: ``DETAILS``, then the names of levels."""
    return Cells(order.filled(why_there | why_saving | why_raised, np.int8), None, texts.details)


def _final_pay(days: YearDays, left: Leavers, order: EventOrder) -> Cells:
    """The 15th, or the last day of the month, on or after the termination."""
    index = left.index[left.leaves]
    month = np.searchsorted(days.month_start, index, side="right")
    start, stop = days.month_start[month - 1], days.month_start[month]
    return order.cells({"termination": days.jan1 + np.where(index - start < 15, start + 14, stop - 1)})


def _compensation(career: Career, order: EventOrder) -> Cells:
    """The pay in force after each event."""
    pay = career.pay_on(order.row, order.index)
    pay[order.places["promotion"]] = career.promotion.after
    pay[order.places["raise"]] = career.raised.after
    return Cells(pay)


def _before(career: Career, order: EventOrder) -> Cells:
    return order.cells({"promotion": career.promotion.before, "raise": career.raised.before}, np.int64)


def _flag(career: Career, order: EventOrder, texts: Texts) -> Cells:
    kinds = {"promotion": career.promotion.capped, "raise": career.raised.capped}
    return Cells(order.filled(kinds, np.int8), None, texts.flag)


def _opt_out_until(parameters: Parameters, days: YearDays, saving: Saving, order: EventOrder) -> Cells:
    joined = saving.enrollment
    automatic = order.filled({"enrollment": joined.source}, np.int8) == AUTO
    until = order.filled({"enrollment": days.jan1 + joined.index + parameters.run.opt_out_days}, np.int32)
    return Cells(until, ~automatic)


def _level(before: People, career: Career, order: EventOrder) -> Cells:
    promoted = career.promotion_index.take(order.row) <= order.index
    return Cells((before.level.take(order.row) + promoted).astype(np.int8))


def _band(values: Ints, bands: Ints, dictionary: Dictionary) -> Cells:
    return Cells(bands.astype(np.int16).take(np.minimum(values, DENSE - 1)), None, dictionary)


def _roth(parameters: Parameters, step: RateStep) -> Ints:
    return step.after * parameters.run.roth_bp // 10_000


def _pre_tax_rate(parameters: Parameters, rate_steps: RateSteps, order: EventOrder) -> Cells:
    return order.rates(rate_steps, lambda step: step.after - _roth(parameters, step))


def _roth_rate(parameters: Parameters, rate_steps: RateSteps, order: EventOrder) -> Cells:
    return order.rates(rate_steps, lambda step: _roth(parameters, step))


EVENT_COLUMNS: Final = columns_of(
    EVENTS,
    INPUTS,
    {
        "event_id": events.event_id,
        "scenario_id": lambda texts, order: texts.constant("scenario_id", len(order)),
        "plan_design_id": lambda texts, order: texts.constant("plan_design_id", len(order)),
        "employee_id": lambda whose, names: Cells(whose, None, names.employee_id),
        "employee_ssn": lambda whose, names: Cells(whose, None, names.employee_ssn),
        "event_type": lambda type_of, texts: Cells(type_of, None, texts.event_type),
        "simulation_year": lambda days, order: Cells(np.full(len(order), days.year, np.int32)),
        "effective_date": lambda days, order: Cells((days.jan1 + order.index).astype(np.int32)),
        "event_details": _details,
        "compensation_amount": _compensation,
        "previous_compensation": _before,
        "employee_deferral_rate": lambda rate_steps, order: order.rates(rate_steps, lambda step: step.after),
        "prev_employee_deferral_rate": lambda rate_steps, order: order.rates(rate_steps, lambda step: step.before),
        "employee_age": lambda age: Cells(age.astype(np.int16)),
        "employee_tenure": lambda tenure: Cells(tenure.astype(np.int16)),
        "level_id": _level,
        "age_band": lambda age, parameters, texts: _band(age, parameters.age_band, texts.age_band),
        "tenure_band": lambda tenure, parameters, texts: _band(tenure, parameters.tenure_band, texts.tenure_band),
        "event_probability": _probability,
        "event_category": _category,
        "event_sequence": events.sequence,
        "parameter_scenario_id": lambda texts, order: texts.constant("parameter_scenario_id", len(order)),
        "parameter_source": lambda texts, order: texts.constant("parameter_source", len(order)),
        "data_quality_flag": _flag,
        "block": lambda block_number, order: Cells(np.full(len(order), block_number, np.int32)),
        "department": lambda before, order, texts: Cells(
            before.department.take(order.row).astype(np.int16), None, texts.department
        ),
        "termination_reason": lambda left, order, texts: order.cells(
            {"termination": left.reason[left.leaves]}, np.int8, texts.reason
        ),
        "final_pay_date": _final_pay,
        "previous_level_id": lambda before, career, order: order.cells(
            {"promotion": before.level[career.promotion.rows]}, np.int8
        ),
        "promotion_rate": lambda career, order: order.cells({"promotion": career.promotion.rate}),
        "merit_rate": lambda career, order: order.cells({"raise": career.merit}),
        "cola_rate": lambda career, order: order.cells({"raise": career.raised.rate - career.merit}),
        "enrollment_source": lambda saving, order, texts: order.cells(
            {"enrollment": saving.enrollment.source}, np.int8, texts.source
        ),
        "pre_tax_rate": _pre_tax_rate,
        "roth_rate": _roth_rate,
        "opt_out_until": _opt_out_until,
    },
    [
        Column.step(step)
        for step in (
            events.rate_steps, events.happened, events.order, events.type_of, whose, age, tenure, why_there,
            why_saving, why_raised,
        )
    ],
)  # fmt: skip
