from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import rowmill
from rowmill.domains.vitals.fit.algebra import eigen, nearest_definite, product, swept
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.fit.marginals import digits
from rowmill.domains.vitals.fit.moments import estimate
from rowmill.domains.vitals.fit.pilot import Batch
from rowmill.domains.vitals.fit.structure import Structure
from rowmill.domains.vitals.fit.sums import add_up
from rowmill.domains.vitals.model import VITALS, VitalsModel
from support.pilots import plain, sdtm, trial

DAYS = [-14, 1, 28, 84]
SUBJECTS = 5_000
HARD = {
    "realism": {
        "dropout": {"mechanism": "mar", "retention": 0.6, "strength": 1.0},
        "missed": 0.05,
        "digit_preference": True,
        "fahrenheit": 0.5,
        "visit_windows": True,
    }
}


def truth(data) -> VitalsModel:
    return data.spec.model


def true_means(data):
    """Return the means that the trial was made with, effect included, float64[arms, visits, 4]."""
    rows = data["truth"].to_polars().filter(pl.col("Parameter") == "mean")
    found = {(row["TreatmentArm"], row["VisitName"], row["Vital"]): row["Value"] for row in rows.iter_rows(named=True)}
    return np.array([[[found[a, v.name, vital] for vital in VITALS] for v in data.spec.visits] for a in data.spec.arms])


@pytest.fixture(scope="module", params=["clean", "hard", "rules"])
def refitted(request, tmp_path_factory):
    fields = {"clean": {}, "hard": HARD, "rules": {"method": "rules"}}[request.param]
    data = trial(SUBJECTS, **fields)
    return data, fit(*sdtm(tmp_path_factory.mktemp("pilot"), data)).model


def spread(model):
    return np.sqrt(np.diag(np.array(model.between) + np.array(model.within)))


def test_means_are_those_that_made_the_pilot_whoever_left(refitted):
    data, model = refitted
    found = np.array([[model.means[arm][visit] for visit in model.visits] for arm in model.arms])

    error = spread(truth(data)) / SUBJECTS**0.5
    thinned = 2.0 if data.spec.realism.dropout.mechanism != "none" else 1.0

    assert np.abs((found - true_means(data)) / error).max() < 4.5 * thinned


def test_the_means_of_those_who_stayed_would_have_been_wrong():
    data = trial(SUBJECTS, **HARD)
    last = data["vitals"].to_polars().filter(pl.col("VisitName") == "Week 12")

    stayed = (
        last.group_by("TreatmentArm").agg(pl.col("SystolicBP").mean()).sort("TreatmentArm")["SystolicBP"].to_numpy()
    )

    assert (true_means(data)[:, 3, 0] - stayed > 1.5).all()


def test_both_levels_and_the_kernel_are_those_that_made_the_pilot(refitted):
    data, model = refitted
    made = truth(data)
    scale = spread(made)

    for found, true in ((model.between, made.between), (model.within, made.within)):
        assert np.abs((np.array(found) - np.array(true)) / np.outer(scale, scale)).max() < 0.06
    for days in (15, 27, 56, 83):
        kernels = [m.kernel.slow * m.kernel.decay_per_week ** (days / 7) for m in (made, model)]
        assert abs(kernels[0] - kernels[1]) < 0.06


def test_shares_of_variance_are_close(refitted):
    data, model = refitted
    made = truth(data)

    for vital in range(4):
        # What a subject's visits have in common over the longest time, which needs no kernel to be told apart.
        shared = [
            (m.between[vital][vital] + m.kernel.slow * m.kernel.decay_per_week**14 * m.within[vital][vital])
            / spread(m)[vital] ** 2
            for m in (made, model)
        ]
        assert abs(shared[0] - shared[1]) < 0.035


def test_readers_and_thermometers_are_found(refitted):
    data, model = refitted
    preferred = data.spec.realism.digit_preference

    for name in ("SystolicBP", "DiastolicBP", "HeartRate"):
        found = model.digits[name]
        true = truth(data).digits[name] if preferred else None
        for part in ("exact", "even", "fives", "tens"):
            expected = getattr(true, part) if true else float(part == "exact")
            assert abs(getattr(found, part) - expected) < 0.02
    assert abs(model.fahrenheit - data.spec.realism.fahrenheit) < 0.06


def test_only_what_is_not_normal_gets_a_shape(refitted):
    data, model = refitted
    made = truth(data)

    assert set(model.shapes) == set(made.shapes)
    for name, shape in made.shapes.items():
        middle = slice(4, 15)
        scaled = [np.array(s[middle]) / (s[14] - s[4]) for s in (shape, model.shapes[name])]
        assert np.abs(scaled[0] - scaled[1]).max() < 0.04


def test_retention_and_its_cause_are_found(refitted):
    data, model = refitted
    dropout = data.spec.realism.dropout
    kept = dropout.retention if dropout.mechanism != "none" else 1.0

    for arm in model.arms:
        assert abs(model.dropout.retention[arm]["Week 12"] - kept) < 0.03
    if dropout.mechanism == "mar":
        assert abs(model.dropout.by_previous[0] - dropout.strength) < 0.25
        assert max(np.abs(model.dropout.by_previous[1:])) < 0.2
        assert abs(model.missing - data.spec.realism.missed) < 0.01


def test_a_pilot_made_from_a_model_gives_that_model_back(tmp_path):
    """Fit, make a trial, fit again: the second model says what the first one says."""
    first = fit(*sdtm(tmp_path, trial(80))).model
    again = rowmill.dataset("vitals", model=first, seed=11, subjects_per_arm=8_000)

    second = fit(plain(tmp_path, again)).model

    scale = spread(first)
    means = [np.array([[m.means[a][v] for v in m.visits] for a in m.arms]) for m in (first, second)]
    assert np.abs((means[0] - means[1]) / scale).max() < 0.06
    for name in ("between", "within"):
        assert (
            np.abs((np.array(getattr(first, name)) - np.array(getattr(second, name))) / np.outer(scale, scale)).max()
            < 0.06
        )


def test_of_complete_pilots_means_and_variances_are_the_plain_ones():
    rng = np.random.default_rng(5)
    level = rng.normal(0, [9_000, 6_000, 5_000, 300], (400, 1, 4))
    value = np.rint(
        np.array([130_000, 78_000, 72_000, 36_600]) + level + rng.normal(0, [9_000, 6_000, 5_000, 300], (400, 4, 4))
    )
    arm = np.arange(400) // 200
    batch = Batch(np.arange(400), arm, value.reshape(400, 16).astype(np.int64), np.ones((400, 16), bool))

    found = estimate(add_up(2, 4, [batch]), DAYS)

    units = value / 1000
    assert found.mean[:, :8] == pytest.approx(np.tile(units[:, :2].mean(axis=0).ravel(), (2, 1)), abs=1e-9)
    later = units[:, 2:] - np.array([units[arm == a, 2:].mean(axis=0) for a in (0, 1)])[arm]
    before = units[:, :2] - units[:, :2].mean(axis=0)
    same = (np.cov(before.reshape(400, 8).T) * 399 / 399)[:4, :4] + np.cov(before.reshape(400, 8).T)[4:, 4:]
    same = (same + sum(np.cov(later[:, v].T) * 399 / 398 for v in (0, 1))) / 4
    assert found.lags.same == pytest.approx(same, rel=0.02, abs=0.02)


@st.composite
def batches(draw):
    """Return subjects with readings missing anywhere."""
    subjects = draw(st.integers(1, 30))
    seen = draw(hnp.arrays(bool, (subjects, 12)))
    seen[:, 0] |= ~seen.any(axis=1)
    value = draw(hnp.arrays(np.int64, (subjects, 12), elements=st.integers(20_000, 260_000))) * seen
    arm = np.sort(draw(hnp.arrays(np.int64, subjects, elements=st.integers(0, 1))))
    return Batch(np.arange(subjects), arm, value, seen)


@given(batches(), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_order_or_batches(batch, random):
    order = list(range(len(batch.subject)))
    random.shuffle(order)
    cut = random.randint(0, len(order))
    parts = [
        Batch(batch.subject[p], batch.arm[p], batch.value[p], batch.seen[p]) for p in (order[:cut], order[cut:]) if p
    ]

    whole, pieces = add_up(2, 3, [batch]), add_up(2, 3, parts)

    assert whole.groups.keys() == pieces.groups.keys()
    for key, group in whole.groups.items():
        assert group.subjects == pieces.groups[key].subjects
        assert (group.product == pieces.groups[key].product).all()
    for name in ("histogram", "last", "skipped", "previous"):
        assert (getattr(whole, name) == getattr(pieces, name)).all()


@st.composite
def covariances(draw, size=5):
    root = draw(hnp.arrays(float, (size, size), elements=st.floats(-3, 3, width=32)))
    return root @ root.T + np.eye(size)


@given(covariances(), st.sets(st.integers(0, 4), min_size=1, max_size=4))
def test_sweeping_is_regression(covariance, known):
    seen, rest = sorted(known), [i for i in range(5) if i not in known]

    found = swept(covariance, seen)

    slope = np.linalg.solve(covariance[np.ix_(seen, seen)], covariance[np.ix_(seen, rest)]).T
    assert found[np.ix_(rest, seen)] == pytest.approx(slope, rel=1e-6, abs=1e-6)
    left = covariance[np.ix_(rest, rest)] - slope @ covariance[np.ix_(seen, rest)]
    assert found[np.ix_(rest, rest)] == pytest.approx(left, rel=1e-6, abs=1e-6)


@given(hnp.arrays(float, (4, 4), elements=st.floats(-2, 2, width=32)))
def test_eigenvalues_and_the_nearest_covariance_are_those_of_lapack(root):
    matrix = (root + root.T) / 2
    scale = np.array([1.0, 2.0, 3.0, 0.5])

    values, vectors = eigen(matrix)
    repaired, distance = nearest_definite(matrix * np.outer(scale, scale), scale)

    true = np.linalg.eigvalsh(matrix)
    assert np.sort(values) == pytest.approx(true, abs=1e-9)
    assert product(product(vectors, np.diag(values)), vectors.T) == pytest.approx(matrix, abs=1e-9)
    unit = repaired / np.outer(scale, scale)
    assert np.linalg.eigvalsh(unit).min() > 0.0099
    assert distance == pytest.approx((np.maximum(0.01 - true, 0) ** 2).sum() ** 0.5, abs=1e-8)
    assert distance == 0 or np.linalg.norm(unit - matrix) == pytest.approx(distance)


def test_a_covariance_that_cannot_be_is_moved_and_told(tmp_path):
    """Ten subjects an arm: what they share is below zero for one vital or another."""
    found = [
        fit(*sdtm(folder, trial(10, seed=seed))) for seed in range(6) if not (folder := tmp_path / str(seed)).mkdir()
    ]

    assert any(one.structure.distance > 0 for one in found)
    for one in found:
        assert np.linalg.eigvalsh(np.array(one.model.between)).min() > 0
        assert np.linalg.eigvalsh(np.array(one.model.within)).min() > 0


@settings(max_examples=25)
@given(st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(any))
def test_a_mixture_of_roundings_is_read_off_its_last_digits(parts):
    exact, even, fives, tens = (part / sum(parts) for part in parts)
    shares = [0.0] * 10
    for digit in range(10):
        shares[digit] = exact / 10 + (even / 5 if digit % 2 == 0 else 0) + (fives / 2 if digit % 5 == 0 else 0)
    shares[0] += tens

    found = digits([round(share * 1_000_000) for share in shares], 0)

    assert (found.exact, found.even, found.fives, found.tens) == pytest.approx((exact, even, fives, tens), abs=0.002)
    assert digits([10] * 10, 5) is None


def test_a_structure_is_what_it_says():
    structure = Structure(np.eye(4) * 2, np.eye(4) * 3, 0.4, 0.5)

    covariance = structure.covariance([1, 8, 15])

    assert covariance[0, 0] == 5
    assert covariance[0, 4] == pytest.approx(2 + 3 * 0.4 * 0.5)
    assert covariance[0, 8] == pytest.approx(2 + 3 * 0.4 * 0.25)
    assert covariance[0, 5] == 0
