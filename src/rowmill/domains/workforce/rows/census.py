"""The table ``census``: the start population as the simulation takes it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE, PERFORMANCE
from rowmill.domains.workforce.rows.fields import BP, CENTS, SCHEMA_VERSION, SSN
from rowmill.domains.workforce.rows.texts import fixed_texts, ssn_texts
from rowmill.model.columns import columns_of
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


CENSUS_COLUMNS: Final = columns_of(
    CENSUS_TABLE,
    ("census", "staff", "texts", "rows", "block_number"),
    {
        "employee_id": lambda census, rows: _texts(fixed_texts(census.employee_id[rows])),
        "employee_ssn": lambda rows: _texts(ssn_texts(rows + 1)),
        "employee_number": lambda rows: Cells((rows + 1).astype(np.int32)),
        "block": lambda rows, block_number: Cells(np.full(len(rows), block_number, np.int32)),
        "birth_date": lambda census, rows: Cells(census.birth_date[rows]),
        "hire_date": lambda census, rows: Cells(census.hire_date[rows]),
        "compensation": lambda census, rows: Cells(census.pay_cents[rows]),
        "level_id": lambda census, rows: Cells(census.level[rows]),
        "department": lambda staff, rows, texts: Cells(staff.department(rows), None, texts.department),
        "performance_tier": lambda census, rows, texts: Cells(census.performance[rows], None, texts.tier),
        "is_enrolled": lambda census, rows: Cells(census.enrolled[rows]),
        "deferral_rate": lambda census, rows: Cells(census.deferral_bp[rows]),
        "enrollment_date": lambda census, rows: _date(census.enrollment_date[rows]),
        "auto_escalation_opt_out": lambda census, rows: Cells(census.escalation_opt_out[rows]),
        "scheduled_hours_per_week": lambda census, rows: Cells(census.weekly_hours[rows]),
        "eligibility_date": lambda census, rows: _date(census.eligibility_date[rows]),
    },
)
