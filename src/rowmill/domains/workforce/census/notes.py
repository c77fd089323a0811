"""What a census file says of people, and what of it no rule reads: told with counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rowmill.core.units import date_of
from rowmill.domains.workforce.census.settings import NAMES
from rowmill.draw.arrays import Flags
from rowmill.model.userfile import MISSING, UserFile

_UNNAMED = "''"
"""A column without a name, as the numbers of rows have it that pandas writes."""
_CONTRIBUTIONS = ("employee_contribution", "pre_tax_contribution", "roth_contribution")


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says."""

    columns: frozenset[str] = frozenset()
    """Columns with a value in every row."""
    notes: tuple[str, ...] = ()
    """What of it is not used, a line each."""


NOBODY_TOLD = Told()
"""Of people who are made."""


def told_of(file: UserFile, first_day: int, here: Flags, enrolled: Flags) -> Told:
    """Return what a file says.

    Args:
        file: the census, checked.
        first_day: January 1 of the first year, days since 1970-01-01.
        here: who of its rows takes part.
        enrolled: who is in the plan.
    """
    whole = frozenset(name for name in NAMES if name in file and not file.absent(name).any())
    lines = [*_who(file, first_day, here), *_columns(file, whole, here & ~enrolled)]
    return Told(whole, tuple(f"{file.path}: {line}" for line in lines))


def _who(file: UserFile, first_day: int, here: Flags) -> Iterator[str]:
    left = int(np.count_nonzero(~here))
    if left:
        yield f"{left:,} of {file.rows:,} people are not employed on {date_of(first_day - 1)} and are left out"
    if "termination_date" in file:
        later = int(np.count_nonzero(here & (file.days("termination_date") != MISSING)))
        if later:
            yield (
                f"termination_date: no rule reads one of the period: {later:,} people with one leave or stay as all "
                "others do"
            )


def _columns(file: UserFile, whole: frozenset[str], outside: Flags) -> Iterator[str]:
    if file.ignored:
        yield f"no row is made from the columns {', '.join(name.strip() or _UNNAMED for name in file.ignored)}"
    if "scheduled_hours_per_week" in file:
        yield "scheduled_hours_per_week: shown in the table census; no rule of pay or plan reads it"
    if "hire_date" in whole and "tenure_months" in file:
        yield "tenure_months: not read, as everybody has a hire_date"
    given = [name for name in _CONTRIBUTIONS if name in file]
    if "deferral_rate" in whole and given:
        yield f"{', '.join(given)}: not read, as everybody has a deferral_rate"
    elif len(given) > 1 and given[0] == _CONTRIBUTIONS[0]:
        yield f"{', '.join(given[1:])}: not read beside {given[0]}"
    if "enrollment_date" in file:
        some = int(np.count_nonzero(outside & ~file.absent("enrollment_date")))
        if some:
            yield f"enrollment_date: not read of {some:,} people who are not enrolled"
