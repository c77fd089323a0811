"""How near subjects come to their donors, against distances that SciPy computes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.spatial import cKDTree

import rowmill
from support.pilots import VITALS, sdtm, trial

NAMES = [f"{name}_p{level}" for name in ("nearest_donor", "donors_apart") for level in ("05", "50", "95")]


def told(data):
    """Return what the truth says of nearness, by name."""
    rows = data["truth"].to_polars().filter(pl.col("Parameter").is_in([*NAMES, "nearer_than_donors"]))
    return dict(rows.select("Parameter", "Value").iter_rows())


def trajectories(frame):
    return np.stack([frame[name].to_numpy().astype(float).reshape(-1, 4) for name in VITALS], axis=2)


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    """Return a complete pilot of 240 subjects and its files; everyone of it is looked at."""
    data = trial(120)
    vs, dm = sdtm(tmp_path_factory.mktemp("pilot"), data)
    return data, {"pilot": vs, "demographics": dm}


@pytest.mark.parametrize("smoothing", [0.0, 0.35, 0.9])
def test_distances_are_those_that_another_program_finds(pilot, smoothing):
    source, files = pilot
    data = rowmill.dataset(
        "vitals", seed=4, subjects_per_arm=200, method="bootstrap", smoothing=smoothing, inputs=files
    )
    sd = np.sqrt(np.diag(np.array(data.spec.model.between) + np.array(data.spec.model.within)))
    real, made = ((trajectories(d["vitals"].to_polars()) / sd).reshape(-1, 16) / 4 for d in (source, data))
    tree = cKDTree(real)

    expected = {
        "nearest_donor": np.sort(tree.query(made)[0]),
        "donors_apart": np.sort(tree.query(real, k=2)[0][:, 1]),
    }

    found = told(data)
    for name, distances in expected.items():
        for level in (5, 50, 95):
            place = int(level / 100 * (len(distances) - 1))
            assert found[f"{name}_p{level:02d}"] == pytest.approx(distances[place], abs=2e-6)
    nearer = (expected["nearest_donor"] < expected["donors_apart"][int(0.05 * 239)]).mean()
    assert found["nearer_than_donors"] == pytest.approx(nearer, abs=1e-6)


def test_more_noise_leads_away_from_donors(pilot):
    _, files = pilot
    found = [
        told(rowmill.dataset("vitals", seed=4, subjects_per_arm=300, method="bootstrap", smoothing=h, inputs=files))
        for h in (0.0, 0.35, 0.7, 1.0)
    ]

    nearest = [each["nearest_donor_p50"] for each in found]
    assert nearest == sorted(nearest)
    assert found[0]["nearer_than_donors"] == 1
    assert found[3]["nearer_than_donors"] < 0.2
    assert len({each["donors_apart_p50"] for each in found}) == 1


def test_a_pilot_with_gaps_is_compared_where_it_has_readings(tmp_path):
    thinned = {"realism": {"missed": 0.2, "dropout": {"mechanism": "mcar", "retention": 0.5}}}
    vs, dm = sdtm(tmp_path, trial(60, **thinned))
    data = rowmill.dataset(
        "vitals", seed=4, subjects_per_arm=50, method="bootstrap", inputs={"pilot": vs, "demographics": dm}
    )

    found = told(data)

    assert 0 < found["nearest_donor_p05"] < found["nearest_donor_p50"] < found["nearest_donor_p95"] < 1


@pytest.mark.parametrize("fields", [{}, {"method": "rules"}, {"method": "bootstrap", "subjects_per_arm": 0}])
def test_without_donors_or_subjects_nothing_is_told(fields):
    assert not told(rowmill.dataset("vitals", seed=4, **{"subjects_per_arm": 10, **fields}))
