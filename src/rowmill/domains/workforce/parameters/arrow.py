"""The parameters as Arrow tables: what SQL reads of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa

from rowmill.domains.workforce.parameters.integers import DENSE, MEASURES, Parameters
from rowmill.domains.workforce.parameters.settings import REASONS
from rowmill.domains.workforce.random.rng import SLOTS
from rowmill.draw.arrays import Ints


def arrow_tables(parameters: Parameters) -> dict[str, pa.Table]:
    """Return the tables by name as SQL reads them; the column escalation_cutoff of ``run`` is a date."""
    p = parameters
    run: dict[str, Any] = {field.name: [getattr(p.run, field.name)] for field in fields(p.run)}
    run["escalation_cutoff"] = pa.array(run["escalation_cutoff"], pa.int32()).cast(pa.date32())
    slots = np.arange(SLOTS)
    band, at = np.indices(p.reasons.shape).reshape(2, -1)
    tenure, age, level = np.indices(p.termination_weight.shape).reshape(3, -1)
    joining, income = np.indices(p.deferral_bp.shape).reshape(2, -1)
    measures = np.arange(MEASURES)
    columns: dict[str, dict[str, Any]] = {
        "run": run,
        "years": dict(p.years),
        "levels": {
            "level": np.arange(len(p.level_names)) + 1,
            "name": list(p.level_names),
            "hire_weight": p.hire_weight,
            "target_cents": p.target_cents,
            "merit_bp": p.merit_bp,
        },
        "ages": _bands("age", p.age_band, p.age_labels) | {"enrollment_band": p.enrollment_band},
        "tenures": _bands("tenure", p.tenure_band, p.tenure_labels),
        "hazards": {
            "tenure_band": tenure,
            "age_band": age,
            "level": level + 1,
            "termination_weight": p.termination_weight.ravel(),
            "promotion_threshold": p.promotion_threshold.ravel(),
        },
        "incomes": {"income_band": np.arange(len(p.income_from)), "from_cents": p.income_from},
        "enrollment": {
            "enrollment_band": joining,
            "income_band": income,
            "entry_threshold": p.entry_threshold.ravel(),
            "yearly_threshold": p.yearly_threshold.ravel(),
            "opt_out_threshold": p.opt_out_threshold.ravel(),
            "deferral_bp": p.deferral_bp.ravel(),
        },
        "hire_ages": {"slot": slots, "age": p.hire_ages},
        "months": {"slot": slots, "month": p.months},
        "departments": {"slot": slots, "department": [p.department_names[k] for k in p.departments]},
        "performances": {"slot": slots, "tier": p.performances},
        "rate_steps": {"slot": slots, "step_bp": p.rate_steps},
        "reasons": {"age_band": band, "slot": at, "reason": [REASONS[k] for k in p.reasons.ravel()]},
        "match": {"measure": measures}
        | {f"{what}{n}_bp": p.match[:, 2 * (n - 1) + k] for n in (1, 2, 3) for k, what in enumerate(("cap", "rate"))},
        "core": {"measure": measures, "core_bp": p.core[:, 0], "excess_bp": p.core[:, 1]},
    }
    return {name: pa.table(cells) for name, cells in columns.items()}


def _bands(name: str, band: Ints, labels: tuple[str, ...]) -> dict[str, object]:
    return {name: np.arange(DENSE), f"{name}_band": band, "label": [labels[k] for k in band]}
