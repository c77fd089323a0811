"""A census of people whom nobody describes: ids EMP_00000001 …, age, tenure, level and pay as one sees them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.census.arrays import NO_DATE, Census
from rowmill.domains.workforce.census.draws import Draws, Makeup

_DIGITS = 8
_AT_ONCE = 1 << 15
"""People made at a time: what leads to them stays in the processor's cache."""
_ARRAYS = tuple(field.name for field in fields(Census) if field.name not in ("departments", "told"))


def make_census(count: int, makeup: Makeup) -> Census:
    """Return ``count`` people; a person is the same however many there are.

    Args:
        count: 0 … 99,999,999.
        makeup: what they are made with.
    """
    pieces = [
        _some(np.arange(first, min(first + _AT_ONCE, count + 1), dtype=np.int64), makeup)
        for first in range(1, max(count, 1) + 1, _AT_ONCE)
    ]
    arrays = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _ARRAYS}
    return Census(**arrays, departments=makeup.departments)  # type: ignore[arg-type]


def _some(number: NDArray[np.int64], makeup: Makeup) -> Census:
    """Return the people of some numbers."""
    draws = Draws(makeup, number)
    level = draws.levels()
    tenure = draws.tenures(level)
    hire = draws.hire_dates(tenure)
    birth = draws.birth_dates(hire, draws.hire_ages(level))
    enrolled = draws.enrolled(tenure)
    enrollment = np.where(enrolled, draws.enrollment_dates(hire), NO_DATE)
    age = (makeup.first_day - birth) * 4 // 1461
    eligibility = hire + makeup.waiting_days
    return Census(
        employee_id=_ids(number),
        birth_date=birth.astype(np.int32),
        hire_date=hire.astype(np.int32),
        pay_cents=draws.pay(level, tenure),
        level=level.astype(np.int8),
        department=draws.departments().astype(np.int16),
        performance=draws.tiers().astype(np.int8),
        deferral_bp=np.where(enrolled, draws.deferrals(age), 0).astype(np.int32),
        enrolled=enrolled,
        enrollment_date=enrollment.astype(np.int32),
        escalation_opt_out=draws.declined(),
        weekly_hours=draws.hours().astype(np.int16),
        eligibility_date=np.where(enrolled, np.minimum(eligibility, enrollment), eligibility).astype(np.int32),
        departments=makeup.departments,
    )


def _ids(number: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Return ids in byte order: EMP_ and the number in eight digits."""
    text = np.empty((len(number), 4 + _DIGITS), np.uint8)
    text[:, :4] = np.frombuffer(b"EMP_", np.uint8)
    rest = number.astype(np.uint32)
    for place in range(3 + _DIGITS, 3, -1):
        text[:, place] = rest % 10 + ord("0")
        rest //= 10
    return text.reshape(-1).view(f"S{4 + _DIGITS}")
