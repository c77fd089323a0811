"""The fold over days: rows that add up, cards that stop and travel, and a last payment found without making any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.flow import PLACE_BITS
from support.payments import flow_of

BUSY = {"rows": 40_000, "fraud_rate": 0.02, "start": "2025-11-01", "end": "2025-12-31", "sizes": {"customers": 600}}


@st.composite
def folds(draw):
    return {
        "seed": draw(st.integers(0, 10**6)),
        "rows": draw(st.sampled_from([0, 30, 900, 2000])),
        "start": "2025-10-20",
        "end": draw(st.sampled_from(["2025-10-20", "2025-11-20", "2025-12-20"])),
        "fraud_rate": draw(st.sampled_from([0.0, 0.01, 0.3, 1.0])),
        "fraud": {
            "block_days": draw(st.sampled_from([1, 14, 28])),
            "hard_negatives": draw(st.sampled_from([0.0, 4.0])),
        },
        "sizes": {"customers": draw(st.sampled_from([2, 30, 400]))},
    }


@settings(max_examples=20)
@given(folds(), st.data())
def test_the_last_payment_before_a_window_is_found_by_counting_back(fields, data):
    flow, fresh = flow_of(**fields), flow_of(**fields)
    days = flow.world.volume.days
    window = data.draw(st.integers(0, min(days, 45)))
    last = np.full(len(flow.base), -1, np.int64)
    for before in range(window):
        flow.rows(before, last)

    assert fresh.recent(window).tolist() == last.tolist()


@settings(max_examples=20)
@given(folds())
def test_a_window_s_rows_are_its_share_once_each_in_order_of_time(fields):
    flow = flow_of(**fields)
    ids = []
    for window in range(min(flow.world.volume.days, 30)):
        rows = flow.rows(window, None)
        ids.append(rows.id)

        assert len(rows.id) == flow.world.volume.rows(0, window)
        assert (np.diff(rows.moment) >= 0).all()
        assert ((rows.moment >= 0) & (rows.moment < MICROS_PER_DAY)).all()
        assert (rows.moment[rows.planned_at] == rows.day.planned.moment).all()
        assert (rows.card[rows.planned_at] == rows.day.planned.card).all()
        assert (rows.card[rows.standing_at] == flow.standing.card[rows.day.standing]).all()
        assert len(np.unique(rows.day.standing)) == len(rows.day.standing) == len(rows.day.standing)
        assert not set(rows.standing_at) & set(rows.planned_at)
    together = np.concatenate(ids)
    assert len(np.unique(together)) == len(together)


def test_ids_turn_back_into_card_window_and_place():
    flow = flow_of(**BUSY)
    rows = flow.rows(9, None)
    ordinary = np.setdiff1d(np.arange(len(rows.id)), rows.planned_at)
    identity = flow.world.ids.invert(rows.id[ordinary])
    card, rest = identity >> 26, identity & ((1 << 26) - 1)

    assert (card == flow.people.active_card[rows.card[ordinary]]).all()
    assert (rest >> PLACE_BITS == 9).all()
    for one in np.unique(rows.card[ordinary])[:50]:
        mine = ordinary[rows.card[ordinary] == one]
        places = flow.world.ids.invert(rows.id[mine]) & ((1 << PLACE_BITS) - 1)
        assert places.tolist() == list(range(len(mine)))


def test_a_card_out_of_its_owner_s_hands_is_silent_until_it_is_replaced():
    flow = flow_of(**BUSY)
    plan = flow.schedule(0)
    block_days = flow.world.spec.fraud.block_days
    assert len(plan.stop_entity) > 5
    for card, day, moment in zip(plan.stop_entity, plan.stop_window, plan.stop_moment, strict=True):
        for window in range(day, day + block_days + 1):
            rows = flow.rows(int(window), None)
            honest = np.setdiff1d(np.flatnonzero(rows.card == card), rows.planned_at)
            assert (rows.moment[honest] < (moment if window == day else 0)).all()


def test_on_the_day_of_a_trip_s_start_or_end_payments_come_late():
    flow = flow_of(**BUSY)
    seen = 0
    for window in range(3, 10):
        rows = flow.rows(window, None)
        ordinary = np.setdiff1d(np.arange(len(rows.id)), rows.planned_at)
        travels = rows.day.arrives[rows.card[ordinary]] & (rows.day.stops[rows.card[ordinary]] == MICROS_PER_DAY)
        seen += travels.sum()
        assert (rows.moment[ordinary][travels] >= MICROS_PER_DAY // 4 * 3).all()
    assert seen > 10


@pytest.mark.parametrize("window", [4, 20])
def test_travellers_are_where_their_trip_goes(window):
    flow = flow_of(**BUSY)
    day, trips = flow.day(window), flow.trips(0)
    away = (trips.first <= window) & (window < trips.back)

    assert away.any()
    assert (day.city == np.where(away, trips.city, flow.people.active_city)).all()
    assert (day.zone == flow.world.reference.city_zone[day.city]).all()


def test_activity_decides_how_often_a_card_pays():
    flow = flow_of(**BUSY)
    counts = sum(flow.day(window).counts for window in range(40))
    activity = flow.people.activity
    high, low = np.argsort(activity)[-60:], np.argsort(activity)[:60]

    assert counts[high].mean() > 8 * counts[low].mean()
    assert counts.min() >= 1


def test_more_payments_a_day_than_ids_have_places_are_refused():
    flow = flow_of(rows=5000, sizes={"customers": 1}, start="2025-11-01", end="2025-11-01", fraud_rate=0.0)

    with pytest.raises(SpecError, match=r"data\.sizes\.customers: 1 customers give one card \d+ payments"):
        flow.rows(0, None)
