"""The columns of the snapshots: everybody employed in a block's year, as of its end or of the day they left."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE
from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.rows.event_columns import INPUTS
from rowmill.domains.workforce.rows.fields import SNAPSHOTS
from rowmill.domains.workforce.rows.texts import Texts
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leavers
from rowmill.domains.workforce.year.people import NEVER, People
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import Column, columns_of
from rowmill.model.frame import Cells, Dictionary


def hired_now(starters: int, before: People) -> Flags:
    """Who was hired in the year."""
    return np.arange(len(before)) >= starters


def _date(values: Ints, nulls: Flags | None = None) -> Cells:
    return Cells(values.astype(np.int32) if nulls is None else np.where(nulls, 0, values).astype(np.int32), nulls)


def _code(values: NDArray[np.signedinteger[Any]], dictionary: Dictionary, nulls: Flags | None = None) -> Cells:
    return Cells(values.astype(np.int16), nulls, dictionary)


def _status(hired_now: Flags, left: Leavers, texts: Texts) -> Cells:
    return Cells((hired_now * 2 + left.leaves).astype(np.int8), None, texts.status)


def _band(values: Ints, band: Ints) -> Ints:
    return band[np.minimum(values, DENSE - 1)]


def _hce(parameters: Parameters, days: YearDays, before: People, hired_now: Flags) -> Cells:
    least = int(parameters.years["hce_threshold"][days.year - parameters.run.start_year])
    return Cells((before.prior_pay > least) & ~hired_now)


SNAPSHOT_COLUMNS: Final = columns_of(
    SNAPSHOTS,
    INPUTS,
    {
        "scenario_id": lambda before, texts: texts.constant("scenario_id", len(before)),
        "plan_design_id": lambda before, texts: texts.constant("plan_design_id", len(before)),
        "employee_id": lambda before, names: Cells(before.code.astype(np.int32), None, names.employee_id),
        "employee_ssn": lambda before, names: Cells(before.code.astype(np.int32), None, names.employee_ssn),
        "employee_number": lambda before: Cells(before.number.astype(np.int32)),
        "simulation_year": lambda before, days: Cells(np.full(len(before), days.year, np.int32)),
        "block": lambda before, block_number: Cells(np.full(len(before), block_number, np.int32)),
        "birth_date": lambda before: _date(before.birth),
        "hire_date": lambda before: _date(before.hired),
        "department": lambda before, texts: _code(before.department, texts.department),
        "performance_tier": lambda before, texts: _code(before.tier, texts.tier),
        "age": lambda as_of: Cells(as_of.age.astype(np.int16)),
        "tenure": lambda as_of: Cells(as_of.tenure.astype(np.int16)),
        "age_band": lambda as_of, parameters, texts: _code(_band(as_of.age, parameters.age_band), texts.age_band),
        "tenure_band": lambda as_of, parameters, texts: _code(
            _band(as_of.tenure, parameters.tenure_band), texts.tenure_band
        ),
        "level_id": lambda after: Cells(after.level.astype(np.int8)),
        "current_compensation": lambda after: Cells(after.pay),
        "prorated_compensation": lambda paid: Cells(paid.prorated),
        "full_year_equivalent_compensation": lambda paid: Cells(paid.full_year),
        "starting_compensation": lambda before: Cells(before.pay),
        "employment_status": lambda left, texts: Cells(left.leaves.astype(np.int8), None, texts.employment),
        "termination_date": lambda left, days: _date(days.jan1 + left.index, ~left.leaves),
        "termination_reason": lambda left, texts: _code(left.reason, texts.reason, ~left.leaves),
        "detailed_status_code": _status,
        "is_eligible": lambda before, left, days: Cells(before.eligible - days.jan1 < left.index),
        "eligibility_date": lambda before: _date(before.eligible, before.eligible == NEVER),
        "is_enrolled": lambda after: Cells(after.enrolled),
        "enrollment_date": lambda after: _date(after.enrolled_date, after.enrolled_date == NO_DATE),
        "enrollment_source": lambda after, texts: _code(after.source, texts.source, after.enrolled_date == NO_DATE),
        "ever_opted_out": lambda after: Cells(after.opted_out),
        "opt_out_date": lambda after: _date(after.opted_out_date, ~after.opted_out),
        "deferral_rate": lambda after: Cells(after.bp.astype(np.int32)),
        "original_deferral_rate": lambda after: Cells(
            after.original_bp.astype(np.int32), after.enrolled_date == NO_DATE
        ),
        "escalations_received": lambda after: Cells(after.escalations.astype(np.int16)),
        "last_escalation_date": lambda after: _date(after.last_escalation, after.escalations == 0),
        "rate_source": lambda after, texts: _code(after.rate_source, texts.rate_source),
        "employee_contribution": lambda paid: Cells(paid.employee),
        "pre_tax_contribution": lambda paid: Cells(paid.employee - paid.roth),
        "roth_contribution": lambda paid: Cells(paid.roth),
        "irs_limit_applied": lambda paid: Cells(paid.limited),
        "employer_match": lambda paid: Cells(paid.match),
        "employer_core": lambda paid: Cells(paid.core),
        "is_hce": _hce,
    },
    [Column.step(hired_now)],
)
