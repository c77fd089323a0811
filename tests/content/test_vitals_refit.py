"""There and back: a trial written as SAS transport files by the command, fitted again, is the model it came from."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyreadstat
import pytest

from rowmill.domains.vitals.model import VitalsModel
from rowmill.domains.vitals.shipped import read_model, shipped_model

ARM = 3_000
EFFECT = -7.0
PAIRS = np.triu_indices(4, 1)


def rowmill(*words):
    subprocess.run([sys.executable, "-m", "rowmill", *map(str, words)], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return where the transport files and the model that was fitted to them lie."""
    out = tmp_path_factory.mktemp("refit")
    ask = ("--method", "mvn", "--subjects-per-arm", ARM, "--target-effect", EFFECT, "--seed", 5, "--quiet")
    form = ("--tables", "vs,dm", "--format", "xpt", "--single-file", "--name", "{table}")
    rowmill("generate", "vitals", *ask, *form, "--out", out)
    files = ("--pilot", out / "vs/vs.xpt", "--demographics", out / "dm/dm.xpt")
    rowmill("fit", "vitals", *files, "-o", out / "model.json", "--quiet")
    return out


@pytest.fixture(scope="module")
def models(folder) -> tuple[VitalsModel, VitalsModel]:
    """Return the model that made the trial, and the one that was fitted to its files."""
    path = folder / "model.json"
    return shipped_model(), read_model(path.read_text("utf-8"), str(path))


def total(model):
    return np.array(model.between) + np.array(model.within)


def correlations(matrix):
    scale = np.sqrt(np.diag(matrix))
    return (matrix / np.outer(scale, scale))[PAIRS]


def over_time(model, visit_days):
    """Return the correlation of each vital between each pair of visits, float64[pairs, 4]."""
    apart = [abs(visit_days[u] - visit_days[v]) / 7 for u, v in zip(*PAIRS, strict=True)]
    shared = np.array([model.kernel.slow * model.kernel.decay_per_week**weeks for weeks in apart])
    return (np.diag(model.between) + shared[:, None] * np.diag(model.within)) / np.diag(total(model))


def test_another_reader_finds_every_row(folder):
    vs, dm = (pyreadstat.read_xport(folder / name / f"{name}.xpt", output_format="dict") for name in ("vs", "dm"))

    assert vs[1].number_rows == 2 * ARM * 4 * 4 == len(vs[0]["VSSTRESN"])
    assert dm[1].number_rows == 2 * ARM == len(set(dm[0]["USUBJID"]))
    assert set(zip(vs[0]["VSTESTCD"], vs[0]["VSSTRESU"], strict=True)) == {
        ("SYSBP", "mmHg"),
        ("DIABP", "mmHg"),
        ("PULSE", "beats/min"),
        ("TEMP", "C"),
    }


def test_means_and_the_effect_are_those_that_made_the_trial(models):
    made, found = models
    weeks = {"Week 4": 27 / 83, "Week 12": 1.0}
    error = np.sqrt(np.diag(total(made)) / ARM)

    z = []
    for arm in found.arms:
        for visit in found.visits:
            true = np.array(made.means[arm][visit])
            if arm == "Active" and visit in weeks:
                true[0] = made.means["Placebo"][visit][0] + EFFECT * weeks[visit]
            z.append((np.array(found.means[arm][visit]) - true) / error)
    effect = found.means["Active"]["Week 12"][0] - found.means["Placebo"]["Week 12"][0]

    assert np.abs(z).max() < 4
    assert np.square(z).mean() ** 0.5 < 1.4
    assert abs(effect - EFFECT) < 3.3 * 2**0.5 * error[0]


def test_spread_and_correlations_are_those_that_made_the_trial(models):
    made, found = models
    error = 4 / (2 * ARM) ** 0.5
    ratio = np.log(np.sqrt(np.diag(total(found)) / np.diag(total(made))))

    assert np.abs(ratio).max() < 4 * (0.75 / (2 * ARM)) ** 0.5
    assert np.abs(correlations(total(found)) - correlations(total(made))).max() < error
    assert np.abs(over_time(found, found.visit_days) - over_time(made, found.visit_days)).max() < error
    for level in ("between", "within"):
        one, other = (correlations(np.array(getattr(model, level))) for model in models)
        assert np.abs(one - other).max() < 1.5 * error
    shares = [np.diag(model.between) / np.diag(total(model)) for model in models]
    assert np.abs(shares[0] - shares[1]).max() < error


def test_what_the_trial_did_not_have_is_not_found(models):
    _, found = models

    assert (found.fahrenheit, found.missing) == (0, 0)
    assert all(kept == 1 for by_visit in found.dropout.retention.values() for kept in by_visit.values())
    assert all(mixture.exact > 0.95 for mixture in found.digits.values())
    assert set(found.shapes) == {"Temperature"}
