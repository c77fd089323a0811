"""Metrics as plain functions, held against those of SciPy and scikit-learn on the same data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics
from sklearn.neighbors import NearestNeighbors

from rowmill.quality.compare import effect
from rowmill.quality.compare.columns import kolmogorov_smirnov, total_variation, wasserstein
from rowmill.quality.compare.effect import Effect, _last_terms, differences, overlap
from rowmill.quality.compare.longitudinal import intraclass_correlation
from rowmill.quality.compare.neighbours import closest, nearer, share_within
from rowmill.quality.compare.pairs import correlation_ratios, correlations, cramers_v
from rowmill.quality.compare.risks import effective, risk, wilson
from rowmill.quality.compare.scores import Score

WHOLE = st.lists(st.integers(-20, 20), min_size=2, max_size=60)


def counted(first, second):
    """Return the values of two lists, and how often each occurs in either."""
    grid = np.unique([*first, *second]).astype(float)
    return grid, *(np.array([list(each).count(value) for value in grid], float) for each in (first, second))


@settings(max_examples=40)
@given(WHOLE, WHOLE)
def test_distances_of_numbers_are_those_of_scipy(first, second):
    grid, one, other = counted(first, second)

    assert kolmogorov_smirnov(one, other) == pytest.approx(stats.ks_2samp(first, second, method="asymp").statistic)
    assert wasserstein(one, other, grid) == pytest.approx(stats.wasserstein_distance(first, second))


def test_total_variation_is_half_the_sum_of_differences():
    assert total_variation(np.array([3.0, 1, 0]), np.array([1.0, 1, 2])) == pytest.approx((0.5 + 0 + 0.5) / 2)


def test_correlations_leave_out_rows_with_nulls_pair_by_pair():
    random = np.random.default_rng(1)
    values = random.multivariate_normal([1e6, 0, 5], [[1, 0.6, 0], [0.6, 1, -0.3], [0, -0.3, 1]], 300)
    values[random.random(values.shape) < 0.2] = np.nan
    values = np.column_stack([values, np.full(300, 7.0)])

    found = correlations(values)

    for a in range(3):
        for b in range(3):
            known = np.isfinite(values[:, a]) & np.isfinite(values[:, b])
            assert found[a, b] == pytest.approx(stats.pearsonr(values[known, a], values[known, b])[0], abs=1e-9)
    assert np.isnan(found[:, 3]).all()


def test_association_of_categories_is_that_of_scipy():
    table = np.random.default_rng(2).integers(0, 40, (4, 3)).astype(float)

    assert cramers_v(table) == pytest.approx(stats.contingency.association(table.astype(int), method="cramer"))
    assert cramers_v(np.pad(table, 2)) == pytest.approx(cramers_v(table)), "categories that nobody has change nothing"
    assert np.isnan(cramers_v(table[:1]))


def test_the_correlation_ratio_is_that_of_an_analysis_of_variance():
    random = np.random.default_rng(3)
    groups = random.integers(-1, 4, 200)
    values = np.column_stack([groups * 0.5 + random.normal(1e5, 1, 200), np.full(200, 3.0)])

    eta, constant = correlation_ratios(groups, 6, values)

    parts = [values[groups == each, 0] for each in range(4)]
    f = stats.f_oneway(*parts).statistic
    inner = sum(map(len, parts)) - 4
    assert eta**2 == pytest.approx(f * 3 / (f * 3 + inner))
    assert np.isnan(constant)


@settings(max_examples=40)
@given(WHOLE, WHOLE)
def test_how_often_nearer_is_the_area_under_a_roc_curve(first, second):
    label = [1] * len(first) + [0] * len(second)

    assert nearer(np.array(first, float), np.array(second, float)) == pytest.approx(
        metrics.roc_auc_score(label, [-value for value in (*first, *second)])
    )


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=50), st.sampled_from([0.01, 0.05, 0.5]))
def test_a_control_has_exactly_its_own_share_of_small_distances_whatever_ties_there_are(distances, level):
    values = np.array(distances, float)

    assert share_within(values, values, level) == pytest.approx(level)
    assert share_within(values + 1, values, level) <= level + 1e-12


def test_the_closest_rows_are_those_of_scikit_learn_and_copies_have_distance_zero():
    random = np.random.default_rng(4)
    targets = random.random((700, 9))
    points = np.vstack([random.random((600, 9)), targets[:20]])

    found = closest(points, targets)

    expected = NearestNeighbors(n_neighbors=1).fit(targets).kneighbors(points)[0][:, 0]
    assert np.allclose(found, expected, atol=2e-6)
    assert (found[-20:] == 0).all()
    own = np.arange(700) // 2
    assert (closest(targets, targets) == 0).all()
    assert (closest(targets, targets, own, own) > 0).all(), "rows of the own entity do not count"


@pytest.mark.parametrize(("hits", "rows"), [(0, 50), (3, 50), (25, 50), (50, 50)])
def test_the_interval_of_a_share_is_wilson_s(hits, rows):
    expected = stats.binomtest(hits, rows).proportion_ci(method="wilson")

    assert wilson(hits / rows, rows) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_rows_that_repeat_one_another_count_once():
    hits, entity = np.repeat(np.arange(100) % 4 == 0, 10), np.repeat(np.arange(100), 10)

    assert effective(hits, np.arange(1_000)) == pytest.approx(1_000)
    assert effective(hits, entity) == pytest.approx(100)


def test_a_risk_is_the_excess_over_the_control():
    main, control = np.arange(1_000) < 400, np.arange(1_000) < 250
    found = risk(main, np.arange(1_000), control, np.arange(1_000))

    assert found.excess == pytest.approx((0.4 - 0.25) / 0.75)
    assert found.interval[0] < found.excess < found.interval[1]
    assert found.shown
    assert found.deviations == pytest.approx(0.15 / np.sqrt(0.325 * 0.675 * 2 / 1_000))
    assert risk(control, np.arange(1_000), control, np.arange(1_000)).interval[0] < 0
    assert not risk(np.arange(1_000) < 290, np.arange(1_000), control, np.arange(1_000)).shown


@pytest.mark.parametrize("sizes", [[5] * 400, list(range(1, 41)) * 10])
def test_the_intraclass_correlation_is_the_share_of_variance_between_entities(sizes):
    random = np.random.default_rng(5)
    entity = np.repeat(np.arange(len(sizes)), sizes)
    values = random.normal(0, 3, len(sizes))[entity] + random.normal(100, 2, len(entity))

    assert intraclass_correlation(values, entity) == pytest.approx(9 / 13, abs=0.04)
    assert intraclass_correlation(random.permutation(values), entity) == pytest.approx(0, abs=0.04)
    assert np.isnan(intraclass_correlation(np.full(9, 1.0), np.arange(9)))


def test_an_effect_has_the_estimate_and_error_of_least_squares():
    random = np.random.default_rng(6)
    arm, baseline = random.integers(0, 2, 200).astype(float), random.normal(1e4, 5, 200)
    outcome = 3 + 0.7 * baseline - 4 * arm + random.normal(0, 2, 200)
    design = np.column_stack([np.ones(200), baseline, arm])

    (found,) = _last_terms(design, outcome, 1)

    beta, rest, *_ = np.linalg.lstsq(design - [0, baseline.mean(), 0], outcome, rcond=None)
    moved = design - [0, baseline.mean(), 0]
    errors = np.sqrt(np.diag(np.linalg.inv(moved.T @ moved)) * rest[0] / 197)
    assert (found.estimate, found.error) == pytest.approx((beta[2], errors[2]), rel=1e-6)
    assert _last_terms(np.column_stack([design, arm]), outcome, 1) == [None]


def test_a_difference_of_effects_has_no_end_and_holm_tells_which_are_apart(monkeypatch):
    given = {"real": {(0, 1): Effect(0, 1), (1, 1): Effect(0, 1), (2, 1): Effect(0, 1)},
             "made": {(0, 1): Effect(3.3, 1), (1, 1): Effect(33, 1), (2, 1): Effect(3.0, 1)}}  # fmt: skip
    monkeypatch.setattr(effect, "effects", given.__getitem__)
    found = differences("real", "made")

    pvalues = [2 * stats.norm.sf(abs(each.z)) for each in found]
    holm = [p * (3 - rank) < 0.05 for rank, p in enumerate(pvalues)]
    assert [each.column for each in found] == [1, 0, 2]
    assert [abs(each.z) > each.told_from for each in found] == holm == [True, True, True]
    near, far = (Score("m", "x", z, None, 0.7, (0.0, 2.4), zero="none").closeness for z in (3.3, 33.0))
    assert 1 > near > far > 0


def test_an_auc_far_below_a_half_is_as_bad_as_one_above():
    low, high, chance = (
        Score("AUC", "all", value, (value - 0.03, value + 0.03), 0.5, (0.46, 0.55), 0.9, middle=0.5)
        for value in (0.2, 0.8, 0.47)
    )

    assert low.told
    assert low.closeness == pytest.approx(high.closeness)
    assert chance.closeness == 1


def test_the_overlap_of_intervals_is_one_for_equal_ones_and_below_zero_for_a_gap():
    assert overlap(Effect(1, 2), Effect(1, 2)) == pytest.approx(1)
    assert overlap(Effect(0, 1), Effect(1.959964, 1)) == pytest.approx(0.5)
    assert overlap(Effect(0, 1), Effect(9, 1)) < 0
