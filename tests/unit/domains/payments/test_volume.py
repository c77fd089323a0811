"""Counts: every quota adds up exactly, none exceeds what it is a part of, at any size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.domains.payments.own.entities import NOTHING, Own, OwnCards
from rowmill.domains.payments.spec import MAX_ROWS, PaymentsSpec
from rowmill.domains.payments.volume import CUSTOMERS_PER_BLOCK, CYCLE_DAYS, Volume
from rowmill.draw.quota import fraction
from support.payments import world_of


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


@given(volumes())
def test_windows_get_rows_by_weight_and_blocks_by_customers(counts):
    weights = [counts._day_weight(w) for w in range(counts.days)]
    assert sum(counts.tiles.window_rows(w) for w in range(counts.days)) == counts.spec.rows
    for window, weight in enumerate(weights):
        assert abs(counts.tiles.window_rows(window) - Fraction(counts.spec.rows * weight, sum(weights))) < 1
    for block in range(counts.blocks):
        mine = counts.customers_before(block + 1) - counts.customers_before(block)
        exact = Fraction(counts.tiles.window_rows(0) * mine, counts.customers)
        assert abs(counts.rows(block, 0) - exact) < 1


@given(volumes(), st.sampled_from([0.0, 0.003, 0.3, 1.0]))
def test_frauds_are_exact_over_the_period_and_rows_of_their_tile(counts, rate):
    counts.spec = counts.spec.model_copy(update={"fraud_rate": rate})
    tiles = [(block, window) for window in range(counts.days) for block in range(counts.blocks)]

    assert sum(counts.frauds(*tile) for tile in tiles) == round(fraction(rate) * counts.spec.rows)
    assert all(0 <= counts.frauds(*tile) <= counts.rows(*tile) for tile in tiles)


def test_a_user_s_cards_weigh_for_their_blocks():
    cards = np.sort(np.concatenate((np.arange(0, 30_000, 7), np.full(90, CUSTOMERS_PER_BLOCK + 3))))
    nobody = np.zeros(len(cards), np.int64)
    own = Own(cards=OwnCards(np.arange(len(cards)), cards, nobody, nobody, None))
    spec = PaymentsSpec.model_validate({"seed": 1, "rows": 10**6, "sizes": {"customers": CUSTOMERS_PER_BLOCK + 9}})
    counts = Volume(spec, Key.from_seed(1), lambda _: 1, own)

    rows = [sum(counts.rows(block, window) for window in range(counts.days)) for block in range(counts.blocks)]

    assert [counts.own_cards_before(block) for block in range(3)] == [0, len(cards) - 90, len(cards)]
    assert sum(rows) == 10**6
    assert rows[1] == pytest.approx(10**6 * 90 / len(cards), abs=counts.days)


def test_an_open_period_has_its_rows_daily():
    counts = volume(None, [1], rows_per_day=1234, sizes={"customers": 70_000})

    assert [sum(counts.rows(b, w) for b in range(3)) for w in (0, 9, 9000)] == [1234] * 3
    assert counts.total is None


def test_a_trillion_rows_are_told_without_being_made():
    counts = volume(365, [128, 140, 90], rows=MAX_ROWS, sizes={"customers": 1 << 33})

    assert counts.blocks == 1 << 18
    assert sum(counts.tiles.window_rows(w) for w in range(365)) == MAX_ROWS
    for block in (0, 77_777, counts.blocks - 1):
        assert 0 <= counts.frauds(block, 181) <= counts.rows(block, 181)


@pytest.mark.parametrize(("rows", "days", "customers", "merchants"), [(1_000_000, 30, 30_853, 20_000), (1, 1, 1, 20)])
def test_sizes_follow_from_rows(rows, days, customers, merchants):
    counts = volume(days, [1], rows=rows)

    assert (counts.customers, counts.merchants) == (customers, merchants)


def test_losses_are_streams_of_their_own():
    counts = world_of(rows=5000).volume
    days = range(30)
    lost = {column: [counts.lost(column, 0, w) for w in days] for column in ("device_id", "mcc_code", "coordinates")}

    assert {column: sum(n) for column, n in lost.items()} == {"device_id": 400, "mcc_code": 250, "coordinates": 50}
    assert lost["device_id"] != lost["mcc_code"]


def test_cycles_tile_the_period():
    closed, unending = world_of(start="2025-01-01", end="2025-03-03").volume, world_of(rows_per_day=10).volume

    assert [closed.cycle(n) for n in range(3)] == [range(30), range(30, 60), range(60, 62)]
    assert unending.cycle(9) == range(9 * CYCLE_DAYS, 10 * CYCLE_DAYS)
