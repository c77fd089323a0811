"""The snapshots of a block's year: everybody employed in it, as of its end or of the day they left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE
from rowmill.domains.workforce.parameters.integers import DENSE, Parameters
from rowmill.domains.workforce.rows.texts import Names, Texts
from rowmill.domains.workforce.year.people import NEVER
from rowmill.domains.workforce.year.year import YearRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells, Dictionary


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What the snapshots of one tile are made from."""

    p: Parameters
    texts: Texts
    names: Names
    year: YearRows

    def __len__(self) -> int:
        return len(self.year.before)

    @property
    def hired_now(self) -> Flags:
        """Return who was hired in the year."""
        return np.arange(len(self)) >= self.year.starters


def _date(values: Ints, nulls: Flags | None = None) -> Cells:
    return Cells(values.astype(np.int32) if nulls is None else np.where(nulls, 0, values).astype(np.int32), nulls)


def _code(values: NDArray[np.signedinteger[Any]], dictionary: Dictionary, nulls: Flags | None = None) -> Cells:
    return Cells(values.astype(np.int16), nulls, dictionary)


def _status(s: Snapshots) -> Cells:
    return Cells((s.hired_now * 2 + s.year.left.leaves).astype(np.int8), None, s.texts.status)


def _band(values: Ints, band: Ints) -> Ints:
    return band[np.minimum(values, DENSE - 1)]


def _hce(s: Snapshots) -> Cells:
    least = int(s.p.years["hce_threshold"][s.year.days.year - s.p.run.start_year])
    return Cells((s.year.before.prior_pay > least) & ~s.hired_now)


COLUMNS: dict[str, Callable[[Snapshots], Cells]] = {
    "scenario_id": lambda s: s.texts.constant("scenario_id", len(s)),
    "plan_design_id": lambda s: s.texts.constant("plan_design_id", len(s)),
    "employee_id": lambda s: Cells(s.year.before.code.astype(np.int32), None, s.names.employee_id),
    "employee_ssn": lambda s: Cells(s.year.before.code.astype(np.int32), None, s.names.employee_ssn),
    "employee_number": lambda s: Cells(s.year.before.number.astype(np.int32)),
    "simulation_year": lambda s: Cells(np.full(len(s), s.year.days.year, np.int32)),
    "block": lambda s: Cells(np.full(len(s), s.year.block, np.int32)),
    "birth_date": lambda s: _date(s.year.before.birth),
    "hire_date": lambda s: _date(s.year.before.hired),
    "department": lambda s: _code(s.year.before.department, s.texts.department),
    "performance_tier": lambda s: _code(s.year.before.tier, s.texts.tier),
    "age": lambda s: Cells(s.year.age.astype(np.int16)),
    "tenure": lambda s: Cells(s.year.tenure.astype(np.int16)),
    "age_band": lambda s: _code(_band(s.year.age, s.p.age_band), s.texts.age_band),
    "tenure_band": lambda s: _code(_band(s.year.tenure, s.p.tenure_band), s.texts.tenure_band),
    "level_id": lambda s: Cells(s.year.after.level.astype(np.int8)),
    "current_compensation": lambda s: Cells(s.year.after.pay),
    "prorated_compensation": lambda s: Cells(s.year.paid.prorated),
    "full_year_equivalent_compensation": lambda s: Cells(s.year.paid.full_year),
    "starting_compensation": lambda s: Cells(s.year.before.pay),
    "employment_status": lambda s: Cells(s.year.left.leaves.astype(np.int8), None, s.texts.employment),
    "termination_date": lambda s: _date(s.year.days.jan1 + s.year.left.index, ~s.year.left.leaves),
    "termination_reason": lambda s: _code(s.year.left.reason, s.texts.reason, ~s.year.left.leaves),
    "detailed_status_code": _status,
    "is_eligible": lambda s: Cells(s.year.before.eligible - s.year.days.jan1 < s.year.left.index),
    "eligibility_date": lambda s: _date(s.year.before.eligible, s.year.before.eligible == NEVER),
    "is_enrolled": lambda s: Cells(s.year.after.enrolled),
    "enrollment_date": lambda s: _date(s.year.after.enrolled_date, s.year.after.enrolled_date == NO_DATE),
    "enrollment_source": lambda s: _code(s.year.after.source, s.texts.source, s.year.after.enrolled_date == NO_DATE),
    "ever_opted_out": lambda s: Cells(s.year.after.opted_out),
    "opt_out_date": lambda s: _date(s.year.after.opted_out_date, ~s.year.after.opted_out),
    "deferral_rate": lambda s: Cells(s.year.after.bp.astype(np.int32)),
    "original_deferral_rate": lambda s: Cells(
        s.year.after.original_bp.astype(np.int32), s.year.after.enrolled_date == NO_DATE
    ),
    "escalations_received": lambda s: Cells(s.year.after.escalations.astype(np.int16)),
    "last_escalation_date": lambda s: _date(s.year.after.last_escalation, s.year.after.escalations == 0),
    "rate_source": lambda s: _code(s.year.after.rate_source, s.texts.rate_source),
    "employee_contribution": lambda s: Cells(s.year.paid.employee),
    "pre_tax_contribution": lambda s: Cells(s.year.paid.employee - s.year.paid.roth),
    "roth_contribution": lambda s: Cells(s.year.paid.roth),
    "irs_limit_applied": lambda s: Cells(s.year.paid.limited),
    "employer_match": lambda s: Cells(s.year.paid.match),
    "employer_core": lambda s: Cells(s.year.paid.core),
    "is_hce": _hce,
}


def snapshot_frame(s: Snapshots, columns: Sequence[str]) -> dict[str, Cells]:
    """Return columns of the snapshots."""
    return {name: COLUMNS[name](s) for name in columns}
