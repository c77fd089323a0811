"""Proofs, before a row is made, that no product exceeds 63 bits, whatever is drawn: of pay, and of shares of exits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.workforce.counts import Headcounts
from rowmill.domains.workforce.parameters.integers import Parameters

MOST_PAY = 10**11
"""Pay stays below this, cents: with 10,000 basis points and 366 days the largest product is 3.7 × 10¹⁷."""
_WHOLE = 1 << 63


def check_pay(p: Parameters, census_pay: int) -> None:
    """Refuse parameters by which somebody's pay could reach ``MOST_PAY``.

    Args:
        p: parameters of a scenario.
        census_pay: largest pay of the census, cents.

    Raises:
        SpecError: naming the year, the pay and the keys to change.
    """
    run = p.run
    hired = (int(p.target_cents.max()) * (run.hire_pay_low_bp + run.hire_pay_count - 1) + 5_000) // 10_000
    if hired >= MOST_PAY:
        raise SpecError(
            f"data.hiring.pay_factor, data.levels: hires could be paid {_dollars(hired)} a year; pay stays below "
            f"{_dollars(MOST_PAY)}: lower the factor or the levels' highest pay"
        )
    # By the number of promotions had: after the last level there is none.
    highest = [max(census_pay, hired)] * run.max_level
    for place, year in enumerate(p.years["year"].tolist()):
        rise = int(p.merit_bp.max()) + int(p.years["cola_bp"][place])
        highest = _a_year_on(p, highest, rise, hired)
        if max(highest) >= MOST_PAY:
            raise SpecError(
                f"data.promotion, data.raises: somebody's pay could reach {_dollars(max(highest))} in {year}; it stays "
                f"below {_dollars(MOST_PAY)}: lower cap, cap_dollars, raise_rate or cost_of_living, take fewer "
                "years, or a census of lower pay"
            )


def _a_year_on(p: Parameters, highest: list[int], rise: int, hired: int) -> list[int]:
    run = p.run
    step = run.promotion_low_bp + run.promotion_count - 1

    def raised(pay: int) -> int:
        return _increase(pay, rise, (run.raise_cap_bp, run.raise_cap_cents))

    def promoted(pay: int) -> int:
        return _increase(pay, step, (run.promotion_cap_bp, run.promotion_cap_cents))

    after = [max(raised(highest[0]), hired)]
    for before, same in pairwise(highest):
        after.append(max(raised(same), raised(promoted(before)), promoted(raised(before))))
    return after


def _increase(pay: int, rate: int, caps: tuple[int, int]) -> int:
    return pay + min((pay * rate + 5_000) // 10_000, pay * caps[0] // 10_000, caps[1])


def check_exits(p: Parameters, counts: Headcounts) -> None:
    """Refuse weights of leaving whose products with people and exits could exceed 63 bits.

    Raises:
        SpecError: naming the keys to change.
    """
    run = p.run
    heaviest = int(p.termination_weight.max()) * max(run.first_year_bp, 10_000) * max(run.low_performer_bp, 10_000)
    weight = max(heaviest // 100_000_000, 1)
    people, exits = int(np.max(counts.start, initial=0)), int(np.max(counts.exits, initial=0))
    if weight * people * (exits + 1) >= _WHOLE:
        raise SpecError(
            f"data.termination: {people:,} people of a block with weights of up to {weight:,} are too many to share "
            f"{exits:,} exits among; lower first_year, low_performer or data.block_employees"
        )


def _dollars(cents: int) -> str:
    return f"{cents // 100:,} dollars"
