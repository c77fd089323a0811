"""Named groups of settings for the spec."""

from __future__ import annotations

from rowmill.domains.workforce.parameters.settings import AGE_EDGES, DEFAULT_LEVELS, TENURE_EDGES

_TENURES, _AGES = [1.0] * (len(TENURE_EDGES) + 1), [1.0] * (len(AGE_EDGES) + 1)
_MARCH = [float(month == 3) for month in range(1, 13)]

SIMPLE: dict[str, object] = {
    "growth": {"mode": "flat", "hire_rate": 0.15, "termination_rate": 0.12, "new_hire_termination_rate": 0.15},
    "termination": {
        "base": 0.12,
        "tenure": _TENURES,
        "age": _AGES,
        "level_step": 0.0,
        "first_year": 1.25,
        "low_performer": 2.0,
    },
    "promotion": {
        "base": 0.08,
        "tenure": _TENURES,
        "age": _AGES,
        "level_step": 0.0,
        "month": 1,
        "day": 1,
        "least_tenure": 0,
        "age_limit": 127,
        "raise_rate": 0.15,
        "raise_spread": 0.0,
    },
    "levels": [level.model_dump() | {"merit": 0.04} for level in DEFAULT_LEVELS],
    "raises": {"rate": 0.85, "cost_of_living": 0.0, "months": _MARCH, "day": 15, "least_tenure": 0},
    "enrollment": {
        "automatic": False,
        "voluntary": [0.0] * 4,
        "yearly": [0.75] * 4,
        "yearly_month": 4,
        "yearly_day": 1,
        "rates": [0.06] * 4,
        "rates_income": [0.0] * 4,
    },
    "change": {"rate": 0.0},
    "escalation": {"step": 0.0},
}
"""One rate for all: hires 15 % of the headcount, 12 % leave (weighed 1.25 in the first year of service, 2 for low
performers; 15 % of hires), 8 % promoted on January 1 by 15 %, 85 % with a raise of 4 % on March 15, 75 % of those who
are not in the plan join it on April 1 at 6 %."""

PRESETS: dict[str, dict[str, object]] = {"simple": SIMPLE}
