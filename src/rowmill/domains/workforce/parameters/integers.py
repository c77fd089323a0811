"""The parameters of a run as small integer tables, written once from the spec and read by both engines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from rowmill.draw.arrays import Ints

DENSE = 128
"""Rows of the tables by age and by tenure."""
MEASURES = 256
"""Rows of the tables of match and core."""
WEIGHT = 1 << 16
"""Weight of a certain termination."""


@dataclass(frozen=True, slots=True)
class RunScalars:
    """The scalars: columns of the one row of the table ``run``."""

    seed: int
    scenario_id: str
    plan_design_id: str
    tag: int
    parameter_source: str
    start_year: int
    years: int
    blocks: int
    hire_mode: int
    min_exit_days: int
    first_year_bp: int
    low_performer_bp: int
    promotion_month: int
    promotion_day: int
    promotion_min_tenure: int
    promotion_max_age: int
    max_level: int
    promotion_low_bp: int
    promotion_count: int
    promotion_cap_bp: int
    promotion_cap_cents: int
    raise_threshold: int
    raise_min_tenure: int
    raise_day: int
    raise_cap_bp: int
    raise_cap_cents: int
    hire_pay_low_bp: int
    hire_pay_count: int
    waiting_days: int
    auto_enrollment: int
    auto_days: int
    auto_bp: int
    opt_out_days: int
    proactive_first: int
    proactive_count: int
    yearly_month: int
    yearly_day: int
    rate_change_threshold: int
    max_deferral_bp: int
    escalation_bp: int
    escalation_cap_bp: int
    escalation_years: int
    escalation_cutoff: int
    roth_bp: int
    match_by: int
    match_last_day: int
    core_by: int
    core_last_day: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that both engines know of a spec and one of its scenarios."""

    run: RunScalars
    years: Mapping[str, Ints]
    """By column, int64[years]."""
    level_names: tuple[str, ...]
    hire_weight: Ints
    """Weights of levels among hires, int64[levels]."""
    target_cents: Ints
    merit_bp: Ints
    age_band: Ints
    """Band by age, int64[128]."""
    age_labels: tuple[str, ...]
    enrollment_band: Ints
    tenure_band: Ints
    tenure_labels: tuple[str, ...]
    termination_weight: Ints
    """int64[tenure bands, age bands, levels]."""
    promotion_threshold: Ints
    income_from: Ints
    """Lowest pay of each income band, cents."""
    entry_threshold: Ints
    """int64[enrolment bands, income bands], as are the next three."""
    yearly_threshold: Ints
    opt_out_threshold: Ints
    deferral_bp: Ints
    hire_ages: Ints
    """Decks of 1,024 slots."""
    months: Ints
    departments: Ints
    """Index into ``department_names``."""
    department_names: tuple[str, ...]
    performances: Ints
    rate_steps: Ints
    reasons: Ints
    """Index into ``REASONS``, int64[age bands, 1024]."""
    match: Ints
    """cap 1, rate 1, cap 2, rate 2, cap 3, rate 3 in bp, int64[256, 6]."""
    core: Ints
    """core rate and rate above the wage base in bp, int64[256, 2]."""


def blocks_of(employees: int, most: int) -> int:
    """Return the number of blocks: the smallest power of two with at most so many census people a block on average."""
    return 1 << max(0, -(-employees // most) - 1).bit_length()


def tag_of(scenario: str, plan: str) -> int:
    """Return the 20 bits that stand for a scenario and plan in event ids."""
    return int(hashlib.md5(f"{scenario}|{plan}".encode(), usedforsecurity=False).hexdigest()[:5], 16)
