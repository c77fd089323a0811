from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.draw.tables import Quantiles
from rowmill.draw.words import words
from support import plain_draw

WEIGHTS = st.lists(st.integers(0, 10**6) | st.just(0), min_size=1, max_size=60)
WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30)
SAMPLE = words(Key.from_seed(3).child("tables"), np.arange(1 << 18))


def rising(size):
    steps = st.lists(st.integers(0, 10**6), min_size=size, max_size=size)
    return steps.map(lambda s: np.cumsum([0, *s]).tolist())


@st.composite
def quantile_tables(draw):
    shapes = draw(st.integers(1, 3))
    body = [draw(rising(8)) for _ in range(shapes)]
    tail = [[row[-2] + v for v in draw(rising(4))] for row in body]
    return Quantiles(np.array(body, np.int64), np.array(tail, np.int64))


def plain_read(table, shape, word):
    cell, part = word >> 61, word >> 45 & 0xFFFF
    if cell < 7:
        return plain_draw.interpolated(table.body[shape].tolist(), cell, part)
    rest = word << 3 & plain_draw.MASK
    return plain_draw.interpolated(table.tail[shape].tolist(), rest >> 62, rest >> 46 & 0xFFFF)


@given(quantile_tables(), WORDS, st.data())
def test_quantiles_equal_the_plain_python_reference(table, values, data):
    count = len(table.body)
    shape = data.draw(st.lists(st.integers(0, count - 1), min_size=len(values), max_size=len(values)))

    got = table.read(np.array(shape, np.int16), np.array(values, np.uint64))

    assert got.dtype == np.int64
    assert got.tolist() == [plain_read(table, s, v) for s, v in zip(shape, values, strict=True)]


@given(quantile_tables(), WORDS)
def test_a_larger_word_never_reads_a_smaller_value(table, values):
    word = np.array(sorted([0, 2**64 - 1, *values]), np.uint64)

    got = table.read(np.zeros(len(word), np.int64), word)

    assert (np.diff(got) >= 0).all()
    assert got[0] == table.body[0, 0]
    assert got[-1] <= table.tail[0, -1]


@pytest.fixture(scope="module")
def amounts():
    """Two lognormal shapes in cents, the second one with a heavy tail."""
    shapes = [stats.lognorm(s=0.5, scale=2_000), stats.lognorm(s=1.6, scale=5_000)]
    body = np.arange(1025) / 1024
    body[-1] = 1 - 2**-26
    tail = 1 - (1 - np.arange(1025) / 1024) / 1024
    tail[-1] = 1 - 2**-26
    rows = [[np.rint(shape.ppf(grid)).astype(np.int64) for shape in shapes] for grid in (body, tail)]
    return shapes, Quantiles(np.array(rows[0]), np.array(rows[1]))


@pytest.mark.parametrize("shape", [0, 1])
def test_a_fine_table_follows_its_distribution_into_the_tail(amounts, shape):
    shapes, table = amounts
    got = table.read(np.full(len(SAMPLE), shape), SAMPLE)

    assert stats.kstest(got + 0.5, shapes[shape].cdf).statistic < 5 / np.sqrt(len(SAMPLE))
    for q in (0.999, 0.9999):
        assert np.quantile(got, q) == pytest.approx(shapes[shape].ppf(q), rel=0.15)
    assert got.max() > shapes[shape].ppf(1 - 4 / len(SAMPLE))
