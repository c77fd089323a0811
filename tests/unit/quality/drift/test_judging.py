from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.quality.drift.judging import FEW_NIGHTS, judged
from rowmill.quality.drift.measures import MeasureKey, ShareMeasure, SpreadMeasure

KEY = MeasureKey("table", "column", "true")


def share(values, rows=100_000.0):
    return ShareMeasure(KEY, np.array(values), np.full(len(values), rows))


def clock(*profiles):
    shares = np.array(profiles, float)
    shares /= shares.sum(axis=1, keepdims=True)
    places = tuple(map(str, range(24)))
    return SpreadMeasure(MeasureKey("table", "time", "clock"), shares, places, np.full(len(profiles), 50_000.0))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.data())
def test_a_night_as_one_of_those_before_never_drifts(values, data):
    last = data.draw(st.sampled_from(values)) if len(values) >= FEW_NIGHTS else float(np.mean(values))

    (change,) = judged([share([*values, last])])

    assert not change.drifted


@pytest.mark.parametrize("nights", [1, FEW_NIGHTS])
def test_the_same_change_weighs_less_in_fewer_rows_and_small_ones_nothing(nights):
    many, few, small = (
        judged([share([*[0.05] * nights, last], rows)])[0] for last, rows in ((0.09, 1e5), (0.09, 1e3), (0.0504, 1e9))
    )

    assert many.weight > few.weight
    assert many.drifted
    assert not small.drifted


def test_what_recurs_is_expected_and_what_lies_between_is_not():
    weeks = [0.066 + 0.001 * (day % 7) for day in range(56)] + [0.0, 0.0, 0.0]

    assert not judged([share([*weeks, 0.0])])[0].drifted
    assert not judged([share([*weeks, 0.069])])[0].drifted
    assert judged([share([*weeks, 0.13])])[0].drifted


def test_a_share_that_swings_every_night_is_allowed_to():
    swinging, steady = [0.1, 0.3] * 20, [0.2] * 40

    assert not judged([share([*swinging, 0.34])])[0].drifted
    assert judged([share([*steady, 0.34])])[0].drifted


def test_a_value_never_seen_is_named():
    assert judged([share([*[0.0] * 40, 0.02])])[0].drifted


def test_rows_that_moved_around_the_clock_are_told_in_hours():
    day = np.ones(24)
    day[9:18] = 5
    steady = [day] * FEW_NIGHTS

    (one,) = judged([clock(*steady, np.roll(day, 1))])
    (three,) = judged([clock(*steady, np.roll(day, 3))])
    (around,) = judged([clock(*steady, np.roll(day, -1))])

    assert three.drifted
    assert one.after == pytest.approx(around.after)
    assert three.after == pytest.approx(3 * one.after)


def test_the_greatest_change_comes_first():
    changes = judged([share([*[0.2] * 40, last]) for last in (0.21, 0.5, 0.3)])

    assert [round(change.after, 2) for change in changes] == [0.5, 0.3, 0.21]
