"""What a spec of payments asks for in numbers: rows, frauds and their scenarios."""

from __future__ import annotations

from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model import ddl
from rowmill.model.aims import Aim


def aims(spec: PaymentsSpec) -> tuple[Aim, ...]:
    """Return the numbers that a spec asks for; none of an open period, which has no total."""
    if spec.rows is None:
        return ()
    rows, frauds = spec.rows, round(spec.rows * spec.fraud_rate)
    fraud = "CAST(label_fraud AS INTEGER)"
    found = [
        Aim("payments", "transactions", rows, "count(*)"),
        Aim("fraudulent payments", "transactions", frauds, f"sum({fraud})", ("label_fraud",), tolerance=1),
    ]
    if rows:
        found.append(
            Aim(
                "share of frauds", "transactions", spec.fraud_rate, f"avg({fraud})", ("label_fraud",), "share", 1 / rows
            )
        )
    weights = sum(spec.fraud.scenarios.values())
    for name, weight in spec.fraud.scenarios.items():
        if frauds and weight:
            # Rows of an episode are whole: a scenario may be a few rows off its share.
            room = 1 / frauds + 0.02 if frauds < 1_000 else 0.01
            measured = f"avg(CASE WHEN is_fraud THEN CAST(scenario = {ddl.literal(name)} AS INTEGER) END)"
            asked = float(weight / weights)
            what = f"frauds of scenario {name}"
            found.append(Aim(what, "labels", asked, measured, ("scenario", "is_fraud"), "share", room))
    return tuple(found)
