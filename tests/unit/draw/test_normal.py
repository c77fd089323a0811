"""Normal values by table, factors of covariances, and curves that bend normal values."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.curves import Curve
from rowmill.draw.normal import cholesky, combined, four_normals, normal_table
from rowmill.draw.words import words

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def test_the_table_is_pinned_and_normal():
    table = normal_table()

    assert hashlib.blake2b(table.astype("<f8").tobytes(), digest_size=8).hexdigest() == "5de181b25adf5871"
    assert (table * 2**20 == np.rint(table * 2**20)).all()
    assert table == pytest.approx(stats.norm.ppf((np.arange(65_536) + 0.5) / 65_536), abs=1e-6)
    assert (table.mean(), table.var()) == pytest.approx((0, 1), abs=1e-4)


def test_one_word_gives_four_values_that_know_nothing_of_each_other():
    parts = np.array(four_normals(words(Key.from_seed(2), np.arange(100_000))))

    assert np.corrcoef(parts) == pytest.approx(np.eye(4), abs=0.015)
    assert all(stats.kstest(part, "norm").pvalue > 0.001 for part in parts)


@given(st.lists(st.lists(st.floats(-3, 3), min_size=4, max_size=4), min_size=4, max_size=4))
def test_a_factor_times_itself_is_the_matrix(rows):
    root = np.array(rows)
    matrix = root @ root.T + np.eye(4)

    factor = np.array(cholesky(matrix.tolist(), "covariance"))

    assert factor @ factor.T == pytest.approx(matrix, abs=1e-9)
    assert (np.triu(factor, 1) == 0).all()


@pytest.mark.parametrize(
    ("matrix", "message"),
    [([[1, 0.5], [0.4, 1]], r"cov: entry \(1, 0\) is 0\.4"), ([[1, 2], [2, 1]], r"cov: .* not positive definite")],
)
def test_what_is_no_covariance_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        cholesky(matrix, "cov")


def test_combined_columns_have_the_covariance_asked_for():
    asked = [[4.0, 1.5, 0.0], [1.5, 2.0, -0.5], [0.0, -0.5, 1.0]]
    parts = four_normals(words(Key.from_seed(9), np.arange(400_000)))[:3]

    got = np.cov(np.array(combined(cholesky(asked, "cov"), parts)))

    assert got == pytest.approx(np.array(asked), abs=0.03)


def test_a_curve_bends_to_the_shape_and_keeps_mean_and_deviation():
    shape = stats.lognorm(0.4)
    curve = Curve.of(LEVELS, tuple(shape.ppf(LEVELS)))
    value = four_normals(words(Key.from_seed(4), np.arange(400_000)))[0] * 3

    bent = curve.bend(value, 3.0)

    assert (bent.mean(), bent.std()) == pytest.approx((0, 3), abs=0.02)
    assert (np.diff(bent[np.argsort(value)]) >= 0).all()
    low, middle, high = np.quantile(bent, (0.05, 0.5, 0.95))
    known = shape.ppf((0.05, 0.5, 0.95))
    assert (high - middle) / (middle - low) == pytest.approx((known[2] - known[1]) / (known[1] - known[0]), rel=0.03)
