"""Copulas: words that are uniform by themselves and correlated by rank as asked, whatever reads them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.copula import Copula
from rowmill.draw.shapes import Gamma, LogNormal, quantiles

KEY = Key.from_seed(11).child("copula")
MATRICES = {
    "pair": [[1, 0.6], [0.6, 1]],
    "close": [[1, 0.97], [0.97, 1]],
    "apart": [[1, -0.8, 0.3], [-0.8, 1, 0], [0.3, 0, 1]],
    "many": [[1.0 if i == j else 0.25 for j in range(6)] for i in range(6)],
}


@pytest.mark.parametrize("name", MATRICES)
def test_ranks_are_correlated_as_asked_and_words_uniform(name):
    asked = np.array(MATRICES[name])
    drawn = Copula(MATRICES[name]).words(KEY, np.arange(200_000))

    ranks = np.array([stats.rankdata(word) for word in drawn])
    assert np.abs(np.corrcoef(ranks) - asked).max() < 0.01
    for word in drawn:
        assert stats.kstest(word / 2**64, "uniform").pvalue > 0.001
        for low in (20, 36, 48):
            counts = np.bincount((word >> np.uint64(low) & np.uint64(255)).astype(np.int64), minlength=256)
            assert stats.chisquare(counts).pvalue > 1e-4, low


def test_any_tables_that_read_the_words_keep_the_correlation():
    first, second = Copula(MATRICES["pair"]).words(KEY, np.arange(200_000))

    money, time = quantiles([LogNormal(5_000, 1.2)]).read(0, first), quantiles([Gamma(0.7, 9_000)]).read(0, second)

    assert stats.spearmanr(money, time).statistic == pytest.approx(0.6, abs=0.01)
    assert stats.kstest(money + 0.5, stats.lognorm(1.2, scale=5_000).cdf).statistic < 0.005
    assert stats.kstest(time + 0.5, stats.gamma(0.7, scale=9_000).cdf).statistic < 0.005


def test_a_row_s_words_do_not_depend_on_the_rows_beside_it():
    copula, rows = Copula(MATRICES["apart"]), np.arange(5_000)
    whole = copula.words(KEY, rows)
    backwards = copula.words(KEY, rows[::-1].copy())
    pieces = [copula.words(KEY, rows[start : start + 7]) for start in range(0, 5_000, 7)]

    for column, word in enumerate(whole):
        assert (backwards[column][::-1] == word).all()
        assert (np.concatenate([piece[column] for piece in pieces]) == word).all()


def test_words_are_pinned():
    drawn = Copula(MATRICES["apart"]).words(KEY, np.arange(100_000))

    assert hashlib.blake2b(np.array(drawn).astype("<u8").tobytes(), digest_size=8).hexdigest() == "aa0bd1ee256a1c89"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0.2]], "mix: row 0 has 2 numbers; 1 are needed"),
        ([[1, 1.5], [1.5, 1]], r"mix: row 0 is \[1, 1\.5\]; numbers from -1 to 1"),
        ([[0.9]], r"mix: row 0 is \[0\.9\]; .* 1 on the diagonal"),
        ([[1, 0.2], [0.3, 1]], r"mix: entry \(1, 0\)"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "mix: .* not positive definite"),
        ([[1, float("nan")], [float("nan"), 1]], "mix: row 0"),
    ],
)
def test_what_is_no_correlation_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        Copula(matrix, "mix")
