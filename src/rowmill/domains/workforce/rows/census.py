"""The table ``census``: the start population as the simulation takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE, PERFORMANCE
from rowmill.domains.workforce.rows.fields import BP, CENTS, SCHEMA_VERSION, SSN
from rowmill.domains.workforce.rows.texts import Texts, fixed_texts, ssn_texts
from rowmill.domains.workforce.simulation import Staff
from rowmill.draw.arrays import Ints
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema

CENSUS_TABLE = Schema(
    "census",
    SCHEMA_VERSION,
    "Everybody employed on the day before the first year.",
    (
        Field("employee_id", "string", "Employee."),
        Field("employee_ssn", "string", "Number in the shape of an SSN that is never issued.", pattern=SSN),
        Field("employee_number", "int32", "Number, from 1 in byte order of ids.", minimum=1, layout="delta"),
        Field("block", "int32", "Block of employees.", minimum=0, layout="dictionary"),
        Field("birth_date", "date", "Day of birth.", layout="delta"),
        Field("hire_date", "date", "Day of hire.", layout="delta"),
        Field("compensation", "int64", "Annual pay.", unit=CENTS, minimum=1, layout="delta"),
        Field("level_id", "int8", "Job level.", minimum=1, maximum=5, layout="dictionary"),
        Field("department", "enum", "Department.", layout="dictionary"),
        Field("performance_tier", "enum", "Performance tier.", values=PERFORMANCE, layout="dictionary"),
        Field("is_enrolled", "bool", "Whether in the plan."),
        Field("deferral_rate", "int32", "Deferral rate, 0 where not enrolled.", unit=BP, minimum=0, maximum=10_000,
              layout="dictionary"),
        Field("enrollment_date", "date", "Day of enrolment.", nullable=True, layout="delta"),
        Field("auto_escalation_opt_out", "bool", "Whether escalation was declined."),
        Field("scheduled_hours_per_week", "int16", "Scheduled hours.", unit="hours a week", minimum=1, maximum=168,
              layout="dictionary"),
        Field("eligibility_date", "date", "First day of eligibility; missing where it never comes.", nullable=True,
              layout="delta"),
    ),
    ("employee_number",),
    unique=(("employee_id",),),
)  # fmt: skip


def _date(values: NDArray[np.int32]) -> Cells:
    missing = values == NO_DATE
    return Cells(np.where(missing, np.int32(0), values), missing)


def _texts(values: pa.Array) -> Cells:
    return Cells(np.arange(len(values), dtype=np.int32), None, Dictionary(values))


COLUMNS: dict[str, Callable[[Staff, Texts, Ints], Cells]] = {
    "employee_id": lambda s, _t, rows: _texts(fixed_texts(s.census.employee_id[rows])),
    "employee_ssn": lambda _s, _t, rows: _texts(ssn_texts(rows + 1)),
    "employee_number": lambda _s, _t, rows: Cells((rows + 1).astype(np.int32)),
    "birth_date": lambda s, _t, rows: Cells(s.census.birth_date[rows]),
    "hire_date": lambda s, _t, rows: Cells(s.census.hire_date[rows]),
    "compensation": lambda s, _t, rows: Cells(s.census.pay_cents[rows]),
    "level_id": lambda s, _t, rows: Cells(s.census.level[rows]),
    "department": lambda s, t, rows: Cells(s.department(rows), None, t.department),
    "performance_tier": lambda s, t, rows: Cells(s.census.performance[rows], None, t.tier),
    "is_enrolled": lambda s, _t, rows: Cells(s.census.enrolled[rows]),
    "deferral_rate": lambda s, _t, rows: Cells(s.census.deferral_bp[rows]),
    "enrollment_date": lambda s, _t, rows: _date(s.census.enrollment_date[rows]),
    "auto_escalation_opt_out": lambda s, _t, rows: Cells(s.census.escalation_opt_out[rows]),
    "scheduled_hours_per_week": lambda s, _t, rows: Cells(s.census.weekly_hours[rows]),
    "eligibility_date": lambda s, _t, rows: _date(s.census.eligibility_date[rows]),
}


def census_frame(staff: Staff, texts: Texts, block: int, columns: Sequence[str]) -> dict[str, Cells]:
    """Return columns of a block's people."""
    rows = staff.rows(block)
    return {
        name: Cells(np.full(len(rows), block, np.int32)) if name == "block" else COLUMNS[name](staff, texts, rows)
        for name in columns
    }
