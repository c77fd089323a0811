"""The summary that lies beside the events, for tools that look for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rowmill.domains.workforce.parameters.statutory import last_year
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.model.dataset import Outcome

SUMMARY = "generation_summary.json"


def generation_summary(outcome: Outcome) -> Mapping[str, Mapping[str, Any]]:
    """Return the summary of what is committed; times are those of the last run."""
    spec = WorkforceSpec.model_validate(outcome.spec)
    return {
        SUMMARY: {
            "start_year": int(outcome.dates[0][:4]),
            "end_year": int(outcome.dates[1][:4]),
            "total_events": outcome.rows,
            "total_duration_seconds": None if outcome.seconds is None else round(outcome.seconds, 3),
            "events_per_second": None if outcome.rows_per_second is None else round(outcome.rows_per_second, 1),
            "generated_at": outcome.ended_at,
            "config": {
                "scenario_id": spec.scenarios[0] if len(spec.scenarios) == 1 else list(spec.scenarios),
                "plan_design_id": spec.plan,
                "random_seed": spec.seed,
            },
            "limits_published_through": last_year(),
            "years_with_limits_carried_forward": list(spec.carried_limits),
        }
    }
