"""Exact counts: every share adds up, nests in what it is a part of, and costs no row."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.draw.rates import Closed, Open, Timed, Untimed

KEY = Key.from_seed(8)
RATES = st.sampled_from(["0", "0.003", "1/3", "0.08", "0.999", "1"]).map(Fraction)


@dataclass(frozen=True)
class Even:
    entities: int
    size: int

    @property
    def count(self):
        return -(-self.entities // self.size)

    def range(self, block):
        return range(min(block * self.size, self.entities), min((block + 1) * self.size, self.entities))


BLOCKS = st.builds(Even, st.integers(1, 200), st.integers(1, 70))


def table(counts, windows, blocks, of):
    return np.array([[of(counts, w, b) for b in range(blocks.count)] for w in windows], object)


@given(st.integers(0, 10**5) | st.just(10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=12), BLOCKS, RATES)
def test_a_closed_period_has_its_rows_and_its_rate_exactly(rows, weights, blocks, rate):
    assume(any(weights))
    counts = Timed(Closed(rows, np.array(weights), KEY.child("days")), blocks, KEY)
    windows = range(len(weights))
    made = table(counts, windows, blocks, lambda c, w, b: c.rows(b, w))
    rated = table(counts, windows, blocks, lambda c, w, b: c.rated(rate, "some", b, w))

    assert made.sum() == rows
    assert rated.sum() == round(rate * rows)
    assert (rated >= 0).all()
    assert (rated <= made).all()
    for window, weight in enumerate(weights):
        assert abs(counts.window_rows(window) - Fraction(rows * weight, sum(weights))) < 1
        for block in range(blocks.count):
            exact = Fraction(counts.window_rows(window) * len(blocks.range(block)), blocks.entities)
            assert abs(made[window, block] - exact) < 1


@given(st.integers(0, 10**7), BLOCKS, RATES, st.integers(0, 9_000))
def test_an_open_period_has_its_rows_in_every_window_and_its_rate_in_the_long_run(daily, blocks, rate, first):
    counts = Timed(Open(daily), blocks, KEY)
    windows = range(first, first + 4)
    made = table(counts, windows, blocks, lambda c, w, b: c.rows(b, w))
    rated = table(counts, windows, blocks, lambda c, w, b: c.rated(rate, "some", b, w))

    assert [sum(row) for row in made] == [daily] * 4
    assert (rated <= made).all()
    assert abs(rated.sum() - 4 * rate * daily) <= 1


@given(BLOCKS, RATES)
def test_without_time_a_rate_is_exact_in_every_window(blocks, rate):
    counts = Untimed(blocks, KEY)
    made = table(counts, range(3), blocks, lambda c, w, b: c.rows(b, w))
    rated = table(counts, range(3), blocks, lambda c, w, b: c.rated(rate, "some", b, w))

    assert [sum(row) for row in made] == [blocks.entities] * 3
    assert [sum(row) for row in rated] == [round(rate * blocks.entities)] * 3
    assert (rated <= made).all()


@pytest.mark.parametrize("counts", [Timed(Open(1000), Even(90, 9), KEY), Untimed(Even(90, 9), KEY)])
def test_purposes_and_windows_round_by_streams_of_their_own(counts):
    lost, late = (
        [tuple(counts.rated(Fraction("0.033"), purpose, block, window) for block in range(10)) for window in range(20)]
        for purpose in ("lost", "late")
    )

    assert lost != late
    assert min(len(set(lost)), len(set(late))) > 3


@pytest.mark.parametrize("counts", [Timed(Closed(0, np.zeros(3), KEY), Even(0, 9), KEY), Untimed(Even(0, 9), KEY)])
def test_nobody_has_no_rows(counts):
    assert (counts.rows(0, 0), counts.rated(Fraction(1), "some", 0, 0)) == (0, 0)


def test_a_trillion_rows_over_billions_of_entities_are_counted_without_being_made():
    counts = Timed(Closed(10**12, np.array([128, 140, 90]), KEY), Even(1 << 33, 32_768), KEY)

    assert sum(counts.window_rows(window) for window in range(3)) == 10**12
    assert counts.marks(0, 1)[0] == 0
    assert counts.marks((1 << 18) - 1, 1)[1] == counts.window_rows(1)
    for block in (0, 77_777, (1 << 18) - 2):
        assert counts.marks(block, 1)[1] == counts.marks(block + 1, 1)[0]
        assert 0 <= counts.rated(Fraction("0.003"), "some", block, 1) <= counts.rows(block, 1)
