"""Workforces of all kinds for tests: specs that reach every rule, and censuses nobody would make."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.units import day_number
from rowmill.domains.workforce import company_of
from rowmill.domains.workforce.census.arrays import NO_DATE
from rowmill.domains.workforce.census.source import census_of
from rowmill.domains.workforce.parameters.presets import SIMPLE
from rowmill.domains.workforce.spec import WorkforceSpec

SHARES = st.sampled_from([0.0, 0.001, 0.03, 0.12, 0.5, 0.9, 1.0])
FACTORS = st.sampled_from([0.0, 0.3, 1.0, 2.5])
DOLLARS = st.sampled_from([0, 500, 5_000, 250_000])


def some(**choices):
    """Draw some of a section's settings, the others at their defaults."""
    return st.fixed_dictionaries({}, optional=choices)


GROWTH = st.fixed_dictionaries(
    {"most_hires": st.just(10.0)},
    optional={
        "mode": st.sampled_from(["target", "flat"]),
        "target": st.sampled_from([-0.5, -0.12, -0.05, 0.0, 0.03, 0.2, 0.6]),
        "hire_rate": SHARES,
        "termination_rate": st.sampled_from([0.0, 0.005, 0.12, 0.4, 1.0]),
        "new_hire_termination_rate": st.sampled_from([0.0, 0.25, 0.8]),
    },
)
TERMINATION = some(
    base=SHARES,
    tenure=st.tuples(*[FACTORS] * 5),
    level_step=SHARES,
    first_year=FACTORS,
    low_performer=FACTORS,
    least_days=st.sampled_from([1, 30, 90, 365]),
)
PROMOTION = some(
    base=SHARES,
    multiplier=st.sampled_from([1.0, 10.0]),
    month=st.integers(1, 12),
    day=st.integers(1, 28),
    least_tenure=st.integers(0, 3),
    age_limit=st.sampled_from([30, 65, 127]),
    raise_rate=SHARES,
    raise_spread=SHARES,
    cap=SHARES,
    cap_dollars=DOLLARS,
)
RAISES = some(
    rate=SHARES,
    cost_of_living=SHARES,
    months=st.tuples(*[FACTORS] * 12).filter(any),
    day=st.integers(0, 31),
    least_tenure=st.integers(0, 3),
    cap=SHARES,
    cap_dollars=DOLLARS,
)
ENROLLMENT = st.one_of(
    some(automatic=st.just(False)),
    st.fixed_dictionaries(
        {"proactive_days": st.sampled_from([(1, 1), (7, 35)]), "automatic_days": st.sampled_from([40, 45, 380])}
    ),
    st.just({}),
).flatmap(
    lambda base: some(
        waiting_days=st.sampled_from([0, 1, 30, 365, 800]),
        automatic_rate=SHARES,
        opt_out_days=st.sampled_from([1, 30, 365]),
        opt_out=st.tuples(*[SHARES] * 4),
        proactive=st.tuples(*[SHARES] * 4),
        voluntary=st.tuples(*[SHARES] * 4),
        yearly=st.tuples(*[SHARES] * 4),
        yearly_month=st.integers(0, 12),
        yearly_day=st.integers(1, 28),
        rates=st.tuples(*[SHARES] * 4),
        roth_share=SHARES,
    ).map(lambda more: {**more, **base})
)
CHANGE = some(
    rate=SHARES,
    steps=st.sampled_from([{-500: 1.0, 500: 1.0}, {0: 1.0, 100: 0.5}, {10_000: 1.0}]),
    highest=st.sampled_from([0.01, 0.1, 1.0]),
)
ESCALATION = some(
    step=st.sampled_from([0.0, 0.01, 0.25]),
    cap=SHARES,
    first_after_years=st.integers(0, 3),
    hired_from=st.sampled_from([dt.date(1900, 1, 1), dt.date(2020, 2, 29), dt.date(2026, 1, 1)]),
)
BY = st.sampled_from(["none", "tenure", "age", "points"])
OWN = {0: [{"up_to": 0.02, "rate": 1.0}], 3: [{"up_to": 0.01, "rate": 2.0}, {"up_to": 0.5, "rate": 0.33}]}
MATCH = st.one_of(
    st.fixed_dictionaries({"formula": st.sampled_from(["simple", "tiered", "stretch", "qaca", "none"])}),
    st.fixed_dictionaries({"formula": st.just("own"), "own": st.just(OWN), "by": BY, "last_day": st.booleans()}),
)
CORE = some(
    by=BY, rates=st.sampled_from([{0: 0.0}, {0: 0.03, 40: 0.1, 70: 1.0}]), excess=SHARES, last_day=st.booleans()
)
LIMIT = some(deferral_limit=DOLLARS, catch_up=DOLLARS, compensation_limit=DOLLARS, additions_limit=DOLLARS)
BANDS = st.sampled_from(
    [
        {},
        {"age": [20, 21, 22, 30, 90], "tenure": [1, 2, 3, 4]},
        {"income": [1, 60_000, 60_001], "enrollment_age": [30, 40, 41]},
    ]
)


@st.composite
def fields(draw):
    """Draw the fields of a workforce: one person to 20,000, one year to four."""
    employees = draw(st.integers(1, 3) | st.integers(1, 60) | st.integers(1, 700))
    # Bounds come up far more often than numbers between them.
    rare = draw(st.integers(0, 79))
    employees = {19: 20_000, 37: 2_000, 53: 2_000, 61: 2_000}.get(rare, employees)
    start = draw(st.integers(2020, 2040))
    years = draw(st.integers(1, 2 if employees > 1_000 else 4))
    simple = draw(st.integers(0, 9)) == 0
    sections = {} if simple else draw(
        some(
            growth=GROWTH, termination=TERMINATION, promotion=PROMOTION, raises=RAISES, enrollment=ENROLLMENT,
            change=CHANGE, escalation=ESCALATION, match=MATCH, core=CORE, bands=BANDS,
            limits=LIMIT.map(lambda limits: {start: limits}),
        )
    )  # fmt: skip
    return {
        **(SIMPLE if simple else {}),
        "growth": {"most_hires": 10.0, **(SIMPLE["growth"] if simple else {})},
        **sections,
        "seed": draw(st.integers(0, 2**63 - 1)),
        "employees": employees,
        "start": start,
        "end": start + years - 1,
        "block_employees": draw(st.sampled_from([max(1, employees // 4), 65_536])),
        "scenarios": draw(st.sampled_from([("baseline",)] * 3 + [("optimistic", "baseline ü")])),
    }


def odd(census, spec, seed):
    """Return a census with people that nobody would make: born on February 29, paid a cent, hired yesterday."""
    rng = np.random.default_rng(seed)
    count, first = len(census), day_number(dt.date(spec.start, 1, 1))

    def now_and_then(values, *others):
        picked = rng.integers(0, 8 + len(others), len(values))
        return np.select([picked == k for k in range(len(others))], others, values).astype(values.dtype)

    leap = day_number(dt.date(1980, 2, 29))
    hired = now_and_then(census.hire_date, first - 1, first - 365, first - 366, day_number(dt.date(2016, 2, 29)))
    enrolled = now_and_then(census.enrolled, True, False)
    return replace(
        census,
        employee_id=np.sort(np.array([f"{seed % 97}-{n}-é".encode() for n in range(count)], "S24")),
        birth_date=now_and_then(census.birth_date, leap, first - 50 * 366, first - 60 * 366, first - 64 * 365),
        hire_date=hired,
        pay_cents=now_and_then(census.pay_cents, 1, 4_999_999, 5_000_000, 99_999_999_999),
        level=now_and_then(census.level, 1, 5),
        deferral_bp=np.where(enrolled, now_and_then(census.deferral_bp, 0, 1, 999, 1_000, 10_000), 0).astype(np.int32),
        enrolled=enrolled,
        enrollment_date=np.where(enrolled, now_and_then(hired, first - 1, first - 365), NO_DATE).astype(np.int32),
        eligibility_date=now_and_then(census.eligibility_date, NO_DATE, first, first + 31, first + 400, first - 1),
    )


def company(values, odd_seed=None):
    """Return the scenarios of a workforce; None where the spec cannot be met."""
    try:
        spec = WorkforceSpec.model_validate(values)
        spec, census = census_of(spec, {})
        return company_of(spec, census if odd_seed is None else odd(census, spec, odd_seed))
    except SpecError:
        return None
