"""Counts: every quota adds up exactly, none exceeds what it is a part of, at any size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.domains.payments.own.entities import NOTHING
from rowmill.domains.payments.spec import MAX_ROWS, PaymentsSpec
from rowmill.domains.payments.volume import CUSTOMERS_PER_BLOCK, CYCLE_DAYS, Volume
from support.payments import world_of

RATES = st.sampled_from(["0", "0.003", "1/3", "0.08", "0.999", "1"]).map(Fraction)


def volume(days, weights, **fields):
    """Return the counts of a period whose windows weigh as told, in turn."""
    start = np.datetime64("2020-01-01")
    period = {"start": str(start), **({} if days is None else {"end": str(start + days - 1)})}
    spec = PaymentsSpec.model_validate({"seed": 1, **period, **fields})
    return Volume(spec, Key.from_seed(1), lambda window: weights[window % len(weights)], NOTHING)


@st.composite
def volumes(draw):
    days = draw(st.integers(1, 60))
    weights = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=9))
    customers = draw(st.sampled_from([1, 5, CUSTOMERS_PER_BLOCK, CUSTOMERS_PER_BLOCK + 1, 7 * CUSTOMERS_PER_BLOCK - 1]))
    rows = draw(st.sampled_from([0, 1, 2, 100, 10**6, 10**9, MAX_ROWS]) | st.integers(0, 10**5))
    return volume(days, weights, rows=rows, sizes={"customers": customers})


@given(volumes(), RATES)
def test_rows_and_rated_shares_add_up_and_nest(counts, rate):
    windows, blocks = range(counts.days), range(counts.blocks)
    rows = np.array([[counts.rows(w, b) for b in blocks] for w in windows], object)
    taken = np.array([[counts.rated(rate, "some", w, b) for b in blocks] for w in windows], object)
    total = counts.spec.rows

    assert rows.sum() == total
    assert [sum(day) for day in rows] == [counts.day_rows(w) for w in windows]
    assert taken.sum() == round(rate * total)
    assert (taken >= 0).all()
    assert (taken <= rows).all()


@given(volumes())
def test_windows_get_rows_by_weight_and_blocks_by_customers(counts):
    weights = [counts._day_weight(w) for w in range(counts.days)]
    for window, weight in enumerate(weights):
        assert abs(counts.day_rows(window) - Fraction(counts.spec.rows * weight, sum(weights))) < 1
    for block in range(counts.blocks):
        mine = counts.customers_before(block + 1) - counts.customers_before(block)
        exact = Fraction(counts.day_rows(0) * mine, counts.customers)
        assert abs(counts.rows(0, block) - exact) < 1


@given(st.integers(0, 10**7), RATES, st.integers(0, 9000))
def test_an_open_period_has_its_rows_daily_and_its_rate_in_the_long_run(daily, rate, day):
    counts = volume(None, [1], rows_per_day=daily, sizes={"customers": 70_000})
    taken = [sum(counts.rated(rate, "some", w, b) for b in range(3)) for w in range(day, day + 5)]

    assert [sum(counts.rows(w, b) for b in range(3)) for w in range(day, day + 5)] == [daily] * 5
    assert all(0 <= n <= daily for n in taken)
    assert abs(sum(taken) - 5 * rate * daily) <= 1
    assert counts.rows_before(day) == day * daily


def test_a_trillion_rows_add_up_without_being_made():
    counts = volume(365, [128, 140, 90], rows=MAX_ROWS, sizes={"customers": 1 << 33})
    last = counts.blocks - 1

    assert counts.blocks == 1 << 18
    assert sum(counts.day_rows(w) for w in range(365)) == MAX_ROWS
    for window in (0, 181, 364):
        assert counts._day_marks(window, 0)[0] == 0
        assert counts._day_marks(window, last)[1] == counts.day_rows(window)
        for block in (0, 77_777, last - 1):
            assert counts._day_marks(window, block)[1] == counts._day_marks(window, block + 1)[0]
            assert 0 <= counts.frauds(window, block) <= counts.rows(window, block)


@pytest.mark.parametrize(("rows", "days", "customers", "merchants"), [(1_000_000, 30, 30_853, 20_000), (1, 1, 1, 20)])
def test_sizes_follow_from_rows(rows, days, customers, merchants):
    counts = volume(days, [1], rows=rows)

    assert (counts.customers, counts.merchants) == (customers, merchants)


def test_losses_are_streams_of_their_own():
    counts = world_of(rows=5000).volume
    days = range(30)
    lost = {column: [counts.lost(column, w, 0) for w in days] for column in ("device_id", "mcc_code", "coordinates")}

    assert {column: sum(n) for column, n in lost.items()} == {"device_id": 400, "mcc_code": 250, "coordinates": 50}
    assert lost["device_id"] != lost["mcc_code"]


def test_cycles_tile_the_period():
    closed, unending = world_of(start="2025-01-01", end="2025-03-03").volume, world_of(rows_per_day=10).volume

    assert [closed.cycle(n) for n in range(3)] == [range(30), range(30, 60), range(60, 62)]
    assert unending.cycle(9) == range(9 * CYCLE_DAYS, 10 * CYCLE_DAYS)
