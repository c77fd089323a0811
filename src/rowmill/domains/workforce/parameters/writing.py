"""From a spec to the integer tables of its parameters: the only place where rates are decimals and become integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from rowmill.core.units import day_number
from rowmill.domains.workforce.census.arrays import PERFORMANCE
from rowmill.domains.workforce.parameters.integers import (
    DENSE,
    MEASURES,
    WEIGHT,
    Parameters,
    RunScalars,
    blocks_of,
    tag_of,
)
from rowmill.domains.workforce.parameters.plan_settings import BY_CODES
from rowmill.domains.workforce.parameters.settings import Level
from rowmill.domains.workforce.parameters.statutory import FIGURES, figures
from rowmill.domains.workforce.random.rng import ALWAYS, SLOTS
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.draw.arrays import Ints
from rowmill.draw.choose import deck_of
from rowmill.draw.quota import fraction


def bp(rate: float) -> int:
    """Return a decimal rate in basis points, half to even."""
    return round(fraction(rate) * 10_000)


def threshold(rate: Fraction) -> int:
    """Return the threshold of a probability, cut to 0 … 1."""
    return round(min(max(rate, Fraction(0)), Fraction(1)) * ALWAYS)


def parameters_of(spec: WorkforceSpec, scenario: str, employees: int) -> Parameters:
    """Write the tables of a seeded spec and one of its scenarios, for a census of so many employees."""
    bands, hiring = spec.bands, spec.hiring
    joining = _joining(spec)
    names = tuple(sorted(hiring.departments))
    return Parameters(
        run=_run(spec, scenario, employees),
        years=_years(spec),
        level_names=tuple(level.name for level in spec.levels),
        hire_weight=_ints(round(fraction(share) * 10_000) for share in hiring.levels),
        target_cents=_ints(_target(level, hiring.pay_factor) for level in spec.levels),
        merit_bp=_ints(bp(level.merit) for level in spec.levels),
        age_band=_dense(bands.age),
        age_labels=_labels(bands.age),
        enrollment_band=_dense(bands.enrollment_age),
        tenure_band=_dense(bands.tenure),
        tenure_labels=_labels(bands.tenure),
        termination_weight=_termination(spec),
        promotion_threshold=_promotion(spec),
        income_from=_ints((0, *(100 * dollars for dollars in bands.income))),
        entry_threshold=joining[0],
        yearly_threshold=joining[1],
        opt_out_threshold=joining[2],
        deferral_bp=joining[3],
        hire_ages=weighted_deck(dict(sorted(hiring.ages.items()))),
        months=weighted_deck(dict(enumerate(spec.raises.months, 1))),
        departments=weighted_deck({index: hiring.departments[name] for index, name in enumerate(names)}),
        department_names=names,
        performances=weighted_deck({PERFORMANCE.index(tier): hiring.performance[tier] for tier in PERFORMANCE
                            if tier in hiring.performance}),
        rate_steps=weighted_deck(dict(sorted(spec.change.steps.items()))),
        reasons=np.stack([weighted_deck(dict(enumerate(shares))) for shares in spec.termination.reasons]),
        match=_match(spec),
        core=_core(spec),
    )  # fmt: skip


def _run(spec: WorkforceSpec, scenario: str, employees: int) -> RunScalars:
    rise, raises, joining, leaving = spec.promotion, spec.raises, spec.enrollment, spec.termination
    first, last = joining.proactive_days
    spread = bp(spec.hiring.pay_spread)
    low, high = bp(rise.raise_rate) - bp(rise.raise_spread), bp(rise.raise_rate) + bp(rise.raise_spread)
    return RunScalars(
        seed=spec.seed or 0,
        scenario_id=scenario,
        plan_design_id=spec.plan,
        tag=tag_of(scenario, spec.plan),
        parameter_source=spec.parameter_source,
        start_year=spec.start,
        years=spec.years,
        blocks=blocks_of(employees, spec.block_employees),
        hire_mode=("target", "flat").index(spec.growth.mode),
        min_exit_days=leaving.least_days,
        first_year_bp=bp(leaving.first_year),
        low_performer_bp=bp(leaving.low_performer),
        promotion_month=rise.month,
        promotion_day=rise.day,
        promotion_min_tenure=rise.least_tenure,
        promotion_max_age=rise.age_limit,
        max_level=len(spec.levels),
        promotion_low_bp=max(low, 0),
        promotion_count=high - max(low, 0) + 1,
        promotion_cap_bp=bp(rise.cap),
        promotion_cap_cents=100 * rise.cap_dollars,
        raise_threshold=threshold(fraction(raises.rate)),
        raise_min_tenure=raises.least_tenure,
        raise_day=raises.day,
        raise_cap_bp=bp(raises.cap),
        raise_cap_cents=100 * raises.cap_dollars,
        hire_pay_low_bp=10_000 - spread,
        hire_pay_count=2 * spread + 1,
        waiting_days=joining.waiting_days,
        auto_enrollment=int(joining.automatic),
        auto_days=joining.automatic_days,
        auto_bp=bp(joining.automatic_rate),
        opt_out_days=joining.opt_out_days,
        proactive_first=first,
        proactive_count=last - first + 1,
        yearly_month=joining.yearly_month,
        yearly_day=joining.yearly_day,
        rate_change_threshold=threshold(fraction(spec.change.rate)),
        max_deferral_bp=bp(spec.change.highest),
        escalation_bp=bp(spec.escalation.step),
        escalation_cap_bp=bp(spec.escalation.cap),
        escalation_years=spec.escalation.first_after_years,
        escalation_cutoff=day_number(spec.escalation.hired_from),
        roth_bp=bp(joining.roth_share),
        match_by=BY_CODES[spec.match.by],
        match_last_day=int(spec.match.last_day),
        core_by=BY_CODES[spec.core.by],
        core_last_day=int(spec.core.last_day),
    )


def _target(level: Level, factor: float) -> int:
    """Return what pay at hire aims at, cents."""
    cents = 100 * level.lowest + 100 * (level.highest - level.lowest) * bp(level.position) // 10_000
    return cents * bp(factor) // 10_000


def _years(spec: WorkforceSpec) -> dict[str, Ints]:
    growth, raises = spec.growth, spec.raises
    rates = {
        "growth_bp": growth.target,
        "hire_bp": growth.hire_rate,
        "termination_bp": growth.termination_rate,
        "new_hire_termination_bp": growth.new_hire_termination_rate,
    }
    numbers = range(spec.start, spec.end + 1)
    limits = {year: _figures(spec, year) for year in range(spec.start - 1, spec.end + 1)}
    before = {"hce_threshold": 1}
    return {
        "year": _ints(numbers),
        **{name: _ints(bp(rate) for _ in numbers) for name, rate in rates.items()},
        "cola_bp": _ints(bp(raises.cost_of_living_by_year.get(year, raises.cost_of_living)) for year in numbers),
        **{name: _ints(100 * limits[year - before.get(name, 0)][name] for year in numbers) for name in FIGURES},
    }


def _figures(spec: WorkforceSpec, year: int) -> dict[str, int]:
    own = spec.limits[year].model_dump(exclude_none=True) if year in spec.limits else {}
    # A year that is only looked back at may have one figure, that of its highly compensated.
    return dict.fromkeys(FIGURES, 0) | figures(year) | own


def _termination(spec: WorkforceSpec) -> Ints:
    rule = spec.termination
    steps = [max(fraction(rule.level_least), 1 - fraction(rule.level_step) * k) for k in range(len(spec.levels))]
    return _hazards(fraction(rule.base), (rule.tenure, rule.age), steps, WEIGHT)


def _promotion(spec: WorkforceSpec) -> Ints:
    rule = spec.promotion
    steps = [max(Fraction(0), 1 - fraction(rule.level_step) * k) for k in range(len(spec.levels))]
    return _hazards(fraction(rule.base) * fraction(rule.multiplier), (rule.tenure, rule.age), steps, ALWAYS)


def _hazards(
    base: Fraction, factors: tuple[Sequence[float], Sequence[float]], steps: Sequence[Fraction], whole: int
) -> Ints:
    tenures, ages = (tuple(map(fraction, some)) for some in factors)
    rows = [[[round(min(base * t * a * s, Fraction(1)) * whole) for s in steps] for a in ages] for t in tenures]
    return np.array(rows, np.int64)


def _joining(spec: WorkforceSpec) -> tuple[Ints, Ints, Ints, Ints]:
    rule = spec.enrollment
    ages, incomes = range(len(rule.rates)), range(len(rule.rates_income))

    def table(cell: object) -> Ints:
        return np.array([[cell(age, income) for income in incomes] for age in ages], np.int64)  # type: ignore[operator]

    def entry(age: int, income: int) -> int:
        if rule.automatic:
            return threshold(fraction(rule.proactive[age]))
        return threshold(fraction(rule.voluntary[age]) * fraction(rule.voluntary_income[income]))

    def opt_out(age: int, income: int) -> int:
        return threshold(fraction(rule.opt_out[age]) * fraction(rule.opt_out_income[income]))

    def rate(age: int, income: int) -> int:
        return min(bp(rule.rates[age]) + bp(rule.rates_income[income]), 10_000)

    yearly = [threshold(fraction(share)) for share in rule.yearly]
    return table(entry), table(lambda age, _: yearly[age]), table(opt_out), table(rate)


def _match(spec: WorkforceSpec) -> Ints:
    out = np.zeros((MEASURES, 6), np.int64)
    for start, tiers in sorted(spec.match.tiers().items()):
        row, cap = np.zeros(6, np.int64), 0
        for n in range(3):
            cap = bp(tiers[n].up_to) if n < len(tiers) else cap
            row[2 * n : 2 * n + 2] = cap, bp(tiers[n].rate) if n < len(tiers) else 0
        out[start:] = row
    return out


def _core(spec: WorkforceSpec) -> Ints:
    out = np.zeros((MEASURES, 2), np.int64)
    for start, rate in sorted(spec.core.rates.items()):
        out[start:] = bp(rate), bp(spec.core.excess)
    return out


def _ints(values: object) -> Ints:
    return np.array(list(values), np.int64)  # type: ignore[call-overload]


def _dense(edges: Sequence[int]) -> Ints:
    return np.searchsorted(np.array(edges, np.int64), np.arange(DENSE), side="right").astype(np.int64)


def _labels(edges: Sequence[int]) -> tuple[str, ...]:
    """Return what bands are called: <25, 25-34 … 65+; a band of one year by that year."""
    if not edges:
        return ("all",)
    middle = [f"{a}-{b - 1}" if b - a > 1 else str(a) for a, b in pairwise(edges)]
    return (f"<{edges[0]}", *middle, f"{edges[-1]}+")


def weighted_deck(weights: Mapping[int, float]) -> Ints:
    """Return numbers by slot, int64[1024], in proportion to their weights."""
    return deck_of(_ints(weights), np.array(list(weights.values()), np.float64), SLOTS)
