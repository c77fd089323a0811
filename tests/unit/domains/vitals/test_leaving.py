"""Who leaves and what is missed: as asked for, else as in the user's own model, else by default."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import rowmill
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.settings import PRESETS
from rowmill.domains.vitals.shipped import shipped_model
from support.pilots import sdtm, trial

REALISTIC = PRESETS["realistic"]["realism"]
ODDS = (0.0, 0.9, 0.0, -0.6)


def own(**change):
    """Return a model as a user's own: fitted to 170 subjects, of whom arms lost different shares."""
    shipped = shipped_model()
    dropout = shipped.dropout.model_copy(update=change.pop("dropout", {}))
    return shipped.model_copy(update={"missing": 0.04, "dropout": dropout, **change})


def made(subjects=4_000, realism=REALISTIC, **fields):
    return rowmill.dataset("vitals", seed=3, subjects_per_arm=subjects, realism=realism, **fields)


def kept(data):
    """Return the share of each arm that attends each visit, by arm and visit."""
    subjects = data["subjects"].to_polars()
    visits = [visit.name for visit in data.spec.visits]
    last = subjects["LastVisit"].cast(pl.String).replace_strict({v: n for n, v in enumerate(visits)}).to_numpy()
    arm = subjects["TreatmentArm"].cast(pl.String).to_numpy()
    return {a: {v: (last[arm == a] >= n).mean() for n, v in enumerate(visits)} for a in data.spec.arms}


def truth(data, parameter):
    rows = data["truth"].to_polars().filter(pl.col("Parameter") == parameter)
    return {(row[1], row[2], row[3]): row[5] for row in rows.iter_rows()}


@pytest.mark.parametrize("method", ["mvn", "bootstrap"])
def test_subjects_leave_as_in_the_users_own_model(method):
    model = own()
    data = made(model=model, method=method)

    for arm, shares in kept(data).items():
        for visit, share in shares.items():
            assert share == pytest.approx(model.dropout.retention[arm][visit], abs=1.5 / 4_000)
            if visit.startswith("Week"):
                assert truth(data, "retention")[arm, visit, None] == model.dropout.retention[arm][visit]
    vitals = data["vitals"].to_polars()
    there = vitals.filter(pl.col("VisitName") == "Week 4")
    assert there["SystolicBP"].null_count() == pytest.approx(0.04 * there.height, abs=40)
    assert truth(data, "missed") == {(None, None, None): 0.04}


@pytest.mark.parametrize("mechanism", ["mcar", "mar", "mnar"])
@pytest.mark.parametrize(("retention", "strength"), [(0.05, 0.5), (0.3, 3.0), (0.751, 1.0), (1.0, 2.0)])
def test_retention_is_exact_however_subjects_leave(mechanism, retention, strength):
    dropout = {"mechanism": mechanism, "retention": retention, "strength": strength}
    data = made(10_000, {"dropout": dropout})

    for shares in kept(data).values():
        assert shares["Week 12"] == retention
        assert shares["Week 4"] == pytest.approx(retention**0.5, abs=0.5 / 10_000)
        assert shares["Day 1"] == 1


def test_what_is_asked_for_goes_before_the_model():
    asked = {**REALISTIC, "dropout": {"mechanism": "mar", "retention": 0.5, "strength": 0.1}, "missed": 0.0}
    data = made(model=own(), realism=asked)

    assert {arm: shares["Week 12"] for arm, shares in kept(data).items()} == {"Active": 0.5, "Placebo": 0.5}
    assert truth(data, "dropout_mar_log_odds") == {(None, None, "SystolicBP"): 0.1}
    assert data["vitals"].to_polars()["SystolicBP"].null_count() == 0


@pytest.mark.parametrize(
    "fields",
    [{}, {"method": "rules"}, {"model": own(dropout={"retention": {}, "by_previous": (0, 0, 0, 0)}, subjects=0)}],
    ids=["shipped", "rules", "a model that says nothing"],
)
def test_without_a_model_that_says_it_the_defaults_hold(fields):
    data = made(**fields)

    assert {arm: shares["Week 12"] for arm, shares in kept(data).items()} == {"Active": 0.75, "Placebo": 0.75}
    assert truth(data, "retention") == {(None, "Week 12", None): 0.75}
    assert truth(data, "dropout_mar_log_odds") == {(None, None, "SystolicBP"): 0.5}
    assert truth(data, "missed") == {(None, None, None): 0.01}


def test_everybody_stays_where_nothing_is_switched_on():
    data = made(realism={}, model=own())

    assert not data["subjects"].to_polars()["DroppedOut"].any()
    assert not truth(data, "retention")


def test_what_made_subjects_leave_in_the_model_makes_them_leave():
    """The log-odds that a logistic regression finds are those of the model, on both vitals that it names."""
    from sklearn.linear_model import LogisticRegression

    model = own(dropout={"by_previous": ODDS})
    data = made(20_000, {"dropout": {"mechanism": "mar"}}, model=model)
    everyone = rowmill.dataset("vitals", seed=3, subjects_per_arm=20_000, model=model)["vitals"].to_polars()
    subjects = data["subjects"].to_polars()
    sd = np.sqrt(np.diag(np.array(model.between) + np.array(model.within)))
    names = ["SystolicBP", "DiastolicBP", "HeartRate", "Temperature"]
    before = everyone.filter(pl.col("VisitName") == "Day 1").select(names).to_numpy() / sd
    active = (subjects["TreatmentArm"] == "Active").to_numpy()
    left = (subjects["LastVisit"] == "Day 1").to_numpy()

    found = LogisticRegression(C=1e6).fit(before[active], left[active]).coef_[0]

    assert truth(data, "dropout_mar_log_odds") == {
        (None, None, "SystolicBP"): 0.0,
        (None, None, "DiastolicBP"): 0.9,
        (None, None, "Temperature"): -0.6,
    }
    assert np.abs(found - np.array(ODDS)).max() < 0.15


def test_a_pilot_brings_its_own_dropout(tmp_path):
    thinned = {"dropout": {"mechanism": "mar", "retention": 0.5}, "missed": 0.1}
    vs, dm = sdtm(tmp_path, trial(200, realism=thinned))
    found = fit(vs, dm).model

    data = made(2_000, inputs={"pilot": vs, "demographics": dm})

    assert found.dropout.retention["Active"]["Week 12"] == pytest.approx(0.5, abs=0.04)
    for arm, shares in kept(data).items():
        assert shares["Week 12"] == pytest.approx(found.dropout.retention[arm]["Week 12"], abs=1 / 1_000)
    assert data.spec.realism.missed == found.missing > 0.02


@pytest.mark.parametrize("mechanism", ["mcar", "mar", "mnar"])
def test_those_who_stay_have_the_values_that_they_had_when_everybody_stayed(mechanism):
    whole = made(realism={})["vitals"].to_polars()

    left = made(realism={"dropout": {"mechanism": mechanism, "retention": 0.5}})["vitals"].to_polars()

    assert left.height < whole.height
    assert left.equals(whole.join(left, on=["SubjectID", "VisitName"], how="semi", maintain_order="left"))
