"""The census: everybody employed on the day before the first year, one row a person, as arrays of integers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.domains.workforce.census.notes import NOBODY_TOLD, Told
from rowmill.model.frame import fixed_width

NO_DATE = -(1 << 31)
"""Stands for a missing date in arrays of days since 1970-01-01."""

PERFORMANCE = ("low", "standard", "high")
"""Performance tiers by code."""


@dataclass(frozen=True, slots=True)
class Census:
    """The start population, people in byte order of ``employee_id``; person k has the employee number k + 1."""

    employee_id: NDArray[np.bytes_]
    """UTF-8 bytes, S[n], all different, none empty."""
    birth_date: NDArray[np.int32]
    """Days since 1970-01-01."""
    hire_date: NDArray[np.int32]
    """Days since 1970-01-01, before the first year's January 1 and after the 14th birthday."""
    pay_cents: NDArray[np.int64]
    """Annual pay, above 0."""
    level: NDArray[np.int8]
    """Job level, 1 … 5."""
    department: NDArray[np.int16]
    """Code into ``departments``."""
    performance: NDArray[np.int8]
    """Code into ``PERFORMANCE``."""
    deferral_bp: NDArray[np.int32]
    """Deferral rate, basis points 0 … 10,000; 0 where not enrolled."""
    enrolled: NDArray[np.bool_]
    """Whether the person takes part in the plan."""
    enrollment_date: NDArray[np.int32]
    """Days since 1970-01-01; NO_DATE where not enrolled."""
    escalation_opt_out: NDArray[np.bool_]
    """Whether the person has declined automatic escalation."""
    weekly_hours: NDArray[np.int16]
    """Scheduled hours a week, 1 … 168."""
    eligibility_date: NDArray[np.int32]
    """Day from which the person may take part in the plan, days since 1970-01-01; NO_DATE for never (an override)."""
    departments: tuple[str, ...]
    """Names that department codes stand for."""
    told: Told = NOBODY_TOLD
    """What the file says of them, where they come from one."""

    def __len__(self) -> int:
        return len(self.employee_id)

    @property
    def digest(self) -> str:
        """Return 32 hexadecimal digits over all of it."""
        state = hashlib.sha256("\x1f".join(self.departments).encode())
        for column in fields(self):
            values = getattr(self, column.name)
            if isinstance(values, np.ndarray):
                state.update(f"\x1f{column.name}\x1f{values.dtype.str}\x1f{len(values)}\x1f".encode())
                state.update(values.tobytes())
        return state.hexdigest()[:32]

    def to_arrow(self) -> pa.Table:
        """Return the census as a table: text for ids, departments and tiers, dates with nulls, integers as they are."""
        days = {name: getattr(self, name) for name in ("enrollment_date", "eligibility_date")}
        dates = {name: fixed_width(values, values == NO_DATE, pa.date32()) for name, values in days.items()}
        return pa.table(
            {
                "employee_id": pa.array(self.employee_id, pa.binary()).cast(pa.string()),
                "birth_date": fixed_width(self.birth_date, None, pa.date32()),
                "hire_date": fixed_width(self.hire_date, None, pa.date32()),
                "pay_cents": pa.array(self.pay_cents),
                "level": pa.array(self.level),
                "department": pa.array(self.departments, pa.string()).take(pa.array(self.department)),
                "performance": pa.array(PERFORMANCE, pa.string()).take(pa.array(self.performance)),
                "deferral_bp": pa.array(self.deferral_bp),
                "enrolled": pa.array(self.enrolled),
                "enrollment_date": dates["enrollment_date"],
                "escalation_opt_out": pa.array(self.escalation_opt_out),
                "weekly_hours": pa.array(self.weekly_hours),
                "eligibility_date": dates["eligibility_date"],
            }
        )
