"""Measures of how columns go together, against SciPy and against what is known of made-up columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.quality.profile.associations import correlation_ratio, cramers_v, pearson, ranked, spearman

PAIRS = (
    st.integers(10, 60)
    .flatmap(lambda n: st.tuples(*[st.lists(st.integers(-5, 5), min_size=n, max_size=n)] * 2))
    .map(lambda pair: tuple(np.array(values, np.float64) for values in pair))
)


@given(PAIRS)
def test_correlations_are_those_of_scipy(pair):
    one, other = pair
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert pearson(one, other) is None
        assert spearman(one, other) is None
    else:
        assert pearson(one, other) == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-9)
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)
    assert ranked(one).tolist() == stats.rankdata(one).tolist()


@given(PAIRS)
def test_cramers_v_is_that_of_bergsma(pair):
    one, other = (values.astype(np.int64) + 5 for values in pair)
    table = stats.contingency.crosstab(one, other).count
    rows, columns = table.shape
    n = len(one)
    found = cramers_v(one, other)
    if min(rows, columns) < 2:
        assert found is None
        return
    square = stats.chi2_contingency(table, correction=False).statistic / n
    less = max(0.0, square - (rows - 1) * (columns - 1) / (n - 1))
    most = min(k - (k - 1) ** 2 / (n - 1) for k in (rows, columns)) - 1
    assert found == pytest.approx(min(1.0, np.sqrt(less / most)) if most > 0 else None, abs=1e-9)


@given(PAIRS)
def test_the_correlation_ratio_is_the_root_of_the_share_of_the_variance(pair):
    codes, values = pair[0].astype(np.int64) + 5, pair[1]
    groups = [values[codes == code] for code in np.unique(codes)]
    total = ((values - values.mean()) ** 2).sum()
    between = sum(len(group) * (group.mean() - values.mean()) ** 2 for group in groups)

    found = correlation_ratio(codes, values)

    assert found is None if total == 0 else found == pytest.approx(np.sqrt(between / total), abs=1e-7)


def test_rows_without_a_value_are_left_out_of_a_pair():
    one = np.array([*range(20), np.nan, 7.0])
    other = np.array([*range(20), 1e9, np.nan])

    assert pearson(one, other) == pytest.approx(1)
    assert cramers_v(np.array([0, 1] * 10 + [-1]), np.array([1, 0] * 10 + [1])) == pytest.approx(1)


def test_independent_categories_score_nothing():
    rng = np.random.default_rng(1)

    assert cramers_v(rng.integers(0, 5, 20_000), rng.integers(0, 9, 20_000)) < 0.02
