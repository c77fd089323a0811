"""Shapes: tables of integers that are the distributions that SciPy knows, pinned to the last digit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.gamma import gamma_quantiles
from rowmill.draw.shapes import Gamma, Known, LogNormal, Normal, ParetoTail, Uniform, quantiles, steps
from rowmill.draw.words import words

LEVELS = (0.01, 0.1, 0.5, 0.9, 0.99)
SHAPES = {
    "uniform": Uniform(-5_000, 70_000),
    "normal": Normal(120_000, 15_000),
    "lognormal": LogNormal(40_000, 0.9),
    "pareto tail": ParetoTail(LogNormal(40_000, 0.9), 2.5, 0.995),
    "gamma": Gamma(2.5, 10_000),
    "given": Known(LEVELS, tuple(float(v) for v in stats.norm(500, 90).ppf(LEVELS) * 1_000)),
}
ORACLES = {
    "uniform": stats.uniform(-5_000, 75_000),
    "normal": stats.norm(120_000, 15_000),
    "lognormal": stats.lognorm(0.9, scale=40_000),
    "gamma": stats.gamma(2.5, scale=10_000),
    "given": stats.norm(500_000, 90_000),
}
PINNED = {
    "uniform": "b6545ae7ff9df9ce",
    "normal": "1261cd1e25520631",
    "lognormal": "031a4c90788ae4df",
    "pareto tail": "d043457a291e604c",
    "gamma": "0994a863d0450479",
    "given": "c4ebfbc0a5ce20a5",
}
WORD = words(Key.from_seed(5).child("shapes"), np.arange(200_000))


@pytest.mark.parametrize("name", SHAPES)
def test_the_table_of_a_shape_is_pinned(name):
    table = quantiles([SHAPES[name]])
    raw = b"".join(part.astype("<i8").tobytes() for part in (table.head, table.body, table.tail))

    assert hashlib.blake2b(raw, digest_size=8).hexdigest() == PINNED[name]


@pytest.mark.parametrize("name", ORACLES)
def test_what_words_read_is_distributed_as_asked(name):
    values = quantiles([SHAPES[name]]).read(0, WORD)

    assert stats.kstest(values + 0.5, ORACLES[name].cdf).pvalue > 0.01
    for q in (0.0001, 0.001, 0.999, 0.9999):
        assert np.mean(values <= ORACLES[name].ppf(q)) == pytest.approx(q, abs=5 * (q * (1 - q) / len(WORD)) ** 0.5)


def test_a_pareto_tail_thins_out_by_its_exponent_above_its_knee():
    values = quantiles([SHAPES["pareto tail"]], both_ends=False).read(0, WORD)
    knee = stats.lognorm(0.9, scale=40_000).ppf(0.995)

    assert np.mean(values > knee) == pytest.approx(0.005, rel=0.1)
    assert np.mean(values > 2 * knee) == pytest.approx(0.005 * 2**-2.5, rel=0.25)


def test_shapes_side_by_side_are_read_as_each_alone():
    shapes = [SHAPES["gamma"], SHAPES["normal"]]
    which = np.arange(len(WORD)) % 2

    together = quantiles(shapes).read(which, WORD)

    for number, shape in enumerate(shapes):
        assert (together[which == number] == quantiles([shape]).read(0, WORD[which == number])).all()


@given(st.floats(0.01, 10_000), st.integers(1, 10**6))
def test_gamma_quantiles_are_scipy_s(shape, millionths):
    level = np.array([min(millionths, 10**6 - 1) / 10**6])

    got, expected = gamma_quantiles(shape, level)[0], stats.gamma(shape).ppf(level[0])

    assert got == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("shape", [0, -1, 0.001, 1e6, float("nan")])
def test_a_gamma_shape_out_of_range_is_refused(shape):
    with pytest.raises(ValueError, match=r"gamma: got a shape of .*; give one from 0\.01 to 10,000"):
        gamma_quantiles(shape, np.array([0.5]))


@pytest.mark.parametrize("count", [256, 4096])
def test_steps_are_the_middles_of_equal_parts(count):
    expected = ORACLES["lognormal"].ppf((np.arange(count) + 0.5) / count)

    assert steps(SHAPES["lognormal"], count) == pytest.approx(expected, rel=1e-9)
