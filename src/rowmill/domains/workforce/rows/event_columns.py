"""The columns of the events, one function each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.parameters.integers import DENSE
from rowmill.domains.workforce.rows.events import OPT_OUT, Events
from rowmill.domains.workforce.rows.fields import CATEGORIES, DETAILS
from rowmill.domains.workforce.year.leaving import probability
from rowmill.domains.workforce.year.people import AUTO, PROACTIVE
from rowmill.domains.workforce.year.saving import NO_THRESHOLD
from rowmill.draw.arrays import Ints
from rowmill.model.frame import Cells, Dictionary

_DETAIL = {name: code for code, name in enumerate(DETAILS)}
_CATEGORY = {name: code for code, name in enumerate(CATEGORIES)}


def _probability(e: Events) -> Cells:
    year, left = e.year, e.year.left
    leavers = np.flatnonzero(left.leaves)
    kinds = {
        "termination": np.where(leavers < year.starters, probability(left.weight[leavers]), NO_THRESHOLD),
        **{name: step.threshold for name, step in e.steps.items()},
        "promotion": year.career.promotion.threshold,
        "raise": year.career.raised.threshold,
    }
    values = e.filled(kinds)
    return Cells(values, e.others(kinds) | (values == NO_THRESHOLD))


def _category(e: Events) -> Cells:
    leavers, source = np.flatnonzero(e.year.left.leaves), e.year.saving.enrollment.source
    own = np.where(source == PROACTIVE, _CATEGORY["proactive_enrollment"], _CATEGORY["voluntary_enrollment"])
    kinds = {
        "termination": np.where(leavers < e.year.starters, 0, _CATEGORY["new_hire_termination"]),
        "hire": _CATEGORY["new_hire"],
        "eligibility": _CATEGORY["plan_eligibility"],
        "enrollment": np.where(source == AUTO, _CATEGORY["auto_enrollment"], own),
        OPT_OUT: _CATEGORY["opt_out"],
        "enrollment_change": _CATEGORY["rate_change"],
        "deferral_escalation": _CATEGORY["auto_escalation"],
        "promotion": _CATEGORY["level_promotion"],
        "raise": _CATEGORY["merit_raise"],
    }
    return Cells(e.filled(kinds, np.int8), None, e.texts.category)


def _details(e: Events) -> Cells:
    """Return details: ``DETAILS``, then the names of levels."""
    year, plan, first_level = e.year, e.year.saving, len(DETAILS) - 1
    immediate = year.before.eligible[e.eligible] == year.before.hired[e.eligible]
    again = year.before.opted_out[plan.enrollment.rows]
    reached = plan.escalation.after == e.p.run.escalation_cap_bp
    rises = plan.change.after > plan.change.before
    cola = int(e.p.years["cola_bp"][year.days.year - e.p.run.start_year])
    with_cola = np.where(year.career.merit > 0, _DETAIL["merit_and_cola"], _DETAIL["cola"])
    kinds = {
        "termination": year.left.reason[year.left.leaves],
        "hire": first_level + year.before.level[year.starters :],
        "eligibility": np.where(immediate, _DETAIL["immediate"], _DETAIL["age_and_service"]),
        "enrollment": np.where(again, _DETAIL["again"], _DETAIL["initial"]),
        OPT_OUT: _DETAIL["within_window"],
        "enrollment_change": np.where(rises, _DETAIL["increase"], _DETAIL["decrease"]),
        "deferral_escalation": np.where(reached, _DETAIL["last_step"], _DETAIL["step"]),
        "promotion": first_level + year.before.level[year.career.promotion.rows] + 1,
        "raise": _DETAIL["merit"] if cola == 0 else with_cola,
    }
    return Cells(e.filled(kinds, np.int8), None, e.texts.details)


def _final_pay(e: Events) -> Cells:
    """Return the 15th, or the last day of the month, on or after the termination."""
    days, index = e.year.days, e.year.left.index[e.year.left.leaves]
    month = np.searchsorted(days.month_start, index, side="right")
    start, stop = days.month_start[month - 1], days.month_start[month]
    return e.cells({"termination": days.jan1 + np.where(index - start < 15, start + 14, stop - 1)})


def _before(e: Events) -> Cells:
    career = e.year.career
    return e.cells({"promotion": career.promotion.before, "raise": career.raised.before}, np.int64)


def _flag(e: Events) -> Cells:
    career = e.year.career
    capped = e.filled({"promotion": career.promotion.capped, "raise": career.raised.capped}, np.int8)
    return Cells(capped, None, e.texts.flag)


def _opt_out_until(e: Events) -> Cells:
    joined = e.year.saving.enrollment
    automatic = e.filled({"enrollment": joined.source}, np.int8) == AUTO
    until = e.filled({"enrollment": e.year.days.jan1 + joined.index + e.p.run.opt_out_days}, np.int32)
    return Cells(until, ~automatic)


def _level(e: Events) -> Cells:
    promoted = e.year.career.promotion_index.take(e.row) <= e.index
    return Cells((e.year.before.level.take(e.row) + promoted).astype(np.int8))


def _previous_level(e: Events) -> Cells:
    return e.cells({"promotion": e.year.before.level[e.year.career.promotion.rows]}, np.int8)


def _band(values: Ints, bands: Ints, dictionary: Dictionary) -> Cells:
    return Cells(bands.astype(np.int16).take(np.minimum(values, DENSE - 1)), None, dictionary)


def _code(
    values: NDArray[np.signedinteger[Any]], dictionary: Dictionary, width: type[np.signedinteger[Any]] = np.int16
) -> Cells:
    return Cells(values.astype(width), None, dictionary)


COLUMNS: dict[str, Callable[[Events], Cells]] = {
    "event_id": lambda e: Cells(e.event_id),
    "scenario_id": lambda e: e.texts.constant("scenario_id", len(e)),
    "plan_design_id": lambda e: e.texts.constant("plan_design_id", len(e)),
    "employee_id": lambda e: _code(e.codes, e.names.employee_id, np.int32),
    "employee_ssn": lambda e: _code(e.codes, e.names.employee_ssn, np.int32),
    "event_type": lambda e: Cells(e.kind, None, e.texts.event_type),
    "simulation_year": lambda e: Cells(np.full(len(e), e.year.days.year, np.int32)),
    "effective_date": lambda e: Cells((e.year.days.jan1 + e.index).astype(np.int32)),
    "event_details": _details,
    "compensation_amount": lambda e: Cells(e.compensation()),
    "previous_compensation": _before,
    "employee_deferral_rate": lambda e: e.rate(lambda step: step.after),
    "prev_employee_deferral_rate": lambda e: e.rate(lambda step: step.before),
    "employee_age": lambda e: Cells(e.age.astype(np.int16)),
    "employee_tenure": lambda e: Cells(e.tenure.astype(np.int16)),
    "level_id": _level,
    "age_band": lambda e: _band(e.age, e.p.age_band, e.texts.age_band),
    "tenure_band": lambda e: _band(e.tenure, e.p.tenure_band, e.texts.tenure_band),
    "event_probability": _probability,
    "event_category": _category,
    "event_sequence": lambda e: Cells(e.sequence()),
    "parameter_scenario_id": lambda e: e.texts.constant("parameter_scenario_id", len(e)),
    "parameter_source": lambda e: e.texts.constant("parameter_source", len(e)),
    "data_quality_flag": _flag,
    "block": lambda e: Cells(np.full(len(e), e.year.block, np.int32)),
    "department": lambda e: _code(e.year.before.department.take(e.row), e.texts.department),
    "termination_reason": lambda e: e.cells(
        {"termination": e.year.left.reason[e.year.left.leaves]}, np.int8, e.texts.reason
    ),
    "final_pay_date": _final_pay,
    "previous_level_id": _previous_level,
    "promotion_rate": lambda e: e.cells({"promotion": e.year.career.promotion.rate}),
    "merit_rate": lambda e: e.cells({"raise": e.year.career.merit}),
    "cola_rate": lambda e: e.cells({"raise": e.year.career.raised.rate - e.year.career.merit}),
    "enrollment_source": lambda e: e.cells({"enrollment": e.year.saving.enrollment.source}, np.int8, e.texts.source),
    "pre_tax_rate": lambda e: e.rate(lambda step: step.after - e.roth(step)),
    "roth_rate": lambda e: e.rate(e.roth),
    "opt_out_until": _opt_out_until,
}


def event_frame(e: Events, columns: Sequence[str]) -> dict[str, Cells]:
    """Return columns of the events."""
    return {name: COLUMNS[name](e) for name in columns}
