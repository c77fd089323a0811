"""The calibrated effect: met in every block as nearly as rounding allows, whichever effect holds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import rowmill
from rowmill.domains.vitals.shipped import shipped_model

BLOCK = 16_384


def effects(data):
    """Return the difference to the control at the last visit of each arm in each block, and an arm's subjects."""
    rows = data["vitals"].to_polars().filter(pl.col("VisitName") == data.spec.visits[-1].name)
    pressure = rows["SystolicBP"].to_numpy().astype(float)
    arm = rows["TreatmentArm"].cast(pl.String).to_numpy()
    found = []
    for start in range(0, len(pressure), BLOCK):
        mine = slice(start, start + BLOCK)
        control = pressure[mine][arm[mine] == data.spec.arms[-1]].mean()
        found.append([pressure[mine][arm[mine] == name].mean() - control for name in data.spec.arms[:-1]])
    return np.array(found), (arm[:BLOCK] == data.spec.arms[0]).sum()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, -5.0),
        ({"target_effect": 3.0}, 3.0),
        ({"model": shipped_model()}, 132.1072 - 134.7989),
        ({"model": shipped_model(), "method": "bootstrap"}, 132.1072 - 134.7989),
        ({"model": shipped_model(), "target_effect": -8.0}, -8.0),
        ({"method": "rules", "arms": ("High", "Low", "None"), "target_effect": -4.5}, -4.5),
    ],
    ids=["default", "asked", "fitted", "fitted, bootstrap", "asked of a fitted model", "three arms"],
)
def test_every_block_meets_the_effect_that_holds(fields, expected):
    data = rowmill.dataset("vitals", seed=9, subjects_per_arm=10_000, calibrate=True, **fields)

    found, number = effects(data)

    assert len(found) == 2 if len(data.spec.arms) == 2 else 1
    assert np.abs(found - expected).max() <= 0.51 / min(number, 1_200)


def test_calibration_moves_single_readings_by_one():
    free, bound = (
        rowmill.dataset("vitals", seed=9, subjects_per_arm=500, calibrate=on)["vitals"].to_polars()
        for on in (False, True)
    )
    others = [name for name in free.columns if name != "SystolicBP"]
    moved = bound["SystolicBP"].cast(pl.Int32) - free["SystolicBP"].cast(pl.Int32)

    assert free.select(others).equals(bound.select(others))
    assert set(moved.unique()) <= {-1, 0, 1}
    assert set(free.filter(moved != 0)["VisitName"].cast(pl.String)) == {"Week 12"}
    assert set(free.filter(moved != 0)["TreatmentArm"].cast(pl.String)) == {"Active"}
