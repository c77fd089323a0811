from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import rowmill
from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.vitals import DOMAIN
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.pilots import with_pilot
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.model.inputs import inputs_of
from support.pilots import VITALS, plain, rewritten, sdtm, trial

THINNED = {"realism": {"missed": 0.1, "dropout": {"mechanism": "mcar", "retention": 0.6}}}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    vs, dm = sdtm(tmp_path_factory.mktemp("pilot"), trial(40, **THINNED))
    return {"pilot": vs, "demographics": dm}


def made(files, method="bootstrap", **fields):
    return rowmill.dataset("vitals", inputs=files, method=method, seed=5, **{"subjects_per_arm": 3_000, **fields})


def rebuilt(data, inputs):
    """Build a dataset as a worker or a verification does: from the stored spec and the files."""
    return DOMAIN.build(VitalsSpec.model_validate(json.loads(data.spec.model_dump_json())), inputs_of(inputs))


def by_cell(data):
    return (
        data["vitals"]
        .to_polars()
        .group_by("TreatmentArm", "VisitName")
        .agg(pl.col(name).mean().alias(f"mean {name}") for name in VITALS)
        .sort("TreatmentArm", "VisitName")
    )


@pytest.mark.parametrize("method", ["mvn", "bootstrap"])
def test_a_pilot_is_fitted_on_the_way(files, method):
    data = made(files, method)

    assert data.spec.model == fit(files["pilot"], files["demographics"]).model
    assert data.spec.target_effect is None
    assert [(visit.name, visit.day) for visit in data.spec.visits] == [
        ("Screening", -14),
        ("Day 1", 1),
        ("Week 4", 28),
        ("Week 12", 84),
    ]


@pytest.mark.parametrize("smoothing", [0.0, 0.35, 1.0])
def test_the_bootstrap_has_the_means_of_the_model_and_its_arm_difference(files, smoothing):
    data = made(files, smoothing=smoothing, subjects_per_arm=30_000)

    found, model = by_cell(data), data.spec.model

    scale = np.sqrt(np.diag(np.array(model.between) + np.array(model.within)))
    for row in found.iter_rows(named=True):
        for vital, name in enumerate(VITALS):
            expected = model.means[row["TreatmentArm"]][row["VisitName"]][vital]
            assert abs(row[f"mean {name}"] - expected) < 5 * scale[vital] / 30_000**0.5


def test_an_effect_that_is_asked_for_replaces_the_donors_own(files):
    data = made(files, subjects_per_arm=30_000, target_effect=-12)

    found = by_cell(data).filter(pl.col("VisitName") == "Week 12")["mean SystolicBP"].to_list()

    assert found[0] - found[1] == pytest.approx(-12, abs=0.7)


def test_donors_are_the_pilots_subjects_with_gaps_filled_near_what_is_there(files):
    spec, donors, _ = with_pilot(VitalsSpec(seed=1, method="bootstrap"), inputs_of(files))
    recorded = np.array(donors.recorded).transpose(2, 0, 1)
    departure = np.array(donors.departure).transpose(2, 0, 1)
    missing = np.isnan(recorded)

    assert donors.size.tolist() == [40, 40]
    assert donors.completed == missing.any(axis=2).sum() > 20
    arm = np.repeat([0, 1], 40)
    for a in (0, 1):
        assert departure[arm == a].mean(axis=0) == pytest.approx(np.zeros((4, 4)), abs=1e-9)
        there = ~missing[arm == a]
        shift = recorded[arm == a] - departure[arm == a]
        for v in range(4):
            for j in range(4):
                known = shift[there[:, v, j], v, j]
                assert known == pytest.approx(np.full(len(known), known[0]), abs=1e-9)
    filled = departure[missing[:, 3, 0], 3, 0], departure[missing[:, 3, 0], 0, 0]
    assert np.corrcoef(*filled)[0, 1] > 0.2
    assert spec.inputs.keys() == {"pilot"}


def test_donors_do_not_depend_on_seed_format_or_row_order(files, tmp_path):
    shuffled = {
        name: rewritten(path, lambda frame: frame.sample(fraction=1, shuffle=True, seed=9))
        for name, path in files.items()
    }
    as_csv = {}
    for name, path in files.items():
        as_csv[name] = str(tmp_path / f"{name}.csv")
        pl.read_parquet(path).write_csv(as_csv[name])

    spec, donors, _ = with_pilot(VitalsSpec(seed=1, method="bootstrap"), inputs_of(files))

    for others, seed in ((shuffled, 1), (as_csv, 2)):
        other_spec, other, _ = with_pilot(VitalsSpec(seed=seed, method="bootstrap"), inputs_of(others))
        assert other_spec.inputs == spec.inputs
        assert np.array_equal(other.departure, donors.departure)
        assert np.array_equal(other.recorded, donors.recorded, equal_nan=True)


def test_a_worker_and_a_verification_make_the_same_data(files):
    for method, needed in (("mvn", {}), ("bootstrap", files)):
        data = made(files, method, subjects_per_arm=200)

        again = rebuilt(data, needed)

        assert again.fingerprint == data.fingerprint
        first, second = (next(t.tables["vitals"].tiles(0, range(1))).frame for t in (data.model, again))
        assert all((first[name].values == second[name].values).all() for name in first)


def test_another_pilot_or_none_is_refused_when_data_is_made_again(files):
    data = made(files, subjects_per_arm=50)
    other = {**files, "pilot": rewritten(files["pilot"], lambda f: f.with_columns(VSSTRESN=pl.col("VSSTRESN") + 1))}

    with pytest.raises(UsageError, match="another pilot file than the data was made with"):
        rebuilt(data, other)
    with pytest.raises(UsageError, match=r"give it with --catalog pilot=FILE"):
        rebuilt(data, {})


def test_without_a_pilot_the_bootstrap_says_that_its_pilot_is_synthetic():
    data = rowmill.dataset("vitals", method="bootstrap", seed=5, subjects_per_arm=50)

    truth = dict(data["truth"].to_polars().select("Parameter", "Value").iter_rows())
    assert "synthetic pilot made from the model" in data.notes[0]
    assert data.spec.inputs == {"pilot": "synthetic"}
    assert truth["donors_synthetic"] == 1
    assert rebuilt(data, {}).fingerprint == data.fingerprint


def test_the_truth_says_how_many_donors_there_were_and_what_was_completed(files):
    _, donors, _ = with_pilot(VitalsSpec(seed=1, method="bootstrap"), inputs_of(files))

    truth = made(files)["truth"].to_polars()

    told = dict(truth.select("Parameter", "Value").iter_rows())
    found = {name: told[name] for name in ("donors", "donors_synthetic", "donor_visits_completed")}
    assert found == {"donors": 40, "donors_synthetic": 0, "donor_visits_completed": donors.completed}


def test_a_model_brings_its_own_arms_and_visits_unless_others_are_named(tmp_path):
    words = PilotReading(arms="Drug=Active,None=Placebo", visits="Start=Day 1,Middle=Week 4,End=Week 12")
    model = fit(plain(tmp_path, trial(40)), reading=words).model

    whole = rowmill.dataset("vitals", model=model, seed=1, subjects_per_arm=5)
    fewer = rowmill.dataset("vitals", model=model, seed=1, subjects_per_arm=5, visits=[{"name": "Middle", "day": 28}])

    assert whole.spec.arms == ("Drug", "None")
    assert [visit.name for visit in whole.spec.visits] == ["Start", "Middle", "End"]
    assert [visit.name for visit in fewer.spec.visits] == ["Middle"]
    with pytest.raises(SpecError, match="the model knows"):
        rowmill.dataset("vitals", model=model, seed=1, arms=("Active", "Placebo"))


def test_a_pilot_with_other_visits_makes_a_trial_with_those(files):
    words = {"visits": "Entry=Day 1,Exit=Week 12", "arms": "Drug=Active,Nothing=Placebo"}

    data = made(files, subjects_per_arm=100, pilot=words)

    frame = data["vitals"].to_polars()
    assert frame["VisitName"].unique().sort().to_list() == ["Entry", "Exit"]
    assert frame["TreatmentArm"].unique().sort().to_list() == ["Drug", "Nothing"]


@pytest.mark.parametrize(
    ("own", "fields", "message"),
    [
        (("demographics",), {}, "demographics: belongs to a pilot"),
        (("pilot", "demographics"), {"method": "rules"}, "method rules reads none"),
        (("pilot", "demographics", "merchants"), {}, "input 'merchants': unknown; known: demographics, pilot"),
        ((), {"pilot": {"arms": "A=B,C=D"}}, "none is given; add --catalog pilot=FILE"),
    ],
)
def test_files_and_fields_that_do_not_go_together_are_refused(files, own, fields, message):
    with pytest.raises(UsageError, match=message):
        rowmill.dataset("vitals", inputs={name: files.get(name, files["pilot"]) for name in own}, seed=1, **fields)


def test_a_pilot_and_a_model_go_together_in_the_bootstrap_alone(files):
    model = trial().spec.model

    assert made(files, model=model).spec.model == model
    with pytest.raises(UsageError, match="method mvn draws from one model"):
        made(files, "mvn", model=model)


def test_what_the_pilot_lacks_cannot_be_lent(files):
    model = trial().spec.model
    later = model.model_copy(
        update={
            "visits": (*model.visits[:3], "Week 52"),
            "means": {arm: {**means, "Week 52": means["Week 12"]} for arm, means in model.means.items()},
        }
    )

    with pytest.raises(SpecError, match=r"got 'Week 52'; the pilot has .*name it with --visits"):
        made(files, model=later)
