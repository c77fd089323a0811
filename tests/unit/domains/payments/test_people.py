"""People: their cards, numbers, expiries, trips and standing payments, the same however many people there are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.domains.payments.cardnumbers import CARDS_EACH
from rowmill.domains.payments.people import VALIDITY_MONTHS, month_number
from rowmill.domains.payments.standing import Standing
from rowmill.domains.payments.volume import CYCLE_DAYS
from support.payments import people_of

PEOPLE = people_of(sizes={"customers": 20_000})
EVERYBODY = np.arange(len(PEOPLE.card))


def test_the_first_people_are_the_same_however_many_there_are():
    few = people_of(sizes={"customers": 300})
    cards = np.arange(len(few.card))

    for name in ("customer", "city", "phone"):
        assert (getattr(few, name) == getattr(PEOPLE, name)[:300]).all(), name
    for name in ("owner", "card", "acts", "scheme"):
        assert (getattr(few, name) == getattr(PEOPLE, name)[: len(cards)]).all(), name
    assert (few.pans(cards) == PEOPLE.pans(cards)).all()
    assert (few.trips(3).first == PEOPLE.trips(3).first[: len(few.active)]).all()


def test_blocks_share_no_card_and_no_number():
    first, second = (people_of(block, sizes={"customers": 33_500}) for block in (0, 1))
    pans = [number for people in (first, second) for number in people.pans(np.arange(len(people.card))).tolist()]

    assert len(second.customer) == 33_500 - 32_768
    assert second.card.min() > first.card.max()
    assert len(set(pans)) == len(pans)


def test_shares_are_those_of_the_spec():
    people = PEOPLE.world.spec.people
    cards = np.bincount(PEOPLE.owner)
    shares = np.array(people.cards_per_customer) / sum(people.cards_per_customer)

    # 20,000 customers: the standard deviation of a share is at most 0.0035.
    assert np.bincount(cards, minlength=4)[1:] / len(cards) == pytest.approx(shares, abs=0.015)
    assert PEOPLE.acts.mean() == pytest.approx(people.active_share, abs=0.015)
    assert (PEOPLE.card // CARDS_EACH == PEOPLE.customer[PEOPLE.owner]).all()


def test_schemes_follow_the_shares_of_the_country():
    reference = PEOPLE.world.reference
    for code in ("US", "DE"):
        country = reference.countries.index(code)
        here = PEOPLE.scheme[PEOPLE.country[PEOPLE.owner] == country]
        share = reference.scheme_weight[country] / 100
        assert np.bincount(here, minlength=4) / len(here) == pytest.approx(share, abs=5 * (0.25 / len(here)) ** 0.5)


@given(st.integers(month_number(2015, 1), month_number(2040, 12)))
def test_a_card_is_valid_in_every_month_and_renewed_for_its_term(month):
    now, later = (PEOPLE.expiry_month(m, EVERYBODY) for m in (month, month + 1))
    validity = PEOPLE.validity_months()

    assert set(validity) == set(VALIDITY_MONTHS)
    assert (now >= month).all()
    assert (now < month + validity).all()
    assert (later == np.where(now == month, now + validity, now)).all()


@pytest.mark.parametrize("cycle", [0, 7])
def test_trips_lie_inside_their_cycle_with_a_day_at_home_on_either_side(cycle):
    trips, people = PEOPLE.trips(cycle), PEOPLE.world.spec.people
    away = trips.first < 1 << 39
    first, back = trips.first[away] - cycle * CYCLE_DAYS, trips.back[away] - cycle * CYCLE_DAYS
    low, high = people.trip_days

    assert away.mean() == pytest.approx(people.trip_rate, rel=0.15)
    assert (first >= 1).all()
    assert (back <= CYCLE_DAYS - 1).all()
    assert set(back - first) == set(range(low, high + 1))
    assert (trips.city[away] != PEOPLE.active_city[away]).all()
    foreign = PEOPLE.world.reference.city_country[trips.city[away]] != PEOPLE.active_country[away]
    assert 0.2 < foreign.mean() < 0.5


def test_cards_of_one_owner_travel_together():
    trips = PEOPLE.trips(0)
    same = PEOPLE.active_owner[1:] == PEOPLE.active_owner[:-1]

    assert same.sum() > 1000
    assert (trips.first[1:][same] == trips.first[:-1][same]).all()
    assert (trips.city[1:][same] == trips.city[:-1][same]).all()


def test_somebody_always_acts():
    for seed in range(30):
        alone = people_of(seed=seed, sizes={"customers": 1}, people={"active_share": 0.01})
        assert len(alone.active) >= 1


def test_every_active_card_has_standing_payments_each_due_once_a_month():
    people = people_of(sizes={"customers": 2000}, start="2024-02-01", end="2024-03-31")
    standing = Standing(people)
    day = dt.date(2024, 2, 1)
    for days in (29, 31):
        due = [standing.due((day - dt.date(2024, 2, 1)).days + n, 10**9) for n in range(days)]
        numbers = np.concatenate([np.arange(one.first, one.first + len(one.card)) for one in due])
        assert sorted(numbers) == list(range(len(standing.card)))
        assert all((np.diff(one.card) >= 0).all() for one in due)
        assert all(len(one.card) == 0 for one in due[28:])
        day += dt.timedelta(days=days)

    number = np.bincount(standing.card, minlength=len(people.active))
    assert number.min() == 1
    assert number.max() == 4
    assert (standing.amount > 0).all()
    names = {people.world.kinds[kind] for kind in standing.kind}
    assert names == {name for name, weight in people.world.spec.standing.items() if weight}


@given(st.integers(0, 5), st.integers(0, 40))
def test_fewer_standing_payments_than_rows_are_the_first_of_them(window, limit):
    standing = Standing(people_of(sizes={"customers": 200}))
    whole, cut = standing.due(window, 10**9), standing.due(window, limit)

    assert cut.card.tolist() == whole.card[:limit].tolist()
