"""The effect that is asked for is the effect that is found: analysis of covariance in thousands of trials."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import rowmill

ARM, TRIALS = 100, 5_000
BASELINE, LAST = 1, 3
VISITS = 4


def cut(effect, **fields):
    """Return baseline, last pressure and treatment of 5,000 trials of 100 an arm, cut from one dataset."""
    data = rowmill.dataset("vitals", seed=42, subjects_per_arm=ARM * TRIALS, target_effect=effect, **fields)
    tiles = list(data["vitals"].frames(["TreatmentArm", "SystolicBP"]))
    pressure, arm = (
        np.concatenate([tile[name].values.reshape(-1, VISITS) for tile in tiles])
        for name in ("SystolicBP", "TreatmentArm")
    )
    columns = pressure[:, BASELINE].astype(float), pressure[:, LAST].astype(float), (arm[:, 0] == 0).astype(float)
    return [column.reshape(TRIALS, 2 * ARM) for column in columns]


def ancova(baseline, outcome, treated):
    """Return the estimated effect of each trial, and half the width of its 95 % interval."""
    design = np.stack([np.ones_like(baseline), baseline, treated], axis=2)
    inverse = np.linalg.inv(design.transpose(0, 2, 1) @ design)
    coefficients = np.einsum("tij,tnj,tn->ti", inverse, design, outcome)
    residual = outcome - np.einsum("tnj,tj->tn", design, coefficients)
    freedom = baseline.shape[1] - design.shape[2]
    error = np.sqrt((residual**2).sum(axis=1) / freedom * inverse[:, 2, 2])
    return coefficients[:, 2], stats.t.ppf(0.975, freedom) * error


@pytest.mark.parametrize("method", ["mvn", "bootstrap", "rules"])
@pytest.mark.parametrize("effect", [-5.0, 0.0, 3.0])
def test_intervals_cover_the_effect_in_95_of_100_trials(effect, method):
    baseline, outcome, treated = cut(effect, method=method)

    found, reach = ancova(baseline, outcome, treated)

    assert (treated.sum(axis=1) == ARM).all()
    assert 0.94 <= (np.abs(found - effect) <= reach).mean() <= 0.96
    assert abs(found.mean() - effect) < 3.3 * found.std() / TRIALS**0.5
    if effect == 0:
        assert 0.04 <= (np.abs(found) > reach).mean() <= 0.06


def test_a_calibrated_effect_keeps_the_error_of_a_test_within_bounds():
    found, reach = ancova(*cut(0.0, calibrate=True))

    assert 0.04 <= (np.abs(found) > reach).mean() <= 0.06
